package control_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/control"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// house is a program's servers and their control API on loopback.
type house struct {
	t    *testing.T
	url  string
	halt context.CancelFunc
}

func start(t *testing.T, opts control.Options, mock ...mockserver.Option) *house {
	t.Helper()
	worlds, err := mockserver.NewWorlds(2, mock...)
	require.NoError(t, err)
	h, err := control.NewHouse(worlds, func() (*mockserver.Server, error) { return mockserver.New(mock...) })
	require.NoError(t, err)
	stopping, halt := context.WithCancel(context.Background())
	opts.Stopping, opts.Version = stopping, "v0.0.0"
	api, apis := control.New(h, opts), h.Handler()
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if control.Owns(r) {
			api.ServeHTTP(w, r)
			return
		}
		apis.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		halt()
		served.Close()
		h.Close()
	})
	return &house{t, served.URL, halt}
}

// ask makes a call: method, path, body, then headers in pairs.
func (h *house) ask(method, path, body string, headers ...string) (status int, answer string) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, strings.NewReader(body))
	require.NoError(h.t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	r.Host = r.Header.Get("Host")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	a, err := client.Do(r)
	require.NoError(h.t, err)
	defer func() { _ = a.Body.Close() }()
	b, err := io.ReadAll(a.Body)
	require.NoError(h.t, err)
	return a.StatusCode, strings.TrimSuffix(string(b), "\n")
}

// get is a call under /_mock/ that must succeed; into may be nil.
func (h *house) get(path string, into any, headers ...string) {
	h.t.Helper()
	status, answer := h.ask(http.MethodGet, "/_mock/"+path, "", headers...)
	require.Equal(h.t, http.StatusOK, status, answer)
	if into != nil {
		require.NoError(h.t, json.Unmarshal([]byte(answer), into), answer)
	}
}

// post is a call under /_mock/ that must succeed.
func (h *house) post(path, body string, headers ...string) string {
	h.t.Helper()
	status, answer := h.ask(http.MethodPost, "/_mock/"+path, body, headers...)
	require.Less(h.t, status, 300, answer)
	return answer
}

var asMAIA = []string{"Authorization", "Bearer " + mockserver.DefaultMAIAToken, "Content-Type", "application/json"}

// send sends a message to the AI.
func (h *house) send(session string) int {
	h.t.Helper()
	status, _ := h.ask(http.MethodPost, "/messages", fmt.Sprintf(`{"content":"hi","fromChannelIdentifier":"support","sessionId":%q}`, session), asMAIA...)
	return status
}

type items struct {
	Items          []map[string]any
	Total, Dropped int
}

// Everyone speaks, and the transcript has it.
func TestPlay(t *testing.T) {
	t.Parallel()
	h := start(t, control.Options{})
	require.Equal(t, http.StatusAccepted, h.send("s1"))
	h.get("wait?idle=true", nil)
	require.JSONEq(t, `{"sessionId":"s1","messageId":"00000000-0000-4000-8000-000000000003"}`, h.post("human-says", `{"sessionId":"s1","text":"I am here"}`))
	h.post("ai-says", `{"sessionId":"s1","text":"me too"}`)
	h.post("customer-says", `{"sessionId":"s1","text":"two\nlines"}`)
	h.post("owner-says", `{"sessionId":"phone","text":"typed"}`)
	h.get("wait?idle=true&requests=1&op=Messages.Send&timeout=2s", nil)
	_, text := h.ask(http.MethodGet, "/_mock/transcript?sessionId=s1", "")
	require.Equal(t, "customer: hi\nai: You said: hi\nhuman: I am here\nai: me too\ncustomer: two\\nlines\nai: You said: two\\nlines", text)
	_, text = h.ask(http.MethodGet, "/_mock/transcript", "")
	require.Contains(t, text, "# maia phone\nowner: typed")
	var found items
	h.get("sessions?sessionId=phone", &found)
	require.Equal(t, "channel-whatsapp_no", found.Items[0]["channelId"])
	h.get("sessions", &found)
	require.Len(t, found.Items, 2)
	h.post("reset", "")
	h.get("sessions", &found)
	require.Empty(t, found.Items)
	h.get("requests", &found)
	require.Empty(t, found.Items)
}

