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
	"time"

	"kofu/internal/desk"
	"kofu/internal/fault"
	"kofu/internal/lan"
	"kofu/internal/office"
	"kofu/internal/practice"
	"kofu/internal/program"
)

// Parts is what the appliance behind the doors may use.
type Parts struct {
	Office   *office.Office // data folder with database and keys
	Practice bool
	Clock    func() time.Time
	Log      *slog.Logger
	Version  string
	Media    string // folder that counts as one more medium, "" for none
	// Connection describes the door of the office network as it is now; nil
	// when that door is off.
	Connection func() (lan.Connection, error)
}

// Appliance is what stands behind the doors: the product.
type Appliance struct {
	Handler          http.Handler
	InstallationCode string    // for the first account, "" once there is one
	Accounts         []Account // of practice mode, for the banner
	Close            func() error
}

// Account is one account of practice mode.
type Account struct{ Role, Login, Password string }

// Opener opens the product on a data folder that is open.
type Opener func(context.Context, Parts) (*Appliance, error)

// server is the running appliance: office, product, doors.
type server struct {
	config     Config
	office     *office.Office
	log        *slog.Logger
	logFile    *os.File
	appliance  *Appliance
	authority  *lan.Authority
	connection lan.Connection // at the start
	connect    func() (lan.Connection, error)
	desk       *desk.Desk

	base      string // loopback door, "http://127.0.0.1:18443"
	listeners []net.Listener
	servers   []*http.Server
	cancel    context.CancelFunc // ends requests that wait, such as live updates
	failed    chan error
}

// startServer opens the data folder, binds the ports, opens the product and
// serves.
func startServer(ctx context.Context, config Config, clock func() time.Time, open Opener) (_ *server, err error) {
	s := &server{config: config, failed: make(chan error, 4)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()
	opts := office.Options{Practice: config.Practice, Clock: clock}
	if config.Practice {
		opts.Before = practice.Discard
	}
	if s.office, err = office.Open(ctx, config.Data, opts); err != nil {
		return nil, err
	}
	if err := prepare(s.office.Dir); err != nil {
		return nil, err
	}
	if err := s.openLog(); err != nil {
		return nil, err
	}
	if !isLoopback(config.Addr) {
		return nil, fault.New(fault.Invalid, "app.not_loopback", "address", config.Addr)
	}
	loopback, err := program.Listen(ctx, config.Addr, true)
	if err != nil {
		return nil, err
	}
	s.listeners = append(s.listeners, loopback)
	s.base = "http://" + loopback.Addr().String()
	network, err := s.openLAN(ctx, clock)
	if err != nil {
		return nil, err
	}
	if err := s.openProduct(ctx, clock, open, port(loopback)); err != nil {
		return nil, err
	}
	s.serve(loopback, network)
	s.log.Info("started", "base", s.base, "version", version, "practice", config.Practice)
	return s, nil
}

// openLAN prepares the door of the office network; nil when it is off.
func (s *server) openLAN(ctx context.Context, clock func() time.Time) (net.Listener, error) {
	if s.config.LAN == off {
		return nil, nil
	}
	network, err := program.Listen(ctx, s.config.LAN, s.config.Practice)
	if err != nil {
		return nil, err
	}
	s.listeners = append(s.listeners, network)
	s.authority, err = lan.Open(s.office.Dir.TLS(), lan.Options{
		Hostname: s.config.Hostname, Domain: s.config.Domain, Ranges: s.config.Ranges,
		AllowTLS12: s.config.AllowTLS12, Clock: clock,
	})
	if err != nil {
		return nil, err
	}
	s.connect = func() (lan.Connection, error) { return s.authority.Connection(port(network)) }
	s.connection, err = s.connect()
	return network, err
}

// openProduct opens what stands behind the doors.
func (s *server) openProduct(ctx context.Context, clock func() time.Time, open Opener, deskPort string) error {
	state := state{Base: s.base, PID: os.Getpid(), Version: version}
	if len(s.connection.URLs) > 0 {
		state.LAN = s.connection.URLs[0]
	}
	key, err := publish(s.office.Dir, state)
	if err != nil {
		return err
	}
	data := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.appliance.Handler.ServeHTTP(w, r) })
	s.desk = desk.New(desk.Options{Port: deskPort, Clock: clock, Key: key, Data: data})
	s.appliance, err = open(ctx, Parts{
		Office: s.office, Practice: s.config.Practice, Clock: clock, Log: s.log, Version: version, Media: s.config.Media,
		Connection: s.connect,
	})
	return err
}

// serve opens the doors.
func (s *server) serve(loopback, network net.Listener) {
	base, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.open(base, loopback, lan.DeskDoor(port(loopback), s.desk.Handler(), s.desk.CanSave).Wrap(s.appliance.Handler))
	if network == nil {
		return
	}
	door := lan.OfficeDoor(s.authority)
	secure, plain := lan.Split(network, s.authority.TLS())
	s.open(base, secure, door.Wrap(s.appliance.Handler))
	s.open(base, plain, lan.ToTLS(door))
}

// open serves h on l. There is no write timeout: it would cut live updates.
func (s *server) open(base context.Context, l net.Listener, h http.Handler) {
	server := &http.Server{
		Handler:           h,
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.servers = append(s.servers, server)
	go func() {
		err := server.Serve(l)
		if !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			s.failed <- fmt.Errorf("serve %s: %w", l.Addr(), err)
		}
	}()
}

// waitAndStop serves until ctx ends or a door breaks, and then stops.
func (s *server) waitAndStop(ctx context.Context) error {
	var err error
	select {
	case <-ctx.Done():
	case err = <-s.failed:
	}
	return errors.Join(err, s.stop())
}

// stopTime is how long running requests may take to end.
const stopTime = 5 * time.Second

// stop ends everything in order: requests that wait, the doors, the product
// with its database, the lock. It undoes a start that stopped half-way, too.
func (s *server) stop() error {
	var errs []error
	if s.cancel != nil {
		s.cancel()
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	for _, server := range s.servers {
		if err := server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
			errs = append(errs, server.Close())
		} else {
			errs = append(errs, err)
		}
	}
	for _, l := range s.listeners {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) { // mostly the server was first
			errs = append(errs, err)
		}
	}
	if s.appliance != nil && s.appliance.Close != nil {
		errs = append(errs, s.appliance.Close())
	}
	if s.log != nil {
		s.log.Info("stopped")
		errs = append(errs, s.logFile.Close())
	}
	if s.office != nil {
		errs = append(errs, withdraw(s.office.Dir), s.office.Close())
	}
	return errors.Join(errs...)
}

func (s *server) openLog() (err error) {
	s.logFile, err = program.OpenLog(filepath.Join(s.office.Dir.Log(), "kofu.log"))
	if err != nil {
		return err
	}
	s.log = slog.New(slog.NewJSONHandler(s.logFile, nil))
	slog.SetDefault(s.log)
	return nil
}

// isLoopback reports whether address stays on this machine: the window's door
// speaks plain HTTP.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

func port(l net.Listener) string {
	_, p, _ := net.SplitHostPort(l.Addr().String())
	return p
}
