package agentmsg_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

const (
	docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	pptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
)

// mediaBytes are the beginnings of real files.
var mediaBytes = struct {
	jpeg, png, gif, webp, mp3, id3, wav, ogg, opus, theora, aac, amr, webm, mkv, pdf, ole, zip, odt, text, avi string
}{
	jpeg: "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x48\x00\x48\x00\x00",
	png:  "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00",
	gif:  "GIF89a\x01\x00\x01\x00\x80\x00\x00",
	webp: "RIFF\x24\x00\x00\x00WEBPVP8 \x18\x00\x00\x00",
	mp3:  "\xff\xfb\x90\x64\x00\x0f\xf0\x00\x00\x69\x00\x00",
	id3:  "ID3\x03\x00\x00\x00\x00\x00\x23TSSE\x00\x00\x00\x0f\x00\x00\x00Lavf58.29.100\x00",
	wav:  "RIFF\x24\x08\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00",
	ogg:  oggPage("\x01vorbis\x00\x00\x00\x00\x01\x44\xac\x00\x00") + oggPage("\x03vorbis"),
	opus: oggPage("OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00") + oggPage("OpusTags"),
	aac:  "\xff\xf1\x50\x80\x02\x1f\xfc\xde\x02\x00", amr: "#!AMR\n\x3c\x91\x17\x16\xbe\x66\x79\xe1",
	theora: oggPage("\x80theora\x03\x02\x01\x00\x14\x00\x0f\x00") + oggPage("OpusHead\x01\x02"),
	webm:   "\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webmB\x87\x81\x04\x18S\x80gM\x80\x8dlibmatroska",
	mkv:    "\x1aE\xdf\xa3\xa3B\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x88matroskaB\x87\x81\x04",
	pdf:    "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\n",
	ole:    "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 16) + "\x3e\x00\x03\x00\xfe\xff\x09\x00",
	zip:    "PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00\x21\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x13\x00\x08\x02[Content_Types].xml",
	odt:    "PK\x03\x04\x14\x00\x00\x08\x00\x00\x00\x00\x21\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08\x00\x00\x00mimetypeapplication/vnd.oasis.opendocument.text",
	text:   "nome;preço\nAna;1,50\n",
	avi:    "RIFF\x24\x08\x00\x00AVI LIST\x10\x00\x00\x00hdrlavih",
}

func oggPage(packet string) string {
	return "OggS\x00\x02" + strings.Repeat("\x00", 20) + "\x01" + string(rune(len(packet))) + packet
}

func ftyp(brands string) string {
	return "\x00\x00\x00" + string(rune(8+len(brands))) + "ftyp" + brands + "\x00\x00\x00\x08free\x00\x00\x00\x00mdat"
}

// mediaFormats are the 23 formats: the extension alone is enough, and bytes
// that fit change nothing.
var mediaFormats = []struct{ extension, bytes, contentType string }{
	{"jpg", mediaBytes.jpeg, "image/jpeg"},
	{"jpeg", mediaBytes.jpeg, "image/jpeg"},
	{"png", mediaBytes.png, "image/png"},
	{"gif", mediaBytes.gif, "image/gif"},
	{"webp", mediaBytes.webp, "image/webp"},
	{"mp3", mediaBytes.mp3, "audio/mpeg"},
	{"wav", mediaBytes.wav, "audio/wav"},
	{"ogg", mediaBytes.ogg, "audio/ogg"},
	{"opus", mediaBytes.ogg, "audio/ogg"},
	{"m4a", ftyp("M4A \x00\x00\x02\x00M4A mp42isom"), "audio/mp4"},
	{"weba", mediaBytes.webm, "audio/webm"},
	{"aac", mediaBytes.aac, "audio/aac"},
	{"amr", mediaBytes.amr, "audio/amr"},
	{"mp4", ftyp("isom\x00\x00\x02\x00isomiso2avc1mp41"), "video/mp4"},
	{"webm", mediaBytes.webm, "video/webm"},
	{"mov", ftyp("qt  \x20\x05\x03\x00qt  "), "video/quicktime"},
	{"pdf", mediaBytes.pdf, "application/pdf"},
	{"doc", mediaBytes.ole, "application/msword"},
	{"docx", mediaBytes.zip, docx},
	{"xls", mediaBytes.ole, "application/vnd.ms-excel"},
	{"xlsx", mediaBytes.zip, xlsx},
	{"ppt", mediaBytes.ole, "application/vnd.ms-powerpoint"},
	{"pptx", mediaBytes.zip, pptx},
	{"txt", mediaBytes.text, "text/plain"},
	{"csv", mediaBytes.text, "text/csv"},
}

