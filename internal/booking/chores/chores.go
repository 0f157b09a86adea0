// Package chores says what the booking service does by itself and when: it makes
// slots, ends what nobody confirmed or answered, sends mail, numbers logs, notes
// who did not come, forgets what is old, and checks its own books. Each is one
// call of the package that knows how; package jobs sees to it that it is done
// once. Writes no tables.
package chores

import (
	"context"
	"errors"
	"strconv"
	"time"

	"kofu/internal/audit"
	"kofu/internal/booking/contact"
	"kofu/internal/booking/daylist"
	"kofu/internal/booking/front"
	"kofu/internal/booking/inquiry"
	"kofu/internal/booking/jobs"
	"kofu/internal/booking/mail"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/sync"
	"kofu/internal/booking/terms"
	"kofu/internal/booking/town"
	"kofu/internal/booking/visitor"
	"kofu/internal/booking/wish"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/paper"
	"kofu/internal/store"
)

// Deps is what the chores stand on.
type Deps struct {
	Keys func(tenant int) (town.Keys, error)
	Base func(town.Town) string // where residents find the pages
	// Press gives the fonts of papers.
	Press func(time.Time) (paper.Press, error)
	// Dumps is the folder of the nightly dumps, "" for none.
	Dumps string
}

// How long traces are kept that only the service itself needs.
const (
	tokenAge = 24 * time.Hour
	mailAge  = 90 * 24 * time.Hour
	wishAge  = 90 * 24 * time.Hour
)

// alarmAt is the share of the budgets against guessing, in percent, from which
// the city hears of it.
const alarmAt = 50

// All returns the jobs. The minutes are those of the day in Japan.
func All(d Deps) []jobs.Job {
	list := []jobs.Job{
		{ID: "audit", Steady: true, Next: jobs.Every(time.Second), Run: number},
		{ID: "events", Steady: true, Next: jobs.Every(5 * time.Second), Run: events},
		{ID: "mail", Steady: true, Next: jobs.Every(5 * time.Second), Run: d.mail},
		{ID: "offers", Steady: true, Next: jobs.Every(15 * time.Second), Run: d.offers},
		{ID: "pending", Steady: true, Next: jobs.Every(20 * time.Second), Run: pending},
		{ID: "missed", Next: jobs.Every(time.Minute), Run: missed},
		{ID: "guessing", Next: jobs.Every(time.Minute), Run: guessing},
		{ID: "checkpoint", Next: jobs.Every(10 * time.Minute), Run: d.checkpoint},
		{ID: "slots", Next: jobs.Daily(1), Run: slots},
		{ID: "settle", Next: jobs.Daily(30), Run: d.settle},
		{ID: "forget", Next: jobs.Daily(2 * 60), Run: forget},
		{ID: "check", Next: jobs.Daily(3 * 60), Run: check},
		{ID: "remind", Next: jobs.Daily(10 * 60), Run: d.remind},
		{ID: "daylist", Next: jobs.Daily(19 * 60), Run: d.daylist},
	}
	if d.Dumps != "" {
		list = append(list, jobs.Job{ID: "dump", Next: jobs.Daily(4 * 60), Run: d.dump})
	}
	return list
}

// number gives the records of the audit log their numbers.
func number(ctx context.Context, t jobs.Task) (jobs.Counts, error) {
	n, err := audit.Sequence(ctx, t.DB, t.Actor)
	return jobs.Counts{"records": n}, err
}

// events numbers the log for the office.
func events(ctx context.Context, t jobs.Task) (jobs.Counts, error) {
	n, err := sync.NumberAll(ctx, t.DB, t.Actor, t.Town.ID)
	return jobs.Counts{"events": n}, err
}

// mail sends what waits. A server that cannot be reached is an alarm.
func (d Deps) mail(ctx context.Context, t jobs.Task) (jobs.Counts, error) {
	keys, err := d.Keys(t.Town.ID)
	if err != nil {
		return nil, err
	}
	run, err := mail.Send(ctx, t.DB, t.Actor, keys.Ring, t.Town.ID)
	counts := jobs.Counts{"sent": run.Sent, "rejected": run.Rejected, "later": run.Later}
	if err == nil && run.Problem != "" {
		err = fault.New(fault.Unavailable, run.Problem)
	}
	return counts, err
}

