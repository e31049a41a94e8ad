package simulation_test

import (
	"bytes"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
)

func digest(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return h.Sum64()
}

// inbox is a receiver of webhooks that has bad days. What it answers depends
// on the seed, the body and how often it came.
type inbox struct {
	world *world

	mu       sync.Mutex
	attempts map[uint64]int // of each body
	unsigned int
}

func (b *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.world.fail("a delivery's body: %v", err)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	what := digest(string(body))
	event, err := agentmsg.ReadWebhook(r, mockserver.DefaultWebhookSecret)
	b.mu.Lock()
	b.attempts[what]++
	n := b.attempts[what]
	if err != nil {
		b.unsigned++
	}
	b.mu.Unlock()
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if event.EventType() == "" {
		b.world.fail("a delivery without a type: %s", body)
	}
	b.answer(w, r, rand.New(rand.NewPCG(b.world.seed, what+uint64(n))))
}

func (b *inbox) answer(w http.ResponseWriter, r *http.Request, chance *rand.Rand) {
	status := http.StatusOK
	switch chance.IntN(20) {
	case 0:
		panic(http.ErrAbortHandler) // the connection is gone
	case 1:
		sleepAsLongAs(r, between(chance, 0, 20*time.Second)) // the sender waits for 10
	case 2, 3:
		status = oneOf(chance, 500, 502, 503, 429)
	case 4:
		status = oneOf(chance, 202, 204, 400, 404, 410, 302)
	}
	w.WriteHeader(status)
}

// sleepAsLongAs waits, as long as anyone listens.
func sleepAsLongAs(r *http.Request, d time.Duration) {
	select {
	case <-time.After(d):
	case <-r.Context().Done():
	}
}
