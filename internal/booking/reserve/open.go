package reserve

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"kofu/internal/audit"
	"kofu/internal/booking/member"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/ulid"
	"kofu/internal/fault"
	"kofu/internal/linkcode"
	"kofu/internal/store"
)

// Keyless asks for a booking of persons who have no code from the office. It
// gets an access key of its own.
type Keyless struct {
	Tenant   int
	Token    string // one-time, from the form
	By       By     // without a Link
	Guests   []slot.Procs
	SlotID   string
	Side     slot.Side
	Adjacent bool
	Lang     string
	Rules    Rules `json:"-"`

	// Who asks is only counted, by keyed hashes.
	Keys    member.Keys `json:"-"`
	Mail    string      `json:"-"` // in one form, such as in small letters
	Phone   string      `json:"-"`
	Address netip.Addr  `json:"-"`
}

// keylessLasts is how long an access key opens its booking after the visit.
const keylessLasts = 30 * 24 * time.Hour

// BookKeylessIn books for persons without a code. The booking is pending until
// it is confirmed by mail, see [ConfirmIn]; it is active at once where the
// office books or where the municipality takes no mail addresses. The key opens
// it from now on and is not kept; the same request sent again gives the same
// one. Errors: as [Book]; fault.Forbidden "booking.open_off" where such bookings
// are not possible; fault.Invalid "booking.mail_needed", "booking.no_contact";
// fault.TooMany "booking.open_too_many".
func BookKeylessIn(tx *store.Tx, k Keyless) (b Booking, key linkcode.Key, fresh bool, err error) {
	state, err := k.check()
	if err != nil {
		return Booking{}, "", false, err
	}
	token, err := onceOf(k.Tenant, k.Token, "keyless", k)
	if err != nil {
		return Booking{}, "", false, err
	}
	key = member.NewKey(k.Keys, k.Token)
	id := ulid.New(tx.Now)
	earlier, spent, err := token.spend(tx, id)
	if err != nil || spent {
		return earlier, key, false, err
	}
	if err := k.count(tx); err != nil {
		return Booking{}, "", false, err
	}
	r, err := k.request(tx, key)
	if err != nil {
		return Booking{}, "", false, err
	}
	b = Booking{ID: id, State: state}
	if state == Pending {
		b.Until = tx.Now.Add(or(k.Rules.Confirm, StandardConfirm))
	}
	if err := r.make(tx, &b); err != nil {
		return Booking{}, "", false, err
	}
	return b, key, true, audit.Append(tx, "booking.made", Object(k.Tenant, id), b.trace(k.By))
}

// check says in which state the booking begins.
func (k Keyless) check() (State, error) {
	if err := k.By.check(); err != nil {
		return "", err
	}
	switch {
	case len(k.Guests) == 0 || k.By.Link != "" || slices.Contains(k.Guests, "") || len(k.Keys) == 0:
		return "", fault.New(fault.Invalid, "booking.bad_request")
	case k.Rules.NoContact && (k.Mail != "" || k.Phone != ""):
		return "", fault.New(fault.Invalid, "booking.no_contact")
	case k.By.office():
		return Active, nil
	case k.Rules.NoContact && !k.Rules.Unconfirmed:
		return "", fault.New(fault.Forbidden, "booking.open_off")
	case k.Rules.NoContact:
		return Active, nil
	case k.Mail == "":
		return "", fault.New(fault.Invalid, "booking.mail_needed")
	}
	return Pending, nil
}