func requireContentType(t *testing.T, want string, f agentmsg.File) {
	t.Helper()
	got, err := agentmsg.TellContentType(f, "Op")
	require.NoError(t, err, "%q", f.Name)
	require.Equal(t, want, got, "%q", f.Name)
}

func requireNoContentType(t *testing.T, f agentmsg.File) {
	t.Helper()
	got, err := agentmsg.TellContentType(f, "Op")
	requireParamError(t, err, "Op", "ContentType", "set ContentType yourself", agentmsg.ErrInvalidParam)
	require.Empty(t, got, "%q", f.Name)
	require.ErrorContains(t, err, "JPEG PNG GIF WebP, MP3 WAV OGG M4A WebM AAC AMR, MP4 WebM MOV, PDF DOC DOCX XLS XLSX PPT PPTX TXT CSV")
}

func TestContentTypeOfEveryFormat(t *testing.T) {
	t.Parallel()
	types := map[string]bool{}
	for _, row := range mediaFormats {
		types[row.contentType] = true
		for _, name := range []string{"a." + row.extension, "A." + strings.ToUpper(row.extension), "b.c d." + row.extension, "." + row.extension} {
			requireContentType(t, row.contentType, agentmsg.File{Name: name})
			requireContentType(t, row.contentType, agentmsg.FileFromReader(name, 1, strings.NewReader("\x00")))
			requireContentType(t, row.contentType, agentmsg.FileFromBytes(name, []byte(row.bytes)))
			requireContentType(t, row.contentType, agentmsg.FileFromBytes(name, []byte(row.bytes+strings.Repeat("é", 600))))
			requireContentType(t, "x/Y; z=1", agentmsg.File{Name: name, ContentType: "x/Y; z=1"})
		}
	}
	require.Len(t, types, 23)
}

// Where bytes tell one format, no extension changes it.
func TestContentTypeOfTheBytesWins(t *testing.T) {
	t.Parallel()
	for want, contents := range map[string][]string{
		"image/jpeg": {mediaBytes.jpeg, "\xff\xd8\xff"}, "image/png": {mediaBytes.png}, "image/gif": {mediaBytes.gif, "GIF87a"}, "image/webp": {mediaBytes.webp},
		"audio/mpeg": {mediaBytes.mp3, "\xff\xfa\x90", "\xff\xf3\x40", "\xff\xe3\x40"}, "audio/wav": {mediaBytes.wav}, "audio/ogg": {mediaBytes.ogg},
		"audio/ogg; codecs=opus": {mediaBytes.opus}, "audio/aac": {mediaBytes.aac, "\xff\xf9\x50"}, "audio/amr": {mediaBytes.amr, "#!AMR\n"},
		"audio/mp4":       {ftyp("M4A \x00\x00\x02\x00isom"), ftyp("M4A "), ftyp("M4B ")},
		"video/quicktime": {ftyp("qt  \x00\x00\x02\x00mp42"), "\x00\x00\x00\x08wide\x00\x01\x00\x00mdat", "\x00\x00\x07\x00moov\x00\x00\x00\x6cmvhd", "\x00\x00\x00\x01mdat"},
		"video/mp4":       {ftyp("isom"), ftyp("iso5\x00\x00\x02\x00M4A "), ftyp("mp41"), ftyp("mp42"), ftyp("avc1"), ftyp("M4V "), ftyp("MSNV"), ftyp("dash")},
		"application/pdf": {mediaBytes.pdf, "\uFEFF%PDF-1.4", "\r\n%PDF-1.4"},
	} {
		for _, content := range contents {
			for _, name := range []string{"a", "a.xyz", "a.heic", "a.txt", "a.jpg", "a.m4a", "a.mp4", "a.webm", "a.docx", "a.opus"} {
				requireContentType(t, want, agentmsg.FileFromBytes(name, []byte(content)))
			}
		}
	}
}

