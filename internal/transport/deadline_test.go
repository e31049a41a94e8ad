package transport_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg/internal/transport"
	"github.com/stretchr/testify/require"
)

var errCause = errors.New("cause")

// It is as context.WithDeadlineCause has it, whatever ends first and whenever it
// is first asked.
func TestDeadlineIsOneOfPackageContext(t *testing.T) {
	t.Parallel()
	type step struct {
		at time.Duration
		do func(*world)
	}
	end := step{time.Second, func(w *world) { w.end() }}
	cancel := step{2 * time.Second, func(w *world) { w.cancel(errors.New("the parent's")) }}
	for name, steps := range map[string][]step{
		"nothing ends it":                {},
		"ended":                          {end},
		"the parent is canceled":         {cancel},
		"ended, then parent is canceled": {end, cancel},
		"ended after the parent":         {cancel, {4 * time.Second, end.do}},
		"ended twice":                    {end, {6 * time.Second, end.do}},
		"ended late":                     {{6 * time.Second, end.do}},
	} {
		for _, parents := range []time.Duration{time.Hour, 3 * time.Second} {
			for asked := range 8 {
				t.Run(fmt.Sprintf("%s, asked after %ds, the parent has %v", name, asked, parents), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						want, got := theirs(t, parents), ours(t, parents)
						for _, s := range steps {
							time.AfterFunc(s.at, func() { s.do(want); s.do(got) })
						}
						time.Sleep(time.Duration(asked)*time.Second + time.Millisecond)
						for range 3 {
							require.Equal(t, want.seen(), got.seen())
							time.Sleep(2 * time.Second)
						}
						for _, w := range []*world{want, got} {
							w.cancel(nil)
							w.end()
						}
					})
				})
			}
		}
	}
}

// world is a context under a parent's, with a deadline of five seconds.
type world struct {
	ctx    context.Context
	end    func()
	cancel context.CancelCauseFunc
}

func parent(t *testing.T, deadline time.Duration) (context.Context, context.CancelCauseFunc) {
	timed, end := context.WithTimeout(t.Context(), deadline)
	ctx, cancel := context.WithCancelCause(timed)
	return ctx, func(cause error) { cancel(cause); end() }
}

func theirs(t *testing.T, deadline time.Duration) *world {
	under, cancel := parent(t, deadline)
	ctx, end := context.WithDeadlineCause(under, time.Now().Add(5*time.Second), errCause)
	return &world{ctx, end, cancel}
}

func ours(t *testing.T, deadline time.Duration) *world {
	under, cancel := parent(t, deadline)
	ctx := &transport.Deadline{Parent: under, At: time.Now().Add(5 * time.Second), Cause: errCause}
	return &world{ctx, ctx.End, cancel}
}

// seen is all that there is to see of it.
func (w *world) seen() []any {
	at, ok := w.ctx.Deadline()
	closed := false
	select {
	case <-w.ctx.Done():
		closed = true
	default:
	}
	return []any{at, ok, closed, w.ctx.Err(), context.Cause(w.ctx)}
}
