package agentmsg_test

import (
	"context"
	"encoding/json"
	"io"
	"iter"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// wireCall is one call of one method, with the method's result.
type wireCall func(context.Context, *agentmsg.Client, ...agentmsg.CallOption) (any, error)

func callSend(p agentmsg.SendMessageParams) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return c.Messages.Send(ctx, p, opts...)
	}
}

func callEcho(p agentmsg.EchoParams) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return c.Messages.Echo(ctx, p, opts...)
	}
}

func callSendAgentMessage(channel agentmsg.ChannelID, session agentmsg.SessionID, p agentmsg.AgentMessageParams) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return c.Channels.SendAgentMessage(ctx, channel, session, p, opts...)
	}
}

func callLink(session agentmsg.SessionID, message agentmsg.MessageID, p agentmsg.LinkMessageParams) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return nil, c.Sessions.LinkMessage(ctx, session, message, p, opts...)
	}
}

func callUpdateStatus(session agentmsg.SessionID, p agentmsg.UpdateStatusParams) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return nil, c.Sessions.UpdateStatus(ctx, session, p, opts...)
	}
}

func callReact(session agentmsg.SessionID, p agentmsg.ReactParams) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return nil, c.Sessions.React(ctx, session, p, opts...)
	}
}

func callPauseAI(session agentmsg.SessionID) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return c.Sessions.PauseAI(ctx, session, opts...)
	}
}

func callResumeAI(session agentmsg.SessionID) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return c.Sessions.ResumeAI(ctx, session, opts...)
	}
}

func callContact(channel agentmsg.BluBashChannelID, p agentmsg.ContactMessageParams) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return c.Contacts.Send(ctx, channel, p, opts...)
	}
}

func callConversation(p agentmsg.ConversationMessageParams) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return c.Conversations.Send(ctx, p, opts...)
	}
}

func callDo(r agentmsg.Request) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return agentmsg.Do[json.RawMessage](ctx, c, r, opts...)
	}
}

func callRequestUpload(p agentmsg.RequestUploadParams) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return c.Attachments.RequestUpload(ctx, p, opts...)
	}
}

func callPut(ticket *agentmsg.UploadTicket, f agentmsg.File) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return nil, c.Attachments.Put(ctx, ticket, f, opts...)
	}
}

func callUpload(f agentmsg.File) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return c.Attachments.Upload(ctx, f, opts...)
	}
}

func callDownloadURL(fileKey string) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return c.Attachments.DownloadURL(ctx, fileKey, opts...)
	}
}

// callDownload gives how many bytes there were.
func callDownload(fileKey string, w io.Writer) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return c.Attachments.Download(ctx, fileKey, w, opts...)
	}
}

func callAddNote(channel agentmsg.ChannelID, session agentmsg.SessionID, p agentmsg.NoteParams) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return c.Channels.AddNote(ctx, channel, session, p, opts...)
	}
}

func callListKanbans(p agentmsg.ListKanbansParams) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return c.Kanbans.List(ctx, p, opts...)
	}
}

// callAllKanbans goes on until an error or the end.
func callAllKanbans(p agentmsg.ListKanbansParams) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return gather(c.Kanbans.All(ctx, p, opts...))
	}
}

func callListConnections(p agentmsg.ListConnectionsParams) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return c.Connections.List(ctx, p, opts...)
	}
}

func callAllConnections(p agentmsg.ListConnectionsParams) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return gather(c.Connections.All(ctx, p, opts...))
	}
}

// oneCall is a call of an operation, and the operation in it that comes first:
// where nothing can be sent, the one that fails.
type oneCall struct {
	op    wire.Op
	first agentmsg.Op
	call  wireCall
}

// everyOperation is a call of each.
func everyOperation() []oneCall {
	var calls []oneCall
	for _, row := range wireShapes {
		calls = append(calls, oneCall{row.op, agentmsg.Op(row.op.Name()), row.call})
	}
	for _, row := range storageShapes {
		calls = append(calls, oneCall{row.op, row.ops[0], row.call})
	}
	return calls
}

// gather is all that an iterator gives before its error.
func gather[T any](items iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for item, err := range items {
		if err != nil {
			return all, err
		}
		all = append(all, item)
	}
	return all, nil
}

// The least that each operation takes.
var (
	validSend         = agentmsg.SendMessageParams{Channel: agentmsg.APIChannel("support"), Content: "hi"}
	validEcho         = agentmsg.EchoParams{Channel: agentmsg.APIChannel("support"), Content: "hi", ExternalUserID: "u"}
	validAgentMessage = agentmsg.AgentMessageParams{Content: "hi"}
	validLink         = agentmsg.LinkMessageParams{ProviderMsgID: "p"}
	validStatus       = agentmsg.UpdateStatusParams{ProviderMsgID: "p", Status: agentmsg.StatusSent}
	validReaction     = agentmsg.ReactParams{ProviderMsgID: "p", Action: agentmsg.ReactionUpsert}
	validContact      = agentmsg.ContactMessageParams{ContactContent: agentmsg.ContactText("hi"), ContactIdentifier: "c"}
	validConversation = agentmsg.ConversationMessageParams{SenderID: "i", SenderType: agentmsg.SenderUser, Text: "hi"}
	validUpload       = agentmsg.RequestUploadParams{FileName: "photo.jpg", ContentType: "image/jpeg", Size: 5}
	validTicket       = agentmsg.UploadTicket{UploadURL: "https://storage.example/up?sig=1", FileKey: "k", ContentType: "image/jpeg", Size: 5}
	validFile         = agentmsg.FileFromBytes("photo.jpg", []byte("\xff\xd8\xff\xe0."))
	validNote         = agentmsg.NoteParams{Content: "hi"}
)
