package transport_test

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg/internal/transport"
	"github.com/stretchr/testify/require"
)

const forever = time.Duration(math.MaxInt64)

// schedules are windows and the longest pause between two callers.
var schedules = []struct {
	windows []transport.Window
	pause   time.Duration
}{
	{[]transport.Window{{1, time.Second}}, 2 * time.Second},
	{[]transport.Window{{3, time.Second}}, time.Second / 2},
	{[]transport.Window{{2, time.Second}, {3, 10 * time.Second}}, 4 * time.Second},
	{[]transport.Window{{120, time.Minute}, {300, time.Hour}}, time.Second / 2},
	{[]transport.Window{{5, time.Second}, {20, 10 * time.Second}, {50, time.Minute}}, 2 * time.Second},
}

func upTo(random *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(random.Int64N(int64(d)))
}

// soonest is when a caller may pass after all the others, if each passes as
// soon as every window lets it: what an exact limiter in order must do.
func soonest(windows []transport.Window, passed []time.Time, arrival time.Time) time.Time {
	at := arrival
	if n := len(passed); n > 0 && passed[n-1].After(at) {
		at = passed[n-1]
	}
	for _, w := range windows {
		if n := len(passed); n >= w.Limit && passed[n-w.Limit].Add(w.Per).After(at) {
			at = passed[n-w.Limit].Add(w.Per)
		}
	}
	return at
}

// A caller passes at exactly the time at which the windows let it, in order,
// or is told at once that this would be beyond its bound.
func TestLimiterIsExact(t *testing.T) {
	t.Parallel()
	for n, s := range schedules {
		for _, most := range []time.Duration{forever, 3 * time.Second, 40 * time.Second} {
			t.Run(strconv.Itoa(n)+" "+most.String(), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					random := rand.New(rand.NewPCG(uint64(n), uint64(most)))
					l := transport.NewSlidingLog(s.windows)
					var planned []time.Time
					var wg sync.WaitGroup
					for i := range 400 {
						if random.IntN(3) == 0 { // else another at the same moment
							<-time.After(upTo(random, s.pause))
						}
						arrival := time.Now()
						want := soonest(s.windows, planned, arrival)
						refused := most != forever && want.Sub(arrival) > most
						if !refused {
							planned = append(planned, want)
						}
						wg.Go(func() {
							err := l.WaitAtMost(t.Context(), most)
							if refused {
								require.ErrorIs(t, err, transport.ErrRateLimited)
								require.Zero(t, time.Since(arrival), "caller %d: refused at once", i)
								return
							}
							require.NoError(t, err)
							require.Equal(t, want.Sub(arrival), time.Since(arrival), "caller %d", i)
						})
						synctest.Wait()
					}
					wg.Wait()
				})
			})
		}
	}
}

// No span ever sees more than the limit, also where callers give up.
func TestLimiterWithCancelledCallers(t *testing.T) {
	t.Parallel()
	for n, s := range schedules {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(7, uint64(n)))
				l := transport.NewSlidingLog(s.windows)
				var mu sync.Mutex
				var passed []time.Time
				var wg sync.WaitGroup
				for range 400 {
					if random.IntN(3) == 0 {
						<-time.After(upTo(random, s.pause))
					}
					ctx, cancel := context.WithCancel(t.Context())
					stop := func() bool { return false }
					gone := time.Time{}
					if random.IntN(2) == 0 {
						patience := upTo(random, 5*s.pause)
						stop = time.AfterFunc(patience, cancel).Stop
						gone = time.Now().Add(patience)
					}
					wg.Go(func() {
						defer stop()
						defer cancel()
						if err := l.Wait(ctx); err != nil {
							require.ErrorIs(t, err, context.Canceled)
							require.Equal(t, gone, time.Now(), "leaves at once")
							return
						}
						mu.Lock()
						defer mu.Unlock()
						passed = append(passed, time.Now())
					})
				}
				wg.Wait()
				for _, w := range s.windows {
					for i := w.Limit; i < len(passed); i++ {
						require.GreaterOrEqual(t, passed[i].Sub(passed[i-w.Limit]), w.Per, "more than %d in %s", w.Limit, w.Per)
					}
				}
			})
		})
	}
}

// A waiter that gives up leaves its place to those behind it.
func TestLimiterGivesThePlaceOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := transport.NewSlidingLog([]transport.Window{{1, time.Minute}})
		require.NoError(t, l.Wait(t.Context()))
		ctx, cancel := context.WithCancel(t.Context())
		started := time.Now()
		first, second := make(chan error, 1), make(chan error, 1)
		go func() { first <- l.Wait(ctx) }()
		synctest.Wait()
		go func() { second <- l.Wait(t.Context()) }()
		synctest.Wait()
		<-time.After(time.Second)
		cancel()
		require.ErrorIs(t, <-first, context.Canceled)
		require.Equal(t, time.Second, time.Since(started))
		require.NoError(t, <-second)
		require.Equal(t, time.Minute, time.Since(started), "not two minutes")
	})
}

func TestLimiterDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := transport.NewSlidingLog([]transport.Window{{1, time.Minute}})
		require.NoError(t, l.Wait(t.Context()))
		for d, want := range map[time.Duration]error{
			time.Second: transport.ErrRateLimited,
			time.Minute: transport.ErrRateLimited, // the deadline would be over by then
		} {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			started := time.Now()
			require.ErrorIs(t, l.Wait(ctx), want)
			require.Zero(t, time.Since(started), "at once")
			cancel()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute+1)
		defer cancel()
		require.NoError(t, l.Wait(ctx))

		ended, end := context.WithCancel(t.Context())
		end()
		require.ErrorIs(t, l.Wait(ended), context.Canceled)
		require.ErrorIs(t, l.WaitAtMost(t.Context(), time.Minute-1), transport.ErrRateLimited)
		require.NoError(t, l.WaitAtMost(t.Context(), time.Minute), "a wait as long as the bound does not outlast it")
	})
}

// limited is an endpoint whose server says what is left, and its request times.
func limited(l transport.Limiter, headers ...http.Header) (*transport.Endpoint, *[]time.Time) {
	var mu sync.Mutex
	var at []time.Time
	return &transport.Endpoint{
		Loop: transport.NewLoop(roundTrip(func(*http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			resp := status(200)
			if len(at) < len(headers) {
				resp.Header = headers[len(at)]
			}
			at = append(at, time.Now())
			return resp, nil
		}), nil),
		Limiter: l, MaxRetryAfter: time.Minute, State: new(transport.State),
	}, &at
}

func noneLeft(reset time.Duration) http.Header {
	return http.Header{
		"X-Ratelimit-Remaining": {"0"},
		"X-Ratelimit-Reset":     {strconv.FormatInt(time.Now().Add(reset).UnixMilli(), 10)},
	}
}

func ample() transport.Limiter {
	return transport.NewSlidingLog([]transport.Window{{1000, time.Second}})
}
