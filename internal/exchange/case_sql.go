package exchange

import (
	"errors"

	"kofu/internal/agree"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/store"
)

func putCase(tx *store.Tx, c Case) error {
	ask := 0
	if c.Ask {
		ask = 1
	}
	_, err := tx.Exec(`
INSERT INTO exchange_case (kind, bk, link, other, window_id, starts, over, refused, ask, opened_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (kind, bk, link, window_id, starts) WHERE decision = '' DO UPDATE SET other = $4, over = $7, refused = $8, ask = $9`,
		int(c.Kind), c.Booking, c.Link, c.Other, c.Window, c.Start, c.Over, string(c.Refused), ask, store.Stamp(tx.Now))
	return err
}

func newestCase(rx *store.Rx) (id int64, err error) {
	err = rx.Row("SELECT COALESCE(MAX(id), 0) FROM exchange_case").Scan(&id)
	return id, err
}

// casesSince counts the cases that are newer than one.
func casesSince(rx *store.Rx, id int64) (n int, err error) {
	err = rx.Row("SELECT COUNT(*) FROM exchange_case WHERE id > $1", id).Scan(&n)
	return n, err
}

const caseColumns = `
SELECT id, kind, bk, link, other, window_id, starts, over, refused, ask, opened_at, decision, note, decided_at, decided_by FROM exchange_case `

func scanCase(scan func(...any) error) (c Case, err error) {
	err = scan(&c.ID, &c.Kind, &c.Booking, &c.Link, &c.Other, &c.Window, &c.Start, &c.Over, &c.Refused, &c.Ask, &c.OpenedAt,
		&c.Decision, &c.Note, &c.DecidedAt, &c.DecidedBy)
	return c, err
}

func cases(rx *store.Rx, query string, args ...any) (list []Case, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		c, err := scanCase(scan)
		list = append(list, c)
		return err
	}, caseColumns+query, args...)
	return list, err
}

// OpenCases are those that wait for somebody, the oldest first; those of a kind,
// 0 for all.
func OpenCases(rx *store.Rx, kind agree.Case) ([]Case, error) {
	return cases(rx, "WHERE decision = '' AND ($1 = 0 OR kind = $1) ORDER BY opened_at, id", int(kind))
}

// DecidedCases are the newest ones that were decided; those of a kind, 0 for all.
func DecidedCases(rx *store.Rx, kind agree.Case, limit int) ([]Case, error) {
	return cases(rx, "WHERE decision <> '' AND ($1 = 0 OR kind = $1) ORDER BY decided_at DESC, id DESC LIMIT $2", int(kind), limit)
}

// CountOpen is the number of cases that wait.
func CountOpen(rx *store.Rx) (n int, err error) {
	err = rx.Row("SELECT COUNT(*) FROM exchange_case WHERE decision = ''").Scan(&n)
	return n, err
}

// CountKinds are the numbers of the cases that wait, by kind.
func CountKinds(rx *store.Rx) (counts map[agree.Case]int, err error) {
	counts = map[agree.Case]int{}
	err = rx.Query(func(scan func(...any) error) error {
		var kind agree.Case
		var n int
		err := scan(&kind, &n)
		counts[kind] = n
		return err
	}, "SELECT kind, COUNT(*) FROM exchange_case WHERE decision = '' GROUP BY kind")
	return counts, err
}

// CaseByID returns a case. Error: fault.NotFound "exchange.no_case".
func CaseByID(rx *store.Rx, id int64) (Case, error) {
	c, err := scanCase(rx.Row(caseColumns+"WHERE id = $1", id).Scan)
	if errors.Is(err, store.ErrNoRows) {
		return c, fault.New(fault.NotFound, "exchange.no_case")
	}
	return c, err
}

// passing are the cases that may go away by themselves.
func passing(rx *store.Rx) ([]Case, error) {
	return cases(rx, "WHERE decision = '' AND (ask = 1 OR kind = $1) ORDER BY id", int(agree.CaseShut))
}

func decide(tx *store.Tx, id int64, d Decision, note string) (int64, error) {
	return tx.Exec("UPDATE exchange_case SET decision = $2, note = $3, decided_at = $4, decided_by = $5 WHERE id = $1 AND decision = ''",
		id, string(d), note, store.Stamp(tx.Now), tx.Actor.Name)
}

// overs are the slots that are taken beyond what they hold, with a case that
// waits or that a clerk has decided.
func overs(rx *store.Rx) (list []event.CapacityOver, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var e event.CapacityOver
		err := scan(&e.Window, &e.Start, &e.Over)
		list = append(list, e)
		return err
	}, `
SELECT window_id, starts, over FROM exchange_case
WHERE id IN (SELECT MAX(id) FROM exchange_case WHERE kind = $1 AND past = 0 GROUP BY window_id, starts) ORDER BY id`, int(agree.CaseOver))
	return list, err
}

// overDecided reports whether a clerk has decided the newest case of a slot that
// is over, and as many seats as now are too many.
func overDecided(rx *store.Rx, e event.CapacityOver) (bool, error) {
	var n int
	err := rx.Row(`
SELECT COUNT(*) FROM exchange_case WHERE over = $4 AND decision <> '' AND id =
    (SELECT MAX(id) FROM exchange_case WHERE kind = $1 AND window_id = $2 AND starts = $3 AND past = 0)`,
		int(agree.CaseOver), e.Window, e.Start, e.Over).Scan(&n)
	return n > 0, err
}

// endOver ends the case of a slot that holds what is taken again.
func endOver(tx *store.Tx, window, start string) error {
	_, err := tx.Exec(`
UPDATE exchange_case SET decision = $1, decided_at = $2, decided_by = $3 WHERE kind = $4 AND window_id = $5 AND starts = $6 AND decision = ''`,
		string(Settled), store.Stamp(tx.Now), tx.Actor.Name, int(agree.CaseOver), window, start)
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE exchange_case SET past = 1 WHERE kind = $1 AND window_id = $2 AND starts = $3 AND past = 0", int(agree.CaseOver), window, start)
	return err
}
