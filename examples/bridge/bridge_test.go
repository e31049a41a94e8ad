package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

const ana = "+5521988776655"

func TestOutput(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	require.Equal(t, `the customer has got:
  +5521988776655 <- AI: You said: Where is my order?
  +5521988776655 <- operator: It left this morning.
MAIA knows:
  customer: Where is my order?   []
  ai: You said: Where is my order?  wamid.1 [sent read]
  human: It left this morning.  wamid.2 [sent read]
  customer: Thank you!   []
`, out.String())
}

// The bridge is what it says: under 80 lines, comments and imports aside.
func TestBridgeIsShort(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("bridge.go")
	require.NoError(t, err)
	code := regexp.MustCompile(`(?s)import \(.*?\n\)\n`).ReplaceAllString(string(source), "")
	lines := 0
	for line := range strings.Lines(code) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			lines++
		}
	}
	require.Less(t, lines, 80)
}

// inWorld runs a test in a bubble, with a world that is closed at its end.
func inWorld(t *testing.T, test func(t *testing.T, w *world), opts ...mockserver.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w, err := newWorld(mockserver.Start(t, options(opts...)...), slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		test(t, w)
		w.settle(t)
	})
}

// settle waits until MAIA sends nothing more and knows all, however long its
// failures last.
func (w *world) settle(t *testing.T) {
	t.Helper()
	require.NoError(t, w.maia.Idle(t.Context()))
	ending, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	require.NoError(t, w.close(ending))
}

// ask has the customer write, and waits until MAIA sends nothing more.
func (w *world) ask(t *testing.T, id, text string) {
	t.Helper()
	require.NoError(t, w.phones.deliver(t.Context(), Message{ID: id, Phone: ana, Text: text}))
	require.NoError(t, w.maia.Idle(t.Context()))
}

// texts are what the customers have got.
func (w *world) texts() (texts []string) {
	for _, m := range w.phones.messages() {
		texts = append(texts, m.text)
	}
	return texts
}

// told are the statuses that MAIA heard of a session's answers.
func (w *world) told() (told [][]agentmsg.MessageStatus) {
	conversation, _ := w.maia.Session(session(ana))
	for _, m := range conversation.Messages {
		if m.Role == agentmsg.RoleAssistant {
			told = append(told, m.Updates)
		}
	}
	return told
}

// statuses are the answers to the deliveries.
func (w *world) statuses() (statuses []int) {
	for _, d := range w.maia.Deliveries() {
		if !bytes.Contains(d.Body, []byte(`"direction":"incoming"`)) {
			statuses = append(statuses, d.Status)
		}
	}
	return statuses
}

// What the gateway has accepted is not sent again: not when the link fails for
// minutes, not when the event comes again, not when the gateway's answer was
// lost.
func TestAcceptedIsSentOnce(t *testing.T) {
	t.Parallel()
	var sent = agentmsg.StatusSent
	for name, test := range map[string]struct {
		faults []mockserver.Fault
		lose   int
		told   []agentmsg.MessageStatus
	}{
		"nothing fails":         {told: []agentmsg.MessageStatus{sent}},
		"the link, for minutes": {faults: []mockserver.Fault{{Op: agentmsg.OpLinkMessage, Kind: mockserver.Refuse, Times: 7}}, told: []agentmsg.MessageStatus{sent}},
		"the link, for good":    {faults: []mockserver.Fault{{Op: agentmsg.OpLinkMessage, Kind: mockserver.Refuse}}},
		"the link's answer":     {faults: []mockserver.Fault{{Op: agentmsg.OpLinkMessage, Kind: mockserver.DropAfterAccept, Times: 1}}, told: []agentmsg.MessageStatus{sent, sent}},
		"the link is slow":      {faults: []mockserver.Fault{{Op: agentmsg.OpLinkMessage, Kind: mockserver.Delay, Delay: 20 * time.Second}}, told: []agentmsg.MessageStatus{sent}},
		"the event comes twice": {faults: []mockserver.Fault{{Kind: mockserver.Duplicate, Copies: 5}}, told: []agentmsg.MessageStatus{sent}},
		"the gateway's answer":  {lose: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				for _, f := range test.faults {
					w.maia.Inject(f)
				}
				w.phones.lose = test.lose
				w.ask(t, "a1", "hi")
				for _, d := range w.maia.Deliveries() {
					require.NoError(t, w.maia.Redeliver(d.ID))
				}
				w.settle(t)
				require.Equal(t, []string{"You said: hi"}, w.texts())
				require.Equal(t, [][]agentmsg.MessageStatus{test.told}, w.told())
				for _, status := range w.statuses() {
					require.Equal(t, 200, status)
				}
			})
		})
	}
}

// What the gateway has not accepted comes again.
func TestGatewayIsDown(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.phones.refuse = 3
		w.ask(t, "a1", "hi")
		require.Equal(t, []int{500, 500, 500, 200}, w.statuses())
		require.Equal(t, []string{"You said: hi"}, w.texts())
	})
}

