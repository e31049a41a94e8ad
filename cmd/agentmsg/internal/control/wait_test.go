package control_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/control"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// A long poll ends when what it waits for comes, when its world is reset, when
// the caller hangs up, and when the program stops.
func TestLongPolls(t *testing.T) {
	t.Parallel()
	h := start(t, control.Options{})
	poll := func(ctx context.Context, headers ...string) <-chan string {
		ended := make(chan string, 1)
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url+"/_mock/wait?requests=1&timeout=1m", nil)
		require.NoError(t, err)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		go func() {
			client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			a, err := client.Do(r)
			if err != nil {
				ended <- "broken"
				return
			}
			defer func() { _ = a.Body.Close() }()
			b, _ := io.ReadAll(a.Body)
			ended <- a.Status + " " + string(b)
		}()
		return ended
	}
	came := poll(t.Context())
	hung, hangUp := context.WithCancel(t.Context())
	gone := poll(hung, "Authorization", "Bearer test_1")
	over := poll(t.Context(), "Authorization", "Bearer test_2")
	require.Equal(t, http.StatusAccepted, h.send("s1"))
	require.Contains(t, <-came, `200 OK {"requests":1`)
	h.get("sessions", nil, "Authorization", "Bearer test_1")
	hangUp()
	require.Equal(t, "broken", <-gone)
	for answer := ""; answer == ""; {
		h.post("reset", "", "Authorization", "Bearer test_2")
		select {
		case answer = <-over:
			require.Contains(t, answer, "410 Gone")
		case <-time.After(10 * time.Millisecond): // it had not begun
		}
	}
	stopped := poll(t.Context(), "Authorization", "Bearer test_1")
	h.halt()
	require.Contains(t, <-stopped, "the program stops")
}

// A stream tells of all that comes, and goes on where it broke off.
func TestEvents(t *testing.T) {
	t.Parallel()
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer receiver.Close()
	h := start(t, control.Options{}, mockserver.WithWebhook(receiver.URL, ""))
	require.Equal(t, http.StatusAccepted, h.send("before"))
	h.get("wait?idle=true", nil)
	next, done := h.listen("")
	require.Equal(t, ": listening", next(""))
	require.Equal(t, http.StatusAccepted, h.send("after"))
	require.Contains(t, next("request"), `"sessionId":"after"`)
	delivered := next("delivery")
	require.Contains(t, delivered, `"status":200`)
	require.Contains(t, delivered, "id: 2.2\n")
	h.post("ai-says", `{"sessionId":"s3","text":"x"}`)
	require.Contains(t, next("change"), `"changes":`)
	done()
	next, done = h.listen("1.1")
	require.Contains(t, next("request"), `"sessionId":"after"`)
	require.Contains(t, next("delivery"), "id: 2.2\n")
	h.post("reset", "")
	require.Contains(t, next("over"), "id: 0.0\n", "who comes back with it hears all of the next life")
	done()
	require.Equal(t, http.StatusAccepted, h.send("anew"))
	for _, last := range []string{"0.0", "2.2"} { // the other one was never told that it is over
		next, done = h.listen(last)
		require.Contains(t, next("request"), `"sessionId":"anew"`, last)
		done()
	}
	next, done = h.listen("")
	require.Equal(t, ": listening", next(""))
	h.halt()
	require.Empty(t, next("request"), "a stop ends the stream")
	done()
}

// The head of a stream is all that HEAD asks for.
func TestHeadOfEvents(t *testing.T) {
	t.Parallel()
	h := start(t, control.Options{})
	client := http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}, Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	for range 2 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, h.url+"/_mock/events", nil)
		require.NoError(t, err)
		a, err := client.Do(r)
		require.NoError(t, err)
		require.NoError(t, a.Body.Close())
		require.Equal(t, http.StatusOK, a.StatusCode)
	}
}

// listen follows the stream of the default world from an event on: next is its
// next one of a kind, or comment; "": it has ended.
func (h *house) listen(last string) (next func(event string) string, done func()) {
	ctx, cancel := context.WithCancel(h.t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url+"/_mock/events", nil)
	require.NoError(h.t, err)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	a, err := client.Do(r) //nolint:bodyclose // by done
	require.NoError(h.t, err)
	require.Equal(h.t, "text/event-stream", a.Header.Get("Content-Type"))
	read := readEvents(a.Body)
	return func(event string) string {
			for e := range read {
				if strings.Contains(e, "event: "+event+"\n") || event == "" && strings.HasPrefix(e, ":") {
					return e
				}
			}
			return ""
		}, func() {
			cancel()
			_ = a.Body.Close()
		}
}

// readEvents gives the events of a stream as they come.
func readEvents(from io.Reader) <-chan string {
	events := make(chan string, 1000)
	go func() {
		defer close(events)
		var all strings.Builder
		b := make([]byte, 4096)
		for {
			n, err := from.Read(b)
			all.Write(b[:n])
			for {
				e, rest, ok := strings.Cut(all.String(), "\n\n")
				if !ok {
					break
				}
				all.Reset()
				all.WriteString(rest)
				events <- e
			}
			if err != nil {
				return
			}
		}
	}()
	return events
}
