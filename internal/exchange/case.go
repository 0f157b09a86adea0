package exchange

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kofu/internal/agree"
	"kofu/internal/audit"
	"kofu/internal/counter"
	"kofu/internal/entry"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Case is one line of the list 「要連絡」.
type Case struct {
	ID        int64
	Kind      agree.Case
	Booking   string
	Link      string
	Other     string // booking of the office that counts, "" for none
	Window    string // of a slot, where the case is about one
	Start     string
	Over      int
	Refused   event.Refusal // that was sent back, "" for nothing
	Ask       bool          // a clerk decides whether the booking stands
	OpenedAt  string
	Decision  Decision // "" while open
	Note      string
	DecidedAt string
	DecidedBy string
}

// Decision is what became of a case.
type Decision string

// The decisions.
const (
	Told    Decision = "told"    // the person was reached, or nobody needs to be
	Keep    Decision = "keep"    // the booking stands
	Refuse  Decision = "refuse"  // the booking does not stand; the booking service writes to the resident
	Settled Decision = "settled" // went away by itself: cancelled, moved, come after all
)

// Decisions are those that fit the case, the nearest first. A booking whose code
// is not known here stays in quarantine for as long as nobody refuses it.
func (c Case) Decisions() []Decision {
	switch {
	case c.Kind == agree.CaseUnknown:
		return []Decision{Refuse, Told}
	case c.Ask:
		return []Decision{Refuse, Keep}
	}
	return []Decision{Told}
}

// Kinds are the cases that come onto the list, in their order.
var Kinds = []agree.Case{
	agree.CaseWithdrawn, agree.CaseOlderCard, agree.CaseTwice, agree.CaseLate, agree.CaseOver, agree.CaseShut, agree.CaseUnknown,
}

// Story names what has happened, for the words that explain it.
func (c Case) Story() string {
	switch c.Kind {
	case agree.CaseTwice:
		return "twice"
	case agree.CaseLate:
		return "late"
	case agree.CaseOver:
		return "over"
	case agree.CaseShut:
		return "shut"
	case agree.CaseUnknown:
		return "unknown"
	}
	story := "withdrawn_"
	if c.Kind == agree.CaseOlderCard {
		story = "older_"
	}
	switch {
	case c.Ask:
		return story + "ask"
	case c.Refused != "":
		return story + "refused"
	}
	return story + "own"
}

// open puts findings on the list; one that stands there already stays.
func open(tx *store.Tx, found []counter.Finding) error {
	for _, f := range found {
		if err := putCase(tx, Case{
			Kind: f.Case, Booking: f.Booking, Link: f.Link, Other: f.Other, Refused: f.Refused, Ask: f.Ask || f.Held,
		}); err != nil {
			return err
		}
	}
	return nil
}

// over opens, replaces or ends the case of a slot that is taken beyond what it
// holds (case 8). After a restore everything is said again: what a clerk has
// decided of just so many seats stays decided until the slot holds them again.
func over(tx *store.Tx, e event.CapacityOver) error {
	if e.Over == 0 {
		return endOver(tx, e.Window, e.Start)
	}
	decided, err := overDecided(tx.Rx, e)
	if err != nil || decided {
		return err
	}
	return putCase(tx, Case{Kind: agree.CaseOver, Window: e.Window, Start: e.Start, Over: e.Over})
}

// allOver takes over all slots that are taken beyond what they hold: the cases of
// others end.
func allOver(tx *store.Tx, all []event.CapacityOver) error {
	before, err := overs(tx.Rx)
	if err != nil {
		return err
	}
	for _, e := range before {
		if !slices.ContainsFunc(all, func(is event.CapacityOver) bool { return is.Window == e.Window && is.Start == e.Start }) {
			e.Over = 0
			all = append(all, e)
		}
	}
	for _, e := range all {
		if err := over(tx, e); err != nil {
			return err
		}
	}
	return nil
}

// closeMoot ends cases about bookings for which nothing is left to be decided.
func closeMoot(tx *store.Tx) error {
	passing, err := passing(tx.Rx)
	if err != nil {
		return err
	}
	for _, c := range passing {
		moot, err := c.moot(tx)
		if err != nil {
			return err
		}
		if moot {
			if _, err := decide(tx, c.ID, Settled, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// moot reports whether the booking stands no longer or is in order by now.
func (c Case) moot(tx *store.Tx) (bool, error) {
	b, err := counter.ByID(tx.Rx, c.Booking)
	if fault.Is(err, fault.NotFound, "counter.unknown") {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if c.Kind == agree.CaseShut {
		shut, err := counter.Shut(tx.Rx, b)
		return !shut, err
	}
	for _, p := range b.Persons {
		if p.Link != c.Link {
			continue
		}
		if !p.Expected() {
			return true, nil
		}
		v, err := counter.Verdict(tx.Rx, b, p)
		return !v.Ask && !v.Hold, err
	}
	return true, nil
}

// Decide records what a clerk has decided about a case. Refusing a booking tells
// the booking service, which writes to the resident. Errors: fault.NotFound
// "exchange.no_case"; fault.Conflict "exchange.case_decided"; fault.Invalid
// "exchange.bad_decision"; those of counter.Refuse.
func (o Office) Decide(ctx context.Context, actor store.Actor, id int64, d Decision, note string) (err error) {
	defer fault.Add(&err, "exchange.Decide(%d)", id)
	if err := entry.Check(note); err != nil {
		return err
	}
	return o.DB.Write(ctx, actor, func(tx *store.Tx) error {
		_, err := decideCase(tx, id, d, note)
		return err
	})
}

// Move brings the booking of the office whose window is shut to another time and
// closes its case, both or neither. Errors: those of [Office.Decide] and of
// counter.Move; fault.Invalid "exchange.bad_decision" for another kind of case.
func (o Office) Move(ctx context.Context, actor store.Actor, id int64, windowID string, starts time.Time, note string) (err error) {
	defer fault.Add(&err, "exchange.Move(%d)", id)
	if err := entry.Check(note); err != nil {
		return err
	}
	return o.DB.Write(ctx, actor, func(tx *store.Tx) error {
		c, err := decideCase(tx, id, Told, note)
		if err != nil {
			return err
		}
		if c.Kind != agree.CaseShut {
			return fault.New(fault.Invalid, "exchange.bad_decision")
		}
		_, err = counter.Move(tx, c.Booking, windowID, starts)
		return err
	})
}

func decideCase(tx *store.Tx, id int64, d Decision, note string) (Case, error) {
	c, err := CaseByID(tx.Rx, id)
	if err != nil {
		return c, err
	}
	if !slices.Contains(c.Decisions(), d) {
		return c, fault.New(fault.Invalid, "exchange.bad_decision")
	}
	n, err := decide(tx, id, d, note)
	if err != nil {
		return c, err
	}
	if n == 0 {
		return c, fault.New(fault.Conflict, "exchange.case_decided", "by", c.DecidedBy, "decision", "@case.decision."+string(c.Decision))
	}
	if d == Refuse {
		if err := counter.Refuse(tx, c.Booking, c.Link, event.Withdrawn); err != nil {
			return c, err
		}
	}
	return c, audit.Append(tx, "exchange.case_decided", fmt.Sprintf("exchange_case/%d", id), map[string]any{"case": c.Kind, "decision": d})
}
