package mockserver

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// OpWebhook is the deliveries, for [Fault].
const OpWebhook agentmsg.Op = "Webhook"

// Request is a request that the server was asked.
type Request struct {
	// Op is empty for a route that there is not, and for another verb than PUT
	// and GET on the storage.
	Op agentmsg.Op
	// Session is the session that the request concerned; empty: none, or none
	// that could be read.
	Session agentmsg.SessionID
	Method  string
	// Path is as it was escaped on the wire.
	Path string
	// Query has REDACTED in place of a presigned URL's signature.
	Query url.Values
	// Header has REDACTED in place of credentials.
	Header http.Header
	// Body of a PUT to the storage is at most 64 KiB of the file.
	Body []byte
	// Status is 0 where no byte of an answer left.
	Status int
	// Response is at most 64 KiB of the answer, as far as it left.
	Response []byte
	// Fault is what hit it; nil: none.
	Fault *Fault
	At    time.Time
	Took  time.Duration
}

// Delivery is one attempt to deliver an event.
type Delivery struct {
	// ID is the event's, the same for each attempt.
	ID      string
	Event   agentmsg.EventType
	Session agentmsg.SessionID
	// Attempt counts from 1.
	Attempt int
	URL     string
	Header  http.Header
	// Body is exactly what was sent.
	Body []byte
	// Status is 0 where there was no answer; Err says why.
	Status int
	Err    string
	At     time.Time
	Took   time.Duration
}

// journal keeps the last requests and the last deliveries. Its methods are
// called with the server's lock held.
type journal struct {
	limit      int // records in each
	room       int // for bodies and long heads in both; for events as much again
	bytes      int // of them, in both
	requests   ring[Request]
	deliveries ring[Delivery]
	asked      map[agentmsg.Op]int // since the start, dropped ones too
	misread    bool                // read after something had been dropped
	events     ring[*delivery]     // for Redeliver
	eventBytes int                 // of their bodies
}

const (
	maxJournalBytes = 64 << 20
	maxResponse     = 64 << 10
	usualHead       = 4 << 10
)

// ring is a list that loses its beginning.
type ring[T any] struct {
	kept  []T
	array []T // kept's, with the room that was left before it
	total int
}

func (r *ring[T]) dropped() int { return r.total - len(r.kept) }

// add moves the list to its array's beginning when it has come to the end. An
// append would make an array again for each few thousand records.
func (r *ring[T]) add(x T) {
	if len(r.kept) == cap(r.kept) {
		array := r.array
		if len(array) < 2*len(r.kept) || len(array) == 0 {
			array = make([]T, 2*len(r.kept)+16)
		}
		n := copy(array, r.kept)
		clear(array[n:])
		r.array, r.kept = array, array[:n]
	}
	r.kept = append(r.kept, x)
	r.total++
}

func (r *ring[T]) drop() T {
	oldest := r.kept[0]
	var zero T
	r.kept[0] = zero // its bodies are free before the list moves
	r.kept = r.kept[1:]
	return oldest
}

func (j *journal) addRequest(r Request) {
	if j.asked == nil {
		j.asked = map[agentmsg.Op]int{}
	}
	j.asked[r.Op]++
	j.requests.add(r)
	j.bytes += r.size()
	j.shrink()
}

func (j *journal) addDelivery(d Delivery) {
	j.deliveries.add(d)
	j.bytes += len(d.Body)
	j.shrink()
}

// shrink holds the limits. Where bodies are too many the oldest record goes,
// of whichever list.
func (j *journal) shrink() {
	if len(j.requests.kept) > j.limit {
		j.dropRequest()
	}
	if len(j.deliveries.kept) > j.limit {
		j.dropDelivery()
	}
	for j.bytes > j.room {
		if len(j.deliveries.kept) == 0 || len(j.requests.kept) > 0 && j.requests.kept[0].At.Before(j.deliveries.kept[0].At) {
			j.dropRequest()
		} else {
			j.dropDelivery()
		}
	}
}

