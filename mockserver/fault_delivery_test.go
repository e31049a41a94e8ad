package mockserver_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// delivered has a human say a, b, c … in one session at once, and gives what
// arrived until the server was idle, each with the second at which it came.
func delivered(t *testing.T, words string, box *inbox, faults ...mockserver.Fault) (s *mockserver.Server, got string) {
	t.Helper()
	var opts []mockserver.Option
	for _, f := range faults {
		opts = append(opts, mockserver.WithFault(f))
	}
	s = mockserver.Start(t, append(opts, mockserver.WithWebhookHandler(box, ""))...)
	began := time.Now()
	for _, word := range words {
		s.HumanSays("s", string(word))
	}
	require.NoError(t, s.Idle(t.Context()))
	for _, d := range s.Deliveries() {
		m, err := agentmsg.ParseEvent(d.Body)
		require.NoError(t, err)
		got += fmt.Sprintf("%s%d ", m.(*agentmsg.MessageEvent).Response, d.At.Sub(began)/time.Second)
	}
	return s, strings.TrimSpace(got)
}

func TestDeliveryFaults(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		f    mockserver.Fault
		want string
	}{
		"lose":                 {mockserver.Fault{Kind: mockserver.Lose, Skip: 1, Times: 2}, "a0 d0 e0"},
		"lose, named":          {mockserver.Fault{Op: mockserver.OpWebhook, Kind: mockserver.Lose, Every: 2}, "a0 c0 e0"},
		"whatever Op says":     {mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.Lose}, ""},
		"of its session":       {mockserver.Fault{Session: "s", Kind: mockserver.Lose}, ""},
		"of another session":   {mockserver.Fault{Session: "s2", Kind: mockserver.Lose}, "a0 b0 c0 d0 e0"},
		"of its event":         {mockserver.Fault{Event: agentmsg.EventMessage, Kind: mockserver.Lose}, ""},
		"of another event":     {mockserver.Fault{Event: agentmsg.EventAIPause, Kind: mockserver.Lose}, "a0 b0 c0 d0 e0"},
		"of calls":             {mockserver.Fault{Kind: mockserver.Delay, Delay: time.Hour}, "a0 b0 c0 d0 e0"},
		"delay":                {mockserver.Fault{Op: mockserver.OpWebhook, Kind: mockserver.Delay, Delay: 5 * time.Second, Skip: 1, Times: 1}, "a0 b5 c5 d5 e5"},
		"duplicate":            {mockserver.Fault{Kind: mockserver.Duplicate, Times: 1}, "a0 a0 b0 c0 d0 e0"},
		"two copies":           {mockserver.Fault{Kind: mockserver.Duplicate, Copies: 2, Skip: 4}, "a0 b0 c0 d0 e0 e0 e0"},
		"reorder one":          {mockserver.Fault{Kind: mockserver.Reorder, Times: 1}, "b0 a0 c0 d0 e0"},
		"reorder all, by twos": {mockserver.Fault{Kind: mockserver.Reorder}, "b0 a0 d0 c0 e1"},
		"reorder each second":  {mockserver.Fault{Kind: mockserver.Reorder, Every: 2}, "a0 c0 b0 d0 e1"},
		"hold":                 {mockserver.Fault{Kind: mockserver.Hold, Every: 2}, "a0 c0 e0"},
		"hold all":             {mockserver.Fault{Kind: mockserver.Hold}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, got := delivered(t, "abcde", new(inbox), row.f)
				require.Equal(t, row.want, got)
			})
		})
	}
}

// Close leaves out the copies that are still to come, however many.
func TestCloseAmidCopies(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 1)
	s, err := mockserver.New(mockserver.WithFault(mockserver.Fault{Kind: mockserver.Duplicate, Copies: math.MaxInt}),
		mockserver.WithWebhookHandler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			select {
			case arrived <- struct{}{}:
			default:
			}
		}), ""))
	require.NoError(t, err)
	s.Emit([]byte("{}"))
	<-arrived
	s.Close()
}

