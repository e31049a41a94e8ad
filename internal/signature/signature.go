// Package signature makes and checks the signatures of MAIA's webhooks:
// lower-case hex of the HMAC-SHA256 over the raw body, keyed with the secret's
// UTF-8 bytes, without a prefix. It imports nothing of this module.
package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Sign returns the signature of body under secret: 64 lower-case hex digits.
func Sign(secret string, body []byte) string {
	return hex.EncodeToString(sum(nil, secret, body))
}

// Verify reports whether signature is that of body under one of the secrets.
//
// It reads hex digits of either case and refuses everything else. The time it
// takes tells nothing of the secrets but how many there are: each is tried,
// also after one has matched, and sums are compared in constant time. An empty
// secret matches nothing, see [Usable].
func Verify(body []byte, signature string, secrets ...string) bool {
	given, ok := parse(signature)
	if !ok {
		return false
	}
	var want [sha256.Size]byte
	matched := false
	for _, secret := range secrets {
		if !Usable(secret) {
			continue
		}
		if hmac.Equal(sum(want[:0], secret, body), given[:]) {
			matched = true
		}
	}
	return matched
}

// Usable reports whether a secret keeps anything secret. HMAC fills a short key
// up with zero bytes, so a secret of nothing but those, such as a buffer that
// was never filled, is the empty one.
func Usable(secret string) bool { return strings.Trim(secret, "\x00") != "" }

// sum appends the HMAC of body under secret to buf.
func sum(buf []byte, secret string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return mac.Sum(buf)
}
