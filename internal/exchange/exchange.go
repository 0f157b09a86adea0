// Package exchange is the office's side of the two networks (予約連携): it writes
// bundles for the booking service, takes in those of the booking service, and
// keeps what people have to decide. Bundles go by medium or by an outgoing call,
// from the same bytes, late, twice or never; package relay sees to it that both
// sides end in agreement, package agree says on what. Keys lie in the key folder
// (package keybook). Writes tables exchange_case, exchange_carry and
// exchange_restore.
package exchange

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"kofu/internal/audit"
	"kofu/internal/counter"
	"kofu/internal/fault"
	"kofu/internal/keybook"
	"kofu/internal/keyring"
	"kofu/internal/link"
	"kofu/internal/officelog"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/store"
)

// Office is what the exchange stands on.
type Office struct {
	DB    *store.DB
	Ring  *keyring.Ring
	Keys  string // key folder
	Spool string // folder for files under way
	// Watch hears how far a bundle on its way to a medium has come; nil is allowed.
	Watch func(Step)
}

const (
	days  = 7            // after which a bundle can no longer be taken in
	class = "restricted" // how a medium with it is to be handled

	// Lives is how long a bundle can be taken in.
	Lives = days * 24 * time.Hour
)

// Book opens the keys of the exchange.
func (o Office) Book() (*keybook.Book, error) { return keybook.Open(o.Keys, seal.Office) }

// Links opens the keys of link codes.
func (o Office) Links() (link.Keys, error) {
	codes, err := keyring.OpenOfficeCodes(o.Keys)
	return link.Keys{Ring: o.Ring, Codes: codes}, err
}

// MakeKeys makes the keys of this side for a municipality, and the first key
// under which codes are hashed.
func (o Office) MakeKeys(ctx context.Context, actor store.Actor, tenant string) (err error) {
	defer fault.Add(&err, "exchange.MakeKeys")
	book, now, err := o.begin(ctx)
	if err != nil {
		return err
	}
	if err := book.Make(tenant, now, rand.Reader); err != nil {
		return err
	}
	keys, err := o.Links()
	if err != nil {
		return err
	}
	if _, _, ok := keys.Codes.Newest(); !ok {
		if _, err := keys.Codes.Make(rand.Reader); err != nil {
			return err
		}
	}
	own, err := book.Own()
	if err != nil {
		return err
	}
	return o.said(ctx, actor, "exchange.keys_made", own.Public().Fingerprint())
}

// begin is how an act with keys begins: with the keys, and with the instant.
func (o Office) begin(ctx context.Context) (book *keybook.Book, now time.Time, err error) {
	if book, err = o.Book(); err != nil {
		return nil, now, err
	}
	err = o.DB.Read(ctx, func(rx *store.Rx) error {
		now = rx.Now
		return nil
	})
	return book, now, err
}

// Offer reads the public keys of the booking service (.kpub).
func (o Office) Offer(ctx context.Context, actor store.Actor, file []byte) (p seal.Public, err error) {
	defer fault.Add(&err, "exchange.Offer")
	book, now, err := o.begin(ctx)
	if err != nil {
		return p, err
	}
	if p, err = book.Offer(file, now); err != nil {
		return p, err
	}
	return p, o.said(ctx, actor, "exchange.peer_read", p.Fingerprint())
}

// Confirm says that the actor has compared both fingerprints with the other
// side; the second person makes the keys count. Accounts tell people apart, since
// a name can be changed and two people can have the same.
func (o Office) Confirm(ctx context.Context, actor store.Actor, fingerprint string) (done bool, err error) {
	defer fault.Add(&err, "exchange.Confirm")
	book, now, err := o.begin(ctx)
	if err != nil {
		return false, err
	}
	if done, err = book.Confirm(fingerprint, actor.ID, now); err != nil {
		return false, err
	}
	return done, o.said(ctx, actor, "exchange.peer_confirmed", fingerprint)
}