// count bounds such bookings of residents within a day.
func (k Keyless) count(tx *store.Tx) error {
	if k.By.office() {
		return nil
	}
	for _, c := range []struct {
		scope   member.Scope
		subject string
		limit   int
	}{
		{member.OfMail, k.Mail, or(k.Rules.PerMail, standardPerContact)},
		{member.OfPhone, k.Phone, or(k.Rules.PerPhone, standardPerContact)},
		{member.OfNetwork, k.Address.String(), or(k.Rules.PerAddress, standardPerAddress)},
	} {
		if c.subject == "" {
			continue
		}
		subject := member.Subject(k.Keys, string(c.scope), c.subject)
		if c.scope == member.OfNetwork {
			subject = member.Network(k.Keys, k.Address)
		}
		err := member.Spend(tx, k.Tenant, c.scope, subject, c.limit)
		if f, told := fault.As(err); told && f.Kind == fault.TooMany {
			return fault.New(fault.TooMany, "booking.open_too_many")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// request makes the pseudonyms and the request in their names.
func (k Keyless) request(tx *store.Tx, key linkcode.Key) (Request, error) {
	until := tx.Now.Add(keylessLasts)
	if s, found, err := slot.ByID(tx.Rx, k.Tenant, k.SlotID); err != nil {
		return Request{}, err
	} else if found {
		until = s.Starts.Add(keylessLasts)
	}
	links, err := member.AddGuests(tx, k.Tenant, k.Keys, key, k.Guests, until)
	if err != nil {
		return Request{}, err
	}
	r := Request{
		Tenant: k.Tenant, By: k.By, SlotID: k.SlotID, Side: k.Side, Adjacent: k.Adjacent, Lang: k.Lang, Rules: k.Rules,
		keyless: true,
	}
	if !k.By.office() {
		r.By.Link, r.Mode = links[0], keyMode
	}
	for i, link := range links {
		r.Guests = append(r.Guests, Guest{Link: link, Gen: 1, Procs: k.Guests[i]})
	}
	r.sort()
	return r, nil
}

// keyMode names the sign-in by an access key in the terms of procedures.
const keyMode = "accesskey"

// ConfirmIn makes a pending booking active: its mail was answered. Confirmed
// again it stays as it is. Errors: fault.NotFound "booking.unknown";
// fault.Conflict "booking.confirm_late" when the time has passed, whether the
// seats have been freed yet or not; "booking.gone"; "slot.closed" when the office
// has closed the day meanwhile.
func ConfirmIn(tx *store.Tx, tenant int, bookingID string) (b Booking, fresh bool, err error) {
	j := open(tx, tenant)
	if b, err = j.withPersons(bookingID); err != nil {
		return Booking{}, false, err
	}
	switch late := !b.Until.IsZero() && !tx.Now.Before(b.Until); {
	case b.State == Expired, b.State == Pending && late:
		return Booking{}, false, fault.New(fault.Conflict, "booking.confirm_late", "no", b.No, "until", moment(b.ended(tx.Now)))
	case b.State.Ended():
		return Booking{}, false, fault.New(fault.Conflict, "booking.gone", "no", b.No)
	case b.State != Pending:
		return b, false, nil
	}
	if err := b.dayOpen(tx.Rx, tenant); err != nil {
		return Booking{}, false, err
	}
	if err := b.apply(Confirming, b.in(Pending)...); err != nil {
		return Booking{}, false, err
	}
	if err := j.place(&b, "", true); err != nil {
		return Booking{}, false, err
	}
	if err := saveAll(tx, tenant, b, j.last); err != nil {
		return Booking{}, false, err
	}
	if err := j.close(); err != nil {
		return Booking{}, false, err
	}
	return b, true, audit.Append(tx, "booking.confirmed", Object(tenant, b.ID), b.trace(By{Via: b.Via}))
}

// ended is when a booking expired, as far as it is known.
func (b Booking) ended(now time.Time) time.Time {
	if b.Until.IsZero() || b.Until.After(now) {
		return now
	}
	return b.Until
}

func moment(t time.Time) string { return t.In(store.Tokyo).Format("2006-01-02 15:04") }

// SignInByKey opens the booking of an access key. no is the receipt number where
// it was asked for, or "". Errors: those of [member.SignInByKey].
func SignInByKey(ctx context.Context, db *store.DB, actor store.Actor, keys member.Keys, a member.KeyAttempt, no string) (b Booking, link string, err error) {
	defer fault.Add(&err, "reserve.SignInByKey(%d)", a.Tenant)
	m, err := member.SignInByKey(ctx, db, actor, keys, a, func(rx *store.Rx, m member.Member) (bool, error) {
		all, err := Of(rx, a.Tenant, m.Link)
		if err != nil || len(all) == 0 {
			return false, err
		}
		b = all[len(all)-1]
		return no == "" || no == b.No, nil
	})
	if err != nil {
		return Booking{}, "", err
	}
	return b, m.Link, nil
}
