// Package shape is how the mock's values look in JSON: those of package
// mockserver, under the wire's names where it has them. The configuration and
// the control API share it.
package shape

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
)

// Duration is written as 300ms, 2s or 1m30s.
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(b []byte) error {
	given, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("%q is no duration: write it like 300ms, 2s or 1m30s", b)
	}
	*d = Duration(given)
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// Kind is the name of a mockserver.FaultKind.
type Kind string

// Kinds are all there are, in the order of package mockserver.
func Kinds() []string {
	var all []string
	for k := range mockserver.Hold + 1 {
		all = append(all, k.String())
	}
	return all
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *Kind) UnmarshalText(b []byte) error {
	for _, name := range Kinds() {
		if name == string(b) {
			*k = Kind(b)
			return nil
		}
	}
	return fmt.Errorf("there is no kind %q; there are %s", b, strings.Join(Kinds(), ", "))
}

// Fault is a mockserver.Fault.
type Fault struct {
	Op         string   `json:"op,omitempty"`
	SessionID  string   `json:"sessionId,omitempty"`
	Event      string   `json:"event,omitempty"`
	Skip       int      `json:"skip,omitempty"`
	Every      int      `json:"every,omitempty"`
	Times      int      `json:"times,omitempty"`
	Kind       Kind     `json:"kind"`
	Status     int      `json:"status,omitempty"`
	RetryAfter string   `json:"retryAfter,omitempty"`
	Body       string   `json:"body,omitempty"`
	Delay      Duration `json:"delay,omitzero"`
	Copies     int      `json:"copies,omitempty"`
	Secret     string   `json:"secret,omitempty"`
}

// Fault is the value for package mockserver.
func (f Fault) Fault() (mockserver.Fault, error) {
	made := mockserver.Fault{
		Op: agentmsg.Op(f.Op), Session: agentmsg.SessionID(f.SessionID), Event: agentmsg.EventType(f.Event),
		Skip: f.Skip, Every: f.Every, Times: f.Times, Kind: -1, Status: f.Status, RetryAfter: f.RetryAfter, Body: f.Body,
		Delay: time.Duration(f.Delay), Copies: f.Copies, Secret: f.Secret,
	}
	if f.Kind == "" {
		return made, errors.New("it has no kind; there are " + strings.Join(Kinds(), ", "))
	}
	for k := range mockserver.Hold + 1 {
		if k.String() == string(f.Kind) {
			made.Kind = k
		}
	}
	return made, nil
}

// FaultOf is the form of a fault.
func FaultOf(f mockserver.Fault) Fault {
	return Fault{
		Op: string(f.Op), SessionID: string(f.Session), Event: string(f.Event), Skip: f.Skip, Every: f.Every, Times: f.Times,
		Kind: Kind(f.Kind.String()), Status: f.Status, RetryAfter: f.RetryAfter, Body: f.Body, Delay: Duration(f.Delay),
		Copies: f.Copies, Secret: f.Secret,
	}
}

// ActiveFault is a mockserver.ActiveFault.
type ActiveFault struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Fault
	Seen int `json:"seen"`
	Hit  int `json:"hit"`
}

// ActiveFaultOf is the form of a fault at work.
func ActiveFaultOf(f mockserver.ActiveFault) ActiveFault {
	return ActiveFault{ID: f.ID, Name: f.String(), Fault: FaultOf(f.Fault), Seen: f.Seen, Hit: f.Hit}
}
