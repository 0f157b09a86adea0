package exchange

import (
	"context"
	"crypto/rand"
	"io"

	"kofu/internal/agree"
	"kofu/internal/audit"
	"kofu/internal/counter"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/link"
	"kofu/internal/officelog"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/store"
)

// The sides whose database can be put back.
const (
	OfficeSide = "office"
	CloudSide  = "cloud"
)

// Restore is what is under way after a database was put back to an older state.
type Restore struct {
	Side     string
	Was      string // its epoch before
	Seen     int64  // its last event applied here, for CloudSide
	AskedAt  string
	Answered string // instant, "" while the answer is awaited
	Links    int    // counts of the answer
	Bookings int
	Days     int
	Unknown  int // codes of the answer that no letter of this office carries
}

// Restored begins to find back after this database was put back to an older
// state: the log begins anew and asks the booking service for all that it knows.
// Until its answer is taken in nothing is said, and whatever would have to be said
// is refused. Errors: fault.Conflict "exchange.never_exchanged"; while the counts
// of one that has begun are not confirmed, fault.Conflict "exchange.restoring".
func (o Office) Restored(ctx context.Context, actor store.Actor) (err error) {
	defer fault.Add(&err, "exchange.Restored")
	return o.DB.Write(ctx, actor, func(tx *store.Tx) error {
		s, err := relay.Lock(tx)
		if err != nil {
			return err
		}
		if s.Epoch == "" {
			return fault.New(fault.Conflict, "exchange.never_exchanged")
		}
		if r, under, err := Restoring(tx.Rx); err != nil {
			return err
		} else if under && r.Side == OfficeSide {
			return fault.New(fault.Conflict, "exchange.restoring")
		}
		head, err := officelog.Log{}.Head(tx.Rx)
		if err != nil {
			return err
		}
		if err := officelog.Restart(tx, event.LogRestored{Was: s.Epoch, Head: head}); err != nil {
			return err
		}
		if _, err := relay.Renew(tx, rand.Reader); err != nil {
			return err
		}
		if err := saveRestore(tx, Restore{Side: OfficeSide, Was: s.Epoch, AskedAt: store.Stamp(tx.Now)}); err != nil {
			return err
		}
		return audit.Append(tx, "exchange.restored", "exchange", map[string]any{"head": head})
	})
}

// snapshot is the answer to a restore of this side while it is taken in.
type snapshot struct {
	begin event.SnapshotBegin
	lost  bool
	links *link.Taking
	held  map[string]bool // bookings and days of it
	over  []event.CapacityOver
}

// recover carries out an event while this side finds back: the configuration,
// and the answer.
func (h *hearing) recover(b event.Body) error {
	switch e := b.(type) {
	case event.ConfigRules, event.ConfigWindow, event.ConfigCapacity:
		_, _, err := counter.Hear(h.tx, 0, b)
		return err
	case event.SnapshotBegin:
		return h.begin(e)
	}
	if h.answer == nil {
		return nil
	}
	switch e := b.(type) {
	case event.SnapshotLink:
		return h.answer.links.Link(e)
	case event.SnapshotBooking:
		h.answer.held[e.Booking] = true
		return counter.TakeBooking(h.tx, e, h.answer.lost)
	case event.SnapshotDay:
		h.answer.held[e.Window+" "+e.Date] = true
		return counter.TakeDay(h.tx, e)
	case event.CapacityOver:
		h.answer.over = append(h.answer.over, e)
	case event.SnapshotEnd:
		return h.end(e)
	}
	return nil
}

// begin opens the answer to the question of the present epoch.
func (h *hearing) begin(e event.SnapshotBegin) error {
	s, err := relay.Load(h.tx.Rx)
	if err != nil || e.For != s.Epoch {
		return err
	}
	asked, ok, err := officelog.Asked(h.tx.Rx)
	if err != nil || !ok {
		return err
	}
	lost := agree.Lost(asked, e)
	h.answer = &snapshot{begin: e, lost: lost, links: link.Take(h.tx, h.keys, lost), held: map[string]bool{}}
	return nil
}

// end does again what follows from the facts, as far as that is not known on the
// other side. People compare the counts before work goes on.
func (h *hearing) end(e event.SnapshotEnd) error {
	if err := counter.TakenOver(h.tx); err != nil {
		return err
	}
	after := h.answer.begin.Seen
	if h.answer.lost {
		after = -1
	}
	if err := officelog.Recovered(h.tx, after); err != nil {
		return err
	}
	if err := h.answer.sayAgain(h.tx); err != nil {
		return err
	}
	if _, err := link.Collect(h.tx, h.keys); err != nil {
		return err
	}
	found, err := counter.Rejudge(h.tx)
	if err != nil {
		return err
	}
	if err := h.found(found); err != nil {
		return err
	}
	if err := allOver(h.tx, h.answer.over); err != nil {
		return err
	}
	r := h.restore
	r.Answered, r.Links, r.Bookings, r.Days, r.Unknown = store.Stamp(h.tx.Now), e.Links, e.Bookings, e.Days, h.answer.links.Unknown
	h.under, h.answer, h.answered = false, nil, true
	return saveRestore(h.tx, r)
}

