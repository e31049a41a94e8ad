package command

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/config"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/spf13/cobra"
)

// setup is what the configuration and the flags have said.
type setup struct {
	opts    []mockserver.Option
	webhook config.Webhook
	first   config.Channel // the one to try; the zero one is the mock's own
}

// setup reads the configuration; the flags come after it, and win.
func (f *flags) setup(c *cobra.Command) (*setup, error) {
	file := &config.Config{}
	var err error
	if f.config != "" {
		if file, err = config.Read(f.config); err != nil {
			return nil, &exit{exitConfig, readError(f.config, err)}
		}
	}
	s := &setup{webhook: file.Webhook}
	if len(file.Channels) > 0 {
		s.first = file.Channels[0]
	}
	if s.opts, err = file.Options(); err != nil {
		return nil, &exit{exitConfig, err}
	}
	if err := f.override(s, c.Flags().Changed); err != nil {
		return nil, &exit{exitUsage, err}
	}
	return s, nil
}

// override adds what the flags say.
func (f *flags) override(s *setup, given func(name string) bool) error {
	if given("webhook-url") {
		s.webhook.URL = f.webhookURL
	}
	if given("webhook-secret") {
		s.webhook.Secret = f.webhookSecret
	}
	switch {
	case s.webhook.URL == "" && given("webhook-secret"):
		return errors.New("--webhook-secret without --webhook-url, and without a webhook in the configuration")
	case given("webhook-url") || given("webhook-secret"):
		s.opts = append(s.opts, mockserver.WithWebhook(s.webhook.URL, s.webhook.Secret))
	}
	if given("ai-delay") {
		s.opts = append(s.opts, mockserver.WithAIDelay(f.aiDelay))
	}
	if given("rate-limit") {
		var l config.RateLimit
		if err := l.UnmarshalText([]byte(f.rateLimit)); err != nil {
			return fmt.Errorf("--rate-limit %w", err)
		}
		s.opts = append(s.opts, mockserver.WithRateLimit(l.PerMinute, l.PerHour))
	}
	if f.url != "" {
		s.opts = append(s.opts, mockserver.WithURL(f.url))
	}
	tried, err := mockserver.New(s.opts...) // the configuration's were good: it is a flag's value
	if err != nil {
		return flagError(err)
	}
	tried.Close()
	return nil
}

// flagError names flags where package mockserver names options.
func flagError(err error) error {
	names := strings.NewReplacer("mockserver: ", "", "WithWebhook has a URL that", "--webhook-url", "WithURL", "--url")
	return errors.New(names.Replace(err.Error()))
}

func readError(file string, err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("--config %s: %w", file, path.Err)
	}
	return err
}