// Events are counted, not attempts.
func TestDeliveryFaultsCountEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, got := delivered(t, "ab", &inbox{status: []int{500, 200, 500}}, mockserver.Fault{Kind: mockserver.Lose, Skip: 2})
		require.Equal(t, "a0 b0 a1 a3", got)
	})
}

// Of an event and its copies one that arrives is enough; each is an attempt.
func TestDuplicateAndRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, got := delivered(t, "a", &inbox{status: []int{500, 200}}, mockserver.Fault{Kind: mockserver.Duplicate})
		require.Equal(t, "a0 a0", got)
		require.Equal(t, []int{1, 2}, []int{s.Deliveries()[0].Attempt, s.Deliveries()[1].Attempt})
		require.Equal(t, s.Deliveries()[0].ID, s.Deliveries()[1].ID)
		_, got = delivered(t, "a", &inbox{status: []int{200, 500}}, mockserver.Fault{Kind: mockserver.Duplicate})
		require.Equal(t, "a0 a0", got)
		_, got = delivered(t, "a", &inbox{status: []int{500, 500, 500}}, mockserver.Fault{Kind: mockserver.Duplicate})
		require.Equal(t, "a0 a0 a1 a3", got)
	})
}

// A badly signed event is so in each attempt; the next one is not.
func TestBadSignature(t *testing.T) {
	t.Parallel()
	for secret, f := range map[string]mockserver.Fault{
		"":          {Kind: mockserver.BadSignature, Times: 1},
		"my secret": {Kind: mockserver.BadSignature, Times: 1, Secret: "my secret"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, got := delivered(t, "ab", new(inbox), f)
			require.Equal(t, "a0 b0", got)
			all := s.Deliveries()
			require.Equal(t, []int{401, 200}, []int{all[0].Status, all[1].Status})
			if secret != "" {
				require.NoError(t, agentmsg.VerifySignature(all[0].Body, all[0].Header.Get(agentmsg.SignatureHeader), secret))
			}
		})
		synctest.Test(t, func(t *testing.T) {
			signed := map[string]bool{}
			var mu sync.Mutex
			s := mockserver.Start(t, mockserver.WithFault(f), mockserver.WithWebhookHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				body, _ := io.ReadAll(r.Body)
				signed[r.Header.Get(agentmsg.SignatureHeader)] = agentmsg.VerifySignature(body, r.Header.Get(agentmsg.SignatureHeader), mockserver.DefaultWebhookSecret) == nil
				w.WriteHeader(http.StatusBadGateway)
			}), ""))
			s.HumanSays("s", "a")
			require.NoError(t, s.Idle(t.Context()))
			require.Len(t, s.Deliveries(), 4)
			require.Len(t, signed, 1)
			for _, ok := range signed {
				require.False(t, ok)
			}
		})
	}
}

// Remove lets go what the fault held, in order and at once; Idle does not wait
// for it before.
func TestHoldUntilRemoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := new(inbox)
		s := mockserver.Start(t, mockserver.WithWebhookHandler(box, ""))
		remove := s.Inject(mockserver.Fault{Kind: mockserver.Hold, Times: 2})
		for _, word := range []string{"a", "b", "c"} {
			s.HumanSays("s", word)
		}
		require.NoError(t, s.Idle(t.Context()))
		require.Equal(t, []string{"outgoing:c"}, box.said())
		remove()
		remove()
		s.HumanSays("s", "d")
		require.NoError(t, s.Idle(t.Context()))
		require.Equal(t, []string{"outgoing:c", "outgoing:a", "outgoing:b", "outgoing:d"}, box.said())

		remove = s.Inject(mockserver.Fault{Kind: mockserver.Reorder})
		began := time.Now()
		s.HumanSays("s", "e")
		remove()
		require.NoError(t, s.Idle(t.Context()))
		require.Zero(t, time.Since(began))
		require.Equal(t, "outgoing:e", box.said()[4])
	})
}

