package agentmsg_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/stretchr/testify/require"
)

var errDisk = errors.New("the disk is on fire")

// Each attempt that is sent has the whole file, opened for it and closed after
// it.
func TestUploadAgainFromTheStart(t *testing.T) {
	t.Parallel()
	slow := storageSays(503, "SlowDown", "Please reduce your request rate.")
	for name, row := range map[string]struct {
		storage  func() *peer.Server
		attempts int
	}{
		"reset while it is sent": {func() *peer.Server { return peer.Greeted(t, peer.ResetFirst(64<<10)) }, 2},
		"slow down, twice":       {func() *peer.Server { return peer.New(t, slow, slow) }, 3},
		"500, and none at all":   {func() *peer.Server { return peer.New(t, storageSays(500, "InternalError", "x"), peer.FIN) }, 3},
		"502 of a gateway":       {func() *peer.Server { return peer.New(t, peer.Answers(502, "", "<html>")) }, 2},
	} {
		api, file := fileAPIBehind(t, row.storage()), counted(fileContent)
		var last agentmsg.Response
		_, err := api.client.Attachments.Upload(t.Context(), file.file(len(fileContent)), agentmsg.WithResponse(&last))
		require.NoError(t, err, name)
		require.Equal(t, []int{row.attempts, 1}, []int{last.Attempts, api.maia.Seen()}, name)
		file.requireCounts(t, row.attempts, row.attempts)
		for n := range api.storage.Seen() {
			require.Equal(t, fileContent, bodyOf(t, api.storage.Request(n)))
		}
	}
}

// What is not sent is not opened.
func TestUploadDialRefused(t *testing.T) {
	t.Parallel()
	api, file := newFileAPI(t), counted("x")
	api.storage.Refuse()
	_, err := api.client.Attachments.Upload(t.Context(), file.file(1))
	e := as[*agentmsg.TransportError](t, err)
	require.Equal(t, []any{agentmsg.OpPut, 3, agentmsg.OutcomeNotSent}, []any{e.Op, e.Attempts, e.Outcome})
	require.True(t, agentmsg.Temporary(err))
	file.requireCounts(t, 0, 0)

	source := &closingReader{Reader: strings.NewReader("x")}
	_, err = api.client.Attachments.Upload(t.Context(), agentmsg.FileFromReader("a.txt", 1, source))
	require.Equal(t, 3, as[*agentmsg.TransportError](t, err).Attempts, "a reader that was not read may wait as well")
	require.Zero(t, source.closed)
}

// S3 says it in many ways; a new URL is asked for once.
func TestUploadExpired(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 403, 408, 429, 503} {
		for code, message := range map[string]string{"AccessDenied": "Request has expired", "ExpiredToken": "The provided token has expired.", "RequestExpired": ""} {
			over := storageSays(status, code, message)
			api, file := newFileAPI(t, over), counted(fileContent)
			got, err := api.client.Attachments.Upload(t.Context(), file.file(len(fileContent)))
			require.NoError(t, err)
			require.Equal(t, []any{"k/2", 2, 2}, []any{got.FileKey, api.maia.Seen(), api.storage.Seen()})
			file.requireCounts(t, 2, 2)
			require.Equal(t, fileContent, bodyOf(t, api.storage.Request(1)))

			api, file = newFileAPI(t, over, over), counted("x")
			_, err = api.client.Attachments.Upload(t.Context(), file.file(1))
			e := as[*agentmsg.APIError](t, err)
			require.Equal(t, []any{agentmsg.OpPut, status, code, message, 1}, []any{e.Op, e.Status, e.Reason, e.Message, e.Attempts})
			require.Equal(t, [2]int{2, 2}, [2]int{api.maia.Seen(), api.storage.Seen()})
			file.requireCounts(t, 2, 2)
		}
	}
}

// Put has no other URL to go to.
func TestPutExpired(t *testing.T) {
	t.Parallel()
	api := newFileAPI(t, storageSays(403, "AccessDenied", "Request has expired"))
	err := api.client.Attachments.Put(t.Context(), api.putTicket(1), counted("x").file(1))
	require.ErrorIs(t, as[*agentmsg.APIError](t, err), agentmsg.ErrForbidden)
	require.Equal(t, [2]int{0, 1}, [2]int{api.maia.Seen(), api.storage.Seen()})
}

