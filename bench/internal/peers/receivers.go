package peers

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/bare"
)

// Secret is what all deliveries are signed with.
const Secret = "test-webhook-secret-of-32-bytes!"

// Receiver is a way to take webhooks, and a delivery of 600 bytes that it takes.
type Receiver struct {
	Name string
	// Verify says whether a signature is the body's.
	Verify func(body []byte, header http.Header) error
	// Handler is that of its documentation: it verifies and reads the event.
	Handler http.Handler
	// Body is the nth delivery, and Sign its headers.
	Body func(nth int) []byte
	Sign func(body []byte) http.Header
	// Repeats is how many deliveries it took for repeats of others, where it
	// looks for them: what was measured is something else then. May be nil.
	Repeats func() uint64
}

// Request is the nth delivery as it comes over a connection.
func (r *Receiver) Request(nth int) string {
	body := r.Body(nth)
	return bare.Request(r.Sign(body), body)
}

// Receivers are the ways to take webhooks, the floor first and this module
// second. They remember what they were given: who numbers deliveries from 0
// makes them anew.
func Receivers() ([]Receiver, error) {
	ours, err := agentmsgReceiver()
	if err != nil {
		return nil, err
	}
	standard, err := standardWebhooks()
	if err != nil {
		return nil, err
	}
	svix, err := svixReceiver()
	if err != nil {
		return nil, err
	}
	return append([]Receiver{handReceiver(), ours, standard, svix, gitHubReceiver(), slackReceiver()}, heavyReceivers()...), nil
}

// filled is a body of 600 bytes: format has the place of an id, and of text.
func filled(format, id string) []byte {
	return fmt.Appendf(nil, format, id, strings.Repeat("x", 604-len(format)-len(id)))
}

func mac(parts ...string) []byte {
	h := hmac.New(sha256.New, []byte(Secret))
	for _, p := range parts {
		h.Write([]byte(p))
	}
	return h.Sum(nil)
}

func hexMAC(parts ...string) string { return hex.EncodeToString(mac(parts...)) }

func now() string { return strconv.FormatInt(time.Now().Unix(), 10) }

// refusing is a handler of a function that takes a body, or does not.
func refusing(take func(body []byte, header http.Header) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err == nil {
			err = take(body, r.Header)
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
}

func messageBody(nth int) []byte { return bare.Event(strconv.Itoa(nth), bare.Session) }

func messageSign(body []byte) http.Header { return bare.Signed(hexMAC(string(body))) }

// Delivery is a message's delivery in a session, as net/http hands it over.
func Delivery(nth, session int) *http.Request {
	body := bare.Event(strconv.Itoa(nth), fmt.Sprintf("550e8400-e29b-41d4-a716-%012d", session))
	req, err := http.ReadRequest(bufio.NewReaderSize(strings.NewReader(bare.Request(messageSign(body), body)), 1024))
	if err != nil {
		panic(err) // it is our own text
	}
	return req
}

// handReceiver is what a careful engineer types.
func handReceiver() Receiver {
	verifier := bare.NewVerifier(Secret)
	return Receiver{
		Name: "by hand", Body: messageBody, Sign: messageSign,
		Verify: func(body []byte, header http.Header) error {
			if !verifier.Verify(body, header.Get(agentmsg.SignatureHeader)) {
				return errSignature
			}
			return nil
		},
		Handler: bare.Receiver(Secret, func(context.Context, *agentmsg.MessageEvent) error { return nil }),
	}
}

var errSignature = errors.New("the signature is not the body's")

func agentmsgReceiver() (Receiver, error) {
	h, err := agentmsg.NewWebhookHandler(func(context.Context, agentmsg.Event) error { return nil }, agentmsg.WithWebhookSecrets(Secret))
	return Receiver{
		Name: "agentmsg", Handler: h, Body: messageBody, Sign: messageSign,
		Repeats: func() uint64 { return h.Stats().Duplicates },
		Verify: func(body []byte, header http.Header) error {
			return agentmsg.VerifySignature(body, header.Get(agentmsg.SignatureHeader), Secret)
		},
	}, err
}

const genericEvent = `{"id":"%s","type":"message.created","timestamp":"2024-01-15T10:30:00.000Z","data":{"sessionId":"550e8400-e29b-41d4-a716-446655440000","text":"%s"}}`

type generic struct {
	ID   string    `json:"id"`
	Type string    `json:"type"`
	At   time.Time `json:"timestamp"`
	Data struct {
		SessionID string `json:"sessionId"`
		Text      string `json:"text"`
	} `json:"data"`
}

// standard is a receiver by the scheme of standardwebhooks.com: a library
// verifies, and encoding/json reads.
func standard(name, prefix string, verify func([]byte, http.Header) error) Receiver {
	return Receiver{
		Name: name, Verify: verify,
		Body: func(nth int) []byte { return filled(genericEvent, strconv.Itoa(nth)) },
		Sign: func(body []byte) http.Header {
			at := now()
			signature := "v1," + base64.StdEncoding.EncodeToString(mac("msg_1.", at, ".", string(body)))
			h := http.Header{}
			h.Set(prefix+"-id", "msg_1")
			h.Set(prefix+"-timestamp", at)
			h.Set(prefix+"-signature", signature)
			return h
		},
		Handler: refusing(func(body []byte, header http.Header) error {
			if err := verify(body, header); err != nil {
				return err
			}
			return json.Unmarshal(body, new(generic))
		}),
	}
}
