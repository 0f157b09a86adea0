package counter

import (
	"strings"

	"kofu/internal/agree"
	"kofu/internal/audit"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/link"
	"kofu/internal/officelog"
	"kofu/internal/store"
)

// Finding is what the staff must hear of a person of a booking: a case of
// booking.md §3.7.
type Finding struct {
	Case    agree.Case
	Booking string
	Link    string
	Refused event.Refusal // that was sent back, '' for none
	Ask     bool          // a clerk decides
	Held    bool          // in quarantine
	Other   string        // the booking of the office that counts, '' for none
}

// judge decides about a person of a booking of the booking service, as package
// agree says, and writes the refusal into the log. The caller saves the person.
func judge(tx *store.Tx, b Booking, p *Person) ([]Finding, error) {
	if b.Source != FromCloud || p.Booked != Active {
		p.Held = p.Held && p.Booked == Active
		if p.Procs == "" {
			p.Procs = p.Svc
		}
		return nil, nil
	}
	f, err := facts(tx.Rx, b, *p)
	if err != nil {
		return nil, err
	}
	v := agree.Judge(event.Member{Link: p.Link, Gen: p.Gen, Svc: p.Svc.List(), NoCode: p.NoCode}, f.Facts)
	p.Held, p.Procs = v.Hold, Procs(strings.Join(v.Svc, " "))
	if p.Procs == "" {
		p.Procs = p.Svc
	}
	one := Finding{Case: v.Case, Booking: b.ID, Link: p.Link, Ask: v.Ask, Held: v.Hold}
	if v.Refuse && p.Expected() && p.Refuse() {
		one.Refused = v.Code
		if v.Code == event.OfficeWins {
			one.Other = f.other
		}
		if err := emit(tx, event.BookingRefused{Booking: b.ID, Link: p.Link, Code: v.Code}); err != nil {
			return nil, err
		}
	}
	if one.Case == 0 || v.Refuse && one.Refused == "" {
		return nil, nil
	}
	return []Finding{one}, nil
}

// grounds are what the office knows when it judges, with the booking of the
// office in which the person is expected.
type grounds struct {
	agree.Facts
	other string
}

func facts(rx *store.Rx, b Booking, p Person) (g grounds, err error) {
	l, known, err := link.ByID(rx, p.Link)
	if err != nil {
		return g, err
	}
	if known {
		g.Link = agree.Link{State: l.State, Gen: l.Gen}
	}
	list, err := ofLink(rx, p.Link)
	if err != nil {
		return g, err
	}
	for _, other := range list {
		for _, q := range other.Persons {
			if other.Source == FromOffice && q.Link == p.Link && q.expected() {
				g.Own, g.other = true, other.ID
			}
		}
	}
	c, closed, err := ClosingOf(rx, b.WindowID, b.Day)
	g.Closed = closed && !agree.Seen(b.Seq, c.Seen)
	return g, err
}

// emit writes an event into the log that goes to the booking service.
func emit(tx *store.Tx, b event.Body) error { return officelog.Put(tx, b) }

// Rejudge judges the bookings of codes anew, on none named those of all, and ends
// what is ours of codes that are dead. It follows link.Collect, whose answer
// names the codes; judging too often does no harm.
func Rejudge(tx *store.Tx, links ...string) (found []Finding, err error) {
	list, err := standing(tx.Rx, links)
	if err != nil {
		return nil, err
	}
	for _, b := range list {
		for i := range b.Persons {
			p := &b.Persons[i]
			if p.Link == "" {
				continue
			}
			was := *p
			var f []Finding
			if b.Source == FromCloud {
				f, err = judge(tx, b, p)
			} else {
				f, err = rejudgeOwn(tx, &b, p)
			}
			if err != nil {
				return nil, err
			}
			if *p != was {
				if err := save(tx, b.ID, *p, was); err != nil {
					return nil, err
				}
			}
			if b.Source != FromCloud && p.Booked != was.Booked {
				if err := b.tellLeft(tx, "office", p); err != nil {
					return nil, err
				}
			}
			found = append(found, f...)
		}
	}
	return found, nil
}

// rejudgeOwn ends the part of a person in a booking of the office whose code is
// dead, and gives the seats back. Somebody must ring up who did not collect the
// card in the meantime.
func rejudgeOwn(tx *store.Tx, b *Booking, p *Person) ([]Finding, error) {
	l, known, err := link.ByID(tx.Rx, p.Link)
	if err != nil || !known || b.Source != FromOffice || p.Booked != Active {
		return nil, err
	}
	f := Finding{Case: agree.CaseWithdrawn, Booking: b.ID, Link: p.Link}
	dead := l.State == agree.Withdrawn
	if p.Gen < l.Gen {
		dead, f.Case = true, agree.CaseOlderCard
	}
	if l.State == agree.Closed && !dead {
		stay := agree.Others(p.Svc.List())
		if dead = len(stay) == 0; !dead {
			p.Procs = Procs(strings.Join(stay, " "))
		}
	}
	if !dead || !p.End() {
		return nil, nil
	}
	if err := returnSeats(tx, b.WindowID, p.Starts, p.Units); err != nil {
		return nil, err
	}
	if l.State == agree.Closed && f.Case == agree.CaseWithdrawn { // collected: nobody needs to hear of it
		return nil, nil
	}
	return []Finding{f}, nil
}

// Detach takes a code out of the bookings of the office, whose person comes all the
// same: the booking service is about to hear that the code is dead, and must not
// hear why.
func Detach(tx *store.Tx, l link.Link) error {
	list, err := ofLink(tx.Rx, l.ID)
	if err != nil {
		return err
	}
	for _, b := range list {
		for _, p := range b.Persons {
			if b.Source != FromOffice || p.Link != l.ID || !p.Expected() {
				continue
			}
			if err := detach(tx, b.ID, p.Ord, l.CardID); err != nil {
				return err
			}
			if err := audit.Append(tx, "counter.detached", object(b.ID), map[string]any{"person": p.Ord}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Refuse is the decision of a clerk about a person on whose booking a finding
// asked: it does not stand. Errors: fault.NotFound "counter.unknown";
// fault.Conflict "counter.state".
func Refuse(tx *store.Tx, bk, pseudonym string, code event.Refusal) error {
	b, err := ByID(tx.Rx, bk)
	if err != nil {
		return err
	}
	for _, p := range b.Persons {
		was := p
		if p.Link != pseudonym || b.Source != FromCloud || !p.Expected() || !p.Refuse() {
			continue
		}
		if err := save(tx, b.ID, p, was); err != nil {
			return err
		}
		if err := emit(tx, event.BookingRefused{Booking: b.ID, Link: p.Link, Code: code}); err != nil {
			return err
		}
		return audit.Append(tx, "counter.refused", object(b.ID), map[string]any{"person": p.Ord, "code": code})
	}
	return fault.New(fault.Conflict, "counter.state", "no", b.No, "state", "@booking.state."+string(b.State()))
}
