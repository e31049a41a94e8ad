package agent_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// between stands between the client and the server, and changes answers.
type between struct {
	http.RoundTripper
	change func(status *int, body []byte) []byte
}

func (b between) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	_ = answer.Body.Close()
	body = b.change(&answer.StatusCode, body)
	answer.ContentLength = int64(len(body))
	answer.Header.Del("Content-Length")
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

// changed is a world in which the 202 is changed on its way.
func changed(t *testing.T, server []mockserver.Option, opts []agent.Option, change func(status *int, body []byte) []byte) *world {
	t.Helper()
	w := &world{Server: mockserver.Start(t, server...)}
	w.client = w.Client(agentmsg.WithHTTPClient(&http.Client{Transport: between{w.Transport(), change}}))
	var err error
	w.maia, err = agent.NewMAIA(w.client, channel, opts...)
	require.NoError(t, err)
	w.handler = newHandler(t, w.keep, agentmsg.WithWebhookTap(w.maia.Take))
	w.SetWebhookHandler(w.handler, "")
	return w
}

var timestamp = regexp.MustCompile(`"timestamp":\d+`)

// ahead moves the question's time.
func ahead(d time.Duration) func(status *int, body []byte) []byte {
	return func(_ *int, body []byte) []byte {
		return timestamp.ReplaceAll(body, fmt.Appendf(nil, `"timestamp":%d`, time.Now().Add(d).UnixMilli()))
	}
}

// The server's clock alone says what is older, once it is known.
func TestServersClockDecides(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := changed(t, with(silent()), nil, ahead(time.Second))
		a := w.begin(t, "hi")
		w.AISays(session, "before")
		time.Sleep(2 * time.Second)
		w.AISays(session, "answer")
		answer, err := a.wait(t)
		require.NoError(t, err)
		require.Equal(t, "answer", answer.Text())
		require.Equal(t, []string{"before"}, w.texts())
	})
}

// A local clock that is behind takes an older message for a reply, until the
// 202 says better; it is acknowledged by then.
func TestLocalClockBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := changed(t, with(silent(), slow202(time.Second)), nil, ahead(time.Second))
		a := w.start(t, agent.Question{SessionID: session, Text: "hi"})
		synctest.Wait()
		w.AISays(session, "before")
		time.Sleep(5 * time.Second)
		w.AISays(session, "answer")
		answer, err := a.wait(t)
		require.NoError(t, err)
		require.Equal(t, "answer", answer.Text())
		require.Equal(t, []string{"before"}, texts(answer.Unmatched))
	})
}

// A local clock that is ahead makes replies wait for the 202, and loses none.
func TestLocalClockAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := changed(t, with(silent(), slow202(time.Second)), []agent.Option{agent.WithMaxReplies(1)}, ahead(-time.Hour))
		a := w.start(t, agent.Question{SessionID: session, Text: "hi"})
		synctest.Wait()
		word := map[string]chan bool{"m1": make(chan bool, 1), "m2": make(chan bool, 1)}
		for _, id := range []string{"m1", "m2"} {
			e := message(id)
			e.Timestamp = agentmsg.EventTime{Time: time.Now().Add(-time.Second)}
			go func() {
				taken, _ := w.maia.Take(t.Context(), e)
				word[id] <- taken
			}()
			synctest.Wait()
		}
		_, err := a.wait(t)
		require.NoError(t, err)
		require.True(t, <-word["m1"])
		require.False(t, <-word["m2"])
		require.Equal(t, "text of m1", a.answer.Text())
	})
}

// What came before the refusal was acknowledged, and is in the error; what was
// in doubt goes to the function.
func TestRefusedAfterAReply(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := changed(t, with(slow202(time.Second)), nil, func(status *int, _ []byte) []byte {
			*status = http.StatusBadRequest
			return []byte(`{"error":"Bad Request"}`)
		})
		remove := w.Inject(mockserver.Fault{Event: agentmsg.EventMessage, Kind: mockserver.Hold, Times: 1})
		w.HumanSays(session, "before")
		time.Sleep(time.Second)
		a := w.start(t, agent.Question{SessionID: session, Text: "hi"})
		synctest.Wait()
		remove()
		_, err := a.wait(t)
		failed := failure(t, err, agentmsg.ErrBadRequest, agentmsg.OutcomeRejected)
		require.Equal(t, time.Second, a.took)
		require.Equal(t, []string{"You said: hi"}, texts(failed.Replies))
		require.NoError(t, w.Idle(t.Context()))
		require.Equal(t, []string{"before"}, w.texts())
	})
}
