package agentmsg_test

import (
	"context"
	"maps"
	"math"
	"net/http"
	"slices"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// badParam is a call that must not reach the network. The way out is what its
// reason tells the reader to do.
type badParam struct {
	op            agentmsg.Op
	param, wayOut string
	call          wireCall
}

func (b badParam) check(t *testing.T) {
	t.Helper()
	client, recorder := wireClient(t, http.StatusOK, anyAnswer)
	_, err := b.call(t.Context(), client)
	requireParamError(t, err, b.op, b.param, b.wayOut, agentmsg.ErrInvalidParam)
	require.Zero(t, recorder.mock.GetTotalCallCount(), "the request was sent")
}

func requireParamError(t *testing.T, err error, op agentmsg.Op, param, wayOut string, code agentmsg.Code) {
	t.Helper()
	var wrong *agentmsg.ParamError
	require.ErrorAs(t, err, &wrong)
	require.Equal(t, op, wrong.Op)
	require.Equal(t, param, wrong.Param)
	require.Contains(t, wrong.Reason, wayOut)
	require.Equal(t, code, wrong.Code)
	require.ErrorIs(t, err, code)
	require.Equal(t, agentmsg.OutcomeNotSent, agentmsg.OutcomeOf(err))
	require.False(t, agentmsg.Temporary(err), "a later try is as wrong")
	require.Equal(t, "agentmsg: "+string(op)+": "+param+" "+wrong.Reason, err.Error())
	require.NotContains(t, err.Error(), "\n")
}

// with is a copy of parameters that were valid.
func with[P any](valid P, change func(*P)) P {
	change(&valid)
	return valid
}

func TestParamsThatAreMissing(t *testing.T) {
	t.Parallel()
	for _, bad := range []badParam{
		{agentmsg.OpSend, "Channel.Identifier", "give the channel's identifier", callSend(with(validSend, func(p *agentmsg.SendMessageParams) { p.Identifier = "" }))},
		{agentmsg.OpEcho, "Channel.Identifier", "give the channel's identifier", callEcho(with(validEcho, func(p *agentmsg.EchoParams) { p.Identifier = "" }))},
		{agentmsg.OpEcho, "ExternalUserID", "give the customer's id", callEcho(with(validEcho, func(p *agentmsg.EchoParams) { p.ExternalUserID = "" }))},
		{agentmsg.OpAddNote, "Content", "give the note's text", callAddNote("c", "s", agentmsg.NoteParams{VisibleToAI: true})},
		{agentmsg.OpLinkMessage, "ProviderMsgID", "give the provider's id", callLink("s", "m", agentmsg.LinkMessageParams{SetStatusToSent: true})},
		{agentmsg.OpUpdateStatus, "ProviderMsgID", "give the provider's id", callUpdateStatus("s", agentmsg.UpdateStatusParams{Status: agentmsg.StatusSent})},
		{agentmsg.OpUpdateStatus, "Status", "give StatusSent", callUpdateStatus("s", agentmsg.UpdateStatusParams{ProviderMsgID: "p"})},
		{agentmsg.OpReact, "ProviderMsgID", "give the provider's id", callReact("s", agentmsg.ReactParams{Action: agentmsg.ReactionUpsert})},
		{agentmsg.OpReact, "Action", "give ReactionAdd", callReact("s", agentmsg.ReactParams{ProviderMsgID: "p", Emoji: "👍"})},
		{agentmsg.OpReact, "Emoji", "only ReactionUpsert goes without", callReact("s", agentmsg.ReactParams{ProviderMsgID: "p", Action: agentmsg.ReactionAdd})},
		{agentmsg.OpReact, "Emoji", "only ReactionUpsert goes without", callReact("s", agentmsg.ReactParams{ProviderMsgID: "p", Action: agentmsg.ReactionRemove})},
		{agentmsg.OpSendContactMessage, "ContactIdentifier", "give the value", callContact("c", agentmsg.ContactMessageParams{ContactContent: agentmsg.ContactText("hi")})},
		{agentmsg.OpSendConversationMessage, "SenderID", "give the id", callConversation(with(validConversation, func(p *agentmsg.ConversationMessageParams) { p.SenderID = "" }))},
		{agentmsg.OpSendConversationMessage, "SenderType", "give SenderUser", callConversation(with(validConversation, func(p *agentmsg.ConversationMessageParams) { p.SenderType = "" }))},
		{agentmsg.OpSendConversationMessage, "Text", "give what is said", callConversation(with(validConversation, func(p *agentmsg.ConversationMessageParams) { p.Text = "" }))},
	} {
		t.Run(string(bad.op)+" "+bad.param, func(t *testing.T) {
			t.Parallel()
			bad.check(t)
		})
	}
}

// Every id that is part of a path, each time with the others right. An empty
// one or a dot would make a shorter path, of another operation.
func TestParamsOfThePath(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", ".", ".."} {
		channel, session, message := agentmsg.ChannelID(bad), agentmsg.SessionID(bad), agentmsg.MessageID(bad)
		for _, row := range []badParam{
			{agentmsg.OpSendAgentMessage, "ChannelID", "give the id", callSendAgentMessage(channel, "s", validAgentMessage)},
			{agentmsg.OpSendAgentMessage, "SessionID", "give the id", callSendAgentMessage("c", session, validAgentMessage)},
			{agentmsg.OpAddNote, "ChannelID", "give the id", callAddNote(channel, "s", validNote)},
			{agentmsg.OpAddNote, "SessionID", "give the id", callAddNote("c", session, validNote)},
			{agentmsg.OpLinkMessage, "SessionID", "give the id", callLink(session, "m", validLink)},
			{agentmsg.OpLinkMessage, "MessageID", "give the id", callLink("s", message, validLink)},
			{agentmsg.OpUpdateStatus, "SessionID", "give the id", callUpdateStatus(session, validStatus)},
			{agentmsg.OpReact, "SessionID", "give the id", callReact(session, validReaction)},
			{agentmsg.OpPauseAI, "SessionID", "give the id", callPauseAI(session)},
			{agentmsg.OpResumeAI, "SessionID", "give the id", callResumeAI(session)},
			{agentmsg.OpSendContactMessage, "ChannelID", "give the id", callContact(agentmsg.BluBashChannelID(bad), validContact)},
			{agentmsg.OpDo, "Path", "give the id", callDo(agentmsg.Request{API: agentmsg.MAIA, Method: "GET", Path: []string{"x", bad, "y"}})},
		} {
			t.Run(string(row.op)+" "+row.param+"="+bad, func(t *testing.T) {
				t.Parallel()
				row.check(t)
			})
		}
	}
}

