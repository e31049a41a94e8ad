package command

import (
	"net/http"
	"sync"
)

// calls are those of the three APIs that are under way.
type calls struct {
	mu  sync.Mutex
	all map[*http.Request]bool
}

// through has h answer, and knows of each call while it does.
func (c *calls) through(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.all[r] = true
		c.mu.Unlock()
		defer func() {
			c.mu.Lock()
			delete(c.all, r)
			c.mu.Unlock()
		}()
		h.ServeHTTP(w, r)
	})
}

// left are those that are not over, in no order.
func (c *calls) left() []*http.Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []*http.Request
	for r := range c.all {
		all = append(all, r)
	}
	return all
}
