package agentmsg_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/stretchr/testify/require"
)

// An Open that gives nothing is a file that failed, on whatever goroutine.
func TestUploadOpenThatGivesNothing(t *testing.T) {
	t.Parallel()
	api := fileAPIBehind(t, peer.New(t))
	file := agentmsg.File{Name: "a.pdf", Size: 3, Open: func() (io.ReadCloser, error) { return nil, nil }}
	_, err := api.client.Attachments.Upload(t.Context(), file)
	require.ErrorContains(t, err, "its Open gave neither a reader nor an error")
	require.False(t, agentmsg.Temporary(err))
}

func TestUploadReaderThatIsNil(t *testing.T) {
	t.Parallel()
	api := fileAPIBehind(t, peer.New(t))
	_, err := api.client.Attachments.Upload(t.Context(), agentmsg.FileFromReader("a.pdf", 3, nil))
	require.ErrorIs(t, err, agentmsg.ErrInvalidParam)
	require.Zero(t, api.maia.Seen())
}

// A type that the wire would change is refused before it: the storage could
// only say that a signature does not match.
func TestUploadTypeThatTheWireChanges(t *testing.T) {
	t.Parallel()
	api := fileAPIBehind(t, peer.New(t))
	for _, contentType := range []string{"image/png ", " image/png", "image/\xffpng", "image/png\r\nX: y"} {
		file := agentmsg.FileFromBytes("a.png", []byte("\x89PNG\r\n\x1a\n"))
		file.ContentType = contentType
		_, err := api.client.Attachments.Upload(t.Context(), file)
		require.ErrorIs(t, err, agentmsg.ErrInvalidParam, "%q", contentType)
	}
	require.Zero(t, api.maia.Seen())
}

// The limits of the categories hold in a message too, and both sizes are named.
func TestSendOverTheLimits(t *testing.T) {
	t.Parallel()
	client := faultClient(t, "http://api.test")
	for _, row := range []struct {
		files []agentmsg.Attachment
		says  []string
	}{
		{[]agentmsg.Attachment{{FileKey: "k", ContentType: "image/png", Size: 90 << 20}}, []string{"Attachments[0].Size", "90.0 MB", "10.0 MB", "image"}},
		{[]agentmsg.Attachment{{FileKey: "k", Size: 60 << 20}, {FileKey: "k", Size: 60 << 20}}, []string{"Attachments are", "120.0 MB", "100.0 MB"}},
	} {
		_, err := client.Messages.Send(t.Context(), agentmsg.SendMessageParams{Channel: agentmsg.APIChannel("support"), Attachments: row.files})
		require.ErrorIs(t, err, agentmsg.ErrInvalidParam)
		for _, says := range row.says {
			require.ErrorContains(t, err, says)
		}
	}
}

// A Response holds what MAIA said, a presigned URL for one: no text shows it.
func TestResponseShowsNoURL(t *testing.T) {
	t.Parallel()
	const answer = `{"uploadUrl":"https://storage.test/f?X-Amz-Signature=s3cr3t","fileKey":"k","expiresAt":1}`
	client := faultClient(t, "http://api.test", inMemoryOf(memorySays(200, nil, answer)).client())
	var got agentmsg.Response
	_, err := client.Attachments.RequestUpload(t.Context(), agentmsg.RequestUploadParams{FileName: "a.pdf", Size: 3}, agentmsg.WithResponse(&got))
	require.NoError(t, err)
	require.Contains(t, string(got.Body), secretWord)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "response", got)
	require.Contains(t, log.String(), `"status":200`)
	for _, text := range []string{fmt.Sprintf("%s %v %+v %#v %q", got, got, got, got, got), fmt.Sprint(&got), log.String()} {
		require.NotContains(t, text, "storage.test")
		require.NotContains(t, text, "115 116") // "st" as %v writes bytes
	}
}
