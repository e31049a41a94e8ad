package mockserver

import (
	"cmp"
	"net/http"
	"time"

	"github.com/agentmsg/agentmsg"
)

// receiver is where webhooks go. The zero receiver is none.
type receiver struct {
	url, secret string
	handler     http.Handler
	via         *pipeHost // of handler
}

const memoryWebhook = "http://app.test/webhook"

// serve gives a handler in memory its connections.
func (r *receiver) serve(h *serving) {
	if r.handler != nil {
		r.via = newPipeHost(buffered(r.handler))
		h.webhooks = append(h.webhooks, r.via)
	}
}

// addressed is a receiver with the URL that a handler in memory has.
func (r receiver) addressed() receiver {
	if r.handler != nil {
		r.url = cmp.Or(r.url, memoryWebhook)
	}
	return r
}

// SetWebhook is [WithWebhook] for a server that runs: events from now on go
// there.
func (s *Server) SetWebhook(url, secret string) error {
	return s.setReceiver(WithWebhook(url, secret))
}

// SetWebhookHandler is [WithWebhookHandler] for a server that runs: events
// from now on go to h. A nil handler fails the test at once; of a server from
// [New] it panics. A handler that panics is a failed connection, as behind any
// http.Server: the delivery is tried again.
func (s *Server) SetWebhookHandler(h http.Handler, secret string) {
	if err := s.setReceiver(WithWebhookHandler(h, secret)); err != nil {
		s.fail("SetWebhookHandler has a nil handler")
	}
}

func (s *Server) setReceiver(opt Option) error {
	var c config
	if err := opt(&c); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	c.hooks.serve(&s.hosts)
	s.hooks = c.hooks
	return nil
}

// receiverOf is where a channel's messages go. A handler in memory takes them
// all, under the URL that each would have had. s.mu is held.
func (s *Server) receiverOf(ch *Channel) receiver {
	to := s.hooks
	to.url = cmp.Or(ch.WebhookURL, to.url)
	to.secret = cmp.Or(ch.WebhookSecret, to.secret)
	return to
}

// delivery is one event on its way.
type delivery struct {
	id      string
	event   agentmsg.EventType
	session agentmsg.SessionID
	to      receiver
	body    []byte
	attempt int
	fault   *injected // that hits it; nil: none

	from     *session // whose outbox it goes through
	attempts *int     // so far, redeliveries included; under the server's lock
	place    int      // in the order of all; under the server's lock, and so is last
	last     Delivery // attempt
	again    bool     // a redelivery, which is not retried
}

// deliver tells a channel's receiver of a message. The links to its files live
// an hour from now, also in a retry, whose bytes are the same. s.mu is held.
func (s *Server) deliver(x *session, m StoredMessage, said words, direction agentmsg.Direction) {
	if x.channel == nil {
		return
	}
	e := &agentmsg.MessageEvent{
		ChannelID: x.ChannelID, ChannelIdentifier: x.channel.Identifier, AgentID: x.AgentID,
		SessionID: x.ID, MessageID: m.ID, Response: m.Content, Timestamp: agentmsg.EventTime(m.Timestamp),
		Attachments: s.links(said),
	}
	if x.channel.ForwardIncoming {
		e.Direction = direction
	}
	if direction != agentmsg.DirectionOutgoing {
		e.ExternalUserID = x.ExternalUserID
	}
	s.emit(x, s.receiverOf(x.channel), e)
}

// emit sends an event of a session; without a receiver it is not sent. s.mu is
// held.
func (s *Server) emit(x *session, to receiver, e agentmsg.Event) {
	if to = to.addressed(); to.url != "" {
		s.announce(&delivery{event: e.EventType(), session: x.ID, from: x, to: to, body: stringify(e)})
	}
}

// enqueue puts an event into its session's outbox. s.mu is held.
func (s *Server) enqueue(x *session, d *delivery) {
	x.outbox = append(x.outbox, d)
	if !x.sending {
		x.sending = true
		s.spawn(func() { s.send(x) })
	}
}

// send makes the first attempts of a session's events, one after another. A
// retry holds up none of them.
func (s *Server) send(x *session) {
	for {
		s.mu.Lock()
		if len(x.outbox) == 0 || s.closed {
			x.sending = false
			s.mu.Unlock()
			return
		}
		d := x.outbox[0]
		x.outbox = x.outbox[1:]
		s.mu.Unlock()
		if s.begun(d) {
			continue
		}
		if d.again {
			s.giveUp(d)
			continue
		}
		s.mu.Lock()
		s.spawn(func() { s.retry(d) })
		s.mu.Unlock()
	}
}

// retryWaits come between the end of one attempt and the next.
var retryWaits = [...]time.Duration{1 * time.Second, 2 * time.Second, 4 * time.Second}

// retry makes the further attempts until one settles it. After the last the
// event is lost, as the vendor's is.
func (s *Server) retry(d *delivery) {
	for _, wait := range retryWaits {
		if !s.sleep(wait) || s.attempt(d) {
			return
		}
	}
	s.giveUp(d)
}
