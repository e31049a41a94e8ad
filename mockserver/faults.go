package mockserver

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// FaultKind says what goes wrong.
type FaultKind int

// The kinds. Up to SlowBody they hit calls, after it deliveries; Delay hits
// both.
const (
	// Refuse answers Status without doing the work.
	Refuse FaultKind = iota
	// RefuseAfterAccept does the work and answers Status: the answer lies. A
	// 429, which says that nothing was done, is a lie that no sender sees
	// through.
	RefuseAfterAccept
	// Delay does the work and answers Delay later, or not at all where the
	// caller has gone. Of an event it delays the first attempt, and what
	// comes after it in its session.
	Delay
	// DropBefore reads the request and ends the connection. On a connection
	// that was used before, net/http itself repeats a GET, and a POST that
	// carries an idempotency key: count requests, not errors.
	DropBefore
	// DropAfterAccept does the work and ends the connection: the answer is
	// lost.
	DropAfterAccept
	// ResetMidBody does the work and ends the connection after half of the
	// body. Over TCP it is reset, as by DropBefore and DropAfterAccept, and a
	// client's system may then throw away what came before.
	ResetMidBody
	// Truncate does the work and answers half of the body, with the length of
	// that half: a clean end.
	Truncate
	// WrongLength does the work and announces one byte more than comes.
	WrongLength
	// Garble does the work and answers a page instead of JSON, or Body.
	Garble
	// SlowBody does the work and sends the body byte by byte, each after
	// Delay; 0: 20 ms.
	SlowBody

	// BadSignature signs an event with Secret; empty: with a wrong one.
	BadSignature
	// Duplicate sends an event Copies times more, right after the first
	// attempt; 0: once. Of these attempts one that succeeds settles it.
	Duplicate
	// Reorder sends an event after the next one of its session, or after one
	// second without a next one. The next one is not reordered.
	Reorder
	// Lose does not send an event.
	Lose
	// Hold keeps an event until the fault is removed, while others pass it.
	Hold
)

var faultKinds = [...]string{
	Refuse: "Refuse", RefuseAfterAccept: "RefuseAfterAccept", Delay: "Delay", DropBefore: "DropBefore", DropAfterAccept: "DropAfterAccept",
	ResetMidBody: "ResetMidBody", Truncate: "Truncate", WrongLength: "WrongLength", Garble: "Garble", SlowBody: "SlowBody",
	BadSignature: "BadSignature", Duplicate: "Duplicate", Reorder: "Reorder", Lose: "Lose", Hold: "Hold",
}

// String is the constant's name.
func (k FaultKind) String() string {
	if k.known() {
		return faultKinds[k]
	}
	return "FaultKind(" + strconv.Itoa(int(k)) + ")"
}

func (k FaultKind) known() bool { return k >= 0 && int(k) < len(faultKinds) }

// ofEvents is true for the kinds that hit deliveries alone.
func (k FaultKind) ofEvents() bool { return k >= BadSignature && k.known() }

func (k FaultKind) refuses() bool { return k == Refuse || k == RefuseAfterAccept }

// Fault is one thing that goes wrong, on purpose: for [WithFault],
// [Server.Inject] and [Matrix]. It goes by count, never by chance.
//
// A call is counted once its credential and the form of its body were found
// good, so a fault hides no mistake of the caller's. The first fault in the
// order of injection that hits a call has it alone: those after it do not
// count it. Of deliveries events are counted, in the order in which they arise,
// not attempts. Ours.
type Fault struct {
	// Op is the operation whose calls are hit; empty: each, but no delivery.
	// [OpWebhook] is the deliveries, which BadSignature and the kinds after it
	// hit whatever Op says.
	Op agentmsg.Op
	// Session is the session that is hit; empty: any. One that begins with
	// the call is not known yet, nor is its contact's conversation.
	Session agentmsg.SessionID
	// Event is the kind of event that is hit; empty: any. A fault with it hits
	// no call.
	Event agentmsg.EventType

	// Skip lets so many pass first. Then each Every-th is hit, counted from 1;
	// 0: each.
	Skip, Every int
	// Times is how many are hit in all; 0: until it is removed.
	Times int

	Kind FaultKind
	// Status is what Refuse and RefuseAfterAccept answer; 0: 503.
	Status int
	// RetryAfter is the header of that answer; empty: none.
	RetryAfter string
	// Body is that answer's body, or Garble's; empty: the API's own.
	Body string
	// Delay is that of Delay and SlowBody.
	Delay time.Duration
	// Copies is how many Duplicate adds.
	Copies int
	// Secret is what BadSignature signs with.
	Secret string
}

