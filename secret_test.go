package agentmsg_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

func TestSecretIsNotShown(t *testing.T) {
	t.Parallel()
	const secret agentmsg.Secret = "hidden"
	require.Equal(t, "REDACTED", secret.String())
	require.Equal(t, "REDACTED", secret.GoString())
	for _, verb := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x", "%X", "%d", "%10s", "%.2s", "% x"} {
		require.Equal(t, "REDACTED", fmt.Sprintf(verb, secret), verb)
		require.Equal(t, "REDACTED", fmt.Sprintf(verb, agentmsg.Secret("")), verb)
		for _, around := range []any{
			new(secret), []agentmsg.Secret{secret}, map[string]agentmsg.Secret{"k": secret}, struct{ S agentmsg.Secret }{secret},
		} {
			text := fmt.Sprintf(verb, around)
			require.NotContains(t, text, "hidden", verb)
			require.NotContains(t, text, "686964", verb)
		}
	}
	require.EqualError(t, fmt.Errorf("with %v: %w", secret, agentmsg.ErrServer), "with REDACTED: server")
}

func TestSecretIsNotLogged(t *testing.T) {
	t.Parallel()
	const secret agentmsg.Secret = "hidden"
	var text bytes.Buffer
	for _, log := range []*slog.Logger{slog.New(slog.NewJSONHandler(&text, nil)), slog.New(slog.NewTextHandler(&text, nil))} {
		log.Info("x", "key", secret)
		log.With("key", secret).WithGroup("g").Info("x", slog.Any("key", new(secret)), slog.Group("deep", "key", secret))
	}
	require.NotContains(t, text.String(), "hidden")
	require.Equal(t, 8, bytes.Count(text.Bytes(), []byte("REDACTED")))
}

// A ticket may be stored and used by another process.
func TestSecretJSONIsTheValue(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(agentmsg.Secret("hidden"))
	require.NoError(t, err)
	require.JSONEq(t, `"hidden"`, string(b))
	var back agentmsg.Secret
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, "hidden", string(back))
}

// The scheme is the client's to write: a header's whole value is no token.
func TestTokenWithItsScheme(t *testing.T) {
	t.Parallel()
	for _, opt := range []agentmsg.Option{
		agentmsg.WithMAIA("Bearer " + secretToken), agentmsg.WithBluBash("bearer " + secretKey), agentmsg.WithConversations("https://a.test/v1", "BEARER x"),
	} {
		_, err := agentmsg.NewClient(opt)
		require.ErrorContains(t, err, "begins with Bearer: give the token alone")
		require.ErrorIs(t, err, agentmsg.ErrInvalidParam)
		requireNoSecret(t, err)
	}
}
