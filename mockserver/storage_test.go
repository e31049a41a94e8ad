package mockserver_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

const png = "\x89PNG\r\n\x1a\n and more"

// announced is an upload that was asked for.
type announced struct {
	UploadURL string `json:"uploadUrl"`
	FileKey   string `json:"fileKey"`
	ExpiresAt int64  `json:"expiresAt"`
}

func announce(t *testing.T, s *mockserver.Server, body string) announced {
	t.Helper()
	var a announced
	require.NoError(t, json.Unmarshal([]byte(post(t, s, "/messages/upload", body, http.StatusOK)), &a))
	return a
}

const announcedPNG = `{"fileName":"a.png","contentType":"image/png","size":17}`

// toStorage sends a request to a presigned URL.
func toStorage(s *mockserver.Server, method, link, body string, headers ...string) (status int, answer string) {
	u, _ := url.Parse(link)
	return exchange(s, method, u.RequestURI(), body, append([]string{"Authorization", "", "Content-Type", "image/png"}, headers...)...)
}

// arrived is the key of a file that is there.
func arrived(t *testing.T, s *mockserver.Server) string {
	t.Helper()
	a := announce(t, s, announcedPNG)
	status, answer := toStorage(s, http.MethodPut, a.UploadURL, png)
	require.Equal(t, http.StatusOK, status, answer)
	return a.FileKey
}

func download(t *testing.T, s *mockserver.Server, key string) agentmsg.DownloadTicket {
	t.Helper()
	status, answer := exchange(s, http.MethodGet, "/attachments/"+key, "")
	require.Equal(t, http.StatusOK, status, answer)
	var ticket agentmsg.DownloadTicket
	require.NoError(t, json.Unmarshal([]byte(answer), &ticket))
	return ticket
}

func TestUploadOnTheWire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t)
		answer := post(t, s, "/messages/upload", `{"fileName":"foto çã?#%2F 1.png","contentType":"image/png","size":17}`, http.StatusOK)
		var a announced
		require.NoError(t, json.Unmarshal([]byte(answer), &a))
		var members map[string]any
		require.NoError(t, json.Unmarshal([]byte(answer), &members))
		require.Len(t, members, 3)
		require.Equal(t, "attachments/accmock/2000/01/00000000-0000-4000-8000-000000000001-foto çã?#%2F 1.png", a.FileKey)
		require.Equal(t, time.Now().Add(time.Hour).UnixMilli(), a.ExpiresAt)
		require.True(t, strings.HasPrefix(a.UploadURL, "http://example.com/storage/attachments/accmock/2000/01/"), a.UploadURL)

		status, answer := toStorage(s, http.MethodPut, a.UploadURL, png)
		require.Equal(t, http.StatusOK, status)
		require.Empty(t, answer)
		escaped := "/attachments/attachments/accmock/2000/01/00000000-0000-4000-8000-000000000001-" + url.PathEscape("foto çã?#%2F 1.png")
		status, answer = exchange(s, http.MethodGet, escaped, "")
		require.Equal(t, http.StatusOK, status, answer)
		var ticket agentmsg.DownloadTicket
		require.NoError(t, json.Unmarshal([]byte(answer), &ticket))
		require.JSONEq(t, `{"downloadUrl":"`+string(ticket.DownloadURL)+`","expiresAt":946688400000,"contentType":"image/png","size":17}`, answer)

		u, err := url.Parse(string(ticket.DownloadURL))
		require.NoError(t, err)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, u.RequestURI(), nil))
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, png, w.Body.String())
		require.Equal(t, "image/png", w.Header().Get("Content-Type"))
		require.Equal(t, "17", w.Header().Get("Content-Length"))
	})
}

