package mockserver

import (
	"slices"
	"strings"
	"time"
)

// gathering is what a customer says until there is a pause in it. All that the
// vendor documents is the name of the setting.
type gathering struct {
	texts   []string
	until   time.Time     // moves on with each message
	dropped chan struct{} // closed when a pause of the AI makes it void
}

// gather keeps what the customer says for a turn to come. s.mu is held.
func (s *Server) gather(x *session, text string) {
	g := x.gathering
	if g == nil {
		g = &gathering{dropped: make(chan struct{})}
		x.gathering = g
		defer s.spawn(func() { s.release(x, g) })
	}
	if text != "" { // a file has none
		g.texts = append(g.texts, text)
	}
	g.until = time.Now().Add(x.channel.AggregationBuffer)
}

// release makes one turn of what was gathered, once nothing more has come for
// long enough.
func (s *Server) release(x *session, g *gathering) {
	for {
		s.mu.Lock()
		wait := time.Until(g.until)
		if wait <= 0 {
			if x.gathering == g { // not dropped meanwhile
				x.gathering = nil
				s.takeTurnOn(x, strings.Join(g.texts, "\n"))
			}
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-g.dropped:
			timer.Stop()
			return
		case <-s.ctx.Done():
			timer.Stop()
			return
		}
	}
}

// dropGathered makes what was gathered void. s.mu is held.
func (x *session) dropGathered() {
	if x.gathering != nil {
		close(x.gathering.dropped)
		x.gathering = nil
	}
}

// utter has the AI say its parts as the channel wants them. A pause drops
// those that are not said yet. Ours: the vendor does not say what becomes of
// an answer that a pause meets.
func (s *Server) utter(x *session, this turn, parts []string) {
	var apart time.Duration
	if x.channel != nil {
		parts, apart = x.channel.split(parts), x.channel.SplitDelay
	}
	for first := true; len(parts) > 0; first = false {
		if !first && !s.sleep(apart) {
			return
		}
		now := parts[:1]
		if apart == 0 { // nobody speaks between
			now = parts
		}
		parts = parts[len(now):]
		s.mu.Lock()
		void := x.pauses != this.pauses
		if !void {
			s.reply(x, now)
		}
		s.mu.Unlock()
		if void {
			return
		}
	}
}

// split makes a message of each line. Ours: a line of nothing but blanks is an
// empty one too, others keep theirs.
func (c *Channel) split(parts []string) []string {
	if !c.SplitByBreakline {
		return parts
	}
	lines := strings.Split(lineBreaks.Replace(strings.Join(parts, "\n")), "\n")
	return slices.DeleteFunc(lines, func(line string) bool { return strings.TrimSpace(line) == "" })
}

var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")
