package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs the program, and returns its URL, a browser and what ends it.
func start(t *testing.T) (base string, browser *http.Client, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	urls, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- run(ctx, "127.0.0.1:0", func(url string) { urls <- url }) }()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := new(http.Transport)
	stop = func() error {
		cancel()
		defer transport.CloseIdleConnections()
		return <-ended
	}
	return <-urls, &http.Client{Jar: jar, Transport: transport}, stop
}

func ask(t *testing.T, browser *http.Client, base, body string) answered {
	t.Helper()
	r, err := browser.Post(base+"/ask", "application/json; charset=utf-8", strings.NewReader(body))
	require.NoError(t, err)
	defer func() { _ = r.Body.Close() }()
	require.Equal(t, http.StatusOK, r.StatusCode)
	var a answered
	require.NoError(t, json.NewDecoder(r.Body).Decode(&a))
	return a
}

func TestAsk(t *testing.T) {
	t.Parallel()
	base, browser, stop := start(t)
	first := ask(t, browser, base, `{"text":"Where is my order?"}`)
	require.Equal(t, []string{"You said: Where is my order?", "Is there anything else?"}, first.Parts)
	require.Equal(t, strings.Join(first.Parts, "\n"), first.Text)
	require.NotEmpty(t, first.Session)
	require.Equal(t, first.Session, ask(t, browser, base, `{"text":"No"}`).Session, "the cookie's")
	require.Equal(t, "mine", ask(t, browser, base, `{"text":"No","session":"mine"}`).Session)
	require.NoError(t, stop())
}

// asker is an agent that says where it is asked, and answers nothing.
type asker struct {
	agent.Agent
	asked chan agent.Question
}

func (a asker) Ask(ctx context.Context, q agent.Question) (*agent.Answer, error) {
	a.asked <- q
	<-ctx.Done()
	return nil, &agent.AskError{Err: ctx.Err()}
}

func (a asker) Replies(ctx context.Context, q agent.Question) iter.Seq2[agent.Reply, error] {
	return func(yield func(agent.Reply, error) bool) {
		_, err := a.Ask(ctx, q)
		yield(agent.Reply{}, err)
	}
}

