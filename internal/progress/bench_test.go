package progress_test

import (
	"testing"

	"kofu/internal/progress"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// manyCards is 200,000 cards of 100 parcels at every stage, written straight
// into the tables because acts would take minutes.
func manyCards(b *testing.B) *store.DB {
	b.Helper()
	db := testkit.DB(b)
	testkit.Write(b, db, testkit.Clerk, func(tx *store.Tx) error {
		_, err := tx.Exec(`
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
INSERT INTO card (delivery_id, notice_no, name, name_key, kana, address, birth, procedure, custody, status, received_on, deadline)
SELECT i % 100 + 1, printf('A1B-%06d', i), 'N' || (i * 7919) % 200000, 'N' || (i * 7919) % 200000, 'カナ' || (i * 104729) % 200000, '○○市△△町一丁目2番3号', '1965-04-01',
       CASE WHEN i % 10 < 5 THEN 'HANDED_OVER' WHEN i % 10 < 8 THEN 'NOTIFIED' WHEN i % 10 = 8 THEN 'READY' ELSE 'RECEIVED' END,
       CASE WHEN i % 10 < 5 THEN 'WITH_HOLDER' WHEN i % 10 < 9 THEN 'VAULT' ELSE 'ON_DESK' END,
       CASE WHEN i % 10 < 5 THEN 'HANDED_OVER' WHEN i % 10 < 8 THEN 'NOTIFIED' WHEN i % 10 = 8 THEN 'READY' ELSE 'RECEIVED' END,
       '2026-0' || (i % 9 + 1) || '-01', '2026-0' || ((i * 31) % 9 + 1) || '-15'
FROM n`)
		return err
	})
	return db
}

func BenchmarkCards(b *testing.B) {
	db := manyCards(b)
	for name, f := range map[string]progress.Filter{
		"first page": {}, "deep page": {Offset: 180_000}, "deep page by kana": {Sort: "kana", Offset: 180_000},
		"deep page by lot": {Sort: "lot", Offset: 180_000}, "deep page by place": {Sort: "place", Offset: 180_000},
		"status by kana": {Status: "NOTIFIED", Sort: "kana"}, "status by kana, deep": {Status: "NOTIFIED", Sort: "kana", Offset: 50_000},
		"name": {Query: "N1234"}, "lot by kana": {Lot: 7, Sort: "kana"}, "due": {Due: progress.DueNotice},
	} {
		f.Limit = 100
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				testkit.Read(b, db, func(rx *store.Rx) error {
					_, err := progress.Cards(rx, f)
					return err
				})
			}
		})
	}
	for name, ask := range map[string]func(*store.Rx) error{
		"tasks":    func(rx *store.Rx) error { _, err := progress.TasksNow(rx); return err },
		"balance":  func(rx *store.Rx) error { _, err := progress.BalanceNow(rx); return err },
		"statuses": func(rx *store.Rx) error { _, err := progress.StatusCounts(rx); return err },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				testkit.Read(b, db, ask)
			}
		})
	}
}