func TestContentTypeOfTheExtensionWithinTheFamily(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, bytes, want string }{
		{"a.webm", mediaBytes.webm, "video/webm"},
		{"a.mp4", mediaBytes.webm, "video/webm"},
		{"a", "\x1aE\xdf\xa3", "video/webm"},
		{"a.mp3", mediaBytes.id3, "audio/mpeg"},
		{"a.aac", mediaBytes.id3, "audio/aac"}, // a tag may stand before AAC too
		{"a.wav", mediaBytes.id3, "audio/mpeg"},
		{"a.txt", "ID3 is a tag", "text/plain"},
		{"a.txt", "The moov box", "text/plain"},                  // no size before the name of the box
		{"a.ogg", mediaBytes.ogg + mediaBytes.opus, "audio/ogg"}, // Opus on a later page only
		{"a.csv", "\uFEFFa;b", "text/csv"},
		{"a.csv", "nome;pre\xe7o", "text/csv"}, // Windows-1252, as spreadsheets write it
		{"a.csv", "\xff\xfea\x00;\x00b\x00", "text/csv"},
		{"a.txt", "\xfe\xff\x00a\x00b", "text/plain"},
		{"a.txt", "<html>is a tag", "text/plain"},
		{"a.log", mediaBytes.text, "text/plain"},
		{"README", "\t\r\n\x0c\x1b[1m", "text/plain"},
		{"photo.jpg", "hello", "text/plain"},
		{"a.xls", mediaBytes.text, "text/plain"},
		{"a.md", strings.Repeat("é", 255) + "a" + "é", "text/plain"}, // a character cut at 512
	} {
		requireContentType(t, row.want, agentmsg.FileFromBytes(row.name, []byte(row.bytes)))
	}
}

