package openapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const controlToken = "a-token"

// program is the mock as a process.
type program struct {
	account
	url string
}

// run builds the program and starts it, with one world and further flags.
func run(t *testing.T, all documents, s *seen, flags ...string) *program {
	t.Helper()
	if _, err := os.Stat("../../cmd/agentmsg/main.go"); err != nil {
		t.Skip("the program is not in this tree")
	}
	binary := filepath.Join(t.TempDir(), "agentmsg")
	built, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/agentmsg/agentmsg/cmd/agentmsg").CombinedOutput()
	require.NoError(t, err, string(built))
	ctx, stop := context.WithCancel(context.Background())
	process := exec.CommandContext(ctx, binary, append([]string{"mock", "--addr", "127.0.0.1:0", "--log", "json", "--worlds", "1"}, flags...)...)
	out, err := process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, process.Start())
	t.Cleanup(func() {
		stop()
		_ = process.Wait() // killed: it says so
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	require.NoError(t, err)
	var greeting struct{ URL string }
	require.NoError(t, json.Unmarshal(line, &greeting))
	connections := &http.Transport{}
	t.Cleanup(connections.CloseIdleConnections)
	return &program{account{t: t, validator: &validator{connections, all, s}}, greeting.URL}
}

// call is one call of the control API.
func (p *program) call(status int, method, path, body string, headers ...string) []byte {
	p.t.Helper()
	got, answer := p.do(method, p.url+"/_mock"+path, strings.NewReader(body), append([]string{"X-Mock-Token", controlToken, "Authorization", ""}, headers...)...)
	require.Equal(p.t, status, got, "%s %s %.200s: %s", method, path, body, answer)
	return answer
}

// TestControl has control.yaml judge the program, each operation with each
// documented status.
func TestControl(t *testing.T) {
	t.Parallel()
	all := load(t)
	all[control] = read(t, "control.yaml")
	s := &seen{t: t, covered: map[string]bool{}}
	p := run(t, all, s, "--control-token", controlToken)
	open := run(t, all, s)
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(receiver.Close)
	d := all[control]

	p.call(409, "POST", "/emit", `{}`)
	p.call(200, "POST", "/webhook", `{"url":"`+receiver.URL+`","secret":"s"}`)
	p.live()
	p.lists()
	p.faults()
	p.events()
	for path, bodies := range badControl {
		for _, body := range bodies {
			p.call(400, "POST", path, body)
		}
	}
	p.call(409, "POST", "/credentials", `{"maiaToken":"x"}`, "Authorization", "Bearer test_a") // and the world is there
	p.refusals(d, open)
	p.call(200, "GET", "/config.schema.json", "")
	p.call(200, "GET", "/openapi/control.yaml", "")
	p.call(404, "GET", "/openapi/none.yaml", "")
	p.call(200, "POST", "/credentials", `{"maiaToken":"x","bluBashKey":"y","conversationsToken":"z"}`)
	p.call(200, "POST", "/reset", "")
	var missing []string
	for _, key := range (documents{control: d}).uncovered(s) {
		if !strings.HasSuffix(key, " 410") { // of a world that ends while a call is in it
			missing = append(missing, key)
		}
	}
	require.Empty(t, missing, "documented, and seen nowhere")
}

// refusals has each operation refuse what it documents that it does: open is a
// program that needs no token.
func (p *program) refusals(d *document, open *program) {
	p.t.Helper()
	for _, o := range d.operations() {
		path := strings.NewReplacer("{id}", "1", "{document}", "maia.yaml").Replace(o.path)
		body := map[bool]string{true: `{"sessionId":"s1","text":"x"}`}[o.method == "POST"]
		if o.Responses.Value("401") != nil {
			p.call(401, o.method, path, body, "X-Mock-Token", "")
		}
		if o.Responses.Value("403") != nil {
			open.call(403, o.method, path, body, "Host", "evil.test")
		}
		if o.Responses.Value("503") != nil {
			p.call(503, o.method, path, body, "Authorization", "Bearer test_b")
		}
		if o.Responses.Value("413") != nil {
			p.call(413, o.method, path, strings.Repeat(" ", map[bool]int{true: 10 << 20, false: 1 << 20}[path == "/emit"])+`{}`)
		}
		if o.Responses.Value("400") != nil && o.method == "GET" {
			p.call(400, "GET", path+"?unknown=1", "")
		}
	}
}

// badControl are bodies that both sides refuse.
var badControl = map[string][]string{
	"/customer-says": {`{}`, `{"sessionId":"","text":"x"}`, `{"sessionId":"s","text":""}`, `{"sessionId":1,"text":"x"}`, `{"sessionId":"s","text":"x","y":1}`, `[]`, ``},
	"/human-says":    {`{"text":"x"}`}, "/ai-says": {`{"sessionId":"s"}`}, "/owner-says": {`{}`},
	"/redeliver":   {`{"deliveryId":1}`, `{"deliveryId":"x","y":1}`},
	"/webhook":     {`{}`, `{"url":"ftp://x/y"}`, `{"url":"http://x/y","z":1}`, `{"url":"http://x/y","secret":1}`},
	"/credentials": {`{"maiaToken":1}`, `{"bluBashKey":1}`, `{"conversationsToken":[]}`, `{"x":"y"}`},
	"/sign":        {`{"body":1}`, `{"x":1}`, `{"bodyBase64":1}`, `{"secret":1}`},
	"/faults": {
		`{}`, `{"kind":"Nope"}`, `{"kind":1}`, `{"kind":"Refuse","times":"1"}`, `{"kind":"Refuse","skip":"1"}`, `{"kind":"Refuse","every":1.5}`, `{"kind":"Refuse","x":1}`,
		`{"kind":"Delay","delay":"soon"}`, `{"kind":"Refuse","status":"x"}`, `{"kind":"Refuse","op":1}`, `{"kind":"Refuse","body":{}}`,
	},
}

// live has something of everything happen.
func (p *program) live() {
	p.t.Helper()
	for _, who := range []string{"customer", "human", "ai"} {
		p.call(201, "POST", "/"+who+"-says", `{"sessionId":"s1","text":"hi"}`)
	}
	p.call(201, "POST", "/owner-says", `{"sessionId":"o1","text":"hi"}`)
	p.call(409, "POST", "/owner-says", `{"sessionId":"s1","text":"hi"}`)
	var ticket struct{ UploadURL, FileKey string }
	p.into(&ticket, 200, "POST", p.url+"/messages/upload", `{"fileName":"a.png","contentType":"image/png","size":1}`)
	p.into(nil, 200, "PUT", ticket.UploadURL, "\xff", "Content-Type", "image/png")
	var receipt struct{ UserMessage struct{ ID string } }
	p.into(&receipt, 202, "POST", p.url+"/messages", `{"content":"hi","fromChannelIdentifier":"support","sessionId":"s1","sessionName":"n","externalUserId":"u","kanbanId":"sales",
		"attachments":[{"fileKey":"`+ticket.FileKey+`","fileName":"a.png","contentType":"image/png","size":1}]}`)
	p.into(nil, 200, "POST", p.url+"/sessions/s1/messages/"+receipt.UserMessage.ID+"/link", `{"providerMsgId":"p"}`)
	p.into(nil, 200, "POST", p.url+"/sessions/s1/messages/status", `{"providerMsgId":"p","status":"read"}`)
	p.into(nil, 200, "POST", p.url+"/sessions/s1/messages/reactions", `{"providerMsgId":"p","action":"add","emoji":"👍"}`)
	p.into(nil, 200, "GET", p.url+"/kanbans?limit=1", "")
	var emitted struct{ DeliveryID string }
	require.NoError(p.t, json.Unmarshal(p.call(201, "POST", "/emit", `{"eventType":"note_created","sessionId":"s1"}`), &emitted))
	p.call(200, "GET", "/wait?idle=true&requests=1&op=Messages.Send&deliveries=1&timeout=30s", "")
	p.call(200, "POST", "/redeliver", `{"deliveryId":"`+emitted.DeliveryID+`"}`)
	p.call(404, "POST", "/redeliver", `{"deliveryId":"none"}`)
	p.call(201, "POST", "/emit", "\xff")
	p.call(200, "POST", "/sign", `{"body":"{}","secret":"s"}`)
	p.call(200, "POST", "/sign", `{"bodyBase64":"/w==","secret":"s"}`)
	p.call(200, "GET", "/wait?idle=true", "")
	p.call(504, "GET", "/wait?requests=1000000&timeout=10ms", "")
	for _, bad := range []string{"idle=maybe", "requests=-1", "deliveries=x", "requests=1&op=None", "idle=true&timeout=soon"} {
		p.call(400, "GET", "/wait?"+bad, "")
	}
}

// lists asks for all that happened.
func (p *program) lists() {
	p.t.Helper()
	for _, path := range []string{
		"/", "/requests", "/requests?op=Messages.Send&sessionId=s1&since=1", "/deliveries", "/deliveries?sessionId=s1&since=1", "/undelivered", "/unanswered",
		"/sessions", "/sessions?sessionId=s1", "/transcript", "/transcript?sessionId=s1", "/matrix", "/matrix?op=Contacts.Send", "/matrix?op=Webhook",
	} {
		p.call(200, "GET", path, "")
	}
	for _, path := range []string{"/sessions", "/transcript"} {
		p.call(404, "GET", path+"?sessionId=none", "")
	}
	for _, path := range []string{"/requests?op=None", "/requests?since=-1", "/deliveries?since=x", "/matrix?op=None"} {
		p.call(400, "GET", path, "")
	}
}

func (p *program) faults() {
	p.t.Helper()
	var matrix struct {
		Items []struct{ Fault json.RawMessage }
	}
	require.NoError(p.t, json.Unmarshal(p.call(200, "GET", "/matrix", ""), &matrix))
	for _, each := range matrix.Items {
		p.call(201, "POST", "/faults", string(each.Fault))
	}
	p.call(201, "POST", "/faults", `{"kind":"Refuse","sessionId":"none","skip":1,"every":2,"times":3}`)
	p.call(200, "GET", "/faults", "")
	p.call(200, "DELETE", "/faults", "")
	var made struct{ ID string }
	require.NoError(p.t, json.Unmarshal(p.call(201, "POST", "/faults", `{"kind":"Refuse","op":"Kanbans.List","status":429,"retryAfter":"1","body":"no","times":1}`), &made))
	p.call(200, "DELETE", "/faults/"+made.ID, "")
	p.call(404, "DELETE", "/faults/"+made.ID, "")
	p.call(201, "POST", "/faults", `{"kind":"Delay","op":"Kanbans.List","delay":"1ms","times":1}`)
	p.into(nil, 200, "GET", p.url+"/kanbans", "")
	p.call(201, "POST", "/faults", `{"kind":"Hold","op":"Webhook"}`)
	p.call(201, "POST", "/emit", `{"eventType":"note_created","sessionId":"s1"}`)
	require.Contains(p.t, string(p.call(200, "GET", "/undelivered", "")), "note_created")
	p.call(200, "GET", "/requests?op=Kanbans.List", "")
	p.call(200, "DELETE", "/faults", "")
}

// events reads the beginning of the stream, whose end the validator would wait
// for.
func (p *program) events() {
	p.t.Helper()
	p.call(400, "GET", "/events", "", "Last-Event-ID", "x")
	ctx, cancel := context.WithCancel(p.t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/_mock/events", http.NoBody)
	require.NoError(p.t, err)
	r.Header.Set("X-Mock-Token", controlToken)
	r.Header.Set("Last-Event-ID", "0.0")
	answer, err := p.validator.next.RoundTrip(r)
	require.NoError(p.t, err)
	begin := make([]byte, 4096)
	n, err := io.ReadAtLeast(answer.Body, begin, 1)
	require.NoError(p.t, err)
	require.NoError(p.t, answer.Body.Close())
	require.Contains(p.t, string(begin[:n]), "event: request\ndata: {")
	target, err := url.Parse(r.URL.String())
	require.NoError(p.t, err)
	e := &exchange{method: r.Method, url: target, header: r.Header, status: answer.StatusCode, answered: answer.Header, answer: begin[:n]}
	p.validator.seen.add(e, p.validator.documents.judge(e))
}
