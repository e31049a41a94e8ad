package agentmsg_test

import (
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// ledgerFault is what becomes of one request.
type ledgerFault struct {
	name  string
	early bool // its body is not read
	takes bool // it is processed, before act
	act   peer.Act
}

// ledgerRow is a fault and where it makes sense.
type ledgerRow struct {
	name  string
	takes taking
	where func(*ledgerCall, *http.Request) bool // nil: everywhere
	act   func(good string) peer.Act
}

type taking int

const (
	never taking = iota
	always
	maybe
	early // never, and the body is not read
)

// ledgerSays is an answer that has nothing of the good one.
func ledgerSays(status int, header, body string) func(string) peer.Act {
	return func(string) peer.Act { return peer.Answers(status, header, body) }
}

// failsWith is an error in JSON, which a client reads to its end.
func failsWith(status int, header string) func(string) peer.Act {
	return ledgerSays(status, header, `{"error":"Failure","message":"no"}`)
}

// ends is the end of the connection.
func ends(end peer.Act) func(string) peer.Act { return func(string) peer.Act { return end } }

// tears sends half of the good answer.
func tears(status int, end peer.Act) func(string) peer.Act {
	return func(good string) peer.Act { return peer.Torn(status, good[:len(good)/2], end) }
}

func onStorage(_ *ledgerCall, r *http.Request) bool { return ofStorage(r) }
func onAPI(_ *ledgerCall, r *http.Request) bool     { return !ofStorage(r) }
func onPUT(_ *ledgerCall, r *http.Request) bool     { return ofStorage(r) && r.Method == http.MethodPut }

// onTyped: only a JSON object is a success there.
func onTyped(c *ledgerCall, r *http.Request) bool {
	return !ofStorage(r) && (c.kind.typed || c.kind.storage)
}

func onKeyed(c *ledgerCall, _ *http.Request) bool    { return c.kind.class == wire.Keyed }
func onUnkeyed(c *ledgerCall, _ *http.Request) bool  { return c.kind.class != wire.Keyed }
func onEnvelope(c *ledgerCall, _ *http.Request) bool { return c.kind.name == "Conversations.Send" }
func onOthers(c *ledgerCall, _ *http.Request) bool   { return c.kind.name != "Conversations.Send" }
func onImpatient(c *ledgerCall, _ *http.Request) bool {
	return c.impatient
}

const (
	strayed    = "Location: /strayed/"
	envelope   = `{"status":"error","message":"it was not stored"}`
	xmlHead    = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>`
	expiredXML = xmlHead + `AccessDenied</Code><Message>Request has expired</Message></Error>`
)

var ledgerRows = []ledgerRow{
	{"FIN before the body", early, nil, ends(peer.FIN)},
	{"RST before the body", early, nil, ends(peer.RST)},
	{"FIN", maybe, nil, ends(peer.FIN)},
	{"RST", maybe, nil, ends(peer.RST)},
	{"FIN within a 200", always, nil, tears(200, peer.FIN)},
	{"RST within a 200", always, nil, tears(200, peer.RST)},
	{"FIN within a 502", maybe, nil, tears(502, peer.FIN)},
	{"RST within a 400", never, nil, tears(400, peer.RST)},
	{"FIN within a 429", never, nil, tears(429, peer.FIN)},
	{"silence", maybe, onImpatient, ends(peer.Silence)},
	{"silence within a 200", always, onImpatient, tears(200, peer.Silence)},
	{"half a JSON", always, onAPI, func(good string) peer.Act { return peer.Answers(200, "", good[:len(good)/2]) }},
	{"HTML 502", maybe, nil, ledgerSays(502, "Content-Type: text/html\r\n", html)},
	{"500", maybe, nil, failsWith(500, "")},
	{"503", maybe, nil, failsWith(503, "Retry-After: 0\r\n")},
	{"504", maybe, nil, failsWith(504, "")},
	{"520", maybe, nil, failsWith(520, "")},
	{"501", maybe, nil, failsWith(501, "")},
	{"408", maybe, nil, failsWith(408, "Connection: close\r\n")},
	{"409, still running", maybe, onKeyed, failsWith(409, "")},
	{"409", never, onUnkeyed, failsWith(409, "")},
	{"429", never, nil, failsWith(429, "")},
	{"429, Retry-After: 0", never, nil, failsWith(429, "Retry-After: 0\r\n")},
	{"429, Retry-After: 999", never, nil, failsWith(429, "Retry-After: 999\r\n")},
	{"425", never, nil, failsWith(425, "")},
	{"403, none remain", never, onAPI, failsWith(403, "X-RateLimit-Remaining: 0\r\n")},
	{"400", never, nil, failsWith(400, "")},
	{"401", never, nil, failsWith(401, "")},
	{"404", never, nil, failsWith(404, "")},
	{"422", never, nil, failsWith(422, "")},
	{"302", never, nil, failsWith(302, strayed)},
	{"303", maybe, nil, failsWith(303, strayed)},
	{"307", never, nil, failsWith(307, strayed)},
	{"a page", maybe, onTyped, ledgerSays(200, "Content-Type: text/html\r\n", html)},
	{"null", maybe, onTyped, ledgerSays(200, "", "null")},
	{"a list", maybe, onTyped, ledgerSays(200, "", "[]")},
	{"wrong members", always, onAPI, ledgerSays(200, "", `{"ok":true}`)},
	{"204", always, nil, ledgerSays(204, "", "")},
	{"an error's envelope", never, onEnvelope, ledgerSays(200, "", envelope)},
	{"an error's envelope in a 500", never, onEnvelope, ledgerSays(500, "", envelope)},
	{"that envelope of another API", maybe, onOthers, ledgerSays(500, "", envelope)},
	{"success: false", maybe, onKeyed, ledgerSays(200, "", `{"success":false,"error":"the AI failed"}`)},
	{"expired", never, onPUT, ledgerSays(403, "Content-Type: application/xml\r\n", expiredXML)},
	{"wrong signature", never, onStorage, ledgerSays(403, "Content-Type: application/xml\r\n", xmlHead+"SignatureDoesNotMatch</Code></Error>")},
	{"slow down", maybe, onStorage, ledgerSays(503, "Content-Type: application/xml\r\n", xmlHead+"SlowDown</Code></Error>")},
	{"no HTTP", maybe, nil, ends(peer.Garbage("SSH-2.0"))},
	{"well, then FIN", always, nil, func(good string) peer.Act { return peer.Then(peer.Answers(200, "", good), peer.FIN) }},
	{"well, then RST", always, nil, func(good string) peer.Act { return peer.Then(peer.Answers(200, "", good), peer.RST) }},
	{"well, and slow", always, nil, func(good string) peer.Act {
		return func(c net.Conn, r *http.Request) bool {
			<-time.After(2 * time.Millisecond)
			return peer.Answers(200, "", good)(c, r)
		}
	}},
	{"well, after a 103", always, nil, func(good string) peer.Act {
		return func(c net.Conn, r *http.Request) bool {
			_, _ = io.WriteString(c, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
			return peer.Answers(202, "", good)(c, r)
		}
	}},
}

// faultOf decides what becomes of a request: two of five are answered well.
func faultOf(dice *rand.Rand, call *ledgerCall, r *http.Request) ledgerFault {
	good := (*ledgerServer)(nil).goodAnswer(call, r)
	if dice.IntN(5) < 2 {
		return ledgerFault{name: "well", takes: true, act: peer.Answers(200, "", good)}
	}
	for {
		row := ledgerRows[dice.IntN(len(ledgerRows))]
		if row.where != nil && !row.where(call, r) {
			continue
		}
		f := ledgerFault{name: row.name, early: row.takes == early, takes: row.takes == always || row.takes == maybe && dice.IntN(2) == 0}
		f.act = row.act(good)
		if strings.HasPrefix(row.name, "30") { // its target names the call
			status := map[string]int{"302": 302, "303": 303, "307": 307}[row.name]
			f.act = peer.Answers(status, strayed+call.id+"\r\n", "")
		}
		return f
	}
}
