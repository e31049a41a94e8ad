package agentmsg_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// ledgerKind is one way to call an operation. The call's id is in the payload
// or the path.
type ledgerKind struct {
	name    string
	class   wire.Class
	typed   bool // only a JSON object is a success
	storage bool // the request that counts is the storage's
	run     func(context.Context, *agentmsg.Client, *ledgerCall, ...agentmsg.CallOption) error
}

// ledgerCall is one call, decided by the seed and its number alone.
type ledgerCall struct {
	n          int
	id         string
	kind       ledgerKind
	class      wire.Class
	key        string // the caller's own; empty: none
	asHeader   bool   // given by WithHeader
	impatient  bool   // a silent server ends an attempt soon
	deadline   time.Duration
	attempts   int
	storageURL string

	dials atomic.Uint64
}

// ledgerDice are the decisions of one moment.
func ledgerDice(seed uint64, n int, moment uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(n)<<20|moment))
}

const (
	momentPlan    = 1 << 16
	momentDial    = 2 << 16
	momentStorage = 4 << 16
)

func planLedgerCall(seed uint64, n int, storageURL string) *ledgerCall {
	dice := ledgerDice(seed, n, momentPlan)
	c := &ledgerCall{n: n, id: fmt.Sprintf("call-%06d", n), storageURL: storageURL, attempts: 1 + dice.IntN(4)}
	c.kind = ledgerKinds[dice.IntN(len(ledgerKinds))]
	if dice.IntN(8) == 0 {
		c.kind = ledgerKinds[0] // the only keyed one
	}
	c.class = c.kind.class
	if dice.IntN(3) == 0 && !c.kind.storage {
		c.key, c.asHeader = "key-"+c.id, dice.IntN(2) == 0
	}
	c.impatient = dice.IntN(6) == 0
	if dice.IntN(10) == 0 {
		c.deadline = time.Duration(1+dice.IntN(25)) * time.Millisecond
	}
	if c.class == wire.Unsafe && dice.IntN(8) == 0 { // the caller has said that twice is fine
		c.class = wire.Safe
	}
	return c
}

func (c *ledgerCall) options(got *agentmsg.Response) []agentmsg.CallOption {
	patience := 20 * time.Second
	if c.impatient {
		patience = 20 * time.Millisecond
	}
	opts := []agentmsg.CallOption{
		agentmsg.WithResponse(got), agentmsg.WithMaxAttempts(c.attempts), agentmsg.WithAttemptTimeout(patience),
		agentmsg.WithHeader("X-Call", c.id), // known to the server before the body is read
	}
	switch {
	case c.key != "" && c.asHeader:
		opts = append(opts, agentmsg.WithHeader("x-idempotency-key", c.key), agentmsg.WithHeader("Idempotency-Key", c.key))
	case c.key != "":
		opts = append(opts, agentmsg.WithIdempotencyKey(c.key))
	}
	if c.class != c.kind.class {
		opts = append(opts, agentmsg.WithRetryAmbiguous())
	}
	return opts
}

var ledgerID = regexp.MustCompile(`call-\d{6}`)

func ledgerNumber(id string) (int, bool) {
	if id == "" {
		return 0, false
	}
	n, err := strconv.Atoi(id[len("call-"):])
	return n, err == nil
}

// content is what the call's file is made of.
func (c *ledgerCall) content() []byte {
	return bytes.Repeat([]byte(c.id+"\n"), 1+c.n%3000)
}

func (c *ledgerCall) file() agentmsg.File {
	return agentmsg.FileFromBytes(c.id+".txt", c.content())
}

func ledgerDo(method string) func(context.Context, *agentmsg.Client, *ledgerCall, ...agentmsg.CallOption) error {
	return func(ctx context.Context, c *agentmsg.Client, l *ledgerCall, opts ...agentmsg.CallOption) error {
		r := agentmsg.Request{API: agentmsg.MAIA, Method: method, Path: []string{"later", l.id}}
		if method != http.MethodGet {
			r.Body = map[string]string{"content": l.id}
		}
		_, err := agentmsg.Do[json.RawMessage](ctx, c, r, opts...)
		return err
	}
}

// ledgerOf is a kind that is a wireCall of the id.
func ledgerOf(call func(id string) wireCall) func(context.Context, *agentmsg.Client, *ledgerCall, ...agentmsg.CallOption) error {
	return func(ctx context.Context, c *agentmsg.Client, l *ledgerCall, opts ...agentmsg.CallOption) error {
		_, err := call(l.id)(ctx, c, opts...)
		return err
	}
}

func ledgerReact(action agentmsg.ReactionAction) func(string) wireCall {
	return func(id string) wireCall {
		return callReact("s", agentmsg.ReactParams{ProviderMsgID: id, Action: action, Emoji: "x"})
	}
}

