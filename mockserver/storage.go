package mockserver

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg"
)

// maxKeptUpload is what the journal keeps of a file.
const maxKeptUpload = 64 << 10

// serveStorage plays the storage behind the presigned URLs. It is no API: it
// takes no credential but the link, and answers XML.
func serveStorage(x *exchange) answer {
	switch x.r.Method {
	case http.MethodPut:
		x.op = agentmsg.OpPut
	case http.MethodGet:
		x.op = agentmsg.OpDownload
	}
	u, failure := x.presigned()
	content, err := x.file(failure == nil)
	switch {
	case err != nil:
		return answer{}
	case failure != nil:
		return failure.answer()
	}
	if err := x.meet(nil); err != nil {
		return x.refused(err)
	}
	if x.r.Method == http.MethodPut {
		return x.store(u, content)
	}
	x.server.mu.Lock()
	defer x.server.mu.Unlock()
	if u.content == nil {
		return errNoSuchKey(x.r.PathValue("key")).answer()
	}
	return answer{http.StatusOK, http.Header{"Content-Type": {u.contentType}}, u.content}
}

// file reads the body, of which the journal gets the beginning. That of a
// refused request is read too and dropped: its client would still be writing,
// and might never look at the answer.
func (x *exchange) file(wanted bool) ([]byte, error) {
	if x.r.Body == nil { // of a request that no net/http server read
		return nil, nil
	}
	var content bytes.Buffer
	from := io.LimitReader(x.r.Body, maxFileBytes)
	if !wanted {
		from = io.LimitReader(x.r.Body, maxKeptUpload)
	}
	content.Grow(int(min(max(x.r.ContentLength, 0), maxKeptUpload)) + bytes.MinRead) // many may announce much and send nothing
	_, err := content.ReadFrom(from)
	x.body = slices.Clone(content.Bytes()[:min(content.Len(), maxKeptUpload)])
	if !wanted && err == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(x.r.Body, maxFileBytes))
	}
	return content.Bytes(), err
}

// store keeps a file; a second one under a link takes the place of the first.
func (x *exchange) store(u *upload, content []byte) answer {
	if int64(len(content)) != u.size { // no net/http server lets that through
		return (&storageError{
			status: http.StatusBadRequest, code: "IncompleteBody",
			message: "You did not provide the number of bytes specified by the Content-Length HTTP header",
		}).answer()
	}
	x.server.mu.Lock()
	defer x.server.mu.Unlock()
	u.content = content
	x.server.change()
	return answer{status: http.StatusOK, header: http.Header{}}
}

// storageError is a refusal in S3's words.
type storageError struct {
	status        int
	code, message string
	more          []string // further members: name, value, name, value
}

func (e *storageError) answer() answer {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<Error>")
	members := append([]string{"Code", e.code, "Message", e.message}, e.more...)
	members = append(members, "RequestId", "MOCK")
	for i := 0; i < len(members); i += 2 {
		b.WriteString("<" + members[i] + ">")
		_ = xml.EscapeText(&b, []byte(members[i+1])) // a Builder takes all
		b.WriteString("</" + members[i] + ">")
	}
	b.WriteString("</Error>")
	return answer{e.status, http.Header{"Content-Type": {"application/xml"}}, []byte(b.String())}
}

// errAuthorized does not repeat the header as S3 does: an answer is in the
// journal, where no credential is.
func errAuthorized() *storageError {
	return &storageError{
		http.StatusBadRequest, "InvalidArgument",
		"Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
		[]string{"ArgumentName", "Authorization"},
	}
}

func errChunked() *storageError {
	return &storageError{
		http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented",
		[]string{"Header", "Transfer-Encoding"},
	}
}

func errExpired(life string, until time.Time) *storageError {
	return &storageError{
		http.StatusForbidden, "AccessDenied", "Request has expired",
		[]string{queryExpires, life, "Expires", until.UTC().Format(time.RFC3339), "ServerTime", now().Format(time.RFC3339)},
	}
}

func errNoSuchKey(key string) *storageError {
	return &storageError{http.StatusNotFound, "NoSuchKey", "The specified key does not exist.", []string{"Key", key}}
}

func errSignature(given, text string) *storageError {
	return &storageError{
		http.StatusForbidden, "SignatureDoesNotMatch",
		"The request signature we calculated does not match the signature you provided. Check your key and signing method.",
		[]string{"StringToSign", text, "SignatureProvided", given},
	}
}

func errLength(code, message, bound string, allowed, proposed int64) *storageError {
	return &storageError{
		http.StatusBadRequest, code, message,
		[]string{"ProposedSize", strconv.FormatInt(proposed, 10), bound, strconv.FormatInt(allowed, 10)},
	}
}
