package agentmsg

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"
)

// File is something to upload. Make it with [FileFromPath] and its kin, or as
// a literal with Name, Size and Open. Copies share what Open opens.
//
// MAIA takes 23 formats, up to a size for each category; MB is 2^20 bytes:
//
//	image     10 MB  JPEG PNG GIF WebP
//	audio     25 MB  MP3 WAV OGG M4A WebM AAC AMR
//	video     50 MB  MP4 WebM MOV
//	document  25 MB  PDF DOC DOCX XLS XLSX PPT PPTX TXT CSV
//
// Source: MAIA, "Attachments". What 1 MB is the vendor does not say: only what
// is over both readings is refused.
type File struct {
	// Name is the name that the recipient sees; it goes out unchanged. Empty,
	// "." and "..", a slash or backslash, a control character and what is no
	// UTF-8 are a [*ParamError].
	Name string
	// ContentType is the media type, with its parameters; it goes out as
	// given. A type outside the table is bounded by 100 MB alone.
	//
	// Empty lets the upload tell it by Name's extension and, where a FileFrom
	// function has seen them, the first 512 bytes. The bytes win: they name
	// the format, and the extension picks only where they fit several (DOC,
	// XLS, PPT; DOCX, XLSX, PPTX; TXT, CSV; WebM, where .weba is audio). MP4,
	// M4A and MOV are told by their brand. A voice note is "audio/ogg;
	// codecs=opus" where the first page says so. What is none of the 23
	// formats, HEIC for one, is a [*ParamError]. That is ours: MAIA only asks
	// for a type.
	ContentType string
	// Size is in bytes: 1 to the category's limit. What Open gives must be
	// exactly as long.
	Size int64
	// Open gives the content from its start; the upload closes it. It is
	// called once for each attempt, never at once by two of them. Where the
	// attempt or the call ends first, it is closed in the middle of a Read: one
	// that goes on all the same holds the call up.
	Open func() (io.ReadCloser, error)

	head []byte       // the first bytes, where a FileFrom function has seen them
	once bool         // Open works once, so the content is sent at most once
	gone func() error // of such a file: why it cannot be opened; nil: it can
}

// headSize is how many of the first bytes are looked at: an Ogg page with
// OpusHead, an EBML header and an ftyp box end long before.
const headSize = 512

// FileFromPath is the file at a path, under its base name. It is opened now,
// for its size and first bytes, and again for each attempt.
//
// What is no regular file (a directory, a pipe) is a [*ParamError], and so is
// what cannot be read: errors.Is finds the cause too, [fs.ErrNotExist] for
// one. The text of an error holds the base name, not the path.
func FileFromPath(path string) (File, error) {
	const op, param = "FileFromPath", "path"
	if path == "" {
		return File{}, invalid(op, param, "is empty: give the file's path")
	}
	return fileOnDisk(op, param, filepath.Base(path),
		func() (fs.FileInfo, error) { return os.Stat(path) },
		func() (io.ReadCloser, error) { return os.Open(path) }) // #nosec G304 -- the caller's own path
}

// FileFromFS is FileFromPath within a file system: an embed.FS, an [os.Root]'s
// FS. The name is as [fs.ValidPath] wants it.
func FileFromFS(fsys fs.FS, name string) (File, error) {
	const op = "FileFromFS"
	if fsys == nil {
		return File{}, invalid(op, "fsys", "is nil: give a file system")
	}
	return fileOnDisk(op, "name", path.Base(name),
		func() (fs.FileInfo, error) { return fs.Stat(fsys, name) },
		func() (io.ReadCloser, error) { return fsys.Open(name) })
}

// FileFromBytes is a file in memory. The bytes are not copied: leave them
// alone until the upload is over.
func FileFromBytes(name string, b []byte) File {
	return File{
		Name: name, Size: int64(len(b)), head: b[:min(len(b), headSize)],
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil },
	}
}

