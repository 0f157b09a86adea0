package counter

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"kofu/internal/agree"
	"kofu/internal/event"
	"kofu/internal/store"
)

// This file is what the exchange needs when either database was put back to an
// older state: all that this office holds, and taking over what the booking
// service holds (package agree).

// late marks a booking that came after its day was closed, whatever the numbers
// of the booking service begin with.
const late = math.MaxInt32

// Verdict is what the office makes of a person of a booking of the booking
// service as things stand.
func Verdict(rx *store.Rx, b Booking, p Person) (agree.Verdict, error) {
	f, err := facts(rx, b, p)
	return agree.Judge(event.Member{Link: p.Link, Gen: p.Gen, Svc: p.Svc.List(), NoCode: p.NoCode}, f.Facts), err
}

// Snapshot is everything that the booking service may know of bookings and
// closed days.
func Snapshot(rx *store.Rx) (list []event.SnapshotBooking, days []event.SnapshotDay, err error) {
	all, err := bookings(rx, "b.source <> 'visit' ORDER BY b.bk")
	if err != nil {
		return nil, nil, err
	}
	for _, b := range all {
		e, told, err := b.snapshot(rx)
		if err != nil {
			return nil, nil, err
		}
		if told {
			list = append(list, e)
		}
	}
	closings, err := closings(rx)
	for _, c := range closings {
		days = append(days, event.SnapshotDay{Window: c.WindowID, Date: c.Day, Seen: c.Seen})
	}
	return list, days, err
}

// snapshot is the booking without those who have no code; told is false when
// nobody is left.
func (b Booking) snapshot(rx *store.Rx) (e event.SnapshotBooking, told bool, err error) {
	e = event.SnapshotBooking{
		Booking: b.ID, Office: b.Source == FromOffice, Window: b.WindowID, Start: event.Start(b.Starts), Min: b.Minutes, No: b.No,
		Seat: b.Seat, Via: b.Via, Lang: b.Lang,
	}
	for _, p := range b.Persons {
		if p.Link == "" {
			continue
		}
		one := event.Standing{
			Link: p.Link, Gen: p.Gen, Svc: p.Procs.List(), Units: p.Units, NoCode: p.NoCode, Booked: string(p.Booked), Refused: p.Refused,
			Office: string(p.Visits[agree.Office]), Cloud: string(p.Visits[agree.Cloud]),
		}
		if !p.Starts.Equal(b.Starts) {
			one.Start = event.Start(p.Starts)
		}
		e.Members = append(e.Members, one)
		if p.In() {
			e.Party, e.Units = e.Party+1, e.Units+p.Units
		}
	}
	c, closed, err := ClosingOf(rx, b.WindowID, b.Day)
	e.Late = closed && b.Source == FromCloud && !agree.Seen(b.Seq, c.Seen)
	return e, len(e.Members) > 0, err
}

// TakeBooking takes over a booking as the booking service knows it; lost says
// that this office has lost facts of its own. [TakenOver] follows the last one.
func TakeBooking(tx *store.Tx, e event.SnapshotBooking, lost bool) error {
	starts, err := startOf(e.Start)
	if err != nil {
		return err
	}
	if err := known(tx, e.Window); err != nil {
		return err
	}
	b, was, err := find(tx.Rx, e.Booking)
	if err != nil {
		return err
	}
	if !was || lost || !e.Office {
		b.ID, b.Source, b.No, b.WindowID, b.Starts, b.Day, b.Seq = e.Booking, FromCloud, e.No, e.Window, starts, dayOf(starts), 0
		b.Minutes, b.Seat, b.Via, b.Lang, b.KnownAt = e.Min, e.Seat, e.Via, e.Lang, cmp.Or(b.KnownAt, store.Stamp(tx.Now))
		if e.Office {
			b.Source = FromOffice
		}
		if e.Late {
			b.Seq = late
		}
		if was {
			err = place(tx, b)
		} else {
			err = insert(tx, b)
		}
		if err != nil {
			return err
		}
	}
	for _, m := range e.Members {
		if err := takePerson(tx, &b, e, m, lost); err != nil {
			return err
		}
	}
	return nil
}

