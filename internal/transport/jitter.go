package transport

import (
	"context"
	"math/rand/v2"
	"time"
)

// Jitter is anywhere from 0 up to most.
type Jitter func(most time.Duration) time.Duration

type jitterKey struct{}

// WithJitter has the waits of the calls under a context drawn by j: for
// simulations, whose worlds come from a seed.
func WithJitter(ctx context.Context, j Jitter) context.Context {
	return context.WithValue(ctx, jitterKey{}, j)
}

func jitterOf(ctx context.Context) Jitter {
	if j, ok := ctx.Value(jitterKey{}).(Jitter); ok {
		return j
	}
	return jitter
}

func jitter(most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	return rand.N(most)
}

// backoff is full jitter: anywhere up to a bound that doubles.
func backoff(tries int, least, most time.Duration, jitter Jitter) time.Duration {
	bound := least
	for range tries - 1 {
		if bound >= most/2 {
			bound = most
			break
		}
		bound *= 2
	}
	return jitter(min(bound, most))
}
