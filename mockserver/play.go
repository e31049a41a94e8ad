package mockserver

import (
	"fmt"

	"github.com/agentmsg/agentmsg"
)

// CustomerSays has the customer write: the message is forwarded where the
// channel does that, and the AI answers. A session that does not exist begins
// on the first channel. It returns the message's id; "" after [Server.Close].
func (s *Server) CustomerSays(id agentmsg.SessionID, text string) agentmsg.MessageID {
	return s.play(id, func(x *session) agentmsg.MessageID { return s.customerSaid(x, words{text: text}).ID })
}

// HumanSays has an operator write in the dashboard. A session that does not
// exist begins on the first channel. It returns the message's id; "" after
// [Server.Close].
func (s *Server) HumanSays(id agentmsg.SessionID, text string) agentmsg.MessageID {
	return s.play(id, func(x *session) agentmsg.MessageID { return s.speak(x, FromHuman, words{text: text}).ID })
}

// AISays has the AI write unasked or late, even while it is paused. A session
// that does not exist begins on the first channel. It returns the message's
// id; "" after [Server.Close].
func (s *Server) AISays(id agentmsg.SessionID, text string) agentmsg.MessageID {
	return s.play(id, func(x *session) agentmsg.MessageID { return s.speak(x, FromAI, words{text: text}).ID })
}

// OwnerSays has the phone's owner write on the device: a message of direction
// echo, which only a channel that forwards incoming messages delivers. The
// session's channel must be of type whatsapp_no; a session that does not exist
// begins on the first such channel. It returns the message's id; "" after
// [Server.Close].
func (s *Server) OwnerSays(id agentmsg.SessionID, text string) agentmsg.MessageID {
	said, err := s.OwnerWrites(id, text)
	if err != nil {
		s.fail("OwnerSays: %v", err)
	}
	return said
}

// OwnerWrites is [Server.OwnerSays] for programs, which come by their sessions
// from outside: where the session's channel is of another type, or there is no
// whatsapp_no channel for a new one, it is an error that says so.
func (s *Server) OwnerWrites(id agentmsg.SessionID, text string) (agentmsg.MessageID, error) {
	ch := s.channelOfOwner(id)
	if ch == nil {
		return "", fmt.Errorf("the session %q is on no channel of type whatsapp_no, where alone a phone has an owner", id)
	}
	return s.playOn(ch, id, func(x *session) agentmsg.MessageID {
		said := words{text: text}
		m := s.world.say(x, FromOwner, said)
		if ch.ForwardIncoming {
			s.deliver(x, m, said, agentmsg.DirectionEcho)
		}
		return m.ID
	}), nil
}

// channelOfOwner is the whatsapp_no channel of a session, or the first one
// where there is no session yet.
func (s *Server) channelOfOwner(id agentmsg.SessionID) *Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.world.find(id); x != nil {
		if x.channel != nil && x.channel.Type == agentmsg.ChannelTypeWhatsAppQR {
			return x.channel
		}
		return nil
	}
	for i := range s.world.channels {
		if ch := &s.world.channels[i]; ch.Type == agentmsg.ChannelTypeWhatsAppQR {
			return ch
		}
	}
	return nil
}

func (s *Server) play(id agentmsg.SessionID, speak func(*session) agentmsg.MessageID) agentmsg.MessageID {
	return s.playOn(&s.world.channels[0], id, speak)
}

// playOn has someone speak in a session of any API, which begins on ch where
// there is none.
func (s *Server) playOn(ch *Channel, id agentmsg.SessionID, speak func(*session) agentmsg.MessageID) agentmsg.MessageID {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ""
	}
	defer s.change()
	x := s.world.find(id)
	if x == nil {
		x = s.newSession(ch, agentmsg.SendMessageParams{SessionID: id})
	}
	return speak(x)
}