// String is a name for t.Run: "Messages.Send/DropAfterAccept". A refusal has
// its status, "Messages.Send/Refuse429", where another than 503 is not usual:
// "Messages.Send/RefuseAfterAccept500". Every operation is "Any".
func (f Fault) String() string {
	kind := f.Kind.String()
	switch {
	case f.Kind == Refuse, f.Kind == RefuseAfterAccept && f.status() != http.StatusServiceUnavailable:
		kind += strconv.Itoa(f.status())
	}
	if f.ofEvents() {
		return string(OpWebhook) + "/" + kind
	}
	return cmp.Or(string(f.Op), "Any") + "/" + kind
}

func (f Fault) status() int { return cmp.Or(f.Status, http.StatusServiceUnavailable) }

// ofEvents is true for a fault of deliveries.
func (f Fault) ofEvents() bool { return f.Kind.ofEvents() || f.Op == OpWebhook }

// check says why a fault can hit nothing, or do nothing; empty: it can.
func (f Fault) check(c *config) string {
	switch {
	case !f.Kind.known():
		return "has a Kind that there is not: " + f.Kind.String()
	case min(f.Skip, f.Every, f.Times, f.Copies) < 0 || f.Delay < 0:
		return "has a negative number"
	case f.Kind.refuses() && (f.status() < 200 || f.status() > 999):
		return fmt.Sprintf("has a Status that is no answer's: %d", f.Status)
	case f.Kind == Delay && f.Delay == 0:
		return "delays by nothing: give it a Delay"
	case f.Op != "" && f.Op != OpWebhook && f.Op != agentmsg.OpDo && !slices.Contains(everyOp(), f.Op):
		return fmt.Sprintf("names an Op that there is not: %q", f.Op)
	case f.Op == OpWebhook && !f.Kind.ofEvents() && f.Kind != Delay:
		return "can hit nothing: of the deliveries " + f.Kind.String() + " hits none"
	case f.ofEvents():
		return ""
	case f.Op != "" && f.Op != agentmsg.OpDo && !hits(f.Kind, f.Op):
		return "can hit nothing: no answer of " + string(f.Op) + " is one for " + f.Kind.String()
	case f.Event != "":
		return "can hit nothing: " + f.Kind.String() + " hits calls, and a fault with an Event hits none of them"
	case f.Op == agentmsg.OpDo && c.router == nil:
		return "can hit nothing: there is no WithRoute, whose calls alone are Do"
	case f.Session != "" && slices.Contains(withoutSession, f.Op):
		return "can hit nothing: " + string(f.Op) + " has no session"
	}
	return ""
}

// withoutSession is never written to.
var withoutSession = []agentmsg.Op{
	agentmsg.OpRequestUpload, agentmsg.OpPut, agentmsg.OpDownloadURL, agentmsg.OpDownload, agentmsg.OpListKanbans, agentmsg.OpListConnections, agentmsg.OpDo,
}

// everyOp is all operations but Do.
func everyOp() []agentmsg.Op {
	var all []agentmsg.Op
	for _, op := range wire.Ops() {
		all = append(all, agentmsg.Op(op.Name()))
	}
	return all
}

// WithFault injects a fault from the start. One that can hit nothing is an
// error. What its Hold keeps stays kept.
func WithFault(f Fault) Option {
	return func(cfg *config) error {
		cfg.faults = append(cfg.faults, f)
		return nil
	}
}

// checkFaults comes after the options: WithRoute may follow WithFault.
func (c *config) checkFaults() error {
	for _, f := range c.faults {
		if reason := f.check(c); reason != "" {
			return optionError("WithFault", reason)
		}
	}
	return nil
}

// Inject makes something go wrong from now on. remove ends that, and lets go
// what the fault held: calls and events that it delays or keeps, those kept by
// Hold in their order. It is safe to repeat. A fault that can hit nothing fails
// the test at once; of a server from [New] it panics.
func (s *Server) Inject(f Fault) (remove func()) {
	if reason := f.check(&s.config); reason != "" {
		s.fail("Inject %s", reason)
		return func() {}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	injected := s.put(f)
	return func() { s.remove(injected) }
}
