package agentmsg

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// category is one row of the vendor's table.
type category struct {
	name    string
	limit   int64
	formats []format
}

// format is told by its extensions, which are in lower case; the first is the
// one that formatOf answers.
type format struct {
	name, contentType string
	extensions        []string
}

// categories are the 23 formats. They are ours and not package mime's, whose
// table differs between operating systems. It is never written to.
var categories = [...]category{
	{"an image", 10 << 20, []format{
		{"JPEG", "image/jpeg", []string{"jpg", "jpeg"}},
		{"PNG", "image/png", []string{"png"}},
		{"GIF", "image/gif", []string{"gif"}},
		{"WebP", "image/webp", []string{"webp"}},
	}},
	{"audio", 25 << 20, []format{
		{"MP3", "audio/mpeg", []string{"mp3"}},
		{"WAV", "audio/wav", []string{"wav"}},
		{"OGG", "audio/ogg", []string{"ogg", "opus"}},
		{"M4A", "audio/mp4", []string{"m4a"}},
		{"WebM", "audio/webm", []string{"weba"}},
		{"AAC", "audio/aac", []string{"aac"}},
		{"AMR", "audio/amr", []string{"amr"}},
	}},
	{"video", 50 << 20, []format{
		{"MP4", "video/mp4", []string{"mp4"}},
		{"WebM", "video/webm", []string{"webm"}},
		{"MOV", "video/quicktime", []string{"mov"}},
	}},
	{"a document", 25 << 20, []format{
		{"PDF", "application/pdf", []string{"pdf"}},
		{"DOC", "application/msword", []string{"doc"}},
		{"DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", []string{"docx"}},
		{"XLS", "application/vnd.ms-excel", []string{"xls"}},
		{"XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", []string{"xlsx"}},
		{"PPT", "application/vnd.ms-powerpoint", []string{"ppt"}},
		{"PPTX", "application/vnd.openxmlformats-officedocument.presentationml.presentation", []string{"pptx"}},
		{"TXT", "text/plain", []string{"txt"}},
		{"CSV", "text/csv", []string{"csv"}},
	}},
}

// allFormats is their list for an error.
const allFormats = "JPEG PNG GIF WebP, MP3 WAV OGG M4A WebM AAC AMR, MP4 WebM MOV, PDF DOC DOCX XLS XLSX PPT PPTX TXT CSV"

// contentType is the type that the file goes out with: what the caller gave,
// else what name and first bytes tell.
func (f File) contentType(op Op) (string, error) {
	if f.ContentType != "" {
		return f.ContentType, nil
	}
	extension := strings.ToLower(strings.TrimPrefix(path.Ext(f.Name), "."))
	by := "the extension is"
	if len(f.head) > 0 {
		extension, by = formatOf(f.head, extension), "the first bytes and the extension are"
	}
	for _, c := range categories {
		for _, told := range c.formats {
			switch {
			case !slices.Contains(told.extensions, extension):
			case extension == "ogg" && isOpus(f.head):
				return told.contentType + "; codecs=opus", nil
			default:
				return told.contentType, nil
			}
		}
	}
	return "", invalid(op, "ContentType", "of "+quotedName(f.Name)+" is empty, and "+by+" not enough to tell one of the formats that MAIA lists ("+allFormats+
		"): give one of these, or set ContentType yourself")
}

// formatOf is the format that the first bytes tell, as an extension of the
// table; "" where they tell none. The extension has a say only where the
// bytes fit several formats. The order of the cases does not matter, but for
// text, which is what has no mark.
func formatOf(head []byte, extension string) string {
	starts := func(mark string) bool { return bytes.HasPrefix(head, []byte(mark)) }
	switch {
	case starts("\xff\xd8\xff"):
		return "jpg"
	case starts("\x89PNG\r\n\x1a\n"):
		return "png"
	case starts("GIF87a"), starts("GIF89a"):
		return "gif"
	case starts("RIFF"):
		return formatOfRIFF(head)
	case starts("OggS"):
		if bytes.Contains(firstPage(head), []byte("\x80theora")) {
			return "" // a video
		}
		return "ogg"
	case starts("\x1aE\xdf\xa3"):
		return formatOfEBML(head, extension)
	case isMP4(head):
		return formatOfMP4(head)
	case starts("ID3") && (len(head) == 3 || head[3] < ' '): // else a text about ID3
		return pick(extension, "mp3", "mp3", "aac")
	case starts("#!AMR-"), starts("#!AMR_"):
		return "" // wide band or several channels: other formats
	case starts("#!AMR"):
		return "amr"
	case starts("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"): // OLE
		return pick(extension, "", "doc", "xls", "ppt")
	case starts("PK\x03\x04"): // zip
		if len(head) >= 38 && string(head[30:38]) == "mimetype" {
			return "" // OpenDocument, EPUB
		}
		return pick(extension, "", "docx", "xlsx", "pptx")
	case bytes.HasPrefix(trimText(head), []byte("%PDF-")):
		return "pdf"
	}
	if audio := formatOfFrame(head); audio != "" {
		return audio
	}
	return formatOfText(head, extension)
}

