package agent

import (
	"slices"
	"sync"
	"time"
)

// owedFor is how long an unanswered question is thought of. How late a reply
// may come nobody documents.
const owedFor = time.Hour

// pastQuestions is what the questions before mean for the next one of their
// session. It remembers nine tenths of maxRecent sessions at the least.
type pastQuestions struct {
	mu       sync.Mutex
	sessions map[string]*past // by waiter key
	order    []string
}

// past is that of a session.
type past struct {
	busyUntil time.Time // parts of an earlier answer may come until then
	owedUntil time.Time // an earlier question may be answered until then
}

func (p *past) over(now time.Time) bool { return !now.Before(p.busyUntil) && !now.Before(p.owedUntil) }

// busy is until when the session is to be left alone.
func (p *pastQuestions) busy(key string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if of := p.sessions[key]; of != nil {
		return of.busyUntil
	}
	return time.Time{}
}

// owed tells whether an earlier question ended unanswered and still is.
func (p *pastQuestions) owed(key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.sessions[key]
	return of != nil && time.Now().Before(of.owedUntil)
}

// ended notes the end of a question that was, or may have been, asked.
func (p *pastQuestions) ended(key string, busyFor time.Duration, unanswered bool) {
	if busyFor <= 0 && !unanswered {
		return
	}
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.open(key)
	of.busyUntil = now.Add(busyFor)
	if unanswered {
		of.owedUntil = now.Add(owedFor)
	}
}

// came notes a message that no question was given: a late part, or the late
// reply that was owed.
func (p *pastQuestions) came(key string, quiet time.Duration) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if of := p.sessions[key]; of != nil && !of.over(now) {
		of.owedUntil = time.Time{}
		of.busyUntil = now.Add(quiet)
	}
}

// answered notes that the last question was answered after all.
func (p *pastQuestions) answered(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if of := p.sessions[key]; of != nil {
		of.owedUntil = time.Time{}
	}
}

// open finds or makes a session's past. p.mu is held.
func (p *pastQuestions) open(key string) *past {
	if of := p.sessions[key]; of != nil {
		return of
	}
	if p.sessions == nil {
		p.sessions = map[string]*past{}
	}
	if len(p.order) >= maxRecent {
		p.forget()
	}
	of := new(past)
	p.sessions[key] = of
	p.order = append(p.order, key)
	return of
}

// forget drops the sessions that mean nothing any more, and where that is less
// than a tenth, the oldest tenth: to look through all of them must be rare.
// p.mu is held.
func (p *pastQuestions) forget() {
	now := time.Now()
	p.order = slices.DeleteFunc(p.order, func(key string) bool {
		over := p.sessions[key].over(now)
		if over {
			delete(p.sessions, key)
		}
		return over
	})
	oldest := max(0, len(p.order)-maxRecent*9/10)
	for _, key := range p.order[:oldest] {
		delete(p.sessions, key)
	}
	p.order = slices.Delete(p.order, 0, oldest)
}
