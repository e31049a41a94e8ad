package agentmsg_test

import (
	"io"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

func TestParamsOfUpload(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		param, wayOut string
		params        agentmsg.RequestUploadParams
	}{
		"no name":              {"FileName", "give the name", with(validUpload, func(p *agentmsg.RequestUploadParams) { p.FileName = "" })},
		"dot":                  {"FileName", "give the last element", with(validUpload, func(p *agentmsg.RequestUploadParams) { p.FileName = "." })},
		"dots":                 {"FileName", "give the last element", with(validUpload, func(p *agentmsg.RequestUploadParams) { p.FileName = ".." })},
		"path":                 {"FileName", "give the last element", with(validUpload, func(p *agentmsg.RequestUploadParams) { p.FileName = "dir/photo.jpg" })},
		"path of Windows":      {"FileName", "give the last element", with(validUpload, func(p *agentmsg.RequestUploadParams) { p.FileName = `C:\photo.jpg` })},
		"line break in a name": {"FileName", "take it out", with(validUpload, func(p *agentmsg.RequestUploadParams) { p.FileName = "a\r\nX: y.jpg" })},
		"NUL in a name":        {"FileName", "take it out", with(validUpload, func(p *agentmsg.RequestUploadParams) { p.FileName = "a\x00.jpg" })},
		"no UTF-8":             {"FileName", "is no UTF-8", with(validUpload, func(p *agentmsg.RequestUploadParams) { p.FileName = "a\xff.jpg" })},
		"no size":              {"Size", "at least one byte", with(validUpload, func(p *agentmsg.RequestUploadParams) { p.Size = 0 })},
		"negative size":        {"Size", "give the file's size", with(validUpload, func(p *agentmsg.RequestUploadParams) { p.Size = -1 })},
		"most negative size":   {"Size", "give the file's size", with(validUpload, func(p *agentmsg.RequestUploadParams) { p.Size = math.MinInt64 })},
		"big image":            {"Size", "give a smaller file", with(validUpload, func(p *agentmsg.RequestUploadParams) { p.Size = 10<<20 + 1 })},
		"big, by its name":     {"Size", "give a smaller file", agentmsg.RequestUploadParams{FileName: "a.mp4", Size: 50<<20 + 1}},
		"big, of another type": {"Size", "give a smaller file", agentmsg.RequestUploadParams{FileName: "a", ContentType: "x/y", Size: 100<<20 + 1}},
		"bad type":             {"ContentType", "give a media type", with(validUpload, func(p *agentmsg.RequestUploadParams) { p.ContentType = "image/png\r\nX: y" })},
		"none of the formats":  {"ContentType", "set ContentType yourself", agentmsg.RequestUploadParams{FileName: "photo.heic", Size: 1}},
		"no extension":         {"ContentType", "set ContentType yourself", agentmsg.RequestUploadParams{FileName: "photo", Size: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := row.params
			badParam{agentmsg.OpRequestUpload, row.param, row.wayOut, callRequestUpload(p)}.check(t)
			file := agentmsg.File{Name: p.FileName, ContentType: p.ContentType, Size: p.Size, Open: neverOpened(t)}
			badParam{agentmsg.OpRequestUpload, row.param, row.wayOut, callUpload(file)}.check(t)
		})
	}
}

// neverOpened fails the test when something opens it.
func neverOpened(t *testing.T) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		t.Error("the file was opened")
		return nil, io.ErrUnexpectedEOF
	}
}

// The bytes say what a name hides.
func TestParamsOfUploadByItsBytes(t *testing.T) {
	t.Parallel()
	heic := "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"
	badParam{agentmsg.OpRequestUpload, "ContentType", "set ContentType yourself", callUpload(agentmsg.FileFromBytes("photo.jpg", []byte(heic)))}.check(t)
	badParam{agentmsg.OpRequestUpload, "Size", "at least one byte", callUpload(agentmsg.FileFromBytes("photo.jpg", nil))}.check(t)
}

