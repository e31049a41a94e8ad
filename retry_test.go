package agentmsg_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/stretchr/testify/require"
)

// inBubble runs f on a clock of its own, which jumps over every wait.
func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Parallel()
	synctest.Test(t, f)
}

// retrying is a client with the usual policy, unless options say otherwise.
func retrying(t *testing.T, m *memoryServer, opts ...agentmsg.Option) *agentmsg.Client {
	return faultClient(t, "http://api.test", append([]agentmsg.Option{agentmsg.WithRetry(agentmsg.RetryPolicy{Budget: -1}), m.client()}, opts...)...)
}

func policy(p agentmsg.RetryPolicy) agentmsg.Option { return agentmsg.WithRetry(p) }

func wish(value string) http.Header { return http.Header{"Retry-After": {value}} }

// The server's wish is a floor, with up to a fifth and a second on top. A
// bubble's clock begins with the year 2000.
func TestRetryAfterIsWaited(t *testing.T) {
	t.Parallel()
	const usual = 250 * time.Millisecond
	for _, row := range []struct {
		header      http.Header
		least, most time.Duration
	}{
		{wish("1"), time.Second, 1200 * time.Millisecond}, {wish("2"), 2 * time.Second, 2400 * time.Millisecond}, {wish("60"), time.Minute, 61 * time.Second},
		{nil, 0, usual}, {wish("0"), 0, usual}, {wish("soon"), 0, usual}, {wish("-30"), 0, usual}, {wish("Fri, 31 Dec 1999 23:00:00 GMT"), 0, usual}, {wish("Sat, 01 Jan 2000 00:00:10 GMT"), 10 * time.Second, 11 * time.Second}, {wish("Saturday, 01-Jan-00 00:00:10 GMT"), 10 * time.Second, 11 * time.Second}, {wish("Sat Jan  1 00:00:10 2000"), 10 * time.Second, 11 * time.Second}, {http.Header{"Retry-After": {"Fri, 01 Jan 1971 00:00:05 GMT"}, "Date": {"Fri, 01 Jan 1971 00:00:00 GMT"}}, 5 * time.Second, 6 * time.Second},
		{http.Header{"X-Ratelimit-Reset": {"946684820"}}, 20 * time.Second, 21 * time.Second}, {http.Header{"Retry-After": {"Wed, 25 Nov 2026 12:00:05 GMT"}, "Date": {"Wed, 25 Nov 2026 12:00:00 GMT"}}, 5 * time.Second, 6 * time.Second},
	} {
		for _, c := range faultCalls {
			synctest.Test(t, func(t *testing.T) {
				server := inMemoryOf(memorySays(429, row.header, ""))
				require.NoError(t, c.call(t.Context(), retrying(t, server)))
				require.Len(t, server.at, 2, "%s: %v", c.class, row.header)
				require.GreaterOrEqual(t, server.waited(), row.least, "%v", row.header)
				require.LessOrEqual(t, server.waited(), row.most, "%v", row.header)
			})
		}
	}
}

// A wait that is too long, or would outlast the deadline, is not begun.
func TestRetryAfterTooLong(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		patient, short := policy(agentmsg.RetryPolicy{}), policy(agentmsg.RetryPolicy{MaxRetryAfter: 3 * time.Second})
		for _, row := range []struct {
			ctx    context.Context
			policy agentmsg.Option
			value  string
			after  time.Duration
		}{
			{t.Context(), patient, "61", 61 * time.Second}, {t.Context(), short, "4", 4 * time.Second}, {t.Context(), patient, "9223372036854775807", 1<<63 - 1},
			{t.Context(), patient, "Sat, 01 Jan 2000 01:00:00 GMT", time.Hour}, {ctx, patient, "5", 5 * time.Second}, {ctx, patient, "10", 10 * time.Second},
		} {
			for _, status := range []int{429, 503} {
				began, server := time.Now(), inMemoryOf(memorySays(status, wish(row.value), ""))
				err := callSafe(row.ctx, retrying(t, server, row.policy))
				require.Zero(t, time.Since(began))
				require.Len(t, server.at, 1)
				e := as[*agentmsg.APIError](t, err)
				require.Equal(t, []any{status, row.after}, []any{e.Status, e.RetryAfter})
				require.Equal(t, []bool{status == 429, false}, []bool{agentmsg.Temporary(err), errors.Is(err, context.DeadlineExceeded)})
			}
		}
		require.NoError(t, callSafe(ctx, retrying(t, inMemoryOf(memorySays(429, wish("4"), "")))), "what ends before the deadline is waited for")
	})
}

