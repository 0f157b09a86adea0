package mail

import (
	"errors"
	"strconv"
	"strings"

	"kofu/internal/booking/terms"
	"kofu/internal/store"
)

// row is a mail as it is written.
type row struct {
	id, bookingID    string
	kind             terms.MailKind
	lang             string
	state            State
	receiver, sealed string
	doneAt           string
}

func insert(tx *store.Tx, tenant int, m row) error {
	now := store.Stamp(tx.Now)
	_, err := tx.Exec(`
INSERT INTO mail_out (tenant, mail_id, booking_id, kind, lang, state, receiver, sealed, tries, next_at, made_at, done_at, answer)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, '')`,
		tenant, m.id, m.bookingID, m.kind, m.lang, m.state, m.receiver, m.sealed, now, now, m.doneAt)
	return err
}

func countToday(rx *store.Rx, tenant int, receiver, since string) (n int, err error) {
	err = rx.Row("SELECT COUNT(*) FROM mail_out WHERE tenant = $1 AND receiver = $2 AND made_at >= $3 AND receiver <> '' AND state <> 'limited'",
		tenant, receiver, since).Scan(&n)
	return n, err
}

// dueRow is a mail that may be sent.
type dueRow struct {
	id, bookingID  string
	kind           terms.MailKind
	tries          int
	nextAt, madeAt string
}

func selectDue(rx *store.Rx, tenant int, now string, limit int) (all []dueRow, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var d dueRow
		err := scan(&d.id, &d.bookingID, &d.kind, &d.tries, &d.nextAt, &d.madeAt)
		all = append(all, d)
		return err
	}, `
SELECT mail_id, booking_id, kind, tries, next_at, made_at FROM mail_out
WHERE tenant = $1 AND state = 'waiting' AND next_at <= $2 ORDER BY next_at, mail_id LIMIT $3`, tenant, now, limit)
	return all, err
}

// claim takes a due mail for this server, ” when another has taken it.
func claim(tx *store.Tx, tenant int, d dueRow, until string) (sealed string, err error) {
	err = tx.Row(`
UPDATE mail_out SET next_at = $4, tries = tries + 1
WHERE tenant = $1 AND mail_id = $2 AND state = 'waiting' AND next_at = $3 RETURNING sealed`, tenant, d.id, d.nextAt, until).Scan(&sealed)
	if errors.Is(err, store.ErrNoRows) {
		return "", nil
	}
	return sealed, err
}

func postpone(tx *store.Tx, tenant int, id, until, answer string) error {
	_, err := tx.Exec("UPDATE mail_out SET next_at = $3, answer = $4 WHERE tenant = $1 AND mail_id = $2 AND state = 'waiting'",
		tenant, id, until, answer)
	return err
}

func finish(tx *store.Tx, tenant int, id string, state State, answer string) error {
	_, err := tx.Exec(`
UPDATE mail_out SET state = $3, sealed = '', done_at = $4, answer = $5 WHERE tenant = $1 AND mail_id = $2 AND state = 'waiting'`,
		tenant, id, state, store.Stamp(tx.Now), answer)
	return err
}

func forgetReceivers(tx *store.Tx, tenant int, before string) (int64, error) {
	return tx.Exec("UPDATE mail_out SET receiver = '' WHERE tenant = $1 AND made_at < $2 AND receiver <> ''", tenant, before)
}

func deleteOld(tx *store.Tx, tenant int, before string) (int64, error) {
	return tx.Exec("DELETE FROM mail_out WHERE tenant = $1 AND made_at < $2 AND state <> 'waiting'", tenant, before)
}

const itemColumns = `
SELECT mail_id, booking_id, kind, lang, state, tries, made_at, done_at, answer FROM mail_out WHERE tenant = $1`

func items(rx *store.Rx, query string, args ...any) (all []Item, err error) {
	all = []Item{}
	err = rx.Query(func(scan func(...any) error) error {
		var i Item
		err := scan(&i.ID, &i.BookingID, &i.Kind, &i.Lang, &i.State, &i.Tries, &i.MadeAt, &i.DoneAt, &i.Answer)
		all = append(all, i)
		return err
	}, query, args...)
	return all, err
}

func selectList(rx *store.Rx, tenant int, state State, at Windows, limit int) ([]Item, error) {
	here, args := at.condition(tenant, string(state), limit, stuckSince(rx))
	return items(rx, itemColumns+`
AND ($2 = '' OR state = $2 OR $2 = 'stuck' AND state = 'waiting' AND made_at < $4)`+here+` ORDER BY mail_id DESC LIMIT $3`, args...)
}