// Reject forgets keys whose fingerprint the other side does not have.
func (o Office) Reject(ctx context.Context, actor store.Actor) (err error) {
	defer fault.Add(&err, "exchange.Reject")
	book, err := o.Book()
	if err != nil {
		return err
	}
	if err := book.Reject(); err != nil {
		return err
	}
	return o.said(ctx, actor, "exchange.peer_rejected", "")
}

// noted writes an act on keys into the audit log, with the fingerprint that it is
// about.
func noted(tx *store.Tx, action, fingerprint string) error {
	return audit.Append(tx, action, "exchange/keys", map[string]string{"fingerprint": fingerprint})
}

func (o Office) said(ctx context.Context, actor store.Actor, action, fingerprint string) error {
	return o.DB.Write(ctx, actor, func(tx *store.Tx) error { return noted(tx, action, fingerprint) })
}

// SetAddress notes where the booking service listens, "" for nowhere. Error:
// fault.Invalid "keybook.bad_address".
func (o Office) SetAddress(ctx context.Context, actor store.Actor, address string) (err error) {
	defer fault.Add(&err, "exchange.SetAddress")
	book, err := o.Book()
	if err != nil {
		return err
	}
	if err := book.SetAddress(address); err != nil {
		return err
	}
	return o.DB.Write(ctx, actor, func(tx *store.Tx) error {
		return audit.Append(tx, "exchange.address_set", "exchange/keys", map[string]string{"address": address})
	})
}

// Rotate replaces the key that opens what is sent to this side.
func (o Office) Rotate(ctx context.Context, actor store.Actor) (err error) {
	defer fault.Add(&err, "exchange.Rotate")
	return o.rotate(ctx, actor, func(*store.Tx) error { return nil })
}

// rotate replaces the key and writes that down, with why.
func (o Office) rotate(ctx context.Context, actor store.Actor, why func(*store.Tx) error) error {
	book, now, err := o.begin(ctx)
	if err != nil {
		return err
	}
	if err := book.Rotate(now); err != nil {
		return err
	}
	own, err := book.Own()
	if err != nil {
		return err
	}
	return o.DB.Write(ctx, actor, func(tx *store.Tx) error {
		if err := why(tx); err != nil {
			return err
		}
		return noted(tx, "exchange.keys_rotated", own.Public().Fingerprint())
	})
}

// Bundle is a bundle that was written.
type Bundle struct {
	seal.Header
	Size   int64
	SHA256 string // of the file, hex
}

// Export writes everything that the booking service has not acknowledged into
// dst. What happened to cards is collected before. It may be called at any time.
// Errors: fault.Conflict "seal.no_keys", "keybook.no_peer", "relay.put_back",
// "exchange.confirm_first" after a restore.
func (o Office) Export(ctx context.Context, actor store.Actor, dst io.Writer) (b Bundle, err error) {
	defer fault.Add(&err, "exchange.Export")
	book, err := o.Book()
	if err != nil {
		return b, err
	}
	t := relay.Terms{Kind: seal.Reservations, Class: class, Days: days, Random: rand.Reader, Recovery: book.Recovery()}
	if t.Own, err = book.Own(); err != nil {
		return b, err
	}
	if t.Peer, err = book.Peer(); err != nil {
		return b, err
	}
	if err := o.DB.Write(ctx, actor, func(tx *store.Tx) error {
		if r, under, err := Restoring(tx.Rx); err != nil || under && r.Side == OfficeSide && r.Answered != "" {
			if err == nil {
				err = fault.New(fault.Conflict, "exchange.confirm_first")
			}
			return err
		}
		if t.Audit, err = checkpoint(tx.Rx); err != nil {
			return err
		}
		return o.Settle(tx)
	}); err != nil {
		return b, err
	}
	spool, done, err := o.spool()
	if err != nil {
		return b, err
	}
	defer done(&err)
	count := newCounted(dst)
	made, err := relay.Export(ctx, o.DB, actor, officelog.Log{}, t, count, spool)
	if err != nil {
		return b, err
	}
	return Bundle{made.Header, count.n, hexOf(made.SHA256)}, nil
}

// checkpoint is the newest signed head of the audit log, base64url, which the
// other side witnesses by keeping the bundle's header.
func checkpoint(rx *store.Rx) (string, error) {
	latest, err := audit.Latest(rx)
	return base64.RawURLEncoding.EncodeToString([]byte(latest.Note)), err
}

