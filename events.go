package agentmsg

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// EventType says what an [Event] tells. The list is open: a value that is not
// here arrives as an [*UnknownEvent].
type EventType string

// The event types.
const (
	// EventMessage is a [*MessageEvent]. The name is this module's own: on
	// the wire a message has no eventType.
	EventMessage EventType = "message"
	// EventFieldUpdate is a [*FieldUpdateEvent].
	EventFieldUpdate EventType = "crm_field_update"
	// EventRecordCreated is a [*RecordCreatedEvent].
	EventRecordCreated EventType = "crm_record_created"
	// EventRecordDeleted is a [*RecordDeletedEvent].
	EventRecordDeleted EventType = "crm_record_deleted"
	// EventAIPause is an [*AIPauseEvent].
	EventAIPause EventType = "ai_pause"
)

// Event is what one webhook delivery tells: a [*MessageEvent],
// [*FieldUpdateEvent], [*RecordCreatedEvent], [*RecordDeletedEvent],
// [*AIPauseEvent] or [*UnknownEvent], always as a pointer. Tell them apart by
// a type switch with a default: the vendor adds kinds.
//
// fmt and slog print an event's kind, ids and sizes: no text, no URL, nothing
// of the customer. json.Marshal writes all of it, the URLs of attachments
// too, so a struct of your own around an event leaks them in JSON logs.
//
// An event is safe for concurrent use while nobody writes to its fields. The
// interface is sealed: more methods may come.
type Event interface {
	// EventType is what the event tells. Of an [*UnknownEvent] it is what the
	// delivery said, which may be anything.
	EventType() EventType
	// Session is the conversation that the event belongs to; empty where the
	// delivery names none.
	Session() SessionID
	// DedupeKey is the same for each delivery of one event: the message id of
	// a [*MessageEvent] that has one, else a hash of the body, "sha256:" and
	// hex. MAIA numbers neither deliveries nor attempts, so two events with
	// equal bodies have one key: remember a hash for minutes only. Nothing in
	// it names the account: put that in front where you serve several.
	DedupeKey() string
	// Raw is a new copy of the delivery's bytes without the white space around
	// them and the byte order mark before them, whatever was written to the
	// event's fields since. Of an event that was built by hand it is its
	// JSON; nil where a json.RawMessage in it is none.
	Raw() json.RawMessage

	sealed()
}

// MessageEvent is one message of a conversation.
//
// Nothing in it says which message it answers: an answer joins its question by
// the session alone, and one answer may come as several events.
//
// Source: MAIA, "Webhooks", the messages webhook of a channel.
type MessageEvent struct {
	ChannelID         ChannelID `json:"channelId"`
	ChannelIdentifier string    `json:"channelIdentifier"`
	AgentID           AgentID   `json:"agentId"`
	SessionID         SessionID `json:"sessionId"`
	MessageID         MessageID `json:"messageId"`
	// Response is the message's text, whichever way it went; empty beside
	// attachments alone.
	Response  string    `json:"response"`
	Timestamp EventTime `json:"timestamp,omitzero"`
	// Direction says which way it went. A delivery without one reads as
	// [DirectionOutgoing]; an empty one of an event built by hand means that too.
	Direction Direction `json:"direction,omitempty"`
	// ExternalUserID is your id of the customer; the wire has it only with
	// [DirectionIncoming] and [DirectionEcho].
	ExternalUserID string            `json:"externalUserId,omitempty"`
	Attachments    []EventAttachment `json:"attachments,omitempty"`

	raw []byte
}

// EventAttachment is a file of a [MessageEvent]. The wire has no name of it: one
// to save it under is yours to make.
//
// Source: MAIA, "Webhooks", attachments of a message.
type EventAttachment struct {
	// ID is the attachment's; it is no fileKey.
	ID string `json:"id"`
	// URL is presigned: who has it can read the file, by a GET without
	// credentials, which [DownloadEventAttachment] makes. That of the mock
	// server is reached over its Transport.
	URL Secret `json:"url"`
	// Type is the file's family, such as document.
	Type string `json:"type"`
	// Size is in bytes.
	Size int64 `json:"size"`
	// MimeType is the media type, such as application/pdf.
	MimeType string `json:"mimeType"`
}

