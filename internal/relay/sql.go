package relay

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash"
	"io"

	"kofu/internal/seal"
	"kofu/internal/store"
)

func exists(rx *store.Rx) (known bool, err error) {
	var n int
	err = rx.Row("SELECT COUNT(*) FROM relay WHERE tenant = $1", rx.Tenant).Scan(&n)
	return n > 0, err
}

// Load returns how far the exchange has come; the zero State before it began.
func Load(rx *store.Rx) (s State, err error) {
	err = rx.Row(`
SELECT epoch, acked, sent, peer_need, peer_epoch, applied, need, new_epoch, shown, prev, heard_at FROM relay WHERE tenant = $1`, rx.Tenant).
		Scan(&s.Epoch, &s.Acked, &s.Sent, &s.PeerNeed, &s.PeerEpoch, &s.Applied, &s.Need, &s.NewEpoch, &s.Shown, &s.Prev, &s.HeardAt)
	if errors.Is(err, store.ErrNoRows) {
		return State{}, nil
	}
	return s, err
}

func save(tx *store.Tx, s State) error {
	_, err := tx.Exec(`
INSERT INTO relay (tenant, epoch, acked, sent, peer_need, peer_epoch, applied, need, new_epoch, shown, prev, heard_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (tenant) DO UPDATE SET epoch = $2, acked = $3, sent = $4, peer_need = $5, peer_epoch = $6, applied = $7,
  need = $8, new_epoch = $9, shown = $10, prev = $11, heard_at = $12`,
		tx.Tenant, s.Epoch, s.Acked, s.Sent, s.PeerNeed, s.PeerEpoch, s.Applied, s.Need, s.NewEpoch, s.Shown, s.Prev, s.HeardAt)
	return err
}

// setSent notes what has left, unless the epoch has changed meanwhile.
func setSent(tx *store.Tx, epoch string, hi int64, sha256 string) error {
	_, err := tx.Exec(`
UPDATE relay SET sent = CASE WHEN sent < $3 THEN $3 ELSE sent END, prev = $4 WHERE tenant = $1 AND epoch = $2`,
		tx.Tenant, epoch, hi, sha256)
	return err
}

// insertBundle notes a bundle once, however often it comes.
func insertBundle(tx *store.Tx, h seal.Header, direction, sha256, state string) error {
	_, err := tx.Exec(`
INSERT INTO relay_bundle (tenant, bundle_id, direction, kind, epoch, lo, hi, n, sha256, file, at, actor, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (tenant, direction, bundle_id) DO NOTHING`,
		tx.Tenant, h.BundleID, direction, h.Kind, h.Epoch, h.Lo, h.Hi, h.N, sha256, h.FileName(), store.Stamp(tx.Now), tx.Actor.ID, state)
	return err
}

// arrived marks the own bundles that the peer has acknowledged.
func arrived(tx *store.Tx, epoch string, acked int64) error {
	_, err := tx.Exec(`
UPDATE relay_bundle SET state = 'arrived' WHERE tenant = $1 AND direction = 'out' AND epoch = $2 AND hi <= $3 AND state = 'made'`,
		tx.Tenant, epoch, acked)
	return err
}

func setLost(tx *store.Tx, bundleID string) (int64, error) {
	return tx.Exec("UPDATE relay_bundle SET state = 'lost' WHERE tenant = $1 AND direction = 'out' AND bundle_id = $2", tx.Tenant, bundleID)
}

// Bundle is one bundle as this side remembers it.
type Bundle struct {
	ID        string
	Direction string // out or in
	Kind      seal.Kind
	Lo, Hi    int64
	N         int
	SHA256    string
	File      string
	At        string // when it was made here, or taken in
	Actor     string
	State     string // made, arrived (acknowledged), lost; applied, nothing_new
}

// Bundles returns the newest bundles.
func Bundles(rx *store.Rx, limit int) (list []Bundle, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var b Bundle
		err := scan(&b.ID, &b.Direction, &b.Kind, &b.Lo, &b.Hi, &b.N, &b.SHA256, &b.File, &b.At, &b.Actor, &b.State)
		list = append(list, b)
		return err
	}, `
SELECT bundle_id, direction, kind, lo, hi, n, sha256, file, at, actor, state FROM relay_bundle
WHERE tenant = $1 ORDER BY at DESC, direction, bundle_id LIMIT $2`, rx.Tenant, limit)
	return list, err
}

// digest passes bytes on and keeps their SHA-256.
type digest struct {
	to  io.Writer
	sum hash.Hash
}

func newDigest(to io.Writer) *digest { return &digest{to, sha256.New()} }

func (d *digest) Write(p []byte) (int, error) {
	n, err := d.to.Write(p)
	d.sum.Write(p[:n])
	return n, err
}

func (d *digest) text() string { return base64.RawURLEncoding.EncodeToString(d.sum.Sum(nil)) }
