// Package faultlab breaks the running product on purpose and checks that
// nothing it acknowledged is lost and nothing is half done. Its tests carry the
// build tag faultlab and run with `make kill`: they start the real program,
// import and scan over HTTP, kill it with SIGKILL at a random moment, start it
// again and compare. This file holds the comparison, which has tests of its own
// without the tag: a check that cannot fail proves nothing.
package faultlab

import (
	"fmt"
	"slices"
)

// Lot is one delivery list as the test sent it.
type Lot struct {
	No      string
	Numbers []string // notice numbers of its cards
	Applied bool     // the program said that the import is applied
	// Received are the numbers whose reception the program acknowledged.
	Received map[string]bool
	// Tried are the numbers that were sent; those without an acknowledgement
	// may or may not have arrived.
	Tried map[string]bool
}

// Seen is the same lot as the program shows it after the restart.
type Seen struct {
	Deliveries int             // how often the lot is there
	Expected   int             // cards that the delivery counts
	Received   int             // receptions that the delivery counts
	Cards      map[string]bool // notice number → whether it is shown as received
}

// Breaches returns every way in which what is seen contradicts what was
// acknowledged or is half of an act.
func Breaches(l Lot, s Seen) []string {
	var found []string
	say := func(format string, args ...any) {
		found = append(found, "lot "+l.No+": "+fmt.Sprintf(format, args...))
	}
	if s.Deliveries == 0 {
		if l.Applied {
			say("an acknowledged import is lost")
		}
		if len(s.Cards) > 0 {
			say("%d cards without their delivery", len(s.Cards))
		}
		return found
	}
	if s.Deliveries > 1 {
		say("stands there %d times", s.Deliveries)
	}
	if s.Expected != len(l.Numbers) || len(s.Cards) != len(l.Numbers) {
		say("half an import: %d cards counted, %d there, %d sent", s.Expected, len(s.Cards), len(l.Numbers))
	}
	shown := 0
	for _, no := range l.Numbers {
		received, there := s.Cards[no]
		if received {
			shown++
		}
		switch {
		case !there && len(s.Cards) == len(l.Numbers):
			say("card %s became another one", no)
		case l.Received[no] && !received:
			say("the acknowledged reception of %s is lost", no)
		case received && !l.Tried[no]:
			say("%s is received though nobody scanned it", no)
		}
	}
	if s.Received != shown {
		say("counts %d receptions and shows %d", s.Received, shown)
	}
	slices.Sort(found)
	return found
}
