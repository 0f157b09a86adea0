// Package intake is the booking service's end of the exchange with one office:
// it takes in what the office tells, gives out what the office has to hear, and
// keeps what it cannot carry out for somebody to decide. What an event does is
// said by package agree, who does it by the packages below; the mails that the
// cases ask for are written in the same transaction. Writes tables set_aside,
// config_told and epoch_accepted.
//
// Source: booking.md §3.
package intake

import (
	"encoding/base64"
	"time"

	"kofu/internal/agree"
	"kofu/internal/audit"
	"kofu/internal/booking/front"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/visitor"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/keybook"
	"kofu/internal/keyring"
	"kofu/internal/relay"
	"kofu/internal/store"
)

// End is one municipality's end of the exchange.
type End struct {
	Desk  *front.Desk
	Book  *keybook.Book
	Codes *keyring.Codes // under which the codes of letters are hashed
}

// Apply carries out one event of the office, but for an answer after our database
// was put back, which [End.Take] takes in. What it is about and is not known here
// is set aside; an event that the office never writes makes the bundle unusable.
// Errors: fault.Invalid "seal.E-SCHEMA"; fault.Conflict "intake.no_code_key" when
// the codes are hashed under a key that has not come yet.
func (n *End) Apply(tx *store.Tx, e relay.Event) error {
	h, err := n.hear(tx)
	if err != nil {
		return err
	}
	return h.event(e)
}

// setAsideFor tells an event about something unknown from a failure. The acts
// look before they write, so nothing of such an event has happened.
func setAsideFor(err error) (reason string, aside bool) {
	f, is := fault.As(err)
	if !is || f.Code == "intake.no_code_key" || f.Kind != fault.NotFound && f.Kind != fault.Conflict {
		return "", false
	}
	return f.Code, true
}

func (n *End) apply(tx *store.Tx, body event.Body) error {
	switch e := body.(type) {
	case event.LinkIssue:
		return n.issue(tx, e)
	case event.LinkReady:
		return n.turn(tx, e.Link, e)
	case event.LinkHold:
		return n.turn(tx, e.Link, e)
	case event.LinkWithdraw:
		return n.turn(tx, e.Link, e)
	case event.LinkClose:
		return n.turn(tx, e.Link, e)
	case event.LinkRekey:
		return n.rekey(tx, e)
	case event.BookingOffice:
		return n.placed(tx, e)
	case event.BookingLeft:
		_, err := reserve.EndOffice(tx, n.Desk.Tenant, e.Booking, e.Link, e.By)
		return err
	case event.BookingCancelled:
		_, err := reserve.EndOffice(tx, n.Desk.Tenant, e.Booking, "", e.By)
		return err
	case event.BookingRefused:
		return n.Desk.Refuse(tx, e.Booking, e.Link, string(e.Code), e.Code == event.ClosedLink)
	case event.VisitArrived:
		return n.visit(tx, event.OfBooking(e), reserve.RecordHere)
	case event.VisitDone:
		return n.visit(tx, event.OfBooking(e), reserve.Recording)
	case event.VisitAgain:
		return n.visit(tx, event.OfBooking(e), reserve.RecordAgain)
	case event.VisitUndo:
		return n.visit(tx, event.OfBooking(e), reserve.RecordUndo)
	case event.DayClosed:
		return n.dayClosed(tx, e)
	case event.LogRestored:
		return n.answer(tx, e)
	case event.SnapshotBooking: // that was set aside
		taking, err := n.Desk.Retake(tx, true)
		if err != nil {
			return err
		}
		return taking.Booking(e, slotIn(e.Window))
	case event.SnapshotDay:
		taking, err := n.Desk.Retake(tx, true)
		if err != nil {
			return err
		}
		return taking.Day(e)
	}
	return event.Unexpected(body)
}

// link is a code as the rules look at it, with what is stored of it.
func (n *End) link(rx *store.Rx, link string) (m member.Member, l agree.Link, err error) {
	m, found, err := member.ByLink(rx, n.Desk.Tenant, link)
	if err != nil || !found || m.IsKey {
		return member.Member{}, agree.Link{}, err
	}
	return m, agree.Link{State: agree.LinkState(m.State), Gen: m.Gen}, nil
}

// issue makes a code known, or replaces it by that of the next card: bookings
// made for an earlier one end.
func (n *End) issue(tx *store.Tx, e event.LinkIssue) error {
	_, was, err := n.link(tx.Rx, e.Link)
	if err != nil || e.Gen < was.Gen {
		return err
	}
	now, effect := was.Next(e)
	m, err := n.memberOf(e)
	if err != nil {
		return err
	}
	m.State = member.State(now.State)
	if err := member.Issue(tx, n.Desk.Tenant, m); err != nil {
		return err
	}
	return n.carry(tx, e.Link, now, effect, "member.issued")
}

func (n *End) memberOf(e event.LinkIssue) (m member.Member, err error) {
	m = member.Member{
		Link: e.Link, Gen: e.Gen, KeyID: e.Key, Windows: e.Windows, Group: e.Group, Ordinal: e.Ordinal, OfficeOnly: e.OfficeOnly, Lang: e.Lang,
	}
	if m.CodeMAC, m.BirthMAC, err = n.macs(e.Key, e.Hash, e.BirthHash); err != nil {
		return m, err
	}
	if m.Procs, err = procs(e.Svc); err != nil {
		return m, err
	}
	if m.From, err = store.ParseStamp(e.BookFrom); err != nil {
		return m, err
	}
	m.Until, err = store.ParseStamp(e.Until)
	return m, err
}

