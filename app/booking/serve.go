package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"kofu/internal/booking/door"
	"kofu/internal/booking/member"
	"kofu/internal/booking/sample"
	"kofu/internal/booking/town"
	"kofu/internal/message"
	"kofu/internal/password"
	"kofu/internal/program"
	"kofu/internal/staff"
	"kofu/internal/store"
)

// Parts is what stands behind the listeners may use.
type Parts struct {
	Service *town.Service
	Config  Config
	Clock   func() time.Time
	Log     *slog.Logger
	Meters  *door.Meters
	Places  *door.Places
	Version string

	// Passwords are computed in pools of the program, whatever the municipality.
	ResidentPool, StaffPool *password.Pool
}

// Build makes the handler of one municipality.
type Build func(context.Context, town.Town) (http.Handler, error)

// Behind is what stands behind the listeners. A listener with nothing behind it
// is not opened.
type Behind struct{ Residents, Staff Build }

// Doors gives what stands behind the listeners.
type Doors func(Parts) (Behind, error)

// The listeners, as logs and metrics call them.
const (
	residents = "residents"
	staffDoor = "staff"
	operator  = "operator"
	offices   = "offices"  // whose bundles come by line
	admitted  = "admitted" // residents behind the waiting room
)

// server is the running service.
type server struct {
	parts     Parts
	logFile   *os.File
	sample    sample.Sample // of practice
	draining  atomic.Bool
	offset    atomic.Int64 // of the clock, in nanoseconds
	beside    background
	addresses map[string]string
	listeners []net.Listener
	servers   []*http.Server
	cancel    context.CancelFunc // ends what runs beside the requests
	failed    chan error
}

// serve runs the service until it is told to stop.
func (c *call) serve() error {
	if _, err := c.Parse(nil); err != nil {
		return err
	}
	config, err := c.config()
	if err != nil {
		return err
	}
	s, err := c.start(config)
	if err != nil {
		return err
	}
	if err := c.banner(s); err != nil {
		return errors.Join(err, s.stop())
	}
	if c.Started != nil {
		c.Started(s.addresses)
	}
	return s.waitAndStop(c.ctx)
}

// banner says where the service is, and in practice how to try it.
func (c *call) banner(s *server) error {
	errs := []error{c.say("service.ready", "version", version)}
	for _, t := range s.sample.Towns {
		errs = append(errs, c.say("service.practice_town", "name", t.Name,
			"residents", "http://"+net.JoinHostPort(t.Host, portOf(s.addresses[residents]))+"/",
			"staff", "http://"+net.JoinHostPort(t.Host, portOf(s.addresses[staffDoor]))+"/"))
		for _, a := range t.Accounts {
			errs = append(errs, c.say("service.practice_account", "login", a.Login, "password", a.Password, "role", message.Text("staff.role."+a.Role, nil)))
		}
		for _, code := range t.Codes {
			errs = append(errs, c.say("service.practice_code", "code", code.Code, "birth", code.Birth))
		}
		if t.Key != "" {
			errs = append(errs, c.say("service.practice_key", "no", t.KeyNo, "key", t.Key))
		}
	}
	if len(s.sample.Towns) > 0 {
		errs = append(errs, c.say("service.practice_end", "dir", s.parts.Config.Data))
	}
	return errors.Join(errs...)
}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// start opens the data, binds the listeners and serves.
func (c *call) start(config Config) (_ *server, err error) {
	s := &server{addresses: map[string]string{}, failed: make(chan error, 4)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()
	s.parts = Parts{
		Config: config, Clock: c.Clock, Version: version, Meters: &door.Meters{}, Places: door.NewPlaces(config.Workers, config.share(), c.Clock),
		Log:          slog.New(slog.NewJSONHandler(c.Err, nil)),
		ResidentPool: member.NewPool(), StaffPool: staff.NewPool(),
	}
	if config.Practice {
		options := town.Options{Clock: c.Clock, Practice: true, Database: config.Database}
		if s.sample, err = sample.Fill(c.ctx, config.Data, options); err != nil {
			return nil, err
		}
	}
	s.parts.Service, err = town.Open(c.ctx, config.Data, town.Options{
		Clock: c.Clock, Practice: config.Practice, Database: config.Database, Owner: config.Owner, Readers: config.Connections,
		Migrate: config.Database == "" || config.Practice, // a file has nobody else to do it
		Alone:   config.Database == "",
	})
	if err != nil {
		return nil, err
	}
	if config.Practice {
		if s.logFile, err = program.OpenLog(filepath.Join(s.parts.Service.Log(), "kofu-booking.log")); err != nil {
			return nil, err
		}
		s.parts.Log = slog.New(slog.NewJSONHandler(s.logFile, nil))
	}
	slog.SetDefault(s.parts.Log)
	behind, err := c.Doors(s.parts)
	if err != nil {
		return nil, err
	}
	return s, s.openAll(c.ctx, behind)
}

// openAll binds the listeners and serves on them.
func (s *server) openAll(ctx context.Context, behind Behind) error {
	base, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	config := s.parts.Config
	for _, l := range []struct {
		name, address string
		handler       http.Handler
	}{
		{residents, config.Residents, s.residents(behind.Residents)},
		{staffDoor, config.Staff, s.staff(behind.Staff)},
		{operator, config.Operator, s.operator()},
		{offices, config.Exchange, s.parts.exchange().Handler()},
	} {
		if l.address == off || l.handler == nil {
			continue
		}
		listener, err := program.Listen(ctx, l.address, config.Practice)
		if err != nil {
			return err
		}
		s.listeners = append(s.listeners, listener)
		s.addresses[l.name] = listener.Addr().String()
		s.open(base, l.name, listener, l.handler)
	}
	s.beside.run(base, s)
	s.parts.Log.Info("started", "version", version, "listeners", s.addresses, "practice", config.Practice)
	return nil
}

// residents is the handler of the residents' pages of all municipalities.
func (s *server) residents(build Build) http.Handler {
	if build == nil {
		return nil
	}
	hosts := &door.Hosts{
		Name: func(t town.Town) string { return t.Host },
		List: s.parts.Service.All, Clock: s.parts.Clock, Log: s.parts.Log,
		Build: func(ctx context.Context, t town.Town) (http.Handler, error) {
			h, err := build(ctx, t)
			if err != nil {
				return nil, err
			}
			return s.watch(residents, t, door.Freeze(h)), nil
		},
	}
	return door.Forwarded(s.parts.Config.TrustedProxies, http.MaxBytesHandler(door.Whole(hosts), residentBody))
}

// staff is the handler of the staff screens of all municipalities.
func (s *server) staff(build Build) http.Handler {
	if build == nil {
		return nil
	}
	hosts := &door.Hosts{
		Name: func(t town.Town) string { return t.StaffHost },
		List: s.parts.Service.All, Clock: s.parts.Clock, Log: s.parts.Log,
		Build: func(ctx context.Context, t town.Town) (http.Handler, error) {
			h, err := build(ctx, t)
			if err != nil {
				return nil, err
			}
			return s.watch(staffDoor, t, h), nil
		},
	}
	return door.Forwarded(s.parts.Config.TrustedProxies, door.Only(s.parts.Config.StaffNetworks, hosts))
}

func (s *server) watch(listener string, t town.Town, next http.Handler) http.Handler {
	return door.Watch(s.parts.Meters.Of(listener, t.ID), s.parts.Clock, next)
}

// operator answers about the service itself.
func (s *server) operator() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := s.ready(r.Context()); err != nil {
			s.parts.Log.Warn("not ready", "error", err)
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		_, _ = fmt.Fprintln(w, "ready")
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_ = s.metrics(r.Context(), w) // the reader has gone
	})
	return mux
}

