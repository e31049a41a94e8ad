package agentmsg

import "github.com/agentmsg/agentmsg/internal/signature"

// CheckFile is what every announced file passes.
var CheckFile = checkFile

// TellContentType is the type that an upload of the file announces.
func TellContentType(f File, op Op) (string, error) { return f.contentType(op) }

// FixedSecrets is how a handler verifies.
func FixedSecrets(secrets ...string) func(body []byte, signature string) bool {
	return signature.NewKeys(secrets...).Verify
}
