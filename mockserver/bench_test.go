package mockserver_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// bare is what a fake costs at least: it decodes, stores in a map and encodes.
type bare struct {
	mu    sync.Mutex
	store map[string]map[string]any
	n     int
}

func (h *bare) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in map[string]any
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	h.n++
	id := strconv.Itoa(h.n)
	h.store[id] = in
	h.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_ = json.NewEncoder(w).Encode(map[string]any{"sessionId": in["sessionId"], "isNewSession": false, "userMessage": map[string]any{
		"id": id, "role": "user", "content": in["content"], "timestamp": 1704067200000,
	}, "message": "Message received. AI response will be delivered via webhook."})
}

// benchMessage is 400 bytes.
var benchMessage = func() string {
	const frame = `{"content":"","fromChannelIdentifier":"support","sessionId":"","externalUserId":"customer-123"}`
	return strings.Replace(frame, `"content":""`, `"content":"`+strings.Repeat("x", 400-len(frame)-8)+`"`, 1)
}()

// BenchmarkServer is requests at 64 kept connections: the mock with journal,
// strict decoding, credentials and state, beside the bare handler.
func BenchmarkServer(b *testing.B) {
	mock, err := mockserver.New(mockserver.WithAI(nil))
	require.NoError(b, err)
	defer mock.Close()
	for name, h := range map[string]http.Handler{"mock": mock, "bare": &bare{store: map[string]map[string]any{}}} {
		b.Run(name, func(b *testing.B) { hammer(b, h) })
	}
}

func hammer(b *testing.B, h http.Handler) {
	server := httptest.NewServer(h)
	defer server.Close()
	server.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 64
	var next atomic.Int64
	b.SetParallelism(32) // on two cores
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		session := strconv.Itoa(int(next.Add(1)))
		body := strings.Replace(benchMessage, `"sessionId":""`, `"sessionId":"s`+session+`"`, 1)
		for pb.Next() {
			r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL+"/messages", strings.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+mockserver.DefaultMAIAToken)
			answer, err := server.Client().Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
			if answer.StatusCode != http.StatusAccepted {
				b.Error(answer.StatusCode)
				return
			}
		}
	})
}

// BenchmarkLife is a server from its beginning to its end, beside httptest's.
func BenchmarkLife(b *testing.B) {
	b.Run("mock", func(b *testing.B) {
		for b.Loop() {
			s, err := mockserver.New()
			if err != nil {
				b.Fatal(err)
			}
			s.Close()
		}
	})
	b.Run("httptest", func(b *testing.B) {
		for b.Loop() {
			httptest.NewServer(http.NotFoundHandler()).Close()
		}
	})
}
