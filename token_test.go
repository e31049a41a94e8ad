package agentmsg_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

func TestTokenSource(t *testing.T) {
	t.Parallel()
	no, busy := memorySays(401, nil, `{"error":"Token revoked"}`), memorySays(503, nil, "")
	for name, row := range map[string]struct {
		script []tripFunc
		give   []any
		most   int
		asked  []string // refused, at each question
		sent   string   // the tokens of the requests
		code   error    // nil: a success
	}{
		"once an attempt":         {[]tripFunc{busy, busy}, []any{"t1", "t2", "t3"}, 3, []string{"", "", ""}, "t1 t2 t3", nil},
		"again after a 401":       {[]tripFunc{no}, []any{"t1", "t2"}, 3, []string{"", "t1"}, "t1 t2", nil},
		"a 401 later":             {[]tripFunc{busy, no}, []any{"t1", "t2", "t3"}, 3, []string{"", "", "t2"}, "t1 t2 t3", nil},
		"the new one meets a 503": {[]tripFunc{no, busy}, []any{"t1", "t2", "t3"}, 3, []string{"", "t1", ""}, "t1 t2 t3", nil},
		"two 401":                 {[]tripFunc{no, no}, []any{"t1", "t2", "t3"}, 3, []string{"", "t1"}, "t1 t2", agentmsg.ErrTokenRevoked},
		"the refused one again":   {[]tripFunc{no}, []any{"t1"}, 3, []string{"", "t1"}, "t1", agentmsg.ErrTokenRevoked},
		"one attempt only":        {[]tripFunc{no}, []any{"t1", "t2"}, 1, []string{""}, "t1", agentmsg.ErrTokenRevoked},
		"fails after a 401":       {[]tripFunc{no}, []any{"t1", io.ErrNoProgress}, 3, []string{"", "t1"}, "t1", io.ErrNoProgress},
		"bad after a 401":         {[]tripFunc{no}, []any{"t1", "s3cr3t\n"}, 3, []string{"", "t1"}, "t1", agentmsg.ErrTokenRevoked},
		"fails later":             {[]tripFunc{busy}, []any{"t1", io.ErrNoProgress}, 3, []string{"", ""}, "t1", io.ErrNoProgress},
	} {
		source := &tokens{give: row.give}
		server, client := source.served(t, row.script...)
		err := callSafe(t.Context(), client, agentmsg.WithMaxAttempts(row.most))
		require.Equal(t, row.asked, source.asked, name)
		var sent []string
		for _, r := range server.requests {
			sent = append(sent, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		}
		require.Equal(t, row.sent, strings.Join(sent, " "), name)
		require.ErrorIs(t, err, row.code, name)
		if err == nil {
			continue
		}
		e := as[*agentmsg.APIError](t, err)
		require.Equal(t, []any{len(sent), name != "fails later"}, []any{e.Attempts, e.Outcome == agentmsg.OutcomeRejected}, name)
		require.Equal(t, strings.Contains(name, "fails") || strings.Contains(name, "bad"), e.Err != nil, name)
	}
}

// Without a token there is nothing to send.
func TestTokenSourceGivesNone(t *testing.T) {
	t.Parallel()
	for _, give := range []any{io.ErrNoProgress, "", " s3cr3t", "s3cr3t\r\nX: y", "s3cr3té"} {
		source := &tokens{give: []any{give}}
		server, client := source.served(t)
		err := callSafe(t.Context(), client)
		require.Equal(t, agentmsg.OutcomeNotSent, as[*agentmsg.TransportError](t, err).Outcome)
		require.Equal(t, []bool{give == any(io.ErrNoProgress), false}, []bool{errors.Is(err, io.ErrNoProgress), agentmsg.Temporary(err)})
		require.Equal(t, [2]int{0, 1}, [2]int{len(server.requests), len(source.asked)})
	}
}
