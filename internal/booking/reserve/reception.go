package reserve

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kofu/internal/audit"
	"kofu/internal/booking/slot"
	"kofu/internal/entry"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Handled is what reception wrote down about a person who came.
type Handled struct {
	OldCard bool     // 住基カード was taken back
	Codes   []string // of what was done (対応内容), from the tenant's list
	Memo    string
}

const (
	longestMemo = 500 // characters
	mostCodes   = 20
)

func (h Handled) check() error {
	bad := utf8.RuneCountInString(h.Memo) > longestMemo || len(h.Codes) > mostCodes
	for _, code := range h.Codes {
		bad = bad || code == "" || len(code) > 40 || strings.ContainsFunc(code, func(r rune) bool { return r <= ' ' })
	}
	if bad {
		return fault.New(fault.Invalid, "booking.bad_handled")
	}
	return entry.Check(h.Memo)
}

// Visit names persons of a booking who stand at a window.
type Visit struct {
	Tenant    int
	BookingID string
	Links     []string // nobody stands for everybody whom the act can concern
	WindowID  string   // where they are
	Today     bool     // a booking of another day or window becomes one of here and now
}

// Arrival is what reception learns from a scan.
type Arrival struct {
	Booking     Booking
	Done        bool // the arrival is recorded; otherwise one of these warnings holds
	OtherDay    bool // booked for another day
	OtherWindow bool // booked for another window
}

// Arrive records that persons have come, late ones included: whoever counted as
// missed is here after all. A booking of another day or window is not changed
// and comes back with the warning, unless the visit says Today: then it moves to
// the slot under way, whether there is room or not. Errors: fault.NotFound
// "booking.unknown"; fault.Conflict "booking.state", "booking.no_slot_today",
// "booking.exists" when a missed person has booked again meanwhile.
func Arrive(tx *store.Tx, v Visit) (a Arrival, err error) {
	seen, err := known(ByID(tx.Rx, v.Tenant, v.BookingID))
	if err != nil {
		return Arrival{}, err
	}
	if _, err := v.persons(&seen, Arriving); err != nil {
		return Arrival{}, err
	}
	if a = v.arrival(tx.Rx, seen); (a.OtherDay || a.OtherWindow) && !v.Today {
		return a, nil
	}
	j := open(tx, v.Tenant)
	b, err := j.withPersons(v.BookingID) // it may have changed before it was locked
	if err != nil {
		return Arrival{}, err
	}
	persons, err := v.persons(&b, Arriving)
	if err != nil {
		return Arrival{}, err
	}
	a = v.arrival(tx.Rx, b)
	if a.OtherDay || a.OtherWindow {
		if !v.Today {
			return a, nil
		}
		if err := b.allows(Arriving, persons...); err != nil {
			return Arrival{}, err
		}
		if err := b.bringHere(j, v); err != nil {
			return Arrival{}, err
		}
	}
	for _, p := range persons {
		p.ArrivedAt = tx.Now
	}
	if err := b.step(j, Arriving, arrivedEvent, persons...); err != nil {
		return Arrival{}, err
	}
	a.Booking, a.Done = b, true
	return a, audit.Append(tx, "booking.arrived", Object(v.Tenant, b.ID), b.reception(persons...))
}

func (v Visit) arrival(rx *store.Rx, b Booking) Arrival {
	return Arrival{Booking: b, OtherDay: store.Day(b.Starts) != rx.Today(), OtherWindow: b.WindowID != v.WindowID}
}

// persons are those of the visit, or everybody who can make the move.
func (v Visit) persons(b *Booking, m Move) (list []*Person, err error) {
	for i, p := range b.Persons {
		if len(v.Links) == 0 && p.can(m) || slices.Contains(v.Links, p.Link) && p.Link != "" {
			list = append(list, &b.Persons[i])
		}
	}
	switch {
	case len(v.Links) > 0 && len(list) != len(v.Links):
		return nil, unknown()
	case len(list) == 0: // nobody can: say in which state they are
		return nil, fault.New(fault.Conflict, "booking.state", "no", b.No, "state", "@booking.state."+string(b.State))
	}
	return list, nil
}