// condition is what a query adds for the windows, and its arguments with theirs
// behind them.
func (at Windows) condition(args ...any) (string, []any) {
	if at == nil {
		return "", args
	}
	places := make([]string, len(at))
	for i, window := range at {
		args = append(args, window)
		places[i] = "$" + strconv.Itoa(len(args))
	}
	if len(at) == 0 {
		return " AND booking_id = ''", args
	}
	return " AND (booking_id = '' OR booking_id IN (SELECT booking_id FROM booking WHERE tenant = $1 AND window_id IN (" +
		strings.Join(places, ", ") + ")))", args
}

func selectOldestWaiting(rx *store.Rx, tenant int) (at string, err error) {
	err = rx.Row("SELECT COALESCE(MIN(made_at), '') FROM mail_out WHERE tenant = $1 AND state = 'waiting'", tenant).Scan(&at)
	return at, err
}

func selectCounts(rx *store.Rx, tenant int, at Windows) (map[State]int, error) {
	all := map[State]int{}
	here, args := at.condition(tenant)
	err := rx.Query(func(scan func(...any) error) error {
		var s State
		var n int
		err := scan(&s, &n)
		all[s] = n
		return err
	}, "SELECT state, COUNT(*) FROM mail_out WHERE tenant = $1"+here+" GROUP BY state", args...)
	if err != nil {
		return nil, err
	}
	var n int
	here, args = at.condition(tenant, stuckSince(rx))
	err = rx.Row("SELECT COUNT(*) FROM mail_out WHERE tenant = $1 AND state = 'waiting' AND made_at < $2"+here, args...).Scan(&n)
	if n > 0 {
		all[Stuck] = n
	}
	return all, err
}

func stuckSince(rx *store.Rx) string { return store.Stamp(rx.Now.Add(-StuckAfter)) }

func hasTask(rx *store.Rx, tenant int, bookingID string, kind terms.MailKind) (bool, error) {
	var n int
	err := rx.Row("SELECT COUNT(*) FROM phone_task WHERE tenant = $1 AND booking_id = $2 AND kind = $3 AND done_at = ''", tenant, bookingID, kind).Scan(&n)
	return n > 0, err
}

func insertTask(tx *store.Tx, tenant int, t Task) error {
	_, err := tx.Exec(`
INSERT INTO phone_task (tenant, task_id, booking_id, kind, reason, made_at, done_at, done_by) VALUES ($1, $2, $3, $4, $5, $6, '', '')`,
		tenant, t.ID, t.BookingID, t.Kind, t.Reason, store.Stamp(tx.Now))
	return err
}

func finishTask(tx *store.Tx, tenant int, id string) (int64, error) {
	return tx.Exec("UPDATE phone_task SET done_at = $3, done_by = $4 WHERE tenant = $1 AND task_id = $2 AND done_at = ''",
		tenant, id, store.Stamp(tx.Now), tx.Actor.ID)
}

func deleteTasks(tx *store.Tx, tenant int, before string) (int64, error) {
	return tx.Exec("DELETE FROM phone_task WHERE tenant = $1 AND made_at < $2 AND done_at <> ''", tenant, before)
}

func selectTaskBooking(rx *store.Rx, tenant int, id string) (bookingID string, found bool, err error) {
	err = rx.Row("SELECT booking_id FROM phone_task WHERE tenant = $1 AND task_id = $2", tenant, id).Scan(&bookingID)
	if errors.Is(err, store.ErrNoRows) {
		return "", false, nil
	}
	return bookingID, err == nil, err
}

func selectTasks(rx *store.Rx, tenant int, done bool) (all []Task, err error) {
	all = []Task{}
	which := 0
	if done {
		which = 1
	}
	err = rx.Query(func(scan func(...any) error) error {
		var t Task
		err := scan(&t.ID, &t.BookingID, &t.Kind, &t.Reason, &t.MadeAt, &t.DoneAt, &t.DoneBy)
		all = append(all, t)
		return err
	}, `
SELECT task_id, booking_id, kind, reason, made_at, done_at, done_by FROM phone_task
WHERE tenant = $1 AND (done_at = '' OR $2 = 1) ORDER BY task_id`, tenant, which)
	return all, err
}
