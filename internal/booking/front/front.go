// Package front is the desk of the booking service: the acts as the residents'
// pages and the staff console call them. Each is one transaction that books,
// changes or ends a visit, keeps what the resident left of themselves, and puts
// the mail about it into the outbox; all of it happens or nothing. It writes no
// table of its own.
package front

import (
	"context"

	"kofu/internal/booking/contact"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/keyring"
	"kofu/internal/store"
)

// Desk serves one tenant.
type Desk struct {
	DB     *store.DB
	Tenant int
	Ring   *keyring.Ring // the tenant's keys
	Base   string        // where its pages are, such as https://yoyaku.example.lg.jp
}

// Request is a booking with what the resident left of themselves.
type Request struct {
	reserve.Request
	Lang    string // of the page, and of the mails from now on
	Contact contact.Contact
	Answers contact.Answers
}

// Book books a visit for all guests or for none. Errors: those of
// [reserve.Book].
func (d *Desk) Book(ctx context.Context, actor store.Actor, r Request) (reserve.Booking, error) {
	r.Tenant = d.Tenant
	return reserve.Book(ctx, d.DB, actor, r.Request)
}

// Change moves a booking to another slot. Errors: those of [reserve.Change].
func (d *Desk) Change(ctx context.Context, actor store.Actor, a reserve.Act, slotID string, adjacent bool) (reserve.Booking, error) {
	a.Tenant = d.Tenant
	return reserve.Change(ctx, d.DB, actor, a, slotID, adjacent)
}

// Cancel ends a booking for all of its persons. reason is what the resident
// chose to say, or empty. Errors: those of [reserve.Cancel].
func (d *Desk) Cancel(ctx context.Context, actor store.Actor, a reserve.Act, reason string) (reserve.Booking, error) {
	a.Tenant = d.Tenant
	return reserve.Cancel(ctx, d.DB, actor, a)
}

// Leave takes one person out of a booking. Errors: those of [reserve.Leave].
func (d *Desk) Leave(ctx context.Context, actor store.Actor, a reserve.Act, link string) (reserve.Booking, error) {
	a.Tenant = d.Tenant
	return reserve.Leave(ctx, d.DB, actor, a, link)
}

// Close closes a time and moves or cancels every booking in it, as decisions
// say; see [reserve.Close].
func (d *Desk) Close(ctx context.Context, actor store.Actor, e slot.Exception, decisions map[string]string) (reserve.Closing, error) {
	return reserve.Close(ctx, d.DB, actor, d.Tenant, e, decisions)
}
