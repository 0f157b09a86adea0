package exchange

import "kofu/internal/store"

func insertCarry(tx *store.Tx, c Carry) (id int64, err error) {
	err = tx.Row(`
INSERT INTO exchange_carry (bundle_id, direction, way, kind, file, size, sha256, lo, hi, n, medium, approval, approver, verified, ejected, at, actor)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING id`,
		c.BundleID, c.Direction, string(c.Way), c.Kind, c.File, c.Size, c.SHA256, c.Lo, c.Hi, c.N, c.No, c.Approval, c.Approver,
		c.Verified, c.Ejected, c.At, c.By).Scan(&id)
	return id, err
}

// Carries are the newest lines of the register.
func Carries(rx *store.Rx, limit int) (list []Carry, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var c Carry
		err := scan(&c.ID, &c.BundleID, &c.Direction, &c.Way, &c.Kind, &c.File, &c.Size, &c.SHA256, &c.Lo, &c.Hi, &c.N,
			&c.No, &c.Approval, &c.Approver, &c.Verified, &c.Ejected, &c.At, &c.By)
		list = append(list, c)
		return err
	}, `
SELECT id, bundle_id, direction, way, kind, file, size, sha256, lo, hi, n, medium, approval, approver, verified, ejected, at, actor
FROM exchange_carry ORDER BY id DESC LIMIT $1`, limit)
	return list, err
}
