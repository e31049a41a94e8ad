package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// Through every fault of what the bridge calls and hears, with a gateway that
// fails too: nothing is sent twice, and what was sent is linked.
func TestMatrix(t *testing.T) {
	t.Parallel()
	for f := range mockserver.Matrix(agentmsg.OpSend, agentmsg.OpLinkMessage, agentmsg.OpUpdateStatus, mockserver.OpWebhook) {
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) { throughFaults(t, w, f) }, mockserver.WithFault(f))
		})
	}
}

func throughFaults(t *testing.T, w *world, f mockserver.Fault) {
	w.phones.refuse = 1
	questions := []string{"one", "two", "three"}
	for _, q := range questions {
		err := w.phones.deliver(t.Context(), Message{ID: q, Phone: ana, Text: q})
		require.NoError(t, errors.Join(err, w.phones.deliver(t.Context(), Message{ID: q, Phone: ana, Text: q})))
	}
	require.NoError(t, w.maia.Idle(t.Context()))
	for _, m := range w.phones.messages() {
		w.bridge.Status(ana, m.id, agentmsg.StatusRead)
	}
	w.settle(t)
	count := map[string]int{}
	for _, text := range w.texts() {
		count[strings.TrimPrefix(text, "You said: ")]++
	}
	lost := 0
	for _, q := range questions {
		require.LessOrEqual(t, count[q], 1, q)
		lost += 1 - count[q]
	}
	switch f.Kind {
	case mockserver.DropBefore, mockserver.Refuse, mockserver.BadSignature: // a send of no known outcome; what cannot be verified
		require.LessOrEqual(t, lost, 1)
	case mockserver.Lose: // four events, the customer's among them
		require.LessOrEqual(t, lost, 2)
	default:
		require.Zero(t, lost)
	}
	conversation, _ := w.maia.Session(session(ana))
	linked := 0
	for _, m := range conversation.Messages {
		if m.ProviderMsgID != "" {
			linked++
			require.Equal(t, agentmsg.StatusRead, m.Status)
		}
	}
	require.Equal(t, len(w.texts()), linked)
}
