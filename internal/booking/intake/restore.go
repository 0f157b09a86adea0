package intake

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"

	"kofu/internal/agree"
	"kofu/internal/audit"
	"kofu/internal/booking/member"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/sync"
	"kofu/internal/booking/town"
	"kofu/internal/booking/ulid"
	"kofu/internal/booking/visitor"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/relay"
	"kofu/internal/store"
)

// Restored begins to find back after the database of the service was put back to
// an older state: the log begins anew and asks the office for all that it knows.
// Until its answer is taken in and somebody has compared the counts, residents
// read that they should call, no job runs and nothing is booked: the service does
// not know what it has promised. Error: fault.Conflict "intake.never_exchanged".
func (n *End) Restored(ctx context.Context, actor store.Actor) (err error) {
	defer fault.Add(&err, "intake.Restored(%d)", n.Desk.Tenant)
	return n.Desk.DB.Write(ctx, actor, func(tx *store.Tx) error {
		s, err := relay.Lock(tx)
		if err != nil {
			return err
		}
		if s.Epoch == "" {
			return fault.New(fault.Conflict, "intake.never_exchanged")
		}
		if _, under, err := sync.Recovering(tx.Rx, n.Desk.Tenant); err != nil {
			return err
		} else if under {
			return fault.New(fault.Conflict, "intake.restoring")
		}
		head, err := sync.Log{}.Head(tx.Rx)
		if err != nil {
			return err
		}
		asked := event.LogRestored{Was: s.Epoch, Head: head}
		if err := sync.Renew(tx, n.Desk.Tenant, ulid.New(tx.Now), asked); err != nil {
			return err
		}
		if _, err := relay.Renew(tx, rand.Reader); err != nil {
			return err
		}
		if err := forgetTold(tx, n.Desk.Tenant); err != nil { // it may have heard of a later configuration
			return err
		}
		if err := town.Hold(tx, n.Desk.Tenant); err != nil {
			return err
		}
		return audit.Append(tx, "intake.restored", fmt.Sprintf("tenant/%d", n.Desk.Tenant), map[string]any{"was": asked.Was, "head": head})
	})
}

// forgot refuses a bundle that knows what our database does not: it was put back to
// an older state. While it finds back already, that is no news.
func (n *End) forgot(rx *store.Rx) error {
	r, is, err := sync.Recovering(rx, n.Desk.Tenant)
	if err == nil && (!is || r.Answered != "") {
		return fault.New(fault.Conflict, "intake.put_back")
	}
	return err
}

// ConfirmRestore says that somebody has compared the counts of the answer with
// this database: residents book and bundles leave again. Error: fault.Conflict
// "sync.no_recovery" while there is no answer.
func (n *End) ConfirmRestore(ctx context.Context, actor store.Actor) (err error) {
	defer fault.Add(&err, "intake.ConfirmRestore(%d)", n.Desk.Tenant)
	return n.Desk.DB.Write(ctx, actor, func(tx *store.Tx) error {
		r, err := sync.Compared(tx, n.Desk.Tenant)
		if err != nil {
			return err
		}
		if err := town.LetGo(tx, n.Desk.Tenant); err != nil {
			return err
		}
		return audit.Append(tx, "intake.restore_confirmed", fmt.Sprintf("tenant/%d", n.Desk.Tenant), map[string]any{
			"links": r.Counts.Links, "bookings": r.Counts.Bookings, "days": r.Counts.Days,
		})
	})
}

// Recovery is what is under way after our database was put back, false for
// nothing.
func (n *End) Recovery(ctx context.Context) (r sync.Recovery, is bool, err error) {
	err = n.Desk.DB.Read(ctx, func(rx *store.Rx) (err error) {
		r, is, err = sync.Recovering(rx, n.Desk.Tenant)
		return err
	})
	return r, is, err
}

// prepare makes the slots that an answer speaks of, where one is awaited: those
// of the days that have passed since the backup.
func (n *End) prepare(ctx context.Context, actor store.Actor) error {
	r, is, err := n.Recovery(ctx)
	if err == nil && is && r.Answered == "" {
		_, err = slot.Generate(ctx, n.Desk.DB, actor, n.Desk.Tenant)
	}
	return err
}

// hearing carries out the events of one bundle in one transaction.
type hearing struct {
	*End
	tx       *store.Tx
	asked    event.LogRestored
	awaiting bool    // our database was put back and the answer has not come
	answer   *answer // being taken in
	answered bool
	setAside int // events
}

// answer is that of the office while it is taken in. Its bookings are kept until
// the last has come: who has left one may be in another.
type answer struct {
	begin    event.SnapshotBegin
	lost     bool
	bookings []told
	unheard  []string // codes of which the office does not know that they were used
}

type told struct {
	relay.Event
	event.SnapshotBooking
}

func (n *End) hear(tx *store.Tx) (*hearing, error) {
	r, is, err := sync.Recovering(tx.Rx, n.Desk.Tenant)
	return &hearing{End: n, tx: tx, asked: r.Asked, awaiting: is && r.Answered == ""}, err
}

