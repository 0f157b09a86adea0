package relay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/seal"
	"kofu/internal/store"
)

// Event is one event of the peer.
type Event struct {
	Seq  int64  `json:"seq"`
	Type string `json:"t"`
	At   string `json:"at"`
	Line []byte `json:"-"` // the whole object
}

// Taken says what taking in a bundle did.
type Taken struct {
	seal.Header
	SHA256  string
	Size    int64 // of the file
	Applied int   // events that were new
	Skipped int   // events that had been applied before
	Acked   int64
}

// Hearing is what a side does with a bundle, in the transaction that takes it in.
// That may begin anew after a deadlock, so First starts from nothing. First and
// Last may be nil.
type Hearing struct {
	Log    Log // the own one
	Random io.Reader
	// Forgot is asked where the peer knows a later epoch or more events of the own
	// log than this side, which was put back, then. An error refuses the bundle;
	// nil says that this side asks the peer already for all that it knows. It asks
	// anew, in an epoch that is later than the one that was shown.
	Forgot func(rx *store.Rx) error
	// First sees how far the exchange had come.
	First func(tx *store.Tx, was State) error
	// Each carries out one event of the peer. An event that it does not know is
	// fault.Invalid "seal.E-SCHEMA"; what is no longer possible is no error but a
	// case of its own for the lists of the staff.
	Each func(tx *store.Tx, e Event) error
	// Last sees what all of them have done.
	Last func(tx *store.Tx, t Taken) error
}

// Import takes in an opened bundle: all new events in order and the new state in
// one transaction, or nothing. Errors: fault.Conflict "relay.E-EPOCH" when the
// peer was restored, "relay.E-STALE" for what it sent before it was restored,
// "relay.E-GAP" when an earlier bundle is missing, which the next own bundle asks
// for; fault.Invalid "seal.E-UNZIP", "seal.E-SCHEMA"; those of the hearing.
func Import(ctx context.Context, db *store.DB, actor store.Actor, b *seal.Bundle, h Hearing) (t Taken, err error) {
	defer fault.Add(&err, "relay.Import(%s)", b.BundleID)
	if err := begin(ctx, db, actor, h.Random); err != nil {
		return Taken{}, err
	}
	if err := h.recall(ctx, db, actor, b.Header); err != nil {
		return Taken{}, err
	}
	t, err = take(ctx, db, actor, b, h)
	if fault.Is(err, fault.Conflict, "relay.E-GAP") || fault.Is(err, fault.Conflict, "relay.E-EPOCH") {
		return Taken{}, remember(ctx, db, actor, b.Header, err)
	}
	return t, err
}

// Accept takes in a bundle with which the peer shows that it was restored. First
// of the hearing calls [AcceptEpoch], so that a bundle that is refused changes
// nothing. Errors: those of Import.
func Accept(ctx context.Context, db *store.DB, actor store.Actor, b *seal.Bundle, h Hearing) (t Taken, err error) {
	defer fault.Add(&err, "relay.Accept(%s)", b.BundleID)
	if err := h.recall(ctx, db, actor, b.Header); err != nil {
		return Taken{}, err
	}
	return take(ctx, db, actor, b, h)
}

func take(ctx context.Context, db *store.DB, actor store.Actor, b *seal.Bundle, h Hearing) (t Taken, err error) {
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		t = Taken{Header: b.Header, SHA256: b.SHA256, Size: b.Size}
		was, err := Lock(tx)
		if err != nil {
			return err
		}
		if h.First != nil {
			if err := h.First(tx, was); err != nil {
				return err
			}
		}
		s, err := Load(tx.Rx)
		if err != nil {
			return err
		}
		if err := s.admit(b.Header); err != nil {
			return err
		}
		if s.PeerEpoch == "" { // whoever answers its first events names it
			s.PeerEpoch = b.Epoch
			if err := save(tx, s); err != nil {
				return err
			}
		}
		if err := t.each(tx, b, s, h.Each); err != nil {
			return err
		}
		if err := t.settle(tx, s); err != nil || h.Last == nil {
			return err
		}
		return h.Last(tx, t)
	})
	return t, err
}