func (j *journal) dropRequest() {
	r := j.requests.drop()
	j.bytes -= r.size()
}

// size is what counts of a request: its bodies, and what its head has beyond
// the usual, of which a caller may send a MiB.
func (r *Request) size() int {
	head := len(r.Path) + sizeOf(r.Header) + sizeOf(r.Query)
	return len(r.Body) + len(r.Response) + max(head-usualHead, 0)
}

// sizeOf is about the memory of a header or a query.
func sizeOf(h map[string][]string) (n int) {
	for name, values := range h {
		n += 64 + len(name)
		for _, v := range values {
			n += 16 + len(v)
		}
	}
	return n
}

func (j *journal) dropDelivery() { j.bytes -= len(j.deliveries.drop().Body) }

// recordRequest notes an exchange, before a byte of its answer leaves.
func (s *Server) recordRequest(x *exchange, a answer) {
	r := Request{
		Op: x.op, Session: x.session, Method: x.r.Method, Path: x.path, Query: redactQuery(x.r.URL),
		Header: redact(x.r.Header), Body: x.body, Status: a.status, Response: kept(a.body),
		At: x.at, Took: time.Since(x.at),
	}
	if x.fault != nil {
		r.Fault = new(x.fault.Fault)
	}
	s.config.logRequest(&r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal.addRequest(r)
	s.change()
}

// kept is what the journal keeps of an answer. A part is copied: it would hold
// the whole.
func kept(answer []byte) []byte {
	if len(answer) <= maxResponse {
		return answer
	}
	return slices.Clone(answer[:maxResponse])
}

func (s *Server) recordDelivery(d *delivery, header http.Header, status int, err error, at time.Time, settled bool) {
	record := Delivery{
		ID: d.id, Event: d.event, Session: d.session, Attempt: d.attempt, URL: d.to.url, Header: header, Body: d.body,
		Status: status, At: at, Took: time.Since(at),
	}
	if err != nil {
		record.Err = err.Error()
	}
	s.config.logDelivery(&record)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal.addDelivery(record)
	d.last = record
	if settled {
		delete(s.pending, d)
	}
	s.change()
}

// redacted is never written to.
var redacted = []string{"REDACTED"}

// redact copies a header without what must be in no journal. The values are
// the request's own: nobody writes into them, and [Server.Requests] copies all.
func redact(h http.Header) http.Header {
	clean := maps.Clone(h)
	for _, name := range [...]string{wire.HeaderAuthorization, wire.HeaderAPIKey, "Cookie", "Proxy-Authorization"} {
		if _, ok := clean[name]; ok {
			clean[name] = redacted
		}
	}
	return clean
}

// redactQuery takes the signature out of a presigned URL's query. None is nil.
func redactQuery(u *url.URL) url.Values {
	if u.RawQuery == "" {
		return nil
	}
	q := u.Query()
	for name := range q {
		if strings.EqualFold(name, querySignature) {
			q[name] = redacted
		}
	}
	return q
}

// Requests are the requests of the given operations, or all of them, the
// oldest first. Read after records were dropped it fails the test that owns
// the server, at its end.
func (s *Server) Requests(op ...agentmsg.Op) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal.misread = s.journal.misread || s.journal.requests.dropped() > 0
	var found []Request
	for _, r := range s.journal.requests.kept {
		if len(op) == 0 || slices.Contains(op, r.Op) {
			found = append(found, r.clone())
		}
	}
	return found
}

// Deliveries are the attempts that have ended, the oldest first. Read after
// records were dropped it fails the test that owns the server, at its end.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal.misread = s.journal.misread || s.journal.deliveries.dropped() > 0
	found := slices.Clone(s.journal.deliveries.kept)
	for i := range found {
		found[i] = found[i].clone()
	}
	return found
}

// Dropped is how many records the journal let go: over [WithJournal]'s number
// in a list, or over 64 MiB of bodies, and of what heads have over 4 KiB, in
// all.
func (s *Server) Dropped() (requests, deliveries int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.requests.dropped(), s.journal.deliveries.dropped()
}
