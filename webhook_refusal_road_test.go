package agentmsg_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/signature"
	"github.com/stretchr/testify/require"
)

// Where the writer can set no deadline, a body that comes too late is read to
// its end, and then nobody's function runs: the answer is given.
func TestHandlerOfABodyThatComesTooLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		began := time.Now()
		late := readFunc(func([]byte) (int, error) {
			time.Sleep(9 * time.Second)
			return 0, io.EOF
		})
		r := delivery(refusedBody)
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader(refusedBody), late))
		requireAnswer(t, w.receive(r), 503, "not_handled_in_time")
		require.Equal(t, 9*time.Second, time.Since(began))
		require.NoError(t, w.Shutdown(t.Context()))
		require.Empty(t, w.reached())
		require.Empty(t, w.keeps(), "nothing was claimed")
		require.Equal(t, agentmsg.WebhookStats{Refused: 1}, w.Stats())
		requireAnswer(t, w.receive(delivery(refusedBody)), 503, "shutting_down")
	})
}

// A function that obeys its deadline ends as the answer is given: that is 503
// whoever is first, never 500.
func TestHandlerDeadlineThatIsObeyed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for range 200 {
			w := watch(t)
			w.run = func(ctx context.Context, _ agentmsg.Event) error { <-ctx.Done(); return ctx.Err() }
			requireAnswer(t, w.receive(delivery(refusedBody)), 503, "not_handled_in_time")
			require.NoError(t, w.Shutdown(t.Context()))
			require.Equal(t, agentmsg.WebhookStats{Failed: 1}, w.Stats())
		}
	})
}

// Once the body is there the connection has no deadline of ours: what stands
// around the handler may go on, and hears when the sender hangs up.
func TestHandlerLeavesNoDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		var before, after error
		around := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			w.ServeHTTP(rw, r)
			time.Sleep(20 * time.Second)
			before = r.Context().Err()
			<-r.Context().Done()
			after = r.Context().Err()
		})
		server := newPipeServer(t, around, nil)
		r := server.dial(t)
		began := time.Now()
		r.say("%s%s\nContent-Length: %d\n\n%s", signedHead, signature.Sign(webhookSecret, []byte(refusedBody)), len(refusedBody), refusedBody)
		time.Sleep(30 * time.Second)
		_ = r.Conn.Close()
		require.NoError(t, server.server.Shutdown(t.Context()))
		require.GreaterOrEqual(t, time.Since(began), 30*time.Second)
		require.NoError(t, before)
		require.ErrorIs(t, after, context.Canceled)
	})
}

// A body that is there at once is read without a deadline on the connection. One
// that takes a second gets it then, and it is lifted once the body is whole. A
// refusal leaves it, for the server reads what is left.
func TestHandlerBoundsABodyThatIsSlow(t *testing.T) {
	t.Parallel()
	deadline := 8 * time.Second
	for name, c := range map[string]struct {
		takes         time.Duration
		method        string
		status        int
		reading, then []time.Duration
	}{
		"at once":            {0, "POST", 200, nil, nil},
		"within a second":    {999 * time.Millisecond, "POST", 200, nil, nil},
		"longer":             {1001 * time.Millisecond, "POST", 200, []time.Duration{deadline}, []time.Duration{deadline, lifted}},
		"much longer":        {7 * time.Second, "POST", 200, []time.Duration{deadline}, []time.Duration{deadline, lifted}},
		"refused before it":  {0, "PUT", 405, nil, []time.Duration{deadline}},
		"refused meanwhile":  {1500 * time.Millisecond, "broken", 503, []time.Duration{deadline}, []time.Duration{deadline}},
		"refused before one": {0, "broken", 503, nil, []time.Duration{deadline}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := watch(t)
				writer := &deadlineWriter{ResponseRecorder: httptest.NewRecorder(), began: time.Now()}
				r := delivery(refusedBody)
				end := io.EOF
				if r.Method = c.method; c.method == "broken" {
					r.Method, end = "POST", io.ErrUnexpectedEOF
				}
				r.Body = io.NopCloser(io.MultiReader(r.Body, readFunc(func([]byte) (int, error) {
					time.Sleep(c.takes)
					require.Equal(t, c.reading, writer.deadlines())
					return 0, end
				})))
				w.ServeHTTP(writer, r)
				require.Equal(t, c.status, writer.Code)
				require.Equal(t, c.then, writer.deadlines())
				time.Sleep(time.Minute)
				require.Equal(t, c.then, writer.deadlines(), "nobody looks after it any more")
			})
		})
	}
}

