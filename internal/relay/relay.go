// Package relay carries a log of events from one side of the exchange to the
// other, late, twice, out of order or never, so that both end in agreement.
// Each side numbers its own events without gaps. A bundle holds everything from
// the first event that the peer has not acknowledged; the receiver skips what it
// has applied and refuses a gap. So a bundle that comes twice or late changes
// nothing, and the next one heals one that was lost. A database that was
// restored shows a new epoch: its old numbers mean nothing any more, and the
// peer answers with a snapshot. What the events mean is for the packages that
// call this one. Writes tables relay and relay_bundle.
//
// Source: booking.md §3.4 and §3.5.
package relay

import (
	"context"
	"fmt"
	"io"
	"time"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/seal"
	"kofu/internal/store"
)

// State is how far the exchange has come, as one side sees it.
type State struct {
	Epoch     string // of the own log
	Acked     int64  // highest own event that the peer has applied
	Sent      int64  // highest own event that has left in a bundle
	PeerNeed  int64  // event from which the peer asks to send again, 0 for none
	PeerEpoch string // empty before the first bundle
	Applied   int64  // highest event of the peer applied here
	Need      int64  // event from which the peer is asked to send again, 0 for none
	NewEpoch  string // unknown epoch that the peer has shown: it was restored
	Shown     string // epoch of the own log that the peer has shown and that was later: this side was put back
	Prev      string
	HeardAt   string // when the newest bundle of the peer was made, empty for never
}

// Log is the outgoing log of one side. Its events are numbered from 1 without
// gaps.
type Log interface {
	// Head is the number of the newest event, 0 for none.
	Head(rx *store.Rx) (int64, error)
	// Each calls fn for the events from a number on, in order: JSON objects in
	// one line that carry their number as "seq".
	Each(rx *store.Rx, from int64, fn func(line []byte) error) error
}

// Terms are what making a bundle needs beside the log.
type Terms struct {
	Kind     seal.Kind
	Own      *seal.Secret
	Peer     seal.Public
	Recovery string // the city's recovery key, empty for none
	Class    string // how a medium is to be handled
	Days     int    // after which the bundle can no longer be applied
	Audit    string // checkpoint of the own audit log
	Random   io.Reader
}

// Made is a bundle that was written.
type Made struct {
	seal.Header
	SHA256 string // of the file, base64url
}

// Export writes a bundle with everything that the peer has not acknowledged. It
// may be called at any time; nothing is taken off the log. The bundle counts as
// made when Export returns.
func Export(ctx context.Context, db *store.DB, actor store.Actor, log Log, t Terms, dst io.Writer, spool seal.Spool) (m Made, err error) {
	defer fault.Add(&err, "relay.Export")
	if err := begin(ctx, db, actor, t.Random); err != nil {
		return Made{}, err
	}
	sum := newDigest(dst)
	err = db.Read(ctx, func(rx *store.Rx) error {
		m.Header, err = header(rx, log, t)
		if err != nil {
			return err
		}
		m.Header, err = seal.Seal(sum, spool, m.Header, t.Own, t.Peer, t.Recovery, func(yield func([]byte, error) bool) {
			stopped := fmt.Errorf("stopped")
			err := log.Each(rx, m.Lo, func(line []byte) error {
				if !yield(line, nil) {
					return stopped
				}
				return nil
			})
			if err != nil && err != stopped { //nolint:errorlint // our own, unwrapped
				yield(nil, err)
			}
		})
		if err == nil && int64(m.N) != m.Hi-m.Lo+1 {
			err = fmt.Errorf("the log has a gap: %d events between %d and %d", m.N, m.Lo, m.Hi)
		}
		return err
	})
	if err != nil {
		return Made{}, err
	}
	m.SHA256 = sum.text()
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		if err := setSent(tx, m.Epoch, m.Hi, m.SHA256); err != nil {
			return err
		}
		if err := insertBundle(tx, m.Header, "out", m.SHA256, "made"); err != nil {
			return err
		}
		return audit.Append(tx, "relay.exported", "bundle/"+m.BundleID, trace(m.Header, m.SHA256))
	})
	return m, err
}

