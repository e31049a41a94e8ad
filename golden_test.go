package agentmsg_test

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// The vendors' examples use these values throughout.
var (
	vectorChannel = agentmsg.Channel{Identifier: "YOUR_CHANNEL_IDENTIFIER"} // they leave the type out
	vectorTime    = agentmsg.Time{Time: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}
)

const (
	vectorSession = "YOUR_SESSION_ID"
	vectorUser    = "customer-123"
	vectorUUID    = "550e8400-e29b-41d4-a716-446655440000"
	vectorMessage = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
)

func vectorFile(name, contentType string, size int64) []agentmsg.Attachment {
	return []agentmsg.Attachment{{FileKey: "attachments/acc123/2024/12/uuid-" + name, FileName: name, ContentType: contentType, Size: size}}
}

func vectorContact(content agentmsg.ContactContent) wireCall {
	return callContact("channel", agentmsg.ContactMessageParams{ContactContent: content, ContactIdentifier: "user@example.com"})
}

func wireVector(t *testing.T, file string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "wire", filepath.FromSlash(file)))
	require.NoError(t, err)
	return string(body)
}

// TestGoldenKnowsEveryVector fails for a file that no row reads: such an
// example would look tested and not be.
func TestGoldenKnowsEveryVector(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, row := range goldenRequests {
		known[row.file] = true
	}
	for _, row := range goldenResponses {
		known[row.file] = true
	}
	for _, row := range goldenErrors {
		known[row.file] = true
	}
	require.Len(t, known, len(goldenRequests)+len(goldenResponses)+len(goldenErrors), "two rows read one file")

	root := os.DirFS(filepath.Join("testdata", "wire"))
	require.NoError(t, fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		if !entry.IsDir() && !strings.HasPrefix(entry.Name(), "webhook_") { // those are read by the tests of events
			require.True(t, known[path], "no row reads %s", path)
		}
		return nil
	}))
}

func TestGoldenRequests(t *testing.T) {
	t.Parallel()
	for _, row := range goldenRequests {
		t.Run(row.file, func(t *testing.T) {
			t.Parallel()
			client, recorder := wireClient(t, http.StatusOK, anyAnswer)
			_, err := row.call(t.Context(), client)
			require.NoError(t, err)
			require.JSONEq(t, wireVector(t, row.file), recorder.only(t).body)
		})
	}
}

func TestGoldenResponses(t *testing.T) {
	t.Parallel()
	for _, row := range goldenResponses {
		t.Run(row.file, func(t *testing.T) {
			t.Parallel()
			answer := wireVector(t, row.file)
			client, _ := wireClient(t, row.status, answer)
			got, err := row.call(t.Context(), client)
			require.NoError(t, err)
			require.Equal(t, row.want, got)
			requireNothingLost(t, answer, got)
		})
	}
}

// requireNothingLost writes a result anew and finds every member of the answer
// in it.
func requireNothingLost(t *testing.T, answer string, result any) {
	t.Helper()
	var want, got any
	require.NoError(t, json.Unmarshal([]byte(answer), &want))
	require.NoError(t, json.Unmarshal([]byte(jsonOf(t, result)), &got))
	members, ok := want.(map[string]any)
	require.True(t, ok)
	switch result.(type) {
	case *agentmsg.UploadTicket: // which also says what was asked for
		members["contentType"], members["size"] = "image/jpeg", 1024000.0
	case *agentmsg.Page[agentmsg.Kanban], *agentmsg.Page[agentmsg.Connection]:
		require.NotContains(t, members, "nextToken")
		members["nextToken"] = "" // none is read as the last page
	case *agentmsg.ConversationReceipt:
		want = members["data"] // the envelope only says that it went well
	case *agentmsg.ContactReply:
		for _, part := range members["aiMessages"].([]any) {
			message := part.(map[string]any)
			require.Nil(t, message["channel_message_id"])
			message["channel_message_id"] = "" // null is read as no id
		}
	}
	require.Equal(t, want, got)
}

func TestGoldenErrors(t *testing.T) {
	t.Parallel()
	for _, row := range goldenErrors {
		t.Run(row.file, func(t *testing.T) {
			t.Parallel()
			answer := wireVector(t, row.file)
			client, recorder := wireClient(t, row.status, answer)
			_, err := row.call(t.Context(), client, agentmsg.WithMaxAttempts(1)) // the 500 asks for another
			var api *agentmsg.APIError
			require.ErrorAs(t, err, &api)
			require.Equal(t, row.api, api.API)
			require.Equal(t, row.status, api.Status)
			require.Equal(t, row.code, api.Code)
			require.ErrorIs(t, err, row.code)
			require.Equal(t, row.reason, api.Reason)
			require.Equal(t, row.message, api.Message)
			require.Equal(t, answer, string(api.Body))
			// Each of them says that the message was not taken, the 500 too.
			require.Equal(t, agentmsg.OutcomeRejected, agentmsg.OutcomeOf(err))
			require.Equal(t, 1, api.Attempts)
			recorder.only(t)
		})
	}
}
