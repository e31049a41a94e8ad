package simulation_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
)

// deed is the next thing that a worker does.
func (k *worker) deed() deed {
	session := oneOf(k.r, k.maia[:]...)
	switch k.r.IntN(16) {
	case 0, 1, 2:
		return k.send(session)
	case 3:
		return k.echo(session)
	case 4:
		return k.answer(session)
	case 5:
		return k.note(session)
	case 6, 7, 8:
		return k.ask()
	case 9:
		return k.converse()
	case 10:
		return k.upload()
	case 11:
		return k.read()
	case 12:
		return k.pauseAI(session)
	}
	return k.onMessage(session)
}

func (k *worker) channelOf(session agentmsg.SessionID) agentmsg.Channel {
	if session == k.maia[2] {
		return agentmsg.WhatsAppQR("phone")
	}
	return agentmsg.APIChannel(mockserver.DefaultChannelIdentifier)
}

func (k *worker) session(id agentmsg.SessionID) mockserver.Session {
	x, _ := k.world.server.Session(id)
	return x
}

// stored counts a text of someone in a session.
func (k *worker) stored(id agentmsg.SessionID, source mockserver.Source, text string) func() int {
	return func() (n int) {
		for _, m := range k.session(id).Messages {
			if m.Source == source && m.Content == text {
				n++
			}
		}
		return n
	}
}

func (k *worker) send(session agentmsg.SessionID) deed {
	p := agentmsg.SendMessageParams{Channel: k.channelOf(session), Content: k.say() + "\nand waits", SessionID: session}
	if len(k.files) > 0 && oneIn(k.r, 3) {
		p.Attachments = []agentmsg.Attachment{oneOf(k.r, k.files...).Attachment}
	}
	return deed{op: agentmsg.OpSend, done: k.stored(session, mockserver.FromCustomer, p.Content), call: func(ctx context.Context, opts ...agentmsg.CallOption) error {
		receipt, err := k.client.Messages.Send(ctx, p, opts...)
		if err == nil && (receipt.SessionID != session || receipt.UserMessage.Content != p.Content) {
			k.world.fail("%s: another one's receipt: %+v", k.name, receipt)
		}
		return err
	}}
}

func (k *worker) echo(session agentmsg.SessionID) deed {
	p := agentmsg.EchoParams{Channel: k.channelOf(session), Content: k.say(), SessionID: session, ExternalUserID: k.name}
	return deed{op: agentmsg.OpEcho, done: k.stored(session, mockserver.FromEcho, p.Content), call: func(ctx context.Context, opts ...agentmsg.CallOption) error {
		_, err := k.client.Messages.Echo(ctx, p, opts...)
		return err
	}}
}

func channelIDOf(k *worker, session agentmsg.SessionID) agentmsg.ChannelID {
	if session == k.maia[2] {
		return phoneID
	}
	return talkID
}

func (k *worker) answer(session agentmsg.SessionID) deed {
	p := agentmsg.AgentMessageParams{Content: k.say()}
	return deed{op: agentmsg.OpSendAgentMessage, done: k.stored(session, mockserver.FromHuman, p.Content), call: func(ctx context.Context, opts ...agentmsg.CallOption) error {
		_, err := k.client.Channels.SendAgentMessage(ctx, channelIDOf(k, session), session, p, opts...)
		return err
	}}
}

func (k *worker) note(session agentmsg.SessionID) deed {
	p := agentmsg.NoteParams{Content: k.say(), VisibleToAI: oneIn(k.r, 2)}
	return deed{op: agentmsg.OpAddNote, done: k.stored(session, mockserver.FromNote, p.Content), call: func(ctx context.Context, opts ...agentmsg.CallOption) error {
		_, err := k.client.Channels.AddNote(ctx, channelIDOf(k, session), session, p, opts...)
		return err
	}}
}

func (k *worker) ask() deed {
	text := k.say()
	p := agentmsg.ContactMessageParams{ContactContent: agentmsg.ContactText(text), ContactIdentifier: k.name}
	return deed{op: agentmsg.OpSendContactMessage, class: keyed, done: k.stored(k.blubash, mockserver.FromCustomer, text), call: func(ctx context.Context, opts ...agentmsg.CallOption) error {
		reply, err := k.client.Contacts.Send(ctx, mockserver.DefaultBluBashChannelID, p, opts...)
		if err == nil && (len(reply.AIMessages) != 1 || reply.AIMessages[0].Content.Text.Body != "You said: "+text) {
			k.world.fail("%s: another one's reply: %+v", k.name, reply)
		}
		return err
	}}
}

func (k *worker) converse() deed {
	p := agentmsg.ConversationMessageParams{ConversationID: agentmsg.ConversationID(k.talk), SenderID: k.name, SenderType: agentmsg.SenderUser, Text: k.say()}
	return deed{op: agentmsg.OpSendConversationMessage, done: k.stored(k.talk, mockserver.FromCustomer, p.Text), call: func(ctx context.Context, opts ...agentmsg.CallOption) error {
		_, err := k.client.Conversations.Send(ctx, p, opts...)
		return err
	}}
}

