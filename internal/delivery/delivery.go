// Package delivery sets what J-LIS announced (納品) against what was scanned out
// of the parcel. Every scan answers at once; what has not come counts down and
// becomes 欠品 when the reception is closed. Writes tables delivery and
// delivery_scan.
package delivery

import (
	"context"
	"fmt"
	"strconv"
	"unicode/utf8"

	"kofu/internal/audit"
	"kofu/internal/card"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// State of a delivery.
type State string

// The states of a delivery.
const (
	Open   State = "open"
	Closed State = "closed"
	Void   State = "voided"
)

// Delivery is one consignment with its counts. Expected = Received + Missing.
type Delivery struct {
	ID        int64
	LotNo     string // 発送番号
	ShippedOn string
	ImportID  int64 // 0 when typed by hand
	State     State
	CreatedAt string
	ClosedAt  string
	Expected  int
	Received  int
	Missing   int
}

// Announcement is what a delivery list says of one consignment.
type Announcement struct {
	LotNo     string
	ShippedOn string
	ImportID  int64 // 0 when typed by hand
	Group     string
	Cards     []card.Facts // DeliveryID is filled in here
}

// longestLot is the longest 発送番号, in characters; those of J-LIS have eleven.
const longestLot = 40

// Announce registers a consignment and its cards as 納品予定. Errors:
// fault.Conflict "delivery.lot_exists" when the lot is known, "card.listed_twice",
// fault.Invalid "delivery.empty", "delivery.bad_lot".
func Announce(tx *store.Tx, a Announcement) (deliveryID int64, cards []int64, err error) {
	if a.LotNo == "" || len(a.Cards) == 0 {
		return 0, nil, fault.New(fault.Invalid, "delivery.empty")
	}
	if err := entry.Check(a.LotNo); err != nil || utf8.RuneCountInString(a.LotNo) > longestLot {
		return 0, nil, fault.New(fault.Invalid, "delivery.bad_lot", "max", strconv.Itoa(longestLot)).Because(err)
	}
	if earlier, ok, err := ByLot(tx.Rx, a.LotNo); err != nil {
		return 0, nil, err
	} else if ok {
		return 0, nil, fault.New(fault.Conflict, "delivery.lot_exists", "lot", a.LotNo, "count", fmt.Sprint(earlier.Expected))
	}
	if deliveryID, err = insert(tx, a); err != nil {
		return 0, nil, err
	}
	for i, f := range a.Cards {
		f.DeliveryID = deliveryID
		id, err := card.List(tx, f, a.Group)
		if err != nil {
			return 0, nil, fmt.Errorf("card %d: %w", i+1, err)
		}
		cards = append(cards, id)
	}
	return deliveryID, cards, audit.Append(tx, "delivery.announced", object(deliveryID), map[string]any{"cards": len(a.Cards), "import": a.ImportID})
}

// Register announces a consignment whose numbers were typed or scanned by hand.
func Register(ctx context.Context, db *store.DB, actor store.Actor, a Announcement) (d Delivery, err error) {
	defer fault.Add(&err, "delivery.Register")
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		id, _, err := Announce(tx, a)
		if err != nil {
			return err
		}
		d, err = ByID(tx.Rx, id)
		return err
	})
	return d, err
}

// Revoke takes an announcement back while none of its cards has been touched.
// Errors: fault.Conflict "delivery.begun".
func Revoke(tx *store.Tx, deliveryID int64, reason, group string) error {
	d, err := ByID(tx.Rx, deliveryID)
	if err != nil {
		return err
	}
	cards, err := card.OfDelivery(tx.Rx, deliveryID)
	if err != nil {
		return err
	}
	for _, c := range cards {
		if c.Procedure != card.Listed {
			return fault.New(fault.Conflict, "delivery.begun", "lot", d.LotNo, "no", c.NoticeNo)
		}
		if _, err := card.Do(tx, c.ID, card.ActVoid, card.Input{Reason: reason, Group: group}); err != nil {
			return err
		}
	}
	if err := setState(tx, d, Void); err != nil {
		return err
	}
	return audit.Append(tx, "delivery.revoked", object(deliveryID), map[string]any{"cards": len(cards)})
}

// Close ends the reception: what has not come becomes 欠品. A card that turns
// up later is still received by its scan. Error: fault.Conflict
// "delivery.not_open".
func Close(ctx context.Context, db *store.DB, actor store.Actor, deliveryID int64) (d Delivery, err error) {
	defer fault.Add(&err, "delivery.Close(%d)", deliveryID)
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		if d, err = ByID(tx.Rx, deliveryID); err != nil {
			return err
		}
		if d.State != Open {
			return fault.New(fault.Conflict, "delivery.not_open", "lot", d.LotNo)
		}
		cards, err := card.OfDelivery(tx.Rx, deliveryID)
		if err != nil {
			return err
		}
		missing := 0
		for _, c := range cards {
			if c.Procedure != card.Listed {
				continue
			}
			if _, err := card.Do(tx, c.ID, card.ActReportMissing, card.Input{Group: fmt.Sprintf("close-%d", deliveryID)}); err != nil {
				return err
			}
			missing++
		}
		if err := setState(tx, d, Closed); err != nil {
			return err
		}
		if d, err = ByID(tx.Rx, deliveryID); err != nil {
			return err
		}
		return audit.Append(tx, "delivery.closed", object(deliveryID), map[string]any{"received": d.Received, "missing": missing})
	})
	return d, err
}

func object(id int64) string { return fmt.Sprintf("delivery/%d", id) }
