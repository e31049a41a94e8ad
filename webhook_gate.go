package agentmsg

import "sync"

// gate counts what is inside, until it is shut and empty.
type gate struct {
	mu      sync.Mutex
	inside  int
	drained chan struct{} // made when the gate is shut, closed when it is empty
}

// enter reports whether the gate lets another in.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.drained != nil {
		return false
	}
	g.inside++
	return true
}

// join lets in what something inside leaves behind, shut or not.
func (g *gate) join() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside++
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	if g.inside == 0 && g.drained != nil {
		close(g.drained)
	}
}

// shut lets nobody in any more. What it returns is closed once all have left.
func (g *gate) shut() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.drained == nil {
		g.drained = make(chan struct{})
		if g.inside == 0 {
			close(g.drained)
		}
	}
	return g.drained
}