// offers brings the waiting list up to date.
func (d Deps) offers(ctx context.Context, t jobs.Task) (jobs.Counts, error) {
	desk, err := d.desk(t)
	if err != nil {
		return nil, err
	}
	s, err := desk.ServeWishes(ctx, t.Actor)
	return jobs.Counts{"offered": s.Offered, "accepted": s.Accepted, "declined": s.Declined, "expired": s.Expired, "over": s.Over}, err
}

// pending ends bookings that nobody confirmed in time.
func pending(ctx context.Context, t jobs.Task) (jobs.Counts, error) {
	n, err := reserve.ExpirePending(ctx, t.DB, t.Actor, t.Town.ID)
	return jobs.Counts{"ended": n}, err
}

// missed notes, for the time being, who has not come.
func missed(ctx context.Context, t jobs.Task) (jobs.Counts, error) {
	n, err := reserve.MarkMissed(ctx, t.DB, t.Actor, t.Town.ID)
	return jobs.Counts{"bookings": n}, err
}

// guessing raises an alarm before the budgets against guessing codes close the
// door for everybody.
func guessing(ctx context.Context, t jobs.Task) (jobs.Counts, error) {
	percent := 0
	err := t.DB.Read(ctx, func(rx *store.Rx) (err error) {
		percent, err = member.Pressure(rx, t.Town.ID)
		return err
	})
	if err == nil && percent >= alarmAt {
		err = fault.New(fault.TooMany, "chores.guessing", "percent", strconv.Itoa(percent))
	}
	return jobs.Counts{"percent": percent}, err
}

// checkpoint signs the audit log when it has grown.
func (d Deps) checkpoint(ctx context.Context, t jobs.Task) (jobs.Counts, error) {
	keys, err := d.Keys(t.Town.ID)
	if err != nil {
		return nil, err
	}
	signed := 0
	err = t.DB.Write(ctx, t.Actor, func(tx *store.Tx) error {
		latest, err := audit.Latest(tx.Rx)
		if err != nil {
			return err
		}
		size, err := audit.Size(tx.Rx)
		if err != nil || size == latest.Size {
			return err
		}
		signed = 1
		_, err = audit.Sign(tx, keys.Ring.Signer())
		return err
	})
	return jobs.Counts{"signed": signed}, err
}

// slots makes the slots of the days that the horizon has reached and releases
// seats.
func slots(ctx context.Context, t jobs.Task) (jobs.Counts, error) {
	r, err := slot.Generate(ctx, t.DB, t.Actor, t.Town.ID)
	return jobs.Counts{"added": r.Added, "changed": r.Changed, "closed": r.Closed, "over": len(r.Over)}, err
}

// settle decides about bookings for which no day-close came, and writes to those
// who finally did not come.
func (d Deps) settle(ctx context.Context, t jobs.Task) (jobs.Counts, error) {
	policy, err := policyOf(ctx, t)
	if err != nil {
		return nil, err
	}
	closed, err := reserve.Settle(ctx, t.DB, t.Actor, t.Town.ID, policy.SettleDays, policy.Reception == "cloud")
	if err != nil {
		return nil, err
	}
	desk, err := d.desk(t)
	if err != nil {
		return nil, err
	}
	told, err := desk.TellNoShows(ctx, t.Actor)
	return jobs.Counts{"noshow": closed.NoShow, "unreconciled": closed.Unreconciled, "told": told}, err
}

// remind writes to those who come on the next business day.
func (d Deps) remind(ctx context.Context, t jobs.Task) (jobs.Counts, error) {
	desk, err := d.desk(t)
	if err != nil {
		return nil, err
	}
	n, err := desk.Remind(ctx, t.Actor)
	return jobs.Counts{"mails": n}, err
}

