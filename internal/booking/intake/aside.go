package intake

import (
	"context"
	"fmt"

	"kofu/internal/audit"
	"kofu/internal/entry"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/store"
)

func asideObject(tenant int, id string) string { return fmt.Sprintf("tenant/%d/aside/%s", tenant, id) }

// Retry carries out an event that was set aside, now that what it is about is
// known. Errors: fault.NotFound "intake.no_aside"; what still stands in the way.
func (n *End) Retry(ctx context.Context, actor store.Actor, id string) (err error) {
	defer fault.Add(&err, "intake.Retry(%s)", id)
	return n.Desk.DB.Write(ctx, actor, func(tx *store.Tx) error {
		a, err := asideByID(tx.Rx, n.Desk.Tenant, id)
		if err != nil {
			return err
		}
		_, _, body, err := event.Decode([]byte(a.Line))
		if err != nil {
			return err
		}
		if err := n.apply(tx, body); err != nil {
			return err
		}
		if err := endAside(tx, n.Desk.Tenant, id, "done"); err != nil {
			return err
		}
		return audit.Append(tx, "intake.retried", asideObject(n.Desk.Tenant, id), map[string]string{"type": a.Type})
	})
}

// Drop puts an event away that nothing can be made of, for a reason. Errors:
// fault.NotFound "intake.no_aside"; fault.Invalid "intake.no_reason" and those of
// [entry.Check].
func (n *End) Drop(ctx context.Context, actor store.Actor, id, reason string) (err error) {
	defer fault.Add(&err, "intake.Drop(%s)", id)
	if entry.Blank(reason) {
		return fault.New(fault.Invalid, "intake.no_reason")
	}
	if err := entry.Check(reason); err != nil {
		return err
	}
	return n.Desk.DB.Write(ctx, actor, func(tx *store.Tx) error {
		if err := endAside(tx, n.Desk.Tenant, id, "dropped"); err != nil {
			return err
		}
		return audit.Append(tx, "intake.dropped", asideObject(n.Desk.Tenant, id), map[string]string{"reason": reason})
	})
}