// What is lost or held overtakes nothing.
func TestReorderWithOtherFaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, got := delivered(t, "abc", new(inbox), mockserver.Fault{Kind: mockserver.Reorder, Times: 1}, mockserver.Fault{Kind: mockserver.Lose, Times: 1})
		require.Equal(t, "c0 a0", got)
		box := new(inbox)
		s := mockserver.Start(t, mockserver.WithWebhookHandler(box, ""), mockserver.WithFault(mockserver.Fault{Kind: mockserver.Reorder, Times: 1}))
		s.HumanSays("one", "a")
		s.HumanSays("two", "b")
		require.NoError(t, s.Idle(t.Context()))
		require.Equal(t, []string{"outgoing:b", "outgoing:a"}, box.said(), "after a second: the next of another session is none")
	})
}

// Calls that wait are let go by the removal of their fault, and by Close.
func TestRemoveLetsCallsGo(t *testing.T) {
	t.Parallel()
	for _, kind := range []mockserver.FaultKind{mockserver.Delay, mockserver.SlowBody} {
		synctest.Test(t, func(t *testing.T) {
			s := mockserver.Start(t, mockserver.WithAI(nil))
			remove := s.Inject(mockserver.Fault{Kind: kind, Delay: 3 * time.Second})
			sent := make(chan error)
			began := time.Now()
			go func() { sent <- send(t.Context(), s.Client(), "s", "hi") }()
			time.Sleep(time.Second)
			remove()
			require.NoError(t, <-sent)
			require.Equal(t, time.Second, time.Since(began))

			s.Inject(mockserver.Fault{Kind: kind, Delay: time.Hour})
			s.Inject(mockserver.Fault{Op: mockserver.OpWebhook, Kind: mockserver.Delay, Delay: time.Hour})
			s.Inject(mockserver.Fault{Kind: mockserver.Hold})
			s.SetWebhookHandler(new(inbox), "")
			s.HumanSays("s", "waits")
			go func() { sent <- send(t.Context(), s.Client(), "s", "hi") }()
			synctest.Wait()
			s.Close()
			require.Equal(t, time.Second, time.Since(began))
			require.GreaterOrEqual(t, agentmsg.OutcomeOf(<-sent), agentmsg.OutcomeUnknown)
			require.Empty(t, s.Deliveries())
		})
	}
}

// A caller that does not wait for a late answer ends the wait too.
func TestDelayBeyondTheCallersPatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t, mockserver.WithAI(nil), mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.Delay, Delay: time.Hour}))
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := send(ctx, s.Client(), "s", "hi")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, agentmsg.OutcomeUnknown, agentmsg.OutcomeOf(err))
		require.NoError(t, s.Idle(t.Context()))
		require.Equal(t, 10*time.Second, time.Since(began))
		require.Zero(t, s.Requests()[0].Status)
		x, _ := s.Session("s")
		require.Len(t, x.Messages, 1, "the work was done")
	})
}

// A byte every 20 ms, unless the fault says otherwise; each on its way by
// itself.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t, mockserver.WithSession(mockserver.Session{ID: "s1"}), mockserver.WithFault(mockserver.Fault{Kind: mockserver.SlowBody}))
		began := time.Now()
		answer := pauseOverTransport(t, s)
		require.Zero(t, time.Since(began), "the header comes at once")
		_, err := io.ReadFull(answer.Body, make([]byte, 1))
		require.NoError(t, err)
		require.Equal(t, 20*time.Millisecond, time.Since(began), "and the first byte alone")
		rest, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, time.Duration(len(rest)+1)*20*time.Millisecond, time.Since(began))

		err = send(t.Context(), s.Client(), "s", "hi", agentmsg.WithAttemptTimeout(time.Second))
		require.ErrorIs(t, err, agentmsg.ErrAttemptTimeout)
		require.Equal(t, agentmsg.OutcomeAccepted, agentmsg.OutcomeOf(err), "the status says so")

		other := mockserver.Start(t, mockserver.WithSession(mockserver.Session{ID: "s1"}), mockserver.WithFault(mockserver.Fault{Kind: mockserver.SlowBody, Delay: time.Second}))
		began = time.Now()
		_, err = other.Client().Sessions.PauseAI(t.Context(), "s1", agentmsg.WithAttemptTimeout(time.Hour))
		require.NoError(t, err)
		require.Equal(t, time.Duration(len(other.Requests()[0].Response))*time.Second, time.Since(began))
	})
}
