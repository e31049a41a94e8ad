package main

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// A customer's message reaches the AI once, however often the gateway brings
// it, and again only where it provably did not arrive.
func TestIncoming(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault          mockserver.Fault
		requests, said int // to MAIA, and what MAIA has stored
	}{
		"nothing fails":      {mockserver.Fault{Op: agentmsg.OpEcho, Kind: mockserver.Refuse}, 1, 1},
		"limited for long":   {mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.Refuse, Status: 429, Times: 4}, 5, 1},
		"the answer is lost": {mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.DropAfterAccept, Times: 1}, 1, 1},
		"a lie":              {mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.RefuseAfterAccept, Times: 1}, 1, 1},
		"a maybe":            {mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.DropBefore, Times: 1}, 1, 0},
		"garbled":            {mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.Garble, Times: 1}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				for range 3 {
					w.ask(t, "a1", "hi")
				}
				require.Len(t, w.maia.Requests(agentmsg.OpSend), test.requests)
				conversation, _ := w.maia.Session(session(ana))
				require.Len(t, conversation.Messages, 2*test.said)
				require.Len(t, w.texts(), test.said)
			}, mockserver.WithFault(test.fault))
		})
	}
}

func TestIncomingAtOnce(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		var deliveries sync.WaitGroup
		for range 20 {
			deliveries.Go(func() { require.NoError(t, w.phones.deliver(t.Context(), Message{ID: "a1", Phone: ana, Text: "hi"})) })
		}
		deliveries.Wait()
		require.NoError(t, w.phones.deliver(t.Context(), Message{ID: "own", Phone: ana, Text: "You said: hi", FromMe: true}))
		require.NoError(t, w.maia.Idle(t.Context()))
		require.Equal(t, []string{"You said: hi"}, w.texts())
		require.Len(t, w.maia.Requests(agentmsg.OpSend), 1)
	}, mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.Delay, Delay: 5 * time.Second}))
}

// A message that never left is brought again.
func TestMAIACannotBeReached(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		reachable := w.bridge.Client
		w.bridge.Client = w.maia.Client(agentmsg.WithHTTPClient(&http.Client{Transport: &http.Transport{
			DialContext: func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
			},
		}}))
		err := w.bridge.Incoming(t.Context(), Message{ID: "a1", Phone: ana, Text: "hi"})
		require.Equal(t, agentmsg.OutcomeNotSent, agentmsg.OutcomeOf(err))
		w.bridge.Client = reachable
		w.ask(t, "a1", "hi")
		require.Equal(t, []string{"You said: hi"}, w.texts())
	})
}

// A gateway that hangs up while the message is on its way does not make a maybe
// of it.
func TestGatewayHangsUp(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		var log bytes.Buffer
		w.bridge.Log = slog.New(slog.NewTextHandler(&log, nil))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.NoError(t, w.bridge.Incoming(ctx, Message{ID: "a1", Phone: ana, Text: "hi"}))
		require.ErrorIs(t, ctx.Err(), context.DeadlineExceeded)
		require.Empty(t, log.String()) // that it may be lost
		w.ask(t, "a1", "hi")
		require.Equal(t, []string{"You said: hi"}, w.texts())
	}, mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.Delay, Delay: 5 * time.Second}))
}

// An operator's words go out once and as theirs, also when their event is
// faster than the call's answer; the AI is silent, and the dashboard is not.
func TestTakeover(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.ask(t, "a1", "hi")
		require.NoError(t, w.bridge.Answer(t.Context(), ana, "I am Rita"))
		w.ask(t, "a2", "hello?")
		w.maia.HumanSays(session(ana), "from the dashboard")
		require.NoError(t, w.maia.Idle(t.Context()))
		var got []string
		for _, m := range w.phones.messages() {
			got = append(got, m.String())
		}
		require.Equal(t, []string{ana + " <- AI: You said: hi", ana + " <- operator: I am Rita", ana + " <- AI: from the dashboard"}, got)
		w.settle(t)
		require.Len(t, w.told(), 3)
	}, mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpSendAgentMessage, Kind: mockserver.Delay, Delay: 3 * time.Second}))
}

// An answer of MAIA's that is lost costs nothing: the event brings the words.
func TestTakeoverWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.ask(t, "a1", "hi")
		err := w.bridge.Answer(t.Context(), ana, "I am Rita")
		require.Equal(t, agentmsg.OutcomeUnknown, agentmsg.OutcomeOf(err))
		require.NoError(t, w.maia.Idle(t.Context()))
		require.Equal(t, []string{"You said: hi", "I am Rita"}, w.texts())
	}, mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpSendAgentMessage, Kind: mockserver.DropAfterAccept, Times: 1}))
}

// Nobody is written to whose AI could not be silenced.
func TestTakeoverNeedsThePause(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.ask(t, "a1", "hi")
		require.Error(t, w.bridge.Answer(t.Context(), ana, "I am Rita"))
		require.Equal(t, []string{"You said: hi"}, w.texts())
	}, mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpPauseAI, Kind: mockserver.Refuse}))
}