func TestUploadRefused(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	for _, row := range []struct{ body, says string }{
		{`{"contentType":"image/png","size":1}`, "fileName required"},
		{`{"fileName":"a/b.png","contentType":"image/png","size":1}`, "fileName: must be a name"},
		{`{"fileName":"a\\b.png","contentType":"image/png","size":1}`, "fileName: must be a name"},
		{`{"fileName":"..","contentType":"image/png","size":1}`, "fileName: must be a name"},
		{`{"fileName":"a\nb","contentType":"image/png","size":1}`, "fileName: must be a name"},
		{`{"fileName":"` + strings.Repeat("a", 1024) + `","contentType":"image/png","size":1}`, "fileName: too long"},
		{`{"fileName":"a","size":1}`, "contentType required"},
		{`{"fileName":"a","contentType":"image/heic","size":1}`, "not among the supported formats"},
		{`{"fileName":"a","contentType":"image/png;\n","size":1}`, "not among the supported formats"},
		{`{"fileName":"a","contentType":"image/png"}`, "size required"},
		{`{"fileName":"a","contentType":"image/png","size":-1}`, "size required"},
		{`{"fileName":"a","contentType":"Image/PNG; a=b","size":10485761}`, "over the limit of 10 MB for image"},
		{`{"fileName":"a","contentType":"audio/ogg","size":26214401}`, "over the limit of 25 MB for audio"},
		{`{"fileName":"a","contentType":"video/mp4","size":52428801}`, "over the limit of 50 MB for video"},
		{`{"fileName":"a","contentType":"text/csv","size":26214401}`, "over the limit of 25 MB for document"},
		{`{"fileName":"a","contentType":"image/png","size":1,"acl":"public"}`, "is not documented"},
	} {
		require.Contains(t, post(t, s, "/messages/upload", row.body, http.StatusBadRequest), row.says, row.body)
	}
	announce(t, s, `{"fileName":"a","contentType":"video/mp4","size":52428800}`)
	announce(t, s, `{"fileName":"a","contentType":"AUDIO/OGG; codecs=opus","size":26214400}`)
}

// Whatever of a link or a request is another's, the storage says no.
func TestStorageRefuses(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	other := announce(t, s, announcedPNG)
	link := announce(t, s, announcedPNG).UploadURL
	u, err := url.Parse(link)
	require.NoError(t, err)
	with := func(name, value string) string {
		q := u.Query()
		q.Set(name, value)
		return u.Path + "?" + q.Encode()
	}
	signature := u.Query().Get("X-Amz-Signature")
	upper := with("X-Amz-Signature", strings.ToUpper(signature))
	mismatch := "SignatureDoesNotMatch"
	for name, row := range map[string]struct {
		method, link, body string
		headers            []string
		status             int
		code               string
	}{
		"another type":        {"PUT", link, png, []string{"Content-Type", "image/jpeg"}, 403, mismatch},
		"no type":             {"PUT", link, png, []string{"Content-Type", ""}, 403, mismatch},
		"GET":                 {"GET", link, "", nil, 403, mismatch},
		"HEAD":                {"HEAD", link, "", nil, 403, mismatch},
		"DELETE":              {"DELETE", link, "", nil, 403, mismatch},
		"POST":                {"POST", link, png, nil, 403, mismatch},
		"longer":              {"PUT", link, png + "!", nil, 400, "EntityTooLarge"},
		"shorter":             {"PUT", link, png[:16], nil, 400, "EntityTooSmall"},
		"authorized":          {"PUT", link, png, []string{"Authorization", "Bearer " + mockserver.DefaultMAIAToken}, 400, "InvalidArgument"},
		"no signature":        {"PUT", u.Path, png, nil, 403, "AccessDenied"},
		"another signature":   {"PUT", with("X-Amz-Signature", strings.Repeat("0", 64)), png, nil, 403, mismatch},
		"in capitals":         {"PUT", upper, png, nil, 403, mismatch},
		"a longer life":       {"PUT", with("X-Amz-Expires", "7200"), png, nil, 403, mismatch},
		"no life":             {"PUT", with("X-Amz-Expires", ""), png, nil, 403, mismatch},
		"another query":       {"PUT", with("versionId", "1"), png, nil, 403, mismatch},
		"a query that is not": {"PUT", link + "&%zz=1", png, nil, 403, mismatch},
		"two signatures":      {"PUT", link + "&X-Amz-Signature=" + signature, png, nil, 403, mismatch},
		"another key":         {"PUT", "/storage/" + other.FileKey + "?" + u.RawQuery, png, nil, 403, mismatch},
		"no key":              {"PUT", "/storage/attachments/none?" + u.RawQuery, png, nil, 404, "NoSuchKey"},
	} {
		status, answer := toStorage(s, row.method, row.link, row.body, row.headers...)
		require.Equal(t, row.status, status, "%s: %s", name, answer)
		require.True(t, strings.HasPrefix(answer, `<?xml version="1.0" encoding="UTF-8"?>`+"\n<Error><Code>"+row.code+"</Code><Message>"), "%s: %s", name, answer)
		require.NotContains(t, answer, mockserver.DefaultMAIAToken, name)
		if row.code == mismatch && name != "another signature" && name != "in capitals" {
			require.Contains(t, answer, "<SignatureProvided>"+signature+"</SignatureProvided>", name)
		}
	}
	status, _ := exchange(s, http.MethodGet, "/attachments/"+other.FileKey, "")
	require.Equal(t, http.StatusNotFound, status, "nothing of it arrived")
	status, answer := toStorage(s, http.MethodPut, link, png)
	require.Equal(t, http.StatusOK, status, answer)
}