// bringHere moves the live persons to the slot under way at a window.
func (b *Booking) bringHere(j *journal, v Visit) error {
	here, found, err := slot.Present(j.tx.Rx, v.Tenant, v.WindowID)
	if err != nil {
		return err
	}
	if !found {
		return fault.New(fault.Conflict, "booking.no_slot_today")
	}
	if b.Theirs {
		return theirs(*b)
	}
	held := b.seats()
	for i, p := range b.Persons {
		if !p.State.Ended() {
			b.Persons[i].SlotID = here.ID
		}
	}
	if err := force(j.tx, v.Tenant, b.Side, held, b.seats()); err != nil {
		return err
	}
	if err := b.find(j.tx.Rx, v.Tenant, here.ID); err != nil {
		return err
	}
	return j.place(b, "", false)
}

// force is shift for people who stand there: the seats are taken whether there
// are any or not.
func force(tx *store.Tx, tenant int, side slot.Side, held, wanted map[string]int) error {
	for _, id := range both(held, wanted) {
		var err error
		switch n := wanted[id] - held[id]; {
		case n > 0:
			err = slot.Force(tx, tenant, id, side, n)
		default: // also where as many stay, see shift
			err = slot.Return(tx, tenant, id, side, -n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// step moves persons and tells the office; seats that were returned before are
// taken again, and those of who leaves are returned.
func (b *Booking) step(j *journal, m Move, t event.Type, persons ...*Person) (err error) {
	held := b.seats()
	over := slices.ContainsFunc(persons, func(p *Person) bool { return p.Booked.Ended() }) // below the visit
	if err := b.apply(m, persons...); err != nil {
		return err
	}
	if err := b.aloneAgain(j, persons...); err != nil {
		return err
	}
	switch {
	case m != GivingUp:
		err = j.tell(t, *b, persons...)
	case over: // no longer in the booking: the office hears of each by name
		err = b.tellLeft(j, "resident", persons...)
	default:
		err = b.tellEnd(j, "resident", persons...)
	}
	if err != nil {
		return err
	}
	if m == Undoing { // on a day that is closed by now
		for _, p := range persons {
			if err := b.uncover(j, p); err != nil {
				return err
			}
		}
		b.sum()
	}
	if err := saveAll(j.tx, j.tenant, *b, j.last); err != nil {
		return err
	}
	if err := force(j.tx, j.tenant, b.Side, held, b.seats()); err != nil {
		return err
	}
	return j.close()
}

// aloneAgain refuses to take a visit back for somebody who has booked again
// meanwhile, or was booked by the office.
func (b Booking) aloneAgain(j *journal, persons ...*Person) error {
	for _, p := range persons {
		if p.State != Active {
			continue
		}
		others, err := b.othersOf(j, p.Link)
		if err != nil {
			return err
		}
		if len(others) > 0 {
			return fault.New(fault.Conflict, "booking.exists")
		}
	}
	return nil
}

// reception is what the audit log says of an act of reception.
func (b Booking) reception(persons ...*Person) map[string]any {
	var who []int
	for _, p := range persons {
		who = append(who, p.Ord)
	}
	return map[string]any{"slot": b.SlotID, "state": b.State, "persons": who}
}

// Finish records that persons are done (完了), with what was done for them.
// Errors: fault.NotFound "booking.unknown"; fault.Conflict "booking.state";
// fault.Invalid "booking.bad_handled"; those of [entry.Check].
func Finish(tx *store.Tx, v Visit, h Handled) (Booking, error) {
	return received(tx, v, Finishing, doneEvent, "booking.finished", &h)
}

// Return records that persons have to come again, because papers are missing
// (書類不備で再来庁). They can book anew. Errors: as [Finish].
func Return(tx *store.Tx, v Visit, h Handled) (Booking, error) {
	return received(tx, v, Returning, againEvent, "booking.returned", &h)
}

// GiveUp records that persons who had come went away without anything being
// done (取りやめ). Errors: as [Finish].
func GiveUp(tx *store.Tx, v Visit) (Booking, error) {
	return received(tx, v, GivingUp, "", "booking.given_up", nil)
}

// Undo takes back the last step of reception: who is done or has to come again
// is here, who is here is expected. Errors: as [Finish]; fault.Conflict
// "booking.exists" when the person has booked again meanwhile.
func Undo(tx *store.Tx, v Visit) (Booking, error) {
	return received(tx, v, Undoing, undoneEvent, "booking.undone", nil)
}

// received runs an act of reception on persons who have come.
func received(tx *store.Tx, v Visit, m Move, t event.Type, action string, h *Handled) (b Booking, err error) {
	if h != nil {
		if err := h.check(); err != nil {
			return Booking{}, err
		}
	}
	j := open(tx, v.Tenant)
	if b, err = j.withPersons(v.BookingID); err != nil {
		return Booking{}, err
	}
	if m == GivingUp && b.Theirs {
		return Booking{}, theirs(b)
	}
	persons, err := v.persons(&b, m)
	if err != nil {
		return Booking{}, err
	}
	for _, p := range persons {
		p.note(m, tx.Now, h)
	}
	if m == Undoing && len(b.in(Arrived)) == len(persons) && persons[0].State == Arrived {
		b.Counter, b.CalledAt = "", time.Time{} // nobody is left to be served
	}
	if err := b.step(j, m, t, persons...); err != nil {
		return Booking{}, err
	}
	return b, audit.Append(tx, action, Object(v.Tenant, b.ID), b.reception(persons...))
}

// note writes down times and what was done.
func (p *Person) note(m Move, now time.Time, h *Handled) {
	switch {
	case m == Undoing && p.State == Arrived:
		p.ArrivedAt = time.Time{}
	case m == Undoing:
		p.DoneAt, p.Handled = time.Time{}, Handled{}
	default:
		p.DoneAt = now
	}
	if h != nil {
		p.Handled = *h
	}
}

// Call calls the persons of a booking to a counter. Of two counters that call at
// the same moment one learns who was faster. Errors: fault.NotFound
// "booking.unknown"; fault.Conflict "booking.called" with the counter that has
// called, "booking.state" when nobody of them is here; fault.Invalid
// "booking.bad_counter".
func Call(tx *store.Tx, tenant int, bookingID, counter string) (b Booking, err error) {
	counter = strings.TrimSpace(counter)
	if counter == "" || utf8.RuneCountInString(counter) > 10 || entry.Check(counter) != nil {
		return Booking{}, fault.New(fault.Invalid, "booking.bad_counter")
	}
	called, err := call(tx, tenant, bookingID, counter)
	if err != nil {
		return Booking{}, err
	}
	if b, err = known(ByID(tx.Rx, tenant, bookingID)); err != nil {
		return Booking{}, err
	}
	switch {
	case !called && b.Counter != "":
		return Booking{}, fault.New(fault.Conflict, "booking.called", "counter", b.Counter, "no", b.No)
	case !called:
		return Booking{}, fault.New(fault.Conflict, "booking.state", "no", b.No, "state", "@booking.state."+string(b.State))
	}
	return b, audit.Append(tx, "booking.called", Object(tenant, b.ID), map[string]string{"counter": counter})
}

// EndCall takes a call back, so that another counter can call. Errors: as [Call].
func EndCall(tx *store.Tx, tenant int, bookingID, counter string) (b Booking, err error) {
	n, err := endCall(tx, tenant, bookingID, counter)
	if err != nil {
		return Booking{}, err
	}
	if b, err = known(ByID(tx.Rx, tenant, bookingID)); err != nil {
		return Booking{}, err
	}
	if n == 0 {
		return Booking{}, fault.New(fault.Conflict, "booking.called", "counter", b.Counter, "no", b.No)
	}
	return b, audit.Append(tx, "booking.call_ended", Object(tenant, b.ID), map[string]string{"counter": counter})
}