// A visitor names no session but the chat's, and one who goes frees the place.
func TestVisitors(t *testing.T) {
	t.Parallel()
	a := &app{agent: asker{asked: make(chan agent.Question, 1)}, free: make(chan struct{}, 1)}
	server := httptest.NewServer(a.routes())
	defer server.Close()
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	browser := &http.Client{Transport: transport}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		ctx, leave := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, method, server.URL+"/ask?text=hi&session=customer-123", strings.NewReader(`{"text":"hi","session":"customer-123"}`))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/json")
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			if answer, err := browser.Do(r); err == nil {
				_, _ = io.Copy(io.Discard, answer.Body)
				_ = answer.Body.Close()
			}
		}()
		q := <-a.agent.(asker).asked
		require.Equal(t, agentmsg.SessionID("chat:customer-123"), q.SessionID)
		busy := request(t, browser, http.MethodGet, server.URL+"/ask?text=hi", "", nil)
		require.Equal(t, http.StatusServiceUnavailable, busy.status)
		leave()
		<-gone
		a.free <- struct{}{} // once the handler has ended
		a.leave()
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	base, browser, stop := start(t)
	r, err := browser.Get(base + "/ask?" + url.Values{"text": {"<b>hi</b>"}}.Encode())
	require.NoError(t, err)
	defer func() { _ = r.Body.Close() }()
	require.Equal(t, "text/event-stream", r.Header.Get("Content-Type"))
	require.NotEmpty(t, r.Cookies())
	lines := bufio.NewScanner(r.Body)
	var got []string
	for lines.Scan() {
		got = append(got, lines.Text())
	}
	require.Equal(t, []string{
		"id: 1", "event: part", `data: {"text":"You said: \u003cb\u003ehi\u003c/b\u003e"}`, "",
		"id: 2", "event: part", `data: {"text":"Is there anything else?"}`, "",
		"id: 3", "event: end", "data: {}", "",
	}, got)

	again, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/ask?text=hi", nil)
	require.NoError(t, err)
	again.Header.Set("Last-Event-ID", "2")
	r, err = browser.Do(again)
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	require.Equal(t, http.StatusNoContent, r.StatusCode, "the question is not asked twice")
	require.NoError(t, stop())
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	base, browser, stop := start(t)
	const json = "application/json"
	for name, test := range map[string]struct {
		method, path, media, body string
		status                    int
		code                      string
	}{
		"no JSON":         {"POST", "/ask", json, "hi", 400, "bad_json"},
		"no object":       {"POST", "/ask", json, `["hi"]`, 400, "bad_json"},
		"two values":      {"POST", "/ask", json, `{"text":"hi"} {}`, 400, "bad_json"},
		"unknown member":  {"POST", "/ask", json, `{"text":"hi","admin":true}`, 400, "bad_json"},
		"nothing":         {"POST", "/ask", json, "", 400, "bad_json"},
		"no text":         {"POST", "/ask", json, `{}`, 400, "no_text"},
		"blanks":          {"POST", "/ask", json, `{"text":" \n"}`, 400, "no_text"},
		"a form":          {"POST", "/ask", "application/x-www-form-urlencoded", "text=hi", 415, "no_json"},
		"no type":         {"POST", "/ask", "", `{"text":"hi"}`, 415, "no_json"},
		"a long text":     {"POST", "/ask", json, `{"text":"` + strings.Repeat("x", maxText+1) + `"}`, 413, "too_large"},
		"a long body":     {"POST", "/ask", json, `{"text":"` + strings.Repeat("x", maxBody) + `"}`, 413, "too_large"},
		"a long session":  {"POST", "/ask", json, `{"text":"hi","session":"` + strings.Repeat("x", maxSession+1) + `"}`, 400, "bad_session"},
		"stream: no text": {"GET", "/ask", "", "", 400, "no_text"},
		"stream: no UTF":  {"GET", "/ask?text=%ff", "", "", 400, "bad_text"},
		"stream: long":    {"GET", "/ask?text=" + strings.Repeat("x", maxText+1), "", "", 413, "too_large"},
		"other method":    {"PUT", "/ask", json, `{"text":"hi"}`, 405, ""},
		"HEAD":            {"HEAD", "/ask?text=hi", "", "", 405, ""},
		"other path":      {"GET", "/nothing", "", "", 404, ""},
	} {
		r := request(t, browser, test.method, base+test.path, test.body, http.Header{"Content-Type": {test.media}})
		require.Equal(t, test.status, r.status, name)
		require.Contains(t, r.body, test.code, name)
	}
	for _, from := range []string{"cross-site", "same-site"} {
		r := request(t, browser, "GET", base+"/ask?text=hi", "", http.Header{"Sec-Fetch-Site": {from}})
		require.Equal(t, http.StatusForbidden, r.status)
	}
	require.NoError(t, stop())
}

type got struct {
	status int
	header http.Header
	body   string
}

func request(t *testing.T, browser *http.Client, method, url, body string, header http.Header) got {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header = header
	answer, err := browser.Do(r)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return got{answer.StatusCode, answer.Header, string(text)}
}

// The page has no inline script or style, for its policy allows none.
func TestPage(t *testing.T) {
	t.Parallel()
	base, browser, stop := start(t)
	for path, media := range map[string]string{"/": "text/html", "/chat.js": "javascript", "/chat.css": "text/css"} {
		r := request(t, browser, "GET", base+path, "", nil)
		require.Equal(t, http.StatusOK, r.status)
		require.Contains(t, r.header.Get("Content-Type"), media)
		policy := r.header.Get("Content-Security-Policy")
		require.Contains(t, policy, "default-src 'none'")
		require.NotContains(t, policy, "unsafe")
		require.NotContains(t, r.body, "innerHTML")
		require.NotContains(t, r.body, " style=")
		require.NotContains(t, r.body, " onclick=")
	}
	require.NoError(t, stop())
}

// A question that is open when the program is told to end has its answer.
func TestGracefulEnd(t *testing.T) {
	t.Parallel()
	base, browser, stop := start(t)
	r, err := browser.Get(base + "/ask?text=hi") // its header comes before the answer
	require.NoError(t, err)
	defer func() { _ = r.Body.Close() }()
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	text, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.Contains(t, string(text), "event: end")
	require.NoError(t, <-ended)
}

func TestAddressInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.ErrorContains(t, run(ctx, taken.Addr().String(), func(string) {}), "in use")
}
