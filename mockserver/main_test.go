package mockserver_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// exchange sends raw bytes with the credentials of all three APIs, each in its
// own header: what a client of another language would do.
func exchange(s *mockserver.Server, method, path, body string, headers ...string) (status int, answer string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+mockserver.DefaultMAIAToken)
	if strings.HasPrefix(path, "/v1/") {
		r.Header.Set("Authorization", "Bearer "+mockserver.DefaultConversationsToken)
	}
	r.Header.Set("X-API-Key", mockserver.DefaultBluBashKey)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Del(headers[i])
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// post is an exchange that must have a status.
func post(t *testing.T, s *mockserver.Server, path, body string, status int) string {
	t.Helper()
	got, answer := exchange(s, http.MethodPost, path, body)
	require.Equal(t, status, got, answer)
	return answer
}

const (
	agentMessages = "/channels/" + mockserver.DefaultChannelID + "/sessions/s1/agent-messages"
	contacts      = "/api/v1/channels/" + mockserver.DefaultBluBashChannelID + "/messages"
	conversation  = "/v1/messages"
)

// message is a customer's message in session s1, with further members.
func message(more ...string) string {
	return `{"content":"hi","fromChannelIdentifier":"support","sessionId":"s1"` + strings.Join(append([]string{""}, more...), ",") + `}`
}

// fakeTB is a test that does not end this one.
type fakeTB struct {
	mu       sync.Mutex
	cleanups []func()
	errors   []string
	failed   bool
}

func (f *fakeTB) Helper()           {}
func (f *fakeTB) Cleanup(fn func()) { f.cleanups = append(f.cleanups, fn) }
func (f *fakeTB) Errorf(s string, a ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errors = append(f.errors, fmt.Sprintf(s, a...))
}

func (f *fakeTB) FailNow() {
	f.failed = true
	runtime.Goexit()
}

// run is a test's life: its function, then its clean-ups.
func (f *fakeTB) run(test func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		test()
	}()
	<-done
	for i := len(f.cleanups) - 1; i >= 0; i-- {
		f.cleanups[i]()
	}
}

// inbox is a receiver in memory that answers with a status.
type inbox struct {
	mu     sync.Mutex
	status []int // of the first ones; then 200
	events []agentmsg.Event
	bodies []string
}

func (b *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if agentmsg.VerifySignature(body, r.Header.Get(agentmsg.SignatureHeader), mockserver.DefaultWebhookSecret) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	event, _ := agentmsg.ParseEvent(body)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events, b.bodies = append(b.events, event), append(b.bodies, string(body))
	if n := len(b.events); n <= len(b.status) {
		w.WriteHeader(b.status[n-1])
	}
}

func (b *inbox) seen() []agentmsg.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]agentmsg.Event(nil), b.events...)
}

// said are the texts of the messages that arrived.
func (b *inbox) said() []string {
	var said []string
	for _, e := range b.seen() {
		if m, ok := e.(*agentmsg.MessageEvent); ok {
			said = append(said, string(m.Direction)+":"+m.Response)
		}
	}
	return said
}
