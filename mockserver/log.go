package mockserver

import (
	"cmp"
	"context"
	"log/slog"
	"time"
)

// WithLogger writes a line for each request, and one for each attempt to
// deliver an event, once it is over: operation, path, status, session, time
// taken; no header, no query and no body. A failed delivery is a warning; its
// line has the receiver's error, which may name the receiver's address. Of one
// of [Worlds] each line says which, by the hash of its links.
func WithLogger(l *slog.Logger) Option {
	return func(cfg *config) error {
		if l == nil {
			return optionError("WithLogger", "has a nil logger")
		}
		cfg.logger = l
		return nil
	}
}

func (c *config) log(level slog.Level, msg string, attrs ...slog.Attr) {
	if c.world != "" {
		attrs = append(attrs, slog.String("world", c.world))
	}
	c.logger.LogAttrs(context.Background(), level, msg, attrs...)
}

func (c *config) logRequest(r *Request) {
	if c.logger == nil {
		return
	}
	attrs := []slog.Attr{
		slog.String("op", cmp.Or(string(r.Op), "none")), slog.String("method", r.Method), slog.String("path", r.Path),
		slog.Int("status", r.Status), slog.Duration("took", r.Took.Round(time.Microsecond)),
	}
	if r.Session != "" {
		attrs = append(attrs, slog.String("session", string(r.Session)))
	}
	if r.Fault != nil {
		attrs = append(attrs, slog.String("fault", r.Fault.String()))
	}
	c.log(slog.LevelInfo, "request", attrs...)
}

func (c *config) logDelivery(d *Delivery) {
	if c.logger == nil {
		return
	}
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("id", d.ID), slog.String("event", cmp.Or(string(d.Event), "unknown")), slog.Int("attempt", d.Attempt),
		slog.Int("status", d.Status), slog.Duration("took", d.Took.Round(time.Microsecond)),
	}
	if d.Session != "" {
		attrs = append(attrs, slog.String("session", string(d.Session)))
	}
	if d.Status < 200 || d.Status > 299 {
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("err", d.Err))
	}
	c.log(level, "delivery", attrs...)
}