func (h *hearing) event(e relay.Event) error {
	_, _, body, err := event.Decode(e.Line)
	if err != nil {
		return err
	}
	if h.awaiting {
		return h.recover(e, body)
	}
	switch body.(type) {
	case event.SnapshotBegin, event.SnapshotLink, event.SnapshotBooking, event.SnapshotDay, event.CapacityOver, event.SnapshotEnd:
		return nil // an answer that has been taken in, or to a question that was asked anew
	}
	return h.aside(e, body, h.apply(h.tx, body))
}

// aside sets an event aside that is about something unknown.
func (h *hearing) aside(e relay.Event, body event.Body, err error) error {
	if reason, aside := setAsideFor(err); aside {
		h.setAside++
		return setAside(h.tx, h.Desk.Tenant, e, event.Subject(body), reason)
	}
	return err
}

// recover takes in the answer; of all else the answer says what has become of it.
func (h *hearing) recover(e relay.Event, body event.Body) error {
	if begin, is := body.(event.SnapshotBegin); is {
		s, err := relay.Load(h.tx.Rx)
		if err == nil && begin.For == s.Epoch {
			h.answer = &answer{begin: begin, lost: agree.Lost(h.asked, begin)}
		}
		return err
	}
	if h.answer == nil {
		return nil
	}
	switch b := body.(type) {
	case event.SnapshotLink:
		return h.retakeLink(b)
	case event.SnapshotBooking:
		h.answer.bookings = append(h.answer.bookings, told{e, b})
	case event.SnapshotDay:
		taking, err := h.Desk.Retake(h.tx, h.answer.lost)
		if err != nil {
			return err
		}
		return h.aside(e, b, taking.Day(b))
	case event.CapacityOver: // whether it still is, the office is told with the configuration
		return noteTold(h.tx, h.Desk.Tenant, overObject(b), "")
	case event.SnapshotEnd:
		return h.end(b)
	}
	return nil
}

// retakeLink takes over a code. Whoever has a letter that was replaced since is
// out.
func (h *hearing) retakeLink(e event.SnapshotLink) error {
	was, mine, err := h.link(h.tx.Rx, e.Link)
	if err != nil {
		return err
	}
	now := agree.MergeLink(agree.Cloud, mine, agree.Link{State: agree.LinkState(e.State), Gen: e.Gen}, h.answer.lost)
	m, err := h.memberOf(event.LinkIssue{
		Link: e.Link, Hash: e.Hash, BirthHash: e.BirthHash, Key: e.Key, Gen: now.Gen, Svc: e.Svc, Windows: e.Windows, BookFrom: e.BookFrom, Until: e.Until,
		Group: e.Group, Ordinal: e.Ordinal, OfficeOnly: e.OfficeOnly, Lang: e.Lang,
	})
	if err != nil {
		return err
	}
	m.State = member.State(now.State)
	if mine.State != agree.Unknown && !bytes.Equal(was.CodeMAC, m.CodeMAC) {
		if err := member.Rekey(h.tx, h.Desk.Tenant, m); err != nil {
			return err
		}
		if err := visitor.EndOf(h.tx, h.Desk.Tenant, e.Link); err != nil {
			return err
		}
	}
	if err := member.Issue(h.tx, h.Desk.Tenant, m); err != nil {
		return err
	}
	switch {
	case e.Used != "":
		return member.KnowOpened(h.tx, h.Desk.Tenant, e.Link, e.Used)
	case was.OpenedAt != "":
		h.answer.unheard = append(h.answer.unheard, e.Link)
	}
	return nil
}

// end takes the bookings over and does again what follows from the facts. Whose
// booking the office has ended meanwhile is told.
func (h *hearing) end(e event.SnapshotEnd) error {
	taking, err := h.Desk.Retake(h.tx, h.answer.lost)
	if err != nil {
		return err
	}
	for _, b := range h.answer.bookings {
		if err := taking.Leave(b.SnapshotBooking); err != nil {
			return err
		}
	}
	for _, b := range h.answer.bookings {
		if err := h.aside(b.Event, b.SnapshotBooking, taking.Booking(b.SnapshotBooking, slotIn(b.Window))); err != nil {
			return err
		}
	}
	after := h.answer.begin.Seen
	if h.answer.lost {
		after = -1
	}
	if err := sync.Recovered(h.tx, h.Desk.Tenant, after, e); err != nil {
		return err
	}
	if err := h.tellOpened(); err != nil {
		return err
	}
	ended, err := taking.Done()
	if err != nil {
		return err
	}
	if err := h.Desk.TellOffice(h.tx, ended); err != nil {
		return err
	}
	h.awaiting, h.answer, h.answered = false, nil, true
	return audit.Append(h.tx, "intake.answered", fmt.Sprintf("tenant/%d", h.Desk.Tenant), map[string]any{
		"links": e.Links, "bookings": e.Bookings, "days": e.Days,
	})
}

// tellOpened says anew which letters have arrived, where the old log is no longer
// what the office has heard.
func (h *hearing) tellOpened() error {
	if !h.answer.lost {
		return nil
	}
	for _, link := range h.answer.unheard {
		if err := member.TellOpened(h.tx, h.Desk.Tenant, link); err != nil {
			return err
		}
	}
	return nil
}
