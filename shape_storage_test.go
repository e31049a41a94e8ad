package agentmsg_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/wire"
	"github.com/stretchr/testify/require"
)

// storageTarget is one that would not survive being taken apart and written
// anew: escapes in lower case and of what needs none, a plus, a doubled slash,
// parameters out of order, without a value, without a name.
const (
	storageHost   = "storage.example:8443"
	storageTarget = "/bucket//a%2fb%2Bc+d%20e%C3%A9;v=1/%7Ex/voz.ogg?X-Amz-Signature=ab%2fcd%2B&b=1&a=2+3%20&empty&x=;&=&"
	storageURL    = "https://" + storageHost + storageTarget
)

// storageShapes are one call of each operation that goes to a storage, with
// all the operations that it makes, and the exact header of its last request.
var storageShapes = []struct {
	op     wire.Op
	ops    []agentmsg.Op
	call   wireCall
	method string
	header http.Header
	body   string
}{
	{
		wire.Put, []agentmsg.Op{agentmsg.OpPut},
		callPut(&agentmsg.UploadTicket{UploadURL: storageURL, FileKey: "k", ContentType: "audio/ogg; codecs=opus", Size: 5}, agentmsg.FileFromBytes("voz.ogg", []byte("voice"))),
		"PUT", http.Header{"Accept-Encoding": {"identity"}, "Content-Length": {"5"}, "Content-Type": {"audio/ogg; codecs=opus"}}, "voice",
	},
	{
		wire.Download, []agentmsg.Op{agentmsg.OpDownloadURL, agentmsg.OpDownload},
		callDownload("k", io.Discard),
		"GET", http.Header{"Accept-Encoding": {"identity"}}, "",
	},
}

// A storage gets what it needs: no credential, no name of this module, nothing
// that its signature might not cover. Accept-Encoding keeps net/http from
// setting its own, and from unpacking a file.
func TestShapeOfStorage(t *testing.T) {
	t.Parallel()
	for _, row := range storageShapes {
		t.Run(row.op.Name(), func(t *testing.T) {
			t.Parallel()
			client, recorder := wireClient(t, http.StatusOK, anyAnswer, agentmsg.WithUserAgent("myapp/1.2"))
			_, err := row.call(t.Context(), client)
			require.NoError(t, err)
			require.Equal(t, row.ops, recorder.ops)
			require.Len(t, recorder.sent, len(row.ops))
			sent := recorder.sent[len(row.ops)-1]
			require.Equal(t, row.method, sent.Method)
			require.Equal(t, storageHost, sent.Host)
			require.Equal(t, storageTarget, sent.RequestURI)
			require.Equal(t, row.header, sent.Header)
			require.Equal(t, row.body, sent.body)
			require.Empty(t, sent.TransferEncoding)
			require.EqualValues(t, len(row.body), sent.ContentLength)
		})
	}
}

// The target is the ticket's, byte for byte, whatever stands in it.
func TestShapeOfStorageTargets(t *testing.T) {
	t.Parallel()
	for target, wire := range map[string]string{
		"/k?sig=1":                 "/k?sig=1",
		"/a/b%2Fc":                 "/a/b%2Fc",
		"/a%2fb":                   "/a%2fb",
		"/%61%7e":                  "/%61%7e",
		"/a+b@c:d&e=f,g;h!i*j'(k)": "/a+b@c:d&e=f,g;h!i*j'(k)",
		"/é/写":                     "/é/写",
		"/a//b/../c/./d":           "/a//b/../c/./d",
		"/k?":                      "/k?",
		"/k?a?b=/c":                "/k?a?b=/c",
		"/k?b=2&a=1&b=1":           "/k?b=2&a=1&b=1",
		"/k?s=%e9;x":               "/k?s=%e9;x",
		"/k?s=1#fragment":          "/k?s=1", // a fragment is never sent
		"":                         "/",
		"?s=1":                     "/?s=1",
	} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			client, recorder := wireClient(t, http.StatusOK, anyAnswer)
			ticket := validTicket
			ticket.UploadURL = agentmsg.Secret("https://storage.example" + target)
			require.NoError(t, client.Attachments.Put(t.Context(), &ticket, validFile))
			require.Equal(t, wire, recorder.only(t).RequestURI)
			require.Equal(t, "storage.example", recorder.only(t).Host)
		})
	}
}