// readyWithin is how long the database may take to answer.
const readyWithin = 2 * time.Second

// ready reports why the service should get no requests.
func (s *server) ready(ctx context.Context) error {
	if s.draining.Load() {
		return errors.New("stopping")
	}
	if state := s.parts.Service.DB.State(); state != store.Healthy {
		return fmt.Errorf("the database takes no writes: state %d", state)
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	_, err := s.parts.Service.All(ctx)
	return err
}

// Limits against slow and large requests. Staff upload files and follow live
// updates, so their listener has none for the body and the answer.
const (
	headerTime   = 5 * time.Second
	requestTime  = 15 * time.Second
	answerTime   = 60 * time.Second
	idleTime     = 60 * time.Second
	bundleTime   = 10 * time.Minute // a bundle of 64 MB on a slow line, and taking it in
	headerBytes  = 16 << 10
	residentBody = 64 << 10
)

// open serves h on l.
func (s *server) open(base context.Context, name string, l net.Listener, h http.Handler) {
	server := &http.Server{
		Handler:           h,
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(s.parts.Log.Handler(), slog.LevelDebug),
	}
	switch name {
	case residents, operator:
		server.ReadTimeout, server.WriteTimeout = requestTime, answerTime
	case offices:
		server.ReadTimeout, server.WriteTimeout = bundleTime, bundleTime
	}
	s.servers = append(s.servers, server)
	serve := func() error { return server.Serve(l) }
	switch config := s.parts.Config; {
	case name == offices:
		server.TLSConfig = s.parts.exchange().TLS()
		serve = func() error { return server.ServeTLS(l, "", "") }
	case config.Certificate != "" && name != operator:
		serve = func() error { return server.ServeTLS(l, config.Certificate, config.Key) }
	}
	go func() {
		if err := serve(); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			s.failed <- fmt.Errorf("serve %s: %w", l.Addr(), err)
		}
	}()
}

// waitAndStop serves until ctx ends or a listener breaks. Then it first says
// that it is not ready, so that a load balancer sends requests elsewhere, and
// stops.
func (s *server) waitAndStop(ctx context.Context) error {
	var err error
	select {
	case <-ctx.Done():
		s.draining.Store(true)
		time.Sleep(time.Duration(s.parts.Config.DrainSeconds) * time.Second)
	case err = <-s.failed:
	}
	return errors.Join(err, s.stop())
}

// stopTime is how long running requests may take to end.
const stopTime = 20 * time.Second

// stop ends everything in order: the listeners with their requests, what runs
// beside them, the database. It undoes a start that stopped half-way, too.
func (s *server) stop() error {
	var errs []error
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	ended := make(chan error, len(s.servers))
	for _, server := range s.servers {
		go func() {
			err := server.Shutdown(ctx)
			if errors.Is(err, context.DeadlineExceeded) {
				err = server.Close()
			}
			ended <- err
		}()
	}
	for range s.servers {
		errs = append(errs, <-ended)
	}
	if s.cancel != nil {
		s.cancel()
	}
	s.beside.work.Wait()
	for _, l := range s.listeners {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) { // mostly the server was first
			errs = append(errs, err)
		}
	}
	if s.parts.Service != nil {
		errs = append(errs, s.parts.Service.Close())
	}
	if s.parts.Log != nil {
		s.parts.Log.Info("stopped")
	}
	if s.logFile != nil {
		errs = append(errs, s.logFile.Close())
	}
	return errors.Join(errs...)
}