func takePerson(tx *store.Tx, b *Booking, e event.SnapshotBooking, m event.Standing, lost bool) error {
	starts, err := startOf(cmp.Or(m.Start, e.Start))
	if err != nil {
		return err
	}
	told := agree.Person{
		Booked: agree.State(m.Booked), Refused: m.Refused,
		Visits: [2]agree.Visit{agree.Office: agree.Visit(m.Office), agree.Cloud: agree.Visit(m.Cloud)},
	}
	p, mine := Person{Ord: len(b.Persons) + 1, Link: m.Link}, (*agree.Person)(nil)
	at := slices.IndexFunc(b.Persons, func(p Person) bool { return p.Link == m.Link })
	if at >= 0 {
		p = b.Persons[at]
		mine = &b.Persons[at].Person
	}
	was := p
	p.Person = agree.Merge(agree.Office, mine, told, e.Office, lost)
	if mine == nil || lost || !e.Office {
		p.Gen, p.NoCode, p.Svc, p.Starts = m.Gen, m.NoCode, Procs(strings.Join(m.Svc, " ")), starts
		p.Procs, p.Units = p.Svc, unitsIn(m.Units, e.Units, e.Party)
	}
	if at >= 0 {
		return save(tx, b.ID, p, was)
	}
	b.Persons = append(b.Persons, p)
	one := *b
	one.Persons = []Person{p}
	return insertPersons(tx, one)
}

// TakeDay takes over a day that this office has closed and forgotten.
func TakeDay(tx *store.Tx, e event.SnapshotDay) error {
	if _, closed, err := ClosingOf(tx.Rx, e.Window, e.Date); err != nil || closed {
		return err
	}
	if err := known(tx, e.Window); err != nil {
		return err
	}
	return insertClosing(tx, Closing{WindowID: e.Window, Day: e.Date, Seen: e.Seen, At: store.Stamp(tx.Now), By: tx.Actor.Name})
}

// TakenOver counts the office seats anew, after the last booking was taken over.
func TakenOver(tx *store.Tx) error { return recount(tx) }

// SayAgain tells of the closed days and the bookings of this office that the
// booking service does not hold: held names bookings, and days as window and
// date. What was seen before a close is of no log that is known, so that nobody
// is accused.
func SayAgain(tx *store.Tx, held map[string]bool) error {
	closings, err := closings(tx.Rx)
	if err != nil {
		return err
	}
	for _, c := range closings {
		if held[c.WindowID+" "+c.Day] {
			continue
		}
		if err := emit(tx, event.DayClosed{Window: c.WindowID, Date: c.Day}); err != nil {
			return err
		}
	}
	all, err := bookings(tx.Rx, "b.source = 'office' ORDER BY b.bk")
	if err != nil {
		return err
	}
	for _, b := range all {
		if held[b.ID] {
			continue
		}
		if err := b.tellPlace(tx); err != nil {
			return err
		}
		for _, p := range b.Persons {
			if a, came := reached[p.Visits[agree.Office]]; came && p.In() {
				if err := b.tell(tx, p, a); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// reached are the steps that lead to what is written down.
var reached = map[agree.Visit]Act{agree.HasCome: ActArrive, agree.ComeAgain: ActAgain, agree.IsDone: ActFinish}

// NumbersBegan says that the numbers of the booking service begin with 1 again,
// because it was put back: what this office knows of is seen, what it has not
// seen before a close stays unseen, and whatever comes for a closed day comes
// late.
func NumbersBegan(tx *store.Tx) error {
	if err := markLate(tx); err != nil {
		return err
	}
	return resetSeen(tx)
}
