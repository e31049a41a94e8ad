package bare

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// InMemory answers requests at once, by their paths, without a socket, the way a
// server would: it reads the body and gives headers of its own.
type InMemory map[string]Answer

// Answer is a status and a body of JSON.
type Answer struct {
	Status int
	Body   []byte
}

// RoundTrip answers.
func (m InMemory) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return nil, err
	}
	_ = req.Body.Close()
	a, ok := m[req.URL.Path]
	if !ok {
		a.Status = http.StatusNotFound
	}
	return &http.Response{
		StatusCode: a.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader(a.Body)),
		ContentLength: int64(len(a.Body)), Request: req,
	}, nil
}

// ServeJSON gives a handler JSON with nothing around it, so that what is measured is
// the handler. It returns the status.
func ServeJSON(h http.Handler, path, token, body string) int {
	req, err := http.NewRequest(http.MethodPost, "http://mock.test"+path, strings.NewReader(body)) //nolint:noctx // nobody waits for it
	if err != nil {
		panic(err) // it is our own text
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	return Serve(h, req)
}

// Serve gives a handler a request, forgets what it writes and returns the status.
func Serve(h http.Handler, req *http.Request) int {
	w := &discard{header: http.Header{}, status: http.StatusOK}
	h.ServeHTTP(w, req)
	return w.status
}

type discard struct {
	header http.Header
	status int
}

func (w *discard) Header() http.Header         { return w.header }
func (w *discard) Write(b []byte) (int, error) { return len(b), nil }
func (w *discard) WriteHeader(status int)      { w.status = status }