// withFiles are the three operations that take words and files.
func withFiles(content string, files []agentmsg.Attachment) map[agentmsg.Op]wireCall {
	return map[agentmsg.Op]wireCall{
		agentmsg.OpSend:             callSend(with(validSend, func(p *agentmsg.SendMessageParams) { p.Content, p.Attachments = content, files })),
		agentmsg.OpEcho:             callEcho(with(validEcho, func(p *agentmsg.EchoParams) { p.Content, p.Attachments = content, files })),
		agentmsg.OpSendAgentMessage: callSendAgentMessage("c", "s", agentmsg.AgentMessageParams{Content: content, Attachments: files}),
	}
}

// sized are files of these sizes.
func sized(sizes ...int64) []agentmsg.Attachment {
	files := make([]agentmsg.Attachment, 0, len(sizes))
	for _, size := range sizes {
		files = append(files, agentmsg.Attachment{FileKey: "k", Size: size})
	}
	return files
}

func TestParamsOfContentAndAttachments(t *testing.T) {
	t.Parallel()
	noKey := sized(1, 1)
	noKey[1].FileKey = ""
	for _, row := range []struct {
		param, wayOut, content string
		files                  []agentmsg.Attachment
	}{
		{"Content", "give Content or Attachments", "", nil},
		{"Content", "give Content or Attachments", "", sized()},
		{"Attachments", "at most 10", "hi", sized(make([]int64, 11)...)},
		{"Attachments", "in several messages", "", sized(100<<20 + 1)},
		{"Attachments", "in several messages", "", sized(60<<20, 40<<20, 1)},
		{"Attachments", "in several messages", "", sized(1, math.MaxInt64)}, // their sum is negative
		{"Attachments[1].Size", "give the file's size", "", sized(5, -1)},
		{"Attachments[1].FileKey", "upload the file first", "hi", noKey},
	} {
		for op, call := range withFiles(row.content, row.files) {
			t.Run(string(op)+" "+row.param, func(t *testing.T) {
				t.Parallel()
				badParam{op, row.param, row.wayOut, call}.check(t)
			})
		}
	}
}

func TestParamsOfContacts(t *testing.T) {
	t.Parallel()
	text, media := &agentmsg.TextBody{Body: "hi"}, &agentmsg.ContactMedia{URL: "https://example.com/a"}
	const mismatch, empty, address = "make it with ContactText", "give its body", "absolute http or https"
	for name, row := range map[string]struct {
		content agentmsg.ContactContent
		wayOut  string
	}{
		"none":             {agentmsg.ContactContent{}, mismatch},
		"no type":          {agentmsg.ContactContent{Content: agentmsg.ContactContentBody{Text: text}}, mismatch},
		"no body":          {agentmsg.ContactContent{Type: "TEXT"}, mismatch},
		"another type":     {agentmsg.ContactContent{Type: "IMAGE", Content: agentmsg.ContactContentBody{Video: media}}, mismatch},
		"an unknown type":  {agentmsg.ContactContent{Type: "text", Content: agentmsg.ContactContentBody{Text: text}}, mismatch},
		"two contents":     {agentmsg.ContactContent{Type: "TEXT", Content: agentmsg.ContactContentBody{Text: text, Audio: media}}, mismatch},
		"two files":        {agentmsg.ContactContent{Type: "IMAGE", Content: agentmsg.ContactContentBody{Image: media, Document: media}}, mismatch},
		"empty text":       {agentmsg.ContactText(""), empty},
		"no URL":           {agentmsg.ContactImage("", "caption"), address},
		"relative URL":     {agentmsg.ContactAudio("/a.ogg"), address},
		"URL without host": {agentmsg.ContactVideo("https:///a.mp4", ""), address},
		"host alone":       {agentmsg.ContactDocument("example.com/a.pdf", "a.pdf", ""), address},
		"another scheme":   {agentmsg.ContactImage("ftp://example.com/a.png", ""), address},
		"data URL":         {agentmsg.ContactImage("data:image/png;base64,AA==", ""), address},
		"unreadable URL":   {agentmsg.ContactImage("https://exa mple.com/a.png", ""), address},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := agentmsg.ContactMessageParams{ContactContent: row.content, ContactIdentifier: "c"}
			badParam{agentmsg.OpSendContactMessage, "ContactContent", row.wayOut, callContact("channel", p)}.check(t)
		})
	}
}

