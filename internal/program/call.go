package program

import (
	"errors"
	"flag"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
)

// Call is one run of a program with commands: its command line and the flags that
// every command has.
type Call struct {
	Line     Line
	Data     string // the data folder
	Practice bool   // made-up data
	JSON     bool   // answers for machines

	help func() error
}

// Begin finds the command among the words of the known ones. data is the folder
// that is taken without a flag; help says how the program is used.
func (c *Call) Begin(name string, args, words []string, data string, help func() error) (command string, err error) {
	common := func(set *flag.FlagSet) {
		set.StringVar(&c.Data, "data", data, "")
		set.BoolVar(&c.Practice, "practice", false, "")
		set.BoolVar(&c.JSON, "json", false, "")
	}
	c.help = help
	command, c.Line, err = Line{Program: name, Args: args, Common: common}.Command(words)
	return command, err
}

// Parse reads flags and the wanted arguments between them. Whoever asks for help
// gets it, and flag.ErrHelp.
func (c *Call) Parse(define func(*flag.FlagSet), want ...string) ([]string, error) {
	found, err := c.Line.Parse(define, want...)
	if errors.Is(err, flag.ErrHelp) {
		return nil, errors.Join(c.help(), err)
	}
	return found, err
}

// End reports err, if it is one, and returns the exit code.
func (c *Call) End(w io.Writer, err error) int {
	code := Code(err)
	if code != OK {
		Report(w, c.JSON, err)
	}
	return code
}

// Operator is who works at the console, the account of the operating system, and
// the name of the machine.
func Operator() (account, host string) {
	account, host = "?", "?"
	if u, err := user.Current(); err == nil {
		account = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return account, host
}

// DataFolder is where a released program keeps its data; a development build uses
// the folder it is started in.
func DataFolder(version, development, windows, unix string) string {
	switch {
	case version == "dev":
		return development
	case runtime.GOOS == "windows":
		return filepath.Join(os.Getenv("ProgramData"), windows)
	}
	return unix
}
