package mockserver

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg"
)

// world is what the services would keep in their databases. Its methods are
// called with the server's lock held.
type world struct {
	channels []Channel
	blubash  []agentmsg.BluBashChannelID
	sessions map[place]*session
	order    []*session
	contacts map[string]agentmsg.ContactID // by identifier; a workspace has one of each
	byPerson map[person]*session           // BluBash
	replays  map[replayKey]*replay         // BluBash
	made     int                           // ids so far
	uuid     string                        // how those begin that look like one
	taken    map[string]bool               // ids that were given and might be made
	kept     []replayKey                   // of replays that are finished, the oldest first
	events   int
	account  session // sends what belongs to no session
	calls    calls   // of MAIA, while there is a limit

	uploads     map[string]*upload // by key
	kanbans     []agentmsg.Kanban  // never written to
	connections []agentmsg.Connection
}

type place struct {
	api agentmsg.API
	id  agentmsg.SessionID
}

type person struct {
	channel    agentmsg.ChannelID
	identifier string
}

// session is a Session that lives.
type session struct {
	Session
	Messages []*StoredMessage          // in place of the Session's: a list that grows copies no messages
	channel  *Channel                  // of MAIA
	linked   map[string]*StoredMessage // by the provider's id

	pauses    int        // how often it was paused: an answer thought out across one is dropped
	turns     []turn     // the first is being answered
	gathering *gathering // nil: nothing is held back
	outbox    []*delivery
	sending   bool // a goroutine makes first attempts

	overtaken *overtaken // by the next event; nil: none waits for that
}

func newWorld(c *config) world {
	w := world{
		channels: c.channels, blubash: c.blubash, uuid: uuidOf(c.world),
		sessions: map[place]*session{}, contacts: map[string]agentmsg.ContactID{},
		byPerson: map[person]*session{}, replays: map[replayKey]*replay{}, taken: map[string]bool{},
		uploads: map[string]*upload{}, kanbans: boardsOf(c), connections: connectionsOf(c),
	}
	for _, given := range c.sessions {
		w.take(string(given.ID))
		for _, m := range given.Messages {
			w.take(string(m.ID))
		}
	}
	for _, given := range c.sessions {
		x := w.add(given)
		if x.Records = slices.Clone(given.Records); x.KanbanID != "" && len(x.Records) == 0 {
			x.Records = []Record{{ID: w.id(x.API, "record"), KanbanID: x.KanbanID, Title: cmp.Or(x.Name, x.ExternalUserID)}}
		}
		for _, m := range given.Messages {
			x.Messages = append(x.Messages, w.complete(x, m))
		}
	}
	return w
}

// complete gives a message of WithSession what it lacks.
func (w *world) complete(x *session, given StoredMessage) *StoredMessage {
	m := new(given.clone())
	if m.ID == "" {
		m.ID = w.messageID(x.API)
	}
	if m.Timestamp.IsZero() {
		m.Timestamp = now()
	}
	m.Source = cmp.Or(m.Source, FromCustomer)
	m.Role = cmp.Or(m.Role, roleOf(m.Source))
	m.VisibleToAI = m.VisibleToAI || m.Source != FromNote
	if m.ProviderMsgID != "" {
		x.linked[m.ProviderMsgID] = m
	}
	return m
}

// add begins a session. An empty ID gets one.
func (w *world) add(s Session) *session {
	if s.ID == "" {
		s.ID = agentmsg.SessionID(w.id(s.API, "con"))
	}
	w.take(string(s.ID))
	s.Messages = nil
	x := &session{Session: s, linked: map[string]*StoredMessage{}}
	if s.API == agentmsg.MAIA {
		x.channel = channelByID(w.channels, s.ChannelID)
	}
	w.sessions[place{s.API, s.ID}] = x
	w.order = append(w.order, x)
	if s.API == agentmsg.BluBash {
		w.byPerson[person{s.ChannelID, s.ExternalUserID}] = x
	}
	return x
}

// words are what someone says.
type words struct {
	text   string
	files  []agentmsg.Attachment
	base   string // of the links to files in a webhook
	hidden bool   // from the AI
}

// say stores a message. What the business says has the session's agent.
func (w *world) say(x *session, source Source, said words) StoredMessage {
	m := &StoredMessage{
		Message: agentmsg.Message{ID: w.messageID(x.API), Role: roleOf(source), Content: said.text, Timestamp: now()},
		Source:  source, VisibleToAI: !said.hidden, Attachments: said.files,
	}
	if m.Role == agentmsg.RoleAssistant {
		m.AgentID = x.AgentID
	}
	x.Messages = append(x.Messages, m)
	return *m
}

