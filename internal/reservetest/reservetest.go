// Package reservetest is what the histories of the booking service share, beside
// a simulated office and beside a real one: what people try with a booking, and
// what is compared in the end.
package reservetest

import (
	"testing"

	"kofu/internal/agree"
	"kofu/internal/agreetest"
	"kofu/internal/booking/reserve"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// Kind is what people do with a booking.
type Kind string

// The kinds by which tests tell them apart.
const (
	Accept  Kind = "accept"
	Decline Kind = "decline"
)

// Kinds are all that Do knows, Accept twice because offers are rare.
var Kinds = []Kind{"change", "cancel", "leave", "cancel by phone", Accept, Accept, Decline, "arrive", "finish", "return", "give up", "undo"}

// Try is something that people try with a booking: a resident on the web, somebody
// by phone, reception.
type Try struct {
	BookingID string
	Link      string // of the person whom it is about
	Token     string
	SlotID    string // to which the booking would be moved
	WindowID  string
	Today     bool // a booking of another day becomes one of today
}

// Do tries it; it may be refused.
func (y Try) Do(tx *store.Tx, k Kind) (err error) {
	act := reserve.Act{Tenant: tx.Tenant, Token: y.Token, BookingID: y.BookingID, By: reserve.By{Via: reserve.ByWeb, Link: y.Link}}
	visit := reserve.Visit{Tenant: tx.Tenant, BookingID: y.BookingID, Links: []string{y.Link}, WindowID: y.WindowID, Today: y.Today}
	switch k {
	case "change":
		_, _, err = reserve.ChangeIn(tx, act, y.SlotID, false)
	case "cancel":
		_, _, err = reserve.CancelIn(tx, act)
	case "leave":
		_, _, err = reserve.LeaveIn(tx, act, y.Link)
	case "cancel by phone":
		act.By = reserve.By{Via: reserve.ByPhone, Override: "asked at the counter"}
		_, _, err = reserve.CancelIn(tx, act)
	case Accept:
		_, _, err = reserve.AcceptIn(tx, act)
	case Decline:
		_, _, err = reserve.DeclineIn(tx, act)
	case "arrive":
		_, err = reserve.Arrive(tx, visit)
	case "finish":
		_, err = reserve.Finish(tx, visit, reserve.Handled{})
	case "return":
		_, err = reserve.Return(tx, visit, reserve.Handled{})
	case "give up":
		_, err = reserve.GiveUp(tx, visit)
	case "undo":
		_, err = reserve.Undo(tx, visit)
	}
	return err
}

// All are the bookings of a municipality.
func All(t testing.TB, db *store.DB) (list []reserve.Booking) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) error {
		ids, err := ids(rx)
		for _, id := range ids {
			b, _, err := reserve.ByID(rx, rx.Tenant, id)
			if err != nil {
				return err
			}
			list = append(list, b)
		}
		return err
	})
	return list
}

// Drawn is a person of a booking as both sides are compared. Of an offer that came
// to nothing the office has not heard: whoever it has not heard of is not shown then.
func Drawn(t testing.TB, b reserve.Booking, p reserve.Person, heard bool) (d agreetest.Drawn, shown bool) {
	t.Helper()
	known := agree.Person{Booked: agree.State(p.Booked), Visits: [2]agree.Visit{agree.Office: p.There, agree.Cloud: p.Here}}
	if known.State() != agree.State(p.State) {
		t.Errorf("booking %s: state %s, and the parts say %s", b.ID, p.State, known.State())
	}
	if !heard && (!known.In() || p.State == reserve.Offered) {
		return d, false
	}
	d = agreetest.Drawn{Link: p.Link, Gen: p.Gen, Person: known}
	for _, procedure := range p.Procs.List() {
		d.Svc = append(d.Svc, string(procedure))
	}
	return d, true
}
