package mockserver_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// The account has an order of its own, and remove lets that go too.
func TestRemoveLetsAnAccountEventGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t, mockserver.WithWebhookHandler(new(inbox), ""))
		remove := s.Inject(mockserver.Fault{Kind: mockserver.Reorder})
		began := time.Now()
		s.Emit([]byte(`{"x":1}`))
		remove()
		require.NoError(t, s.Idle(t.Context()))
		require.Zero(t, time.Since(began))
		require.Len(t, s.Deliveries(), 1)
	})
}

// A session that is there with a board has its record.
func TestGivenSessionOnABoard(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithSession(mockserver.Session{ID: "s", KanbanID: "k", Name: "Ana"}))
	x, _ := s.Session("s")
	require.Len(t, x.Records, 1)
	require.Equal(t, "Ana", x.Records[0].Title)
}

// A PUT is answered without a body: there is nothing to truncate.
func TestFaultWithoutABodyToSpoil(t *testing.T) {
	t.Parallel()
	_, err := mockserver.New(mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpPut, Kind: mockserver.Truncate}))
	require.ErrorContains(t, err, "no answer of Attachments.Put is one for Truncate")
}

func TestWaitSaysHowMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := mockserver.New(mockserver.WithAIDelay(time.Hour))
		require.NoError(t, err)
		s.CustomerSays("s", "hi")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorContains(t, s.Idle(ctx), "idleness, and 1 requests, turns or deliveries are under way")
		s.Close()
		require.ErrorContains(t, s.WaitRequests(t.Context(), agentmsg.OpSend, 2), "2 requests of Messages.Send, and 0 came")
		require.ErrorContains(t, s.WaitDeliveries(t.Context(), 1), "1 attempts to deliver, and 0 ended")
	})
}
