package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"sync"
)

// Keys verifies under secrets that stay the same: it makes the state of each
// HMAC once, where Verify makes it for each body. The zero value verifies
// nothing. Safe for concurrent use.
type Keys struct {
	keys []*key
}

// key lends out states of one secret's HMAC, each with room for a sum: what a
// hash.Hash writes to cannot stay on the stack.
type key struct {
	states sync.Pool
}

type state struct {
	mac hash.Hash
	sum [sha256.Size]byte
}

// NewKeys returns the secrets that are usable, see [Usable].
func NewKeys(secrets ...string) Keys {
	var k Keys
	for _, secret := range secrets {
		if Usable(secret) {
			k.keys = append(k.keys, newKey([]byte(secret)))
		}
	}
	return k
}

func newKey(secret []byte) *key {
	return &key{states: sync.Pool{New: func() any { return &state{mac: hmac.New(sha256.New, secret)} }}}
}

// Verify is like the function of that name.
func (k Keys) Verify(body []byte, signature string) bool {
	given, ok := parse(signature)
	if !ok {
		return false
	}
	matched := false
	for _, key := range k.keys {
		if key.matches(body, given[:]) {
			matched = true
		}
	}
	return matched
}

func (k *key) matches(body, given []byte) bool {
	s := k.states.Get().(*state)
	defer k.states.Put(s)
	s.mac.Reset()
	s.mac.Write(body)
	return hmac.Equal(s.mac.Sum(s.sum[:0]), given)
}

// parse reads 64 hex digits of either case.
func parse(signature string) (given [sha256.Size]byte, ok bool) {
	var digits [2 * sha256.Size]byte
	if len(signature) != len(digits) {
		return given, false
	}
	copy(digits[:], signature)
	_, err := hex.Decode(given[:], digits[:])
	return given, err == nil
}
