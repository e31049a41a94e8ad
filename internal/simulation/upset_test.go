package simulation_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
)

// blame is what goes wrong with deliveries on purpose, by session; the empty
// session is any.
type blame struct {
	duplicates map[agentmsg.SessionID]int // events that may come again though they had arrived
	unsigned   int                        // events with a bad signature
	lost       int                        // events that are never sent
	again      map[string]bool            // ids that were sent again on demand
}

func newBlame() blame {
	return blame{duplicates: map[agentmsg.SessionID]int{}, again: map[string]bool{}}
}

// upset makes things go wrong, and people talk, until the end.
func (w *world) upset(all *sync.WaitGroup) {
	r := w.chance("upset")
	for n := 0; w.pause(between(r, 30*time.Second, 40*time.Minute)); n++ {
		switch r.IntN(10) {
		case 0, 1:
			w.talk(r, n)
		case 2:
			w.redeliver(r)
		case 3:
			if w.rotates {
				w.rotate(r, n)
			}
		default:
			w.inject(r, all)
		}
	}
}

// inject begins a fault that is removed later.
func (w *world) inject(r *rand.Rand, all *sync.WaitGroup) {
	f := w.fault(r)
	w.mu.Lock()
	switch f.Kind {
	case mockserver.Duplicate:
		w.blame.duplicates[f.Session] += f.Times
	case mockserver.BadSignature:
		w.blame.unsigned += f.Times
	case mockserver.Lose:
		w.blame.lost += f.Times
	}
	w.mu.Unlock()
	remove := w.server.Inject(f)
	lasts := between(r, time.Minute, 4*time.Hour)
	all.Go(func() {
		w.pause(lasts)
		remove()
	})
}

var everyFault = append(slices.Collect(mockserver.Matrix()), mockserver.Fault{Op: mockserver.OpWebhook, Kind: mockserver.Hold},
	mockserver.Fault{Kind: mockserver.DropBefore}, mockserver.Fault{Kind: mockserver.DropAfterAccept}, mockserver.Fault{Kind: mockserver.Refuse})

// fault is any that there is. It may lie, but not in a way that no sender sees
// through: what was done is not answered as refused.
func (w *world) fault(r *rand.Rand) mockserver.Fault {
	f := oneOf(r, everyFault...)
	f.Times, f.Skip, f.Every = 1+r.IntN(6), r.IntN(3), r.IntN(3)
	if oneIn(r, 2) {
		f.Session = w.anyWorker(r).anySession(r)
		if slices.Contains([]agentmsg.Op{
			agentmsg.OpRequestUpload, agentmsg.OpPut, agentmsg.OpDownloadURL, agentmsg.OpDownload, agentmsg.OpListKanbans, agentmsg.OpListConnections,
		}, f.Op) {
			f.Session = ""
		}
	}
	switch f.Kind {
	case mockserver.Refuse:
		f.Status = oneOf(r, 400, 401, 403, 404, 408, 409, 422, 425, 429, 429, 500, 502, 503, 503, 504, 529)
	case mockserver.RefuseAfterAccept:
		f.Status = oneOf(r, 408, 500, 502, 503, 504, 520)
	case mockserver.Delay:
		f.Delay = between(r, time.Millisecond, 4*time.Minute)
	case mockserver.SlowBody:
		f.Delay = between(r, time.Millisecond, 200*time.Millisecond)
	case mockserver.Duplicate:
		f.Copies = 1 + r.IntN(3)
	}
	if f.Status >= http.StatusTooManyRequests && oneIn(r, 2) {
		f.RetryAfter = oneOf(r, strconv.Itoa(r.IntN(100)), "soon", time.Now().Add(30*time.Second).UTC().Format(http.TimeFormat))
	}
	return f
}

func (w *world) anyWorker(r *rand.Rand) *worker {
	return oneOf(r, oneOf(r, w.clients...).workers...)
}

// talk has someone speak who is no client.
func (w *world) talk(r *rand.Rand, n int) {
	session, text := oneOf(r, w.anyWorker(r).maia[:]...), fmt.Sprintf("unasked %d\nand a line", n)
	switch r.IntN(4) {
	case 0:
		w.server.CustomerSays(session, text)
	case 1:
		w.server.HumanSays(session, text)
	case 2:
		w.server.AISays(session, text)
	default:
		w.server.Emit(fmt.Appendf(nil, `{"event":"account.news","sessionId":%q,"n":%d}`, session, n))
	}
}

// rotate replaces the token. The source of tokens hears of it a little later.
func (w *world) rotate(r *rand.Rand, n int) {
	token := fmt.Sprintf("token-%d", n)
	w.server.SetCredentials(mockserver.Credentials{MAIAToken: agentmsg.Secret(token)})
	w.pause(oneOf(r, 0, between(r, 0, 10*time.Second), between(r, 0, 10*time.Minute)))
	w.token.Store(&token)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.totals.rotations++
}

// redeliver asks for an event once more.
func (w *world) redeliver(r *rand.Rand) {
	sent := sorted(w.server.Deliveries())
	if len(sent) == 0 {
		return
	}
	id := oneOf(r, sent...).ID
	w.mu.Lock()
	w.blame.again[id] = true
	w.totals.redelivered++
	w.mu.Unlock()
	if err := w.server.Redeliver(id); err != nil {
		w.fail("%v", err)
	}
}
