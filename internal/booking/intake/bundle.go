package intake

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"slices"
	"time"

	"kofu/internal/audit"
	"kofu/internal/booking/sync"
	"kofu/internal/fault"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/store"
)

// How a bundle for the office is made.
const (
	bundleDays  = 7
	bundleClass = "pseudonymous"
)

// Received is what taking in a bundle did.
type Received struct {
	Kind    seal.Kind
	Taken   relay.Taken
	Keys    []string // of codes, that came
	Aside   int      // events that could not be carried out
	Events  []Count  // that were new, by kind, in the order in which they first came
	Created string
	Answer  bool // it brought the answer after our database was put back: the counts are to be compared
}

// Count is how many events of a kind were new.
type Count struct {
	Type  string
	Count int
}

func (r *Received) count(e relay.Event) {
	i := slices.IndexFunc(r.Events, func(c Count) bool { return c.Type == e.Type })
	if i < 0 {
		i = len(r.Events)
		r.Events = append(r.Events, Count{Type: e.Type})
	}
	r.Events[i].Count++
}

// Take takes in a bundle of the office, by medium or by line: its log, or the
// keys of its codes. size is that of the file, -1 where it is not known.
// Errors: those of [seal.Open], [relay.Import] and [End.Apply]; fault.Conflict
// "keybook.older_masters", "intake.put_back" when the office knows events or a later
// log of our database, which has forgotten them.
func (n *End) Take(ctx context.Context, actor store.Actor, file io.Reader, size int64) (r Received, err error) {
	defer fault.Add(&err, "intake.Take(%d)", n.Desk.Tenant)
	now, err := n.now(ctx)
	if err != nil {
		return r, err
	}
	receiver, err := n.Book.Receiver(now)
	if err != nil {
		return r, err
	}
	b, err := seal.Open(file, size, &spool{}, receiver)
	if err != nil {
		return r, err
	}
	r.Kind, r.Created = b.Kind, b.Created
	if b.Kind == seal.Masters {
		return r, n.takeKeys(ctx, actor, b, &r)
	}
	if b.Kind != seal.Reservations && b.Kind != seal.Snapshot {
		return r, fault.New(fault.Invalid, "seal.E-VERSION")
	}
	if err := n.prepare(ctx, actor); err != nil {
		return r, err
	}
	var h *hearing
	r.Taken, err = relay.Import(ctx, n.Desk.DB, actor, b, relay.Hearing{
		Log: sync.Log{}, Random: rand.Reader, Forgot: n.forgot,
		First: func(tx *store.Tx, _ relay.State) (err error) {
			r.Events = nil
			h, err = n.hear(tx)
			return err
		},
		Each: func(_ *store.Tx, e relay.Event) error {
			r.count(e)
			return h.event(e)
		},
	})
	if err != nil {
		return r, err
	}
	r.Aside, r.Answer = h.setAside, h.answered
	_, err = n.Desk.TellUnsettled(ctx, actor)
	return r, err
}

func (n *End) takeKeys(ctx context.Context, actor store.Actor, b *seal.Bundle, r *Received) (err error) {
	if r.Keys, err = n.Book.TakeMasters(b, n.Codes); err != nil {
		return err
	}
	return n.Desk.DB.Write(ctx, actor, func(tx *store.Tx) error {
		return audit.Append(tx, "intake.keys_taken", "bundle/"+b.BundleID, map[string]any{"keys": r.Keys})
	})
}

// Give writes a bundle with everything that the office has not acknowledged,
// the configuration included. Errors: those of [relay.Export]; fault.Conflict
// "seal.no_keys", "keybook.no_peer", "intake.confirm_first" after our database was
// put back.
func (n *End) Give(ctx context.Context, actor store.Actor, dst io.Writer) (m relay.Made, err error) {
	defer fault.Add(&err, "intake.Give(%d)", n.Desk.Tenant)
	own, err := n.Book.Own()
	if err != nil {
		return m, err
	}
	peer, err := n.Book.Peer()
	if err != nil {
		return m, err
	}
	err = n.Desk.DB.Write(ctx, actor, func(tx *store.Tx) error {
		recovery, is, err := sync.Recovering(tx.Rx, n.Desk.Tenant)
		switch {
		case err != nil:
			return err
		case is && recovery.Answered != "":
			return fault.New(fault.Conflict, "intake.confirm_first")
		case is: // nothing is said but the question
			return nil
		}
		_, err = n.tellConfig(tx)
		return err
	})
	if err != nil {
		return m, err
	}
	if _, err := sync.NumberAll(ctx, n.Desk.DB, actor, n.Desk.Tenant); err != nil {
		return m, err
	}
	return relay.Export(ctx, n.Desk.DB, actor, sync.Log{}, relay.Terms{
		Kind: seal.Return, Own: own, Peer: peer, Recovery: n.Book.Recovery(), Class: bundleClass, Days: bundleDays, Random: rand.Reader,
	}, dst, &spool{})
}

// Accept takes the new epoch that an office has shown whose database was put
// back; its next bundle is taken in, and answered with all that is held here. The
// configuration is told anew: the office may have that of an earlier day. Error: fault.Conflict
// "intake.no_epoch".
func (n *End) Accept(ctx context.Context, actor store.Actor) (err error) {
	defer fault.Add(&err, "intake.Accept(%d)", n.Desk.Tenant)
	return n.Desk.DB.Write(ctx, actor, func(tx *store.Tx) error {
		s, err := relay.Lock(tx)
		if err != nil {
			return err
		}
		if s.NewEpoch == "" {
			return fault.New(fault.Conflict, "intake.no_epoch")
		}
		if err := forgetTold(tx, n.Desk.Tenant); err != nil {
			return err
		}
		if err := insertEpoch(tx, n.Desk.Tenant, s.NewEpoch, s.PeerEpoch, s.Applied); err != nil {
			return err
		}
		return relay.AcceptEpoch(tx, s.NewEpoch, 0, 0) // what it knows of ours, its own bundle says
	})
}

// Lost records that the medium with a bundle of ours is lost. Nothing in it is
// worth anything to a finder; the office makes a new opening key, and the next
// bundle is sealed for that one. Error: fault.NotFound "relay.bundle_unknown".
func (n *End) Lost(ctx context.Context, actor store.Actor, bundleID string) (err error) {
	defer fault.Add(&err, "intake.Lost(%s)", bundleID)
	return n.Desk.DB.Write(ctx, actor, func(tx *store.Tx) error { return relay.MarkLost(tx, bundleID) })
}

func (n *End) now(ctx context.Context) (at time.Time, err error) {
	err = n.Desk.DB.Read(ctx, func(rx *store.Rx) error { at = rx.Now; return nil })
	return at, err
}

// spool holds a bundle under way in memory; it is at most as large as a bundle
// may be.
type spool struct {
	buffer bytes.Buffer
	reader *bytes.Reader
}

func (s *spool) Write(p []byte) (int, error) { return s.buffer.Write(p) }

func (s *spool) Read(p []byte) (int, error) {
	if s.reader == nil {
		s.reader = bytes.NewReader(s.buffer.Bytes())
	}
	return s.reader.Read(p)
}

func (s *spool) Seek(offset int64, whence int) (int64, error) {
	s.reader = bytes.NewReader(s.buffer.Bytes())
	return s.reader.Seek(offset, whence)
}
