package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/control"
	"github.com/agentmsg/agentmsg/mockserver"
)

// program is a mock that listens.
type program struct {
	listener net.Listener
	server   *http.Server
	house    *control.House
	calls    *calls
	log      *slog.Logger
	token    string // of the control API; empty: none
	flags    *flags
	set      *setup
	halt     context.CancelFunc // ends long polls and streams
}

func newProgram(l net.Listener, log *slog.Logger, set *setup, f *flags, token string) (*program, error) {
	opts := append(set.opts[:len(set.opts):len(set.opts)], mockserver.WithLogger(log))
	worlds, err := mockserver.NewWorlds(f.worlds, append(opts[:len(opts):len(opts)], mockserver.WithWorldIdle(f.worldIdle))...)
	if err != nil {
		return nil, err
	}
	house, err := control.NewHouse(worlds, func() (*mockserver.Server, error) { return mockserver.New(opts...) })
	if err != nil {
		return nil, err
	}
	stopping, halt := context.WithCancel(context.Background())
	api := control.New(house, control.Options{Token: token, Version: version(), Stopping: stopping})
	under := &calls{all: map[*http.Request]bool{}}
	apis := under.through(house.Handler())
	return &program{
		listener: l, house: house, calls: under, log: log, token: token, flags: f, set: set, halt: halt,
		server: &http.Server{
			ReadHeaderTimeout: 10 * time.Second,
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if control.Owns(r) {
					api.ServeHTTP(w, r)
					return
				}
				apis.ServeHTTP(w, r)
			}),
		},
	}, nil
}

// serve serves until ctx ends, and then stops in order. again lets a second
// signal have its usual effect.
func (p *program) serve(ctx context.Context, again func()) error {
	served := make(chan error, 1)
	go func() { served <- p.server.Serve(p.listener) }()
	defer p.house.Close()
	defer p.halt()
	select {
	case err := <-served:
		return &exit{exitFailed, fmt.Errorf("cannot serve any longer: %w", err)}
	case <-ctx.Done():
	}
	again()
	p.log.Info("stopping", "grace", p.flags.grace.String())
	return p.stop()
}

// stop takes no more calls, finishes what was accepted, and says what was not
// finished in time.
func (p *program) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), p.flags.grace)
	defer cancel()
	p.halt()
	if err := p.server.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		p.log.Warn("not every connection ended well", "err", err.Error())
	}
	servers := p.house.Servers()
	var idle sync.WaitGroup
	for _, s := range servers {
		idle.Go(func() { _ = s.Idle(ctx) }) // what is left is told below
	}
	idle.Wait()
	left := 0
	for _, r := range p.calls.left() {
		left++
		p.log.Warn("cut off", "method", r.Method, "path", r.URL.EscapedPath())
	}
	for _, s := range servers {
		for _, id := range s.Unanswered() {
			left++
			p.log.Warn("unanswered", "session", string(id))
		}
	}
	p.house.Close()
	_ = p.server.Close()
	for _, s := range servers {
		for _, d := range s.Undelivered() {
			left++
			p.log.Warn("undelivered", "id", d.ID, "event", string(d.Event), "session", string(d.Session), "attempts", d.Attempt, "status", d.Status, "err", d.Err)
		}
	}
	if left > 0 {
		return &exit{exitUndelivered, fmt.Errorf("stopped with %d undelivered, unanswered or cut off: see the log above", left)}
	}
	p.log.Info("stopped")
	return nil
}
