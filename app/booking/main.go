// Command kofu-booking is the booking service of several municipalities: pages
// for residents and screens for staff, each at a listener of their own, over one
// database. `kofu-booking serve` runs it; the other commands are the operator's:
// they look after municipalities, keys and codes, each by one domain function.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"kofu/internal/booking/town"
	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/program"
	"kofu/internal/store"
)

// version is set by the linker from wails.json.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	m := &Main{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Clock: program.Clock(time.Now), Env: os.Getenv, Doors: doors}
	code := m.Run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// Main is the program with what it takes from the outside.
type Main struct {
	In       io.Reader // answers to questions
	Out, Err io.Writer
	Clock    func() time.Time
	Env      func(name string) string
	Doors    Doors                             // what stands behind the listeners
	Started  func(listeners map[string]string) // called with their addresses once they are open; may be nil
}

// name of the program, for messages.
const name = "kofu-booking"

// commands lists what the program can do, by the words of the command.
var commands = map[string]func(*call) error{
	"serve":                    (*call).serve,
	"migrate":                  (*call).migrate,
	"tenant add":               (*call).tenantAdd,
	"tenant list":              (*call).tenantList,
	"tenant rename":            (*call).tenantRename,
	"tenant freeze":            (*call).tenantFreeze,
	"tenant unfreeze":          (*call).tenantUnfreeze,
	"tenant dump":              (*call).tenantDump,
	"tenant load":              (*call).tenantLoad,
	"tenant delete":            (*call).tenantDelete,
	"keys make":                (*call).keysMake,
	"keys list":                (*call).keysList,
	"admin":                    (*call).admin,
	"members import":           (*call).membersImport,
	"members check":            (*call).membersCheck,
	"check":                    (*call).check,
	"verify-log":               (*call).verifyLog,
	"exchange keys":            (*call).exchangeKeys,
	"exchange read":            (*call).exchangeRead,
	"exchange confirm":         (*call).exchangeConfirm,
	"exchange rotate":          (*call).exchangeRotate,
	"exchange take":            (*call).exchangeTake,
	"exchange give":            (*call).exchangeGive,
	"exchange accept":          (*call).exchangeAccept,
	"exchange lost":            (*call).exchangeLost,
	"exchange restored":        (*call).exchangeRestored,
	"exchange confirm-restore": (*call).exchangeConfirmRestore,
	"exchange show":            (*call).exchangeShow,
	"queue plan":               (*call).queuePlan,
	"queue show":               (*call).queueShow,
	"queue rate":               (*call).queueRate,
	"queue end":                (*call).queueEnd,
	"version":                  (*call).version,
	"help":                     (*call).help,
}

// Run runs the program with the arguments and returns its exit code. The server
// ends when ctx does.
func (m *Main) Run(ctx context.Context, args []string) int {
	c := &call{Main: m, ctx: ctx}
	return c.End(m.Err, c.run(args))
}

// call is one run of one command.
type call struct {
	*Main
	program.Call
	ctx context.Context
}

func (c *call) run(args []string) error {
	command, err := c.Begin(name, args, program.Words(commands), defaultData(), c.help)
	if err != nil {
		return err
	}
	return commands[command](c)
}

// with opens the data, beside a running server too, around use.
func (c *call) with(use func(*town.Service) error) (err error) {
	config, err := c.config()
	if err != nil {
		return err
	}
	s, err := town.Open(c.ctx, config.Data, town.Options{Clock: c.Clock, Practice: config.Practice, Database: config.Database, Readers: 2})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return use(s)
}

// actor is who works at the console: the account of the operating system.
func (c *call) actor() store.Actor {
	account, host := program.Operator()
	return store.Actor{ID: name, Name: account, Role: "console", Terminal: host, Employee: true}
}

// say prints a text of the catalogue.
func (c *call) say(code string, args ...string) error {
	_, err := fmt.Fprintln(c.Out, message.Text(code, fault.Args(args...)))
	return err
}

// version prints the version.
func (c *call) version() error {
	if _, err := c.Parse(nil); err != nil {
		return err
	}
	result := struct {
		Version string `json:"version"`
	}{version}
	return program.Answer(c.Out, c.JSON, result, func() error { return c.say("service.version", "version", version) })
}

// help prints how the program is used.
func (c *call) help() error { return c.say("service.help", "version", version) }