// daylist makes the papers of the next open day.
func (d Deps) daylist(ctx context.Context, t jobs.Task) (jobs.Counts, error) {
	n, err := daylist.Make(ctx, t.DB, t.Actor, t.Town.ID, d.Press)
	return jobs.Counts{"lists": n}, err
}

// dump writes everything of the municipality into a file that loads alone.
func (d Deps) dump(ctx context.Context, t jobs.Task) (jobs.Counts, error) {
	rows, err := town.Dump(ctx, t.DB, t.Actor, d.Dumps, jpdate.Day(store.Day(t.Now)))
	return jobs.Counts{"rows": rows}, err
}

func (d Deps) desk(t jobs.Task) (*front.Desk, error) {
	keys, err := d.Keys(t.Town.ID)
	return &front.Desk{DB: t.DB, Tenant: t.Town.ID, Ring: keys.Ring, Base: d.Base(t.Town)}, err
}

func policyOf(ctx context.Context, t jobs.Task) (p terms.Policy, err error) {
	err = t.DB.Read(ctx, func(rx *store.Rx) (err error) {
		p, err = terms.LoadPolicy(rx, t.Town.ID)
		return err
	})
	return p, err
}

// forget removes what has been kept long enough. What fails keeps no other step
// from being done.
func forget(ctx context.Context, t jobs.Task) (jobs.Counts, error) {
	var all *terms.Terms
	err := t.DB.Read(ctx, func(rx *store.Rx) (err error) {
		all, err = terms.Load(rx, t.Town.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	age := time.Duration(all.Policy.LinkDays) * 24 * time.Hour
	counts := jobs.Counts{"bookings": 0, "inquiries": 0, "members": 0, "values": 0}
	var failed []error
	for _, step := range []func() error{
		func() error { return erase(ctx, t, all, counts) },
		func() error { return forgetInquiries(ctx, t, age, counts) }, // before the members they name
		func() error {
			gone, err := reserve.Anonymise(ctx, t.DB, t.Actor, t.Town.ID, age)
			counts["bookings"], counts["members"] = gone.Bookings, int(gone.Members)
			return err
		},
		func() error { return mail.Forget(ctx, t.DB, t.Actor, t.Town.ID, mailAge) },
		func() error { return wish.Forget(ctx, t.DB, t.Actor, t.Town.ID, wishAge) },
		func() error { return visitor.Forget(ctx, t.DB, t.Actor, t.Town.ID) },
		func() error { return member.Forget(ctx, t.DB, t.Actor, t.Town.ID) },
		func() error { return reserve.ForgetTokens(ctx, t.DB, t.Actor, t.Town.ID, tokenAge) },
	} {
		failed = append(failed, step())
	}
	return counts, errors.Join(failed...)
}

// erase removes contact data whose time is over.
func erase(ctx context.Context, t jobs.Task, all *terms.Terms, counts jobs.Counts) error {
	erased, err := contact.Erase(ctx, t.DB, t.Actor, t.Town.ID, all)
	for _, n := range erased.Values {
		counts["values"] += int(n)
	}
	for _, n := range erased.Answers {
		counts["values"] += int(n)
	}
	return err
}

func forgetInquiries(ctx context.Context, t jobs.Task, age time.Duration, counts jobs.Counts) error {
	return t.DB.Write(ctx, t.Actor, func(tx *store.Tx) error {
		n, err := inquiry.Forget(tx, t.Town.ID, store.Stamp(tx.Now.Add(-age)))
		counts["inquiries"] = int(n)
		return err
	})
}

// check compares the counters of the slots with the bookings. A difference is an
// alarm; nothing is corrected.
func check(ctx context.Context, t jobs.Task) (jobs.Counts, error) {
	var breaches []reserve.Breach
	err := t.DB.Read(ctx, func(rx *store.Rx) (err error) {
		breaches, err = reserve.Check(rx, t.Town.ID)
		return err
	})
	if err == nil && len(breaches) > 0 {
		err = fault.New(fault.Conflict, "chores.breaches", "count", strconv.Itoa(len(breaches)))
	}
	return jobs.Counts{"breaches": len(breaches)}, err
}
