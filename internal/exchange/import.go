package exchange

import (
	"context"
	"crypto/rand"
	"io"

	"kofu/internal/counter"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/link"
	"kofu/internal/officelog"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/store"
)

// Taken says what taking in a bundle did.
type Taken struct {
	relay.Taken
	SHA256  string         // of the file, hex
	Counts  map[string]int // new events by kind
	Cases   int            // new lines of the list 「要連絡」
	Restore bool           // it brought the answer to a restore: the counts are to be confirmed
}

// Import takes in a bundle of the booking service: all that is new, with its line
// of the register, in one transaction, or nothing. Errors: those of seal.Open,
// relay.Import and [entry.Check]; fault.Invalid "exchange.not_return";
// fault.Conflict "exchange.put_back" when the booking service knows events or a
// later log of this database, which has forgotten them.
func (o Office) Import(ctx context.Context, actor store.Actor, src io.Reader, way Way, m Medium) (t Taken, err error) {
	defer fault.Add(&err, "exchange.Import")
	return o.take(ctx, actor, src, Carry{Way: way, Medium: m}, relay.Import, nothingFirst)
}

// taker is [relay.Import] or [relay.Accept].
type taker func(context.Context, *store.DB, store.Actor, *seal.Bundle, relay.Hearing) (relay.Taken, error)

func nothingFirst(*store.Tx, relay.State, seal.Header) error { return nil }

func (o Office) take(
	ctx context.Context, actor store.Actor, src io.Reader, came Carry, in taker, first func(*store.Tx, relay.State, seal.Header) error,
) (t Taken, err error) {
	if err := came.check(); err != nil {
		return t, err
	}
	spool, done, err := o.spool()
	if err != nil {
		return t, err
	}
	defer done(&err)
	b, err := o.openBundle(ctx, src, spool)
	if err != nil {
		return t, err
	}
	keys, err := o.Links()
	if err != nil {
		return t, err
	}
	var h *hearing
	_, err = in(ctx, o.DB, actor, b, relay.Hearing{
		Log: officelog.Log{}, Random: rand.Reader, Forgot: forgot,
		First: func(tx *store.Tx, was relay.State) (err error) {
			if err := first(tx, was, b.Header); err != nil {
				return err
			}
			h, err = hear(tx, keys, b.Header)
			return err
		},
		Each: func(_ *store.Tx, e relay.Event) error { return h.event(e) },
		Last: func(tx *store.Tx, taken relay.Taken) (err error) {
			t = Taken{Taken: taken, SHA256: hexOf(taken.SHA256), Counts: h.counts, Restore: h.answered}
			if t.Cases, err = casesSince(tx.Rx, h.before); err != nil {
				return err
			}
			_, err = register(tx, t.carry(came))
			return err
		},
	})
	if err != nil {
		return Taken{}, err
	}
	return t, nil
}

// Look is what a bundle says before it is taken in.
type Look struct {
	seal.Header
	SHA256   string // of the file, hex
	New      int64  // events that are not applied yet
	Missing  bool   // earlier events have not arrived
	PutBack  bool   // the booking service was put back to an older state
	Stale    bool   // it is from before the booking service was put back
	Answered bool   // the bundle has been taken in before, or holds nothing new
}

// Look opens a bundle of the booking service and says what it is; nothing is taken
// in. Errors: those of seal.Open, fault.Invalid "exchange.not_return".
func (o Office) Look(ctx context.Context, src io.Reader) (l Look, err error) {
	defer fault.Add(&err, "exchange.Look")
	spool, done, err := o.spool()
	if err != nil {
		return l, err
	}
	defer done(&err)
	b, err := o.openBundle(ctx, src, spool)
	if err != nil {
		return l, err
	}
	l = Look{Header: b.Header, SHA256: hexOf(b.SHA256)}
	return l, o.DB.Read(ctx, func(rx *store.Rx) error {
		s, err := relay.Load(rx)
		l.Stale = s.Stale(b.Epoch)
		l.PutBack = s.PeerEpoch != "" && s.PeerEpoch != b.Epoch && !l.Stale
		switch {
		case l.Stale:
			return err
		case l.PutBack:
			l.New = int64(b.N)
			return err
		}
		l.Missing = b.Lo > s.Applied+1
		l.New = max(0, b.Hi-max(s.Applied, b.Lo-1))
		l.Answered = l.New == 0 && b.Ack <= s.Acked
		return err
	})
}

// forgot refuses a bundle that knows what this database does not: it was put back
// to an older state. While it finds back already, that is no news.
func forgot(rx *store.Rx) error {
	recovering, err := officelog.Recovering(rx)
	if err == nil && !recovering {
		return fault.New(fault.Conflict, "exchange.put_back")
	}
	return err
}

// hearing carries out the events of one bundle in one transaction.
type hearing struct {
	tx       *store.Tx
	keys     link.Keys
	header   seal.Header
	counts   map[string]int
	before   int64 // the newest case before
	answered bool

	restore Restore   // under way, zero for none
	under   bool      // a restore of this side is under way
	answer  *snapshot // being taken in
}

func hear(tx *store.Tx, keys link.Keys, header seal.Header) (*hearing, error) {
	h := &hearing{tx: tx, keys: keys, header: header, counts: map[string]int{}}
	recovering, err := officelog.Recovering(tx.Rx)
	if err != nil {
		return nil, err
	}
	r, is, err := Restoring(tx.Rx)
	if err != nil {
		return nil, err
	}
	h.restore, h.under = r, is && recovering && r.Side == OfficeSide
	h.before, err = newestCase(tx.Rx)
	return h, err
}

func (h *hearing) event(e relay.Event) error {
	seq, _, b, err := event.Decode(e.Line)
	if err != nil {
		return err
	}
	h.counts[e.Type]++
	return h.body(seq, b)
}

func (h *hearing) body(seq int64, b event.Body) error {
	if h.under {
		return h.recover(b)
	}
	switch e := b.(type) {
	case event.LinkFirstUsed:
		_, err := link.FirstUsed(h.tx, e.Link)
		return err
	case event.CapacityOver:
		return over(h.tx, e)
	case event.LogRestored:
		return h.tell(e)
	case event.SnapshotBegin, event.SnapshotLink, event.SnapshotBooking, event.SnapshotDay, event.SnapshotEnd:
		return nil // an answer that has been taken in, or to a question that was asked anew
	}
	found, handled, err := counter.Hear(h.tx, seq, b)
	if err != nil {
		return err
	}
	if !handled {
		return event.Unexpected(b)
	}
	return h.found(found)
}

// Rehearse carries out what the booking service would say, without a bundle and so
// without numbers: for practice.
func (o Office) Rehearse(tx *store.Tx, said ...event.Body) error {
	keys, err := o.Links()
	if err != nil {
		return err
	}
	h, err := hear(tx, keys, seal.Header{})
	if err != nil {
		return err
	}
	for _, b := range said {
		if err := h.body(0, b); err != nil {
			return err
		}
	}
	return nil
}

// found puts what the staff must hear of on the list.
func (h *hearing) found(list []counter.Finding) error {
	return open(h.tx, list)
}
