package counter

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/linkcode"
	"kofu/internal/notice"
	"kofu/internal/scancode"
	"kofu/internal/store"
)

var (
	// receipt is a number as people read it from a screen or say it.
	receipt = regexp.MustCompile(`^(W?\d{2})(\d{3,6})$`)
	// codeAtEnd is the code in the address of a letter's QR code, which a scanner
	// types in full.
	codeAtEnd = regexp.MustCompile(`[A-Z/](\d{16})$`)
)

// Found is what an entry at the counter leads to.
type Found struct {
	Card    card.Card // ID 0 where a receipt number was read
	Booking Booking   // with which the person stands here, ID '' for none
}

// Find looks up what was scanned or typed: a receipt number, the code of a letter
// or the address in its QR code, a notice number, a tag or application id. Of
// several bookings it returns the one of today, else the next one, else the last
// that was missed. Errors: fault.Invalid "scan.individual_number"; fault.NotFound
// "counter.unknown_number", "counter.unknown_code"; fault.Conflict
// "counter.ambiguous".
func Find(rx *store.Rx, ring *keyring.Ring, entry string) (f Found, err error) {
	if m := codeAtEnd.FindStringSubmatch(scancode.Fold(entry)); m != nil {
		entry = m[1]
	}
	code := scancode.Read(entry)
	if m := receipt.FindStringSubmatch(scancode.Fold(entry)); m != nil && code.Kind == scancode.Unknown {
		return byReceipt(rx, m[1]+"-"+m[2])
	}
	if f.Card, err = cardOf(rx, ring, code); err != nil {
		return f, err
	}
	list, err := ofCard(rx, f.Card.ID)
	if err != nil {
		return f, err
	}
	f.Booking, _ = coming(rx.Now, list, f.Card.ID)
	return f, nil
}

func byReceipt(rx *store.Rx, no string) (Found, error) {
	list, err := byNumber(rx, no)
	if err != nil {
		return Found{}, err
	}
	b, found := coming(rx.Now, list, 0)
	if !found && len(list) > 0 {
		b, found = list[0], true // one that was cancelled
	}
	if !found {
		return Found{}, fault.New(fault.NotFound, "counter.unknown_number", "no", no)
	}
	return Found{Booking: b}, nil
}

// cardOf finds the one card that a code means and that somebody can ask for.
func cardOf(rx *store.Rx, ring *keyring.Ring, code scancode.Code) (card.Card, error) {
	unknown := fault.New(fault.NotFound, "counter.unknown_code", "code", code.Text)
	switch code.Kind {
	case scancode.IndividualNumber:
		return card.Card{}, fault.New(fault.Invalid, "scan.individual_number")
	case scancode.Link:
		id, _, found, err := notice.CardOfCode(rx, ring, linkcode.Code(code.Text))
		if err != nil || !found {
			return card.Card{}, first(err, fault.New(fault.NotFound, "counter.unknown_code", "code", ""))
		}
		return card.ByID(rx, id)
	}
	found, err := card.Find(rx, code)
	if err != nil {
		return card.Card{}, err
	}
	held := slices.DeleteFunc(slices.Clone(found), func(c card.Card) bool { return !c.Held() })
	switch {
	case len(held) == 1:
		return held[0], nil
	case len(held) > 1:
		return card.Card{}, fault.New(fault.Conflict, "counter.ambiguous", "count", fmt.Sprint(len(held)))
	case len(found) > 0:
		return found[0], nil
	}
	return card.Card{}, unknown
}

func first(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// coming is the booking with which somebody stands at the counter.
func coming(now time.Time, list []Booking, cardID int64) (Booking, bool) {
	far := func(b Booking) time.Duration {
		switch d := b.Starts.Sub(now); {
		case b.Day == dayOf(now) || b.HereOn == dayOf(now):
			return d.Abs()
		case d > 0:
			return d + 1_000*24*time.Hour // after all of today
		default:
			return -d + 10_000*24*time.Hour // after all that are still to come
		}
	}
	today := func(b Booking) bool { return b.Day == dayOf(now) || b.HereOn == dayOf(now) }
	list = slices.DeleteFunc(slices.Clone(list), func(b Booking) bool {
		s := b.stateOf(cardID)
		return s == CancelledByOffice || s == Cancelled || !today(b) && (s == Visited || s == Again)
	})
	if len(list) == 0 {
		return Booking{}, false
	}
	return slices.MinFunc(list, func(a, b Booking) int { return int(far(a)/time.Second) - int(far(b)/time.Second) }), true
}

// stateOf is that of the person with a card, or of the booking.
func (b Booking) stateOf(cardID int64) State {
	for _, p := range b.Persons {
		if cardID != 0 && p.CardID == cardID {
			return p.State()
		}
	}
	return b.State()
}
