package resident

import (
	"encoding/json"
	"errors"
	"fmt"

	"kofu/internal/jptext"
	"kofu/internal/store"
)

// columns are those of a person after id, in the order of scan and values.
const columns = `resident_no, household_no, kind, state, name, kana, name_roman, name_kanji, former_surname,
       alias, alias_kana, name_priority, sex, birth, birth_raw, relation, postal_code,
       address, building, stay_expires_on, gaiji_set, digest, import_id, added_by, updated_at`

func scanResident(scan func(...any) error) (r Resident, err error) {
	places := []any{&r.ID, &r.No}
	for _, p := range r.places() {
		places = append(places, p)
	}
	err = scan(append(places, &r.Digest, &r.ImportID, &r.AddedBy, &r.UpdatedAt)...)
	return r, err
}

// values are the columns of a person, then the key of the name.
func values(r *Resident) []any {
	v := []any{r.No}
	for _, p := range r.places() {
		v = append(v, *p)
	}
	return append(v, r.Digest, r.ImportID, r.AddedBy, r.UpdatedAt, jptext.SearchKey(r.Name))
}

func one(rx *store.Rx, query string, args ...any) (Resident, bool, error) {
	r, err := scanResident(rx.Row(query, args...).Scan)
	if errors.Is(err, store.ErrNoRows) {
		return Resident{}, false, nil
	}
	return r, err == nil, err
}

// ByID returns the person with the id.
func ByID(rx *store.Rx, id int64) (Resident, bool, error) {
	return one(rx, "SELECT id, "+columns+" FROM resident WHERE id = $1", id)
}

// ByNo returns the person with the 宛名番号, written as received.
func ByNo(rx *store.Rx, no string) (Resident, bool, error) {
	return one(rx, "SELECT id, "+columns+" FROM resident WHERE resident_no = $1", no)
}

// digestOf returns id and digest of the person with the 宛名番号, or 0.
func digestOf(rx *store.Rx, no string) (id int64, digest string, err error) {
	err = rx.Row("SELECT id, digest FROM resident WHERE resident_no = $1", no).Scan(&id, &digest)
	if errors.Is(err, store.ErrNoRows) {
		return 0, "", nil
	}
	return id, digest, err
}

// ByName returns the persons born on the day whose name, or another name of
// theirs, folds to the key, at most ten.
func ByName(rx *store.Rx, key, birth string) (found []Resident, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		r, err := scanResident(scan)
		found = append(found, r)
		return err
	}, "SELECT id, "+columns+` FROM resident WHERE id IN (
    SELECT id FROM resident WHERE name_key = $1 AND birth = $2
    UNION
    SELECT resident_id FROM resident_key WHERE key = $1
) AND birth = $2 ORDER BY id LIMIT 10`, key, birth)
	return found, err
}

// Events returns what happened to the person, oldest entry first.
func Events(rx *store.Rx, residentID int64) (events []Event, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var e Event
		err := scan(&e.ID, &e.ResidentID, &e.Code, &e.CodeRaw, &e.HappenedOn, &e.ImportID)
		events = append(events, e)
		return err
	}, "SELECT id, resident_id, code, code_raw, happened_on, import_id FROM resident_event WHERE resident_id = $1 ORDER BY id", residentID)
	return events, err
}

// Count returns how many persons there are.
func Count(rx *store.Rx) (n int, err error) {
	err = rx.Row("SELECT count(*) FROM resident").Scan(&n)
	return n, err
}

const marks25 = `$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25`

func insert(tx *store.Tx, r *Resident) error {
	err := tx.Row("INSERT INTO resident ("+columns+", name_key) VALUES ("+marks25+", $26) RETURNING id", values(r)...).Scan(&r.ID)
	if err != nil {
		return err
	}
	return insertKeys(tx, r)
}

func update(tx *store.Tx, r *Resident) error {
	n, err := tx.Exec("UPDATE resident SET ("+columns+", name_key) = ("+marks25+", $26) WHERE id = $27", append(values(r), r.ID)...)
	if err != nil {
		return err
	}
	if n != 1 {
		return fmt.Errorf("%s is gone", Object(r.ID))
	}
	if _, err := tx.Exec("DELETE FROM resident_key WHERE resident_id = $1", r.ID); err != nil {
		return err
	}
	return insertKeys(tx, r)
}

