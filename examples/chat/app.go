package main

import (
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
)

const (
	maxBody    = 64 << 10 // of a request
	maxText    = 4 << 10  // of a question, in bytes
	maxSession = 128
	maxOpen    = 100 // questions at a time
)

//go:embed page
var files embed.FS

// app answers the page's requests. It knows no API but for this: a question
// names its session, which MAIA takes and BluBash refuses.
type app struct {
	agent agent.Agent
	free  chan struct{} // one element for each open question
}

func (a *app) routes() http.Handler {
	page, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // it is embedded
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(page))
	mux.HandleFunc("POST /ask", a.answer)
	mux.HandleFunc("GET /ask", a.stream)
	return guard(mux)
}

// guard sets what every answer has, and refuses what another site's page
// sends: a question asked by GET costs too.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		switch r.Header.Get("Sec-Fetch-Site") {
		case "", "none", "same-origin":
			next.ServeHTTP(w, r)
		default:
			fail(w, http.StatusForbidden, "cross_site", "the request comes from another site's page")
		}
	})
}

// question is the body of POST /ask. Session is optional: by default it is the
// cookie's.
type question struct {
	Text    string `json:"text"`
	Session string `json:"session"`
}

// read reads a question; false: it has been refused.
func (a *app) read(w http.ResponseWriter, r *http.Request) (q question, ok bool) {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media != "application/json" {
		return q, fail(w, http.StatusUnsupportedMediaType, "no_json", "the Content-Type is not application/json")
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&q)
	if err == nil {
		if _, err = decoder.Token(); err == nil {
			err = errors.New("a second value")
		} else if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return q, fail(w, http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("the body is over %d bytes", maxBody))
	}
	if err != nil {
		return q, fail(w, http.StatusBadRequest, "bad_json", `the body is not one JSON object of "text" and perhaps "session"`)
	}
	return q, true
}

// ask makes a question for the agent; false: it has been refused.
func (a *app) ask(w http.ResponseWriter, r *http.Request, q question) (asked agent.Question, ok bool) {
	switch {
	case strings.TrimSpace(q.Text) == "":
		return asked, fail(w, http.StatusBadRequest, "no_text", `"text" is empty`)
	case len(q.Text) > maxText:
		return asked, fail(w, http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf(`"text" is over %d bytes`, maxText))
	case !utf8.ValidString(q.Text):
		return asked, fail(w, http.StatusBadRequest, "bad_text", `"text" is not UTF-8`)
	case len(q.Session) > maxSession:
		return asked, fail(w, http.StatusBadRequest, "bad_session", fmt.Sprintf(`"session" is over %d bytes`, maxSession))
	}
	if q.Session == "" {
		q.Session = cookieOf(w, r)
	}
	return agent.Question{SessionID: agentmsg.SessionID(sessionPrefix + q.Session), UserID: q.Session, Text: q.Text}, true
}

// sessionPrefix keeps visitors in sessions of the chat's own: the account has
// others, and no visitor may speak in them.
const sessionPrefix = "chat:"

const cookieName = "chat-session"

// cookieOf is the browser's session, which begins here where there is none.
// Who knows it can read along: it is random, and no script sees it.
func cookieOf(w http.ResponseWriter, r *http.Request) string {
	if c, err := r.Cookie(cookieName); err == nil && c.Value != "" && len(c.Value) <= maxSession {
		return c.Value
	}
	session := rand.Text()
	// Over https set Secure too.
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: session, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode}) //nolint:gosec // on loopback there is no TLS
	return session
}

// enter takes a place among the open questions; false: there is none.
func (a *app) enter(w http.ResponseWriter) bool {
	select {
	case a.free <- struct{}{}:
		return true
	default:
		w.Header().Set("Retry-After", "5")
		return fail(w, http.StatusServiceUnavailable, "busy", "too many questions are open")
	}
}

func (a *app) leave() { <-a.free }

// answered is the body of an answer.
type answered struct {
	Session      string    `json:"session"`
	Text         string    `json:"text"`
	Parts        []string  `json:"parts"`
	End          agent.End `json:"end"`
	MaybeEarlier bool      `json:"maybeEarlier,omitempty"`
}

// answer is POST /ask: the whole answer at once.
func (a *app) answer(w http.ResponseWriter, r *http.Request) {
	q, ok := a.read(w, r)
	if !ok {
		return
	}
	asked, ok := a.ask(w, r, q)
	if !ok || !a.enter(w) {
		return
	}
	defer a.leave()
	reply, err := a.agent.Ask(r.Context(), asked)
	if err != nil {
		status, code, text := explain(err)
		fail(w, status, code, text)
		return
	}
	out := answered{Session: strings.TrimPrefix(string(reply.SessionID), sessionPrefix), Text: reply.Text(), End: reply.End, MaybeEarlier: reply.MaybeEarlier}
	for _, part := range reply.Replies {
		out.Parts = append(out.Parts, part.Text)
	}
	write(w, http.StatusOK, out)
}

// explain is what a customer is told of an error: whether to ask again.
func explain(err error) (status int, code, text string) {
	switch outcome := agentmsg.OutcomeOf(err); {
	case errors.Is(err, agent.ErrPaused):
		return http.StatusConflict, "human", "a human has taken over and will answer"
	case errors.Is(err, agent.ErrNoReply):
		return http.StatusGatewayTimeout, "no_reply", "there is no answer yet; do not ask again"
	case outcome == agentmsg.OutcomeNotSent, outcome == agentmsg.OutcomeRejected:
		return http.StatusBadGateway, "not_asked", "the question was not taken; ask again later"
	}
	return http.StatusBadGateway, "unknown", "the question may have been taken; do not ask again"
}

// fail answers with an error, and returns false.
func fail(w http.ResponseWriter, status int, code, text string) bool {
	write(w, status, map[string]string{"error": code, "message": text})
	return false
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // nothing helps a browser that has gone
}
