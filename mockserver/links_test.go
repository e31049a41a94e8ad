package mockserver_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// Links lead to where the caller found the server, or where WithURL says.
func TestBaseOfLinks(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	require.True(t, strings.HasPrefix(announce(t, s, announcedPNG).UploadURL, "http://example.com/storage/"))
	for base, client := range map[string]*agentmsg.Client{
		"http://mock.test":          s.Client(),
		"http://api.maiacompany.io": s.Client(agentmsg.WithBaseURL(agentmsg.MAIA, "https://api.maiacompany.io")), // in memory https is a name
		"http://127.0.0.1":          s.Client(agentmsg.WithBaseURL(agentmsg.MAIA, s.URL())),
		"http://another.test:8080":  s.Client(agentmsg.WithBaseURL(agentmsg.MAIA, "http://another.test:8080")),
	} {
		ticket, err := client.Attachments.RequestUpload(t.Context(), agentmsg.RequestUploadParams{FileName: "a.png", Size: 1})
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(ticket.UploadURL), base), string(ticket.UploadURL))
	}
	mounted, err := mockserver.New(mockserver.WithURL("https://mock.example.com/base/"))
	require.NoError(t, err)
	defer mounted.Close()
	require.True(t, strings.HasPrefix(announce(t, mounted, announcedPNG).UploadURL, "https://mock.example.com/base/storage/attachments/"))

	secure, err := mockserver.New()
	require.NoError(t, err)
	defer secure.Close()
	outer := httptest.NewTLSServer(secure)
	defer outer.Close()
	client, err := agentmsg.NewClient(agentmsg.WithMAIA(mockserver.DefaultMAIAToken), agentmsg.WithBaseURL(agentmsg.MAIA, outer.URL), agentmsg.WithHTTPClient(outer.Client()))
	require.NoError(t, err)
	file, err := client.Attachments.Upload(t.Context(), agentmsg.FileFromBytes("a.png", []byte(png)))
	require.NoError(t, err)
	require.NotEmpty(t, file.FileKey)
}

// Of a file the journal has the beginning, of a link no signature.
func TestStorageInTheJournal(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	large := append([]byte(png), bytes.Repeat([]byte("x"), 1<<20)...)
	file, err := s.Client().Attachments.Upload(t.Context(), agentmsg.FileFromBytes("a.png", large))
	require.NoError(t, err)
	var got bytes.Buffer
	n, err := s.Client().Attachments.Download(t.Context(), file.FileKey, &got)
	require.NoError(t, err)
	require.EqualValues(t, len(large), n)
	require.Equal(t, large, got.Bytes())
	for _, op := range []agentmsg.Op{agentmsg.OpRequestUpload, agentmsg.OpPut, agentmsg.OpDownloadURL, agentmsg.OpDownload} {
		require.Len(t, s.Requests(op), 1, op)
	}
	put, get := s.Requests(agentmsg.OpPut)[0], s.Requests(agentmsg.OpDownload)[0]
	require.Equal(t, "/storage/"+file.FileKey, put.Path)
	for _, r := range []mockserver.Request{put, get} {
		require.Equal(t, []string{"REDACTED"}, r.Query["X-Amz-Signature"])
		require.NotEmpty(t, r.Query.Get("X-Amz-Date"))
		require.Equal(t, http.StatusOK, r.Status)
	}
	require.Equal(t, large[:64<<10], put.Body)
	require.Equal(t, large[:64<<10], get.Response)

	a := announce(t, s, announcedPNG)
	status, _ := toStorage(s, http.MethodPut, a.UploadURL, string(large))
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, large[:64<<10], s.Requests(agentmsg.OpPut)[1].Body)
	lower := strings.Replace(a.UploadURL, "X-Amz-Signature", "x-amz-signature", 1)
	toStorage(s, http.MethodDelete, lower, "")
	last := s.Requests("")
	require.Len(t, last, 1)
	require.Equal(t, "REDACTED", last[0].Query.Get("x-amz-signature"))
}
