package agentmsg_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// timeouts are those that a server may have beside the handler's deadline.
var timeouts = map[string]func(*http.Server){
	"none":                 nil,
	"a short ReadTimeout":  func(s *http.Server) { s.ReadTimeout = 2 * time.Second },
	"a long ReadTimeout":   func(s *http.Server) { s.ReadTimeout = time.Minute },
	"a long WriteTimeout":  func(s *http.Server) { s.WriteTimeout = time.Minute },
	"a short idle timeout": func(s *http.Server) { s.IdleTimeout = 2 * time.Second },
}

// However long a function takes, its request is not over, and its connection
// serves the next delivery: neither deadline outlives the body.
func TestHandlerKeepAliveOutlivesTheDeadline(t *testing.T) {
	t.Parallel()
	for name, set := range timeouts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHandler(t, func(ctx context.Context, _ agentmsg.Event) error {
					time.Sleep(7 * time.Second)
					return ctx.Err()
				})
				c := newPipeServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					h.ServeHTTP(w, r)
					if err := r.Context().Err(); err != nil {
						t.Error("the request had ended:", err)
					}
				}), set).dial(t)
				for i := range 3 {
					c.write(posting(messageBody("s", fmt.Sprint(i), "hello")))
					require.Equal(t, 200, c.status())
					time.Sleep(time.Second)
				}
				require.Equal(t, agentmsg.WebhookStats{Handled: 3}, h.Stats())
			})
		})
	}
}

// A function that overran leaves its connection usable too: the redelivery
// hears on it of the late success.
func TestHandlerConnectionAfterALateFunction(t *testing.T) {
	t.Parallel()
	for name, set := range timeouts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newPipeServer(t, newHandler(t, func(context.Context, agentmsg.Event) error {
					time.Sleep(12 * time.Second)
					return nil
				}), set).dial(t)
				began := time.Now()
				c.write(posting(messageBody("s", "m", "hello")))
				answer := c.answer()
				requireAnswer(t, answer, 503, "not_handled_in_time")
				require.False(t, answer.closes)
				require.Equal(t, 8*time.Second, time.Since(began))
				time.Sleep(time.Second)
				c.write(posting(messageBody("s", "m", "hello")))
				require.Equal(t, 200, c.status())
			})
		})
	}
}

// A body that does not come in time is given up at the deadline, whatever the
// writer's wrappers, as long as they let through to the connection.
func TestHandlerTrickledBody(t *testing.T) {
	t.Parallel()
	for name, around := range map[string]func(http.Handler) http.Handler{
		"plain":             func(h http.Handler) http.Handler { return h },
		"with Unwrap":       logged(func(w http.ResponseWriter) http.ResponseWriter { return &unwrapping{ResponseWriter: w} }),
		"MaxBytesReader":    maxBytes(1 << 20),
		"a ServeMux prefix": prefixed,
	} {
		for _, framing := range []string{"Content-Length: 2000", "Transfer-Encoding: chunked"} {
			t.Run(name+", "+framing, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c := newPipeServer(t, around(newHandler(t, accepts)), nil).dial(t)
					began := time.Now()
					c.write(head(nil, framing))
					c.trickle(strings.Repeat("1\r\nx\r\n", 200), 6, 100*time.Millisecond)
					requireClosing(t, c.answer(), 503, "body_timeout")
					require.Equal(t, 8*time.Second, time.Since(began))
					c.requireClosed()
				})
			})
		}
	}
}

// A writer without deadlines is served without one: a good delivery is handled,
// and one that arrived too late is not.
func TestHandlerWithoutAReadDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int64
		h := newHandler(t, func(context.Context, agentmsg.Event) error { runs.Add(1); return nil })
		c := newPipeServer(t, logged(func(w http.ResponseWriter) http.ResponseWriter { return &opaque{w: w} })(h), nil).dial(t)
		body := messageBody("s", "m", "hello")
		c.write(head(body, fmt.Sprintf("Content-Length: %d", len(body))))
		time.Sleep(9 * time.Second)
		c.write(string(body))
		require.Equal(t, 503, c.status())
		require.Zero(t, runs.Load())
		c.write(posting(body))
		require.Equal(t, 200, c.status())
		require.Equal(t, int64(1), runs.Load())
	})
}

// A sender that hangs up frees the request within a second, and the function
// goes on.
func TestHandlerSenderHangsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		served := make(chan time.Duration, 1)
		h := newHandler(t, func(ctx context.Context, _ agentmsg.Event) error {
			time.Sleep(5 * time.Second)
			ended <- ctx.Err()
			return nil
		})
		w := newPipeServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			began := time.Now()
			h.ServeHTTP(w, r)
			served <- time.Since(began)
		}), nil)
		c := w.dial(t)
		c.write(posting(messageBody("s", "m", "hello")))
		time.Sleep(1500 * time.Millisecond)
		require.NoError(t, c.Close())
		require.Equal(t, 2*time.Second, <-served)
		require.NoError(t, <-ended)
		require.NoError(t, h.Shutdown(t.Context()))
		require.Equal(t, agentmsg.WebhookStats{Handled: 1}, h.Stats())
	})
}