// Events go where the webhook says; the journal has each attempt.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	box := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		box <- r.Header.Get("X-Maia-Signature") + " " + string(b)
		if strings.Contains(string(b), "refuse") {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	defer receiver.Close()
	h := start(t, control.Options{})
	status, answer := h.ask(http.MethodPost, "/_mock/emit", `{}`)
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, answer, "POST /_mock/webhook")
	h.post("webhook", fmt.Sprintf(`{"url":%q,"secret":"s3cret"}`, receiver.URL))
	odd := "{\"eventType\":\"new\",\"x\":\"\xff\"}"
	require.JSONEq(t, `{"deliveryId":"evt_000001"}`, h.post("emit", odd))
	require.Equal(t, mockserver.Sign("s3cret", []byte(odd))+" "+odd, <-box)
	h.get("wait?deliveries=1", nil)
	h.post("redeliver", `{"deliveryId":"evt_000001"}`)
	h.get("wait?deliveries=2", nil)
	h.post("human-says", `{"sessionId":"s1","text":"refuse"}`)
	h.get("wait?idle=true&deliveries=3", nil)
	var found items
	h.get("deliveries", &found)
	require.Len(t, found.Items, 3)
	require.Equal(t, "eyJldmVudFR5cGUiOiJuZXciLCJ4Ijoi/yJ9", found.Items[0]["bodyBase64"])
	require.InDelta(t, 2, found.Items[1]["attempt"], 0)
	h.get("deliveries?sessionId=s1", &found)
	require.Len(t, found.Items, 1)
	require.InDelta(t, 400, found.Items[0]["status"], 0)
	h.get("deliveries?since=2", &found)
	require.Len(t, found.Items, 1)
	require.Equal(t, 3, found.Total)
	h.get("undelivered", &found)
	require.Empty(t, found.Items)
	require.JSONEq(t, fmt.Sprintf(`{"header":"X-Maia-Signature","signature":%q}`, mockserver.Sign("k", []byte("body"))), h.post("sign", `{"body":"body","secret":"k"}`))
	require.JSONEq(t, fmt.Sprintf(`{"header":"X-Maia-Signature","signature":%q}`, mockserver.Sign("", []byte("body"))), h.post("sign", `{"bodyBase64":"Ym9keQ=="}`))
}

// A customer waits while the AI thinks.
func TestUnanswered(t *testing.T) {
	t.Parallel()
	h := start(t, control.Options{}, mockserver.WithAIDelay(time.Hour))
	var found struct{ Items []string }
	h.get("unanswered", &found)
	require.Equal(t, []string{}, found.Items)
	h.post("customer-says", `{"sessionId":"s1","text":"hello"}`)
	h.get("unanswered", &found)
	require.Equal(t, []string{"s1"}, found.Items)
}

// A fault hits, is listed with its counts, and goes.
func TestFaults(t *testing.T) {
	t.Parallel()
	h := start(t, control.Options{})
	require.JSONEq(t, `{"id":"fault_000001","name":"Messages.Send/Refuse429"}`,
		h.post("faults", `{"op":"Messages.Send","kind":"Refuse","status":429,"retryAfter":"1","delay":"0s"}`))
	h.post("faults", `{"kind":"Delay","op":"Kanbans.List","delay":"1m"}`)
	require.Equal(t, http.StatusTooManyRequests, h.send("s1"))
	var found items
	h.get("faults", &found)
	require.Len(t, found.Items, 2)
	require.InDelta(t, 1, found.Items[0]["hit"], 0)
	require.Equal(t, "1m0s", found.Items[1]["delay"])
	h.get("requests?op=Messages.Send&sessionId=s1", &found)
	require.Len(t, found.Items, 1)
	require.Equal(t, "Refuse", found.Items[0]["fault"].(map[string]any)["kind"])
	status, _ := h.ask(http.MethodDelete, "/_mock/faults/fault_000001", "")
	require.Equal(t, http.StatusOK, status)
	status, _ = h.ask(http.MethodDelete, "/_mock/faults/fault_000001", "")
	require.Equal(t, http.StatusNotFound, status)
	require.Equal(t, http.StatusAccepted, h.send("s1"))
	status, _ = h.ask(http.MethodDelete, "/_mock/faults", "")
	require.Equal(t, http.StatusOK, status)
	h.get("faults", &found)
	require.Empty(t, found.Items)
	h.get("matrix?op=Webhook", &found)
	require.Equal(t, "Webhook/Delay", found.Items[0]["name"])
	h.get("matrix", &found)
	all := len(found.Items)
	h.get("matrix?op=Messages.Send", &found)
	require.Less(t, len(found.Items), all)
	for _, f := range found.Items { // what is listed can be injected
		b, err := json.Marshal(f["fault"])
		require.NoError(t, err)
		h.post("faults", string(b))
	}
}