// recall compares what the peer knows of the own log with the log itself, and keeps
// what it has shown of that, whatever becomes of the bundle.
func (h Hearing) recall(ctx context.Context, db *store.DB, actor store.Actor, b seal.Header) error {
	var refusal error
	err := db.Write(ctx, actor, func(tx *store.Tx) error {
		refusal = nil
		s, err := Lock(tx)
		if err != nil || s.Epoch == "" {
			return err
		}
		head, err := h.Log.Head(tx.Rx)
		if err != nil || b.PeerEpoch < s.Epoch || b.PeerEpoch == s.Epoch && b.Ack <= head {
			return err
		}
		refusal = h.Forgot(tx.Rx)
		if _, said := fault.As(refusal); refusal != nil && (!said || b.PeerEpoch == s.Epoch) {
			return refusal
		}
		s.Shown = max(s.Shown, b.PeerEpoch)
		if err := save(tx, s); err != nil {
			return err
		}
		if refusal != nil {
			return refused(tx, b, s)
		}
		// The log begins with 1 already, as Renew demands: that of a side that asks
		// holds nothing but log.restored.
		_, err = Renew(tx, h.Random)
		return err
	})
	if err == nil {
		err = refusal
	}
	return err
}

func refused(tx *store.Tx, b seal.Header, s State) error {
	return audit.AppendResult(tx, "relay.refused", "bundle/"+b.BundleID, audit.Denied, map[string]any{"lo": b.Lo, "hi": b.Hi, "need": s.Need})
}

// admit compares epochs and numbers.
func (s State) admit(h seal.Header) error {
	switch {
	case s.Stale(h.Epoch):
		return fault.New(fault.Conflict, "relay.E-STALE")
	case s.PeerEpoch != "" && h.Epoch != s.PeerEpoch:
		return fault.New(fault.Conflict, "relay.E-EPOCH")
	case h.Lo > s.Applied+1:
		return fault.New(fault.Conflict, "relay.E-GAP", "from", fmt.Sprint(s.Applied+1), "to", fmt.Sprint(h.Lo-1))
	case h.Hi < h.Lo-1 || int64(h.N) != h.Hi-h.Lo+1 || h.Lo < 1:
		return fault.New(fault.Invalid, "seal.E-SCHEMA")
	}
	return nil
}

// each applies the events that are new, in order.
func (t *Taken) each(tx *store.Tx, b *seal.Bundle, s State, apply func(*store.Tx, Event) error) error {
	next := b.Lo
	return b.Lines(func(line []byte) error {
		e := Event{Line: line}
		d := json.NewDecoder(bytes.NewReader(line))
		if err := d.Decode(&e); err != nil || d.More() || e.Seq != next || e.Type == "" {
			return fault.New(fault.Invalid, "seal.E-SCHEMA").Because(err)
		}
		next++
		if e.Seq <= s.Applied {
			t.Skipped++
			return nil
		}
		t.Applied++
		e.Line = bytes.Clone(line) // it is overwritten by the next one, and may be kept
		return apply(tx, e)
	})
}

// settle writes down how far both logs have come.
func (t *Taken) settle(tx *store.Tx, s State) error {
	was := s
	s.PeerEpoch = t.Epoch
	s.Applied = max(s.Applied, t.Hi)
	if t.Hi >= s.Need-1 {
		s.Need = 0
	}
	if t.PeerEpoch == s.Epoch {
		s.Acked = max(s.Acked, t.Ack)
		s.Sent = max(s.Sent, s.Acked)
		s.PeerNeed = t.Need
	}
	s.HeardAt = max(s.HeardAt, t.Created)
	t.Acked = s.Acked
	if err := save(tx, s); err != nil {
		return err
	}
	state := "applied"
	if t.Applied == 0 && s.Acked == was.Acked {
		state = "nothing_new"
	}
	if err := arrived(tx, s.Epoch, s.Acked); err != nil {
		return err
	}
	if err := insertBundle(tx, t.Header, "in", t.SHA256, state); err != nil {
		return err
	}
	detail := trace(t.Header, t.SHA256)
	detail["applied"], detail["skipped"], detail["acked"] = t.Applied, t.Skipped, s.Acked
	return audit.Append(tx, "relay.imported", "bundle/"+t.BundleID, detail)
}

// remember keeps what a refused bundle has shown, so that the next own bundle
// asks for what is missing, and returns the refusal.
func remember(ctx context.Context, db *store.DB, actor store.Actor, h seal.Header, refusal error) error {
	err := db.Write(ctx, actor, func(tx *store.Tx) error {
		s, err := Lock(tx)
		if err != nil {
			return err
		}
		if fault.Is(refusal, fault.Conflict, "relay.E-GAP") {
			s.Need = s.Applied + 1
		} else if h.Epoch != s.PeerEpoch {
			s.NewEpoch = h.Epoch
		}
		if err := save(tx, s); err != nil {
			return err
		}
		return refused(tx, h, s)
	})
	if err != nil {
		return err
	}
	return refusal
}
