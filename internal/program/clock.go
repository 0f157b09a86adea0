//go:build !faultlab

package program

import "time"

// Clock is the clock of a program: that of the machine. Programs that are built
// for the fault harness take one that tests can set.
func Clock(machine func() time.Time) func() time.Time { return machine }
