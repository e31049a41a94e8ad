package control_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/control"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// Each mistake is a 4xx that names the field, the fact and the way out.
func TestMistakes(t *testing.T) {
	t.Parallel()
	h := start(t, control.Options{}, mockserver.WithSession(mockserver.Session{ID: "api"}))
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "nothing", "", 404, `"the control API has no /_mock/nothing: GET /_mock/ lists what it has"`},
		{"PUT", "faults", "", 405, `"/_mock/faults takes GET or POST or DELETE"`},
		{"GET", "reset", "", 405, `"/_mock/reset takes POST"`},
		{"POST", "customer-says", "", 400, `there is no body: JSON is wanted`},
		{"POST", "customer-says", "sessionId=s1", 400, `"line":1,"column":1`},
		{"POST", "customer-says", `{"sessionId":"s1","txt":"x"}`, 400, `1:19: txt: there is no such member; did you mean \"text\"?","field":"txt","line":1,"column":19`},
		{"POST", "customer-says", `{"sessionId":1,"text":"x"}`, 400, `"field":"sessionId"`},
		{"POST", "human-says", `{"text":"x"}`, 400, `sessionId is missing`},
		{"POST", "ai-says", `{"sessionId":"s1"}`, 400, `text is missing`},
		{"POST", "owner-says", `{"sessionId":"api","text":"x"}`, 409, `the session \"api\" is on no channel of type whatsapp_no, where alone a phone has an owner: take a session that begins there`},
		{"POST", "faults", `{"op":"Messages.Send"}`, 400, `it has no kind; there are Refuse, `},
		{"POST", "faults", `{"kind":"Delay"}`, 400, `the fault delays by nothing: give it a delay`},
		{"POST", "faults", `{"kind":"Refuse","op":"Messages.Sent"}`, 400, `names an op that there is not: \"Messages.Sent\"; there are Messages.Send, `},
		{"POST", "faults", `{"kind":"Refuse","times":"1"}`, 400, `times: a text, where a whole number is wanted`},
		{"GET", "openapi/maia.json", "", 404, `there is no document maia.json; there are blubash.yaml, control.yaml, conversations.yaml, maia.yaml`},
		{"DELETE", "faults/none", "", 404, `no fault at work has the id none`},
		{"POST", "redeliver", `{"deliveryId":"evt_1"}`, 404, `no event has the deliveryId evt_1`},
		{"POST", "webhook", `{"url":"localhost"}`, 400, `"field":"url"`},
		{"POST", "sign", `{"bodyBase64":"?"}`, 400, `"field":"bodyBase64"`},
		{"GET", "requests?op=Send", "", 400, `there is no operation \"Send\"; there are Messages.Send`},
		{"GET", "requests?session=s1", "", 400, `there is no query session here; known are op, sessionId, since`},
		{"GET", "requests?since=x", "", 400, `since is \"x\": a whole number from 0 on is wanted`},
		{"GET", "deliveries?since=1&since=2", "", 400, `the query since is given twice`},
		{"GET", "sessions?sessionId=none", "", 404, `no session has the id none`},
		{"GET", "transcript?sessionId=none", "", 404, `no session has the id none`},
		{"GET", "wait", "", 400, `nothing is waited for`},
		{"GET", "wait?op=Messages.Send", "", 400, `nothing is waited for`},
		{"GET", "wait?op=Messages.Send&idle=true", "", 400, `an op without the number of its requests`},
		{"GET", "wait?idle=yes", "", 400, `idle is \"yes\": true or false is wanted`},
		{"GET", "wait?idle=true&timeout=1h", "", 400, `timeout is \"1h\": a time up to 5m is wanted`},
		{"GET", "wait?requests=9&timeout=10ms", "", 504, `waited for 9 requests of any operation, and 0 came`},
		{"GET", "matrix?op=x", "", 400, `there is no operation`},
		{"GET", "events?x=1", "", 400, `no query is taken here`},
		{"GET", "?x=1", "", 400, `no query is taken here`},
		{"POST", "human-says", strings.Repeat(" ", 1<<20+1), 413, `the body is over 1 MiB`},
		{"POST", "emit", strings.Repeat(" ", 10<<20+1), 413, `the body is over 10 MiB`},
	} {
		status, answer := h.ask(c.method, "/_mock/"+c.path, c.body)
		require.Equal(t, c.status, status, "%s %s: %s", c.method, c.path, answer)
		require.Contains(t, answer, c.says)
		require.Contains(t, answer, `{"error":"`+http.StatusText(status)+`","message":"`)
	}
	for _, last := range []string{"x", "1", "1.2x", "-1.2", "1.2.3", "99999999999.1"} {
		status, answer := h.ask(http.MethodGet, "/_mock/events", "", "Last-Event-ID", last)
		require.Equal(t, http.StatusBadRequest, status, last)
		require.Contains(t, answer, "which was no event's id")
	}
}
