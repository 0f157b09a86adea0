// Command kofu is the appliance of one city hall: a window on this machine and
// a server for the office network around the same handler. `kofu` opens the
// window, `kofu serve` does without, `kofu service run` is the Windows service.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/press"
	"kofu/internal/program"
)

// version is set by the linker from wails.json.
var version = "dev"

func main() {
	debug.SetMemoryLimit(press.MemoryLimit)
	attachConsole()
	m := &Main{Out: os.Stdout, Err: os.Stderr, Clock: program.Clock(time.Now), Appliance: openAppliance, Window: showWindow, HasScreen: hasScreen}
	os.Exit(m.Run(context.Background(), os.Args[1:]))
}

// Main is the program with what it takes from the outside.
type Main struct {
	Out, Err  io.Writer
	Clock     func() time.Time
	Appliance Opener             // what stands behind the doors
	Started   func(base string)  // called once the doors are open; may be nil
	Window    func(window) error // shows the window; nil where none was built in
	HasScreen func() bool        // whether a window could be seen
}

// Run runs the program with the arguments and returns its exit code. It ends
// when ctx does, on an interrupt, or when the window is closed.
func (m *Main) Run(ctx context.Context, args []string) int {
	command := "window"
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		command, args = args[0], args[1:]
	}
	var err error
	switch command {
	case "window":
		err = m.window(ctx, args)
	case "serve":
		err = m.serve(ctx, args)
	case "service":
		err = m.service(ctx, args)
	case "version":
		m.say("app.version", "version", version)
	case "help":
		m.say("app.help", "version", version)
	default:
		err = program.Usage("app.unknown_command", "program", "kofu", "command", command)
	}
	return m.exit(err)
}

// exit says what went wrong and returns the exit code.
func (m *Main) exit(err error) int {
	code := program.Code(err)
	if code != program.OK {
		program.Report(m.Err, false, err)
	}
	return code
}

func (m *Main) say(code string, args ...string) {
	fmt.Fprintln(m.Out, message.Text(code, fault.Args(args...)))
}

// serve runs the server without a window until it is told to stop.
func (m *Main) serve(ctx context.Context, args []string) error {
	config, err := m.config(args)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := m.start(ctx, config)
	if err != nil {
		return err
	}
	m.banner(s)
	return s.waitAndStop(ctx)
}

// start opens the data folder and the doors.
func (m *Main) start(ctx context.Context, config Config) (*server, error) {
	s, err := startServer(ctx, config, m.Clock, m.Appliance)
	if err != nil {
		return nil, err
	}
	if m.Started != nil {
		m.Started(s.base)
	}
	return s, nil
}

// banner says where the appliance is and how to sign in for the first time.
func (m *Main) banner(s *server) {
	m.say("app.ready", "version", version)
	if s.config.Practice {
		m.say("app.practice")
	}
	m.say("app.url_desk", "url", s.base+"/")
	for _, url := range s.connection.URLs {
		m.say("app.url_lan", "url", url)
	}
	if s.connection.Fingerprint != "" {
		m.say("app.fingerprint", "fingerprint", s.connection.Fingerprint)
	}
	if code := s.appliance.InstallationCode; code != "" {
		m.say("app.installation_code", "code", code)
	}
	for _, a := range s.appliance.Accounts {
		m.say("app.account", "role", a.Role, "login", a.Login, "password", a.Password)
	}
	m.say("app.data", "dir", s.config.Data)
}
