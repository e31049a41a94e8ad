package mockserver_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// The answer was lost: the test of every sender. The message was taken, the
// connection died, and a sender that tries again writes to the customer twice.
func ExampleServer_Inject() {
	server, err := mockserver.New(mockserver.WithAI(nil))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	remove := server.Inject(mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.DropAfterAccept})
	defer remove()

	_, err = server.Client().Messages.Send(context.Background(), agentmsg.SendMessageParams{
		Channel: agentmsg.APIChannel(mockserver.DefaultChannelIdentifier), SessionID: "order-1042", Content: "Where is my order?",
	})
	fmt.Println(agentmsg.OutcomeOf(err), agentmsg.Temporary(err)) // maybe: not to be sent again
	fmt.Println(len(server.Requests(agentmsg.OpSend)), "request")
	session, _ := server.Session("order-1042")
	fmt.Print(session)
	// Output:
	// Unknown false
	// 1 request
	// customer: Where is my order?
}

// notify is a sender under test. It says whether someone must look at what
// became of its message.
func notify(ctx context.Context, client *agentmsg.Client) (lookAt bool, err error) {
	_, err = client.Channels.SendAgentMessage(ctx, mockserver.DefaultChannelID, "order-1042", agentmsg.AgentMessageParams{Content: "It was shipped today."})
	return agentmsg.OutcomeOf(err) == agentmsg.OutcomeUnknown, err
}

// A sender through everything that can go wrong with its call, in the time of
// a bubble: whatever happens the customer reads the message once at most, and
// where it is not certain someone is told.
func TestSenderThroughTheMatrix(t *testing.T) {
	t.Parallel()
	for f := range mockserver.Matrix(agentmsg.OpSendAgentMessage) {
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := mockserver.Start(t, mockserver.WithFault(f))
				lookAt, err := notify(t.Context(), server.Client())
				session, _ := server.Session("order-1042")
				require.LessOrEqual(t, len(session.Messages), 1)
				if !lookAt {
					require.Len(t, session.Messages, 1, "%v", err)
				}
			})
		})
	}
}