// Each credential has a world; the limit is said.
func TestWorlds(t *testing.T) {
	t.Parallel()
	h := start(t, control.Options{})
	one, two, three := []string{"Authorization", "Bearer test_1"}, []string{"X-API-Key", "sk_test_2"}, []string{"Authorization", "Bearer test_3"}
	h.post("customer-says", `{"sessionId":"s1","text":"one"}`, one...)
	h.post("customer-says", `{"sessionId":"s1","text":"two"}`, two...)
	_, text := h.ask(http.MethodGet, "/_mock/transcript?sessionId=s1", "", one...)
	require.Contains(t, text, "customer: one")
	_, text = h.ask(http.MethodGet, "/_mock/transcript?sessionId=s1", "", two...)
	require.Contains(t, text, "customer: two")
	_, text = h.ask(http.MethodGet, "/_mock/transcript", "")
	require.Empty(t, text)
	status, text := h.ask(http.MethodGet, "/_mock/sessions", "", three...)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, text, "all 2 worlds are in use")
	var about struct{ Worlds int }
	h.get("", &about)
	require.Equal(t, 2, about.Worlds)
	h.post("reset", "", one...)
	h.post("reset", "", three...)
	h.get("", &about, three...)
	require.Equal(t, 1, about.Worlds, "to reset or to look at what there is makes no world")
	h.get("sessions", nil, three...)
	status, text = h.ask(http.MethodPost, "/_mock/credentials", `{"maiaToken":"x"}`, three...)
	require.Equal(t, http.StatusConflict, status, text)
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	h := start(t, control.Options{})
	h.post("credentials", `{"maiaToken":"next"}`)
	require.Equal(t, http.StatusUnauthorized, h.send("s1"))
	status, _ := h.ask(http.MethodGet, "/kanbans", "", "Authorization", "Bearer next")
	require.Equal(t, http.StatusOK, status)
	for _, field := range []string{"maiaToken", "bluBashKey", "conversationsToken"} {
		status, answer := h.ask(http.MethodPost, "/_mock/credentials", fmt.Sprintf(`{%q:"sk_test_x"}`, field))
		require.Equal(t, http.StatusBadRequest, status, "it would lead to a world, and never here")
		require.Contains(t, answer, fmt.Sprintf(`"field":%q`, field))
	}
}

// Many control at once while the worlds come and go; nothing breaks.
func TestManyControl(t *testing.T) {
	t.Parallel()
	h := start(t, control.Options{}, mockserver.WithAIDelay(time.Millisecond))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			who := []string{"Authorization", fmt.Sprintf("Bearer test_%d", i%2)}
			for j := range 20 {
				for _, c := range [][2]string{
					{"POST customer-says", `{"sessionId":"s1","text":"x"}`}, {"GET sessions", ""}, {"POST faults", `{"kind":"Refuse"}`},
					{"GET wait?idle=true&timeout=1s", ""}, {"DELETE faults", ""}, {"POST owner-says", `{"sessionId":"p","text":"x"}`}, {"GET requests", ""},
				} {
					method, path, _ := strings.Cut(c[0], " ")
					if status, answer := h.ask(method, "/_mock/"+path, c[1], who...); status >= 500 && status != http.StatusGatewayTimeout {
						t.Errorf("%s: %d %s", c[0], status, answer)
					}
				}
				if j%5 == 0 {
					h.ask(http.MethodPost, "/_mock/reset", "", who...)
				}
			}
		})
	}
	all.Wait()
}
