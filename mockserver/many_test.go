package mockserver_test

import (
	"flag"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// requestsThatStoreNothing is a million in a long run.
var requestsThatStoreNothing = flag.Int("requests", 10_000, "how many requests TestMemoryIsFlat makes")

// Hundreds of servers live at once, and none knows of another. TestMain says
// whether one left a goroutine.
func TestManyServers(t *testing.T) {
	t.Parallel()
	const servers = 300
	var alive, over sync.WaitGroup
	alive.Add(servers)
	for i := range servers {
		over.Go(func() {
			said, err := oneOfMany(t, fmt.Sprint(i), alive.Done, alive.Wait)
			if err != nil || said != fmt.Sprintf("00000000-0000-4000-8000-000000000001 evt_000001 customer: %d\nai: You said: %d\n", i, i) {
				t.Errorf("%d: %v %s", i, err, said)
			}
		})
	}
	over.Wait()
}

// oneOfMany lives until all the others live too, and works then.
func oneOfMany(t *testing.T, name string, born, wait func()) (said string, err error) {
	box := new(inbox)
	s, err := mockserver.New(mockserver.WithWebhookHandler(box, ""))
	born()
	if err != nil {
		return "", err
	}
	defer s.Close()
	wait()
	if err := send(t.Context(), s.Client(), "s", name); err != nil {
		return "", err
	}
	if err := s.Idle(t.Context()); err != nil {
		return "", err
	}
	all, sent, heard := s.Sessions(), s.Deliveries(), box.said()
	if len(all) != 1 || len(sent) != 1 || len(heard) != 1 || len(s.Requests()) != 1 {
		return "", fmt.Errorf("%v %v %v", all, sent, heard)
	}
	return fmt.Sprintf("%s %s %s", all[0].Messages[0].ID, sent[0].ID, all[0].String()), nil
}

// What stores nothing takes no memory, however often it comes. Not parallel:
// the memory is the process's. For a million: go test -run MemoryIsFlat
// ./mockserver -requests 1000000.
func TestMemoryIsFlat(t *testing.T) { //nolint:paralleltest // see above
	s, err := mockserver.New(mockserver.WithJournal(1_000), mockserver.WithSession(mockserver.Session{ID: "s1"}), mockserver.WithWebhookHandler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), ""))
	require.NoError(t, err)
	defer s.Close()
	ask := func(n int) {
		for i := range n {
			paused := i%20 == 0 // and not in the next: two events
			var status int
			switch i % 4 {
			case 0, 1:
				status, _ = exchange(s, http.MethodPatch, "/sessions/s1/ai-paused", fmt.Sprintf(`{"aiPaused":%t}`, paused))
			case 2:
				status, _, _ = listed(s, "/kanbans")
			case 3:
				status, _, _ = listed(s, "/connections")
			}
			if status != http.StatusOK {
				t.Fatalf("request %d: %d", i, status)
			}
		}
		require.NoError(t, s.Idle(t.Context()))
	}
	ask(20_000) // the journal is full of requests and of deliveries
	before := heap()
	ask(*requestsThatStoreNothing)
	after := heap()
	t.Logf("%d requests: %d KiB before, %d KiB after", *requestsThatStoreNothing, before>>10, after>>10)
	require.Less(t, after, before+8<<20)
	require.Less(t, after, int64(100<<20))
	require.NoError(t, s.WaitRequests(t.Context(), agentmsg.OpListKanbans, 5_000))
}

// heap is what lives of it.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
