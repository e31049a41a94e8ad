package wire

// Header names, in the canonical form of net/http.
const (
	HeaderAuthorization  = "Authorization"
	HeaderAPIKey         = "X-Api-Key" // documented as X-API-Key; names have no case on the wire
	HeaderIdempotencyKey = "X-Idempotency-Key"
	HeaderSignature      = "X-Maia-Signature"
	HeaderTimestamp      = "X-Maia-Timestamp"
)
