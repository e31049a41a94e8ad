package signature_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agentmsg/agentmsg/internal/signature"
)

const secret = "test-webhook-secret"

// The two signatures that the API's page gives.
func TestDocumentedSignatures(t *testing.T) {
	t.Parallel()
	for _, vector := range []struct {
		file, signature string
		size            int
	}{
		{"webhook_channel_message_v2.signed-body.txt", "1ab9c9b9d7cc16dc051a32bf96a6c07c8fe059869505fb0883bfa66c15f4b441", 503},
		{"webhook_crm_field_update.signed-body.txt", "bf0d628c42fa210c4155a608dac54526b1c61ddf966cd38cdb683caae568803b", 372},
	} {
		t.Run(vector.file, func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(filepath.Join("..", "..", "testdata", "wire", "maia", vector.file))
			require.NoError(t, err)
			require.Len(t, body, vector.size)
			require.Equal(t, vector.signature, signature.Sign(secret, body))
			require.True(t, signature.Verify(body, vector.signature, secret))
			require.False(t, signature.Verify(append(body, '\n'), vector.signature, secret))
		})
	}
}

// RFC 4231, test case 2.
func TestSignIsHMACSHA256(t *testing.T) {
	t.Parallel()
	require.Equal(t, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		signature.Sign("Jefe", []byte("what do ya want for nothing?")))
}

func TestVerifyReadsTheHexStrictly(t *testing.T) {
	t.Parallel()
	body := []byte(`{"sessionId":"s1"}`)
	good := signature.Sign(secret, body)
	require.Equal(t, strings.ToLower(good), good)
	for name, test := range map[string]struct {
		signature string
		want      bool
	}{
		"lower case":         {good, true},
		"upper case":         {strings.ToUpper(good), true},
		"empty":              {"", false},
		"prefixed":           {"sha256=" + good, false},
		"0x":                 {"0x" + good[2:], false},
		"odd length":         {good[:63], false},
		"one digit too many": {good + "0", false},
		"truncated":          {good[:32], false},
		"twice":              {good + good, false},
		"not hex":            {"g" + good[1:], false},
		"non-ASCII":          {"é" + good[2:], false},
		"leading blank":      {" " + good[1:], false},
		"trailing line end":  {good[:63] + "\n", false},
		"NUL":                {"\x00" + good[1:], false},
		"another body's":     {signature.Sign(secret, []byte(`{}`)), false},
		"another secret's":   {signature.Sign("other", body), false},
	} {
		require.Equal(t, test.want, signature.Verify(body, test.signature, secret), name)
	}
}

// What cannot be read must not stand for zero bytes: the sum of this body ends
// in one.
func TestVerifyDoesNotFillUp(t *testing.T) {
	t.Parallel()
	var body []byte
	good := signature.Sign(secret, body)
	for !strings.HasSuffix(good, "00") {
		body = append(body, 'x')
		good = signature.Sign(secret, body)
	}
	require.True(t, signature.Verify(body, good, secret))
	for _, end := range []string{"zz", "0z", "z0", "  ", "\x00\x00", "é"} {
		require.False(t, signature.Verify(body, good[:62]+end, secret), end)
	}
	require.False(t, signature.Verify(body, good[:62], secret))
}

func TestVerifyTriesEverySecret(t *testing.T) {
	t.Parallel()
	body := []byte("body")
	old, fresh := signature.Sign("old", body), signature.Sign("new", body)
	require.True(t, signature.Verify(body, old, "old", "new"))
	require.True(t, signature.Verify(body, fresh, "old", "new"))
	require.False(t, signature.Verify(body, signature.Sign("third", body), "old", "new"))
	require.False(t, signature.Verify(body, old))
}

func TestEmptySecretVerifiesNothing(t *testing.T) {
	t.Parallel()
	body := []byte("body")
	forged := signature.Sign("", body)
	require.False(t, signature.Verify(body, forged, ""))
	require.False(t, signature.Verify(body, forged, "", secret))
	require.False(t, signature.Verify(body, forged, secret, ""))
	require.Equal(t, forged, signature.Sign("\x00\x00", body), "HMAC fills keys up with zero bytes")
	require.False(t, signature.Verify(body, forged, "\x00\x00", secret))
	require.True(t, signature.Usable("\x00k"))
	require.True(t, signature.Verify(body, signature.Sign(secret, body), "", secret, ""))
}
