package transport_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg/internal/transport"
	"github.com/stretchr/testify/require"
)

func TestFreezeUntilReset(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limiter     bool
		reset, want time.Duration
	}{
		"until reset":           {true, 20 * time.Second, 20 * time.Second},
		"at most MaxRetryAfter": {true, 10 * time.Minute, time.Minute},
		"a reset that is past":  {true, -time.Second, 0},
		"over an hour ahead":    {true, 61 * time.Minute, 0},
		"without a limiter":     {false, 20 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := ample()
				if !c.limiter {
					l = nil
				}
				e, at := limited(l, noneLeft(c.reset))
				transport.Do(t.Context(), e, newCall(1))
				transport.Do(t.Context(), e, newCall(1))
				require.Equal(t, c.want, (*at)[1].Sub((*at)[0]))
				reported, ok := e.State.RateLimit()
				require.True(t, ok)
				require.Zero(t, reported.Remaining)
				started := time.Now()
				transport.Do(t.Context(), e, newCall(1))
				if c.want == c.reset {
					require.Zero(t, time.Since(started), "it thaws")
				}
			})
		})
	}
}

func TestFrozenCallEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, at := limited(ample(), noneLeft(20*time.Second))
		transport.Do(t.Context(), e, newCall(1))

		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		c := newCall(3)
		transport.Do(ctx, e, c)
		cancel()
		require.ErrorIs(t, c.Err, transport.ErrRateLimited)
		require.Zero(t, time.Since((*at)[0]), "a wait that cannot succeed fails at once")

		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		c = newCall(3)
		transport.Do(ctx, e, c)
		require.ErrorIs(t, c.Err, context.Canceled)
		require.True(t, c.Ended)
		require.Equal(t, transport.NotSent, c.Outcome)
		require.Zero(t, c.Attempts)
		require.Equal(t, time.Second, time.Since((*at)[0]))
		require.Len(t, *at, 1)
	})
}

// waiter is a limiter of another make.
type waiter func(context.Context) error

func (f waiter) Wait(ctx context.Context) error { return f(ctx) }

func TestForeignLimiter(t *testing.T) {
	t.Parallel()
	errOwn := errors.New("burst exceeded")
	synctest.Test(t, func(t *testing.T) {
		run := func(ctx context.Context, w waiter) (*transport.Call, time.Duration) {
			e, _ := limited(w)
			c, started := newCall(3), time.Now()
			transport.Do(ctx, e, c)
			return c, time.Since(started)
		}
		c, _ := run(t.Context(), func(context.Context) error { return nil })
		require.Equal(t, transport.None, c.Outcome)

		c, _ = run(t.Context(), func(context.Context) error { return errOwn })
		require.ErrorIs(t, c.Err, errOwn)
		require.ErrorIs(t, c.Err, transport.ErrRateLimited)
		require.Equal(t, transport.NotSent, c.Outcome)

		untilEnd := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		c, took := run(t.Context(), untilEnd)
		require.ErrorIs(t, c.Err, transport.ErrRateLimited)
		require.NotErrorIs(t, c.Err, context.DeadlineExceeded, "the caller set none")
		require.Equal(t, time.Minute, took, "no wait outlasts MaxRetryAfter")

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c, took = run(ctx, untilEnd)
		require.ErrorIs(t, c.Err, context.DeadlineExceeded)
		require.NotErrorIs(t, c.Err, transport.ErrRateLimited)
		require.Equal(t, time.Second, took)
	})
}