// FieldUpdateEvent is a changed field of a CRM record.
//
// Source: MAIA, "Webhooks", crm_field_update.
type FieldUpdateEvent struct {
	RecordID       string   `json:"recordId"`
	KanbanID       KanbanID `json:"kanbanId"`
	KanbanName     string   `json:"kanbanName"`
	ExternalUserID string   `json:"externalUserId"`
	FieldName      string   `json:"fieldName"`
	FieldType      string   `json:"fieldType"`
	// PreviousValue and NewValue may be any JSON, as it came: null is
	// json.RawMessage("null"), and nil is an absent member.
	PreviousValue json.RawMessage `json:"previousValue,omitempty"`
	NewValue      json.RawMessage `json:"newValue,omitempty"`
	UpdatedBy     string          `json:"updatedBy"`
	UpdatedAt     EventTime       `json:"updatedAt,omitzero"`
	SessionID     SessionID       `json:"sessionId,omitempty"`

	raw []byte
}

// RecordCreatedEvent is a new CRM record.
//
// Source: MAIA, "Webhooks", crm_record_created. The vendor's example breaks
// off after createdAt: what may follow is in Raw.
type RecordCreatedEvent struct {
	RecordID       string   `json:"recordId"`
	KanbanID       KanbanID `json:"kanbanId"`
	KanbanName     string   `json:"kanbanName"`
	ExternalUserID string   `json:"externalUserId"`
	// Title is the card's title, usually the customer's name.
	Title  string `json:"title"`
	Status string `json:"status"`
	// CustomFields holds any JSON by the field's id.
	CustomFields    map[string]json.RawMessage `json:"customFields,omitempty"`
	AssignedUserIDs []string                   `json:"assignedUserIds,omitempty"`
	CreatedBy       string                     `json:"createdBy"`
	CreatedAt       EventTime                  `json:"createdAt,omitzero"`
	SessionID       SessionID                  `json:"sessionId,omitempty"`

	raw []byte
}

// RecordDeletedEvent is a deleted CRM record.
//
// Source: MAIA, "Webhooks", crm_record_deleted. The vendor does not document
// its members: each may be empty, and Raw has what came.
type RecordDeletedEvent struct {
	RecordID  string    `json:"recordId,omitempty"`
	KanbanID  KanbanID  `json:"kanbanId,omitempty"`
	SessionID SessionID `json:"sessionId,omitempty"`

	raw []byte
}

// AIPauseEvent says that the AI stopped answering in a session, or answers
// again: what [SessionsService.PauseAI] and ResumeAI cause.
//
// Source: MAIA, "Webhooks", ai_pause. The vendor does not document its
// members: each may be empty, and Raw has what came.
type AIPauseEvent struct {
	SessionID SessionID `json:"sessionId,omitempty"`
	// AIPaused is nil where the delivery does not say.
	AIPaused *bool `json:"aiPaused,omitempty"`

	raw []byte
}

// UnknownEvent is a delivery that this version cannot read as another kind: a
// new eventType, one that is no text, a sessionId that is no text, or a
// message whose messageId or response is no text. Raw has all of it.
//
// Source: MAIA, "Webhooks".
type UnknownEvent struct {
	// Type is the delivery's eventType; empty where that was no text.
	Type EventType `json:"eventType"`
	// SessionID is empty where the delivery names none, or not as a text.
	SessionID SessionID `json:"sessionId,omitempty"`

	raw []byte
}

// EventType returns [EventMessage].
func (e *MessageEvent) EventType() EventType { return EventMessage }

// Session returns SessionID.
func (e *MessageEvent) Session() SessionID { return e.SessionID }