// Full jitter below a bound that doubles, and the hook hears the true wait.
func TestRetryBackoff(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const least, most = 100 * time.Millisecond, 500 * time.Millisecond
		down := memorySays(503, nil, "")
		for range 100 {
			var told []time.Duration
			server := inMemoryOf(down, down, down, down, down)
			client := retrying(t, server, policy(agentmsg.RetryPolicy{MaxAttempts: 6, MinBackoff: least, MaxBackoff: most, Budget: -1}),
				agentmsg.WithAttemptHook(func(_ context.Context, a agentmsg.Attempt) { told = append(told, a.Wait) }))
			require.NoError(t, callSafe(t.Context(), client))
			for i, bound := range []time.Duration{least, 2 * least, 4 * least, most, most} {
				require.LessOrEqual(t, told[i], bound)
				require.Equal(t, told[i], server.at[i+1].Sub(server.at[i]))
			}
		}
	})
}

// Any number of attempts may be asked for, by the client or the call.
func TestRetryWithoutEnd(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		asked := agentmsg.RetryPolicy{MaxAttempts: math.MaxInt, Budget: -1}
		require.NoError(t, callSafe(t.Context(), retrying(t, inMemoryOf(memorySays(503, nil, "")), policy(asked))))
		require.NoError(t, callSafe(t.Context(), retrying(t, inMemoryOf(memorySays(503, nil, ""))), agentmsg.WithMaxAttempts(math.MaxInt)))
	})
}

// A call that is cancelled while it waits ends at once, with its last answer.
func TestRetryCancelledInTheWait(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		for _, row := range []struct {
			trip    tripFunc
			class   int
			outcome agentmsg.Outcome
			is, as  error
		}{
			{memorySays(429, wish("30"), ""), 2, agentmsg.OutcomeRejected, agentmsg.ErrRateLimited, &agentmsg.APIError{}}, {memorySays(503, wish("30"), ""), 0, agentmsg.OutcomeUnknown, agentmsg.ErrServer, &agentmsg.APIError{}},
			{memorySays(409, nil, ""), 1, agentmsg.OutcomeUnknown, agentmsg.ErrConflict, &agentmsg.APIError{}}, {memorySays(200, nil, `{"sess`), 0, agentmsg.OutcomeAccepted, context.Canceled, &agentmsg.DecodeError{}},
			{memoryFails(io.ErrUnexpectedEOF), 1, agentmsg.OutcomeUnknown, io.ErrUnexpectedEOF, &agentmsg.TransportError{}}, {memoryFails(errRefused), 2, agentmsg.OutcomeNotSent, errRefused, &agentmsg.TransportError{}},
		} {
			ctx, cancel := context.WithCancel(t.Context())
			server, took := inMemoryOf(row.trip), time.Duration(0)
			client := retrying(t, server, policy(agentmsg.RetryPolicy{MinBackoff: time.Hour}), agentmsg.WithAttemptHook(func(_ context.Context, a agentmsg.Attempt) {
				took = a.Wait / 2
				time.AfterFunc(took, cancel)
			}))
			began := time.Now()
			err := faultCalls[row.class].call(ctx, client)
			require.Positive(t, took)
			require.Equal(t, took, time.Since(began))
			require.Len(t, server.at, 1)
			requireEnded(t, err, context.Canceled, row.outcome, row.is)
			require.IsType(t, row.as, err)
		}
	})
}

// requireEnded is what each call has in common that its caller ended.
func requireEnded(t *testing.T, err, end error, outcome agentmsg.Outcome, is error) {
	t.Helper()
	require.ErrorIs(t, err, end)
	require.NotErrorIs(t, err, agentmsg.ErrAttemptTimeout)
	require.Equal(t, outcome, agentmsg.OutcomeOf(err))
	require.False(t, agentmsg.Temporary(err))
	require.ErrorIs(t, err, is)
}

