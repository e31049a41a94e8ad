package agentmsg

import (
	"net"
	"net/http"
	"net/netip"

	"github.com/agentmsg/agentmsg/internal/signature"
)

// CheckFile is what every announced file passes.
var CheckFile = checkFile

// TellContentType is the type that an upload of the file announces.
func TellContentType(f File, op Op) (string, error) { return f.contentType(op) }

// FixedSecrets is how a handler verifies.
func FixedSecrets(secrets ...string) func(body []byte, signature string) bool {
	return signature.NewKeys(secrets...).Verify
}

// Special says why a download goes to no such address.
var Special = special

// FetchWith has the host looked up by r, and the addresses judged by forbidden;
// nil: as always.
func FetchWith(r *net.Resolver, forbidden func(netip.Addr) string) FetchOption {
	return func(c *fetchConfig) error {
		c.resolver = r
		if forbidden != nil {
			c.forbidden = forbidden
		}
		return nil
	}
}

// FetchRoundTripper is what a download without options goes over.
func FetchRoundTripper() *http.Transport {
	return (&fetchConfig{}).roundTripper().(*http.Transport)
}

// PlainMessage reads a message without encoding/json, where it can.
func PlainMessage(body []byte) (Event, bool) {
	m, ok := plainMessage(body)
	return m, ok
}

// DecodeJSON reads an event with encoding/json alone.
func DecodeJSON(body []byte) (Event, error) { return decodeJSON(body) }

// MemoryKeys is how many keys a MemoryDeduper holds, those included that are
// over and not yet swept.
func MemoryKeys(d *MemoryDeduper) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	held := len(d.leases)
	for _, m := range d.keeps {
		if m.first == 0 {
			panic("an empty list is kept")
		}
		for n := m.first; n != 0; n = d.keys.at(n).next {
			held++
		}
	}
	unused := 0
	for n := d.keys.unused; n != 0; n = d.keys.at(n).next {
		unused++
	}
	if held != len(d.numbers) || held+unused != int(d.keys.used) {
		panic("the parts of a MemoryDeduper do not agree")
	}
	return held
}
