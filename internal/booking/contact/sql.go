package contact

import "kofu/internal/store"

func insertValue(tx *store.Tx, tenant int, owner, field, sealed, mac string) error {
	_, err := tx.Exec(`
INSERT INTO contact_value (tenant, owner, field, sealed, mac, kept_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant, owner, field) DO UPDATE SET sealed = excluded.sealed, mac = excluded.mac, kept_at = excluded.kept_at`,
		tenant, owner, field, sealed, mac, store.Stamp(tx.Now))
	return err
}

func insertAnswer(tx *store.Tx, tenant int, bookingID, field, answer string) error {
	_, err := tx.Exec(`
INSERT INTO contact_answer (tenant, booking_id, field, answer) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant, booking_id, field) DO UPDATE SET answer = excluded.answer`, tenant, bookingID, field, answer)
	return err
}

func valuesOf(rx *store.Rx, tenant int, owner string) (map[string]string, error) {
	return pairs(rx, "SELECT field, sealed FROM contact_value WHERE tenant = $1 AND owner = $2 ORDER BY field", tenant, owner)
}

func answersOf(rx *store.Rx, tenant int, bookingID string) (Answers, error) {
	return pairs(rx, "SELECT field, answer FROM contact_answer WHERE tenant = $1 AND booking_id = $2 ORDER BY field", tenant, bookingID)
}

func pairs(rx *store.Rx, query string, args ...any) (map[string]string, error) {
	all := map[string]string{}
	err := rx.Query(func(scan func(...any) error) error {
		var name, value string
		err := scan(&name, &value)
		all[name] = value
		return err
	}, query, args...)
	return all, err
}

func countOwners(rx *store.Rx, tenant int, mac, since string) (n int, err error) {
	err = rx.Row("SELECT COUNT(DISTINCT owner) FROM contact_value WHERE tenant = $1 AND mac = $2 AND kept_at >= $3", tenant, mac, since).Scan(&n)
	return n, err
}

// Visits that were over, or had been cancelled, by the instant $2.
func eraseValues(tx *store.Tx, tenant int, field, before string) (int64, error) {
	return tx.Exec(`
DELETE FROM contact_value WHERE tenant = $1 AND field = $3 AND owner IN (
  SELECT b.booking_id FROM booking b JOIN slot s ON s.tenant = b.tenant AND s.slot_id = b.slot_id
  WHERE b.tenant = $1 AND CASE WHEN b.state IN ('cancelled', 'cancelled_by_office', 'expired') THEN b.changed_at ELSE s.starts_at END <= $2)`,
		tenant, before, field)
}

func eraseAnswers(tx *store.Tx, tenant int, field, before string) (int64, error) {
	return tx.Exec(`
DELETE FROM contact_answer WHERE tenant = $1 AND field = $3 AND booking_id IN (
  SELECT b.booking_id FROM booking b JOIN slot s ON s.tenant = b.tenant AND s.slot_id = b.slot_id
  WHERE b.tenant = $1 AND CASE WHEN b.state IN ('cancelled', 'cancelled_by_office', 'expired') THEN b.changed_at ELSE s.starts_at END <= $2)`,
		tenant, before, field)
}

// eraseOfMembers removes the addresses of accounts that cannot book any more.
func eraseOfMembers(tx *store.Tx, tenant int, before string) (int64, error) {
	return tx.Exec(`
DELETE FROM contact_value WHERE tenant = $1 AND owner IN (
  SELECT 'link/' || m.link FROM member m WHERE m.tenant = $1 AND (m.state IN ('withdrawn', 'closed') OR m.book_until <= $2))`,
		tenant, before)
}

// eraseOfWishes removes what those left whose wish is over.
func eraseOfWishes(tx *store.Tx, tenant int, before string) (int64, error) {
	return tx.Exec(`
DELETE FROM contact_value WHERE tenant = $1 AND owner IN (
  SELECT 'wish/' || w.wish_id FROM wish w WHERE w.tenant = $1 AND w.ended_at <> '' AND w.ended_at <= $2)`, tenant, before)
}
