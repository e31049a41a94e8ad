package agentmsg_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/signature"
	"github.com/stretchr/testify/require"
)

func seedEvents(f *testing.F) {
	f.Helper()
	for _, name := range []string{
		"webhook_channel_message_v1.json", "webhook_channel_message_v2.json", "webhook_channel_message_v2.signed-body.txt",
		"webhook_crm_field_update.json", "webhook_crm_field_update.signed-body.txt", "webhook_crm_record_created.PARTIAL.json",
	} {
		f.Add(maiaVector(f, name))
	}
	for _, test := range tolerated {
		f.Add([]byte(test.body))
	}
	for _, body := range []string{
		"", "null", "[]", "{", `{"a":1}{`, "\uFEFF\uFEFF{}", nested(100), "{}\x00", `{"eventType"`, `{"eventType":`, `{"eventType":"`,
		`{"SESSIONID":7,"sessionid":"s","sessionId":null}`, `{"timestamp":1705314600000}`, `{"timestamp":"99999-01-01T00:00:00Z"}`,
		`{"attachments":[{"id":"a","url":"u"}],"attachments":[{"size":1}]}`,
	} {
		f.Add([]byte(body))
	}
}

func FuzzParseEvent(f *testing.F) {
	seedEvents(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		event, err := agentmsg.ParseEvent(body)
		require.Equal(t, before, body)

		trimmed := bytes.Trim(bytes.TrimPrefix(body, []byte("\uFEFF")), " \t\r\n")
		object := json.Valid(trimmed) && trimmed[0] == '{'
		if !object {
			require.Nil(t, event)
			requireInvalidEvent(t, err, body)
			return
		}
		require.NoError(t, err)
		require.Equal(t, string(trimmed), string(event.Raw()))

		again, err := agentmsg.ParseEvent(event.Raw())
		require.NoError(t, err)
		require.Equal(t, event, again)
		require.Equal(t, event.DedupeKey(), again.DedupeKey())
		require.NotEmpty(t, event.DedupeKey())

		hooked, err := agentmsg.ReadWebhook(delivery(string(body)), webhookSecret)
		require.NoError(t, err)
		require.Equal(t, event, hooked)

		requireReadable(t, event)
		requireDiscreet(t, event)
	})
}

// requireInvalidEvent holds the error of what is no event: its text is the
// same for all bodies, but for a number.
func requireInvalidEvent(t *testing.T, err error, body []byte) {
	t.Helper()
	refused, ok := errors.AsType[*agentmsg.WebhookError](err)
	require.True(t, ok)
	require.Equal(t, 400, refused.Status)
	require.ErrorIs(t, err, agentmsg.ErrInvalidEvent)
	text := strings.TrimRight(err.Error(), "0123456789")
	require.True(t, slices.Contains([]string{
		"agentmsg: webhook: 400 invalid_event: the body is no JSON object",
		"agentmsg: webhook: 400 invalid_event: the body is no JSON, or nested too deep, at byte ",
	}, text), "%q of %q", text, body)
}

// requireReadable holds what the members of an event promise, and that its
// JSON is an event of the same kind.
func requireReadable(t *testing.T, event agentmsg.Event) {
	t.Helper()
	written, err := json.Marshal(event)
	require.NoError(t, err)
	switch e := event.(type) {
	case *agentmsg.MessageEvent:
		require.NotEmpty(t, e.Direction)
		require.Equal(t, agentmsg.EventMessage, e.EventType())
	case *agentmsg.UnknownEvent:
		require.True(t, strings.HasPrefix(e.DedupeKey(), "sha256:"))
		return
	}
	again, err := agentmsg.ParseEvent(written)
	require.NoError(t, err)
	require.IsType(t, event, again)
	require.Equal(t, event.Session(), again.Session())
}

// requireDiscreet holds that the text of an event does not depend on what a
// log must not have.
func requireDiscreet(t *testing.T, event agentmsg.Event) {
	t.Helper()
	e, ok := event.(*agentmsg.MessageEvent)
	if !ok {
		return
	}
	other := *e
	other.Response = strings.Repeat("x", len(e.Response))
	other.ExternalUserID, other.ChannelIdentifier = "", ""
	other.Attachments = make([]agentmsg.EventAttachment, len(e.Attachments))
	for _, verb := range []string{"%s", "%v", "%+v", "%#v", "%q"} {
		require.Equal(t, fmt.Sprintf(verb, other), fmt.Sprintf(verb, e))
	}
	require.Equal(t, other.LogValue().String(), e.LogValue().String())
}

func FuzzVerifySignature(f *testing.F) {
	good := signature.Sign(webhookSecret, []byte("{}"))
	for name, signed := range documented {
		f.Add(maiaVector(f, name), signed, webhookSecret, "")
	}
	for _, signed := range []string{
		good, strings.ToUpper(good), good[:62], good[:63], good + "00", "sha256=" + good, " " + good, good + "\n", "", "zz",
		strings.Repeat("0", 64), strings.Repeat("z", 64), strings.Repeat("é", 32), signature.Sign("", []byte("{}")),
	} {
		f.Add([]byte("{}"), signed, webhookSecret, "old")
		f.Add([]byte("{}"), signed, "", webhookSecret)
		f.Add([]byte("{}"), signed, "", "")
	}
	f.Add([]byte("{}"), signature.Sign("", []byte("{}")), "\x00", "")
	f.Add([]byte{}, signature.Sign("k", nil), "k", "k")
	f.Add([]byte("\x00\xff"), good, "\xff\x00", strings.Repeat("long", 40))

	f.Fuzz(func(t *testing.T, body []byte, signed, first, second string) {
		secrets := []string{first, second}
		// The plain statement of the rule, without a care for time.
		want := slices.ContainsFunc(secrets, func(secret string) bool {
			return strings.Trim(secret, "\x00") != "" && signature.Sign(secret, body) == lowerASCII(signed)
		})
		err := agentmsg.VerifySignature(body, signed, secrets...)
		require.Equal(t, want, err == nil)
		if err != nil {
			require.ErrorIs(t, err, agentmsg.ErrInvalidSignature)
			require.Equal(t, "invalid_signature", err.Error())
		}
		require.Equal(t, want, agentmsg.VerifySignature(body, signed, second, first) == nil)
		require.Error(t, agentmsg.VerifySignature(body, signed))
		for _, secret := range secrets {
			right := signature.Sign(secret, body)
			require.Equal(t, strings.Trim(secret, "\x00") != "", agentmsg.VerifySignature(body, right, secrets...) == nil)
			require.Error(t, agentmsg.VerifySignature(append(bytes.Clone(body), ' '), right, secret))
		}
	})
}

// lowerASCII is strings.ToLower without the letters of other alphabets that it
// turns into a to f.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'F' {
			return r - 'A' + 'a'
		}
		return r
	}, s)
}
