package mockserver

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"github.com/agentmsg/agentmsg"
)

// messageBody is the body of both uses of POST /messages.
type messageBody struct {
	agentmsg.SendMessageParams
	IsEcho bool `json:"isEcho"`
}

// op tells the two uses of the route apart.
func (p *messageBody) op(usual agentmsg.Op) agentmsg.Op {
	if p.IsEcho {
		return agentmsg.OpEcho
	}
	return usual
}

// postMessage takes a customer's message, for the AI or for the history.
func postMessage(x *exchange, p *messageBody) (result, error) {
	x.session = p.SessionID
	if err := p.check(); err != nil {
		return result{}, err
	}
	s := x.server
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.world.channel(p.Identifier, p.Type)
	if err != nil {
		return result{}, err
	}
	agents := ch
	if x := s.world.sessions[place{agentmsg.MAIA, p.SessionID}]; x != nil {
		agents = x.channel // a session stays where it began
	}
	if err := agents.allows(p.AgentID); err != nil {
		return result{}, err
	}
	files, err := s.world.attach(p.Attachments)
	if err != nil {
		return result{}, err
	}
	said := x.words(p.Content, files)
	in, isNew := s.sessionOf(ch, p.SendMessageParams)
	x.session = in.ID
	receipt := agentmsg.MessageReceipt{SessionID: in.ID, IsNewSession: isNew}
	if p.IsEcho {
		receipt.Message = "Message synced successfully."
		receipt.UserMessage = s.world.say(in, FromEcho, said).Message
		s.change()
		return result{http.StatusOK, receipt}, nil
	}
	receipt.Message = "Message received. AI response will be delivered via webhook."
	receipt.UserMessage = s.customerSaid(in, said).Message
	return result{http.StatusAccepted, receipt}, nil
}

func (p *messageBody) check() error {
	switch {
	case p.Content == "" && len(p.Attachments) == 0:
		return refuse(http.StatusBadRequest, "content or attachments required")
	case p.Identifier == "":
		return refuse(http.StatusBadRequest, "fromChannelIdentifier required")
	case p.IsEcho && p.ExternalUserID == "":
		return refuse(http.StatusBadRequest, "externalUserId required when isEcho is true")
	}
	return checkFiles(p.Attachments)
}

// channel finds a channel by what a message says of it. The status of a wrong
// one is ours: the vendor says that routing fails.
func (w *world) channel(identifier string, is agentmsg.ChannelType) (*Channel, error) {
	is = cmp.Or(is, agentmsg.ChannelTypeAPI)
	other := agentmsg.ChannelType("")
	for i := range w.channels {
		if ch := &w.channels[i]; ch.Identifier == identifier {
			if ch.Type == is {
				return ch, nil
			}
			other = ch.Type
		}
	}
	if other != "" {
		return nil, refuse(http.StatusNotFound, fmt.Sprintf("channelType is %s, but the channel %s is of type %s", is, identifier, other))
	}
	return nil, refuse(http.StatusNotFound, "no channel has the identifier "+identifier)
}

// allows refuses an agent that may not take the channel's sessions. Ours: the
// vendor does not say how.
func (c *Channel) allows(agent agentmsg.AgentID) error {
	if agent == "" || agent == c.DefaultAgentID || slices.Contains(c.AllowedAgentIDs, agent) {
		return nil
	}
	return refuse(http.StatusBadRequest, fmt.Sprintf("agentId %s is not among the allowed agents of the channel", agent))
}

// sessionOf finds or begins the session of a message, and transfers it where
// the message says so. s.mu is held.
func (s *Server) sessionOf(ch *Channel, p agentmsg.SendMessageParams) (in *session, isNew bool) {
	if x := s.world.sessions[place{agentmsg.MAIA, p.SessionID}]; x != nil {
		x.Name, x.ExternalUserID = cmp.Or(x.Name, p.SessionName), cmp.Or(x.ExternalUserID, p.ExternalUserID)
		s.transfer(x, p.AgentID, p.KanbanID)
		return x, false
	}
	return s.newSession(ch, p), true
}

// newSession begins a MAIA session: with its channel's default agent and that
// agent's board, where the message names no others. s.mu is held.
func (s *Server) newSession(ch *Channel, p agentmsg.SendMessageParams) *session {
	x := s.world.add(Session{
		API: agentmsg.MAIA, ID: p.SessionID, ChannelID: ch.ID, Name: p.SessionName, ExternalUserID: p.ExternalUserID,
		AgentID: cmp.Or(p.AgentID, ch.DefaultAgentID), AIPaused: ch.StartWithAIPaused,
	})
	s.putOnBoard(x, kanbanOf(ch, x.AgentID, p.KanbanID))
	return x
}

func kanbanOf(ch *Channel, agent agentmsg.AgentID, given agentmsg.KanbanID) agentmsg.KanbanID {
	return cmp.Or(given, ch.AgentKanbans[agent])
}

// transfer hands a session to another agent, another board or both. Ids that
// are the session's own are no transfer. s.mu is held.
func (s *Server) transfer(x *session, agent agentmsg.AgentID, kanban agentmsg.KanbanID) {
	if (agent == "" || agent == x.AgentID) && (kanban == "" || kanban == x.KanbanID) {
		return
	}
	agent = cmp.Or(agent, x.channel.DefaultAgentID)
	board := cmp.Or(kanbanOf(x.channel, agent, kanban), x.KanbanID)
	x.AgentID = agent
	note := "Session transferred to agent " + string(agent)
	if board != "" {
		note += ", kanban " + string(board)
	}
	s.world.say(x, FromSystem, words{text: note})
	s.putOnBoard(x, board)
}

// putOnBoard gives a session a CRM record on a board. s.mu is held.
func (s *Server) putOnBoard(x *session, board agentmsg.KanbanID) {
	if board == "" || board == x.KanbanID {
		return
	}
	x.KanbanID = board
	record := Record{ID: s.world.id(x.API, "record"), KanbanID: board, Title: cmp.Or(x.Name, x.ExternalUserID)}
	x.Records = append(x.Records, record)
	name, status := s.world.board(board)
	s.emit(x, s.hooks, &agentmsg.RecordCreatedEvent{
		RecordID: record.ID, KanbanID: board, KanbanName: name, ExternalUserID: x.ExternalUserID,
		Title: record.Title, Status: status, CreatedBy: string(x.AgentID), CreatedAt: agentmsg.EventTime(now()), SessionID: x.ID,
	})
}

// customerSaid stores what a customer says, forwards it where the channel does that,
// and has the AI answer. s.mu is held.
func (s *Server) customerSaid(x *session, said words) StoredMessage {
	m := s.world.say(x, FromCustomer, said)
	if x.channel != nil && x.channel.ForwardIncoming {
		s.deliver(x, m, said, agentmsg.DirectionIncoming)
	}
	s.think(x, said.text)
	s.change()
	return m
}

func sessionNotFound() error { return refuse(http.StatusNotFound, "Session not found") }
