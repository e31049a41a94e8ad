package mockserver

import (
	"net/http"
	"slices"

	"github.com/agentmsg/agentmsg"
)

// done is the answer to link, status and reactions. Ours: the vendor shows none.
type done struct {
	Success bool `json:"success"`
}

// linkMessage ties a message to the provider's id of it.
func linkMessage(x *exchange, p *agentmsg.LinkMessageParams) (result, error) {
	return x.onSession(func(in *session) error {
		m := in.message(agentmsg.MessageID(x.r.PathValue("messageId")))
		switch {
		case p.ProviderMsgID == "":
			return refuse(http.StatusBadRequest, "providerMsgId required")
		case m == nil:
			return messageNotFound()
		}
		in.link(p.ProviderMsgID, m)
		if p.SetStatusToSent {
			m.report(agentmsg.StatusSent)
		}
		return nil
	})
}

// updateStatus takes a provider's report.
func updateStatus(x *exchange, p *agentmsg.UpdateStatusParams) (result, error) {
	return x.onSession(func(in *session) error {
		if rank(p.Status) == 0 {
			return refuse(http.StatusBadRequest, "status must be one of sent, delivered, read, failed")
		}
		return in.onMessage(p.ProviderMsgID, func(m *StoredMessage) error {
			m.report(p.Status)
			return nil
		})
	})
}

// react changes a message's reactions, which are a set. Ours: what a second
// add does is not documented.
func react(x *exchange, p *agentmsg.ReactParams) (result, error) {
	return x.onSession(func(in *session) error {
		return in.onMessage(p.ProviderMsgID, func(m *StoredMessage) error { return m.react(p) })
	})
}

func (m *StoredMessage) react(p *agentmsg.ReactParams) error {
	if p.Emoji == "" && (p.Action == agentmsg.ReactionAdd || p.Action == agentmsg.ReactionRemove) {
		return refuse(http.StatusBadRequest, "emoji required for "+string(p.Action))
	}
	same := func(emoji string) bool { return emoji == p.Emoji }
	switch p.Action {
	case agentmsg.ReactionAdd:
		if !slices.ContainsFunc(m.Reactions, same) {
			m.Reactions = append(m.Reactions, p.Emoji)
		}
	case agentmsg.ReactionRemove:
		m.Reactions = slices.DeleteFunc(m.Reactions, same)
	case agentmsg.ReactionUpsert:
		m.Reactions = nil
		if p.Emoji != "" {
			m.Reactions = []string{p.Emoji}
		}
	default:
		return refuse(http.StatusBadRequest, "action must be one of add, remove, upsert")
	}
	return nil
}

// pauseBody tells an absent aiPaused from false.
type pauseBody struct {
	AIPaused *bool `json:"aiPaused"`
}

// op tells the two uses of the route apart.
func (p *pauseBody) op(usual agentmsg.Op) agentmsg.Op {
	if p.AIPaused != nil && !*p.AIPaused {
		return agentmsg.OpResumeAI
	}
	return usual
}

// pauseAI stops the AI in a session or lets it go on. The text of a resume is
// ours.
func pauseAI(x *exchange, p *pauseBody) (result, error) {
	answer, err := x.onSession(func(in *session) error {
		if p.AIPaused == nil {
			return refuse(http.StatusBadRequest, "aiPaused required")
		}
		x.server.pause(in, *p.AIPaused)
		return nil
	})
	if err != nil {
		return answer, err
	}
	state := agentmsg.AIPause{SessionID: x.session, AIPaused: *p.AIPaused, Message: "AI responses resumed for this session"}
	if state.AIPaused {
		state.Message = "AI responses paused for this session"
	}
	return result{http.StatusOK, state}, nil
}

// pause tells the account when the state changes. s.mu is held.
func (s *Server) pause(x *session, paused bool) {
	if x.AIPaused == paused {
		return
	}
	x.AIPaused = paused
	if paused {
		x.pauses++
		x.dropGathered()
	}
	s.emit(x, s.hooks, &agentmsg.AIPauseEvent{SessionID: x.ID, AIPaused: &paused})
}

// onSession does something with the session that the path names.
func (x *exchange) onSession(do func(*session) error) (result, error) {
	x.session = x.pathSession()
	s := x.server
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.world.sessions[place{agentmsg.MAIA, x.session}]
	if in == nil {
		return result{}, sessionNotFound()
	}
	if err := do(in); err != nil {
		return result{}, err
	}
	s.change()
	return result{http.StatusOK, done{true}}, nil
}

// onMessage does something with the message that the provider's id names.
func (x *session) onMessage(providerMsgID string, do func(*StoredMessage) error) error {
	if providerMsgID == "" {
		return refuse(http.StatusBadRequest, "providerMsgId required")
	}
	m := x.provided(providerMsgID)
	if m == nil {
		return messageNotFound()
	}
	return do(m)
}

func messageNotFound() error { return refuse(http.StatusNotFound, "Message not found") }
