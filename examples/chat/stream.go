package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// writeFor bounds each write to a browser, so that one that reads nothing does
// not hold its session for ever.
const writeFor = 10 * time.Second

// stream is GET /ask: each part as a server-sent event "part" when it comes,
// then "end", or "failed" with why. A browser that connects again by itself
// has had its answer, and is told to stop: the question is not asked twice.
func (a *app) stream(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead { // which GET's pattern takes too, and which asks nothing
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if r.Header.Get("Last-Event-ID") != "" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	query := r.URL.Query()
	asked, ok := a.ask(w, r, question{Text: query.Get("text"), Session: query.Get("session")})
	if !ok || !a.enter(w) {
		return
	}
	defer a.leave()
	events := eventStream{w: w, control: http.NewResponseController(w)}
	if events.open() != nil {
		return
	}
	for part, err := range a.agent.Replies(r.Context(), asked) {
		if err != nil {
			_, code, text := explain(err)
			_ = events.send("failed", map[string]string{"error": code, "message": text})
			return
		}
		if events.send("part", map[string]string{"text": part.Text}) != nil {
			return // the browser has gone; the conversation goes on
		}
	}
	_ = events.send("end", struct{}{})
}

type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	sent    int
}

// open sends the header, so that the browser knows that it is heard.
func (e *eventStream) open() error {
	e.w.Header().Set("Content-Type", "text/event-stream")
	e.w.Header().Set("Cache-Control", "no-store")
	e.w.WriteHeader(http.StatusOK)
	return e.control.Flush()
}

// send writes one event. JSON has no line break, which would end it.
func (e *eventStream) send(name string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	if err := e.control.SetWriteDeadline(time.Now().Add(writeFor)); err != nil {
		return err
	}
	e.sent++
	if _, err := fmt.Fprintf(e.w, "id: %d\nevent: %s\ndata: %s\n\n", e.sent, name, text); err != nil {
		return err
	}
	return e.control.Flush()
}
