package agentmsg_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/stretchr/testify/require"
)

// Two clients with credentials of their own call one server at once, over one
// pool: each request bears its own client's, each answer reaches its own call,
// and no setting of one call is seen by another.
func TestNoCrossTalk(t *testing.T) {
	t.Parallel()
	const callers, calls = 32, 20
	var mixed sync.Map
	echo := func(c net.Conn, r *http.Request) bool {
		id := r.Header.Get("X-Call")
		whose, _, _ := strings.Cut(id, "/")
		if sent := r.Header.Get("Authorization") + r.Header.Get("X-Api-Key"); !strings.HasSuffix(sent, "of-"+whose) {
			mixed.Store("the credential "+sent+" with the call "+id, true)
		}
		body := strings.Builder{}
		_ = r.Write(&body)
		if key := r.Header.Get("X-Idempotency-Key"); key != "" && key != id || !strings.Contains(body.String(), "content of "+id) {
			mixed.Store("another call's request: "+body.String(), true)
		}
		return peer.Answers(200, "X-Request-Id: "+id+"\r\n", fmt.Sprintf(`{"id":%q,"messageId":%[1]q,"sessionId":%[1]q,"userMessage":{"id":%[1]q},"data":{"message":{"id":%[1]q}}}`, id))(c, r)
	}
	script := make([]peer.Act, 4*callers*calls)
	dice := rand.New(rand.NewPCG(1, 2))
	for i := range script {
		script[i] = echo
		if dice.IntN(5) == 0 { // a retry shares nothing either
			script[i] = peer.Refusal(429, "Retry-After: 0\r\n")
		}
	}
	s := peer.New(t, script...)
	pool := &http.Transport{MaxIdleConnsPerHost: callers}
	clients := map[string]*agentmsg.Client{}
	for _, whose := range []string{"a", "b"} {
		clients[whose] = faultClient(t, s.URL(), agentmsg.WithHTTPClient(&http.Client{Transport: pool}),
			agentmsg.WithMAIA("token-of-"+whose), agentmsg.WithBluBash("key-of-"+whose), agentmsg.WithConversations(s.URL()+"/v1", "other-of-"+whose))
	}
	var all sync.WaitGroup
	errs := make([]error, callers)
	for caller := range callers {
		all.Go(func() {
			whose := string("ab"[caller%2])
			for n := range calls {
				if err := crossCall(t, clients[whose], fmt.Sprintf("%s/%d/%d", whose, caller, n), n); err != nil {
					errs[caller] = err
				}
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	mixed.Range(func(what, _ any) bool { t.Error(what); return true })
	require.Greater(t, s.Seen(), callers*calls, "some were repeated")
}

// crossCall makes one call of the id, and compares what came back.
func crossCall(t *testing.T, c *agentmsg.Client, id string, n int) error {
	var got agentmsg.Response
	content := "content of " + id
	opts := []agentmsg.CallOption{agentmsg.WithHeader("X-Call", id), agentmsg.WithIdempotencyKey(id), agentmsg.WithResponse(&got), agentmsg.WithMaxAttempts(30)}
	back := ""
	var err error
	switch n % 3 {
	case 0:
		var r *agentmsg.MessageReceipt
		if r, err = c.Messages.Send(t.Context(), agentmsg.SendMessageParams{Channel: agentmsg.APIChannel("support"), Content: content}, opts...); err == nil {
			back = string(r.UserMessage.ID)
		}
	case 1:
		var r *agentmsg.ContactReply
		if r, err = c.Contacts.Send(t.Context(), "c", agentmsg.ContactMessageParams{ContactContent: agentmsg.ContactText(content), ContactIdentifier: "c"}, opts...); err == nil {
			back = string(r.MessageID)
		}
	default:
		_, err = c.Conversations.Send(t.Context(), agentmsg.ConversationMessageParams{SenderID: "i", SenderType: agentmsg.SenderUser, Text: content}, opts...)
		back = got.RequestID
	}
	if err == nil && (back != id || got.RequestID != id || got.IdempotencyKey != id || !strings.Contains(string(got.Body), id)) {
		return fmt.Errorf("%s got the answer %q of %s", id, back, got.RequestID)
	}
	return err
}