// Only what the AI or a human said to our customer goes out.
func TestOnlyOutgoingIsSent(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.ask(t, "a1", "hi") // its own event is incoming
		w.maia.OwnerSays(session(ana), "typed on the phone")
		w.maia.HumanSays("another-session", "not of this gateway")
		for _, body := range []string{
			`{"sessionId":"whatsapp:+1","messageId":"x1","response":"x","channelIdentifier":"another"}`,
			`{"sessionId":"whatsapp:+1","messageId":"x2","response":"x","direction":"sideways","channelIdentifier":"` + number + `"}`,
			`{"sessionId":"whatsapp:+1","messageId":"x3","response":"","channelIdentifier":"` + number + `"}`,
			`{"sessionId":"whatsapp:+1","messageId":"x4","response":7,"channelIdentifier":"` + number + `"}`,
			`{"eventType":"ai_pause","sessionId":"whatsapp:+1","aiPaused":true}`,
			`{"eventType":"new","sessionId":"whatsapp:+1","response":"x"}`,
		} {
			require.NotEmpty(t, w.maia.Emit([]byte(body)))
		}
		require.NoError(t, w.maia.Idle(t.Context()))
		require.Equal(t, []string{"You said: hi"}, w.texts())
		require.NotContains(t, w.statuses(), 500)

		// A delivery that names no direction is outgoing.
		w.maia.Emit([]byte(`{"sessionId":"whatsapp:+1","messageId":"x5","response":"good","channelIdentifier":"` + number + `"}`))
		require.NoError(t, w.maia.Idle(t.Context()))
		require.Equal(t, []string{"You said: hi", "good"}, w.texts())
	})
}

// Statuses go forward only, whatever the order of the receipts, and though the
// calls fail.
func TestStatusesMoveForward(t *testing.T) {
	t.Parallel()
	const sent, delivered, read, failed = agentmsg.StatusSent, agentmsg.StatusDelivered, agentmsg.StatusRead, agentmsg.StatusFailed
	for name, test := range map[string]struct {
		receipts, told []agentmsg.MessageStatus
	}{
		"in order":           {[]agentmsg.MessageStatus{sent, delivered, read}, []agentmsg.MessageStatus{sent, delivered, read}},
		"in reverse":         {[]agentmsg.MessageStatus{read, delivered, sent}, []agentmsg.MessageStatus{sent, read}},
		"each twice":         {[]agentmsg.MessageStatus{delivered, delivered, read, read}, []agentmsg.MessageStatus{sent, delivered, read}},
		"failed":             {[]agentmsg.MessageStatus{failed, sent}, []agentmsg.MessageStatus{sent, failed}},
		"failed, delivered":  {[]agentmsg.MessageStatus{failed, delivered}, []agentmsg.MessageStatus{sent, failed, delivered}},
		"delivered, failed":  {[]agentmsg.MessageStatus{delivered, failed}, []agentmsg.MessageStatus{sent, delivered}},
		"one that is no one": {[]agentmsg.MessageStatus{"played", read}, []agentmsg.MessageStatus{sent, read}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.ask(t, "a1", "hi")
				for _, status := range test.receipts {
					w.bridge.Status(ana, "wamid.1", status)
					synctest.Wait()
					time.Sleep(10 * time.Minute) // MAIA fails for a while
				}
				w.bridge.Status(ana, "wamid.of-another", read)
				w.settle(t)
				require.Equal(t, [][]agentmsg.MessageStatus{test.told}, w.told())
			}, mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpUpdateStatus, Kind: mockserver.Refuse, Times: 5}))
		})
	}
}

// A receipt that comes before the gateway's answer waits for the link.
func TestEarlyReceipt(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.phones.eager = true
		w.ask(t, "a1", "hi")
		w.settle(t)
		require.Equal(t, [][]agentmsg.MessageStatus{{agentmsg.StatusSent, agentmsg.StatusDelivered}}, w.told())
	}, mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpLinkMessage, Kind: mockserver.Refuse, Times: 7}))
}

// What was given up is tried again with the message's next receipt.
func TestGivenUpIsTriedAgain(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		heal := w.maia.Inject(mockserver.Fault{Op: agentmsg.OpLinkMessage, Kind: mockserver.Refuse})
		w.ask(t, "a1", "hi")
		time.Sleep(time.Hour)
		heal()
		time.Sleep(time.Hour)
		require.Equal(t, [][]agentmsg.MessageStatus{nil}, w.told())
		w.bridge.Status(ana, "wamid.1", agentmsg.StatusRead)
		w.settle(t)
		require.Equal(t, [][]agentmsg.MessageStatus{{agentmsg.StatusSent, agentmsg.StatusRead}}, w.told())
	})
}

// The end of the program ends what is still tried.
func TestCloseEndsTheTries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, err := newWorld(mockserver.Start(t, options(mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpLinkMessage, Kind: mockserver.Refuse}))...), slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		w.ask(t, "a1", "hi")
		began := time.Now()
		ending, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		require.ErrorIs(t, w.close(ending), context.DeadlineExceeded)
		require.Equal(t, 20*time.Second, time.Since(began))
		w.bridge.Status(ana, "wamid.1", agentmsg.StatusRead) // nobody tells it any more
		requests := len(w.maia.Requests(agentmsg.OpLinkMessage, agentmsg.OpUpdateStatus))
		time.Sleep(time.Hour)
		require.Len(t, w.maia.Requests(agentmsg.OpLinkMessage, agentmsg.OpUpdateStatus), requests)
	})
}
