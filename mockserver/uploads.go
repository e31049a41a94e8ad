package mockserver

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/agentmsg/agentmsg"
)

// upload is a file that was announced.
type upload struct {
	id                string
	name, contentType string
	size              int64
	content           []byte // nil: it has not arrived; never written to
}

// family is a row of the vendor's table.
type family struct {
	name  string
	limit int64
	types []string
}

// families are the vendor's formats. Ours: that MB is 2^20 bytes, the media
// types, of which the vendor names the formats alone, and those beside the
// first that are in use for the same format.
var families = [...]family{
	{"image", 10 << 20, []string{"image/jpeg", "image/jpg", "image/png", "image/gif", "image/webp"}},
	{"audio", 25 << 20, []string{
		"audio/mpeg", "audio/mp3", "audio/wav", "audio/x-wav", "audio/wave", "audio/ogg", "audio/mp4", "audio/m4a", "audio/x-m4a",
		"audio/webm", "audio/aac", "audio/amr",
	}},
	{"video", 50 << 20, []string{"video/mp4", "video/webm", "video/quicktime"}},
	{"document", 25 << 20, []string{
		"application/pdf", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		"application/vnd.openxmlformats-officedocument.presentationml.presentation",
		"text/plain", "text/csv",
	}},
}

// familyOf finds the family of a media type; nil: it is none of the vendor's.
func familyOf(contentType string) *family {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	for i := range families {
		if slices.Contains(families[i].types, media) {
			return &families[i]
		}
	}
	return nil
}

// uploadTicket is agentmsg.UploadTicket without what the client adds.
type uploadTicket struct {
	UploadURL string        `json:"uploadUrl"`
	FileKey   string        `json:"fileKey"`
	ExpiresAt agentmsg.Time `json:"expiresAt"`
}

const maxKey = 1024 // S3's

// requestUpload announces a file. That all three fields are required, and a
// type that is not in the table refused, is ours.
func requestUpload(x *exchange, p *agentmsg.RequestUploadParams) (result, error) {
	if err := checkUpload(p); err != nil {
		return result{}, err
	}
	s := x.server
	s.mu.Lock()
	defer s.mu.Unlock()
	u := &upload{id: s.world.id(agentmsg.MAIA, "file"), name: p.FileName, contentType: p.ContentType, size: p.Size}
	key := "attachments/accmock/" + time.Now().UTC().Format("2006/01/") + u.id + "-" + u.name
	if len(key) > maxKey {
		return result{}, refuse(http.StatusBadRequest, "fileName: too long")
	}
	s.world.uploads[key] = u
	s.change()
	link, until := s.presign(x.base(), http.MethodPut, key, u)
	return result{http.StatusOK, uploadTicket{link, key, until}}, nil
}

func checkUpload(p *agentmsg.RequestUploadParams) error {
	switch {
	case p.FileName == "":
		return refuse(http.StatusBadRequest, "fileName required")
	case p.FileName == "." || p.FileName == ".." || strings.ContainsAny(p.FileName, `/\`) || strings.ContainsFunc(p.FileName, unicode.IsControl):
		return refuse(http.StatusBadRequest, "fileName: must be a name without path and control characters")
	case p.ContentType == "":
		return refuse(http.StatusBadRequest, "contentType required")
	case p.Size < 1:
		return refuse(http.StatusBadRequest, "size required: at least 1 byte")
	}
	of := familyOf(p.ContentType)
	switch {
	case of == nil || strings.ContainsFunc(p.ContentType, unicode.IsControl):
		return refuse(http.StatusBadRequest, fmt.Sprintf("contentType: %q is not among the supported formats", p.ContentType))
	case p.Size > of.limit:
		return refuse(http.StatusBadRequest, fmt.Sprintf("size: over the limit of %d MB for %s", of.limit>>20, of.name))
	}
	return nil
}

// getAttachment gives a link to a file that has arrived.
func getAttachment(x *exchange) (result, error) {
	if _, err := x.queries(); err != nil {
		return result{}, err
	}
	key := x.r.PathValue("fileKey")
	s := x.server
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.world.uploads[key]
	if u == nil || u.content == nil {
		return result{}, refuse(http.StatusNotFound, "Attachment not found")
	}
	link, until := s.presign(x.base(), http.MethodGet, key, u)
	return result{http.StatusOK, agentmsg.DownloadTicket{
		DownloadURL: agentmsg.Secret(link), ExpiresAt: until, ContentType: u.contentType, Size: u.size,
	}}, nil
}

const (
	maxFiles     = 10
	maxFileBytes = 100 << 20 // ours: the vendor says 100 MB
)

// checkFiles holds the vendor's limits of one message.
func checkFiles(files []agentmsg.Attachment) error {
	if len(files) > maxFiles {
		return refuse(http.StatusBadRequest, fmt.Sprintf("attachments: %d files, at most %d are allowed", len(files), maxFiles))
	}
	var total int64
	for _, file := range files {
		if file.Size < 0 || file.Size > maxFileBytes-total {
			return refuse(http.StatusBadRequest, "attachments: over 100 MB in all")
		}
		total += file.Size
	}
	return nil
}

// attach checks the files of a message against the uploads, and completes
// them. Ours: the vendor does not say what becomes of others. A size of 0 is
// taken for one that was not said.
func (w *world) attach(files []agentmsg.Attachment) ([]agentmsg.Attachment, error) {
	whole := slices.Clone(files)
	for i := range whole {
		f := &whole[i]
		u := w.uploads[f.FileKey]
		wrong := ""
		switch {
		case u == nil || u.content == nil:
			wrong = "fileKey: no file was uploaded under this key"
		case f.FileName != u.name:
			wrong = fmt.Sprintf("fileName: the upload's is %q", u.name)
		case f.ContentType != u.contentType:
			wrong = fmt.Sprintf("contentType: the upload's is %q", u.contentType)
		case f.Size != 0 && f.Size != u.size:
			wrong = fmt.Sprintf("size: the upload's is %d", u.size)
		}
		if wrong != "" {
			return nil, refuse(http.StatusBadRequest, fmt.Sprintf("attachments[%d].%s", i, wrong))
		}
		f.Size = u.size
	}
	return whole, checkFiles(whole)
}

// links are a message's files as a webhook has them. s.mu is held.
func (s *Server) links(said words) []agentmsg.EventAttachment {
	var links []agentmsg.EventAttachment
	for _, f := range said.files {
		u := s.world.uploads[f.FileKey]
		link, _ := s.presign(said.base, http.MethodGet, f.FileKey, u)
		links = append(links, agentmsg.EventAttachment{
			ID: u.id, URL: agentmsg.Secret(link), Type: familyOf(u.contentType).name, Size: u.size, MimeType: u.contentType,
		})
	}
	return links
}
