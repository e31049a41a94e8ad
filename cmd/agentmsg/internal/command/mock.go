package command

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/config"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/spf13/cobra"
)

// flags are those of agentmsg mock.
type flags struct {
	addr, config, url         string
	webhookURL, webhookSecret string
	aiDelay                   time.Duration
	rateLimit                 string
	log                       string
	controlToken              string
	worlds                    int
	worldIdle, grace          time.Duration
	printSchema               bool
}

const mockHelp = `Mock plays MAIA, BluBash Channels and the Conversations API on one address, for
tests in any language and for play by hand. It keeps state, refuses what the
vendors do not document, answers as an AI, and delivers signed webhooks.

Everything is in memory. A credential that starts with test_ or sk_test_ has a
server of its own behind it, so that tests run side by side; all others share
the default one, whose credentials are printed at the start.

Under /_mock/ it is controlled: journal, faults, the customer's and the
operator's words, waits. On an address that is not loopback that needs a token
in the header X-Mock-Token.

SIGINT and SIGTERM stop it: calls, answers and deliveries under way are finished
within --grace, and what is not is named in the log. A second signal ends it at
once.

` + exitCodes

const mockExamples = `  agentmsg mock
  agentmsg mock --addr 127.0.0.1:0 --log json
  agentmsg mock --webhook-url http://127.0.0.1:9000/webhook --webhook-secret s3cret
  agentmsg mock --config mock.yaml --ai-delay 300ms --rate-limit 120/3000
  agentmsg mock --print-schema > mock.schema.json`

func newMock() *cobra.Command {
	f := &flags{}
	c := &cobra.Command{
		Use:     "mock",
		Short:   "Serve a mock of the three APIs",
		Long:    mockHelp,
		Example: mockExamples,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	set := c.Flags()
	set.StringVar(&f.addr, "addr", "127.0.0.1:8080", "`host:port` to listen on; port 0 takes a free one")
	set.StringVar(&f.config, "config", "", "`file` of channels, agents, boards, sessions, answers and faults, in YAML or (.json) JSON")
	set.StringVar(&f.webhookURL, "webhook-url", "", "`URL` where events are delivered")
	set.StringVar(&f.webhookSecret, "webhook-secret", "", "`secret` that signs them (default "+mockserver.DefaultWebhookSecret+")")
	set.DurationVar(&f.aiDelay, "ai-delay", 0, "how long the AI thinks, like 300ms")
	set.StringVar(&f.rateLimit, "rate-limit", "", "MAIA calls a `minute/hour`, like 120/3000; none by default")
	set.StringVar(&f.log, "log", "text", "`form` of the log and of the start-up text: text or json")
	set.StringVar(&f.url, "url", "", "base `URL` in links to files, behind a proxy; by default the one that the caller used")
	set.StringVar(&f.controlToken, "control-token", "", "`token` for the control API; made up where the address is not loopback")
	set.IntVar(&f.worlds, "worlds", 1000, "how many test credentials may have a server at a time")
	set.DurationVar(&f.worldIdle, "world-idle", 15*time.Minute, "how long such a server lives without a request")
	set.DurationVar(&f.grace, "grace", 10*time.Second, "how long a stop waits for what is under way")
	set.BoolVar(&f.printSchema, "print-schema", false, "print the JSON schema of the configuration, and do nothing else")
	_ = c.MarkFlagFilename("config", "yaml", "yml", "json")
	_ = c.RegisterFlagCompletionFunc("log", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (f *flags) run(c *cobra.Command) error {
	if f.printSchema {
		_, err := c.OutOrStdout().Write(config.Schema)
		return err
	}
	if err := f.check(); err != nil {
		return &exit{exitUsage, err}
	}
	set, err := f.setup(c)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", f.addr)
	if err != nil {
		return &exit{exitAddress, listenError(f.addr, err)}
	}
	token := f.controlToken
	if token == "" && !loopback(l.Addr()) {
		token = rand.Text()
	}
	p, err := newProgram(l, f.logger(c.ErrOrStderr()), set, f, token)
	if err != nil {
		_ = l.Close()
		return &exit{exitConfig, err}
	}
	if err := p.greet(c.OutOrStdout()); err != nil {
		p.log.Warn("the start-up text could not be written", "err", err.Error())
	}
	return p.serve(ctx, stop)
}

// check finds the flags whose values are none.
func (f *flags) check() error {
	_, _, err := net.SplitHostPort(f.addr)
	switch {
	case err != nil:
		return fmt.Errorf("--addr %q is no host:port, like 127.0.0.1:8080", f.addr)
	case f.log != "text" && f.log != "json":
		return fmt.Errorf("--log %q is neither text nor json", f.log)
	case f.aiDelay < 0:
		return fmt.Errorf("--ai-delay %s is negative", f.aiDelay)
	case f.grace < 0:
		return fmt.Errorf("--grace %s is negative", f.grace)
	case f.worldIdle <= 0:
		return fmt.Errorf("--world-idle %s is no time", f.worldIdle)
	case f.worlds < 1:
		return fmt.Errorf("--worlds %d is less than one", f.worlds)
	}
	return nil
}

func listenError(addr string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is in use: stop what listens there, or give another --addr (port 0 takes a free one)", addr)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	return fmt.Errorf("cannot listen on %s: %w", addr, err)
}

func loopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

func (f *flags) logger(w io.Writer) *slog.Logger {
	if f.log == "json" {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}