// A new URL would not help here: one attempt, and of S3's XML nothing but
// Code and Message.
func TestUploadRefused(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		status        int
		code, message string
		is            error
	}{
		{403, "SignatureDoesNotMatch", "The request signature we calculated does not match", agentmsg.ErrForbidden}, {403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", agentmsg.ErrForbidden},
		{400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", agentmsg.ErrBadRequest}, {403, "AccessDenied", "Access Denied", agentmsg.ErrForbidden}, {501, "NotImplemented", "A header you provided implies functionality", agentmsg.ErrServer},
		{403, "Odd", "a &lt;b&gt; &amp;amp; &quot;c&quot; 字 \x07", agentmsg.ErrForbidden}, {404, "NoSuchBucket", "no such host, 3600 s", agentmsg.ErrNotFound}, {403, "", "", agentmsg.ErrForbidden},
	} {
		api, file := newFileAPI(t, storageSays(row.status, row.code, row.message)), counted("x")
		_, err := api.client.Attachments.Upload(t.Context(), file.file(1))
		e := as[*agentmsg.APIError](t, err)
		said := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&", "&quot;", `"`).Replace(row.message)
		require.Equal(t, []any{agentmsg.OpPut, agentmsg.MAIA, row.status, row.code, said, "R7", 1}, []any{e.Op, e.API, e.Status, e.Reason, e.Message, e.RequestID, e.Attempts})
		require.Equal(t, "<Error><Code>"+row.code+"</Code><Message>"+row.message+"</Message></Error>", string(e.Body))
		require.ErrorIs(t, err, row.is)
		require.Equal(t, [2]int{1, 1}, [2]int{api.maia.Seen(), api.storage.Seen()})
		file.requireCounts(t, 1, 1)
	}
	for _, xml := range []string{"<Error><Kind>Other</Kind><StringToSign>top-string s3cr3t</StringToSign></Error>", "<?xml version='1.0'?><Error xmlns='x'><Code>Torn</Code><StringToSign>top-string"} {
		api := newFileAPI(t, peer.Answers(403, "", xml))
		_, err := api.client.Attachments.Upload(t.Context(), counted("x").file(1))
		e := as[*agentmsg.APIError](t, err)
		require.NotContains(t, e.Error()+e.Reason+e.Message+string(e.Body), "top-string")
	}
}

// The first step's failure is the first step's.
func TestUploadFirstStepFails(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"fileKey":"k"}`: "has no uploadUrl", `{"uploadUrl":"http://s/k"}`: "has no fileKey", `{"uploadUrl":"/k?sig=s3cr3t","fileKey":"k"}`: "its uploadUrl is not an absolute http", `{"uploadUrl":"http://u:s3cr3t@s/","fileKey":"k"}`: "its uploadUrl has a user",
	} {
		client, file := faultClient(t, peer.New(t, peer.Answers(200, "", answer)).URL()), counted("x")
		_, err := client.Attachments.Upload(t.Context(), file.file(1))
		require.Equal(t, []any{agentmsg.OpRequestUpload, agentmsg.OutcomeAccepted}, []any{as[*agentmsg.DecodeError](t, err).Op, agentmsg.OutcomeOf(err)})
		require.ErrorContains(t, err, want)
		file.requireCounts(t, 0, 0)
	}
	client := faultClient(t, peer.New(t, peer.Refusal(403)).URL())
	_, err := client.Attachments.Upload(t.Context(), counted("x").file(1))
	require.Equal(t, agentmsg.OpRequestUpload, as[*agentmsg.APIError](t, err).Op)
}

// A file that is not as announced, or does not last: one attempt, both sizes,
// closed; and no server that takes a cut one for the whole.
func TestUploadFileIsNotAsAnnounced(t *testing.T) {
	t.Parallel()
	size := len(fileContent)
	for name, row := range map[string]struct {
		open   func(int) (io.Reader, error)
		texts  []string
		is     error
		closed int
	}{
		"shorter":              {says(fileContent[:size-1]), []string{"shorter", "327680 bytes", "327679"}, nil, 1},
		"empty":                {says(""), []string{"shorter", "327680 bytes", "are 0"}, nil, 1},
		"longer by one":        {says(fileContent + "x"), []string{"longer", "327680 bytes", "327681"}, nil, 1},
		"far longer":           {says(fileContent + fileContent), []string{"longer", "327680 bytes"}, nil, 1},
		"longer, drop by drop": {func(int) (io.Reader, error) { return iotest.HalfReader(strings.NewReader(fileContent + "x")), nil }, []string{"longer"}, nil, 1},
		"failing midway":       {says(fileContent[:size/2], iotest.ErrReader(errDisk)), []string{"163840 of 327680 bytes", "on fire"}, errDisk, 1},
		"failing at the end":   {says(fileContent, iotest.ErrReader(errDisk)), []string{"327680 of 327680 bytes"}, errDisk, 1},
		"failing with data": {func(int) (io.Reader, error) {
			return iotest.DataErrReader(io.MultiReader(strings.NewReader(fileContent[:100]), iotest.ErrReader(errDisk))), nil
		}, []string{"100 of 327680 bytes"}, errDisk, 1},
		"vanished":                {func(int) (io.Reader, error) { return nil, fs.ErrNotExist }, []string{"0 of 327680 bytes"}, fs.ErrNotExist, 0},
		"an early unexpected end": {says("", iotest.ErrReader(io.ErrUnexpectedEOF)), []string{"0 of 327680 bytes"}, io.ErrUnexpectedEOF, 1},
		"never at its end":        {func(int) (io.Reader, error) { return &idle{strings.NewReader(fileContent)}, nil }, []string{"327680 of 327680 bytes"}, io.ErrNoProgress, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api, file := newFileAPI(t), &countedFile{open: row.open}
			_, err := api.client.Attachments.Upload(t.Context(), file.file(size))
			requireSource(t, err, row.texts...)
			if row.is != nil {
				require.ErrorIs(t, err, row.is)
			}
			file.requireCounts(t, 1, row.closed)
			require.Zero(t, api.storage.Seen(), "a whole request")
		})
	}
}

