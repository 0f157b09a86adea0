package intake

import (
	"encoding/json"
	"errors"
	"fmt"

	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/tabfile"
)

const runColumns = `id, profile, kind, file_name, file_date, size, sha256, encoding, state, rows, counts, sample, warnings,
       findings, lot_no, spool, COALESCE(delivery_id, 0), created_at, created_by, applied_at, applied_by, reason`

func scanRun(scan func(...any) error) (r Run, err error) {
	var counts, first, warnings []byte
	err = scan(&r.ID, &r.Profile, &r.Kind, &r.FileName, &r.FileDate, &r.Size, &r.SHA256, &r.Encoding, &r.State, &r.Rows,
		&counts, &first, &warnings, &r.FindingsTotal, &r.LotNo, &r.spool, &r.DeliveryID, &r.CreatedAt, &r.CreatedBy,
		&r.AppliedAt, &r.AppliedBy, &r.Reason)
	if err != nil {
		return r, err
	}
	var s sample
	err = errors.Join(json.Unmarshal(counts, &r.Counts), json.Unmarshal(first, &s), json.Unmarshal(warnings, &r.Warnings))
	r.Columns, r.Sample = s.Columns, s.Rows
	return r, err
}

func listRuns(rx *store.Rx, query string, args ...any) (runs []Run, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		r, err := scanRun(scan)
		runs = append(runs, r)
		return err
	}, query, args...)
	return runs, err
}

// List returns the newest imports first, without findings.
func List(rx *store.Rx, limit int) ([]Run, error) {
	return listRuns(rx, "SELECT "+runColumns+" FROM import_run ORDER BY id DESC LIMIT $1", limit)
}

func runByID(rx *store.Rx, id int64) (Run, error) {
	r, err := scanRun(rx.Row("SELECT "+runColumns+" FROM import_run WHERE id = $1", id).Scan)
	if errors.Is(err, store.ErrNoRows) {
		return Run{}, fault.New(fault.NotFound, "import.not_found")
	}
	return r, err
}

func waitingRuns(rx *store.Rx) ([]Run, error) {
	return listRuns(rx, "SELECT "+runColumns+" FROM import_run WHERE state = 'previewed' ORDER BY id")
}

// appliedWith returns the applied import of a file with the same bytes.
func appliedWith(rx *store.Rx, sha256 string) (r Run, found bool, err error) {
	runs, err := listRuns(rx, "SELECT "+runColumns+" FROM import_run WHERE sha256 = $1 AND state = 'applied'", sha256)
	if err != nil || len(runs) == 0 {
		return Run{}, false, err
	}
	return runs[0], true, nil
}

// latestDate returns the newest day that an applied file of the profile speaks
// of, "" without any.
func latestDate(rx *store.Rx, profile string) (day string, err error) {
	err = rx.Row("SELECT COALESCE(MAX(file_date), '') FROM import_run WHERE profile = $1 AND state = 'applied'", profile).Scan(&day)
	return day, err
}

func texts(values ...any) ([]string, error) {
	list := make([]string, len(values))
	for i, v := range values {
		b, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		list[i] = string(b)
	}
	return list, nil
}

func insertRun(tx *store.Tx, r *Run) error {
	if r.Warnings == nil {
		r.Warnings = []Warning{}
	}
	columns, err := texts(r.Counts, sample{r.Columns, r.Sample}, r.Warnings)
	if err != nil {
		return err
	}
	r.State, r.CreatedAt, r.CreatedBy = Previewed, store.Stamp(tx.Now), tx.Actor.Name
	return tx.Row(`INSERT INTO import_run (profile, kind, file_name, file_date, size, sha256, encoding, state, rows, counts, sample,
    warnings, findings, lot_no, spool, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING id`,
		r.Profile, string(r.Kind), r.FileName, r.FileDate, r.Size, r.SHA256, r.Encoding, string(r.State), r.Rows, columns[0], columns[1],
		columns[2], r.FindingsTotal, r.LotNo, r.spool, r.CreatedAt, r.CreatedBy).Scan(&r.ID)
}

// previewAgain stores what a second look at a waiting import found.
func previewAgain(tx *store.Tx, r Run) error {
	columns, err := texts(r.Counts, r.Warnings)
	if err != nil {
		return err
	}
	return changed(tx.Exec("UPDATE import_run SET counts = $1, warnings = $2, findings = $3 WHERE id = $4 AND state = 'previewed'",
		columns[0], columns[1], r.FindingsTotal, r.ID))
}

// changed turns «no row» of an update into the refusal that the import is not
// waiting any more.
func changed(rows int64, err error) error {
	if err == nil && rows != 1 {
		return fault.New(fault.Conflict, "import.not_waiting")
	}
	return err
}