func TestContentTypeOfWhatIsForeign(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "a.heic", "a.zip", "a.xyz", "a.", "a.jpg.", "a.jpg ", "jpg", "a.tiff", "a.svg", "a.mkv", "a.3gp", "", "a.ogv", "a.jpg/b", "a.docm"} {
		requireNoContentType(t, agentmsg.File{Name: name})
		requireNoContentType(t, agentmsg.FileFromReader(name, 1, strings.NewReader(mediaBytes.jpeg)))
	}
	for what, content := range map[string]string{
		"HEIC": ftyp("heic\x00\x00\x00\x00mif1heic"), "HEIC as mif1": ftyp("mif1\x00\x00\x00\x00mif1heicisom"), "HEIX": ftyp("heix"), "AVIF": ftyp("avif\x00\x00\x00\x00avifmif1iso8"),
		"3GP": ftyp("3gp4\x00\x00\x00\x00isom3gp4"), "CR3": ftyp("crx \x00\x00\x00\x01crx isom"), "no brand": "\x00\x00\x00\x08ftyp", "half a brand": "\x00\x00\x00\x14ftypis",
		"BMP": "BM\x46\x00\x00\x00\x00\x00", "TIFF": "II*\x00\x08\x00\x00\x00", "PSD": "8BPS\x00\x01", "AVI": mediaBytes.avi, "cut RIFF": "RIFF\x24\x00\x00\x00WEB", "Matroska": mediaBytes.mkv,
		"Theora": mediaBytes.theora, "FLAC": "fLaC\x00\x00\x00\x22", "AMR-WB": "#!AMR-WB\n\x24\x91", "MP2": "\xff\xfd\x90\x04\x00", "reserved": "\xff\xeb\x90", "FF": "\xff", "EPUB": mediaBytes.odt,
		"gzip": "\x1f\x8b\x08\x00", "RAR": "Rar!\x1a\x07\x00", "7z": "7z\xbc\xaf\x27\x1c", "ELF": "\x7fELF\x02\x01\x01\x00", "empty zip": "PK\x05\x06\x00\x00", "noise": "\xde\xad\xbe\xef",
		"HTML": "\r\n<!DOCTYPE html><html>", "SVG": `<svg xmlns="http://www.w3.org/2000/svg"/>`, "XML": "\uFEFF<?xml version=\"1.0\"?>", "RTF": `{\rtf1\ansi`, "PostScript": "%!PS-Adobe-3.0", "zeros": "\x00\x00\x00\x00",
		"UTF-16": "\xff\xfea\x00b\x00",
	} {
		for _, name := range []string{"photo.jpg", "a.mp4", "a.m4a", "a.ogg", "a.webm", "a.docx", "a.doc", "a.pdf", "a", "a.zip"} {
			t.Run(what+" "+name, func(t *testing.T) {
				t.Parallel()
				requireNoContentType(t, agentmsg.FileFromBytes(name, []byte(content)))
			})
		}
	}
	for _, name := range []string{"a", "a.zip", "a.bin", "a.jpg", "a.txt"} { // several formats, and nothing to pick by
		requireNoContentType(t, agentmsg.FileFromBytes(name, []byte(mediaBytes.ole)))
		requireNoContentType(t, agentmsg.FileFromBytes(name, []byte(mediaBytes.zip)))
	}
	requireNoContentType(t, agentmsg.FileFromBytes("a.xlsx", []byte(mediaBytes.ole)))
	requireNoContentType(t, agentmsg.FileFromBytes("a.txt", []byte("a\x00b")))
}

// The text of the error is bounded, and one line, whatever the name.
func TestContentTypeErrorShowsAnyName(t *testing.T) {
	t.Parallel()
	_, err := agentmsg.TellContentType(agentmsg.File{Name: "a\r\nb\xff" + strings.Repeat("字", 3000)}, "Op")
	require.ErrorContains(t, err, `"a\r\nb\xff字`)
	require.Less(t, len(err.Error()), 500)
	require.ErrorContains(t, err, "set ContentType yourself")
}

// Whatever a file begins with, its type is one of the table or a ParamError,
// and the same each time.
func FuzzContentType(f *testing.F) {
	known := map[string]bool{"audio/ogg; codecs=opus": true}
	for _, row := range mediaFormats {
		known[row.contentType] = true
		f.Add("a."+row.extension, []byte(row.bytes))
		f.Add("a", []byte(row.bytes))
	}
	for _, content := range []string{"", mediaBytes.opus, mediaBytes.theora, mediaBytes.mkv, mediaBytes.odt, mediaBytes.id3, ftyp("heic"), "\x1aE\xdf\xa3B\x82", "OggSOggS", "RIFF", "\xff\xfe", "<?xml"} {
		f.Add("a.jpg", []byte(content))
	}
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		before := bytes.Clone(content)
		got, err := agentmsg.TellContentType(agentmsg.FileFromBytes(name, content), "Op")
		again, errAgain := agentmsg.TellContentType(agentmsg.FileFromBytes(name, before), "Op")
		require.Equal(t, got, again)
		require.Equal(t, err, errAgain)
		require.Equal(t, before, content)
		if err == nil {
			require.True(t, known[got], got)
			return
		}
		_, ok := errors.AsType[*agentmsg.ParamError](err)
		require.True(t, ok, "%T", err)
	})
}
