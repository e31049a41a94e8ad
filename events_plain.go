package agentmsg

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// plainMessage reads a message without files as MAIA documents it: an object
// whose members are strings, under the names below. Any other body is
// encoding/json's, which reads these the same (FuzzPlainMessage), but takes half
// of a delivery's time in the handler for it (docs/decisions/0007).
func plainMessage(body []byte) (*MessageEvent, bool) {
	m := &MessageEvent{raw: body}
	p := plainText{body}
	if !p.take('{') {
		return nil, false
	}
	for {
		name, ok := p.takeString()
		if !ok || !p.take(':') {
			return nil, false
		}
		value, ok := p.takeString()
		if !ok || !m.setPlain(name, value) {
			return nil, false
		}
		if !p.take(',') {
			m.defaultDirection()
			return m, p.take('}') && len(p.rest) == 0
		}
	}
}

// setPlain sets a member, whose name and value are in their quotes. It reports
// whether it knows the name and could read the value.
func (m *MessageEvent) setPlain(name, value []byte) bool {
	switch string(name) {
	case `"channelId"`:
		return setString(&m.ChannelID, value)
	case `"channelIdentifier"`:
		return setString(&m.ChannelIdentifier, value)
	case `"agentId"`:
		return setString(&m.AgentID, value)
	case `"sessionId"`:
		return setString(&m.SessionID, value)
	case `"messageId"`:
		return setString(&m.MessageID, value)
	case `"response"`:
		return setString(&m.Response, value)
	case `"timestamp"`:
		return !hasEscape(value) && m.Timestamp.UnmarshalJSON(value) == nil
	case `"direction"`:
		return setString(&m.Direction, value)
	case `"externalUserId"`:
		return setString(&m.ExternalUserID, value)
	}
	return false
}

// setString leaves escapes to encoding/json.
func setString[S ~string](s *S, quoted []byte) bool {
	if hasEscape(quoted) {
		return json.Unmarshal(quoted, s) == nil
	}
	*s = S(quoted[1 : len(quoted)-1])
	return true
}

func hasEscape(quoted []byte) bool { return bytes.IndexByte(quoted, '\\') >= 0 }

// plainText is what has not been read of a JSON text.
type plainText struct{ rest []byte }

// take takes a token of one byte, if it is the next.
func (p *plainText) take(token byte) bool {
	p.skipBlanks()
	if len(p.rest) == 0 || p.rest[0] != token {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// takeString takes a string in its quotes, if that is the next and all in it
// may stand in one; its escapes are not looked at.
func (p *plainText) takeString() (quoted []byte, ok bool) {
	p.skipBlanks()
	if len(p.rest) == 0 || p.rest[0] != '"' {
		return nil, false
	}
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '"':
			quoted, p.rest = p.rest[:i+1], p.rest[i+1:]
			return quoted, utf8.Valid(quoted)
		case c == '\\':
			i++
		case c < ' ':
			return nil, false
		}
	}
	return nil, false
}

func (p *plainText) skipBlanks() {
	for len(p.rest) > 0 {
		switch p.rest[0] {
		case ' ', '\t', '\r', '\n':
			p.rest = p.rest[1:]
		default:
			return
		}
	}
}
