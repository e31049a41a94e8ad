package dedupetest_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/agentmsg/agentmsg"
)

// model is a Deduper of the plainest kind, a table with a lock around it, that
// may have one fault.
type model struct {
	fault string

	mu   sync.Mutex
	rows map[string]row
	last int
}

type row struct {
	token   string
	end     time.Time
	handled bool
}

func newModel(fault string) *model { return &model{fault: fault, rows: map[string]row{}} }

func (m *model) has(fault string) bool { return m.fault == fault }

// pick is yes where the model has the fault, else no.
func pick[T any](m *model, fault string, yes, no T) T {
	if m.has(fault) {
		return yes
	}
	return no
}

// id is what the table knows a key by.
func (m *model) id(key string) string {
	switch m.fault {
	case "keys in lower case":
		return strings.ToLower(key)
	case "keys trimmed":
		return strings.TrimSpace(key)
	case "keys of 255 bytes":
		return key[:min(len(key), 255)]
	case "keys until a NUL":
		key, _, _ = strings.Cut(key, "\x00")
	case "keys made valid UTF-8":
		return strings.ToValidUTF8(key, "\ufffd")
	case "one key":
		return ""
	}
	return key
}

func (m *model) Claim(ctx context.Context, key string, lease time.Duration) (agentmsg.Claim, error) {
	switch {
	case m.has("long keys refused") && len(key) > 1<<10, m.has("the empty key refused") && key == "":
		return agentmsg.Claim{}, errors.New("a key of another length, please")
	case m.has("a claim beside an error") && ctx.Err() != nil:
		return agentmsg.Claim{Key: key, State: agentmsg.ClaimInFlight}, ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	r, found := m.rows[m.id(key)]
	lives := found && now.Before(r.end)
	if m.has("a lease never ends") && !r.handled || m.has("a keep never ends") && r.handled {
		lives = found
	}
	c := agentmsg.Claim{Key: pick(m, "another key", key+" ", key), State: agentmsg.ClaimInFlight}
	switch {
	case lives && r.handled:
		c.State = agentmsg.ClaimHandled
		return c, nil
	case lives && !m.has("granted twice"):
		c.Token = pick(m, "a token for all", r.token, "")
		return c, nil
	case m.has("looks, then takes") || m.has("looks, then takes over") && found:
		m.mu.Unlock()
		time.Sleep(time.Millisecond) // in a bubble: all look before one takes
		m.mu.Lock()
	}
	m.last++
	c.Token = pick(m, "one token", "1", strconv.Itoa(m.last))
	if m.has("no token") {
		c.Token = ""
	}
	c.State = pick(m, "in flight for its holder", agentmsg.ClaimInFlight, agentmsg.ClaimGranted)
	if m.has("no lease is a long one") && lease <= 0 {
		lease = time.Hour
	}
	m.rows[m.id(key)] = row{token: c.Token, end: now.Add(pick(m, "a lease is half as long", lease/2, lease))}
	return c, nil
}

// held is the claim's row, and why it may not be changed.
func (m *model) held(ctx context.Context, method string, c agentmsg.Claim) (row, error) {
	r, found := m.rows[m.id(c.Key)]
	switch {
	case m.has("an ended context loses the lease") && ctx.Err() != nil:
		return r, agentmsg.ErrLeaseLost
	case found && r.token != c.Token && m.has(method+" does not look at the token"):
	case found && r.handled && r.token == c.Token && m.has(method+" of what is done"):
	case found && !time.Now().Before(r.end) && m.has(method+" does not look at the clock"):
	case !found || r.handled || r.token != c.Token || !time.Now().Before(r.end):
		return r, pick[error](m, "another error", errors.New("lost"), agentmsg.ErrLeaseLost)
	}
	return r, nil
}

func (m *model) Renew(ctx context.Context, c agentmsg.Claim, lease time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.held(ctx, "Renew", c)
	switch {
	case err != nil:
		return pick(m, "a lost Renew is silent", nil, err)
	case m.has("Renew adds"):
		r.end = r.end.Add(lease)
	case !m.has("Renew does nothing"):
		r.end = time.Now().Add(lease)
	}
	r.handled = false
	m.rows[m.id(c.Key)] = r
	return nil
}

func (m *model) Done(ctx context.Context, c agentmsg.Claim, keep time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.held(ctx, "Done", c)
	if err != nil {
		return pick(m, "a lost Done is silent", nil, err)
	}
	r.handled = true
	r.end = pick(m, "the lease is the keep", r.end, time.Now().Add(keep))
	switch {
	case m.has("a negative keep is a long one") && keep < 0:
		r.end = time.Now().Add(-keep * 100)
	case keep > 0 && !m.has("Done forgets"):
	case keep <= 0 && m.has("release does nothing"):
		return nil
	case keep <= 0 && m.has("release is handled"):
		r.end = time.Now().Add(time.Hour)
	default:
		delete(m.rows, m.id(c.Key))
		return nil
	}
	m.rows[m.id(c.Key)] = r
	return nil
}
