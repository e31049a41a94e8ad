package mockserver

import (
	"net/http"
	"unicode/utf8"

	"github.com/agentmsg/agentmsg"
)

// agentMessageBody is the body of both uses of the agent-messages route.
type agentMessageBody struct {
	agentmsg.AgentMessageParams
	IsNote            bool  `json:"isNote"`
	IsNoteVisibleToAI *bool `json:"isNoteVisibleToAi"`
}

// op tells the two uses of the route apart.
func (p *agentMessageBody) op(usual agentmsg.Op) agentmsg.Op {
	if p.IsNote {
		return agentmsg.OpAddNote
	}
	return usual
}

const maxNote = 10_000

// check holds what the vendor asks for. That a note has no files, and that
// its visibility is given with a note alone, is ours.
func (p *agentMessageBody) check() error {
	switch {
	case !p.IsNote && p.IsNoteVisibleToAI != nil:
		return refuse(http.StatusBadRequest, "isNoteVisibleToAi is for a message with isNote true")
	case !p.IsNote && p.Content == "" && len(p.Attachments) == 0:
		return refuse(http.StatusBadRequest, "content or attachments required")
	case !p.IsNote:
		return checkFiles(p.Attachments)
	case p.Content == "":
		return refuse(http.StatusBadRequest, "content required for a note")
	case utf8.RuneCountInString(p.Content) > maxNote:
		return refuse(http.StatusBadRequest, "content of a note must be at most 10000 characters")
	case len(p.Attachments) > 0:
		return refuse(http.StatusBadRequest, "attachments are not documented for a note")
	}
	return nil
}

// noteAnswer is agentmsg.AgentMessage as the vendor writes it of a note: false
// is said.
type noteAnswer struct {
	agentmsg.AgentMessage
	IsNoteVisibleToAI bool `json:"isNoteVisibleToAi"`
}

// postAgentMessage takes a human's words to the customer, or a note about one.
func postAgentMessage(x *exchange, p *agentMessageBody) (result, error) {
	x.session = x.pathSession()
	if err := p.check(); err != nil {
		return result{}, err
	}
	s := x.server
	s.mu.Lock()
	defer s.mu.Unlock()
	files, err := s.world.attach(p.Attachments)
	if err != nil {
		return result{}, err
	}
	in, isNew, err := x.agentSession(p)
	if err != nil {
		return result{}, err
	}
	source, said := FromHuman, x.words(p.Content, files)
	if p.IsNote {
		source, said.hidden = FromNote, p.IsNoteVisibleToAI == nil || !*p.IsNoteVisibleToAI
	}
	m := s.speak(in, source, said)
	stored := agentmsg.AgentMessage{
		ID: m.ID, SessionID: in.ID, AgentID: in.AgentID, Role: m.Role, Content: m.Content, Timestamp: m.Timestamp,
		IsHumanReply: !p.IsNote, IsNote: p.IsNote, IsNewSession: isNew,
	}
	if p.IsNote {
		return result{http.StatusOK, noteAnswer{stored, m.VisibleToAI}}, nil
	}
	return result{http.StatusOK, stored}, nil
}

// agentSession finds the session that the path names, or begins it. s.mu is
// held.
func (x *exchange) agentSession(p *agentMessageBody) (in *session, isNew bool, err error) {
	s := x.server
	ch := channelByID(s.world.channels, agentmsg.ChannelID(x.r.PathValue("channelId")))
	if ch == nil {
		return nil, false, refuse(http.StatusNotFound, "Channel not found")
	}
	in = s.world.sessions[place{agentmsg.MAIA, x.session}]
	switch isNew = in == nil; {
	case !isNew && in.channel != ch, isNew && ch.Type != agentmsg.ChannelTypeAPI: // both ours
		return nil, false, sessionNotFound()
	case isNew:
		in = s.newSession(ch, agentmsg.SendMessageParams{SessionID: x.session, SessionName: p.SessionName, ExternalUserID: p.ExternalUserID})
	}
	return in, isNew, nil
}

// speak stores what the business says, and delivers it unless it is a note.
// s.mu is held.
func (s *Server) speak(x *session, source Source, said words) StoredMessage {
	m := s.world.say(x, source, said)
	if source != FromNote {
		s.deliver(x, m, said, agentmsg.DirectionOutgoing)
	}
	s.change()
	return m
}
