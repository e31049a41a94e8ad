package agentmsg_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/dedupetest"
	"github.com/stretchr/testify/require"
)

func TestDedupeMemoryPassesTheSuite(t *testing.T) {
	t.Parallel()
	open := func(testing.TB) agentmsg.Deduper { return new(agentmsg.MemoryDeduper) }
	t.Run("in a bubble", func(t *testing.T) {
		t.Parallel()
		dedupetest.Run(t, open, dedupetest.WithBubble())
	})
	t.Run("in real time", func(t *testing.T) {
		t.Parallel()
		dedupetest.Run(t, open)
	})
}

// memory is a MemoryDeduper whose answers are asked for in a line.
type memory struct {
	agentmsg.MemoryDeduper
	t *testing.T
}

func (m *memory) claim(key string, lease time.Duration) agentmsg.Claim {
	m.t.Helper()
	c, err := m.Claim(m.t.Context(), key, lease)
	require.NoError(m.t, err)
	require.Equal(m.t, key, c.Key)
	return c
}

// granted claims a key that is free, for a day.
func (m *memory) granted(key string) agentmsg.Claim {
	m.t.Helper()
	c := m.claim(key, 24*time.Hour)
	require.Equal(m.t, agentmsg.ClaimGranted, c.State, key)
	return c
}

func (m *memory) handle(key string, keep time.Duration) {
	m.t.Helper()
	require.NoError(m.t, m.Done(m.t.Context(), m.granted(key), keep))
}

// wants asks for keys that are not free.
func (m *memory) wants(state agentmsg.ClaimState, keys ...string) {
	m.t.Helper()
	for _, key := range keys {
		require.Equal(m.t, state, m.claim(key, 0).State, key)
	}
}

// At its very end a lease is over, and so is a keep; a nanosecond before it is
// not.
func TestDedupeEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{t: t}
		c := m.claim("a", time.Second)
		time.Sleep(time.Second - 1)
		m.wants(agentmsg.ClaimInFlight, "a")
		require.NoError(t, m.Renew(t.Context(), c, time.Second))
		time.Sleep(time.Second - 1)
		m.wants(agentmsg.ClaimInFlight, "a")
		time.Sleep(time.Nanosecond)
		require.ErrorIs(t, m.Renew(t.Context(), c, time.Second), agentmsg.ErrLeaseLost)
		require.ErrorIs(t, m.Done(t.Context(), c, time.Second), agentmsg.ErrLeaseLost)

		m.handle("a", time.Minute)
		time.Sleep(time.Minute - 1)
		m.wants(agentmsg.ClaimHandled, "a")
		time.Sleep(time.Nanosecond)
		m.granted("a")
	})
}

// A lease of 0 or less is granted, and over at once.
func TestDedupeNoLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{t: t}
		for _, lease := range []time.Duration{0, -1, -time.Hour} {
			c := m.claim("a", lease)
			require.Equal(t, agentmsg.ClaimGranted, c.State)
			require.ErrorIs(t, m.Renew(t.Context(), c, time.Second), agentmsg.ErrLeaseLost)
			require.ErrorIs(t, m.Done(t.Context(), c, time.Second), agentmsg.ErrLeaseLost)
			c = m.granted("a")
			require.NoError(t, m.Renew(t.Context(), c, lease))
			require.ErrorIs(t, m.Renew(t.Context(), c, time.Second), agentmsg.ErrLeaseLost)
		}
		m.granted("a")
	})
}

// The longest spans there are end no sooner.
func TestDedupeLongest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{t: t}
		c := m.claim("a", 1<<63-1)
		m.wants(agentmsg.ClaimInFlight, "a")
		require.NoError(t, m.Done(t.Context(), c, 1<<63-1))
		m.wants(agentmsg.ClaimHandled, "a")
	})
}

// It never waits, so an ended context changes nothing.
func TestDedupeIgnoresContext(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var m agentmsg.MemoryDeduper
	c, err := m.Claim(ended, "a", time.Minute)
	require.NoError(t, err)
	require.NoError(t, m.Renew(ended, c, time.Minute))
	require.NoError(t, m.Done(ended, c, time.Minute))
}

func TestDedupeClaimState(t *testing.T) {
	t.Parallel()
	require.Equal(t, "granted, in flight, handled, ClaimState(0), ClaimState(4)",
		fmt.Sprintf("%v, %v, %v, %v, %v", agentmsg.ClaimGranted, agentmsg.ClaimInFlight, agentmsg.ClaimHandled, agentmsg.ClaimState(0), agentmsg.ClaimState(4)))
	require.Equal(t, "lease_lost", agentmsg.ErrLeaseLost.Error())
}