// The caller's end within an attempt, and what the attempt before it brought.
func TestRetryCallerEndsAnAttempt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		for _, row := range []struct {
			script  []tripFunc
			status  int
			outcome agentmsg.Outcome
			is      error
		}{
			{[]tripFunc{memoryHangs}, 0, agentmsg.OutcomeUnknown, context.DeadlineExceeded}, {[]tripFunc{memoryDrips}, 200, agentmsg.OutcomeAccepted, context.DeadlineExceeded},
			{[]tripFunc{memorySays(429, nil, ""), memoryHangs}, 0, agentmsg.OutcomeUnknown, agentmsg.ErrRateLimited}, {[]tripFunc{memorySays(503, nil, ""), memoryDrips}, 200, agentmsg.OutcomeAccepted, agentmsg.ErrServer},
			{[]tripFunc{memoryFails(errRefused), memoryHangs}, 0, agentmsg.OutcomeUnknown, errRefused},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			began := time.Now()
			err := callSafe(ctx, retrying(t, inMemoryOf(row.script...)))
			cancel()
			require.Equal(t, 10*time.Second, time.Since(began))
			requireEnded(t, err, context.DeadlineExceeded, row.outcome, row.is)
			e := as[*agentmsg.TransportError](t, err)
			require.Equal(t, [2]int{row.status, len(row.script)}, [2]int{e.Status, e.Attempts})
			requireEnded(t, callSafe(ctx, retrying(t, inMemoryOf())), context.DeadlineExceeded, agentmsg.OutcomeNotSent, context.DeadlineExceeded)
		}
	})
}

// An attempt that runs out of its time may have arrived.
func TestRetryAttemptTimeout(t *testing.T) {
	t.Parallel()
	usual := [3]time.Duration{30 * time.Second, 2 * time.Minute, 30 * time.Second} // BluBash waits for an AI
	for outcome, hang := range map[agentmsg.Outcome]tripFunc{agentmsg.OutcomeUnknown: memoryHangs, agentmsg.OutcomeAccepted: memoryDrips} {
		for i, c := range faultCalls {
			synctest.Test(t, func(t *testing.T) {
				for want, opts := range map[time.Duration][]agentmsg.CallOption{usual[i]: nil, time.Second: {agentmsg.WithAttemptTimeout(time.Second)}} {
					began, server := time.Now(), inMemoryOf(hang)
					err := c.call(t.Context(), retrying(t, server), opts...)
					require.Len(t, server.at, harmless[i], c.class)
					if harmless[i] == 2 {
						require.NoError(t, err)
						require.Equal(t, want, server.waited().Truncate(time.Second), "and a short wait")
						continue
					}
					require.Equal(t, want, time.Since(began))
					require.Equal(t, outcome, as[*agentmsg.TransportError](t, err).Outcome)
					require.ErrorIs(t, err, agentmsg.ErrAttemptTimeout)
					require.NotErrorIs(t, err, context.DeadlineExceeded)
				}
			})
		}
	}
}

// The worst that an attempt may have done is kept, whatever comes later.
func TestRetryKeepsTheWorstOutcome(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		refused, lost := memoryFails(errRefused), memoryFails(io.EOF)
		says := func(status int) tripFunc { return memorySays(status, nil, "") }
		for _, row := range []struct {
			class   int
			script  []tripFunc
			outcome agentmsg.Outcome
			again   bool
		}{
			{0, []tripFunc{memoryHangs, refused, refused}, agentmsg.OutcomeUnknown, false}, {1, []tripFunc{lost, refused, refused}, agentmsg.OutcomeUnknown, false},
			{1, []tripFunc{refused, lost, refused}, agentmsg.OutcomeUnknown, false}, {0, []tripFunc{refused, refused, refused}, agentmsg.OutcomeNotSent, true},
			{2, []tripFunc{refused, refused, refused}, agentmsg.OutcomeNotSent, true}, {2, []tripFunc{refused, lost}, agentmsg.OutcomeUnknown, false},
			{2, []tripFunc{refused, says(429), refused}, agentmsg.OutcomeRejected, true}, {0, []tripFunc{says(503), says(404)}, agentmsg.OutcomeUnknown, false},
			{1, []tripFunc{says(409), says(422)}, agentmsg.OutcomeUnknown, false}, {0, []tripFunc{lost, says(429), says(429)}, agentmsg.OutcomeUnknown, false},
			{0, []tripFunc{memorySays(200, nil, `{"s`), says(503), refused}, agentmsg.OutcomeAccepted, false}, {2, []tripFunc{refused, says(404)}, agentmsg.OutcomeRejected, false},
			{0, []tripFunc{lost, says(503)}, agentmsg.OutcomeNone, false}, {1, []tripFunc{lost, memoryDrips}, agentmsg.OutcomeNone, false},
		} {
			err := faultCalls[row.class].call(t.Context(), retrying(t, inMemoryOf(row.script...)))
			require.Equal(t, []any{row.outcome, row.again}, []any{agentmsg.OutcomeOf(err), agentmsg.Temporary(err)}, "%v", err)
		}
	})
}