// seal marks a waiting import as applied.
func seal(tx *store.Tx, r Run) error {
	var delivery any
	if r.DeliveryID != 0 {
		delivery = r.DeliveryID
	}
	columns, err := texts(r.Counts)
	if err != nil {
		return err
	}
	return changed(tx.Exec(`UPDATE import_run SET state = 'applied', sample = '{}', spool = '', findings = $1, delivery_id = $2,
    applied_at = $3, applied_by = $4, counts = $5 WHERE id = $6 AND state = 'previewed'`,
		r.FindingsTotal, delivery, store.Stamp(tx.Now), tx.Actor.Name, columns[0], r.ID))
}

// leave ends a waiting import without applying it.
func leave(tx *store.Tx, id int64, state State, reason string) error {
	return changed(tx.Exec("UPDATE import_run SET state = $1, reason = $2, sample = '{}', spool = '' WHERE id = $3 AND state = 'previewed'",
		string(state), reason, id))
}

// takenBack marks an applied import as undone.
func takenBack(tx *store.Tx, id int64, reason string) error {
	n, err := tx.Exec("UPDATE import_run SET state = 'undone', reason = $1 WHERE id = $2 AND state = 'applied'", reason, id)
	if err == nil && n != 1 {
		return fault.New(fault.Conflict, "import.not_applied")
	}
	return err
}

func saveFindings(tx *store.Tx, runID int64, list []tabfile.Finding) error {
	if _, err := tx.Exec("DELETE FROM import_finding WHERE run_id = $1", runID); err != nil {
		return err
	}
	for i, f := range list {
		args, err := json.Marshal(f.Args)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO import_finding (run_id, no, row, "column", value, code, args, severity)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, runID, i+1, f.Row, f.Column, f.Value, f.Code, string(args), string(f.Severity))
		if err != nil {
			return fmt.Errorf("finding %d: %w", i+1, err)
		}
	}
	return nil
}

func eachFinding(rx *store.Rx, runID int64, limit int, fn func(tabfile.Finding) error) error {
	return rx.Query(func(scan func(...any) error) error {
		var f tabfile.Finding
		var args []byte
		if err := scan(&f.Row, &f.Column, &f.Value, &f.Code, &args, &f.Severity); err != nil {
			return err
		}
		if err := json.Unmarshal(args, &f.Args); err != nil {
			return err
		}
		return fn(f)
	}, `SELECT row, "column", value, code, args, severity FROM import_finding WHERE run_id = $1 ORDER BY no LIMIT $2`, runID, limit)
}

func findingsOf(rx *store.Rx, runID int64, limit int) (list []tabfile.Finding, err error) {
	err = eachFinding(rx, runID, limit, func(f tabfile.Finding) error {
		list = append(list, f)
		return nil
	})
	return list, err
}

func saveDelivery(tx *store.Tx, runID, deliveryID int64) error {
	_, err := tx.Exec("INSERT INTO import_delivery (run_id, delivery_id) VALUES ($1, $2)", runID, deliveryID)
	return err
}

func saveLink(tx *store.Tx, runID, cardID int64) error {
	_, err := tx.Exec("INSERT INTO import_link (run_id, card_id) VALUES ($1, $2)", runID, cardID)
	return err
}

func ids(rx *store.Rx, query string, args ...any) (list []int64, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		list = append(list, id)
		return err
	}, query, args...)
	return list, err
}

// Deliveries returns the ids of the deliveries that an import announced.
func Deliveries(rx *store.Rx, runID int64) ([]int64, error) {
	return ids(rx, "SELECT delivery_id FROM import_delivery WHERE run_id = $1 ORDER BY delivery_id", runID)
}

func linkedBy(rx *store.Rx, runID int64) ([]int64, error) {
	return ids(rx, "SELECT card_id FROM import_link WHERE run_id = $1 ORDER BY card_id", runID)
}

// lotsNamed returns how many lists were given a 発送番号 that begins like this.
func lotsNamed(rx *store.Rx, first string) (n int, err error) {
	err = rx.Row("SELECT count(*) FROM import_run WHERE substr(lot_no, 1, length($1)) = $1 AND state IN ('previewed', 'applied', 'undone')", first).Scan(&n)
	return n, err
}

// generation changes whenever an import of the registry is applied or undone.
func generation(rx *store.Rx) (n int64, err error) {
	err = rx.Row("SELECT count(*) + 2 * count(CASE WHEN state = 'undone' THEN 1 END) FROM import_run WHERE kind = 'registry' AND state IN ('applied', 'undone')").Scan(&n)
	return n, err
}