func TestStorageWantsALength(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	a := announce(t, s, announcedPNG)
	for _, base := range []string{"http://mock.test", s.URL()} {
		u, err := url.Parse(a.UploadURL)
		require.NoError(t, err)
		r, err := http.NewRequest(http.MethodPut, base+u.RequestURI(), io.MultiReader(strings.NewReader(png)))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "image/png")
		client := &http.Client{Transport: s.Transport()}
		if base != "http://mock.test" {
			client.Transport = new(http.Transport)
			defer client.CloseIdleConnections()
		}
		resp, err := client.Do(r)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusNotImplemented, resp.StatusCode)
		require.Equal(t, "application/xml", resp.Header.Get("Content-Type"))
		require.Contains(t, string(body), "<Code>NotImplemented</Code>")
	}
}

// A request that no net/http server has read may end early.
func TestStorageIncompleteBody(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	u, err := url.Parse(announce(t, s, announcedPNG).UploadURL)
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodPut, u.RequestURI(), strings.NewReader("short"))
	r.Header.Set("Content-Type", "image/png")
	r.ContentLength = 17
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Contains(t, w.Body.String(), "IncompleteBody")
	r.Body = nil
	w = httptest.NewRecorder()
	s.ServeHTTP(w, r)
	require.Equal(t, http.StatusBadRequest, w.Code)
}

// An hour passes, and the links are over.
func TestLinksExpire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t)
		time.Sleep(123456789 * time.Nanosecond) // links know milliseconds
		a := announce(t, s, announcedPNG)
		time.Sleep(time.Hour - time.Millisecond)
		require.Less(t, time.Now().UnixMilli(), a.ExpiresAt)
		for _, content := range []string{png, strings.Replace(png, "more", "MORE", 1)} { // while it lives it takes the file again
			status, answer := toStorage(s, http.MethodPut, a.UploadURL, content)
			require.Equal(t, http.StatusOK, status, answer)
		}
		time.Sleep(time.Millisecond)
		ticket := download(t, s, a.FileKey)
		status, answer := toStorage(s, http.MethodPut, a.UploadURL, png)
		require.Equal(t, http.StatusForbidden, status)
		require.Contains(t, answer, "<Code>AccessDenied</Code><Message>Request has expired</Message><X-Amz-Expires>3600</X-Amz-Expires>")

		time.Sleep(time.Hour - time.Millisecond)
		status, answer = toStorage(s, http.MethodGet, string(ticket.DownloadURL), "")
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, strings.Replace(png, "more", "MORE", 1), answer, "the last one stays")
		time.Sleep(time.Millisecond)
		status, answer = toStorage(s, http.MethodGet, string(ticket.DownloadURL), "")
		require.Equal(t, http.StatusForbidden, status)
		require.Contains(t, answer, "Request has expired")
	})
}

func TestAttachmentsRoute(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	key := announce(t, s, announcedPNG).FileKey
	for path, want := range map[string]int{
		"/attachments/" + key: 404, "/attachments/none": 404, "/attachments/" + key + "?x=1": 400,
	} {
		status, answer := exchange(s, http.MethodGet, path, "")
		require.Equal(t, want, status, answer)
	}
	status, answer := exchange(s, http.MethodGet, "/attachments/"+key, "{}")
	require.Equal(t, http.StatusBadRequest, status, answer)
	status, _ = exchange(s, http.MethodGet, "/attachments/"+arrived(t, s), "", "Authorization", "")
	require.Equal(t, http.StatusUnauthorized, status)
}

// The body of a refused request is read to its end: its client is still
// writing.
func TestStorageReadsWhatItRefuses(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	body := bytes.NewReader(make([]byte, 1<<20))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPut, "/storage/none", body))
	require.Equal(t, http.StatusForbidden, w.Code)
	require.Zero(t, body.Len())
}
