package mockserver_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// integration calls each operation once, as a user's program would.
type integration struct {
	client  *agentmsg.Client
	fileKey string
	message agentmsg.MessageID
	ticket  *agentmsg.UploadTicket
}

// begin makes what the calls need: a session with a linked message, a file.
func begin(ctx context.Context, t *testing.T, s *mockserver.Server) *integration {
	t.Helper()
	app := &integration{client: s.Client()}
	file, err := app.client.Attachments.Upload(ctx, agentmsg.FileFromBytes("a.png", []byte(png)))
	require.NoError(t, err)
	app.fileKey = file.FileKey
	app.ticket, err = app.client.Attachments.RequestUpload(ctx, agentmsg.RequestUploadParams{FileName: "b.png", Size: int64(len(png))})
	require.NoError(t, err)
	app.message = s.HumanSays("s", "before")
	require.NoError(t, app.client.Sessions.LinkMessage(ctx, "s", app.message, agentmsg.LinkMessageParams{ProviderMsgID: "p"}))
	require.NoError(t, s.Idle(ctx))
	return app
}

// theCall is the text of what is sent: it is looked for afterwards.
const theCall = "the call"

func (app *integration) call(ctx context.Context, op agentmsg.Op, opt ...agentmsg.CallOption) error {
	c := app.client
	var err error
	switch op {
	case agentmsg.OpSend:
		err = send(ctx, c, "s", theCall, opt...)
	case agentmsg.OpEcho:
		_, err = c.Messages.Echo(ctx, agentmsg.EchoParams{Channel: agentmsg.APIChannel("support"), SessionID: "s", Content: theCall, ExternalUserID: "u"}, opt...)
	case agentmsg.OpRequestUpload:
		_, err = c.Attachments.RequestUpload(ctx, agentmsg.RequestUploadParams{FileName: "a.png", Size: 17}, opt...)
	case agentmsg.OpPut:
		err = c.Attachments.Put(ctx, app.ticket, agentmsg.FileFromBytes("b.png", []byte(png)), opt...)
	case agentmsg.OpDownloadURL:
		_, err = c.Attachments.DownloadURL(ctx, app.fileKey, opt...)
	case agentmsg.OpDownload:
		_, err = c.Attachments.Download(ctx, app.fileKey, new(bytes.Buffer), opt...)
	case agentmsg.OpSendAgentMessage:
		_, err = c.Channels.SendAgentMessage(ctx, mockserver.DefaultChannelID, "s", agentmsg.AgentMessageParams{Content: theCall}, opt...)
	case agentmsg.OpAddNote:
		_, err = c.Channels.AddNote(ctx, mockserver.DefaultChannelID, "s", agentmsg.NoteParams{Content: theCall}, opt...)
	case agentmsg.OpLinkMessage:
		err = c.Sessions.LinkMessage(ctx, "s", app.message, agentmsg.LinkMessageParams{ProviderMsgID: "p"}, opt...)
	case agentmsg.OpUpdateStatus:
		err = c.Sessions.UpdateStatus(ctx, "s", agentmsg.UpdateStatusParams{ProviderMsgID: "p", Status: agentmsg.StatusRead}, opt...)
	case agentmsg.OpReact:
		err = c.Sessions.React(ctx, "s", agentmsg.ReactParams{ProviderMsgID: "p", Action: agentmsg.ReactionAdd, Emoji: "👍"}, opt...)
	case agentmsg.OpPauseAI:
		_, err = c.Sessions.PauseAI(ctx, "s", opt...)
	case agentmsg.OpResumeAI:
		_, err = c.Sessions.ResumeAI(ctx, "s", opt...)
	case agentmsg.OpListKanbans:
		_, err = c.Kanbans.List(ctx, agentmsg.ListKanbansParams{}, opt...)
	case agentmsg.OpListConnections:
		_, err = c.Connections.List(ctx, agentmsg.ListConnectionsParams{}, opt...)
	case agentmsg.OpSendContactMessage:
		_, err = c.Contacts.Send(ctx, mockserver.DefaultBluBashChannelID, ask(theCall), opt...)
	case agentmsg.OpSendConversationMessage:
		_, err = c.Conversations.Send(ctx, agentmsg.ConversationMessageParams{SenderID: "u", SenderType: agentmsg.SenderUser, Text: theCall}, opt...)
	default:
		err = fmt.Errorf("no call of %s", op)
	}
	return err
}