func says(content string, then ...io.Reader) func(int) (io.Reader, error) {
	return func(int) (io.Reader, error) {
		return io.MultiReader(append([]io.Reader{strings.NewReader(content)}, then...)...), nil
	}
}

// idle has neither more nor an end.
type idle struct{ io.Reader }

func (r *idle) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// A small file is in the buffer with its header: it must not leave either.
func TestUploadSmallFileTooLong(t *testing.T) {
	t.Parallel()
	api, file := newFileAPI(t), counted("xy")
	_, err := api.client.Attachments.Upload(t.Context(), file.file(1))
	requireSource(t, err, "1 bytes were announced, and there are at least 2")
	require.Zero(t, api.storage.Seen())
}

// On disk a file may go, shrink or grow between its announcement and its turn.
func TestUploadPathThatChanged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.txt")
	for text, change := range map[string]func() error{
		`"a.txt": no such file`: func() error { return os.Remove(path) }, "shorter than declared: 5 bytes were announced, and there are 2": func() error { return os.Truncate(path, 2) },
		"longer than declared: 5 bytes were announced, and there are at least 6": func() error { return os.WriteFile(path, []byte("longer"), 0o600) },
	} {
		require.NoError(t, os.WriteFile(path, []byte("hello"), 0o600))
		f, err := agentmsg.FileFromPath(path)
		require.NoError(t, err)
		require.NoError(t, change())
		api := newFileAPI(t)
		_, err = api.client.Attachments.Upload(t.Context(), f)
		requireSource(t, err, text)
		require.NotContains(t, err.Error(), filepath.Dir(path))
		require.Zero(t, api.storage.Seen())
	}
}

// What opens a single time is sent a single time.
func TestUploadReaderOnce(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]*peer.Server{
		"lost": peer.Greeted(t, peer.ResetFirst(64<<10)), "503": peer.New(t, storageSays(503, "SlowDown", "")), "expired": peer.New(t, storageSays(403, "ExpiredToken", "")), "429": peer.New(t, peer.Answers(429, "", "")),
	} {
		api, source := fileAPIBehind(t, row), &closingReader{Reader: strings.NewReader(fileContent)}
		file := agentmsg.FileFromReader("a.txt", int64(len(fileContent)), source)
		_, err := api.client.Attachments.Upload(t.Context(), file)
		require.Error(t, err, name)
		requireNoSecret(t, err)
		require.Equal(t, []int{1, 1}, []int{api.maia.Seen(), source.closed}, name)
		require.LessOrEqual(t, api.storage.Seen(), 1, name)
		if lost, ok := errors.AsType[*agentmsg.TransportError](err); ok {
			require.Equal(t, []any{1, agentmsg.OutcomeUnknown}, []any{lost.Attempts, lost.Outcome})
		}
		_, err = api.client.Attachments.Upload(t.Context(), file)
		require.ErrorContains(t, err, "use FileFromPath or FileFromBytes")
		require.ErrorIs(t, err, agentmsg.ErrInvalidParam)
		require.Equal(t, agentmsg.OutcomeNotSent, agentmsg.OutcomeOf(err))
		require.Equal(t, 1, api.maia.Seen(), "before the network")
	}
}
