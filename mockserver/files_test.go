package mockserver_test

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

const (
	oggOpus = "OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x13OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00"
	attach  = `{"fileKey":"KEY","fileName":"a.png","contentType":"image/png","size":17}`
)

// A message's file is one that was uploaded, and said to be what it is.
func TestFilesOfAMessage(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithAI(nil))
	key, pending := arrived(t, s), announce(t, s, announcedPNG).FileKey
	for file, says := range map[string]string{
		strings.Replace(attach, "KEY", "none", 1):                   "attachments[0].fileKey: no file was uploaded",
		strings.Replace(attach, "KEY", pending, 1):                  "attachments[0].fileKey: no file was uploaded",
		strings.Replace(attach, "a.png", "b.png", 1):                "attachments[0].fileName: the upload's is",
		strings.Replace(attach, "image/png", "image/jpeg", 1):       "attachments[0].contentType: the upload's is",
		strings.Replace(attach, "17", "18", 1):                      "attachments[0].size: the upload's is 17",
		attach + "," + strings.Replace(attach, "a.png", "b.png", 1): "attachments[1].fileName",
		`{"fileKey":"KEY"}`:                                         "attachments[0].fileName",
	} {
		file = `"attachments":[` + strings.ReplaceAll(file, "KEY", key) + `]`
		require.Contains(t, post(t, s, "/messages", message(file), http.StatusBadRequest), says, file)
		require.Contains(t, post(t, s, agentMessages, "{"+file+"}", http.StatusBadRequest), says, file)
	}
	require.Empty(t, s.Sessions(), "nothing of it is stored")

	file := `"attachments":[` + strings.Replace(strings.ReplaceAll(attach, "KEY", key), "17", "0", 1) + `]`
	post(t, s, "/messages", message(file), http.StatusAccepted)
	post(t, s, "/messages", message(file, `"isEcho":true`, `"externalUserId":"u"`), http.StatusOK)
	post(t, s, agentMessages, "{"+file+"}", http.StatusOK)
	x, _ := s.Session("s1")
	require.Len(t, x.Messages, 3)
	for _, m := range x.Messages {
		require.Equal(t, []agentmsg.Attachment{{FileKey: key, FileName: "a.png", ContentType: "image/png", Size: 17}}, m.Attachments, m.Source)
	}
}

// A size that was not said counts all the same.
func TestFilesThatAreTooManyBytes(t *testing.T) {
	t.Parallel()
	client := mockserver.Start(t, mockserver.WithAI(nil)).Client()
	content := make([]byte, 11<<20)
	copy(content, "\x00\x00\x00\x18ftypisom")
	file, err := client.Attachments.Upload(t.Context(), agentmsg.FileFromBytes("a.mp4", content))
	require.NoError(t, err)
	file.Size = 0
	p := agentmsg.SendMessageParams{Channel: agentmsg.APIChannel("support"), Attachments: slices.Repeat([]agentmsg.Attachment{*file}, 9)}
	_, err = client.Messages.Send(t.Context(), p)
	require.NoError(t, err)
	p.Attachments = append(p.Attachments, *file)
	_, err = client.Messages.Send(t.Context(), p)
	require.ErrorContains(t, err, "over 100 MB")
}

