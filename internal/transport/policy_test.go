package transport

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The four ways in which a call may be repeated: the three classes, and an
// unsafe call that asked for at least once.
var (
	safe      = Rule{Repeatable: true}
	keyed     = Rule{Repeatable: true, Keyed: true}
	unsafe    = Rule{}
	atLeast   = Rule{Repeatable: true}
	rules     = []Rule{safe, keyed, unsafe, atLeast}
	ruleNames = []string{"safe", "keyed", "unsafe", "unsafe with WithRetryAmbiguous"}
)

// row is what one attempt showed, and what must follow from it.
type row struct {
	name  string
	seen  seen
	again [3]bool // safe, keyed, unsafe
	says  Outcome
	keyed Outcome // where it differs; None: it does not
}

func (r row) check(t *testing.T) {
	t.Helper()
	for i, rule := range rules {
		want, says := r.again[0], r.says
		if i < 3 {
			want = r.again[i]
		}
		if rule.Keyed && r.keyed != None {
			says = r.keyed
		}
		again, outcome := rule.decide(r.seen)
		require.Equal(t, want, again, "%s: %s: repeated", r.name, ruleNames[i])
		require.Equal(t, says, outcome, "%s: %s: outcome", r.name, ruleNames[i])
	}
}

var (
	never    = [3]bool{}
	harmless = [3]bool{true, true, false}
	always   = [3]bool{true, true, true}
)

// passing are the statuses from which a server is expected to recover.
var passing = []int{408, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529, 530}

func TestDecideWithoutAnswer(t *testing.T) {
	t.Parallel()
	for _, r := range []row{
		{"not sent", seen{fate: notSent}, always, NotSent, None},
		{"not sent, for good", seen{fate: notSent, final: true}, never, NotSent, None},
		{"ambiguous", seen{fate: ambiguous}, harmless, Unknown, None},
		{"ambiguous, for good", seen{fate: ambiguous, final: true}, never, Unknown, None},
	} {
		r.check(t)
	}
}

// Every status there can be, as a plain answer.
func TestDecideByStatus(t *testing.T) {
	t.Parallel()
	again := map[int][3]bool{425: always, 429: always, 409: {false, true, false}}
	for _, status := range passing {
		again[status] = harmless
	}
	for status := 100; status < 1000; status++ {
		r := row{name: strconv.Itoa(status), seen: seen{fate: answered, status: status}, again: again[status], says: Unknown}
		switch {
		case status >= 200 && status < 300:
			r.says = Accepted // plain, so not usable
		case status == 303, status == 408:
		case status == 409:
			r.says, r.keyed = Rejected, Unknown
		case status >= 300 && status < 500:
			r.says = Rejected
		}
		r.check(t)
	}
}

func TestDecideByBody(t *testing.T) {
	t.Parallel()
	answer := func(status int, v Verdict) seen { return seen{fate: answered, status: status, verdict: v} }
	for _, r := range []row{
		{"usable", answer(202, Usable), never, None, None},
		{"truncated", answer(200, Truncated), harmless, Accepted, None},
		{"unusable", answer(200, Unusable), never, Accepted, None},
		{"limited 403", answer(403, Limited), always, Rejected, None},
		{"limited 429", answer(429, Limited), always, Rejected, None},
		{"doubtful 200", answer(200, Doubtful), never, Unknown, None},
		{"nothing 200", answer(200, Nothing), never, Rejected, None},
		{"nothing 400", answer(400, Nothing), never, Rejected, None},
		{"nothing 408", answer(408, Nothing), harmless, Rejected, None},
		{"nothing 429", answer(429, Nothing), always, Rejected, None},
		{"nothing 500", answer(500, Nothing), always, Rejected, None},
	} {
		r.check(t)
	}
}

// A torn body counts by its status.
func TestDecideTorn(t *testing.T) {
	t.Parallel()
	torn := func(status int) seen { return seen{fate: answered, status: status, torn: true} }
	for _, r := range []row{
		{"torn 200", torn(200), harmless, Accepted, None},
		{"torn 303", torn(303), harmless, Unknown, None},
		{"torn 400", torn(400), harmless, Rejected, None},
		{"torn 408", torn(408), harmless, Unknown, None},
		{"torn 409", torn(409), harmless, Rejected, Unknown},
		{"torn 422", torn(422), [3]bool{true, false, false}, Rejected, None},
		{"torn 429", torn(429), always, Rejected, None},
		{"torn 500", torn(500), harmless, Unknown, None},
		{"torn 501", torn(501), harmless, Unknown, None},
		{"too large 200", seen{fate: answered, status: 200, torn: true, final: true}, never, Accepted, None},
		{"too large 500", seen{fate: answered, status: 500, torn: true, final: true}, never, Unknown, None},
	} {
		r.check(t)
	}
}

// What is final is never repeated, whatever else there is to say.
func TestDecideFinal(t *testing.T) {
	t.Parallel()
	for _, rule := range rules {
		for status := 100; status < 600; status++ {
			for verdict := Plain; verdict <= Doubtful; verdict++ {
				for _, f := range []fate{ambiguous, notSent, answered} {
					again, _ := rule.decide(seen{fate: f, status: status, verdict: verdict, final: true})
					require.False(t, again)
				}
			}
		}
	}
}

func TestBackoffIsBounded(t *testing.T) {
	t.Parallel()
	const least, most = 250 * time.Millisecond, 8 * time.Second
	for tries, bound := range []time.Duration{
		1: least, 2: 2 * least, 3: 4 * least, 4: 8 * least, 5: 16 * least, 6: most, 7: most, 1000: most,
	} {
		if bound == 0 {
			continue
		}
		var highest time.Duration
		for range 500 {
			d := backoff(tries, least, most, jitter)
			require.GreaterOrEqual(t, d, time.Duration(0))
			require.LessOrEqual(t, d, bound, "after %d tries", tries)
			highest = max(highest, d)
		}
		require.Greater(t, highest, bound/2, "jitter uses the whole span")
	}
}

// Bounds that a caller may set and no clock can hold.
func TestBackoffOfAnySize(t *testing.T) {
	t.Parallel()
	const longest = time.Duration(1<<63 - 1)
	for tries := 1; tries < 100; tries++ {
		for _, bounds := range [][2]time.Duration{{0, 0}, {0, longest}, {1, longest}, {longest, longest}, {longest - 1, longest}} {
			require.GreaterOrEqual(t, backoff(tries, bounds[0], bounds[1], jitter), time.Duration(0))
		}
	}
}
