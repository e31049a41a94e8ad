package mockserver

import (
	"net/http"
	"slices"

	"github.com/agentmsg/agentmsg"
)

// conversationAnswer is the envelope of a success.
type conversationAnswer struct {
	Status  string                       `json:"status"`
	Message string                       `json:"message"`
	Data    agentmsg.ConversationReceipt `json:"data"`
}

// postConversationMessage takes anyone's message into a conversation, and has
// the AI answer unless auto_reply is false. That the status is 200 is ours.
func postConversationMessage(x *exchange, p *agentmsg.ConversationMessageParams) (result, error) {
	x.session = agentmsg.SessionID(p.ConversationID)
	if err := checkConversationMessage(p); err != nil {
		return result{}, err
	}
	s := x.server
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.world.sessions[place{agentmsg.Conversations, x.session}]
	switch {
	case p.ConversationID == "":
		in = s.world.add(Session{API: agentmsg.Conversations, ExternalUserID: p.SenderID, AgentID: DefaultAgentID})
	case in == nil:
		return result{}, refuse(http.StatusNotFound, "Conversation not found: "+string(p.ConversationID)+".")
	}
	x.session = in.ID
	m := s.world.say(in, speaker(p.SenderType), words{text: p.Text})
	answers := (p.AutoReply == nil || *p.AutoReply) && s.think(in, p.Text)
	s.change()
	return result{http.StatusOK, conversationAnswer{
		Status: "success", Message: "Message sent successfully.",
		Data: agentmsg.ConversationReceipt{
			ConversationID: agentmsg.ConversationID(in.ID), AutoReplyEnqueued: answers,
			Message: agentmsg.ConversationMessage{
				ID: m.ID, SenderID: p.SenderID, SenderType: p.SenderType, Text: p.Text, Metadata: p.Metadata, CreatedAt: m.Timestamp.Time,
			},
		},
	}}, nil
}

func checkConversationMessage(p *agentmsg.ConversationMessageParams) error {
	for _, field := range [...]struct{ name, value string }{
		{"sender_id", p.SenderID}, {"sender_type", string(p.SenderType)}, {"text", p.Text},
	} {
		if field.value == "" {
			return refuse(http.StatusBadRequest, "Field '"+field.name+"' is required.")
		}
	}
	if !slices.Contains([]agentmsg.SenderType{agentmsg.SenderUser, agentmsg.SenderAgent, agentmsg.SenderSystem}, p.SenderType) {
		return refuse(http.StatusBadRequest, "Field 'sender_type' must be user, agent or system.")
	}
	return nil
}

func speaker(t agentmsg.SenderType) Source {
	switch t {
	case agentmsg.SenderAgent:
		return FromHuman
	case agentmsg.SenderSystem:
		return FromSystem
	}
	return FromCustomer
}