// The client's two steps, the voice note, and what the customer's app gets.
func TestFilesEndToEnd(t *testing.T) {
	t.Parallel()
	box := new(inbox)
	s := mockserver.Start(t, mockserver.WithAI(nil), mockserver.WithWebhookHandler(box, ""), mockserver.WithChannel(mockserver.Channel{
		ID: "c", Identifier: "support", ForwardIncoming: true,
	}))
	client := s.Client()
	voice, err := client.Attachments.Upload(t.Context(), agentmsg.FileFromBytes("voice.ogg", []byte(oggOpus)))
	require.NoError(t, err)
	require.Equal(t, "audio/ogg; codecs=opus", voice.ContentType)
	_, err = client.Messages.Send(t.Context(), agentmsg.SendMessageParams{
		Channel: agentmsg.APIChannel("support"), SessionID: "s", ExternalUserID: "u", Attachments: []agentmsg.Attachment{*voice},
	})
	require.NoError(t, err)
	picture, err := client.Attachments.Upload(t.Context(), agentmsg.FileFromBytes("a b.png", []byte(png)))
	require.NoError(t, err)
	pdf, err := client.Attachments.Upload(t.Context(), agentmsg.FileFromBytes("i.pdf", []byte("%PDF-1.7\n")))
	require.NoError(t, err)
	_, err = client.Channels.SendAgentMessage(t.Context(), "c", "s", agentmsg.AgentMessageParams{
		Content: "Here you are", Attachments: []agentmsg.Attachment{*picture, *pdf},
	})
	require.NoError(t, err)
	require.NoError(t, s.Idle(t.Context()))

	events := box.seen()
	require.Len(t, events, 2)
	incoming, outgoing := events[0].(*agentmsg.MessageEvent), events[1].(*agentmsg.MessageEvent)
	require.Equal(t, agentmsg.DirectionIncoming, incoming.Direction)
	require.Empty(t, incoming.Response)
	got := append(incoming.Attachments, outgoing.Attachments...)
	require.Len(t, got, 3)
	for i, want := range []struct{ kind, mime, content, key string }{
		{"audio", "audio/ogg; codecs=opus", oggOpus, voice.FileKey}, {"image", "image/png", png, picture.FileKey}, {"document", "application/pdf", "%PDF-1.7\n", pdf.FileKey},
	} {
		a := got[i]
		require.Equal(t, []any{want.kind, want.mime, int64(len(want.content))}, []any{a.Type, a.MimeType, a.Size})
		require.Contains(t, want.key, a.ID)
		require.True(t, strings.HasPrefix(string(a.URL), "http://mock.test/storage/"), a.URL)
		status, content := toStorage(s, http.MethodGet, string(a.URL), "")
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, want.content, content)
		var copied bytes.Buffer
		_, err := client.Attachments.Download(t.Context(), want.key, &copied)
		require.NoError(t, err)
		require.Equal(t, want.content, copied.String())
	}
	raw := box.bodies[1]
	require.Regexp(t, `"attachments":\[\{"id":"[0-9a-f-]{36}","url":"http://mock\.test/storage/[^"]*%20b\.png\?X-Amz-Date=[^"]*&X-Amz-Expires=3600&X-Amz-Signature=[0-9a-f]{64}","type":"image","size":17,"mimeType":"image/png"\},`, raw)

	_, err = client.Attachments.Download(t.Context(), "attachments/none", new(bytes.Buffer))
	require.ErrorIs(t, err, agentmsg.ErrNotFound)
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A link that runs out between the steps is renewed once.
func TestUploadIsRenewed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t)
		puts := 0
		client := s.Client(agentmsg.WithHTTPClient(&http.Client{Transport: tripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPut {
				if puts++; puts == 1 {
					time.Sleep(time.Hour)
				}
			}
			return s.Transport().RoundTrip(r)
		})}))
		file, err := client.Attachments.Upload(t.Context(), agentmsg.FileFromBytes("a.png", []byte(png)), agentmsg.WithAttemptTimeout(2*time.Hour))
		require.NoError(t, err)
		require.Equal(t, []int{403, 200}, []int{s.Requests(agentmsg.OpPut)[0].Status, s.Requests(agentmsg.OpPut)[1].Status})
		require.Equal(t, "/storage/"+file.FileKey, s.Requests(agentmsg.OpPut)[1].Path)
		require.Len(t, s.Requests(agentmsg.OpRequestUpload), 2)
	})
}

// What the storage refuses, the client tells without what was signed.
func TestStorageRefusesTheClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t)
		client := s.Client()
		ticket, err := client.Attachments.RequestUpload(t.Context(), agentmsg.RequestUploadParams{FileName: "a.png", Size: 17})
		require.NoError(t, err)
		time.Sleep(time.Hour)
		err = client.Attachments.Put(t.Context(), ticket, agentmsg.FileFromBytes("a.png", []byte(png)))
		require.ErrorContains(t, err, "Request has expired")
		u := string(ticket.UploadURL)
		require.NotContains(t, err.Error(), u[strings.LastIndex(u, "=")+1:])

		ticket2, err := client.Attachments.RequestUpload(t.Context(), agentmsg.RequestUploadParams{FileName: "a.png", Size: 17})
		require.NoError(t, err)
		ticket2.ContentType = "image/jpeg" // another than was signed
		err = client.Attachments.Put(t.Context(), ticket2, agentmsg.FileFromBytes("a.png", []byte(png)))
		refused, ok := err.(*agentmsg.APIError) //nolint:errorlint // the error itself
		require.True(t, ok, "%v", err)
		require.Equal(t, "SignatureDoesNotMatch", refused.Reason)
		require.NotContains(t, string(refused.Body), "SignatureProvided")
	})
}

