package control

import (
	"net/http"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/shape"
	"github.com/agentmsg/agentmsg/mockserver"
)

var errOver = &failure{status: http.StatusGone, message: "the world is over: it was reset, or the program stops"}

// said is what was made of words.
type said struct {
	SessionID string `json:"sessionId"`
	MessageID string `json:"messageId"`
}

// words reads who says what in which session.
func (x *call) words() (agentmsg.SessionID, string, error) {
	var given struct {
		SessionID string `json:"sessionId"`
		Text      string `json:"text"`
	}
	if err := x.decode(&given); err != nil {
		return "", "", err
	}
	switch {
	case given.SessionID == "":
		return "", "", bad("sessionId", "sessionId is missing: any text; a session that there is not begins with it")
	case given.Text == "":
		return "", "", bad("text", "text is missing: what is said")
	}
	return agentmsg.SessionID(given.SessionID), given.Text, nil
}

// says makes a call of one of the server's play functions that take any
// session.
func says(say func(*mockserver.Server, agentmsg.SessionID, string) agentmsg.MessageID) func(*call) (any, error) {
	return func(x *call) (any, error) {
		id, text, err := x.words()
		if err != nil {
			return nil, err
		}
		return saidIn(id, say(x.server, id, text))
	}
}

func (x *call) ownerSays() (any, error) {
	id, text, err := x.words()
	if err != nil {
		return nil, err
	}
	message, err := x.server.OwnerWrites(id, text)
	if err != nil {
		return nil, &failure{status: http.StatusConflict, field: "sessionId", message: err.Error()}
	}
	return saidIn(id, message)
}

func saidIn(id agentmsg.SessionID, message agentmsg.MessageID) (any, error) {
	if message == "" {
		return nil, errOver
	}
	return said{string(id), string(message)}, nil
}

// emit sends the body's bytes, whatever they are.
func (x *call) emit() (any, error) {
	body, err := x.read(maxEvent)
	if err != nil {
		return nil, err
	}
	id := x.server.Emit(body)
	if id == "" {
		return nil, &failure{status: http.StatusConflict, message: "there is no receiver to send it to: POST " + Prefix + "webhook with a url first, or start with --webhook-url"}
	}
	return struct {
		DeliveryID string `json:"deliveryId"`
	}{id}, nil
}

func (x *call) redeliver() (any, error) {
	var given struct {
		DeliveryID string `json:"deliveryId"`
	}
	if err := x.decode(&given); err != nil {
		return nil, err
	}
	if err := x.server.Redeliver(given.DeliveryID); err != nil {
		return nil, &failure{status: http.StatusNotFound, field: "deliveryId", message: "no event has the deliveryId " + given.DeliveryID + ", or the journal let it go: GET " + Prefix + "deliveries lists those that were sent"}
	}
	return struct{}{}, nil
}

// list is a part of a journal.
type list[T any] struct {
	Items   []T `json:"items"`
	Total   int `json:"total"`
	Dropped int `json:"dropped"`
}

func (x *call) requests() (any, error) {
	q, err := x.queries("op", "sessionId", "since")
	if err != nil {
		return nil, err
	}
	op, err := operation(q)
	if err != nil {
		return nil, err
	}
	since, err := count(q, "since")
	if err != nil {
		return nil, err
	}
	found, total := x.server.RequestsSince(since)
	dropped, _ := x.server.Dropped()
	kept := list[shape.Request]{Items: []shape.Request{}, Total: total, Dropped: dropped}
	for _, r := range found {
		if (op == "" || r.Op == op) && (q["sessionId"] == "" || q["sessionId"] == string(r.Session)) {
			kept.Items = append(kept.Items, shape.RequestOf(r))
		}
	}
	return kept, nil
}

func (x *call) deliveries() (any, error) {
	q, err := x.queries("sessionId", "since")
	if err != nil {
		return nil, err
	}
	since, err := count(q, "since")
	if err != nil {
		return nil, err
	}
	found, total := x.server.DeliveriesSince(since)
	_, dropped := x.server.Dropped()
	kept := list[shape.Delivery]{Items: []shape.Delivery{}, Total: total, Dropped: dropped}
	for _, d := range found {
		if q["sessionId"] == "" || q["sessionId"] == string(d.Session) {
			kept.Items = append(kept.Items, shape.DeliveryOf(d))
		}
	}
	return kept, nil
}

func (x *call) undelivered() (any, error) {
	return items(shape.All(x.server.Undelivered(), shape.DeliveryOf)), nil
}

func (x *call) unanswered() (any, error) {
	return items(x.server.Unanswered()), nil
}

// wanted are the sessions that the query names, or all.
func (x *call) wanted() ([]mockserver.Session, error) {
	q, err := x.queries("sessionId")
	if err != nil {
		return nil, err
	}
	id, given := q["sessionId"]
	if !given {
		return x.server.Sessions(), nil
	}
	found, ok := x.server.Session(agentmsg.SessionID(id))
	if !ok {
		return nil, &failure{status: http.StatusNotFound, field: "sessionId", message: "no session has the id " + id + ": GET " + Prefix + "sessions lists them"}
	}
	return []mockserver.Session{found}, nil
}

func (x *call) sessions() (any, error) {
	found, err := x.wanted()
	if err != nil {
		return nil, err
	}
	return items(shape.All(found, shape.SessionOf)), nil
}

// transcript is a text. Of all sessions each has a line with its API and id
// before it.
func (x *call) transcript() (any, error) {
	found, err := x.wanted()
	if err != nil {
		return nil, err
	}
	x.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	for _, s := range found {
		text := s.String()
		if !x.r.URL.Query().Has("sessionId") {
			text = "# " + string(s.API) + " " + string(s.ID) + "\n" + text
		}
		_, _ = x.w.Write([]byte(text))
	}
	return nil, errAnswered
}
