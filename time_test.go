package agentmsg_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// readTimes reads one JSON value as both kinds of time.
func readTimes(tb testing.TB, text string) (agentmsg.Time, agentmsg.EventTime) {
	tb.Helper()
	var both struct {
		Time  agentmsg.Time
		Event agentmsg.EventTime
	}
	require.NoError(tb, json.Unmarshal([]byte(`{"Time":`+text+`,"Event":`+text+`}`), &both), text)
	return both.Time, both.Event
}

func TestTimesReadEveryForm(t *testing.T) {
	t.Parallel()
	whole := time.Date(2024, 1, 15, 10, 30, 0, 0, time.UTC)
	milli := whole.Add(250 * time.Millisecond)
	for text, want := range map[string]time.Time{
		`1705314600000`:                   whole, // milliseconds
		`1705314600250`:                   milli,
		`1705314600250.0`:                 milli,
		`1.70531460025e12`:                milli,
		`1705314600`:                      whole, // seconds
		`1705314600.25`:                   milli,
		`"1705314600250"`:                 milli,
		`" 1705314600 "`:                  whole,
		`"2024-01-15T10:30:00.250Z"`:      milli,
		`"2024-01-15T10:30:00Z"`:          whole,
		`"2024-01-15T10:30:00.25Z"`:       milli,
		`"2024-01-15T07:30:00-03:00"`:     whole,
		`"2024-01-15T07:30:00.250-03:00"`: milli,
		`"2024-01-15T07:30:00-0300"`:      whole,
		`"2024-01-15T07:30:00-03"`:        whole,
		`"2024-01-15T16:00:00+05:30"`:     whole,
		`"2024-01-15T10:30:00"`:           whole, // no zone: UTC
		`"2024-01-15T10:30:00.250"`:       milli,
		`"2024-01-15 10:30:00"`:           whole,
		`"2024-01-15 07:30:00-03:00"`:     whole,
		`"2024-01-15T10:30Z"`:             whole,
		`"2024-01-15T10:30"`:              whole,
		`"2024-01-15"`:                    whole.Truncate(24 * time.Hour),
		`"2024-01-15T10:30:00\u005a"`:     whole,
		`99999999999`:                     time.Unix(99999999999, 0).UTC(), // the last second
		`100000000000`:                    time.UnixMilli(100000000000).UTC(),
		`0`:                               time.Unix(0, 0).UTC(),
		`-1`:                              time.Unix(-1, 0).UTC(),
		`253402300799999`:                 time.UnixMilli(253402300799999).UTC(),
		`"9999-12-31T23:59:59.999Z"`:      time.UnixMilli(253402300799999).UTC(),
	} {
		rest, event := readTimes(t, text)
		require.Equal(t, want, rest.Time, text)
		require.Equal(t, want, event.Time, text)
	}
}

func TestTimesThatCannotBeReadAreZero(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`null`, `""`, `" "`, `"null"`, `true`, `false`, `{}`, `[]`, `[1705314600]`, `{"seconds":1}`, `"yesterday"`, `"NaN"`, `"Infinity"`,
		`253402300800000`, `1e300`, `-1e300`, `"2024-13-01T00:00:00Z"`, `"2024-01-15T10:30:00X"`, "\"\xff\"", `"\ud800"`,
	} {
		rest, event := readTimes(t, text)
		require.True(t, rest.IsZero(), text)
		require.True(t, event.IsZero(), text)
	}
}

// A second reading leaves nothing of the first.
func TestTimesAreOverwritten(t *testing.T) {
	t.Parallel()
	rest, event := agentmsg.Time{Time: time.Unix(1, 0)}, agentmsg.EventTime{Time: time.Unix(1, 0)}
	require.NoError(t, json.Unmarshal([]byte("null"), &rest))
	require.NoError(t, json.Unmarshal([]byte("null"), &event))
	require.True(t, rest.IsZero())
	require.True(t, event.IsZero())
}

// encoding/json gives the value without white space; others may not.
func TestTimesIgnoreWhiteSpace(t *testing.T) {
	t.Parallel()
	var rest agentmsg.Time
	require.NoError(t, rest.UnmarshalJSON([]byte(" \"2024-01-15T10:30:00Z\"\n")))
	require.Equal(t, time.Date(2024, 1, 15, 10, 30, 0, 0, time.UTC), rest.Time)
}

func TestTimesWriteTheirWire(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 1, 15, 7, 30, 0, 250_900_000, time.FixedZone("", -3*60*60))
	for want, v := range map[string]any{
		`1705314600250`:              agentmsg.Time{Time: at},
		`"2024-01-15T10:30:00.250Z"`: agentmsg.EventTime{Time: at},
		`"2024-01-15T10:30:00.000Z"`: agentmsg.EventTime{Time: at.Truncate(time.Second)},
		`[null,null]`:                []any{agentmsg.Time{}, agentmsg.EventTime{}},
		`-1`:                         agentmsg.Time{Time: time.UnixMilli(-1)},
	} {
		b, err := json.Marshal(v)
		require.NoError(t, err)
		require.Equal(t, want, string(b))
	}
}

func TestTimesSurviveTheWire(t *testing.T) {
	t.Parallel()
	want := time.Date(2024, 1, 15, 10, 30, 0, 250_000_000, time.UTC)
	var rest agentmsg.Time
	require.NoError(t, json.Unmarshal([]byte(jsonOf(t, agentmsg.Time{Time: want})), &rest))
	require.Equal(t, want, rest.Time)
	var event agentmsg.EventTime
	require.NoError(t, json.Unmarshal([]byte(jsonOf(t, agentmsg.EventTime{Time: want})), &event))
	require.Equal(t, want, event.Time)
}