func insertKeys(tx *store.Tx, r *Resident) error {
	for _, key := range r.Keys()[1:] {
		if _, err := tx.Exec("INSERT INTO resident_key (resident_id, key) VALUES ($1, $2)", r.ID, key); err != nil {
			return err
		}
	}
	return nil
}

func remove(tx *store.Tx, id int64) error {
	for _, query := range []string{
		"DELETE FROM resident_event WHERE resident_id = $1",
		"DELETE FROM resident_key WHERE resident_id = $1",
		"DELETE FROM resident WHERE id = $1",
	} {
		if _, err := tx.Exec(query, id); err != nil {
			return err
		}
	}
	return nil
}

// insertVersion keeps a state that the import replaces, or that its undoing
// takes back.
func insertVersion(tx *store.Tx, importID int64, state Resident) error {
	body, err := json.Marshal(state)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO resident_version (resident_id, import_id, body, at) VALUES ($1, $2, $3, $4)",
		state.ID, importID, string(body), store.Stamp(tx.Now))
	return err
}

// insertEvent returns the id of the event, or 0 when it was known.
func insertEvent(tx *store.Tx, e Event) (id int64, err error) {
	err = tx.Row(`INSERT INTO resident_event (resident_id, code, code_raw, happened_on, import_id, at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (resident_id, code, happened_on) DO NOTHING RETURNING id`,
		e.ResidentID, e.Code, e.CodeRaw, e.HappenedOn, e.ImportID, store.Stamp(tx.Now)).Scan(&id)
	if errors.Is(err, store.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

func deleteEvents(tx *store.Tx, importID int64) (int64, error) {
	return tx.Exec("DELETE FROM resident_event WHERE import_id = $1", importID)
}

// version is the state of a person before an import first touched it.
type version struct {
	residentID int64
	body       string
}

// versionsOf returns the next states that the import replaced and that are not
// its own, by the person's id, at most 500 after the given one.
func versionsOf(rx *store.Rx, importID, after int64) (list []version, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var v version
		err := scan(&v.residentID, &v.body)
		list = append(list, v)
		return err
	}, `SELECT v.resident_id, v.body FROM resident_version v
JOIN resident r ON r.id = v.resident_id AND r.added_by <> $1
WHERE v.import_id = $1 AND v.resident_id > $2
  AND v.id = (SELECT min(w.id) FROM resident_version w WHERE w.import_id = $1 AND w.resident_id = v.resident_id)
ORDER BY v.resident_id LIMIT 500`, importID, after)
	return list, err
}

// touchedLater returns the numbers of persons whom the import changed and a
// later one changed again, and how many there are.
func touchedLater(rx *store.Rx, importID int64, limit int) (numbers []string, total int, err error) {
	const from = ` FROM resident r WHERE r.import_id <> $1 AND (r.added_by = $1 OR EXISTS
    (SELECT 1 FROM resident_version v WHERE v.import_id = $1 AND v.resident_id = r.id))`
	if err := rx.Row("SELECT count(*)"+from, importID).Scan(&total); err != nil || total == 0 {
		return nil, 0, err
	}
	err = rx.Query(func(scan func(...any) error) error {
		var no string
		err := scan(&no)
		numbers = append(numbers, no)
		return err
	}, "SELECT r.resident_no"+from+" ORDER BY r.id LIMIT $2", importID, limit)
	return numbers, total, err
}

// AddedBy returns the ids of the persons whom the import brought in, at most
// 500 after the given id, in order.
func AddedBy(rx *store.Rx, importID, after int64) (ids []int64, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT id FROM resident WHERE added_by = $1 AND id > $2 ORDER BY id LIMIT 500", importID, after)
	return ids, err
}

// EventsOf returns the ids of the events that the import brought.
func EventsOf(rx *store.Rx, importID int64) (ids []int64, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT id FROM resident_event WHERE import_id = $1 ORDER BY id", importID)
	return ids, err
}
