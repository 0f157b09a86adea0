// Package program holds what our programs do alike at their edges: exit codes,
// the words about a failure, the configuration file, and the ports they listen
// on. Writes no tables.
package program

import (
	"context"
	"errors"
	"flag"
	"net"
	"os"
	"strconv"

	"github.com/pelletier/go-toml/v2"

	"kofu/internal/fault"
	"kofu/internal/message"
)

// Exit codes of the programs.
const (
	OK       = 0
	Failed   = 1 // refused or failed; nothing was changed unless the message says so
	BadUsage = 2 // the command line cannot be understood
)

// usageError is a command line that cannot be understood.
type usageError struct{ error }

// Unwrap returns the reason.
func (e usageError) Unwrap() error { return e.error }

// Misused marks err as a fault of the command line, which ends in BadUsage.
func Misused(err error) error { return usageError{err} }

// Usage is a fault of the command line with a code of the catalogue.
func Usage(code string, args ...string) error {
	return Misused(fault.New(fault.BadRequest, code, args...))
}

// Code is the exit code of a program that ends with err. Being asked for help
// is no failure.
func Code(err error) int {
	var usage usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return OK
	case errors.As(err, &usage):
		return BadUsage
	}
	return Failed
}

// ReadConfig reads a TOML file over the defaults that stand in c; a file that
// is missing changes nothing. A key that c does not know is an error: a
// misspelt one would be without effect. Errors: fault.Invalid "app.bad_config".
func ReadConfig(file string, c any) error {
	f, err := os.Open(file) //nolint:gosec // the operator names the file
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	err = toml.NewDecoder(f).DisallowUnknownFields().Decode(c)
	if err == nil {
		return nil
	}
	reason := err.Error()
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		key := strict.Errors[0].Key()
		reason = message.Text("app.config_unknown_key", fault.Args("key", key[len(key)-1]))
	}
	return fault.New(fault.Invalid, "app.bad_config", "file", file, "reason", reason).Because(err)
}

// tries is how many ports after a taken one are asked for.
const tries = 20

// Listen binds address. If its port is taken and another will do, the next free
// one is used. Errors: fault.Invalid "app.bad_address", fault.Conflict
// "app.port_taken".
func Listen(ctx context.Context, address string, another bool) (net.Listener, error) {
	host, p, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fault.New(fault.Invalid, "app.bad_address", "address", address).Because(err)
	}
	number, err := strconv.Atoi(p)
	if err != nil {
		return nil, fault.New(fault.Invalid, "app.bad_address", "address", address).Because(err)
	}
	var first error
	for i := range tries {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(number+i)))
		if err == nil {
			return l, nil
		}
		first = errors.Join(first, err)
		if !another {
			break
		}
	}
	return nil, fault.New(fault.Conflict, "app.port_taken", "address", address).Because(first)
}
