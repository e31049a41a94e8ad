package agentmsg

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/agentmsg/agentmsg/internal/wire"
)

// ContactsService asks an AI on behalf of a contact and waits for its answer
// (BluBash). Its methods are safe for concurrent use.
//
// Source: BluBash Channels, "POST /api/v1/channels/{channelId}/messages".
type ContactsService struct{ core *core }

// ContactContent is one of the five contents of a contact's message. Make it
// with [ContactText], [ContactImage], [ContactAudio], [ContactVideo] or
// [ContactDocument]: the type and the content's member must agree.
//
// It is embedded in [ContactMessageParams].
//
// Source: BluBash Channels, "POST /api/v1/channels/{channelId}/messages".
type ContactContent struct {
	// Type is TEXT, IMAGE, AUDIO, VIDEO or DOCUMENT.
	Type string `json:"type"`
	// Content has the one member that Type names.
	Content ContactContentBody `json:"content"`
}

// ContactContentBody holds exactly one of its members.
//
// Source: BluBash Channels, "POST /api/v1/channels/{channelId}/messages".
type ContactContentBody struct {
	Text     *TextBody     `json:"text,omitempty"`
	Image    *ContactMedia `json:"image,omitempty"`
	Audio    *ContactMedia `json:"audio,omitempty"`
	Video    *ContactMedia `json:"video,omitempty"`
	Document *ContactMedia `json:"document,omitempty"`
}

// ContactMedia is a file that BluBash fetches: publicly reachable, at most
// 10 MB, within 30 s.
//
// Source: BluBash Channels, "POST /api/v1/channels/{channelId}/messages".
type ContactMedia struct {
	URL      string `json:"url"`
	Filename string `json:"filename,omitempty"`
	Caption  string `json:"caption,omitempty"`
}

// TextBody is a text.
//
// Source: BluBash Channels, "POST /api/v1/channels/{channelId}/messages".
type TextBody struct {
	Body string `json:"body"`
}

// The contact contents' types.
const (
	contactText     = "TEXT"
	contactImage    = "IMAGE"
	contactAudio    = "AUDIO"
	contactVideo    = "VIDEO"
	contactDocument = "DOCUMENT"
)

// ContactText is a text message.
func ContactText(body string) ContactContent {
	return ContactContent{contactText, ContactContentBody{Text: &TextBody{body}}}
}

// ContactImage is a picture by its URL, absolute http or https. The caption
// may be empty.
func ContactImage(url, caption string) ContactContent {
	return ContactContent{contactImage, ContactContentBody{Image: &ContactMedia{URL: url, Caption: caption}}}
}

// ContactAudio is a recording by its URL, absolute http or https.
func ContactAudio(url string) ContactContent {
	return ContactContent{contactAudio, ContactContentBody{Audio: &ContactMedia{URL: url}}}
}

// ContactVideo is a video by its URL, absolute http or https. The caption may
// be empty.
func ContactVideo(url, caption string) ContactContent {
	return ContactContent{contactVideo, ContactContentBody{Video: &ContactMedia{URL: url, Caption: caption}}}
}

// ContactDocument is a document by its URL, absolute http or https. The file
// name and the caption may be empty.
func ContactDocument(url, filename, caption string) ContactContent {
	return ContactContent{contactDocument, ContactContentBody{Document: &ContactMedia{url, filename, caption}}}
}

// ContactMessageParams is a contact's message to the AI.
//
// Source: BluBash Channels, "POST /api/v1/channels/{channelId}/messages".
type ContactMessageParams struct {
	ContactContent
	// ContactIdentifier is always the same value for the same person; the
	// vendor advises an e-mail address. Required.
	ContactIdentifier string `json:"contactIdentifier"`
	// ContactName is used when the contact is made.
	ContactName string `json:"contactName,omitempty"`
}

func (p *ContactMessageParams) check() error {
	if p.ContactIdentifier == "" {
		return invalid(OpSendContactMessage, "ContactIdentifier", "is empty: give the value that always names this person")
	}
	given := p.Content.given()
	if len(given) != 1 || given[0] != p.Type {
		return invalid(OpSendContactMessage, "ContactContent", "does not hold exactly the one content that its Type names: make it with ContactText, ContactImage, ContactAudio, ContactVideo or ContactDocument")
	}
	if text := p.Content.Text; text != nil && text.Body == "" {
		return invalid(OpSendContactMessage, "ContactContent", "is an empty text: give its body")
	}
	if media := p.Content.media(); media != nil && !absoluteHTTP(media.URL) {
		return invalid(OpSendContactMessage, "ContactContent", "has a media URL that is not absolute http or https: BluBash fetches it from the public network")
	}
	return nil
}