// A writer may be anybody's: one that panics on a goroutine of ours costs the
// deadline, and not the process.
func TestHandlerWhereSettingTheDeadlinePanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		writer := &deadlineWriter{ResponseRecorder: httptest.NewRecorder(), panics: true}
		r := delivery(refusedBody)
		r.Body = io.NopCloser(io.MultiReader(r.Body, readFunc(func([]byte) (int, error) {
			time.Sleep(3 * time.Second)
			return 0, io.EOF
		})))
		w.ServeHTTP(writer, r)
		require.Equal(t, 200, writer.Code)
	})
}

// A body that panics is the server's to deal with, and nothing looks after the
// delivery any more.
func TestHandlerOfABodyThatPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		writer := &deadlineWriter{ResponseRecorder: httptest.NewRecorder(), began: time.Now()}
		r := delivery(refusedBody)
		r.Body = io.NopCloser(readFunc(func([]byte) (int, error) { panic("body") }))
		require.PanicsWithValue(t, "body", func() { w.ServeHTTP(writer, r) })
		left := []time.Duration{8 * time.Second}
		require.Equal(t, left, writer.deadlines())
		time.Sleep(time.Minute)
		require.Equal(t, left, writer.deadlines())
		require.NoError(t, w.Shutdown(t.Context()))
	})
}

// lifted stands for a deadline that was lifted.
const lifted = time.Duration(-1)

// deadlineWriter keeps the deadlines that were set, counted from the beginning.
type deadlineWriter struct {
	*httptest.ResponseRecorder
	began  time.Time
	panics bool
	mu     sync.Mutex
	set    []time.Duration
}

func (d *deadlineWriter) deadlines() []time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.set)
}

func (d *deadlineWriter) SetReadDeadline(at time.Time) error {
	if d.panics {
		panic("writer")
	}
	after := lifted
	if !at.IsZero() {
		after = at.Sub(d.began)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.set = append(d.set, after)
	return nil
}

// A refusal of a request without a body leaves none either.
func TestHandlerLeavesNoDeadlineWithoutABody(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"GET", "POST"} {
		synctest.Test(t, func(t *testing.T) {
			w := watch(t)
			var after error
			around := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				w.ServeHTTP(rw, r)
				time.Sleep(20 * time.Second)
				after = r.Context().Err()
			})
			r := newPipeServer(t, around, nil).dial(t)
			r.say("%s / HTTP/1.1\nHost: a\nContent-Length: 0\n\n", method)
			require.Equal(t, map[string]int{"GET": 405, "POST": 401}[method], r.status())
			require.NoError(t, after)
		})
	}
}

// The refusals over HTTP/2, where a deadline is a stream's.
func TestHandlerRefusesOverHTTP2(t *testing.T) {
	t.Parallel()
	w := watch(t)
	server := overHTTP2(t, w)
	send := func(body string, header http.Header) heard { return sent(t, server, posted("/", body, header)) }
	good := signature.Sign(webhookSecret, []byte(refusedBody))
	for name, header := range unsignedHeaders(good) {
		t.Log(name)
		requireAnswer(t, send(refusedBody, header), 401, "invalid_signature")
	}
	signed := http.Header{agentmsg.SignatureHeader: {good}, "Content-Encoding": {"gzip"}}
	requireAnswer(t, send(refusedBody, signed), 415, "unsupported_encoding")
	requireAnswer(t, send(padded(1<<20+1), nil), 413, "too_large")
	w.requireUnreached(t)
	signed.Del("Content-Encoding")
	requireAnswer(t, send(refusedBody, signed), 200, "")
	require.Len(t, w.reached(), 1)
	require.Equal(t, agentmsg.WebhookStats{Handled: 1, Refused: uint64(len(unsignedHeaders(good)) + 2)}, w.Stats())
}
