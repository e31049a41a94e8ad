package mockserver_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// A stored message takes at most 1 KiB above its text, with its share of the
// lists and indexes. Not parallel: the memory is the process's.
func TestStoredMessageMemory(t *testing.T) {
	const sessions, messages = 100, 5_000
	server, err := mockserver.New(mockserver.WithAI(nil), mockserver.WithJournal(1_000))
	require.NoError(t, err)
	defer server.Close()
	text := strings.Repeat("x", 300)
	say := func() {
		for i := range messages {
			post(t, server, "/messages", fmt.Sprintf(`{"content":"%s","fromChannelIdentifier":"support","sessionId":"s%d"}`, text, i%sessions), http.StatusAccepted)
		}
	}
	say() // the journal is full
	before := live()
	say()
	above := (live()-before)/messages - int64(len(text))
	t.Logf("%d bytes a message above its text", above)
	require.Less(t, above, int64(1<<10))
	runtime.KeepAlive(server)
}

// live is the memory in use.
func live() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
