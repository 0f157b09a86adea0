package intake

import (
	"errors"
	"strings"

	"kofu/internal/audit"
	"kofu/internal/booking/ulid"
	"kofu/internal/fault"
	"kofu/internal/relay"
	"kofu/internal/store"
)

// Aside is an event that could not be carried out.
type Aside struct {
	ID      string
	Seq     int64
	Type    string
	Subject string
	Line    string
	Reason  string // code of the catalogue
	At      string
	State   string // open, done, dropped
}

func setAside(tx *store.Tx, tenant int, e relay.Event, subject, reason string) error {
	id := ulid.New(tx.Now)
	_, err := tx.Exec(`
INSERT INTO set_aside (tenant, aside_id, seq, type, subject, line, reason, at, state, ended_at, ended_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', '', '')`,
		tenant, id, e.Seq, e.Type, subject, string(e.Line), reason, store.Stamp(tx.Now))
	if err != nil {
		return err
	}
	return audit.Append(tx, "intake.set_aside", asideObject(tenant, id), map[string]any{"type": e.Type, "reason": reason})
}

// Asides lists what is set aside, the newest first.
func Asides(rx *store.Rx, tenant, limit int) (list []Aside, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var a Aside
		err := scan(&a.ID, &a.Seq, &a.Type, &a.Subject, &a.Line, &a.Reason, &a.At, &a.State)
		list = append(list, a)
		return err
	}, `
SELECT aside_id, seq, type, subject, line, reason, at, state FROM set_aside
WHERE tenant = $1 AND state = 'open' ORDER BY aside_id DESC LIMIT $2`, tenant, limit)
	return list, err
}

// CountAsides counts what is set aside.
func CountAsides(rx *store.Rx, tenant int) (n int, err error) {
	err = rx.Row("SELECT COUNT(*) FROM set_aside WHERE tenant = $1 AND state = 'open'", tenant).Scan(&n)
	return n, err
}

func asideByID(rx *store.Rx, tenant int, id string) (a Aside, err error) {
	err = rx.Row("SELECT aside_id, seq, type, subject, line, reason, at, state FROM set_aside WHERE tenant = $1 AND aside_id = $2 AND state = 'open'",
		tenant, id).Scan(&a.ID, &a.Seq, &a.Type, &a.Subject, &a.Line, &a.Reason, &a.At, &a.State)
	if errors.Is(err, store.ErrNoRows) {
		return a, fault.New(fault.NotFound, "intake.no_aside")
	}
	return a, err
}

func endAside(tx *store.Tx, tenant int, id, state string) error {
	n, err := tx.Exec("UPDATE set_aside SET state = $3, ended_at = $4, ended_by = $5 WHERE tenant = $1 AND aside_id = $2 AND state = 'open'",
		tenant, id, state, store.Stamp(tx.Now), tx.Actor.ID)
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "intake.no_aside")
	}
	return err
}

// toldBefore reports whether the office was told the same of an object.
func toldBefore(rx *store.Rx, tenant int, object, digest string) (bool, error) {
	var n int
	err := rx.Row("SELECT COUNT(*) FROM config_told WHERE tenant = $1 AND object = $2 AND digest = $3", tenant, object, digest).Scan(&n)
	return n > 0, err
}

func noteTold(tx *store.Tx, tenant int, object, digest string) error {
	_, err := tx.Exec(`
INSERT INTO config_told (tenant, object, digest) VALUES ($1, $2, $3)
ON CONFLICT (tenant, object) DO UPDATE SET digest = excluded.digest`, tenant, object, digest)
	return err
}

// objectsTold names the objects with a prefix of which the office was told.
func objectsTold(rx *store.Rx, tenant int, prefix string) (list []string, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var object string
		err := scan(&object)
		if strings.HasPrefix(object, prefix) {
			list = append(list, object)
		}
		return err
	}, "SELECT object FROM config_told WHERE tenant = $1 ORDER BY object", tenant)
	return list, err
}

// forgetTold makes everything be told anew.
func forgetTold(tx *store.Tx, tenant int) error {
	_, err := tx.Exec("UPDATE config_told SET digest = '' WHERE tenant = $1", tenant)
	return err
}

func insertEpoch(tx *store.Tx, tenant int, epoch, was string, seen int64) error {
	_, err := tx.Exec(`
INSERT INTO epoch_accepted (tenant, epoch, was, seen, at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (tenant, epoch) DO NOTHING`, tenant, epoch, was, seen, store.Stamp(tx.Now))
	return err
}

// heardBefore is the epoch that an accepted one replaced, with its last event
// applied here.
func heardBefore(rx *store.Rx, tenant int, epoch string) (was string, seen int64, err error) {
	err = rx.Row("SELECT was, seen FROM epoch_accepted WHERE tenant = $1 AND epoch = $2", tenant, epoch).Scan(&was, &seen)
	if errors.Is(err, store.ErrNoRows) {
		return "", 0, nil
	}
	return was, seen, err
}