// macs decodes the hashes of a code, whose key must have come before.
func (n *End) macs(key, code, birth string) (codeMAC, birthMAC []byte, err error) {
	if len(n.Codes.Keys()[key]) == 0 {
		return nil, nil, fault.New(fault.Conflict, "intake.no_code_key", "key", key)
	}
	if codeMAC, err = base64.RawURLEncoding.DecodeString(code); err == nil && birth != "" {
		birthMAC, err = base64.RawURLEncoding.DecodeString(birth)
	}
	return codeMAC, birthMAC, err
}

func procs(svc []string) (slot.Procs, error) {
	var list []slot.Procedure
	for _, one := range svc {
		list = append(list, slot.Procedure(one))
	}
	return slot.ParseProcs(list...)
}

// turn changes the state of a code and ends what it ends.
func (n *End) turn(tx *store.Tx, link string, e event.Body) error {
	_, was, err := n.link(tx.Rx, link)
	if err != nil {
		return err
	}
	now, effect := was.Next(e)
	if effect == agree.Quarantine {
		return fault.New(fault.NotFound, "member.unknown")
	}
	if now == was && effect == agree.Leaves {
		return nil
	}
	if _, err := member.SetState(tx, n.Desk.Tenant, link, now.Gen, member.State(now.State)); err != nil {
		return err
	}
	return n.carry(tx, link, now, effect, "member."+string(now.State))
}

// carry ends the bookings that an event about a code ends. Their people are told
// without a reason; where the card was handed over, nobody needs to hear of it.
func (n *End) carry(tx *store.Tx, link string, now agree.Link, effect agree.Effect, action string) error {
	left, err := reserve.LinkTold(tx, n.Desk.Tenant, link, now, effect)
	if err != nil {
		return err
	}
	if effect != agree.EndsCards {
		if err := n.Desk.TellOffice(tx, left); err != nil {
			return err
		}
	}
	return audit.Append(tx, action, member.Object(n.Desk.Tenant, link), map[string]int{"gen": now.Gen, "bookings": len(left)})
}

// rekey gives a code a new number: whoever has the old letter is out at once.
func (n *End) rekey(tx *store.Tx, e event.LinkRekey) error {
	m, was, err := n.link(tx.Rx, e.Link)
	if err != nil {
		return err
	}
	if _, effect := was.Next(e); effect == agree.Quarantine {
		return fault.New(fault.NotFound, "member.unknown")
	}
	m.KeyID = e.Key
	if m.CodeMAC, m.BirthMAC, err = n.macs(e.Key, e.Hash, e.BirthHash); err != nil {
		return err
	}
	if err := member.Rekey(tx, n.Desk.Tenant, m); err != nil {
		return err
	}
	return visitor.EndOf(tx, n.Desk.Tenant, e.Link)
}

// placed takes over a booking of the office.
func (n *End) placed(tx *store.Tx, e event.BookingOffice) error {
	p := reserve.Placed{
		ID: e.Booking, No: e.No, Via: reserve.Via(e.Via), SlotID: slotID(e.Window, e.Start),
		SlotsOf: map[string]string{}, Units: map[string]int{}, Booked: map[string]reserve.State{},
	}
	for _, m := range e.Members {
		g, err := procs(m.Svc)
		if err != nil {
			return err
		}
		p.Guests = append(p.Guests, reserve.Guest{Link: m.Link, Gen: m.Gen, Procs: g})
		p.Units[m.Link] = m.Units
		if m.Booked != "" {
			p.Booked[m.Link] = reserve.State(m.Booked)
		}
		if m.Start != "" {
			p.SlotsOf[m.Link] = slotID(e.Window, m.Start)
		}
	}
	return n.Desk.PlaceOffice(tx, p)
}

// slotID is the identifier of the slot of a window that begins at a start as
// events write it.
func slotID(window, start string) string {
	at, err := time.Parse(time.RFC3339, start)
	if err != nil {
		return ""
	}
	return window + "@" + at.In(store.Tokyo).Format("2006-01-02T15:04")
}

func slotIn(window string) func(string) string {
	return func(start string) string { return slotID(window, start) }
}

func (n *End) visit(tx *store.Tx, e event.OfBooking, move reserve.Move) error {
	v := reserve.Visit{Tenant: n.Desk.Tenant, BookingID: e.Booking}
	if e.Link != "" {
		v.Links = []string{e.Link}
	}
	_, err := reserve.RecordVisit(tx, v, move)
	return err
}

func (n *End) dayClosed(tx *store.Tx, e event.DayClosed) error {
	if _, found, err := slot.WindowByID(tx.Rx, n.Desk.Tenant, e.Window); err != nil {
		return err
	} else if !found {
		return fault.New(fault.NotFound, "slot.window_unknown", "window", e.Window)
	}
	_, err := reserve.DayClosed(tx, n.Desk.Tenant, e.Window, jpdate.Day(e.Date), int(e.Seen))
	return err
}
