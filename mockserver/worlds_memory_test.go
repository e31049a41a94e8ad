package mockserver_test

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

var worldRequests = flag.Int("world-requests", 5_000, "how many requests TestWorldsMemoryIsFlat makes")

// Ten worlds whose requests store nothing take no memory, however many there
// are. Not parallel: the memory is the process's. For a million: go test -run
// WorldsMemoryIsFlat ./mockserver -world-requests 1000000.
func TestWorldsMemoryIsFlat(t *testing.T) {
	const count = 10
	journal, fills := 1_000, 50_000 // requests that fill all journals, of deliveries too
	if *worldRequests < fills {
		journal, fills = 100, 5_000
	}
	w, err := mockserver.NewWorlds(count, mockserver.WithJournal(journal), mockserver.WithSession(mockserver.Session{ID: "s1"}),
		mockserver.WithWebhookHandler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), ""))
	require.NoError(t, err)
	defer w.Close()
	through := func(n int) {
		for i := range n {
			r := httptest.NewRequest(http.MethodGet, "/kanbans", nil)
			if i/count%4 == 0 {
				r = httptest.NewRequest(http.MethodPatch, "/sessions/s1/ai-paused", strings.NewReader(fmt.Sprintf(`{"aiPaused":%t}`, i/count%8 == 0)))
				r.Header.Set("Content-Type", "application/json")
			}
			r.Header.Set("Authorization", fmt.Sprintf("Bearer test_%d", i%count))
			answer := httptest.NewRecorder()
			if w.ServeHTTP(answer, r); answer.Code != http.StatusOK {
				t.Fatalf("request %d: %d %s", i, answer.Code, answer.Body)
			}
		}
		for _, s := range w.Servers() {
			require.NoError(t, s.Idle(t.Context()))
		}
	}
	through(fills)
	before := heap()
	through(*worldRequests)
	after := heap()
	t.Logf("%d requests over %d worlds: %d KiB before, %d KiB after", *worldRequests, count, before>>10, after>>10)
	require.Less(t, after, before+8<<20)
	require.Less(t, after, int64(100<<20))
	require.NoError(t, w.World("test_0").WaitRequests(t.Context(), agentmsg.OpListKanbans, 500))
}