// given lists the types of the members that are there.
func (b *ContactContentBody) given() []string {
	var types []string
	if b.Text != nil {
		types = append(types, contactText)
	}
	for _, m := range [...]struct {
		media *ContactMedia
		kind  string
	}{{b.Image, contactImage}, {b.Audio, contactAudio}, {b.Video, contactVideo}, {b.Document, contactDocument}} {
		if m.media != nil {
			types = append(types, m.kind)
		}
	}
	return types
}

// media is the one member that is a file, or nil.
func (b *ContactContentBody) media() *ContactMedia {
	for _, m := range [...]*ContactMedia{b.Image, b.Audio, b.Video, b.Document} {
		if m != nil {
			return m
		}
	}
	return nil
}

func absoluteHTTP(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// ContactReply is the AI's answer.
//
// Source: BluBash Channels, answer 200. Members of the conversation and of
// the messages come from an older page and are read leniently.
type ContactReply struct {
	// Success is true: an explicit false is an [*APIError].
	Success        bool                `json:"success"`
	ContactID      ContactID           `json:"contactId"`
	ConversationID ConversationID      `json:"conversationId"`
	MessageID      MessageID           `json:"messageId"`
	Conversation   ContactConversation `json:"conversation"`
	// AIMessages are the answer's parts, earliest first. One answer may be
	// split into several; there may be none.
	AIMessages []AIMessage `json:"aiMessages"`
	Usage      Usage       `json:"usage"`
}

// ContactConversation is the conversation that the message belongs to.
//
// Source: BluBash Channels, "POST /api/v1/channels/{channelId}/messages".
type ContactConversation struct {
	Status          string `json:"status"`
	AssignedToHuman bool   `json:"assignedToHuman"`
	AIAgentID       string `json:"aiAgentId"`
	AIAgentName     string `json:"aiAgentName"`
	TeamID          string `json:"teamId"`
	TeamName        string `json:"teamName"`
}

// AIMessage is one part of the answer.
//
// Source: BluBash Channels, "POST /api/v1/channels/{channelId}/messages".
type AIMessage struct {
	Content    AIContent `json:"content"`
	Type       string    `json:"type"`
	SenderType string    `json:"sender_type"`
	SenderName string    `json:"sender_name"`
	// ChannelMessageID is empty where the wire has null.
	ChannelMessageID string `json:"channel_message_id"`
}

// AIContent is what a part says.
//
// Source: BluBash Channels, "POST /api/v1/channels/{channelId}/messages".
type AIContent struct {
	Text TextBody `json:"text"`
	Type string   `json:"type"`
}

// Usage is what the call cost.
//
// Source: BluBash Channels, "POST /api/v1/channels/{channelId}/messages".
type Usage struct {
	// Credits may be fractional; empty when the answer did not say.
	Credits json.Number `json:"credits"`
}

// UnmarshalJSON reads credits written as a number or in a string, and leaves
// anything else empty.
func (u *Usage) UnmarshalJSON(b []byte) error {
	var raw struct {
		Credits json.RawMessage `json:"credits"`
	}
	_ = json.Unmarshal(b, &raw)
	digits := json.RawMessage(strings.Trim(string(raw.Credits), `"`))
	var credits json.Number
	if json.Unmarshal(digits, &credits) == nil {
		u.Credits = credits
	}
	return nil
}

// Text is the text parts, joined by line breaks.
func (r *ContactReply) Text() string {
	var parts []string
	for _, m := range r.AIMessages {
		if m.Content.Text.Body != "" {
			parts = append(parts, m.Content.Text.Body)
		}
	}
	return strings.Join(parts, "\n")
}

// contactAnswer is the answer on the wire, where success may also be absent,
// which is not the same as false.
type contactAnswer struct {
	Success *bool `json:"success"`
	ContactReply
}

func (a *contactAnswer) missing() string {
	if a.MessageID == "" {
		return "messageId"
	}
	return ""
}

// Send hands a contact's message to the AI and waits for the answer, which
// can take tens of seconds: an attempt may last 120 s.
//
// The request carries an idempotency key, made once per call unless
// [WithIdempotencyKey] gives one, and the same on each attempt. A failure
// whose outcome is unknown carries the key in the error: give it to a later
// call to go on where this one stopped.
//
// API: POST /api/v1/channels/{channelId}/messages.
func (s *ContactsService) Send(ctx context.Context, channel BluBashChannelID, p ContactMessageParams, opts ...CallOption) (*ContactReply, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	answer, err := call[contactAnswer](ctx, s.core, request{op: wire.SendContactMessage, args: []string{string(channel)}, body: &p}, opts)
	if err != nil {
		return nil, err
	}
	answer.ContactReply.Success = true // an explicit false was an error
	return &answer.ContactReply, nil
}
