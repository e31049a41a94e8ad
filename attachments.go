package agentmsg

import "strconv"

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
		case file.Size > maxAttachmentBytes-total:
			return invalid(op, "Attachments", "are over 100 MB in all: send them in several messages")
		}
		total += file.Size
	}
	return nil
}
