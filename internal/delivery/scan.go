package delivery

import (
	"context"
	"fmt"

	"kofu/internal/audit"
	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/scancode"
	"kofu/internal/store"
)

// Result is the answer to a scan at the reception.
type Result string

// The answers, from good to bad.
const (
	Received  Result = "received"   // 受領
	Held      Result = "held"       // received, but a hold stops it
	Withdrawn Result = "withdrawn"  // here, but given up before it came
	Twice     Result = "twice"      // scanned before
	NotInLot  Result = "not_in_lot" // announced in another delivery
	Strange   Result = "unknown"    // announced nowhere
)

// Outcome is what a scan did.
type Outcome struct {
	Result   Result
	Code     string     // as recognised
	Card     card.Card  // with every result but Strange
	Before   card.State // before the scan
	EventID  int64      // of the reception, for undoing it
	OtherLot string     // NotInLot: where it was announced
	Delivery Delivery   // with the counts after the scan
	Box      Box        // of the card, if its delivery has boxes
	At       string     // instant
}

// Box is one box of a delivery with its counts.
type Box struct {
	No       string
	Expected int
	Received int
}

// Scan answers one code read at the reception of a delivery. What does not
// belong to the delivery changes no card but is kept in the scan log. Errors:
// fault.Invalid "scan.individual_number", which is kept nowhere, and
// "scan.empty"; fault.Conflict "delivery.voided".
func Scan(ctx context.Context, db *store.DB, actor store.Actor, deliveryID int64, entry string) (o Outcome, err error) {
	defer fault.Add(&err, "delivery.Scan(%d)", deliveryID)
	code := scancode.Read(entry)
	switch {
	case code.Kind == scancode.IndividualNumber:
		return o, fault.New(fault.Invalid, "scan.individual_number")
	case code.Text == "" && code.ID == 0:
		return o, fault.New(fault.Invalid, "scan.empty")
	}
	err = db.Join(ctx, actor, func(tx *store.Tx) error {
		o, err = scan(tx, deliveryID, code)
		return err
	})
	return o, err
}

func scan(tx *store.Tx, deliveryID int64, code scancode.Code) (o Outcome, err error) {
	d, err := ByID(tx.Rx, deliveryID)
	if err != nil {
		return o, err
	}
	if d.State == Void {
		return o, fault.New(fault.Conflict, "delivery.voided", "lot", d.LotNo)
	}
	o = Outcome{Result: Strange, Code: code.Text, At: store.Stamp(tx.Now)}
	found, err := card.Find(tx.Rx, code)
	if err != nil {
		return o, err
	}
	if c, ok := choose(found, deliveryID); ok {
		if err := o.receive(tx, d, c); err != nil {
			return o, err
		}
	}
	if err := insertScan(tx, deliveryID, o); err != nil {
		return o, err
	}
	if o.Delivery, err = ByID(tx.Rx, deliveryID); err != nil {
		return o, err
	}
	if o.Card.BoxNo != "" && o.Card.DeliveryID == deliveryID {
		o.Box, err = boxOf(tx.Rx, deliveryID, o.Card.BoxNo)
	}
	return o, err
}

// choose prefers the card of this delivery among those with the number.
func choose(found []card.Card, deliveryID int64) (card.Card, bool) {
	for _, c := range found {
		if c.DeliveryID == deliveryID {
			return c, true
		}
	}
	if len(found) > 0 {
		return found[0], true
	}
	return card.Card{}, false
}

// receive takes the card in if it belongs here and was not taken in before.
func (o *Outcome) receive(tx *store.Tx, d Delivery, c card.Card) error {
	o.Card, o.Before = c, c.State
	if c.DeliveryID != d.ID {
		other, err := ByID(tx.Rx, c.DeliveryID)
		o.Result, o.OtherLot = NotInLot, other.LotNo
		return err
	}
	if c.Custody != card.Expected && c.Custody != card.NeverArrived {
		o.Result = Twice
		return nil
	}
	change, err := card.Do(tx, c.ID, card.ActReceive, card.Input{})
	if err != nil {
		return err
	}
	o.Card, o.EventID = change.Card, change.EventID
	switch {
	case change.Card.Procedure == card.Withdrawn:
		o.Result = Withdrawn
	case change.Card.Stops > 0:
		o.Result = Held
	default:
		o.Result = Received
	}
	return audit.Append(tx, "card.received", fmt.Sprintf("card/%d", c.ID), map[string]any{"delivery": d.ID, "result": o.Result})
}