func (k *worker) upload() deed {
	content := []byte(strings.Repeat(k.say()+" ", 1+k.r.IntN(200)))
	f := agentmsg.FileFromBytes(fmt.Sprintf("%s-%d.txt", k.name, k.n), content)
	return deed{op: agentmsg.OpPut, class: safely, key: "put " + string(content), call: func(ctx context.Context, opts ...agentmsg.CallOption) error {
		a, err := k.client.Attachments.Upload(ctx, f, opts...)
		if err == nil {
			k.files = append(k.files, file{*a, content})
		}
		return err
	}}
}

// read is a download, or a list.
func (k *worker) read() deed {
	if len(k.files) == 0 || oneIn(k.r, 3) {
		return deed{op: agentmsg.OpListKanbans, class: asking, call: func(ctx context.Context, opts ...agentmsg.CallOption) error {
			_, err := k.client.Kanbans.List(ctx, agentmsg.ListKanbansParams{}, opts...)
			return err
		}}
	}
	f := oneOf(k.r, k.files...)
	return deed{op: agentmsg.OpDownload, class: asking, call: func(ctx context.Context, opts ...agentmsg.CallOption) error {
		var got bytes.Buffer
		n, err := k.client.Attachments.Download(ctx, f.FileKey, &got, opts...)
		if err == nil && !bytes.Equal(got.Bytes(), f.content) || !bytes.HasPrefix(f.content, got.Bytes()) || n != int64(got.Len()) {
			k.world.fail("%s: Download gave %d (%d) bytes of %d, and not the file's: %v", k.name, got.Len(), n, len(f.content), err)
		}
		return err
	}}
}

func (k *worker) pauseAI(session agentmsg.SessionID) deed {
	want := !k.session(session).AIPaused
	set, op := k.client.Sessions.ResumeAI, agentmsg.OpResumeAI
	if want {
		set, op = k.client.Sessions.PauseAI, agentmsg.OpPauseAI
	}
	return deed{op: op, class: safely, done: func() int { return is(k.session(session).AIPaused == want) }, call: func(ctx context.Context, opts ...agentmsg.CallOption) error {
		state, err := set(ctx, session, opts...)
		if err == nil && state.AIPaused != want {
			k.world.fail("%s: %s answered %v", k.name, op, state.AIPaused)
		}
		return err
	}}
}

func is(b bool) int {
	if b {
		return 1
	}
	return 0
}

// onMessage links a message to its provider's id, or tells what became of it.
func (k *worker) onMessage(session agentmsg.SessionID) deed {
	all := k.session(session).Messages
	if len(all) == 0 {
		return k.send(session)
	}
	m := oneOf(k.r, all...)
	now := func() mockserver.StoredMessage {
		x := k.session(session).Messages
		return x[slices.IndexFunc(x, func(o mockserver.StoredMessage) bool { return o.ID == m.ID })]
	}
	if m.ProviderMsgID == "" || oneIn(k.r, 8) {
		p := agentmsg.LinkMessageParams{ProviderMsgID: k.say(), SetStatusToSent: oneIn(k.r, 2)}
		return deed{op: agentmsg.OpLinkMessage, class: safely, done: func() int { return is(now().ProviderMsgID == p.ProviderMsgID) }, call: func(ctx context.Context, opts ...agentmsg.CallOption) error {
			return k.client.Sessions.LinkMessage(ctx, session, m.ID, p, opts...)
		}}
	}
	if oneIn(k.r, 2) {
		p := agentmsg.UpdateStatusParams{ProviderMsgID: m.ProviderMsgID, Status: oneOf(k.r, agentmsg.StatusDelivered, agentmsg.StatusRead, agentmsg.StatusFailed)}
		return deed{op: agentmsg.OpUpdateStatus, class: safely, done: func() int { return len(now().Updates) - len(m.Updates) }, call: func(ctx context.Context, opts ...agentmsg.CallOption) error {
			return k.client.Sessions.UpdateStatus(ctx, session, p, opts...)
		}}
	}
	return k.react(session, m, now)
}

func (k *worker) react(session agentmsg.SessionID, m mockserver.StoredMessage, now func() mockserver.StoredMessage) deed {
	p := agentmsg.ReactParams{ProviderMsgID: m.ProviderMsgID, Action: agentmsg.ReactionAdd, Emoji: k.say()}
	d := deed{op: agentmsg.OpReact, key: "add " + p.Emoji, done: func() int { return is(slices.Contains(now().Reactions, p.Emoji)) }}
	switch {
	case oneIn(k.r, 3):
		p.Action = agentmsg.ReactionUpsert
		d.class, d.key = safely, ""
	case len(m.Reactions) > 0 && oneIn(k.r, 2):
		p.Action, p.Emoji = agentmsg.ReactionRemove, m.Reactions[0]
		d.class, d.key = safely, ""
		d.done = func() int { return is(!slices.Contains(now().Reactions, p.Emoji)) }
	}
	d.call = func(ctx context.Context, opts ...agentmsg.CallOption) error {
		return k.client.Sessions.React(ctx, session, p, opts...)
	}
	return d
}
