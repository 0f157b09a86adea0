// Package reserve books, changes and cancels. Nobody can be booked twice and no
// slot can hold more people than it has seats, because the database refuses it:
// seats are taken by a statement that names the seats left, a unique index lets
// a code have one live booking, and a CHECK stands behind both. Every act is one
// transaction with one audit line; locks are taken in one order, members before
// bookings before slots, each ascending. A form carries a one-time token, so
// that a request sent twice gets the same answer and not a second booking.
// Writes tables booking, booking_person, booking_number and booking_token.
package reserve

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"kofu/internal/booking/slot"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// State is that of a booking or of one person in it.
type State string

// The states. Only an active booking holds seats.
const (
	Active            State = "active"
	Cancelled         State = "cancelled"
	CancelledByOffice State = "cancelled_by_office"
)

// Via says how a booking reached us.
type Via string

// The ways to book. All but the web are acts of the office.
const (
	ByWeb     Via = "web"
	ByPhone   Via = "phone"
	AtCounter Via = "counter"
	OnVisit   Via = "visit"
)

// By says on whose behalf an act happens.
type By struct {
	Via Via
	// Link is the resident who acts, where Via is ByWeb.
	Link string
	// Override is the reason for which the office goes beyond a deadline.
	Override string
}

func (b By) office() bool { return b.Via != ByWeb }

func (b By) check() error {
	switch b.Via {
	case ByWeb:
		if b.Override != "" {
			return fault.New(fault.Invalid, "booking.bad_request")
		}
	case ByPhone, AtCounter, OnVisit:
		return entry.Check(b.Override)
	default:
		return fault.New(fault.Invalid, "booking.bad_request")
	}
	return nil
}

// Person is one code in a booking.
type Person struct {
	Link   string
	Gen    int
	Procs  slot.Procs
	SlotID string
	State  State
}

// Booking is a visit of one or more persons.
type Booking struct {
	ID       string
	Year     int    // with No unique
	No       string // receipt number, the month in which it was made and a running number
	WindowID string
	SlotID   string // of the first person
	Starts   time.Time
	Side     slot.Side
	Via      Via
	State    State
	MadeAt   time.Time
	Persons  []Person // in the order of their links
}

// Live returns the persons who hold a seat.
func (b Booking) Live() []Person {
	return slices.DeleteFunc(slices.Clone(b.Persons), func(p Person) bool { return p.State != Active })
}

func (b Booking) has(link string) bool {
	return slices.ContainsFunc(b.Live(), func(p Person) bool { return p.Link == link })
}

// seats counts the seats that the live persons hold in each slot.
func (b Booking) seats() map[string]int {
	held := map[string]int{}
	for _, p := range b.Live() {
		held[p.SlotID]++
	}
	return held
}

// procs are those of all live persons together.
func (b Booking) procs() (slot.Procs, error) {
	var all []slot.Procedure
	for _, p := range b.Live() {
		all = append(all, p.Procs.List()...)
	}
	return slot.ParseProcs(all...)
}

// object names a booking in the log.
func object(tenant int, id string) string { return fmt.Sprintf("tenant/%d/booking/%s", tenant, id) }

// once is the one-time token of a form with what was asked under it.
type once struct {
	tenant  int
	token   string
	request string // digest
}

const shortestToken = 16

// onceOf makes the claim on a token. The same token with another request is a
// mistake of the page that made it.
func onceOf(tenant int, token, act string, request any) (once, error) {
	if len(token) < shortestToken {
		return once{}, fault.New(fault.BadRequest, "booking.bad_token")
	}
	body, err := json.Marshal(request)
	if err != nil {
		return once{}, err
	}
	sum := sha256.Sum256(append([]byte(act+"\x00"), body...))
	return once{tenant, token, base64.RawURLEncoding.EncodeToString(sum[:])}, nil
}

// spend claims the token for a booking. If somebody has spent it before, it
// returns the answer they got; a request that is under way at the same moment
// is waited for. A refused act leaves its token unspent.
func (o once) spend(tx *store.Tx, bookingID string) (earlier Booking, spent bool, err error) {
	n, err := insertToken(tx, o, bookingID)
	if err != nil || n == 1 {
		return Booking{}, false, err
	}
	request, id, err := selectToken(tx.Rx, o)
	if err != nil {
		return Booking{}, false, err
	}
	if request != o.request {
		return Booking{}, false, fault.New(fault.Conflict, "booking.token_reused")
	}
	earlier, found, err := ByID(tx.Rx, o.tenant, id)
	if err == nil && !found {
		err = fmt.Errorf("token of a booking %s that is not there", id)
	}
	return earlier, true, err
}

// shift moves seats between slots, in ascending order of the slots: more are
// taken, fewer are returned. If one cannot be taken, the act fails as a whole.
func shift(tx *store.Tx, tenant int, held, wanted map[string]int, terms slot.Want) error {
	var ids []string
	for id := range held {
		ids = append(ids, id)
	}
	for id := range wanted {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		switch n := wanted[id] - held[id]; {
		case n > 0:
			terms.SlotID, terms.Seats = id, n
			if _, err := slot.Take(tx, tenant, terms); err != nil {
				return err
			}
		case n < 0:
			if err := slot.Return(tx, tenant, id, terms.Side, -n); err != nil {
				return err
			}
		}
	}
	return nil
}

// places divides persons over slots: all into one, or, where adjacent is
// allowed, over those that follow it as well.
func places(rx *store.Rx, tenant int, terms slot.Want, adjacent bool, own map[string]int) (map[string]int, error) {
	if !adjacent {
		return map[string]int{terms.SlotID: terms.Seats}, nil
	}
	list, err := slot.Spread(rx, tenant, terms, own)
	if err != nil {
		return nil, err
	}
	wanted := map[string]int{}
	for _, w := range list {
		wanted[w.SlotID] = w.Seats
	}
	return wanted, nil
}

// seat gives every person one of the wanted seats, the first ones the earliest.
func seat(persons []Person, wanted map[string]int) {
	var ids []string
	for id, n := range wanted {
		for range n {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for i := range persons {
		persons[i].SlotID = ids[i]
	}
}

// acceptsNow refuses residents outside the period and hours at which the site books.
func acceptsNow(rx *store.Rx, t slot.Tenant, by By) error {
	if by.office() {
		return nil
	}
	return t.Admit(rx.Now)
}

func byLink(a, b Person) int { return strings.Compare(a.Link, b.Link) }