// DedupeKey returns MessageID, or a hash of the body where that is empty.
func (e *MessageEvent) DedupeKey() string {
	if e.MessageID != "" {
		return string(e.MessageID)
	}
	return bodyKey(e)
}

// Raw returns the delivery's bytes, or the JSON of an event built by hand.
func (e *MessageEvent) Raw() json.RawMessage { return rawOf(e.raw, e) }

// EventType returns [EventFieldUpdate].
func (e *FieldUpdateEvent) EventType() EventType { return EventFieldUpdate }

// Session returns SessionID.
func (e *FieldUpdateEvent) Session() SessionID { return e.SessionID }

// DedupeKey returns a hash of the body.
func (e *FieldUpdateEvent) DedupeKey() string { return bodyKey(e) }

// Raw returns the delivery's bytes, or the JSON of an event built by hand.
func (e *FieldUpdateEvent) Raw() json.RawMessage { return rawOf(e.raw, e) }

// EventType returns [EventRecordCreated].
func (e *RecordCreatedEvent) EventType() EventType { return EventRecordCreated }

// Session returns SessionID.
func (e *RecordCreatedEvent) Session() SessionID { return e.SessionID }

// DedupeKey returns a hash of the body.
func (e *RecordCreatedEvent) DedupeKey() string { return bodyKey(e) }

// Raw returns the delivery's bytes, or the JSON of an event built by hand.
func (e *RecordCreatedEvent) Raw() json.RawMessage { return rawOf(e.raw, e) }

// EventType returns [EventRecordDeleted].
func (e *RecordDeletedEvent) EventType() EventType { return EventRecordDeleted }

// Session returns SessionID.
func (e *RecordDeletedEvent) Session() SessionID { return e.SessionID }

// DedupeKey returns a hash of the body.
func (e *RecordDeletedEvent) DedupeKey() string { return bodyKey(e) }

// Raw returns the delivery's bytes, or the JSON of an event built by hand.
func (e *RecordDeletedEvent) Raw() json.RawMessage { return rawOf(e.raw, e) }

// EventType returns [EventAIPause].
func (e *AIPauseEvent) EventType() EventType { return EventAIPause }

// Session returns SessionID.
func (e *AIPauseEvent) Session() SessionID { return e.SessionID }

// DedupeKey returns a hash of the body.
func (e *AIPauseEvent) DedupeKey() string { return bodyKey(e) }

// Raw returns the delivery's bytes, or the JSON of an event built by hand.
func (e *AIPauseEvent) Raw() json.RawMessage { return rawOf(e.raw, e) }

// EventType returns Type.
func (e *UnknownEvent) EventType() EventType { return e.Type }

// Session returns SessionID.
func (e *UnknownEvent) Session() SessionID { return e.SessionID }

// DedupeKey returns a hash of the body, also where the delivery has a
// messageId: a message that could not be read must not hide the one that can.
func (e *UnknownEvent) DedupeKey() string { return bodyKey(e) }

// Raw returns the delivery's bytes, or the JSON of an event built by hand.
func (e *UnknownEvent) Raw() json.RawMessage { return rawOf(e.raw, e) }

func (e *MessageEvent) sealed()       {}
func (e *FieldUpdateEvent) sealed()   {}
func (e *RecordCreatedEvent) sealed() {}
func (e *RecordDeletedEvent) sealed() {}
func (e *AIPauseEvent) sealed()       {}
func (e *UnknownEvent) sealed()       {}

// rawOf copies what came, so that no caller can change it for another.
func rawOf(raw []byte, e Event) json.RawMessage {
	if len(raw) > 0 {
		return bytes.Clone(raw)
	}
	built, _ := json.Marshal(e) // nil where it fails, as Raw promises
	return built
}

func bodyKey(e Event) string {
	sum := sha256.Sum256(e.Raw())
	return "sha256:" + hex.EncodeToString(sum[:])
}
