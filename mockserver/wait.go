package mockserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agentmsg/agentmsg"
)

// WaitRequests waits until n requests of an operation were answered since the
// start, or broken off, those included that the journal dropped; an empty op counts all. When
// ctx ends first the error holds its cause, the last requests and the
// transcripts.
func (s *Server) WaitRequests(ctx context.Context, op agentmsg.Op, n int) error {
	what := func() string { return fmt.Sprintf("%d requests of %s, and %d came", n, nameOf(op), s.answered(op)) }
	return s.await(ctx, what, op, func() bool { return s.answered(op) >= n })
}

func nameOf(op agentmsg.Op) string {
	if op == "" {
		return "any operation"
	}
	return string(op)
}

func (s *Server) answered(op agentmsg.Op) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op == "" {
		return s.journal.requests.total
	}
	return s.journal.asked[op]
}

// WaitDeliveries waits until n attempts to deliver have ended since the start:
// those of every kind of event, failed ones too.
// Its error is that of [Server.WaitRequests].
func (s *Server) WaitDeliveries(ctx context.Context, n int) error {
	what := func() string { return fmt.Sprintf("%d attempts to deliver, and %d ended", n, s.delivered()) }
	return s.await(ctx, what, "", func() bool { return s.delivered() >= n })
}

func (s *Server) delivered() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.deliveries.total
}

// Wait asks ok after each change of the server's state until it says true. ok
// may call the server. Its error is that of [Server.WaitRequests].
func (s *Server) Wait(ctx context.Context, ok func() bool) error {
	return s.await(ctx, func() string { return "the condition" }, "", ok)
}

// Idle waits until no request, turn of the AI, aggregation, part of an answer,
// delivery or retry is under way or pending: the server sends nothing more
// until someone speaks again. It knows nothing of what a receiver does after
// its answer. Its error is that of [Server.WaitRequests].
func (s *Server) Idle(ctx context.Context) error {
	what := func() string {
		return fmt.Sprintf("idleness, and %d requests, turns or deliveries are under way", s.underWay())
	}
	return s.await(ctx, what, "", func() bool { return s.underWay() == 0 })
}

func (s *Server) underWay() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.busy
}

var errClosed = errors.New("the server was closed")

// await waits for ok. op is the operation that is waited for, if there is one.
func (s *Server) await(ctx context.Context, what func() string, op agentmsg.Op, ok func() bool) error {
	for {
		changed, closed := s.nextChange()
		if ok() {
			return nil
		}
		if closed {
			return s.missed(what(), op, errClosed)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return s.missed(what(), op, whyEnded(ctx))
		}
	}
}

// whyEnded is a context's error, and its cause where that is another.
func whyEnded(ctx context.Context) error {
	if cause := context.Cause(ctx); cause != ctx.Err() { //nolint:errorlint // the very same one, or another
		return fmt.Errorf("%w (%w)", ctx.Err(), cause)
	}
	return ctx.Err()
}

// nextChange is closed at the next change of state.
func (s *Server) nextChange() (changed <-chan struct{}, closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed, s.closed
}

const (
	shownRecords  = 10
	shownMessages = 50 // of each session
)

// missed says what there was instead: the operation's own requests first, they
// are the nearest misses.
func (s *Server) missed(what string, op agentmsg.Op, why error) error {
	var seen strings.Builder
	s.mu.Lock()
	requests, deliveries := s.journal.requests.kept, s.journal.deliveries.kept
	writeRequests(&seen, requests, func(r Request) bool { return r.Op == op })
	writeRequests(&seen, requests, func(r Request) bool { return r.Op != op })
	for _, d := range deliveries[max(0, len(deliveries)-shownRecords):] {
		fmt.Fprintf(&seen, "\n  %s of %q, attempt %d: %d %s", d.Event, d.Session, d.Attempt, d.Status, d.Err)
	}
	s.mu.Unlock()
	sessions := s.Sessions()
	for _, x := range sessions[max(0, len(sessions)-shownRecords):] {
		x.Messages = x.Messages[max(0, len(x.Messages)-shownMessages):]
		fmt.Fprintf(&seen, "\n  %s session %q:\n    %s", x.API, x.ID, strings.ReplaceAll(strings.TrimSuffix(x.String(), "\n"), "\n", "\n    "))
	}
	return fmt.Errorf("mockserver: waited for %s: %w; the last of what came:%s", what, why, seen.String())
}

// writeRequests writes a line for each of the last requests that are wanted.
func writeRequests(to *strings.Builder, requests []Request, wanted func(Request) bool) {
	var last []Request
	for _, r := range slices.Backward(requests) {
		if wanted(r) && len(last) < shownRecords {
			last = append(last, r)
		}
	}
	for _, r := range slices.Backward(last) {
		fmt.Fprintf(to, "\n  %s %s: %d (%s) %s%s", r.Method, r.Path, r.Status, nameOf(r.Op), refusalText(r), faultText(r))
	}
}

func faultText(r Request) string {
	if r.Fault == nil {
		return ""
	}
	return " hit by " + r.Fault.String()
}

// refusalText is what a refused request was told.
func refusalText(r Request) string {
	if r.Status < 400 {
		return ""
	}
	return string(r.Response[:min(len(r.Response), 200)])
}
