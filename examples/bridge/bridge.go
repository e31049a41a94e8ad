package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg"
)

// Bridge stands between a WhatsApp-like gateway and the AI. What it remembers
// is in memory, so a restart forgets who was told what; files are left out.
type Bridge struct {
	Client  *agentmsg.Client
	Gateway Gateway
	Number  string             // our own, the identifier of MAIA's channel
	Channel agentmsg.ChannelID // its id
	Log     *slog.Logger

	inbox   agentmsg.MemoryDeduper // what the gateway has delivered
	own     *ownMessages           // what operators wrote here
	reports *reports               // what MAIA is still to be told
}

// Incoming hands a customer's message to the AI. With an error the gateway
// delivers it again, so there is one only where MAIA has provably not got it.
func (b *Bridge) Incoming(ctx context.Context, m Message) error {
	if m.FromMe { // what we sent ourselves: an answer must not become a question
		return nil
	}
	ctx = context.WithoutCancel(ctx)                       // a gateway that hangs up must not turn a success into a maybe
	claim, err := b.inbox.Claim(ctx, m.ID, 10*time.Minute) // longer than a Send can take
	if err != nil || claim.State == agentmsg.ClaimHandled {
		return err
	}
	if claim.State != agentmsg.ClaimGranted {
		return errors.New("another delivery of it has not ended")
	}
	_, err = b.Client.Messages.Send(ctx, agentmsg.SendMessageParams{
		Channel: agentmsg.WhatsAppQR(b.Number), SessionID: session(m.Phone), ExternalUserID: m.Phone, Content: m.Text,
	})
	if o := agentmsg.OutcomeOf(err); o == agentmsg.OutcomeNotSent || o == agentmsg.OutcomeRejected {
		return errors.Join(err, b.inbox.Done(ctx, claim, 0))
	} else if err != nil { // it may have arrived: the AI must not be asked twice
		b.Log.Warn("a customer's message may be lost", "id", m.ID, "error", err)
	}
	_ = b.inbox.Done(ctx, claim, 24*time.Hour) // its error is a lost claim; the message is sent
	return nil
}

// Handle is the function of the WebhookHandler: it sends what the AI or a human
// said to the customer. With an error the event comes again, so there is one
// only where the gateway has not taken the message.
func (b *Bridge) Handle(ctx context.Context, event agentmsg.Event) error {
	m, ok := event.(*agentmsg.MessageEvent)
	phone, ours := strings.CutPrefix(string(event.Session()), sessionPrefix)
	if !ok || !ours || m.ChannelIdentifier != b.Number || m.Direction != agentmsg.DirectionOutgoing || m.Response == "" {
		return nil // the customer's own words, those typed on the phone, another channel's
	}
	own, err := b.own.has(ctx, m.MessageID) // else it is the AI's, or was written in the dashboard
	if err != nil {
		return err
	}
	id, err := b.Gateway.Send(ctx, phone, m.Response, own)
	if errors.Is(err, ErrMaybe) { // the customer must not read it twice
		b.Log.Warn("an answer may be lost", "message", m.MessageID, "error", err)
		return nil
	} else if err != nil {
		return err
	}
	b.own.ids.Delete(m.MessageID)
	b.reports.sent(id, func(ctx context.Context) error {
		return b.Client.Sessions.LinkMessage(ctx, m.SessionID, m.MessageID, agentmsg.LinkMessageParams{ProviderMsgID: id, SetStatusToSent: true})
	})
	return nil
}

// Answer takes a conversation over: the AI is silent from now on, and the
// customer gets the operator's words. They go out by their event alone.
func (b *Bridge) Answer(ctx context.Context, phone, text string) error {
	if _, err := b.Client.Sessions.PauseAI(ctx, session(phone)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second) // events wait meanwhile
	defer cancel()
	if err := b.own.take(ctx); err != nil {
		return err
	}
	defer b.own.leave()
	m, err := b.Client.Channels.SendAgentMessage(ctx, b.Channel, session(phone), agentmsg.AgentMessageParams{Content: text})
	if err == nil {
		b.own.ids.Store(m.ID, true)
	}
	return err
}

// Status tells MAIA how far a message has come: later, and whatever fails.
func (b *Bridge) Status(phone, id string, status agentmsg.MessageStatus) {
	b.reports.moved(id, status, func(ctx context.Context) error {
		return b.Client.Sessions.UpdateStatus(ctx, session(phone), agentmsg.UpdateStatusParams{ProviderMsgID: id, Status: status})
	})
}
