package transport

import "sync"

// Budget is a bucket of tokens that keeps an outage from multiplying traffic:
// a retry costs ten, a success gives one back. The nil Budget never runs out.
type Budget struct {
	mu     sync.Mutex
	tokens int
	size   int
}

// NewBudget returns a full bucket of so many tokens; nil when there are to be
// none, so that nothing is bounded.
func NewBudget(size int) *Budget {
	if size < 0 {
		return nil
	}
	return &Budget{tokens: size, size: size}
}

const retryCost = 10

// spend takes a retry's tokens, or says that they are not there.
func (b *Budget) spend() bool {
	if b == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tokens < retryCost {
		return false
	}
	b.tokens -= retryCost
	return true
}

// earn gives a success's token back.
func (b *Budget) earn() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens = min(b.tokens+1, b.size)
}
