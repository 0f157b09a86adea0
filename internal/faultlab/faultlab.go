// Package faultlab breaks the running product on purpose and checks that
// nothing it acknowledged is lost and nothing is half done. Its tests carry the
// build tag faultlab and run with `make kill`: they start the real program,
// import and scan over HTTP, kill it with SIGKILL at a random moment, start it
// again and compare. This file holds the comparison, which has tests of its own
// without the tag: a check that cannot fail proves nothing.
//
// Other tests start the office and the booking service as two real programs that
// exchange bundles: the way of a card through both (`make story`), a week in which
// bundles are lost, late, doubled, damaged and the programs are killed, and kills at
// the system calls of writing and applying a bundle, all of them with `make
// exchange`.
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

// Register is the resident register as the test sent it: night after night a
// whole file in which every resident has moved, so that each address tells the
// night it is from.
type Register struct {
	Residents int          // rows of every file
	Last      int          // newest night that was sent, 0 before the first
	Applied   map[int]bool // nights of which the program said that they are applied
}

// SeenRegister is the register as it lies in the database after the restart.
type SeenRegister struct {
	Residents map[int]int // night → residents with its address
	Moves     map[int]int // night → 異動 that its file brought
}

// RegisterBreaches returns every way in which the register seen contradicts
// what was acknowledged or is half of a night.
func RegisterBreaches(r Register, s SeenRegister) []string {
	var found []string
	say := func(format string, args ...any) { found = append(found, "register: "+fmt.Sprintf(format, args...)) }
	acknowledged, shown := 0, 0
	for night := range r.Applied {
		acknowledged = max(acknowledged, night)
	}
	for night, residents := range s.Residents {
		shown = max(shown, night)
		if residents != r.Residents {
			say("%d residents of night %d, %d sent", residents, night, r.Residents)
		}
	}
	if shown < acknowledged || shown > r.Last {
		say("shows night %d, %d is acknowledged and %d was sent last", shown, acknowledged, r.Last)
	}
	for night := 1; night <= r.Last; night++ {
		switch moves := s.Moves[night]; {
		case moves != 0 && moves != r.Residents:
			say("%d of the %d moves of night %d", moves, r.Residents, night)
		case moves == 0 && (r.Applied[night] || night == shown):
			say("the moves of night %d are lost", night)
		case moves != 0 && night > shown:
			say("moves of night %d without its addresses", night)
		}
	}
	slices.Sort(found)
	return found
}
