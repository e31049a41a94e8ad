package agentmsg_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// ledgerEntry is what the servers know of one call.
type ledgerEntry struct {
	requests  int // that arrived, at least to the end of their header
	storage   int // those of them that the storage got
	processed int // by an API, once a key where there is one
	stored    int // by the storage: files put and files given
	torn      int // files that were put, and are not the call's
	strayed   int // redirects that were followed
	keys      map[string]bool
}

// ledgerServer is the APIs and the storage on one socket. What it does with a
// request comes from the seed, the call and how many the call had before.
type ledgerServer struct {
	*peer.Loopback
	calls []*ledgerCall
	seed  uint64

	mu      sync.Mutex
	entries []ledgerEntry
	faults  map[string]int
	strays  []string // requests that name no call
}

func newLedgerServer(t *testing.T, seed uint64, size int) *ledgerServer {
	t.Helper()
	s := &ledgerServer{seed: seed, entries: make([]ledgerEntry, size), faults: map[string]int{}}
	s.Loopback = peer.Listen(t, s.talk)
	for n := range size {
		s.calls = append(s.calls, planLedgerCall(seed, n, s.URL()))
	}
	return s
}

func (s *ledgerServer) talk(_ int, c net.Conn) {
	for in := bufio.NewReader(c); ; {
		r, err := http.ReadRequest(in)
		if err != nil || !s.exchange(c, r) {
			return
		}
	}
}

func (s *ledgerServer) exchange(c net.Conn, r *http.Request) bool {
	call, f := s.arrive(r)
	if call == nil {
		return false
	}
	if f.early {
		return f.act(c, r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return false
	}
	if f.takes {
		s.process(call, r, string(body))
	}
	return f.act(c, r)
}

// arrive enters a request, and decides what becomes of it.
func (s *ledgerServer) arrive(r *http.Request) (*ledgerCall, ledgerFault) {
	id := ledgerID.FindString(r.RequestURI)
	if id == "" {
		id = ledgerID.FindString(r.Header.Get("X-Call"))
	}
	n, ok := ledgerNumber(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !ok || n >= len(s.calls) {
		s.strays = append(s.strays, r.Method+" "+r.RequestURI)
		return nil, ledgerFault{}
	}
	call, entry := s.calls[n], &s.entries[n]
	if strings.Contains(r.RequestURI, "/strayed/") {
		entry.strayed++
	}
	moment := uint64(entry.requests)
	if ofStorage(r) {
		moment = momentStorage | uint64(entry.storage)
		entry.storage++
	}
	entry.requests++
	f := faultOf(ledgerDice(s.seed, n, moment), call, r)
	name := f.name
	if f.takes {
		name += ", taken"
	}
	s.faults[name]++
	return call, f
}

func ofStorage(r *http.Request) bool { return strings.HasPrefix(r.RequestURI, "/storage/") }

// process is what the server does for good.
func (s *ledgerServer) process(call *ledgerCall, r *http.Request, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entry := &s.entries[call.n]
	switch key := r.Header.Get(wire.HeaderIdempotencyKey); {
	case ofStorage(r):
		entry.stored++
		if r.Method == http.MethodPut && body != string(call.content()) {
			entry.torn++
		}
	case !strings.Contains(r.RequestURI+body, call.id) || body != "" && !strings.HasSuffix(body, "}"):
		s.strays = append(s.strays, "half a request: "+r.Method+" "+r.RequestURI)
	case call.kind.class == wire.Keyed:
		if entry.keys == nil {
			entry.keys = map[string]bool{}
		}
		entry.keys[key] = true
		entry.processed = len(entry.keys)
	default:
		entry.processed++
	}
}

// goodAnswer is a success of the call.
func (s *ledgerServer) goodAnswer(call *ledgerCall, r *http.Request) string {
	switch {
	case ofStorage(r) && r.Method == http.MethodPut:
		return ""
	case ofStorage(r):
		return string(call.content())
	}
	return goodLedgerAnswer(call)
}

func goodLedgerAnswer(call *ledgerCall) string {
	url := call.storageURL + "/storage/" + call.id + "?" + secretQuery
	return fmt.Sprintf(`{"id":%q,"messageId":%[1]q,"sessionId":%[1]q,"aiPaused":true,"userMessage":{"id":%[1]q},"data":{"message":{"id":%[1]q}},"items":[{"id":%[1]q}],`+
		`"fileKey":%[1]q,"uploadUrl":%q,"downloadUrl":%[2]q}`, call.id, url)
}
