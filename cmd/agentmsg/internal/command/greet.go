package command

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/control"
	"github.com/agentmsg/agentmsg/mockserver"
)

// greeting is what there is to know at the start.
type greeting struct {
	URL                string `json:"url"`
	MAIAToken          string `json:"maiaToken"`
	BluBashKey         string `json:"bluBashKey"`
	ConversationsToken string `json:"conversationsToken"`
	Identifier         string `json:"channelIdentifier"`
	Type               string `json:"channelType"`
	WebhookURL         string `json:"webhookUrl,omitempty"`
	WebhookSecret      string `json:"webhookSecret"`
	ControlURL         string `json:"controlUrl"`
	ControlToken       string `json:"controlToken,omitempty"`
}

// greet says where the mock is and how it is talked to: for people, or, with
// --log json, a line for programs.
func (p *program) greet(w io.Writer) error {
	g := p.greeting()
	if p.flags.log == "json" {
		return json.NewEncoder(w).Encode(g)
	}
	webhooks := "none: give --webhook-url, or POST " + g.ControlURL + "webhook"
	if g.WebhookURL != "" {
		webhooks = g.WebhookURL
	}
	controlled := g.ControlURL
	if g.ControlToken != "" {
		controlled += "  " + control.TokenHeader + ": " + g.ControlToken
	}
	_, err := fmt.Fprintf(w, `agentmsg mock %s listens on %s

  MAIA           %s  Authorization: Bearer %s
  BluBash        %s/api/v1  X-API-Key: %s
  Conversations  %s/v1  Authorization: Bearer %s
  Webhooks       %s
                 signed with %s
  Control API    %s
  Worlds         each credential that starts with test_ or sk_test_ has a server of its own

Try it:

  %s

Ctrl-C stops it.
`, version(), p.listener.Addr(), g.URL, g.MAIAToken, g.URL, g.BluBashKey, g.URL, g.ConversationsToken, webhooks, g.WebhookSecret, controlled, g.curl())
	return err
}

func (p *program) greeting() greeting {
	g := greeting{
		URL:       "http://" + reached(p.listener.Addr()),
		MAIAToken: mockserver.DefaultMAIAToken, BluBashKey: mockserver.DefaultBluBashKey, ConversationsToken: mockserver.DefaultConversationsToken,
		Identifier: mockserver.DefaultChannelIdentifier, WebhookURL: p.set.webhook.URL, ControlToken: p.token,
		WebhookSecret: cmp.Or(p.set.webhook.Secret, mockserver.DefaultWebhookSecret),
	}
	if p.set.first.Identifier != "" {
		g.Identifier, g.Type = p.set.first.Identifier, p.set.first.Type
	}
	g.ControlURL = g.URL + control.Prefix
	return g
}

// reached is an address as one on this machine calls it.
func reached(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return a.String()
	}
	return fmt.Sprintf("127.0.0.1:%d", tcp.Port)
}

// curl is a line that works when it is pasted into a shell.
func (g *greeting) curl() string {
	body := struct {
		Content    string `json:"content"`
		Identifier string `json:"fromChannelIdentifier"`
		Type       string `json:"channelType,omitempty"`
	}{"Hello", g.Identifier, g.Type}
	b, _ := json.Marshal(body) // texts can be encoded
	return fmt.Sprintf("curl -sS %s/messages -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' -d '%s'",
		g.URL, g.MAIAToken, strings.ReplaceAll(string(b), "'", `'\''`))
}