// One line a retry, with nothing in it of what was sent or answered.
func TestRetryWithLogger(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var text bytes.Buffer
		log := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch a.Key {
			case "wait": // another one each time
				return slog.Bool(a.Key, a.Value.Duration() > 0)
			case slog.TimeKey:
				return slog.Attr{}
			}
			return a
		}}))
		server := inMemoryOf(memorySays(503, nil, secretWord), memoryFails(errors.New("lost\nwith "+secretToken)), memorySays(200, nil, `{"s3cr3t`), memorySays(404, nil, secretWord))
		client := retrying(t, server, agentmsg.WithLogger(log))
		get := agentmsg.Request{API: agentmsg.MAIA, Method: "GET", Query: map[string][]string{"sig": {secretWord}}, Body: secretWord}
		_, err := agentmsg.Do[map[string]any](t.Context(), client, get, agentmsg.WithMaxAttempts(5))
		require.ErrorIs(t, err, agentmsg.ErrNotFound)
		require.NoError(t, callSafe(t.Context(), client), "no retry, no line")
		require.Equal(t, `level=WARN msg="agentmsg: retrying" op=Do attempt=1 wait=true reason="503 Service Unavailable"
level=WARN msg="agentmsg: retrying" op=Do attempt=2 wait=true reason="lost with REDACTED"
level=WARN msg="agentmsg: retrying" op=Do attempt=3 wait=true reason="truncated answer"
`, text.String())
	})
}

func TestRetryWithAttemptHook(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		type key struct{}
		var told []agentmsg.Attempt
		slow := func(r *http.Request) (*http.Response, error) {
			time.Sleep(3 * time.Second)
			return memorySays(503, nil, "")(r)
		}
		client := retrying(t, inMemoryOf(slow, memoryFails(errRefused), memoryHangs, memorySays(404, nil, "")), agentmsg.WithAttemptHook(func(ctx context.Context, a agentmsg.Attempt) {
			require.Equal(t, "mine", ctx.Value(key{}))
			a.Wait = 0 // a random one, see above
			told = append(told, a)
		}))
		require.Error(t, callKeyed(context.WithValue(t.Context(), key{}, "mine"), client, agentmsg.WithMaxAttempts(4)))
		op, api := agentmsg.OpSendContactMessage, agentmsg.BluBash
		require.Equal(t, []agentmsg.Attempt{
			{Op: op, API: api, Number: 1, Status: 503, Duration: 3 * time.Second, Sent: true}, {Op: op, API: api, Number: 2, Err: errRefused},
			{Op: op, API: api, Number: 3, Duration: 2 * time.Minute, Sent: true, Err: agentmsg.ErrAttemptTimeout}, {Op: op, API: api, Number: 4, Status: 404, Sent: true},
		}, told)
	})
}

// An outage does not multiply the traffic: a retry costs ten, a success gives one.
func TestRetryBudget(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		down, fine := memorySays(503, nil, ""), slices.Repeat([]tripFunc{memorySays(200, nil, peer.Good)}, 10)
		script := append([]tripFunc{down, down, down, down, memoryFails(errRefused), memorySays(429, nil, "")}, fine...)
		server := inMemoryOf(append(script, down, down, down, down)...)
		client := retrying(t, server, policy(agentmsg.RetryPolicy{Budget: 20}))
		run := func(requests int) error {
			before := len(server.at)
			err := callSafe(t.Context(), client)
			require.Equal(t, requests, len(server.at)-before)
			return err
		}
		require.NotErrorIs(t, run(3), agentmsg.ErrRetryBudget)
		e := as[*agentmsg.APIError](t, run(1))
		require.Equal(t, []any{503, agentmsg.ErrServer, error(agentmsg.ErrRetryBudget), agentmsg.OutcomeUnknown}, []any{e.Status, e.Code, e.Err, e.Outcome})
		err := run(1)
		require.ErrorIs(t, err, agentmsg.ErrRetryBudget)
		require.ErrorIs(t, err, errRefused)
		require.True(t, agentmsg.Temporary(err) && agentmsg.Temporary(run(1)), "later there may be tokens again")
		for range fine {
			require.NoError(t, run(1))
		}
		require.ErrorIs(t, run(2), agentmsg.ErrRetryBudget, "ten successes pay one retry")
		require.NoError(t, callKeyed(t.Context(), client), "each API has its own")
	})
}
