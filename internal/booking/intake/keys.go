package intake

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/seal"
	"kofu/internal/store"
)

// MakeKeys makes the keys of the exchange. The number of the municipality is
// that of the service. Errors: those of keybook.Book.Make.
func (n *End) MakeKeys(ctx context.Context, actor store.Actor) (err error) {
	defer fault.Add(&err, "intake.MakeKeys(%d)", n.Desk.Tenant)
	now, err := n.now(ctx)
	if err != nil {
		return err
	}
	if err := n.Book.Make(strconv.Itoa(n.Desk.Tenant), now, rand.Reader); err != nil {
		return err
	}
	return n.noted(ctx, actor, "intake.keys_made", nil)
}

// noted writes a line about the keys into the log of the municipality.
func (n *End) noted(ctx context.Context, actor store.Actor, action string, detail any) error {
	return n.Desk.DB.Write(ctx, actor, func(tx *store.Tx) error {
		return audit.Append(tx, action, fmt.Sprintf("tenant/%d", n.Desk.Tenant), detail)
	})
}

// Public returns the file with our public keys (.kpub) and its name. Error:
// fault.Conflict "seal.no_keys".
func (n *End) Public() (name string, file []byte, err error) {
	own, err := n.Book.Own()
	if err != nil {
		return "", nil, err
	}
	file, err = json.Marshal(own.Public())
	return fmt.Sprintf("%d-cloud.kpub", n.Desk.Tenant), file, err
}

// Read reads the public keys of the office; they count once two people have
// compared them. Errors: those of keybook.Book.Offer.
func (n *End) Read(ctx context.Context, actor store.Actor, file []byte) (p seal.Public, err error) {
	defer fault.Add(&err, "intake.Read(%d)", n.Desk.Tenant)
	now, err := n.now(ctx)
	if err != nil {
		return p, err
	}
	if p, err = n.Book.Offer(file, now); err != nil {
		return p, err
	}
	return p, n.noted(ctx, actor, "intake.peer_read", map[string]string{"fingerprint": p.Fingerprint()})
}

// Confirm says that the actor has compared both fingerprints with the office; the
// second person makes its keys count. Errors: those of keybook.Book.Confirm.
func (n *End) Confirm(ctx context.Context, actor store.Actor, fingerprint string) (done bool, err error) {
	defer fault.Add(&err, "intake.Confirm(%d)", n.Desk.Tenant)
	now, err := n.now(ctx)
	if err != nil {
		return false, err
	}
	if done, err = n.Book.Confirm(fingerprint, actor.ID, now); err != nil {
		return false, err
	}
	return done, n.noted(ctx, actor, "intake.peer_confirmed", map[string]any{"fingerprint": fingerprint, "counts": done})
}

// Reject forgets keys that two people found to differ.
func (n *End) Reject(ctx context.Context, actor store.Actor) error {
	if err := n.Book.Reject(); err != nil {
		return err
	}
	return n.noted(ctx, actor, "intake.peer_rejected", nil)
}

// Rotate makes a new opening key; the office reads our public keys again.
// Errors: those of keybook.Book.Rotate.
func (n *End) Rotate(ctx context.Context, actor store.Actor) (err error) {
	defer fault.Add(&err, "intake.Rotate(%d)", n.Desk.Tenant)
	now, err := n.now(ctx)
	if err != nil {
		return err
	}
	if err := n.Book.Rotate(now); err != nil {
		return err
	}
	return n.noted(ctx, actor, "intake.keys_rotated", nil)
}
