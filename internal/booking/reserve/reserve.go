// Package reserve books, changes and cancels. Nobody can be booked twice and no
// slot can hold more people than it has seats, because the database refuses it:
// seats are taken by a statement that names the seats left, a unique index lets
// a code have one live booking, and a CHECK stands behind both. Every act is one
// transaction with one audit line; locks are taken in one order, members before
// bookings before slots, each ascending. A form carries a one-time token, so
// that a request sent twice gets the same answer and not a second booking. What the office must
// hear of an act goes into the log of package sync in the same transaction.
// Writes tables booking, booking_person, booking_number, booking_token and
// closed_day.
package reserve

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"kofu/internal/agree"
	"kofu/internal/booking/slot"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/store"
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
	Ord       int    // within the booking, from 1
	Link      string // '' once the booking has been made anonymous
	Gen       int
	Procs     slot.Procs
	Units     int // seats of the slot that this person takes
	SlotID    string
	State     State       // follows from the three below
	Booked    State       // what the owner of the booking says, visits aside
	Here      agree.Visit // what our reception has written down
	There     agree.Visit // what the office has told of a visit
	ArrivedAt time.Time   // zero before
	DoneAt    time.Time
	Handled   Handled
}

// Booking is a visit of one or more persons.
type Booking struct {
	ID          string
	Year        int    // with No unique
	No          string // receipt number, the month in which it was made and a running number
	WindowID    string
	SlotID      string // of the first person
	Starts      time.Time
	Minutes     int
	Side        slot.Side
	Via         Via
	Theirs      bool      // made by the office, which alone moves and ends it
	Lang        string    // in which the resident reads, '' where nobody knows
	State       State     // follows from those of the persons
	Until       time.Time // when a pending or offered booking expires, zero for others
	Counter     string    // that has called the persons, '' before
	CalledAt    time.Time
	MadeAt      time.Time
	PlacedEvent string   // of the log, that told the office of the present slot; '' before
	Persons     []Person // in the order of their links when it was made
}

// Live returns the persons who have not left: those who hold seats.
func (b Booking) Live() []Person {
	return slices.DeleteFunc(slices.Clone(b.Persons), func(p Person) bool { return p.State.Ended() })
}

// Units is how many seats the booking holds.
func (b Booking) Units() (n int) {
	for _, p := range b.Live() {
		n += p.Units
	}
	return n
}

func (b Booking) has(link string) bool {
	return link != "" && slices.ContainsFunc(b.Live(), func(p Person) bool { return p.Link == link })
}

// had reports whether a code is or was in the booking.
func (b Booking) had(link string) bool {
	return link != "" && slices.ContainsFunc(b.Persons, func(p Person) bool { return p.Link == link })
}

// person returns the place of a code in the booking, which has it.
func (b *Booking) person(link string) *Person {
	i := slices.IndexFunc(b.Persons, func(p Person) bool { return p.Link == link })
	return &b.Persons[i]
}

// seats counts the seats that the live persons hold in each slot.
func (b Booking) seats() map[string]int {
	held := map[string]int{}
	for _, p := range b.Live() {
		if p.SlotID != "" { // a booking that has none yet
			held[p.SlotID] += p.Units
		}
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

// Object names a booking in the log.
func Object(tenant int, id string) string { return fmt.Sprintf("tenant/%d/booking/%s", tenant, id) }

// once is the one-time token of a form with what was asked under it.
type once struct {
	tenant  int
	token   string // digest of it: the token itself gives an access key away
	request string // digest
}

const shortestToken = 16

// digest is what is kept of a text that is only to be recognised.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

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
	return once{tenant, digest(token), digest(act + "\x00" + string(body))}, nil
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
// taken, fewer are returned. It returns the slots of which it took some. If one
// cannot be taken, the act fails as a whole. A slot in which as many seats are
// held as before is locked all the same: other persons sit there now, and the
// lock of a reference, which leaves room for others who change the slot, makes
// PostgreSQL fail («new multixact has more than one updating member») when one
// of those is just giving up.
func shift(tx *store.Tx, tenant int, held, wanted map[string]int, terms slot.Want) (taken []slot.Slot, err error) {
	for _, id := range both(held, wanted) {
		switch n := wanted[id] - held[id]; {
		case n > 0:
			terms.SlotID, terms.Seats = id, n
			s, err := slot.Take(tx, tenant, terms)
			if err != nil {
				return nil, err
			}
			taken = append(taken, s)
		default:
			if err := slot.Return(tx, tenant, id, terms.Side, -n); err != nil {
				return nil, err
			}
		}
	}
	return taken, nil
}

// both names the slots of two maps in ascending order.
func both(held, wanted map[string]int) []string {
	ids := slices.AppendSeq(slices.Collect(maps.Keys(held)), maps.Keys(wanted))
	slices.Sort(ids)
	return slices.Compact(ids)
}

// acceptsNow refuses residents outside the period and hours at which the site books.
func acceptsNow(rx *store.Rx, t slot.Tenant, by By) error {
	if by.office() {
		return nil
	}
	return t.Admit(rx.Now)
}