// Both steps of an upload; options of the call stay with the first.
func TestShapeOfUpload(t *testing.T) {
	t.Parallel()
	client, recorder := wireClient(t, http.StatusOK, anyAnswer)
	got, err := client.Attachments.Upload(t.Context(), validFile, agentmsg.WithHeader("X-Trace", "t1"), agentmsg.WithField("folder", "f"), agentmsg.WithIdempotencyKey("key"))
	require.NoError(t, err)
	require.Equal(t, &agentmsg.Attachment{FileKey: "k", FileName: "photo.jpg", ContentType: "image/jpeg", Size: 5}, got)
	require.Equal(t, []agentmsg.Op{agentmsg.OpRequestUpload, agentmsg.OpPut}, recorder.ops)
	recorder.sent[0].requireShape(t, "POST", maiaHost+"/messages/upload", `{"fileName":"photo.jpg","contentType":"image/jpeg","size":5,"folder":"f"}`)
	require.Equal(t, "t1", recorder.sent[0].Header.Get("X-Trace"))
	require.Equal(t, "key", recorder.sent[0].Header.Get("X-Idempotency-Key"))
	require.Equal(t, http.Header{"Accept-Encoding": {"identity"}, "Content-Length": {"5"}, "Content-Type": {"image/jpeg"}}, recorder.sent[1].Header)
	require.Equal(t, "\xff\xd8\xff\xe0.", recorder.sent[1].body)
}

// Put's own options go to the storage, which may have been promised them.
func TestShapeOfPutWithHeader(t *testing.T) {
	t.Parallel()
	client, recorder := wireClient(t, http.StatusOK, anyAnswer)
	require.NoError(t, client.Attachments.Put(t.Context(), &validTicket, validFile, agentmsg.WithHeader("X-Amz-Acl", "private")))
	require.Equal(t, "private", recorder.only(t).Header.Get("X-Amz-Acl"))
}

// What comes from a storage is the file, whatever it looks like.
func TestShapeOfDownload(t *testing.T) {
	t.Parallel()
	client, recorder := wireClient(t, http.StatusOK, anyAnswer)
	var file strings.Builder
	n, err := client.Attachments.Download(t.Context(), "attachments/a/b", &file, agentmsg.WithHeader("X-Trace", "t1"))
	require.NoError(t, err)
	require.EqualValues(t, len(anyAnswer), n)
	require.Equal(t, anyAnswer, file.String())
	recorder.sent[0].requireShape(t, "GET", maiaHost+"/attachments/attachments/a/b", "")
	require.Equal(t, "t1", recorder.sent[0].Header.Get("X-Trace"))
	require.Empty(t, recorder.sent[1].Header.Get("X-Trace"))
}

// What is zero is not asked for.
func TestShapeOfQueries(t *testing.T) {
	t.Parallel()
	for query, call := range map[string]wireCall{
		"/kanbans":                             callListKanbans(agentmsg.ListKanbansParams{}),
		"/kanbans?limit=1":                     callListKanbans(agentmsg.ListKanbansParams{Limit: 1}),
		"/kanbans?nextToken=t":                 callListKanbans(agentmsg.ListKanbansParams{NextToken: "t"}),
		"/kanbans?accessible=true":             callListKanbans(agentmsg.ListKanbansParams{Accessible: true}),
		"/kanbans?limit=7&nextToken=%26":       callAllKanbans(agentmsg.ListKanbansParams{Limit: 7, NextToken: "&"}),
		"/connections":                         callListConnections(agentmsg.ListConnectionsParams{}),
		"/connections?type=a%2Fb":              callListConnections(agentmsg.ListConnectionsParams{Type: "a/b"}),
		"/connections?limit=2":                 callListConnections(agentmsg.ListConnectionsParams{Limit: 2}),
		"/connections?nextToken=t":             callListConnections(agentmsg.ListConnectionsParams{NextToken: "t"}),
		"/connections?nextToken=+&type=%C3%A9": callAllConnections(agentmsg.ListConnectionsParams{NextToken: " ", Type: "é"}),
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			client, recorder := wireClient(t, http.StatusOK, anyAnswer)
			_, err := call(t.Context(), client)
			require.NoError(t, err)
			sent := recorder.only(t)
			sent.requireShape(t, "GET", maiaHost+query, "")
			sent.requireHeaders(t, agentmsg.MAIA, false)
		})
	}
}
