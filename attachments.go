package agentmsg

import (
	"context"
	"io"
	"log/slog"
	"math"
	"slices"
	"strconv"

	"github.com/agentmsg/agentmsg/internal/transport"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// AttachmentsService brings files to MAIA's storage and back. Its methods are
// safe for concurrent use.
//
// Source: MAIA, "Attachments".
type AttachmentsService struct{ core *core }

// Attachment is an uploaded file as a message refers to it.
//
// Source: MAIA, "Attachments".
type Attachment struct {
	// FileKey is the storage key that the upload gave.
	FileKey string `json:"fileKey"`
	// FileName is the name that the recipient sees.
	FileName string `json:"fileName"`
	// ContentType is the media type, with its parameters: audio/ogg; codecs=opus.
	ContentType string `json:"contentType"`
	// Size is in bytes.
	Size int64 `json:"size"`
}

// RequestUploadParams announces a file.
//
// Source: MAIA, "Attachments", step 1.
type RequestUploadParams struct {
	// FileName is the name that the recipient sees: no path. Required.
	FileName string `json:"fileName"`
	// ContentType is the media type; empty: told by the name's extension.
	ContentType string `json:"contentType"`
	// Size is in bytes, within the type's limit. Required.
	Size int64 `json:"size"`
}

// UploadTicket lets its holder put one file. Its UploadURL is a secret: fmt
// and slog do not show it, JSON does, so that a ticket may be handed on. A
// struct of your own around one leaks it in JSON logs.
//
// Source: MAIA, "Attachments", step 1.
type UploadTicket struct {
	UploadURL Secret `json:"uploadUrl"`
	// FileKey is the storage key, for [Attachment].
	FileKey   string `json:"fileKey"`
	ExpiresAt Time   `json:"expiresAt"`
	// ContentType and Size are what was asked for, and what Put must send.
	ContentType string `json:"contentType"`
	Size        int64  `json:"size"`
}

// LogValue is the ticket without its URL.
func (t UploadTicket) LogValue() slog.Value {
	return slog.GroupValue(slog.String("fileKey", t.FileKey), slog.String("contentType", t.ContentType), slog.Int64("size", t.Size))
}

func (t *UploadTicket) missing() string {
	switch {
	case t.UploadURL == "":
		return "uploadUrl"
	case t.FileKey == "":
		return "fileKey"
	}
	return ""
}

// DownloadTicket lets its holder get one file, for an hour. Its DownloadURL is
// a secret, as in [UploadTicket].
//
// Source: MAIA, "Attachments", step 3.
type DownloadTicket struct {
	DownloadURL Secret `json:"downloadUrl"`
	ExpiresAt   Time   `json:"expiresAt"`
	ContentType string `json:"contentType"`
	Size        int64  `json:"size"`
}

// LogValue is the ticket without its URL.
func (t DownloadTicket) LogValue() slog.Value {
	return slog.GroupValue(slog.String("contentType", t.ContentType), slog.Int64("size", t.Size))
}

func (t *DownloadTicket) missing() string {
	if t.DownloadURL == "" {
		return "downloadUrl"
	}
	return ""
}

// RequestUpload asks for a URL that takes one file: the first of the two steps
// of [AttachmentsService.Upload]. Safe to repeat.
//
// API: POST /messages/upload.
func (s *AttachmentsService) RequestUpload(ctx context.Context, p RequestUploadParams, opts ...CallOption) (*UploadTicket, error) {
	p, err := announce(File{Name: p.FileName, ContentType: p.ContentType, Size: p.Size})
	if err != nil {
		return nil, err
	}
	ticket, err := call[UploadTicket](ctx, s.core, request{op: wire.RequestUpload, body: &p}, opts)
	if err != nil {
		return nil, err
	}
	ticket.ContentType, ticket.Size = p.ContentType, p.Size
	return ticket, nil
}

// announce is what MAIA is told of a file, where it is one that MAIA takes.
func announce(f File) (RequestUploadParams, error) {
	if err := checkFile(OpRequestUpload, f.Name, f.ContentType, f.Size); err != nil {
		return RequestUploadParams{}, err
	}
	contentType, err := f.contentType(OpRequestUpload)
	if err != nil {
		return RequestUploadParams{}, err
	}
	return RequestUploadParams{f.Name, contentType, f.Size}, checkFile(OpRequestUpload, f.Name, contentType, f.Size)
}

// Put sends a file to the ticket's URL: streamed, with a Content-Length, and
// without this client's credentials. An attempt may last 30 s and 1 s for each
// 256 KiB. A file that turns out shorter or longer than its Size, or fails
// midway, is a [*TransportError] that names both sizes. It never arrives whole;
// the outcome is Unknown all the same, as of anything that broke off.
// Safe to repeat, unless the file opens a single time.
//
// API: PUT presigned URL.
func (s *AttachmentsService) Put(ctx context.Context, ticket *UploadTicket, f File, opts ...CallOption) error {
	_, err := s.put(ctx, ticket, f, opts)
	return err
}

func (s *AttachmentsService) put(ctx context.Context, ticket *UploadTicket, f File, opts []CallOption) (*transport.Source, error) {
	switch {
	case ticket == nil:
		return nil, invalid(OpPut, "the ticket", "is nil: RequestUpload gives one")
	case ticket.ContentType == "" || ticket.Size <= 0:
		return nil, invalid(OpPut, "the ticket", "has no ContentType or no Size: give what the upload was requested with")
	case f.Size != ticket.Size:
		return nil, invalid(OpPut, "Size", "is "+strconv.FormatInt(f.Size, 10)+" bytes and the ticket is for "+strconv.FormatInt(ticket.Size, 10)+": request an upload for this file")
	case !headerValue(ticket.ContentType):
		return nil, invalid(OpPut, "the ticket", "has a ContentType with a control character: give what the upload was requested with")
	}
	if err := f.openable(); err != nil {
		return nil, err
	}
	source := &transport.Source{Open: f.Open, Size: f.Size, ContentType: ticket.ContentType, Once: f.once}
	_, err := call[struct{}](ctx, s.core, request{op: wire.Put, file: &fileTransfer{param: "UploadURL", advice: fromTicket, url: ticket.UploadURL, source: source}}, opts)
	return source, err
}

// openable finds before the network what would fail in the middle of it.
func (f File) openable() error {
	switch {
	case f.Open == nil:
		return invalid(OpPut, "Open", "is nil: make the file with FileFromPath, FileFromBytes or their kin")
	case f.gone != nil:
		return f.gone()
	}
	return nil
}

// Upload brings a file to the storage, in both steps, and returns what a
// message needs to refer to it. A URL that expired meanwhile is renewed once.
// Headers, fields and an idempotency key among the options go with the first
// step alone; errors bear the Op of the step that failed, and its outcome: an
// Accepted of RequestUpload stored nothing. Safe to repeat: an
// upload that no message refers to reaches nobody.
//
// API: POST /messages/upload, then PUT presigned URL.
func (s *AttachmentsService) Upload(ctx context.Context, f File, opts ...CallOption) (*Attachment, error) {
	announced, err := announce(f)
	if err != nil {
		return nil, err
	}
	if err := f.openable(); err != nil {
		return nil, err
	}
	toStorage := append(slices.Clip(opts), forStorage)
	for renewed := false; ; renewed = true {
		ticket, err := s.RequestUpload(ctx, announced, opts...)
		if err != nil {
			return nil, err
		}
		if err := unusableURL(wire.RequestUpload, "uploadUrl", ticket.UploadURL); err != nil {
			return nil, err
		}
		source, err := s.put(ctx, ticket, f, toStorage)
		if err == nil {
			return &Attachment{FileKey: ticket.FileKey, FileName: f.Name, ContentType: announced.ContentType, Size: f.Size}, nil
		}
		if renewed || !expired(err) || source.Spent() {
			return nil, err
		}
	}
}

// DownloadURL asks for a URL that gives one file, for an hour. The fileKey is
// an attachment's, with its slashes. Safe to repeat.
//
// API: GET /attachments/{fileKey...}.
func (s *AttachmentsService) DownloadURL(ctx context.Context, fileKey string, opts ...CallOption) (*DownloadTicket, error) {
	return call[DownloadTicket](ctx, s.core, request{op: wire.DownloadURL, args: []string{fileKey}}, opts)
}

// Download writes a file to w, and returns how many bytes w took, also with an
// error. It is repeated only as long as w has got none. It has no bound of its
// own: give a w that has one. The attempt time-out covers the header; then it
// is the longest time without a byte. Headers and an idempotency key among the
// options go with MAIA's request, not to the storage.
//
// API: GET presigned URL.
func (s *AttachmentsService) Download(ctx context.Context, fileKey string, w io.Writer, opts ...CallOption) (int64, error) {
	if w == nil {
		return 0, invalid(OpDownload, "w", "is nil: give where the file shall go")
	}
	ticket, err := s.DownloadURL(ctx, fileKey, opts...)
	if err != nil {
		return 0, err
	}
	if err := unusableURL(wire.DownloadURL, "downloadUrl", ticket.DownloadURL); err != nil {
		return 0, err
	}
	sink := &transport.Sink{To: w}
	transfer := &fileTransfer{param: "DownloadURL", advice: fromTicket, url: ticket.DownloadURL, sink: sink}
	_, err = call[struct{}](ctx, s.core, request{op: wire.Download, file: transfer}, append(slices.Clip(opts), forStorage))
	return sink.Written, err
}

const (
	maxAttachments     = 10
	maxAttachmentBytes = 100 << 20 // the vendor says 100 MB; only what is over both readings of MB is refused
)

// checkContent holds what every message must: words or files, and files
// within the vendor's limits.
func checkContent(op Op, content string, files []Attachment) error {
	if content == "" && len(files) == 0 {
		return invalid(op, "Content", "is empty: give Content or Attachments")
	}
	if len(files) > maxAttachments {
		return invalid(op, "Attachments", "has "+strconv.Itoa(len(files))+" files: at most 10 go with one message")
	}
	var total int64
	for i, file := range files {
		param := "Attachments[" + strconv.Itoa(i) + "]"
		switch {
		case file.FileKey == "":
			return invalid(op, param+".FileKey", "is empty: upload the file first and give the key that the upload returned")
		case file.Size < 0:
			return invalid(op, param+".Size", "is negative: give the file's size in bytes")
		}
		if of, limit := limitOf(file.ContentType); of != anyFile && file.Size > limit {
			return invalid(op, param+".Size", overLimit(file.Size, limit, of))
		}
		total += min(file.Size, math.MaxInt64-total)
	}
	if total > maxAttachmentBytes {
		return invalid(op, "Attachments", "are "+megabytes(total)+" in all, over the limit of "+megabytes(maxAttachmentBytes)+": send them in several messages")
	}
	return nil
}
