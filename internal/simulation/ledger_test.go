package simulation_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// claim is a deed, and what its calls said of it.
type claim struct {
	deed
	by      string
	lenient bool // it may be done twice
	calls   int
	worst   agentmsg.Outcome
	success bool
	accept  bool
	last    error
}

func (c *claim) processed() int {
	if c.done == nil {
		return 0
	}
	return c.done()
}

func (c *claim) told(err error) {
	c.calls++
	c.worst = max(c.worst, agentmsg.OutcomeOf(err))
	c.success = c.success || err == nil
	// Of an upload the first step may have happened alone.
	c.accept = c.accept || agentmsg.OutcomeOf(err) == agentmsg.OutcomeAccepted && strings.Contains(err.Error(), string(c.op))
	c.last = err
}

// judge compares one call's word with what the server did meanwhile.
func (c *claim) judge(w *world, err error, before int) {
	if c.done == nil {
		return
	}
	total := c.done()
	now := total - before
	o := agentmsg.OutcomeOf(err)
	switch {
	case now > 0 && (o == agentmsg.OutcomeNotSent || o == agentmsg.OutcomeRejected):
		w.fail("%s: %s was done and is reported as %s: %v", c.by, c.op, o, err)
	case now > 0 && err != nil && agentmsg.Temporary(err):
		w.fail("%s: %s was done and is Temporary: %v", c.by, c.op, err)
	}
	c.sum(w, total)
}

// sum compares what all calls of a deed said with how often it was done.
func (c *claim) sum(w *world, total int) {
	once := c.class == keyed || c.class == unsafely && !c.lenient
	switch {
	case total > 1 && once:
		w.fail("%s: %s was done %d times: %v", c.by, c.op, total, c.last)
	case total == 0 && c.success:
		w.fail("%s: %s is reported as success and was not done", c.by, c.op)
	case total == 0 && c.accept:
		w.fail("%s: %s is reported as accepted and was not done: %v", c.by, c.op, c.last)
	case total > 0 && !c.success && c.worst <= agentmsg.OutcomeRejected:
		w.fail("%s: %s was done and is reported as %s: %v", c.by, c.op, c.worst, c.last)
	}
}

func (w *world) count(d deed, err error, calls int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := &w.totals
	t.calls++
	*[...]*int{&t.unsafe, &t.keyed, &t.safe, &t.safe}[d.class]++
	t.failed += is(err != nil)
	t.repeated += is(calls > 1)
	t.unknown += is(err != nil && agentmsg.OutcomeOf(err) == agentmsg.OutcomeUnknown)
	t.held += is(err != nil && agentmsg.OutcomeOf(err) == agentmsg.OutcomeNotSent && isLimit(err))
}

// settle compares the whole life with the server's state and journal.
func (w *world) settle(t *testing.T) {
	requests, deliveries := w.server.Requests(), sorted(w.server.Deliveries())
	slices.SortStableFunc(requests, func(a, b mockserver.Request) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(clientOf(a), clientOf(b)), cmp.Compare(a.Op, b.Op), cmp.Compare(a.Path, b.Path))
	})
	dropped, lost := w.server.Dropped()
	require.Zero(t, dropped+lost)
	w.totals.worlds, w.totals.hours = 1, day.Hours()
	w.totals.requests, w.totals.deliveries = len(requests), len(deliveries)
	for _, r := range requests {
		w.totals.faults += is(r.Fault != nil)
	}
	w.settleClaims(requests)
	w.settleLimits(requests)
	w.settleDeliveries(deliveries)
	w.tell(requests, deliveries)
	w.settleFiles(t)
}

// settleClaims holds those whose deeds leave no count in the state.
func (w *world) settleClaims(requests []mockserver.Request) {
	done := map[string]int{}
	for _, r := range requests {
		if key := keyOfDeed(r); key != "" && didWork(r) {
			done[key]++
		}
	}
	for _, c := range w.later {
		c.sum(w, done[c.key])
	}
}