// FileFromMultipart is a file that a browser sent. Its name is cut to what
// follows the last slash or backslash. The type that the browser says is not
// believed. The file lives as long as the form: until the handler returns, or
// RemoveAll.
//
// A nil header is a [*ParamError], and so is what cannot be read; errors.Is
// finds the cause too.
func FileFromMultipart(h *multipart.FileHeader) (File, error) {
	const op, param = "FileFromMultipart", "h"
	if h == nil {
		return File{}, invalid(op, param, "is nil: give the header that FormFile returned")
	}
	name := h.Filename[strings.LastIndexAny(h.Filename, `/\`)+1:]
	return withHead(op, param, File{Name: name, Size: h.Size, Open: named(name, func() (io.ReadCloser, error) { return h.Open() })})
}

// FileFromReader is what a reader gives from where it stands; the size in
// bytes must be known before. The reader is not read before Open, so the type
// is told by the name's extension alone. Open works once: the content is sent
// at most once, and a second Open is a [*ParamError]. A reader that has a
// Close is closed with what Open gave; one that was never opened is yours to
// close.
func FileFromReader(name string, size int64, r io.Reader) File {
	const op, param = "FileFromReader", "r"
	var opened atomic.Bool
	gone := func() error {
		switch {
		case r == nil:
			return invalid(op, param, "is nil: give a reader")
		case opened.Load():
			return invalid(op, param, "was opened before: make a new File of a new reader, or use FileFromPath or FileFromBytes, which can be sent again")
		}
		return nil
	}
	return File{Name: name, Size: size, once: true, gone: gone, Open: func() (io.ReadCloser, error) {
		if err := gone(); err != nil || opened.Swap(true) {
			return nil, cmp.Or(err, gone())
		}
		if closer, ok := r.(io.ReadCloser); ok {
			return closer, nil
		}
		return io.NopCloser(r), nil
	}}
}

// checkFile holds what can be known before a file is announced: its name is
// one that any recipient can store, its size is within the vendor's limit.
func checkFile(op Op, name, contentType string, size int64) error {
	switch {
	case name == "":
		return invalid(op, "FileName", "is empty: give the name that the recipient is to see")
	case name == "." || name == ".." || strings.ContainsAny(name, `/\`):
		return invalid(op, "FileName", quotedName(name)+" is a path: give the last element alone")
	case strings.ContainsFunc(name, unicode.IsControl):
		return invalid(op, "FileName", quotedName(name)+" has a control character: take it out")
	case !utf8.ValidString(name):
		return invalid(op, "FileName", quotedName(name)+" is no UTF-8: JSON would change it")
	case !headerValue(contentType) || !utf8.ValidString(contentType) || strings.TrimSpace(contentType) != contentType:
		return invalid(op, "ContentType", quotedName(contentType)+" has outer blanks, a control character or no UTF-8, so the storage would see another: give a media type like image/png")
	case size < 0:
		return invalid(op, "Size", "is "+strconv.FormatInt(size, 10)+": give the file's size in bytes")
	case size == 0:
		return invalid(op, "Size", "is 0: a file must have at least one byte")
	}
	if of, limit := limitOf(contentType); size > limit {
		return invalid(op, "Size", overLimit(size, limit, of))
	}
	return nil
}

const anyFile = "any file" // of a type that is not in the table

// limitOf is the most that a file of a type may have: its category's, else
// any file's.
func limitOf(contentType string) (of string, limit int64) {
	mediaType, _, _ := strings.Cut(contentType, ";")
	mediaType = strings.ToLower(strings.TrimSpace(mediaType))
	for _, c := range categories {
		if slices.ContainsFunc(c.formats, func(f format) bool { return f.contentType == mediaType }) {
			return c.name, c.limit
		}
	}
	return anyFile, maxAttachmentBytes
}

func overLimit(size, limit int64, of string) string {
	return "is " + megabytes(size) + ", over the limit of " + megabytes(limit) + " for " + of + ": give a smaller file"
}

// megabytes is a size for people, and the exact one beside it: one byte over
// looks like the limit.
func megabytes(size int64) string {
	return strconv.FormatFloat(float64(size)/(1<<20), 'f', 1, 64) + " MB (" + strconv.FormatInt(size, 10) + " bytes)"
}

// fileOnDisk asks for the mode first: to open a pipe may wait for ever.
func fileOnDisk(op Op, param, name string, stat func() (fs.FileInfo, error), open func() (io.ReadCloser, error)) (File, error) {
	info, err := stat()
	switch {
	case err != nil:
		return File{}, unreadable(op, param, &fileError{name, err})
	case info.IsDir():
		return File{}, invalid(op, param, "leads to "+quotedName(name)+", a directory: give a file")
	case !info.Mode().IsRegular():
		return File{}, invalid(op, param, "leads to "+quotedName(name)+", which is no regular file: read it, and use FileFromBytes or FileFromReader")
	}
	return withHead(op, param, File{Name: name, Size: info.Size(), Open: named(name, open)})
}

// withHead is the file with its first bytes.
func withHead(op Op, param string, f File) (File, error) {
	content, err := f.Open()
	if err != nil {
		return File{}, unreadable(op, param, err)
	}
	defer func() { _ = content.Close() }()
	head := make([]byte, headSize)
	n, err := io.ReadFull(content, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return File{}, unreadable(op, param, err)
	}
	f.head = head[:n]
	return f, nil
}

func unreadable(op Op, param string, cause error) error {
	return fmt.Errorf("%w: %w", invalid(op, param, "leads to no file that can be read"), cause)
}

// fileError names a file by its base name alone, where package os would show
// the whole path.
type fileError struct {
	name string
	err  error
}

func (e *fileError) Error() string {
	cause := e.err
	if told, ok := errors.AsType[*fs.PathError](cause); ok {
		cause = told.Err
	}
	return oneLine(quotedName(e.name) + ": " + cause.Error())
}

func (e *fileError) Unwrap() error { return e.err }

// named makes every error of the content a fileError.
func named(name string, open func() (io.ReadCloser, error)) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		content, err := open()
		if err != nil {
			return nil, &fileError{name, err}
		}
		return &namedContent{content, name}, nil
	}
}

type namedContent struct {
	content io.ReadCloser
	name    string
}

func (c *namedContent) Read(p []byte) (int, error) {
	n, err := c.content.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &fileError{c.name, err}
	}
	return n, err
}

func (c *namedContent) Close() error {
	if err := c.content.Close(); err != nil {
		return &fileError{c.name, err}
	}
	return nil
}

// quotedName shows a name in an error, whatever it holds and however long it is.
func quotedName(name string) string {
	const most = 120
	return clip(strconv.Quote(name), most)
}
