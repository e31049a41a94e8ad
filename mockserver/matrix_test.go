package mockserver_test

import (
	"cmp"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/wire"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// classOf is when a call of the integration may be repeated.
func classOf(op agentmsg.Op) wire.Class {
	for _, o := range wire.Ops() {
		if o.Name() == string(op) {
			return o.Class()
		}
	}
	return 0
}

// Every operation through every fault: what is unsafe to repeat is never done
// twice, and nothing that was done is called not done.
func TestMatrixOfCalls(t *testing.T) {
	t.Parallel()
	for f := range mockserver.Matrix() {
		if f.Op == mockserver.OpWebhook {
			continue
		}
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := mockserver.Start(t)
				app := begin(t.Context(), t, s)
				before := len(s.Requests(f.Op))
				s.Inject(f)
				var seen agentmsg.Response
				err := app.call(t.Context(), f.Op, agentmsg.WithResponse(&seen))
				require.NoError(t, s.Idle(t.Context()))
				asked := s.Requests(f.Op)[before:]
				require.Equal(t, &f, asked[0].Fault)
				require.Equal(t, len(asked), seen.Attempts, "%v", err)
				requireTruth(t, f, asked, err)
				if f.Op == agentmsg.OpDownload {
					return
				}
				require.Equal(t, outcomeOf(f), agentmsg.OutcomeOf(err), "%v", err)
				if stores(f.Op) {
					require.Equal(t, min(done(asked), 1), stored(s), "a key is known again")
				}
			})
		})
	}
}

// Every pair of faults, the second at the next attempt, and the first at every
// attempt: whatever comes last, what is said of the call stays true.
func TestMatrixOfPairs(t *testing.T) {
	t.Parallel()
	for op := range opsOf(mockserver.Matrix()) {
		t.Run(string(op), func(t *testing.T) {
			t.Parallel()
			for f := range mockserver.Matrix(op) {
				for g := range mockserver.Matrix(op) {
					synctest.Test(t, func(t *testing.T) { testPair(t, f, g) })
				}
				always := f
				always.Times = 0
				synctest.Test(t, func(t *testing.T) { testPair(t, always) })
			}
		})
	}
}

func testPair(t *testing.T, faults ...mockserver.Fault) {
	s := mockserver.Start(t)
	app, op := begin(t.Context(), t, s), faults[0].Op
	before := len(s.Requests(op))
	for _, f := range faults {
		s.Inject(f)
	}
	err := app.call(t.Context(), op, agentmsg.WithMaxAttempts(2))
	require.NoError(t, s.Idle(t.Context()))
	asked := s.Requests(op)[before:]
	requireTruth(t, faults[0], asked, err)
	if stores(op) {
		require.Equal(t, min(done(asked), 1), stored(s), "%v", faults)
	}
}

// opsOf are the operations of calls in a matrix.
func opsOf(matrix iter.Seq[mockserver.Fault]) map[agentmsg.Op]bool {
	ops := map[agentmsg.Op]bool{}
	for f := range matrix {
		if f.Op != mockserver.OpWebhook {
			ops[f.Op] = true
		}
	}
	return ops
}

// requireTruth compares what a call says of itself with what the server did.
func requireTruth(t *testing.T, f mockserver.Fault, asked []mockserver.Request, err error) {
	t.Helper()
	times, outcome := done(asked), agentmsg.OutcomeOf(err)
	if classOf(f.Op) == wire.Unsafe {
		require.LessOrEqual(t, times, 1, "%v", err)
	}
	switch outcome {
	case agentmsg.OutcomeNone, agentmsg.OutcomeAccepted:
		require.NotZero(t, times, "%v", err)
	case agentmsg.OutcomeNotSent, agentmsg.OutcomeRejected:
		require.Zero(t, times, "%v", err)
	}
}

// done is how often the work was done.
func done(asked []mockserver.Request) int {
	return len(slices.DeleteFunc(slices.Clone(asked), func(r mockserver.Request) bool {
		return r.Fault != nil && (r.Fault.Kind == mockserver.Refuse || r.Fault.Kind == mockserver.DropBefore)
	}))
}

