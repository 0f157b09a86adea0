package counter

import (
	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/scancode"
	"kofu/internal/store"
	"kofu/internal/vault"
)

// Pick is a card to fetch for a booking.
type Pick struct {
	CardID   int64
	NoticeNo string
	Place    string // path of the box
	Position int
	Custody  card.Custody
	WindowID string
	Window   string // its name
	Starts   string // instant
	No       string // of the booking
	KnownAt  string // since when the booking is known here
	Problem  string // why the card stays where it is: held, not_ready, not_here; '' for none
}

// Done reports whether the card has been fetched.
func (p Pick) Done() bool { return p.Custody == card.Picked || p.Custody == card.Counter }

// problemOf says why a card is not to be fetched.
func problemOf(p card.Procedure, at card.Custody, stops int) string {
	switch {
	case stops > 0:
		return "held"
	case p != card.Ready && p != card.Notified:
		return "not_ready"
	case at != card.Vault && at != card.Picked && at != card.Counter:
		return "not_here"
	}
	return ""
}

// Picks lists the cards of those who come on a day to collect them, in the order
// in which one walks past the shelves; what cannot be fetched stands at the end.
// windowID and since narrow it to a window and to bookings that became known
// after an instant, each ” for all. Making a list changes nothing: it can be
// printed as often as one likes.
func Picks(rx *store.Rx, day, windowID, since string) ([]Pick, error) {
	return picks(rx, day, windowID, since)
}

// Fetched is the outcome of one scan at the shelf.
type Fetched struct {
	Pick
	Change card.Change
	Again  bool // it had been fetched before: nothing was changed
}

// Fetch takes the card that was scanned out of the vault, if somebody comes for it
// on the day. Errors: fault.Invalid "scan.individual_number"; fault.NotFound
// "counter.unknown_code"; fault.Conflict "counter.ambiguous",
// "counter.not_listed", "counter.pick_held", "counter.pick_not_ready",
// "counter.pick_not_here" and the guards of the card.
func Fetch(tx *store.Tx, ring *keyring.Ring, day, entry string) (f Fetched, err error) {
	c, err := cardOf(tx.Rx, ring, scancode.Read(entry))
	if err != nil {
		return f, err
	}
	all, err := picks(tx.Rx, day, "", "")
	if err != nil {
		return f, err
	}
	listed := false
	for _, p := range all {
		if p.CardID == c.ID {
			f.Pick, listed = p, true
			break
		}
	}
	switch {
	case !listed:
		return f, fault.New(fault.Conflict, "counter.not_listed", "no", c.NoticeNo)
	case f.Problem != "":
		return f, fault.New(fault.Conflict, "counter.pick_"+f.Problem, "no", c.NoticeNo)
	case f.Done():
		f.Again, f.Change = true, card.Change{Before: c.State, Card: c}
		return f, nil
	}
	f.Change, err = card.Perform(tx, c.ID, card.ActPick, card.Input{})
	f.Custody = f.Change.Card.Custody
	return f, err
}

// Return is a card outside the vault for which nobody is expected any more.
type Return struct {
	CardID   int64
	NoticeNo string
	Custody  card.Custody
	Reason   State // of the newest booking of its holder, '' without one
	No       string
	Place    string // where it lay last, '' when nobody knows
	Position int
}

// Returns lists the cards that go back to the vault: those of no-shows, of
// bookings that were cancelled, and of people who left without their card.
func Returns(rx *store.Rx) ([]Return, error) {
	list, err := returns(rx)
	if err != nil {
		return nil, err
	}
	for i, r := range list {
		placeID, position, err := vault.LastPlace(rx, r.CardID)
		if fault.Is(err, fault.Conflict, "vault.no_former_place") {
			continue
		}
		if err != nil {
			return nil, err
		}
		p, err := vault.ByID(rx, placeID)
		if err != nil {
			return nil, err
		}
		list[i].Place, list[i].Position = p.Path, position
	}
	return list, nil
}

// PutBack puts the card that was scanned back to where it lay, if nobody is
// expected for it. Errors: as [Fetch] for the scan; fault.Conflict
// "counter.still_expected", "counter.not_out", "vault.no_former_place".
func PutBack(tx *store.Tx, ring *keyring.Ring, entry string) (vault.Shelved, error) {
	c, err := cardOf(tx.Rx, ring, scancode.Read(entry))
	if err != nil {
		return vault.Shelved{}, err
	}
	if c.Custody != card.Picked && c.Custody != card.Counter {
		return vault.Shelved{}, fault.New(fault.Conflict, "counter.not_out", "no", c.NoticeNo)
	}
	list, err := returns(tx.Rx)
	if err != nil {
		return vault.Shelved{}, err
	}
	for _, r := range list {
		if r.CardID == c.ID {
			return vault.PutBack(tx, c.ID, 0)
		}
	}
	return vault.Shelved{}, fault.New(fault.Conflict, "counter.still_expected", "no", c.NoticeNo)
}
