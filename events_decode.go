package agentmsg

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// knownEvents are the types that have a kind of their own. A message that
// says it is one, which no message does today, is read as one.
var knownEvents = [...]EventType{EventMessage, EventFieldUpdate, EventRecordCreated, EventRecordDeleted, EventAIPause}

// otherEvent stands for every type that is none of knownEvents.
const otherEvent EventType = ""

// jsonText is body without what may stand around one JSON value. The mark
// goes too: with it the raw bytes of an event would be no JSON.
func jsonText(body []byte) []byte {
	return bytes.Trim(bytes.TrimPrefix(body, byteOrderMark), " \t\r\n")
}

// decodeEvent reads a JSON object.
func decodeEvent(body []byte) (Event, error) {
	if len(body) == 0 || body[0] != '{' {
		return nil, errors.New("the body is no JSON object")
	}
	if message, ok := plainMessage(body); ok {
		return message, nil
	}
	return decodeJSON(body)
}

// decodeJSON reads a JSON object in one pass where all is as documented. It
// guesses the kind, reads the body as that, and asks the members that were
// read whether the guess was right; a second look follows only where a member
// had the wrong type.
func decodeJSON(body []byte) (Event, error) {
	kind := likelyKind(body)
	event, said, err := decodeAs(kind, body)
	if actual := kindOf(said); actual != kind {
		event, said, err = decodeAs(actual, body)
	}
	if err == nil {
		return event, nil
	}
	// encoding/json remembers the first member of a wrong type and goes on;
	// any other error is one of syntax, and its text would quote the body.
	if _, mistyped := errors.AsType[*json.UnmarshalTypeError](err); !mistyped {
		return nil, syntaxError(err)
	}
	return settle(event, said, body), nil
}

func syntaxError(err error) error {
	at := int64(0)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = syntax.Offset
	}
	return fmt.Errorf("the body is no JSON, or nested too deep, at byte %d", at)
}

// likelyKind looks for the first eventType in the text. It may be wrong, as
// when that stands in a nested object; decodeJSON finds out. It looks for the
// name without its head, for the search goes by the first letter: quotes and
// e's stop it at every turn.
func likelyKind(body []byte) EventType {
	_, rest, found := bytes.Cut(body, []byte(`ventType"`))
	if !found {
		return EventMessage
	}
	value, _, _ := bytes.Cut(bytes.TrimLeft(rest, ": \t\r\n\""), []byte(`"`))
	for _, kind := range knownEvents {
		if string(value) == string(kind) {
			return kind
		}
	}
	return otherEvent
}

// kindOf is the kind that a delivery's own eventType asks for.
func kindOf(said *EventType) EventType {
	switch {
	case said == nil:
		return EventMessage
	case slices.Contains(knownEvents[:], *said):
		return *said
	}
	return otherEvent
}

// decodeAs reads body as one kind, and beside it what the body says it is:
// nil for an absent eventType, which null is too.
func decodeAs(kind EventType, body []byte) (Event, *EventType, error) {
	switch kind {
	case EventMessage:
		var d struct {
			Said *EventType `json:"eventType"`
			MessageEvent
		}
		err := readInto(body, &d, &d.raw)
		d.defaultDirection()
		return &d.MessageEvent, d.Said, err
	case EventFieldUpdate:
		var d struct {
			Said *EventType `json:"eventType"`
			FieldUpdateEvent
		}
		err := readInto(body, &d, &d.raw)
		return &d.FieldUpdateEvent, d.Said, err
	case EventRecordCreated:
		var d struct {
			Said *EventType `json:"eventType"`
			RecordCreatedEvent
		}
		err := readInto(body, &d, &d.raw)
		return &d.RecordCreatedEvent, d.Said, err
	case EventRecordDeleted:
		var d struct {
			Said *EventType `json:"eventType"`
			RecordDeletedEvent
		}
		err := readInto(body, &d, &d.raw)
		return &d.RecordDeletedEvent, d.Said, err
	case EventAIPause:
		var d struct {
			Said *EventType `json:"eventType"`
			AIPauseEvent
		}
		err := readInto(body, &d, &d.raw)
		return &d.AIPauseEvent, d.Said, err
	}
	var d struct {
		Said *EventType `json:"eventType"`
		UnknownEvent
	}
	err := readInto(body, &d, &d.raw)
	if d.Said != nil {
		d.Type = *d.Said
	}
	return &d.UnknownEvent, d.Said, err
}

func (m *MessageEvent) defaultDirection() {
	if m.Direction == "" {
		m.Direction = DirectionOutgoing
	}
}

func readInto(body []byte, d any, raw *[]byte) error {
	*raw = body
	return json.Unmarshal(body, d)
}

// settle looks again at an event of which some member had the wrong type. Most
// such members just stay zero. Those that make the event what it is do not:
// without its session, or a message without its id or text, it must not pass
// for a whole one.
func settle(event Event, said *EventType, body []byte) Event {
	var seen struct {
		EventType json.RawMessage `json:"eventType"`
		SessionID json.RawMessage `json:"sessionId"`
		MessageID json.RawMessage `json:"messageId"`
		Response  json.RawMessage `json:"response"`
		Direction json.RawMessage `json:"direction"`
		AIPaused  json.RawMessage `json:"aiPaused"`
	}
	_ = json.Unmarshal(body, &seen) // cannot fail: the syntax is good, and RawMessage takes any value
	whole := isText(seen.EventType) && isText(seen.SessionID)
	switch e := event.(type) {
	case *MessageEvent:
		whole = whole && isText(seen.MessageID) && isText(seen.Response)
		if !isText(seen.Direction) {
			e.Direction = DirectionOutgoing
		}
	case *AIPauseEvent:
		// encoding/json makes the bool before it finds that the value is none.
		if value := string(seen.AIPaused); value != "true" && value != "false" {
			e.AIPaused = nil
		}
	}
	if whole {
		return event
	}
	unknown := &UnknownEvent{raw: body}
	if said != nil && isText(seen.EventType) {
		unknown.Type = *said
	}
	if isText(seen.SessionID) {
		unknown.SessionID = event.Session()
	}
	return unknown
}

// isText reports whether a member is a string, or absent.
func isText(member json.RawMessage) bool {
	return len(member) == 0 || member[0] == '"' || member[0] == 'n'
}

// MarshalJSON writes the wire's members, eventType among them.
func (e *FieldUpdateEvent) MarshalJSON() ([]byte, error) {
	type plain FieldUpdateEvent
	return json.Marshal(struct {
		EventType EventType `json:"eventType"`
		*plain
	}{EventFieldUpdate, (*plain)(e)})
}

// MarshalJSON writes the wire's members, eventType among them.
func (e *RecordCreatedEvent) MarshalJSON() ([]byte, error) {
	type plain RecordCreatedEvent
	return json.Marshal(struct {
		EventType EventType `json:"eventType"`
		*plain
	}{EventRecordCreated, (*plain)(e)})
}

// MarshalJSON writes the wire's members, eventType among them.
func (e *RecordDeletedEvent) MarshalJSON() ([]byte, error) {
	type plain RecordDeletedEvent
	return json.Marshal(struct {
		EventType EventType `json:"eventType"`
		*plain
	}{EventRecordDeleted, (*plain)(e)})
}

// MarshalJSON writes the wire's members, eventType among them.
func (e *AIPauseEvent) MarshalJSON() ([]byte, error) {
	type plain AIPauseEvent
	return json.Marshal(struct {
		EventType EventType `json:"eventType"`
		*plain
	}{EventAIPause, (*plain)(e)})
}