// pick is the extension where it is one of the family, else the other.
func pick(extension, other string, family ...string) string {
	if slices.Contains(family, extension) {
		return extension
	}
	return other
}

func formatOfRIFF(head []byte) string {
	if len(head) < 12 {
		return ""
	}
	switch string(head[8:12]) {
	case "WEBP":
		return "webp"
	case "WAVE":
		return "wav"
	}
	return "" // AVI and others
}

// firstPage is what stands before the second Ogg page.
func firstPage(head []byte) []byte {
	const mark = "OggS"
	page, _, _ := bytes.Cut(head[min(len(head), len(mark)):], []byte(mark))
	return page
}

func isOpus(head []byte) bool { return bytes.Contains(firstPage(head), []byte("OpusHead")) }

// formatOfEBML refuses Matroska by its DocType. Its name alone proves nothing:
// libmatroska writes WebM too, and says so.
func formatOfEBML(head []byte, extension string) string {
	_, docType, _ := bytes.Cut(head, []byte("\x42\x82"))
	if len(docType) > 0 && bytes.HasPrefix(docType[1:], []byte("matroska")) {
		return ""
	}
	return pick(extension, "webm", "webm", "weba")
}

// isMP4 wants a box of under 64 MB, so that text, which has no byte below
// tab, is none. The boxes are MP4's first, and those of a QuickTime film from
// before there were brands.
func isMP4(head []byte) bool {
	if len(head) < 8 || head[0] > 3 {
		return false
	}
	switch string(head[4:8]) {
	case "ftyp", "moov", "mdat", "wide", "pnot":
		return true
	}
	return false
}

// formatOfMP4 looks at the major brand alone. What is not here is another
// format (HEIC, AVIF, 3GP, CR3), however compatible it calls itself.
func formatOfMP4(head []byte) string {
	switch {
	case string(head[4:8]) != "ftyp":
		return "mov"
	case len(head) < 12:
		return ""
	}
	switch string(head[8:12]) {
	case "M4A ", "M4B ", "M4P ":
		return "m4a"
	case "qt  ":
		return "mov"
	case "isom", "iso2", "iso3", "iso4", "iso5", "iso6", "iso7", "iso8", "iso9", "mp41", "mp42", "mp71", "avc1", "hvc1",
		"M4V ", "M4VH", "M4VP", "MSNV", "XAVC", "FACE", "f4v ", "F4V ", "mmp4", "dash", "msdh", "cmfc", "cmf2":
		return "mp4"
	}
	return ""
}

// formatOfFrame tells MP3 and AAC without a tag by the header of a frame: 11
// bits that are set, the version, the layer.
func formatOfFrame(head []byte) string {
	if len(head) < 2 || head[0] != 0xff || head[1]&0xe0 != 0xe0 {
		return ""
	}
	switch version, layer := head[1]>>3&3, head[1]>>1&3; {
	case layer == 1 && version != 1:
		return "mp3" // layer III; layers I and II are other formats
	case layer == 0 && version >= 2:
		return "aac" // ADTS
	}
	return ""
}

// formatOfText takes the extension's word for text in any encoding. What is
// not named as a text must be UTF-8, and no markup, which is a format of its
// own: a page "not found" that was saved as photo.jpg is refused.
func formatOfText(head []byte, extension string) string {
	named := pick(extension, "", "txt", "csv")
	wide := bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) // UTF-16
	switch start := trimText(head); {
	case named != "" && (wide || isPlain(head)):
		return named
	case !isPlain(head), !isUTF8(head):
		return ""
	case bytes.HasPrefix(start, []byte("<")), bytes.HasPrefix(start, []byte(`{\rtf`)), bytes.HasPrefix(start, []byte("%!PS")):
		return ""
	}
	return "txt"
}

func trimText(head []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\uFEFF")))
}

// isPlain finds no control character that a text does not have.
func isPlain(head []byte) bool {
	return !slices.ContainsFunc(head, func(b byte) bool {
		return b < ' ' && !bytes.ContainsRune([]byte("\t\n\f\r\x1b"), rune(b))
	})
}

// isUTF8 lets the last character be cut where the head was.
func isUTF8(head []byte) bool {
	for len(head) > 0 {
		r, n := utf8.DecodeRune(head)
		if r == utf8.RuneError && n == 1 {
			return !utf8.FullRune(head)
		}
		head = head[n:]
	}
	return true
}