// What is only on the edge is the vendor's to judge.
func TestParamsOnTheEdge(t *testing.T) {
	t.Parallel()
	client, recorder := wireClient(t, http.StatusOK, anyAnswer)
	for _, files := range [][]agentmsg.Attachment{sized(make([]int64, 10)...), sized(60<<20, 40<<20)} {
		for op, call := range withFiles("", files) {
			_, err := call(t.Context(), client)
			require.NoError(t, err, op)
		}
	}
	require.Len(t, recorder.sent, 6)
}

func TestParamsContext(t *testing.T) {
	t.Parallel()
	client, recorder := wireClient(t, http.StatusOK, anyAnswer)
	var none context.Context
	for _, row := range everyOperation() {
		_, err := row.call(none, client)
		requireParamError(t, err, row.first, "ctx", "give context.Background()", agentmsg.ErrInvalidParam)
	}
	require.Zero(t, recorder.mock.GetTotalCallCount(), "a request was sent")
}

func TestParamsOfAnAPIThatIsNotConfigured(t *testing.T) {
	t.Parallel()
	unmade := &agentmsg.Client{
		Messages: new(agentmsg.MessagesService), Sessions: new(agentmsg.SessionsService), Channels: new(agentmsg.ChannelsService),
		Contacts: new(agentmsg.ContactsService), Conversations: new(agentmsg.ConversationsService),
		Attachments: new(agentmsg.AttachmentsService), Kanbans: new(agentmsg.KanbansService), Connections: new(agentmsg.ConnectionsService),
	}
	for _, row := range everyOperation() {
		op, api := row.first, agentmsg.API(row.op.API())
		wayOut := map[agentmsg.API]string{agentmsg.MAIA: "give WithMAIA to", agentmsg.BluBash: "give WithBluBash to", agentmsg.Conversations: "give WithConversations to"}[api]
		for _, client := range []*agentmsg.Client{clientWithout(t, api), unmade} {
			_, err := row.call(t.Context(), client)
			requireParamError(t, err, op, "the client", wayOut, agentmsg.ErrNotConfigured)
			require.NotErrorIs(t, err, agentmsg.ErrInvalidParam)
			_, err = callDo(agentmsg.Request{API: api, Method: "GET"})(t.Context(), client)
			requireParamError(t, err, agentmsg.OpDo, "the client", wayOut, agentmsg.ErrNotConfigured)
		}
	}
	_, err := callDo(agentmsg.Request{API: agentmsg.MAIA, Method: "GET"})(t.Context(), nil)
	requireParamError(t, err, agentmsg.OpDo, "the client", "make one with NewClient", agentmsg.ErrInvalidParam)
}

// clientWithout has the other two APIs.
func clientWithout(t *testing.T, api agentmsg.API) *agentmsg.Client {
	t.Helper()
	options := map[agentmsg.API]agentmsg.Option{
		agentmsg.MAIA: agentmsg.WithMAIA("token"), agentmsg.BluBash: agentmsg.WithBluBash("key"),
		agentmsg.Conversations: agentmsg.WithConversations("https://conversations.example/v1", "token"),
	}
	delete(options, api)
	client, err := agentmsg.NewClient(slices.Collect(maps.Values(options))...)
	require.NoError(t, err)
	return client
}

func TestParamsOfDo(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		param, wayOut string
		request       agentmsg.Request
	}{
		{"API", "MAIA, BluBash and Conversations", agentmsg.Request{Method: "GET"}},
		{"API", "MAIA, BluBash and Conversations", agentmsg.Request{API: "other", Method: "GET"}},
		{"Method", "in capital letters", agentmsg.Request{API: agentmsg.MAIA}},
		{"Method", "in capital letters", agentmsg.Request{API: agentmsg.MAIA, Method: "get"}},
		{"Method", "in capital letters", agentmsg.Request{API: agentmsg.MAIA, Method: "GET /"}},
		{"Method", "in capital letters", agentmsg.Request{API: agentmsg.MAIA, Method: http.MethodConnect}},
		{"Body", "cannot be written as JSON", agentmsg.Request{API: agentmsg.MAIA, Method: "POST", Body: t.Context}},
	} {
		t.Run(row.param+" "+row.request.Method, func(t *testing.T) {
			t.Parallel()
			badParam{agentmsg.OpDo, row.param, row.wayOut, callDo(row.request)}.check(t)
		})
	}
}