func keyOfDeed(r mockserver.Request) string {
	switch r.Op {
	case agentmsg.OpPut:
		return "put " + string(r.Body)
	case agentmsg.OpReact:
		var p agentmsg.ReactParams
		if json.Unmarshal(r.Body, &p) == nil && p.Action == agentmsg.ReactionAdd {
			return "add " + p.Emoji
		}
	}
	return ""
}

// didWork is true where the server did what it was asked.
func didWork(r mockserver.Request) bool {
	if r.Fault != nil {
		switch r.Fault.Kind {
		case mockserver.Refuse, mockserver.DropBefore:
			return false
		case mockserver.RefuseAfterAccept, mockserver.DropAfterAccept:
			return true
		}
	}
	return r.Status >= 200 && r.Status < 300 || r.Status == 0 && r.Fault != nil
}

// settleLimits looks at each span of each window's length. What net/http
// repeats by itself goes at once, and counts for those after it.
func (w *world) settleLimits(requests []mockserver.Request) {
	for _, l := range w.limiters {
		var all []mockserver.Request
		for _, r := range requests {
			if isMAIA(r.Op) && slices.Contains(l.clients, clientOf(r)) {
				all = append(all, r)
			}
		}
		for _, window := range l.windows {
			for i := window.Limit; i < len(all); i++ {
				if all[i].At.Sub(all[i-window.Limit].At) < window.Per && !isReplay(all[i-1], all[i]) {
					w.fail("%v: more than %d in %s, at %s", l.clients, window.Limit, window.Per, all[i].At)
				}
			}
		}
	}
}

func isReplay(before, r mockserver.Request) bool {
	return r.Method == http.MethodGet && before.Status == 0 && before.Path == r.Path && before.At.Equal(r.At) && clientOf(before) == clientOf(r)
}

func isMAIA(op agentmsg.Op) bool {
	return !slices.Contains([]agentmsg.Op{agentmsg.OpSendContactMessage, agentmsg.OpSendConversationMessage, agentmsg.OpPut, agentmsg.OpDownload}, op)
}

// clientOf is the name that a client puts in front of the user agent.
func clientOf(r mockserver.Request) string {
	name, _, _ := bytes.Cut([]byte(r.Header.Get("User-Agent")), []byte(" "))
	return string(name)
}

// settleFiles downloads what was uploaded, by a client that nothing troubles.
func (w *world) settleFiles(t *testing.T) {
	time.Sleep(time.Hour + time.Second) // the limits are free again
	client := w.server.Client()
	for _, c := range w.clients {
		for _, k := range c.workers {
			for _, f := range k.files {
				var got bytes.Buffer
				_, err := client.Attachments.Download(t.Context(), f.FileKey, &got)
				require.NoError(t, err)
				require.Equal(t, string(f.content), got.String())
				time.Sleep(10 * time.Minute)
			}
		}
	}
}

// tell writes the journal down. What is random in it, the idempotency keys, is
// in no line.
func (w *world) tell(requests []mockserver.Request, deliveries []mockserver.Delivery) {
	for _, r := range requests {
		fault := "-"
		if r.Fault != nil {
			fault = r.Fault.String()
		}
		w.told = append(w.told, fmt.Sprintf("%d %s %s %q %s %s %x %d %x %s %s",
			r.At.UnixNano(), clientOf(r), r.Op, r.Session, r.Method, r.Path, digest(string(r.Body)), r.Status, digest(string(r.Response)), fault, r.Took))
	}
	for _, d := range deliveries {
		w.told = append(w.told, fmt.Sprintf("%d %s %d %s %q %x %d %s", d.At.UnixNano(), d.ID, d.Attempt, d.Event, d.Session, digest(string(d.Body)), d.Status, d.Took))
	}
	for _, x := range w.server.Sessions() {
		w.told = append(w.told, string(x.ID)+" "+x.String())
	}
}