// outcomeOf is what the client must say of a call whose first attempt is hit.
func outcomeOf(f mockserver.Fault) agentmsg.Outcome {
	promisesNothing := slices.Contains([]agentmsg.Op{agentmsg.OpPut, agentmsg.OpLinkMessage, agentmsg.OpUpdateStatus, agentmsg.OpReact}, f.Op)
	repeated := classOf(f.Op) != wire.Unsafe
	switch f.Kind {
	case mockserver.Garble:
		if !promisesNothing {
			return agentmsg.OutcomeAccepted
		}
	case mockserver.Truncate:
		if !promisesNothing && !repeated {
			return agentmsg.OutcomeAccepted
		}
	case mockserver.ResetMidBody, mockserver.WrongLength:
		if !repeated {
			return agentmsg.OutcomeAccepted
		}
	case mockserver.Refuse:
		if !repeated && f.Status != http.StatusTooManyRequests {
			return agentmsg.OutcomeUnknown
		}
	case mockserver.RefuseAfterAccept, mockserver.DropBefore, mockserver.DropAfterAccept:
		if !repeated {
			return agentmsg.OutcomeUnknown
		}
	}
	return agentmsg.OutcomeNone
}

func stores(op agentmsg.Op) bool {
	return slices.Contains([]agentmsg.Op{
		agentmsg.OpSend, agentmsg.OpEcho, agentmsg.OpSendAgentMessage, agentmsg.OpAddNote, agentmsg.OpSendContactMessage, agentmsg.OpSendConversationMessage,
	}, op)
}

// stored is how often the call's text is in the sessions.
func stored(s *mockserver.Server) int {
	n := 0
	for _, x := range s.Sessions() {
		for _, m := range x.Messages {
			if m.Content == theCall {
				n++
			}
		}
	}
	return n
}

// A receiver that verifies, and remembers what it has seen, through every
// fault of deliveries.
func TestMatrixOfDeliveries(t *testing.T) {
	t.Parallel()
	for f := range mockserver.Matrix(mockserver.OpWebhook) {
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				box := new(inbox)
				s := mockserver.Start(t, mockserver.WithFault(f), mockserver.WithWebhookHandler(box, ""))
				began := time.Now()
				for _, word := range []string{"a", "b", "c", "d", "e"} {
					s.HumanSays("s", word)
				}
				require.NoError(t, s.Idle(t.Context()))
				got := strings.ReplaceAll(strings.Join(box.said(), ""), "outgoing:", "")
				require.Equal(t, map[mockserver.FaultKind]string{
					mockserver.Delay: "abcde", mockserver.BadSignature: "bcde", mockserver.Duplicate: "aabcde", mockserver.Reorder: "bacde", mockserver.Lose: "e",
				}[f.Kind], got)
				require.Equal(t, f.Delay, time.Since(began))
			})
		})
	}
}

func TestMatrixIsWhole(t *testing.T) {
	t.Parallel()
	names, kinds := map[string]bool{}, map[agentmsg.Op]int{}
	for f := range mockserver.Matrix() {
		require.False(t, names[f.String()], f)
		names[f.String()] = true
		kinds[f.Op]++
		require.NotEqual(t, mockserver.Hold, f.Kind)
		s, err := mockserver.New(mockserver.WithFault(f))
		require.NoError(t, err, f)
		s.Close()
	}
	require.Len(t, kinds, len(wire.Ops())+1)
	for op, n := range kinds {
		want := cmp.Or(map[agentmsg.Op]int{agentmsg.OpPut: 7, agentmsg.OpDownload: 9, mockserver.OpWebhook: 5}[op], 11)
		require.Equal(t, want, n, op)
	}
	require.True(t, names["Messages.Send/Refuse429"])
	require.True(t, names["Messages.Send/Refuse503"])

	var some []string
	for f := range mockserver.Matrix(mockserver.OpWebhook, agentmsg.OpSend) {
		if some = append(some, f.String()); len(some) == 6 {
			break
		}
	}
	require.Equal(t, []string{"Webhook/Delay", "Webhook/BadSignature", "Webhook/Duplicate", "Webhook/Reorder", "Webhook/Lose", "Messages.Send/Refuse429"}, some)
}
