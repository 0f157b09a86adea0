package program

import (
	"errors"
	"flag"
	"io"
	"maps"
	"slices"
	"strings"

	"kofu/internal/fault"
)

// Line is a command line of a program whose commands have one to three words;
// flags may stand before and behind them.
type Line struct {
	Program string // its name, for messages
	Args    []string
	// Common adds the flags that every command has; nil adds none.
	Common func(*flag.FlagSet)
}

// Command returns the words of the command that stand first, and the line with
// what is left. Words are the known commands. A line without a command is "help".
// Errors: BadUsage "app.unknown_command", "app.no_command" and "app.bad_flag".
func (l Line) Command(words []string) (string, Line, error) {
	set := l.set(nil)
	if len(l.Args) == 0 {
		return "help", l, nil
	}
	before := 0
	if strings.HasPrefix(l.Args[0], "-") { // flags of every command, before it
		if err := set.Parse(l.Args); errors.Is(err, flag.ErrHelp) {
			return "help", Line{Program: l.Program, Common: l.Common}, nil
		} else if err != nil {
			return "", l, l.badFlag(err)
		}
		before = len(l.Args) - set.NArg()
		if set.NArg() == 0 {
			return "", l, Usage("app.no_command", "program", l.Program)
		}
	}
	rest := l.Args[before:]
	n := 0
	for n < len(rest) && !strings.HasPrefix(rest[n], "-") {
		n++
	}
	for ; n > 0; n-- {
		if command := strings.Join(rest[:n], " "); slices.Contains(words, command) {
			l.Args = append(slices.Clone(l.Args[:before]), rest[n:]...)
			return command, l, nil
		}
	}
	return "", l, Usage("app.unknown_command", "program", l.Program, "command", strings.Join(rest[:min(2, len(rest))], " "))
}

// Parse reads the flags, which define adds to the common ones, and the wanted
// arguments between them. Errors: flag.ErrHelp; BadUsage "app.bad_flag",
// "app.unknown_argument" and "app.missing_argument".
func (l Line) Parse(define func(*flag.FlagSet), want ...string) ([]string, error) {
	set := l.set(define)
	var found []string
	for rest := l.Args; ; {
		if err := set.Parse(rest); errors.Is(err, flag.ErrHelp) {
			return nil, err
		} else if err != nil {
			return nil, l.badFlag(err)
		}
		if rest = set.Args(); len(rest) == 0 {
			break
		}
		found, rest = append(found, rest[0]), rest[1:]
	}
	switch {
	case len(found) > len(want):
		return nil, Usage("app.unknown_argument", "program", l.Program, "argument", found[len(want)])
	case len(found) < len(want):
		return nil, Usage("app.missing_argument", "program", l.Program, "argument", want[len(found)])
	}
	return found, nil
}

func (l Line) set(define func(*flag.FlagSet)) *flag.FlagSet {
	set := flag.NewFlagSet(l.Program, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	if l.Common != nil {
		l.Common(set)
	}
	if define != nil {
		define(set)
	}
	return set
}

func (l Line) badFlag(err error) error {
	return Misused(fault.New(fault.BadRequest, "app.bad_flag", "program", l.Program, "flag", err.Error()).Because(err))
}

// Words are the commands of a table.
func Words[T any](commands map[string]T) []string { return slices.Collect(maps.Keys(commands)) }