func header(rx *store.Rx, log Log, t Terms) (seal.Header, error) {
	s, err := Load(rx)
	if err != nil {
		return seal.Header{}, err
	}
	head, err := log.Head(rx)
	if err != nil {
		return seal.Header{}, err
	}
	if head < s.Acked {
		// The peer knows events that this database does not: it was put back
		// by other means than Kofu's.
		return seal.Header{}, fault.New(fault.Conflict, "relay.put_back")
	}
	id, err := seal.NewID(rx.Now, t.Random)
	lo := s.Acked + 1
	if s.PeerNeed > 0 {
		lo = min(lo, s.PeerNeed)
	}
	return seal.Header{
		Kind: t.Kind, BundleID: id, Epoch: s.Epoch, PeerEpoch: s.PeerEpoch,
		Lo: lo, Hi: head, Ack: s.Applied, Need: s.Need, Prev: s.Prev, Class: t.Class, Audit: t.Audit,
		Created: store.Stamp(rx.Now), NotAfter: store.Stamp(rx.Now.AddDate(0, 0, t.Days)),
	}, err
}

// Lock returns how far the exchange has come. Whatever else would change that
// waits until the transaction ends.
func Lock(tx *store.Tx) (State, error) {
	if err := tx.Lock(fmt.Sprintf("relay/%d", tx.Tenant)); err != nil {
		return State{}, err
	}
	return Load(tx.Rx)
}

// Stale reports whether an epoch is of the time before the peer was restored:
// epochs ascend with time.
func (s State) Stale(epoch string) bool {
	return s.PeerEpoch != "" && epoch != s.PeerEpoch && epoch < max(s.PeerEpoch, s.NewEpoch)
}

// begin gives the own log its epoch when there is none yet.
func begin(ctx context.Context, db *store.DB, actor store.Actor, random io.Reader) error {
	known := false
	err := db.Read(ctx, func(rx *store.Rx) (err error) {
		known, err = exists(rx)
		return err
	})
	if err != nil || known {
		return err
	}
	return db.Write(ctx, actor, func(tx *store.Tx) error {
		if s, err := Lock(tx); err != nil || s.Epoch != "" {
			return err
		}
		_, err := renew(tx, random)
		return err
	})
}

// Renew starts a new epoch of the own log, later than all that the peer has shown:
// after a restore, and where the peer is to begin anew. What came across before
// counts no longer; the peer answers with a snapshot. The numbers of the own log begin with 1 again, which is for
// the owner of the log to see to in the same transaction.
func Renew(tx *store.Tx, random io.Reader) (State, error) {
	s, err := renew(tx, random)
	if err != nil {
		return State{}, err
	}
	return s, audit.Append(tx, "relay.renewed", "relay", map[string]any{"epoch": s.Epoch})
}

func renew(tx *store.Tx, random io.Reader) (State, error) {
	s, err := Lock(tx)
	if err != nil {
		return State{}, err
	}
	at := tx.Now
	if was, known := seal.IDTime(max(s.Epoch, s.Shown)); known && !at.After(was) { // the clock was put back, too
		at = was.Add(time.Millisecond)
	}
	epoch, err := seal.NewID(at, random)
	if err != nil {
		return State{}, err
	}
	s.Epoch, s.Shown, s.Acked, s.Sent, s.PeerNeed = epoch, "", 0, 0, 0
	return s, save(tx, s)
}

// AcceptEpoch takes the peer's new epoch as its log from here on: the peer was
// restored. applied is how many events of the new log this side holds already,
// acked how many of this side's events the peer still knows. Error:
// fault.Conflict "relay.E-STALE".
func AcceptEpoch(tx *store.Tx, epoch string, applied, acked int64) error {
	s, err := Lock(tx)
	if err != nil {
		return err
	}
	if s.Stale(epoch) {
		return fault.New(fault.Conflict, "relay.E-STALE")
	}
	s.PeerEpoch, s.Applied, s.Need, s.NewEpoch = epoch, applied, 0, ""
	s.Acked, s.PeerNeed = acked, 0
	s.Sent = max(s.Sent, acked)
	if err := save(tx, s); err != nil {
		return err
	}
	return audit.Append(tx, "relay.epoch_accepted", "relay", map[string]any{"epoch": epoch, "applied": applied, "acked": acked})
}

// MarkLost records that the medium with an own bundle is lost. Errors:
// fault.NotFound "relay.bundle_unknown".
func MarkLost(tx *store.Tx, bundleID string) error {
	n, err := setLost(tx, bundleID)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.NotFound, "relay.bundle_unknown")
	}
	return audit.Append(tx, "relay.medium_lost", "bundle/"+bundleID, nil)
}

// Age is how long ago the newest bundle of the peer was made; ok is false
// before the first one.
func (s State) Age(now time.Time) (age time.Duration, ok bool) {
	at, err := store.ParseStamp(s.HeardAt)
	return now.Sub(at), err == nil
}

func trace(h seal.Header, sha256 string) map[string]any {
	return map[string]any{"kind": h.Kind, "lo": h.Lo, "hi": h.Hi, "n": h.N, "sha256": sha256}
}
