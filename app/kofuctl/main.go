// Command kofuctl is the console tool of the operator: it makes a data folder,
// brings files in, lists, exports and prints, and verifies the audit log, on
// the same data folder as kofu. Each command parses its flags, calls one domain
// function and prints the result, for people or with --json for machines.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"time"

	"kofu/internal/press"
	"kofu/internal/program"
	"kofu/internal/staff"
)

// version is set by the linker from wails.json.
var version = "dev"

func main() {
	debug.SetMemoryLimit(press.MemoryLimit)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	p := &Program{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Clock: program.Clock(time.Now), Cost: staff.StandardCost}
	code := p.Run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// Program is kofuctl with what it takes from the outside.
type Program struct {
	In       io.Reader // answers to questions
	Out, Err io.Writer
	Clock    func() time.Time
	Cost     staff.Cost // of hashing a password
}

// commands lists what the program can do, by the words of the command.
var commands = map[string]func(*call) error{
	"init":              (*call).initialise,
	"sample city":       (*call).sampleCity,
	"staff add":         (*call).staffAdd,
	"staff reset":       (*call).staffReset,
	"staff list":        (*call).staffList,
	"audit verify":      (*call).auditVerify,
	"audit export":      (*call).auditExport,
	"import":            (*call).importFile,
	"fonts add":         (*call).fontsAdd,
	"places add":        (*call).placesAdd,
	"places list":       (*call).placesList,
	"scan receive":      (*call).scanReceive,
	"scan inspect":      (*call).scanInspect,
	"scan preset":       (*call).scanPreset,
	"scan shelve":       (*call).scanShelve,
	"cards list":        (*call).cardsList,
	"cards show":        (*call).cardsShow,
	"cards export":      (*call).cardsExport,
	"print labels":      (*call).printLabels,
	"print notices":     (*call).printNotices,
	"exchange keys":     (*call).exchangeKeys,
	"exchange export":   (*call).exchangeExport,
	"exchange import":   (*call).exchangeImport,
	"exchange sync":     (*call).exchangeSync,
	"exchange status":   (*call).exchangeStatus,
	"exchange release":  (*call).exchangeRelease,
	"exchange cases":    (*call).exchangeCases,
	"exchange lost":     (*call).exchangeLost,
	"exchange restored": (*call).exchangeRestored,
	"exchange confirm":  (*call).exchangeConfirm,
	"version":           (*call).version,
	"help":              (*call).help,
}

// Run runs the program with the arguments and returns its exit code.
func (p *Program) Run(ctx context.Context, args []string) int {
	c := &call{Program: p, ctx: ctx}
	return c.End(p.Err, c.run(args))
}

// run finds the command and runs it.
func (c *call) run(args []string) error {
	command, err := c.Begin("kofuctl", args, program.Words(commands), program.DataFolder(version, "var", "Kofu", "/var/lib/kofu"), c.help)
	if err != nil {
		return err
	}
	return commands[command](c)
}