// sayAgain says anew what this office owns and the answer does not hold, where
// the old log is no longer what the booking service has heard.
func (s *snapshot) sayAgain(tx *store.Tx) error {
	if !s.lost {
		return nil
	}
	if err := s.links.SayAgain(); err != nil {
		return err
	}
	return counter.SayAgain(tx, s.held)
}

// ConfirmRestore says that somebody has compared the counts of the answer with this
// database; bundles leave again. Error: fault.Conflict "exchange.no_restore".
func (o Office) ConfirmRestore(ctx context.Context, actor store.Actor) (err error) {
	defer fault.Add(&err, "exchange.ConfirmRestore")
	return o.DB.Write(ctx, actor, func(tx *store.Tx) error {
		r, under, err := Restoring(tx.Rx)
		if err != nil {
			return err
		}
		if !under || r.Side != OfficeSide || r.Answered == "" {
			return fault.New(fault.Conflict, "exchange.no_restore")
		}
		if err := deleteRestore(tx); err != nil {
			return err
		}
		return audit.Append(tx, "exchange.restore_confirmed", "exchange", map[string]any{
			"links": r.Links, "bookings": r.Bookings, "days": r.Days, "unknown": r.Unknown,
		})
	})
}

// Accept takes in a bundle of the booking service after its database was put
// back: its new log counts from here on, and the next bundle of ours tells it all
// that it has forgotten. A bundle that is refused changes nothing. Errors: those of
// Import; fault.Conflict "exchange.same_epoch", "relay.E-STALE"; while the counts of
// an own restore are not confirmed, fault.Conflict "exchange.confirm_first".
func (o Office) Accept(ctx context.Context, actor store.Actor, src io.Reader, way Way, m Medium) (t Taken, err error) {
	defer fault.Add(&err, "exchange.Accept")
	return o.take(ctx, actor, src, Carry{Way: way, Medium: m}, relay.Accept, acceptEpoch)
}

func acceptEpoch(tx *store.Tx, s relay.State, h seal.Header) error {
	if s.PeerEpoch == "" || s.PeerEpoch == h.Epoch {
		return fault.New(fault.Conflict, "exchange.same_epoch")
	}
	if err := relay.AcceptEpoch(tx, h.Epoch, 0, 0); err != nil { // what it knows of ours, its bundle says
		return err
	}
	r, _, err := Restoring(tx.Rx)
	switch {
	case err != nil:
		return err
	case r.Answered != "": // the counts to be confirmed would be lost, or the answer
		return fault.New(fault.Conflict, "exchange.confirm_first")
	case r.Side != OfficeSide: // while this side asks itself it has no answer to give
		r = Restore{Side: CloudSide, Was: s.PeerEpoch, Seen: s.Applied, AskedAt: store.Stamp(tx.Now)}
		if err := saveRestore(tx, r); err != nil {
			return err
		}
	}
	return counter.NumbersBegan(tx)
}

// tell answers a booking service that was put back with all that this office
// holds. One that asks in its first bundle has said nothing before.
func (h *hearing) tell(asked event.LogRestored) error {
	r := h.restore
	if r.Side == "" {
		r.Was = asked.Was
	}
	links, err := link.Snapshot(h.tx.Rx, h.keys)
	if err != nil {
		return err
	}
	bookings, closed, err := counter.Snapshot(h.tx.Rx)
	if err != nil {
		return err
	}
	say := []event.Body{event.SnapshotBegin{For: h.header.Epoch, Was: r.Was, Seen: r.Seen}}
	for _, e := range links {
		say = append(say, e)
	}
	for _, e := range bookings {
		say = append(say, e)
	}
	for _, e := range closed {
		say = append(say, e)
	}
	over, err := overs(h.tx.Rx)
	if err != nil {
		return err
	}
	for _, e := range over {
		say = append(say, e)
	}
	say = append(say, event.SnapshotEnd{For: h.header.Epoch, Links: len(links), Bookings: len(bookings), Days: len(closed)})
	if err := officelog.Put(h.tx, say...); err != nil {
		return err
	}
	h.restore = Restore{}
	return deleteRestore(h.tx)
}

// Holds counts what this database holds of what the answer to a restore counts:
// codes that were issued, bookings, closed days.
func Holds(rx *store.Rx) (links, bookings, days int, err error) {
	counts, err := link.Counts(rx)
	if err != nil {
		return 0, 0, 0, err
	}
	for _, n := range counts {
		links += n
	}
	all, closed, err := counter.Snapshot(rx)
	return links, len(all), len(closed), err
}