func TestNoteOnTheWire(t *testing.T) {
	t.Parallel()
	box := new(inbox)
	s := mockserver.Start(t, mockserver.WithWebhookHandler(box, ""))
	const stored = `{"id":"00000000-0000-4000-8000-00000000000N","sessionId":"s1","agentId":"agent-default","role":"assistant","content":"Call back","timestamp":NOW,"isNote":true,"isNoteVisibleToAi":`
	answer := post(t, s, agentMessages, `{"content":"Call back","isNote":true,"isNoteVisibleToAi":true,"sessionName":"Ana"}`, http.StatusOK)
	require.JSONEq(t, strings.Replace(strings.Replace(stored, "NOW", "1", 1), "0N", "01", 1)+`true,"isNewSession":true}`, strings.Replace(timeless(answer), "NOW", "1", 1))
	answer = post(t, s, agentMessages, `{"content":"Call back","isNote":true}`, http.StatusOK)
	require.JSONEq(t, strings.Replace(strings.Replace(stored, "NOW", "1", 1), "0N", "02", 1)+`false,"isNewSession":false}`, strings.Replace(timeless(answer), "NOW", "1", 1))
	require.Len(t, s.Requests(agentmsg.OpAddNote), 2)
	require.Empty(t, s.Requests(agentmsg.OpSendAgentMessage))
	require.NoError(t, s.Idle(t.Context()))
	require.Empty(t, box.seen(), "nobody outside hears of it, and nobody answers")
	x, _ := s.Session("s1")
	require.Equal(t, "note: Call back\nnote: Call back\n", x.String())
	require.Equal(t, []bool{true, false}, []bool{x.Messages[0].VisibleToAI, x.Messages[1].VisibleToAI})
	require.EqualValues(t, mockserver.DefaultAgentID, x.Messages[0].AgentID)
	require.Equal(t, "Ana", x.Name)

	post(t, s, "/channels/channel-sms/sessions/new/agent-messages", `{"content":"Call back","isNote":true}`, http.StatusNotFound)
	post(t, s, agentMessages, `{"content":"`+strings.Repeat("ã", 10_000)+`","isNote":true}`, http.StatusOK)
	for body, says := range map[string]string{
		`{"isNote":true}`: "content required",
		`{"content":"` + strings.Repeat("ã", 10_001) + `","isNote":true}`: "at most 10000",
		`{"content":"x","isNoteVisibleToAi":false}`:                       "isNoteVisibleToAi is for",
		`{"content":"x","isNote":false,"isNoteVisibleToAi":true}`:         "isNoteVisibleToAi is for",
		`{"content":"x","isNote":true,"attachments":[` + attach + `]}`:    "attachments are not documented",
		`{"content":"x","isNote":"true"}`:                                 `\"isNote\" must not be a string`,
	} {
		require.Contains(t, post(t, s, agentMessages, body, http.StatusBadRequest), says)
	}
	x, _ = s.Session("s1")
	require.Len(t, x.Messages, 3)
}

// The AI reads the notes that it may, and no others.
func TestNotesAndTheAI(t *testing.T) {
	t.Parallel()
	turns := make(chan mockserver.Turn, 1)
	s := mockserver.Start(t, mockserver.WithAI(func(_ context.Context, turn mockserver.Turn) []string {
		turns <- turn
		return nil
	}))
	client := s.Client()
	for text, visible := range map[string]bool{"shown": true, "hidden": false} {
		note, err := client.Channels.AddNote(t.Context(), mockserver.DefaultChannelID, "s", agentmsg.NoteParams{Content: text, VisibleToAI: visible})
		require.NoError(t, err)
		require.True(t, note.IsNote)
		require.Equal(t, visible, note.IsNoteVisibleToAI)
		require.False(t, note.IsHumanReply)
	}
	require.NoError(t, send(t.Context(), client, "s", "hi"))
	turn := <-turns
	require.Equal(t, "note: shown\ncustomer: hi\n", turn.Session.String())
}
