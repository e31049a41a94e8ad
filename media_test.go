package agentmsg_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"mime/multipart"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// mediaContent is longer than what is looked at.
var mediaContent = mediaBytes.opus + strings.Repeat("\x00voice", 300)

// requireFile opens a file several times: each time it is whole.
func requireFile(t *testing.T, f agentmsg.File, name string) {
	t.Helper()
	require.Equal(t, name, f.Name)
	require.Empty(t, f.ContentType)
	require.EqualValues(t, len(mediaContent), f.Size)
	first, err := f.Open() // half read, and left open beside the others
	require.NoError(t, err)
	_, err = io.CopyN(io.Discard, first, 100)
	require.NoError(t, err)
	for range 2 {
		content, err := f.Open()
		require.NoError(t, err)
		all, err := io.ReadAll(content)
		require.NoError(t, err)
		require.Equal(t, mediaContent, string(all))
		require.NoError(t, content.Close())
	}
	require.NoError(t, first.Close())
	requireContentType(t, "audio/ogg; codecs=opus", f)
}

func TestFileFromPath(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "voz 1.OPUS")
	require.NoError(t, os.WriteFile(path, []byte(mediaContent), 0o600))
	f, err := agentmsg.FileFromPath(path)
	require.NoError(t, err)
	requireFile(t, f, "voz 1.OPUS")

	link := filepath.Join(dir, "link.ogg")
	require.NoError(t, os.Symlink(path, link))
	f, err = agentmsg.FileFromPath(link)
	require.NoError(t, err)
	requireFile(t, f, "link.ogg")

	require.NoError(t, os.Remove(path))
	_, err = f.Open()
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NotErrorIs(t, err, agentmsg.ErrInvalidParam)
	require.ErrorContains(t, err, `"link.ogg": `)
	require.NotContains(t, err.Error(), dir)
}

func TestFileFromPathOfNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	socket := filepath.Join(dir, "s")
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", socket)
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	closed := filepath.Join(dir, "closed.jpg")
	require.NoError(t, os.WriteFile(closed, []byte("x"), 0o000))
	for path, text := range map[string]string{
		"": "is empty", dir: "a directory", dir + "/": "a directory", ".": "a directory", "..": "a directory", "/": "a directory", socket: "no regular file",
		filepath.Join(dir, "none.jpg"): `"none.jpg": no such file`, filepath.Join(closed, "a.jpg"): `"a.jpg": not a directory`, "a\x00.jpg": `"a\x00.jpg": invalid argument`,
		closed: `"closed.jpg": permission denied`,
	} {
		if path == closed && os.Geteuid() == 0 {
			continue // root may read it
		}
		f, err := agentmsg.FileFromPath(path)
		require.Zero(t, f.Size)
		require.Nil(t, f.Open)
		failure, ok := errors.AsType[*agentmsg.ParamError](err)
		require.True(t, ok, "%q: %v", path, err)
		require.Equal(t, "path", failure.Param)
		require.ErrorIs(t, err, agentmsg.ErrInvalidParam)
		require.Equal(t, agentmsg.OutcomeNotSent, agentmsg.OutcomeOf(err))
		require.ErrorContains(t, err, "agentmsg: FileFromPath: path ")
		require.ErrorContains(t, err, text)
		require.NotContains(t, err.Error(), dir)
	}
	_, err = agentmsg.FileFromPath(filepath.Join(dir, "none.jpg"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestFileFromFS(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"in/voz.ogg": {Data: []byte(mediaContent)}, "pipe": {Mode: fs.ModeNamedPipe}}
	f, err := agentmsg.FileFromFS(files, "in/voz.ogg")
	require.NoError(t, err)
	requireFile(t, f, "voz.ogg")
	for name, text := range map[string]string{"in": "a directory", ".": "a directory", "pipe": "no regular file", "in/none": `"none": file does not exist`, "/in/voz.ogg": "", "": ""} {
		_, err := agentmsg.FileFromFS(files, name)
		require.ErrorIs(t, err, agentmsg.ErrInvalidParam)
		require.ErrorContains(t, err, text)
		require.NotContains(t, err.Error(), "in/")
	}
	_, err = agentmsg.FileFromFS(nil, "a")
	requireParamError(t, err, "FileFromFS", "fsys", "give a file system", agentmsg.ErrInvalidParam)
}

// brokenFS opens a file that fails after some bytes and in Close.
type brokenFS struct {
	fstest.MapFS
	good   int
	closed *int
}

type brokenFile struct {
	fs.File
	content io.Reader
	closed  *int
}

func (s brokenFS) Open(name string) (fs.File, error) {
	file, err := s.MapFS.Open(name)
	if err != nil {
		return nil, err
	}
	cause := &fs.PathError{Op: "read", Path: "/srv/secret/" + name, Err: errors.ErrUnsupported}
	return &brokenFile{file, io.MultiReader(strings.NewReader(strings.Repeat("x", s.good)), iotest.ErrReader(cause)), s.closed}, nil
}

func (f *brokenFile) Read(p []byte) (int, error) { return f.content.Read(p) }

func (f *brokenFile) Close() error {
	*f.closed++
	return &fs.PathError{Op: "close", Path: "/srv/secret/", Err: errors.ErrUnsupported}
}

func TestFileThatFails(t *testing.T) {
	t.Parallel()
	closed := 0
	files := brokenFS{fstest.MapFS{"a.txt": {Data: []byte("x")}}, 100, &closed}
	_, err := agentmsg.FileFromFS(files, "a.txt")
	require.ErrorIs(t, err, errors.ErrUnsupported)
	require.ErrorIs(t, err, agentmsg.ErrInvalidParam)
	require.ErrorContains(t, err, `"a.txt": unsupported operation`)
	require.NotContains(t, err.Error(), "secret")
	require.Equal(t, 1, closed)

	files.good = 1000
	f, err := agentmsg.FileFromFS(files, "a.txt")
	require.NoError(t, err)
	require.Equal(t, 2, closed)
	content, err := f.Open()
	require.NoError(t, err)
	all, err := io.ReadAll(content)
	require.Len(t, all, 1000)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	require.EqualError(t, err, `"a.txt": unsupported operation`)
	require.EqualError(t, content.Close(), `"a.txt": unsupported operation`)
	require.Equal(t, 3, closed)
}

func TestFileFromBytes(t *testing.T) {
	t.Parallel()
	requireFile(t, agentmsg.FileFromBytes("dir/as given.ogg", []byte(mediaContent)), "dir/as given.ogg")
	empty := agentmsg.FileFromBytes("a.txt", nil)
	require.Zero(t, empty.Size)
	requireContentType(t, "text/plain", empty)
}

// mediaForm is a form as a browser sends it, parsed.
func mediaForm(t *testing.T, name, content string, inMemory int64) *multipart.FileHeader {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", name) // says application/octet-stream
	require.NoError(t, err)
	_, err = io.WriteString(part, content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	form, err := multipart.NewReader(&body, w.Boundary()).ReadForm(inMemory)
	require.NoError(t, err)
	t.Cleanup(func() { _ = form.RemoveAll() })
	return form.File["file"][0]
}

func TestFileFromMultipart(t *testing.T) {
	t.Parallel()
	for _, inMemory := range []int64{1 << 20, 0} {
		f, err := agentmsg.FileFromMultipart(mediaForm(t, `C:\fakepath\voz "1" é.ogg`, mediaContent, inMemory))
		require.NoError(t, err)
		requireFile(t, f, `voz "1" é.ogg`)

		f, err = agentmsg.FileFromMultipart(mediaForm(t, "a.jpg", "", inMemory))
		require.NoError(t, err)
		require.Zero(t, f.Size)
	}
	h := mediaForm(t, "a.ogg", mediaContent, 0)
	for given, want := range map[string]string{"../../etc/a.ogg": "a.ogg", `..\a.ogg`: "a.ogg", `a\b/c.ogg`: "c.ogg", "dir/": "", "..": "..", "a\r\n.ogg": "a\r\n.ogg"} {
		h.Filename = given
		f, err := agentmsg.FileFromMultipart(h)
		require.NoError(t, err)
		require.Equal(t, want, f.Name)
	}
	_, err := agentmsg.FileFromMultipart(nil)
	requireParamError(t, err, "FileFromMultipart", "h", "FormFile returned", agentmsg.ErrInvalidParam)
	_, err = agentmsg.FileFromMultipart(&multipart.FileHeader{Filename: "a.ogg", Size: 1})
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorIs(t, err, agentmsg.ErrInvalidParam)
}

// closingReader counts its closes.
type closingReader struct {
	io.Reader
	closed int
}

func (r *closingReader) Close() error { r.closed++; return nil }

func TestFileFromReader(t *testing.T) {
	t.Parallel()
	source := strings.NewReader(mediaContent)
	f := agentmsg.FileFromReader("voz.OGG", int64(len(mediaContent)), source)
	require.Equal(t, "voz.OGG", f.Name)
	require.EqualValues(t, len(mediaContent), f.Size)
	requireContentType(t, "audio/ogg", f)
	require.Equal(t, len(mediaContent), source.Len(), "read before Open")
	content, err := f.Open()
	require.NoError(t, err)
	require.Equal(t, len(mediaContent), source.Len(), "read by Open")
	again := f // a copy is the same reader
	_, err = again.Open()
	requireParamError(t, err, "FileFromReader", "r", "use FileFromPath or FileFromBytes", agentmsg.ErrInvalidParam)
	all, err := io.ReadAll(content)
	require.NoError(t, err)
	require.Equal(t, mediaContent, string(all))
	require.NoError(t, content.Close())

	closing := &closingReader{Reader: strings.NewReader("x")}
	content, err = agentmsg.FileFromReader("a.txt", 1, closing).Open()
	require.NoError(t, err)
	require.NoError(t, content.Close())
	require.Equal(t, 1, closing.closed)
	_, err = agentmsg.FileFromReader("a.txt", 1, nil).Open()
	requireParamError(t, err, "FileFromReader", "r", "give a reader", agentmsg.ErrInvalidParam)
}

func TestFileNames(t *testing.T) {
	t.Parallel()
	for name, wayOut := range map[string]string{
		"": "give the name", ".": "give the last element", "..": "give the last element", "a/b": "give the last element", "/": "give the last element", `a\b`: "give the last element", `..\a`: "give the last element",
		"a\nb": "take it out", "a\r\nX: y": "take it out", "\x00": "take it out", "a\x7f": "take it out", "a\u0085": "take it out", "\tb": "take it out", "a\xff.jpg": "is no UTF-8",
	} {
		err := agentmsg.CheckFile("Op", name, "image/png", 1)
		requireParamError(t, err, "Op", "FileName", wayOut, agentmsg.ErrInvalidParam)
	}
	for _, name := range []string{"a", " ", "...", "..a", "写真.jpg", `"quoted" 'name'.pdf`, "a%2Fb", "a:b*?<>|", "👩‍👩‍👧.png", "\u202egpj.exe", strings.Repeat("n", 200), strings.Repeat("字", 200)} {
		require.NoError(t, agentmsg.CheckFile("Op", name, "image/png", 1), "%q", name)
	}
}

func TestFileLimits(t *testing.T) {
	t.Parallel()
	limits := map[string]int64{"image": 10 << 20, "audio": 25 << 20, "video": 50 << 20, "application": 25 << 20, "text": 25 << 20}
	types := map[string]int64{
		"IMAGE/JPEG": 10 << 20, "Audio/Ogg; codecs=opus": 25 << 20, "video/mp4 ;codecs=avc1": 50 << 20, "text/plain; charset=utf-8": 25 << 20,
		"image/heic": 100 << 20, "image": 100 << 20, "application/octet-stream": 100 << 20, "x": 100 << 20, "": 100 << 20,
	}
	for _, row := range mediaFormats {
		kind, _, _ := strings.Cut(row.contentType, "/")
		types[row.contentType] = limits[kind]
	}
	for contentType, limit := range types {
		require.NoError(t, agentmsg.CheckFile("Op", "a", contentType, 1), contentType)
		require.NoError(t, agentmsg.CheckFile("Op", "a", contentType, limit), contentType)
		err := agentmsg.CheckFile("Op", "a", contentType, limit+1)
		requireParamError(t, err, "Op", "Size", "give a smaller file", agentmsg.ErrInvalidParam)
		for _, size := range []string{strconv.FormatInt(limit+1, 10) + " bytes", strconv.FormatInt(limit>>20, 10) + ".0 MB (" + strconv.FormatInt(limit, 10) + " bytes)"} {
			require.ErrorContains(t, err, size, contentType)
		}
		requireParamError(t, agentmsg.CheckFile("Op", "a", contentType, 0), "Op", "Size", "at least one byte", agentmsg.ErrInvalidParam)
		requireParamError(t, agentmsg.CheckFile("Op", "a", contentType, -1), "Op", "Size", "give the file's size", agentmsg.ErrInvalidParam)
	}
	requireParamError(t, agentmsg.CheckFile("Op", "a", "image/png\r\nX: y", 1), "Op", "ContentType", "give a media type", agentmsg.ErrInvalidParam)
	require.ErrorContains(t, agentmsg.CheckFile("Op", "a", "image/png", 1<<62), "over the limit of 10.0 MB (10485760 bytes) for an image")
}
