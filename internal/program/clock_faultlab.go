//go:build faultlab

package program

import (
	"os"
	"strings"
	"time"
)

// Clock is the machine's clock, moved by what stands in the file that the variable
// KOFU_TEST_CLOCK names: a duration by which it is ahead, or an instant at which it
// stands still. Only programs that are built with the tag faultlab have it.
func Clock(machine func() time.Time) func() time.Time {
	name := os.Getenv("KOFU_TEST_CLOCK")
	if name == "" {
		return machine
	}
	return func() time.Time {
		text, err := os.ReadFile(name) //nolint:gosec // named by the test
		if err != nil {
			return machine()
		}
		said := strings.TrimSpace(string(text))
		if at, err := time.Parse(time.RFC3339, said); err == nil {
			return at
		}
		ahead, err := time.ParseDuration(said)
		if err != nil {
			return machine()
		}
		return machine().Round(0).Add(ahead)
	}
}
