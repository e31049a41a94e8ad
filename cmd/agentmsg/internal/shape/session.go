package shape

import (
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
)

// Session is a mockserver.Session.
type Session struct {
	API            string    `json:"api"`
	ID             string    `json:"id"`
	ChannelID      string    `json:"channelId,omitempty"`
	Name           string    `json:"name,omitempty"`
	ExternalUserID string    `json:"externalUserId,omitempty"`
	AgentID        string    `json:"agentId,omitempty"`
	KanbanID       string    `json:"kanbanId,omitempty"`
	AIPaused       bool      `json:"aiPaused"`
	Messages       []Message `json:"messages"`
	Records        []Record  `json:"records"`
}

// Message is a mockserver.StoredMessage. Times are ISO 8601 here.
type Message struct {
	ID            string                `json:"id"`
	Role          string                `json:"role"`
	Content       string                `json:"content"`
	Timestamp     time.Time             `json:"timestamp"`
	Source        string                `json:"source"`
	AgentID       string                `json:"agentId,omitempty"`
	Attachments   []agentmsg.Attachment `json:"attachments,omitempty"`
	VisibleToAI   bool                  `json:"visibleToAi"`
	ProviderMsgID string                `json:"providerMsgId,omitempty"`
	Status        string                `json:"status,omitempty"`
	Updates       []string              `json:"updates,omitempty"`
	Reactions     []string              `json:"reactions,omitempty"`
}

// Record is a mockserver.Record.
type Record struct {
	ID       string `json:"id"`
	KanbanID string `json:"kanbanId"`
	Title    string `json:"title"`
}

// SessionOf is the form of a session.
func SessionOf(x mockserver.Session) Session {
	s := Session{
		API: string(x.API), ID: string(x.ID), ChannelID: string(x.ChannelID), Name: x.Name, ExternalUserID: x.ExternalUserID,
		AgentID: string(x.AgentID), KanbanID: string(x.KanbanID), AIPaused: x.AIPaused, Messages: []Message{}, Records: []Record{},
	}
	for _, m := range x.Messages {
		s.Messages = append(s.Messages, Message{
			ID: string(m.ID), Role: string(m.Role), Content: m.Content, Timestamp: m.Timestamp.Time, Source: string(m.Source),
			AgentID: string(m.AgentID), Attachments: m.Attachments, VisibleToAI: m.VisibleToAI, ProviderMsgID: m.ProviderMsgID,
			Status: string(m.Status), Updates: texts(m.Updates), Reactions: m.Reactions,
		})
	}
	for _, r := range x.Records {
		s.Records = append(s.Records, Record{ID: r.ID, KanbanID: string(r.KanbanID), Title: r.Title})
	}
	return s
}

// Session is the value for package mockserver.
func (s Session) Session() mockserver.Session {
	x := mockserver.Session{
		API: agentmsg.API(s.API), ID: agentmsg.SessionID(s.ID), ChannelID: agentmsg.ChannelID(s.ChannelID), Name: s.Name,
		ExternalUserID: s.ExternalUserID, AgentID: agentmsg.AgentID(s.AgentID), KanbanID: agentmsg.KanbanID(s.KanbanID), AIPaused: s.AIPaused,
	}
	for _, m := range s.Messages {
		stored := mockserver.StoredMessage{
			Message: agentmsg.Message{ID: agentmsg.MessageID(m.ID), Role: agentmsg.Role(m.Role), Content: m.Content, Timestamp: agentmsg.Time{Time: m.Timestamp}},
			Source:  mockserver.Source(m.Source), AgentID: agentmsg.AgentID(m.AgentID), Attachments: m.Attachments, VisibleToAI: m.VisibleToAI,
			ProviderMsgID: m.ProviderMsgID, Status: agentmsg.MessageStatus(m.Status), Reactions: m.Reactions,
		}
		for _, u := range m.Updates {
			stored.Updates = append(stored.Updates, agentmsg.MessageStatus(u))
		}
		x.Messages = append(x.Messages, stored)
	}
	for _, r := range s.Records {
		x.Records = append(x.Records, mockserver.Record{ID: r.ID, KanbanID: agentmsg.KanbanID(r.KanbanID), Title: r.Title})
	}
	return x
}

func texts[T ~string](from []T) []string {
	var to []string
	for _, x := range from {
		to = append(to, string(x))
	}
	return to
}
