package agentmsg_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"reflect"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// hides fails where a text shows what a log must not have.
func hides(tb testing.TB, text string) {
	tb.Helper()
	require.NotContains(tb, text, "hidden")
	require.NotContains(tb, text, "files.test")
	require.NotContains(tb, text, fmt.Sprintf("%x", "hidden"))
}

func TestEventsAreDiscreet(t *testing.T) {
	t.Parallel()
	for _, built := range builtByHand() {
		for _, event := range []agentmsg.Event{built, parsed(t, string(built.Raw()))} {
			value := reflect.ValueOf(event).Elem().Interface()
			for _, shown := range []any{event, value, []any{value}, struct{ Event any }{value}} {
				for _, verb := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x", "%d"} {
					hides(t, fmt.Sprintf(verb, shown))
				}
			}
			for _, logged := range []any{event, value} {
				var text bytes.Buffer
				slog.New(slog.NewJSONHandler(&text, nil)).Info("got", "event", logged)
				slog.New(slog.NewTextHandler(&text, nil)).Info("got", "event", logged)
				hides(t, text.String())
				require.Contains(t, text.String(), `"session":"s"`)
				require.Contains(t, text.String(), `event.session=s`)
			}
		}
	}
}

func TestEventsSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	var got []string
	for _, event := range builtByHand() {
		got = append(got, fmt.Sprint(event))
	}
	require.Equal(t, []string{
		"MessageEvent[type=message session=s message=m direction=incoming bytes=11 attachments=1]",
		"FieldUpdateEvent[type=crm_field_update session=s record=r kanban=k]",
		"RecordCreatedEvent[type=crm_record_created session=s record=r kanban=]",
		"RecordDeletedEvent[type=crm_record_deleted session=s record=r kanban=k]",
		"AIPauseEvent[type=ai_pause session=s aiPaused=false]",
		"UnknownEvent[type=note_created session=s]",
	}, got)
	require.Equal(t, "AIPauseEvent[type=ai_pause session=]", fmt.Sprint(agentmsg.AIPauseEvent{}))
	require.Equal(t, "UnknownEvent[type=a b session=]", fmt.Sprint(&agentmsg.UnknownEvent{Type: "a\nb"}))
}

func TestEventAttachmentIsDiscreet(t *testing.T) {
	t.Parallel()
	file := agentmsg.EventAttachment{ID: "i", URL: "https://files.test/?sig=hidden", Type: "image", Size: 7, MimeType: "image/png"}
	var text bytes.Buffer
	slog.New(slog.NewJSONHandler(&text, nil)).Info("got", "file", file)
	slog.New(slog.NewTextHandler(&text, nil)).Info("got", "file", &file)
	hides(t, text.String())
	require.Contains(t, text.String(), `"file":{"id":"i","url":"REDACTED","type":"image","size":7,"mimeType":"image/png"}`)
	for _, verb := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x"} {
		hides(t, fmt.Sprintf(verb, file))
		hides(t, fmt.Sprintf(verb, &file))
	}
	require.Contains(t, jsonOf(t, file), "sig=hidden")
}