func TestParamsOfPut(t *testing.T) {
	t.Parallel()
	put := func(change func(*agentmsg.UploadTicket)) wireCall {
		ticket := with(validTicket, change)
		return callPut(&ticket, with(validFile, func(f *agentmsg.File) { f.Open = neverOpened(t) }))
	}
	const whole = "give the ticket as MAIA returned it"
	for name, row := range map[string]badParam{
		"no ticket":       {agentmsg.OpPut, "the ticket", "RequestUpload gives one", callPut(nil, validFile)},
		"no type":         {agentmsg.OpPut, "the ticket", "requested with", put(func(k *agentmsg.UploadTicket) { k.ContentType = "" })},
		"no size":         {agentmsg.OpPut, "the ticket", "requested with", put(func(k *agentmsg.UploadTicket) { k.Size = 0 })},
		"negative size":   {agentmsg.OpPut, "the ticket", "requested with", put(func(k *agentmsg.UploadTicket) { k.Size = -5 })},
		"a longer file":   {agentmsg.OpPut, "Size", "is 5 bytes and the ticket is for 4", put(func(k *agentmsg.UploadTicket) { k.Size = 4 })},
		"a shorter file":  {agentmsg.OpPut, "Size", "is 5 bytes and the ticket is for 6", put(func(k *agentmsg.UploadTicket) { k.Size = 6 })},
		"nothing to open": {agentmsg.OpPut, "Open", "FileFromPath", callPut(&validTicket, agentmsg.File{Name: "a.jpg", Size: 5})},
		"no URL":          {agentmsg.OpPut, "UploadURL", whole, put(func(k *agentmsg.UploadTicket) { k.UploadURL = "" })},
		"a relative URL":  {agentmsg.OpPut, "UploadURL", whole, put(func(k *agentmsg.UploadTicket) { k.UploadURL = "/k?s3cr3t" })},
		"no host":         {agentmsg.OpPut, "UploadURL", whole, put(func(k *agentmsg.UploadTicket) { k.UploadURL = "https:///k?s3cr3t" })},
		"another scheme":  {agentmsg.OpPut, "UploadURL", whole, put(func(k *agentmsg.UploadTicket) { k.UploadURL = "s3://bucket/k?s3cr3t" })},
		"a user":          {agentmsg.OpPut, "UploadURL", whole, put(func(k *agentmsg.UploadTicket) { k.UploadURL = "https://user:s3cr3t@storage.example/k" })},
		"a line break":    {agentmsg.OpPut, "UploadURL", whole, put(func(k *agentmsg.UploadTicket) { k.UploadURL = "https://storage.example/k?s3cr3t\r\nX: y" })},
		"redacted":        {agentmsg.OpPut, "UploadURL", whole, put(func(k *agentmsg.UploadTicket) { k.UploadURL = "REDACTED" })}, // a ticket that went through a text
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row.check(t)
			_, err := row.call(t.Context(), newClient(t, agentmsg.WithMAIA("token")))
			require.NotContains(t, err.Error(), "s3cr3t")
		})
	}
}

func TestParamsOfPutOptions(t *testing.T) {
	t.Parallel()
	client, recorder := wireClient(t, http.StatusOK, anyAnswer)
	for param, option := range map[string]agentmsg.CallOption{
		"WithIdempotencyKey": agentmsg.WithIdempotencyKey("k"), // a storage knows none
		"WithField":          agentmsg.WithField("f", 1),       // a file is no JSON
		"WithHeader":         agentmsg.WithHeader("Authorization", "Bearer s3cr3t"),
		"WithProgress":       agentmsg.WithProgress(nil),
	} {
		_, err := callPut(&validTicket, validFile)(t.Context(), client, option)
		requireParam(t, err, agentmsg.OpPut, param)
	}
	_, err := callListKanbans(agentmsg.ListKanbansParams{})(t.Context(), client, agentmsg.WithField("f", 1))
	requireParam(t, err, agentmsg.OpListKanbans, "WithField")
	_, err = callDownloadURL("k")(t.Context(), client, agentmsg.WithField("f", 1))
	requireParam(t, err, agentmsg.OpDownloadURL, "WithField")
	require.Zero(t, recorder.mock.GetTotalCallCount(), "a request was sent")
}

// A key that a server would read as another path.
func TestParamsOfFileKeys(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/../b", "a/./b", "//"} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			badParam{agentmsg.OpDownloadURL, "FileKey", "give the key as the upload returned it", callDownloadURL(key)}.check(t)
			var file strings.Builder
			badParam{agentmsg.OpDownloadURL, "FileKey", "give the key as the upload returned it", callDownload(key, &file)}.check(t)
			require.Zero(t, file.Len())
		})
	}
	badParam{agentmsg.OpDownload, "w", "give where the file shall go", callDownload("k", nil)}.check(t)
	client, recorder := wireClient(t, http.StatusOK, anyAnswer)
	for _, key := range []string{"k", "...", "a/.b", "a/b..", "attachments/acc 1/%2e%2e/ü.jpg", `a\..\b`} {
		_, err := callDownloadURL(key)(t.Context(), client)
		require.NoError(t, err, key)
	}
	require.Len(t, recorder.sent, 6)
}

func TestParamsOfLists(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]badParam{
		"kanbans":         {agentmsg.OpListKanbans, "Limit", "0 is the server's own", callListKanbans(agentmsg.ListKanbansParams{Limit: -1})},
		"all kanbans":     {agentmsg.OpListKanbans, "Limit", "0 is the server's own", callAllKanbans(agentmsg.ListKanbansParams{Limit: math.MinInt})},
		"connections":     {agentmsg.OpListConnections, "Limit", "0 is the server's own", callListConnections(agentmsg.ListConnectionsParams{Limit: -1})},
		"all connections": {agentmsg.OpListConnections, "Limit", "0 is the server's own", callAllConnections(agentmsg.ListConnectionsParams{Limit: -1})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row.check(t)
		})
	}
}

// The bound of a note is the server's to judge.
func TestParamsOfNotesOnTheEdge(t *testing.T) {
	t.Parallel()
	client, recorder := wireClient(t, http.StatusOK, anyAnswer)
	_, err := callAddNote("c", "s", agentmsg.NoteParams{Content: strings.Repeat("é", 10_001)})(t.Context(), client)
	require.NoError(t, err)
	require.Contains(t, recorder.only(t).body, "éé")
}
