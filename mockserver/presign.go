package mockserver

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// The query of a presigned URL. The names are S3's.
const (
	queryCredential = "X-Amz-Credential" // of one of Worlds
	queryDate       = "X-Amz-Date"
	queryExpires    = "X-Amz-Expires" // seconds
	querySignature  = "X-Amz-Signature"
)

const (
	storagePath = "/storage/"
	linkLife    = time.Hour // of an upload ours, of a download the vendor's
	// dateLayout has milliseconds, where S3 has seconds: a link then lives as
	// long as its expiresAt says.
	dateLayout = "20060102T150405.000Z"
)

// storageSecret is the same for each server, so that a link is the same when
// a test runs again. It guards nothing.
const storageSecret = "mock-storage-secret"

// base is where the caller reaches this server: what WithURL gave, else what
// the request says.
func (x *exchange) base() string {
	switch {
	case x.server.config.url != "":
		return x.server.config.url
	case x.r.Host == "":
		return memoryBase
	case x.r.TLS != nil:
		return "https://" + x.r.Host
	}
	return "http://" + x.r.Host
}

// words are what the request says. Only files have links.
func (x *exchange) words(text string, files []agentmsg.Attachment) words {
	if len(files) == 0 {
		return words{text: text}
	}
	return words{text: text, files: files, base: x.base()}
}

// presign makes a link for one verb on one file. Of one of [Worlds] the link
// names its world: the storage sees no other credential.
func (s *Server) presign(base, verb, key string, u *upload) (link string, until agentmsg.Time) {
	began := now()
	query := url.Values{
		queryDate:    {began.Format(dateLayout)},
		queryExpires: {strconv.Itoa(int(linkLife / time.Second))},
	}
	if s.config.world != "" {
		query.Set(queryCredential, s.config.world)
	}
	query.Set(querySignature, signLink(stringToSign(verb, key, u.contentType, u.size, query)))
	return base + strings.TrimSuffix(storagePath, "/") + wire.PathOf(strings.Split(key, "/")...) + "?" + query.Encode(),
		agentmsg.Time{Time: began.Add(linkLife)}
}

// stringToSign has all that a link is for. The query is without the signature.
func stringToSign(verb, key, contentType string, size int64, query url.Values) string {
	return strings.Join([]string{verb, key, contentType, strconv.FormatInt(size, 10), query.Encode()}, "\n")
}

func signLink(text string) string {
	mac := hmac.New(sha256.New, []byte(storageSecret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// presigned finds the upload that a link is for, or why it is for none. S3's
// order of checks is not known; where two things are wrong the first of these
// is said.
func (x *exchange) presigned() (*upload, *storageError) {
	query, err := url.ParseQuery(x.r.URL.RawQuery)
	given := query.Get(querySignature)
	switch {
	case x.r.Header[wire.HeaderAuthorization] != nil:
		return nil, errAuthorized()
	case x.r.ContentLength < 0:
		return nil, errChunked()
	case given == "":
		return nil, &storageError{status: http.StatusForbidden, code: "AccessDenied", message: "Access Denied"}
	}
	began, dateErr := time.Parse(dateLayout, query.Get(queryDate))
	life, lifeErr := strconv.Atoi(query.Get(queryExpires))
	until := began.Add(time.Duration(life) * time.Second)
	if dateErr == nil && lifeErr == nil && !time.Now().Before(until) {
		return nil, errExpired(query.Get(queryExpires), until)
	}
	key := x.r.PathValue("key")
	x.server.mu.Lock()
	u := x.server.world.uploads[key]
	x.server.mu.Unlock()
	if u == nil {
		return nil, errNoSuchKey(key)
	}
	contentType := u.contentType
	if x.r.Method == http.MethodPut {
		contentType = x.r.Header.Get("Content-Type")
	}
	signatures := query[querySignature]
	query.Del(querySignature)
	text := stringToSign(x.r.Method, key, contentType, u.size, query)
	if err != nil || len(signatures) != 1 || !hmac.Equal([]byte(given), []byte(signLink(text))) {
		return nil, errSignature(given, text)
	}
	return u, x.lengthOf(u)
}

// lengthOf refuses a body of another length than the link is for. Ours: S3
// has more ways to say so.
func (x *exchange) lengthOf(u *upload) *storageError {
	switch length := x.r.ContentLength; {
	case x.r.Method != http.MethodPut || length == u.size:
		return nil
	case length > u.size:
		return errLength("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", "MaxSizeAllowed", u.size, length)
	default:
		return errLength("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", "MinSizeAllowed", u.size, length)
	}
}
