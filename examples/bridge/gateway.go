package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/agentmsg/agentmsg"
)

// Gateway sends WhatsApp messages.
type Gateway interface {
	// Send returns WhatsApp's id of the message. Where it may have been sent
	// the error is ErrMaybe; with every other error it was not.
	Send(ctx context.Context, phone, text string, operator bool) (id string, err error)
}

// ErrMaybe is the outcome of a Send whose answer was lost.
var ErrMaybe = errors.New("the message may have been sent")

// Message is what a gateway's webhook brings.
type Message struct {
	ID, Phone, Text string
	FromMe          bool // sent by the phone that the gateway has
}

// A session is named by its phone: an outgoing event says no more of whom it is
// for.
const sessionPrefix = "whatsapp:"

func session(phone string) agentmsg.SessionID { return agentmsg.SessionID(sessionPrefix + phone) }

// phones is a gateway without WhatsApp: it keeps what the customers have got,
// and fails on purpose.
type phones struct {
	incoming func(context.Context, Message) error
	receipt  func(phone, id string, status agentmsg.MessageStatus)

	mu     sync.Mutex
	got    []sentMessage
	refuse int  // so many sends fail before they are taken
	lose   int  // so many are taken, and the answer is lost
	eager  bool // receipts come before Send has returned
}

type sentMessage struct {
	id, phone, text string
	operator        bool
}

func (m sentMessage) String() string {
	by := "AI"
	if m.operator {
		by = "operator"
	}
	return fmt.Sprintf("%s <- %s: %s", m.phone, by, m.text)
}

// Send implements Gateway.
func (p *phones) Send(ctx context.Context, phone, text string, operator bool) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse > 0 {
		p.refuse--
		return "", errors.New("the gateway is down")
	}
	m := sentMessage{fmt.Sprintf("wamid.%d", len(p.got)+1), phone, text, operator}
	p.got = append(p.got, m)
	if p.eager {
		p.receipt(phone, m.id, agentmsg.StatusDelivered)
	}
	if p.lose > 0 {
		p.lose--
		return "", ErrMaybe
	}
	return m.id, nil
}

// messages are what the customers have got.
func (p *phones) messages() []sentMessage {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]sentMessage(nil), p.got...)
}

// deliver brings a message to the bridge, and again after 1, 2 and 4 s where
// that failed: as gateways do.
func (p *phones) deliver(ctx context.Context, m Message) error {
	err := p.incoming(ctx, m)
	for wait := time.Second; err != nil && wait <= 4*time.Second; wait *= 2 {
		select {
		case <-time.After(wait):
			err = p.incoming(ctx, m)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}
