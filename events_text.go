package agentmsg

import (
	"fmt"
	"io"
	"log/slog"
)

// Format and LogValue are on the value, so that a copy of an event is no less
// discreet than the pointer. What they leave out on purpose: texts, titles,
// field values, names and ids of the customer, URLs, the raw bytes.

// Format writes the kind, ids and sizes, whatever the verb.
func (e MessageEvent) Format(f fmt.State, _ rune) { writeEvent(f, "MessageEvent", e.LogValue()) }

// LogValue returns the kind, ids and sizes.
func (e MessageEvent) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("type", string(EventMessage)),
		slog.String("session", string(e.SessionID)),
		slog.String("message", string(e.MessageID)),
		slog.String("direction", string(e.Direction)),
		slog.Int("bytes", len(e.Response)),
		slog.Int("attachments", len(e.Attachments)),
	)
}

// LogValue returns everything but the URL.
func (a EventAttachment) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", a.ID),
		slog.Any("url", a.URL),
		slog.String("type", a.Type),
		slog.Int64("size", a.Size),
		slog.String("mimeType", a.MimeType),
	)
}

// Format writes the kind and ids, whatever the verb.
func (e FieldUpdateEvent) Format(f fmt.State, _ rune) {
	writeEvent(f, "FieldUpdateEvent", e.LogValue())
}

// LogValue returns the kind and ids.
func (e FieldUpdateEvent) LogValue() slog.Value {
	return recordValue(EventFieldUpdate, e.SessionID, e.RecordID, e.KanbanID)
}

// Format writes the kind and ids, whatever the verb.
func (e RecordCreatedEvent) Format(f fmt.State, _ rune) {
	writeEvent(f, "RecordCreatedEvent", e.LogValue())
}

// LogValue returns the kind and ids.
func (e RecordCreatedEvent) LogValue() slog.Value {
	return recordValue(EventRecordCreated, e.SessionID, e.RecordID, e.KanbanID)
}

// Format writes the kind and ids, whatever the verb.
func (e RecordDeletedEvent) Format(f fmt.State, _ rune) {
	writeEvent(f, "RecordDeletedEvent", e.LogValue())
}

// LogValue returns the kind and ids.
func (e RecordDeletedEvent) LogValue() slog.Value {
	return recordValue(EventRecordDeleted, e.SessionID, e.RecordID, e.KanbanID)
}

// Format writes the kind, the session and whether the AI is paused, whatever
// the verb.
func (e AIPauseEvent) Format(f fmt.State, _ rune) { writeEvent(f, "AIPauseEvent", e.LogValue()) }

// LogValue returns the kind, the session and whether the AI is paused; a
// delivery that does not say has no aiPaused.
func (e AIPauseEvent) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("type", string(EventAIPause)),
		slog.String("session", string(e.SessionID)),
	}
	if e.AIPaused != nil {
		attrs = append(attrs, slog.Bool("aiPaused", *e.AIPaused))
	}
	return slog.GroupValue(attrs...)
}

// Format writes the type and the session, whatever the verb.
func (e UnknownEvent) Format(f fmt.State, _ rune) { writeEvent(f, "UnknownEvent", e.LogValue()) }

// LogValue returns the type and the session.
func (e UnknownEvent) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("type", string(e.Type)),
		slog.String("session", string(e.SessionID)),
	)
}

func recordValue(kind EventType, session SessionID, record string, kanban KanbanID) slog.Value {
	return slog.GroupValue(
		slog.String("type", string(kind)),
		slog.String("session", string(session)),
		slog.String("record", record),
		slog.String("kanban", string(kanban)),
	)
}

func writeEvent(f fmt.State, name string, v slog.Value) {
	_, _ = io.WriteString(f, oneLine(name+v.String()))
}
