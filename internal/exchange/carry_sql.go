package exchange

import (
	"errors"

	"kofu/internal/fault"
	"kofu/internal/store"
)

func insertCarry(tx *store.Tx, c Carry) (id int64, err error) {
	err = tx.Row(`
INSERT INTO exchange_carry (bundle_id, direction, way, kind, file, size, sha256, lo, hi, n, medium, approval, approver, verified, ejected, at, actor)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING id`,
		c.BundleID, c.Direction, string(c.Way), c.Kind, c.File, c.Size, c.SHA256, c.Lo, c.Hi, c.N, c.No, c.Approval, c.Approver,
		c.Verified, c.Ejected, c.At, c.By).Scan(&id)
	return id, err
}

const carryColumns = `
SELECT id, bundle_id, direction, way, kind, file, size, sha256, lo, hi, n, medium, approval, approver, verified, ejected, at, actor, lost_at
FROM exchange_carry `

func scanCarry(scan func(...any) error) (c Carry, err error) {
	err = scan(&c.ID, &c.BundleID, &c.Direction, &c.Way, &c.Kind, &c.File, &c.Size, &c.SHA256, &c.Lo, &c.Hi, &c.N,
		&c.No, &c.Approval, &c.Approver, &c.Verified, &c.Ejected, &c.At, &c.By, &c.LostAt)
	return c, err
}

// CarryFilter says which lines of the register; "" and 0 stand for all.
type CarryFilter struct {
	Direction   string
	Way         Way
	From, Until string // instants, Until not included
	Limit       int
}

// Carries are lines of the register, the newest first.
func Carries(rx *store.Rx, f CarryFilter) (list []Carry, err error) {
	if f.Limit == 0 {
		f.Limit = 1 << 20
	}
	err = rx.Query(func(scan func(...any) error) error {
		c, err := scanCarry(scan)
		list = append(list, c)
		return err
	}, carryColumns+`
WHERE ($1 = '' OR direction = $1) AND ($2 = '' OR way = $2) AND at >= $3 AND ($4 = '' OR at < $4) ORDER BY id DESC LIMIT $5`,
		f.Direction, string(f.Way), f.From, f.Until, f.Limit)
	return list, err
}

// CarryByID returns a line of the register. Error: fault.NotFound
// "exchange.no_carry".
func CarryByID(rx *store.Rx, id int64) (Carry, error) {
	c, err := scanCarry(rx.Row(carryColumns+"WHERE id = $1", id).Scan)
	if errors.Is(err, store.ErrNoRows) {
		return c, fault.New(fault.NotFound, "exchange.no_carry")
	}
	return c, err
}

func setEjected(tx *store.Tx, id int64) error {
	_, err := tx.Exec("UPDATE exchange_carry SET ejected = 1 WHERE id = $1", id)
	return err
}

func setLost(tx *store.Tx, bundleID string) (int64, error) {
	return tx.Exec("UPDATE exchange_carry SET lost_at = $2 WHERE bundle_id = $1 AND direction = 'out' AND lost_at = ''", bundleID, store.Stamp(tx.Now))
}