func ledgerPut(ctx context.Context, c *agentmsg.Client, l *ledgerCall, opts ...agentmsg.CallOption) error {
	ticket := &agentmsg.UploadTicket{
		UploadURL: agentmsg.Secret(l.storageURL + "/storage/" + l.id + "?" + secretQuery), FileKey: l.id,
		ContentType: "text/plain", Size: int64(len(l.content())),
	}
	return c.Attachments.Put(ctx, ticket, l.file(), opts...)
}

var errWrongFile = errors.New("a success, and not the file")

func ledgerDownload(ctx context.Context, c *agentmsg.Client, l *ledgerCall, opts ...agentmsg.CallOption) error {
	var b bytes.Buffer
	_, err := c.Attachments.Download(ctx, "k/"+l.id, &b, opts...)
	if err == nil && !bytes.Equal(b.Bytes(), l.content()) {
		return errWrongFile
	}
	return err
}

func ledgerUpload(ctx context.Context, c *agentmsg.Client, l *ledgerCall, opts ...agentmsg.CallOption) error {
	_, err := c.Attachments.Upload(ctx, l.file(), opts...)
	return err
}

// ledgerKinds reach every operation.
var ledgerKinds = []ledgerKind{
	{"Contacts.Send", wire.Keyed, true, false, ledgerOf(func(id string) wireCall {
		return callContact("c", agentmsg.ContactMessageParams{ContactContent: agentmsg.ContactText(id), ContactIdentifier: "c"})
	})},
	{"Messages.Send", wire.Unsafe, true, false, ledgerOf(func(id string) wireCall {
		return callSend(agentmsg.SendMessageParams{Channel: agentmsg.APIChannel("support"), Content: id})
	})},
	{"Messages.Echo", wire.Unsafe, true, false, ledgerOf(func(id string) wireCall {
		return callEcho(agentmsg.EchoParams{Channel: agentmsg.APIChannel("support"), Content: id, ExternalUserID: "u"})
	})},
	{"Channels.SendAgentMessage", wire.Unsafe, true, false, ledgerOf(func(id string) wireCall {
		return callSendAgentMessage("c", "s", agentmsg.AgentMessageParams{Content: id})
	})},
	{"Channels.AddNote", wire.Unsafe, true, false, ledgerOf(func(id string) wireCall {
		return callAddNote("c", "s", agentmsg.NoteParams{Content: id})
	})},
	{"Sessions.React add", wire.Unsafe, false, false, ledgerOf(ledgerReact(agentmsg.ReactionAdd))},
	{"Sessions.React upsert", wire.Safe, false, false, ledgerOf(ledgerReact(agentmsg.ReactionUpsert))},
	{"Sessions.LinkMessage", wire.Safe, false, false, ledgerOf(func(id string) wireCall {
		return callLink("s", "m", agentmsg.LinkMessageParams{ProviderMsgID: id})
	})},
	{"Sessions.UpdateStatus", wire.Safe, false, false, ledgerOf(func(id string) wireCall {
		return callUpdateStatus("s", agentmsg.UpdateStatusParams{ProviderMsgID: id, Status: agentmsg.StatusSent})
	})},
	{"Sessions.PauseAI", wire.Safe, true, false, ledgerOf(func(id string) wireCall { return callPauseAI(agentmsg.SessionID(id)) })},
	{"Sessions.ResumeAI", wire.Safe, true, false, ledgerOf(func(id string) wireCall { return callResumeAI(agentmsg.SessionID(id)) })},
	{"Kanbans.List", wire.Safe, true, false, ledgerOf(func(id string) wireCall {
		return callListKanbans(agentmsg.ListKanbansParams{NextToken: id})
	})},
	{"Connections.List", wire.Safe, true, false, ledgerOf(func(id string) wireCall {
		return callListConnections(agentmsg.ListConnectionsParams{NextToken: id})
	})},
	{"Conversations.Send", wire.Unsafe, true, false, ledgerOf(func(id string) wireCall {
		return callConversation(agentmsg.ConversationMessageParams{SenderID: "i", SenderType: agentmsg.SenderUser, Text: id})
	})},
	{"Attachments.RequestUpload", wire.Safe, true, false, ledgerOf(func(id string) wireCall {
		return callRequestUpload(agentmsg.RequestUploadParams{FileName: id + ".jpg", ContentType: "image/jpeg", Size: 5})
	})},
	{"Attachments.DownloadURL", wire.Safe, true, false, ledgerOf(func(id string) wireCall { return callDownloadURL("k/" + id) })},
	{"Attachments.Put", wire.Safe, false, true, ledgerPut},
	{"Attachments.Download", wire.Safe, false, true, ledgerDownload},
	{ledgerUploads, wire.Safe, false, true, ledgerUpload},
	{"Do POST", wire.Unsafe, false, false, ledgerDo(http.MethodPost)},
	{"Do PUT", wire.Unsafe, false, false, ledgerDo(http.MethodPut)},
	{"Do GET", wire.Safe, false, false, ledgerDo(http.MethodGet)},
}

// ledgerUploads renews an expired ticket: a file may be stored under the
// first key, which no message refers to, and the second ticket be refused.
const ledgerUploads = "Attachments.Upload"
