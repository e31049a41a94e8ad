package dedupetest_test

import (
	"flag"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/dedupetest"
	"github.com/stretchr/testify/require"
)

var broken = flag.Bool("broken", false, "run the suite on dedupers that break a promise: it fails")

// The suite passes on a store that has nothing in common with MemoryDeduper,
// with two handles and the real clock.
func TestModel(t *testing.T) {
	t.Parallel()
	shared := newModel("")
	dedupetest.Run(t, func(testing.TB) agentmsg.Deduper { return shared }, dedupetest.WithTwoHandles())
}

func TestModelInBubble(t *testing.T) {
	t.Parallel()
	opened := 0
	dedupetest.Run(t, func(testing.TB) agentmsg.Deduper { opened++; return newModel("") }, dedupetest.WithBubble(), dedupetest.WithLease(5*time.Second))
	require.Positive(t, opened)
}

// faults are what a store may do wrong, each with a check that must find it.
var faults = []struct{ fault, check string }{
	{"granted twice", "OneHolder"},
	{"in flight for its holder", "OneHolder"},
	{"no token", "OneHolder"},
	{"a token for all", "OneHolder"},
	{"another key", "OneHolder"},
	{"looks, then takes", "ManyClaims"},
	{"looks, then takes", "ManyRuns"},
	{"looks, then takes", "ManyDeliveries"},
	{"looks, then takes over", "ManyTakeOver"},
	{"one token", "Tokens"},
	{"one token", "LeaseEnds"},
	{"a lease never ends", "LeaseEnds"},
	{"a lease is half as long", "LeaseEnds"},
	{"no lease is a long one", "NoLease"},
	{"Renew does nothing", "RenewProlongs"},
	{"Renew does nothing", "LateDone"},
	{"Renew adds", "RenewCountsFromNow"},
	{"Renew does not look at the token", "NotHeld"},
	{"Renew does not look at the token", "LeaseEnds"},
	{"Renew does not look at the clock", "LeaseEndsUnnoticed"},
	{"Renew of what is done", "DoneTwice"},
	{"a lost Renew is silent", "NotHeld"},
	{"Done does not look at the token", "NotHeld"},
	{"Done does not look at the token", "LeaseEnds"},
	{"Done does not look at the clock", "LateDone"},
	{"Done of what is done", "DoneTwice"},
	{"Done forgets", "Handled"},
	{"a lost Done is silent", "Released"},
	{"another error", "NotHeld"},
	{"the lease is the keep", "KeepOutlastsLease"},
	{"the lease is the keep", "KeepEnds"},
	{"a keep never ends", "KeepEnds"},
	{"release does nothing", "Released"},
	{"release is handled", "Released"},
	{"a negative keep is a long one", "Released"},
	{"keys in lower case", "Keys"},
	{"keys trimmed", "Keys"},
	{"keys of 255 bytes", "Keys"},
	{"keys until a NUL", "Keys"},
	{"keys made valid UTF-8", "Keys"},
	{"one key", "Keys"},
	{"long keys refused", "Keys"},
	{"the empty key refused", "Keys"},
	{"an ended context loses the lease", "EndedContext"},
	{"a claim beside an error", "EndedContext"},
	{"two stores", "OneHolder"},
}

// TestBroken fails, in a process of its own: see TestFaultsAreFound.
func TestBroken(t *testing.T) {
	t.Parallel()
	if !*broken {
		t.Skip("run by TestFaultsAreFound")
	}
	ran := map[string]bool{}
	for _, f := range faults {
		if ran[f.fault] {
			continue
		}
		ran[f.fault] = true
		t.Run(f.fault, func(t *testing.T) {
			t.Parallel()
			var store *model
			dedupetest.Run(t, func(testing.TB) agentmsg.Deduper {
				if store == nil || f.fault == "two stores" {
					store = newModel(f.fault)
				}
				return store
			}, dedupetest.WithBubble(), dedupetest.WithTwoHandles())
		})
	}
}

func TestFaultsAreFound(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestBroken$", "-test.v", "-broken").CombinedOutput()
	require.Error(t, err, "the suite passed on broken stores")
	found, checks := map[string][]string{}, map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^ +--- (FAIL|PASS): TestBroken/([^/ ]+)/(\S+)`).FindAllStringSubmatch(string(out), -1) {
		_, known := checks[line[3]]
		checks[line[3]] = known && checks[line[3]] || line[1] == "FAIL"
		if line[1] == "FAIL" {
			found[line[2]] = append(found[line[2]], line[3])
		}
	}
	for _, f := range faults {
		name := strings.ReplaceAll(f.fault, " ", "_")
		require.True(t, slices.Contains(found[name], f.check), "%s: %s does not find it; these do: %v\n%s", f.fault, f.check, found[name], out)
	}
	for check, finds := range checks {
		require.True(t, finds, "%s finds no fault: it may be empty", check)
	}
	require.GreaterOrEqual(t, len(checks), 20)
	if testing.Verbose() {
		for fault, by := range found {
			t.Log(fault, by)
		}
	}
}

// A lease that is no span of time would make each check of an end an empty
// one, and one that is too long outlasts what shall last.
func TestLeaseBounds(t *testing.T) {
	t.Parallel()
	if *broken {
		for _, lease := range []time.Duration{0, 5*time.Second + 1} {
			t.Run(lease.String(), func(t *testing.T) {
				t.Parallel()
				dedupetest.Run(t, func(testing.TB) agentmsg.Deduper { return newModel("") }, dedupetest.WithLease(lease))
			})
		}
		return
	}
	out, err := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestLeaseBounds$", "-broken").CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "dedupetest: WithLease(0s): the lease must be positive, and at most 5s")
	require.Contains(t, string(out), "dedupetest: WithLease(5.000000001s): the lease must be")
}