func roleOf(source Source) agentmsg.Role {
	switch source {
	case FromCustomer, FromEcho:
		return agentmsg.RoleUser
	case FromSystem:
		return agentmsg.RoleSystem
	}
	return agentmsg.RoleAssistant
}

// find looks in all three APIs, in MAIA first.
func (w *world) find(id agentmsg.SessionID) *session {
	for _, api := range [...]agentmsg.API{agentmsg.MAIA, agentmsg.BluBash, agentmsg.Conversations} {
		if x := w.sessions[place{api, id}]; x != nil {
			return x
		}
	}
	return nil
}

func (w *world) contact(identifier string) agentmsg.ContactID {
	id, ok := w.contacts[identifier]
	if !ok {
		id = agentmsg.ContactID(w.id(agentmsg.BluBash, "contact"))
		w.contacts[identifier] = id
	}
	return id
}

func (w *world) messageID(api agentmsg.API) agentmsg.MessageID {
	return agentmsg.MessageID(w.id(api, "msg"))
}

// id is the next id: shaped like a UUID, in the Conversations API like
// con_000001. One count serves all, so no two are the same.
func (w *world) id(api agentmsg.API, prefix string) string {
	for {
		w.made++
		id := padded(w.uuid, w.made, 16, 12)
		if api == agentmsg.Conversations {
			id = padded(prefix+"_", w.made, 10, 6)
		}
		if !w.taken[id] {
			return id
		}
	}
}

// padded is a number behind a prefix, with zeros before it.
func padded(prefix string, n, base, width int) string {
	var room [64]byte
	digits := strconv.AppendInt(room[:0], int64(n), base)
	return prefix + zeros[:max(0, width-len(digits))] + string(digits)
}

const zeros = "000000000000"

const madeUUID = "00000000-0000-4000-8000-"

// uuidOf is how the ids of a server begin. Those of [Worlds] differ from each
// other's: a receiver that hears several must not take one's message for
// another's.
func uuidOf(world string) string {
	if world == "" {
		return madeUUID
	}
	return world[:8] + madeUUID[8:]
}

// take keeps an id that was given from being made too.
func (w *world) take(id string) {
	for _, prefix := range [...]string{w.uuid, "con_", "msg_"} {
		if strings.HasPrefix(id, prefix) {
			w.taken[id] = true
		}
	}
}

// now is the time in the milliseconds that the wire has.
func now() agentmsg.Time { return agentmsg.Time{Time: time.Now().Truncate(time.Millisecond).UTC()} }

func channelByID(channels []Channel, id agentmsg.ChannelID) *Channel {
	for i := range channels {
		if channels[i].ID == id {
			return &channels[i]
		}
	}
	return nil
}

func hasBluBash(channels []agentmsg.BluBashChannelID, id agentmsg.ChannelID) bool {
	return slices.Contains(channels, agentmsg.BluBashChannelID(id))
}

// message finds one of a session's messages; nil: there is none. The latest is
// asked for most.
func (x *session) message(id agentmsg.MessageID) *StoredMessage {
	for _, m := range slices.Backward(x.Messages) {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// provided finds a message by the provider's id of it; nil: there is none.
func (x *session) provided(id string) *StoredMessage { return x.linked[id] }

// link ties a message to the provider's id of it: one id to one message. Ours:
// the vendor does not say what a second link does.
func (x *session) link(provider string, m *StoredMessage) {
	if before := x.provided(provider); before != nil {
		before.ProviderMsgID = ""
	}
	delete(x.linked, m.ProviderMsgID)
	m.ProviderMsgID = provider
	x.linked[provider] = m
}

// report takes a status, and keeps the furthest. Ours: the vendor does not say
// what a late one does.
func (m *StoredMessage) report(status agentmsg.MessageStatus) {
	m.Updates = append(m.Updates, status)
	if rank(status) > rank(m.Status) {
		m.Status = status
	}
}

// rank orders the statuses; 0: none that is documented.
func rank(status agentmsg.MessageStatus) int {
	return 1 + slices.Index([]agentmsg.MessageStatus{
		agentmsg.StatusSent, agentmsg.StatusFailed, agentmsg.StatusDelivered, agentmsg.StatusRead,
	}, status)
}
