package delivery

import (
	"errors"

	"kofu/internal/fault"
	"kofu/internal/store"
)

// Received counts what came, also what was handed over since; the rest of the
// expected is missing.
const columns = `
d.id, d.lot_no, d.shipped_on, COALESCE(d.import_id, 0), d.state, d.created_at, d.closed_at,
(SELECT count(*) FROM card c WHERE c.delivery_id = d.id AND c.procedure <> 'VOIDED'),
(SELECT count(*) FROM card c WHERE c.delivery_id = d.id AND c.received_on <> '')`

func scanDelivery(scan func(...any) error) (d Delivery, err error) {
	err = scan(&d.ID, &d.LotNo, &d.ShippedOn, &d.ImportID, &d.State, &d.CreatedAt, &d.ClosedAt, &d.Expected, &d.Received)
	d.Missing = d.Expected - d.Received
	return d, err
}

// ByID returns a delivery. Error: fault.NotFound "delivery.not_found".
func ByID(rx *store.Rx, id int64) (Delivery, error) {
	d, err := scanDelivery(rx.Row("SELECT "+columns+" FROM delivery d WHERE d.id = $1", id).Scan)
	if errors.Is(err, store.ErrNoRows) {
		return Delivery{}, fault.New(fault.NotFound, "delivery.not_found")
	}
	return d, err
}

// ByLot returns the delivery with the 発送番号 that was not revoked.
func ByLot(rx *store.Rx, lotNo string) (Delivery, bool, error) {
	d, err := scanDelivery(rx.Row("SELECT "+columns+" FROM delivery d WHERE d.lot_no = $1 AND d.state <> 'voided'", lotNo).Scan)
	if errors.Is(err, store.ErrNoRows) {
		return Delivery{}, false, nil
	}
	return d, err == nil, err
}

// All returns the deliveries that were not revoked, newest first.
func All(rx *store.Rx) (all []Delivery, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		d, err := scanDelivery(scan)
		all = append(all, d)
		return err
	}, "SELECT "+columns+" FROM delivery d WHERE d.state <> 'voided' ORDER BY d.id DESC")
	return all, err
}

const boxCounts = "SELECT c.box_no, count(*), count(CASE WHEN c.received_on <> '' THEN 1 END) FROM card c WHERE c.delivery_id = $1 AND c.procedure <> 'VOIDED'"

// Boxes returns the boxes of a delivery with their counts.
func Boxes(rx *store.Rx, id int64) (boxes []Box, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var b Box
		err := scan(&b.No, &b.Expected, &b.Received)
		boxes = append(boxes, b)
		return err
	}, boxCounts+" AND c.box_no <> '' GROUP BY c.box_no ORDER BY c.box_no", id)
	return boxes, err
}

func boxOf(rx *store.Rx, id int64, no string) (b Box, err error) {
	err = rx.Row(boxCounts+" AND c.box_no = $2 GROUP BY c.box_no", id, no).Scan(&b.No, &b.Expected, &b.Received)
	return b, err
}

func insert(tx *store.Tx, a Announcement) (id int64, err error) {
	var importID any
	if a.ImportID != 0 {
		importID = a.ImportID
	}
	err = tx.Row(`
INSERT INTO delivery (lot_no, shipped_on, import_id, state, created_at) VALUES ($1, $2, $3, 'open', $4) RETURNING id`,
		a.LotNo, a.ShippedOn, importID, store.Stamp(tx.Now)).Scan(&id)
	return id, err
}

func setState(tx *store.Tx, d Delivery, s State) error {
	n, err := tx.Exec("UPDATE delivery SET state = $1, closed_at = $2, closed_by = $3 WHERE id = $4 AND state = $5",
		string(s), store.Stamp(tx.Now), tx.Actor.Name, d.ID, string(d.State))
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "delivery.not_open", "lot", d.LotNo)
	}
	return err
}

func insertScan(tx *store.Tx, deliveryID int64, o Outcome) error {
	var cardID any
	if o.Card.ID != 0 {
		cardID = o.Card.ID
	}
	_, err := tx.Exec("INSERT INTO delivery_scan (delivery_id, card_id, code, result, at, actor, terminal) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		deliveryID, cardID, o.Code, string(o.Result), o.At, tx.Actor.ID, tx.Actor.Terminal)
	return err
}