// Settle writes into the log what has happened to cards, and puts what follows
// for bookings on the list. It runs before every bundle and in upkeep; after a
// restore it waits for the answer.
func (o Office) Settle(tx *store.Tx) error {
	recovering, err := officelog.Recovering(tx.Rx)
	if err != nil || recovering {
		return err
	}
	keys, err := o.Links()
	if err != nil {
		return err
	}
	changed, err := link.Collect(tx, keys)
	if err != nil {
		return err
	}
	if len(changed) > 0 {
		found, err := counter.Rejudge(tx, changed...)
		if err != nil {
			return err
		}
		if err := open(tx, found); err != nil {
			return err
		}
	}
	return closeMoot(tx)
}

// Names of files that hold bytes under way.
const (
	spooled  = "bundle-*"
	onMedium = ".kofu-bundle-*"
)

// CleanSpool removes what a program that was killed has left behind of bundles. It
// is for the program that opens the data folder, before it begins.
func (o Office) CleanSpool() error { return removeLeft(o.Spool, spooled) }

func removeLeft(dir, pattern string) error {
	left, err := filepath.Glob(filepath.Join(dir, pattern))
	for _, file := range left {
		err = errors.Join(err, os.Remove(file))
	}
	return err
}

// spool is a file for bytes under way that goes with done.
func (o Office) spool() (f *os.File, done func(*error), err error) {
	f, err = os.CreateTemp(o.Spool, spooled)
	if err != nil {
		return nil, nil, err
	}
	return f, func(err *error) { *err = errors.Join(*err, f.Close(), os.Remove(f.Name())) }, nil
}

// ExportCodeKeys writes the keys under which codes are hashed into dst, for the
// booking service.
func (o Office) ExportCodeKeys(ctx context.Context, actor store.Actor, dst io.Writer) (b Bundle, err error) {
	defer fault.Add(&err, "exchange.ExportCodeKeys")
	book, now, err := o.begin(ctx)
	if err != nil {
		return b, err
	}
	keys, err := o.Links()
	if err != nil {
		return b, err
	}
	spool, done, err := o.spool()
	if err != nil {
		return b, err
	}
	defer done(&err)
	count := newCounted(dst)
	if b.Header, err = book.SealMasters(count, spool, keys.Codes, now, rand.Reader); err != nil {
		return b, err
	}
	b.Size, b.SHA256 = count.n, count.hex()
	return b, o.DB.Write(ctx, actor, func(tx *store.Tx) error {
		return audit.Append(tx, "exchange.code_keys_exported", "bundle/"+b.BundleID, map[string]any{"n": b.N, "sha256": b.SHA256})
	})
}

// openBundle opens a bundle that came, with all that its check asks for.
func (o Office) openBundle(ctx context.Context, src io.Reader, spool seal.Spool) (*seal.Bundle, error) {
	book, now, err := o.begin(ctx)
	if err != nil {
		return nil, err
	}
	r, err := book.Receiver(now)
	if err != nil {
		return nil, err
	}
	b, err := seal.Open(src, -1, spool, r)
	if err == nil && b.Kind != seal.Return {
		return nil, fault.New(fault.Invalid, "exchange.not_return")
	}
	return b, err
}

// hexOf turns the digest of a bundle into the form that forms and tools show.
func hexOf(base64url string) string {
	b, err := decode(base64url)
	if err != nil {
		return ""
	}
	return hex.EncodeToString(b)
}

// Kpub is the file with the own public keys.
func (o Office) Kpub() (name string, file []byte, err error) {
	defer fault.Add(&err, "exchange.Kpub")
	book, err := o.Book()
	if err != nil {
		return "", nil, err
	}
	own, err := book.Own()
	if err != nil {
		return "", nil, err
	}
	p := own.Public()
	var text bytes.Buffer
	err = encodeJSON(&text, p)
	return fmt.Sprintf("%s-%s-%s.kpub", p.Tenant, p.Party, p.KidEnc()[:8]), text.Bytes(), err
}
