package jobs

import (
	"encoding/json"
	"errors"
	"time"

	"kofu/internal/store"
)

func dueTimes(rx *store.Rx, tenant int) (map[string]time.Time, error) {
	due := map[string]time.Time{}
	err := rx.Query(func(scan func(...any) error) error {
		var id, at, until string
		if err := scan(&id, &at, &until); err != nil {
			return err
		}
		at = max(at, until) // who holds a lease is not asked before it ends
		t, err := store.ParseStamp(at)
		due[id] = t
		return err
	}, "SELECT job_id, due_at, CASE WHEN owner <> '' THEN lease_until ELSE due_at END FROM job WHERE tenant = $1", tenant)
	return due, err
}

// claim makes a job that is due ours, unless somebody's lease still runs.
func claim(tx *store.Tx, tenant int, id, owner string, until time.Time) (int64, error) {
	return tx.Exec(`
INSERT INTO job (tenant, job_id, owner, lease_until, due_at, started_at, ended_at, result, failures, code, counts)
VALUES ($1, $2, $3, $4, $5, '', '', '', 0, '', '{}')
ON CONFLICT (tenant, job_id) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until
WHERE job.due_at <= $5 AND (job.owner = '' OR job.lease_until < $5)`,
		tenant, id, owner, store.Stamp(until), store.Stamp(tx.Now))
}

func renewLease(tx *store.Tx, tenant int, id, owner string, until time.Time) (int64, error) {
	return tx.Exec("UPDATE job SET lease_until = $4 WHERE tenant = $1 AND job_id = $2 AND owner = $3", tenant, id, owner, store.Stamp(until))
}

func release(tx *store.Tx, tenant int, id, owner string, due time.Time) error {
	_, err := tx.Exec("UPDATE job SET owner = '', due_at = $4 WHERE tenant = $1 AND job_id = $2 AND owner = $3",
		tenant, id, owner, store.Stamp(due))
	return err
}

func failuresOf(rx *store.Rx, tenant int, id string) (n int, err error) {
	err = rx.Row("SELECT failures FROM job WHERE tenant = $1 AND job_id = $2", tenant, id).Scan(&n)
	if errors.Is(err, store.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

// finish ends a run that we have claimed.
func finish(tx *store.Tx, tenant int, id string, o ended) error {
	_, err := tx.Exec(`
UPDATE job SET owner = '', due_at = $4, started_at = $5, ended_at = $6, result = $7, failures = $8, code = $9, counts = $10
WHERE tenant = $1 AND job_id = $2 AND owner = $3`,
		tenant, id, o.owner, store.Stamp(o.due), store.Stamp(o.started), store.Stamp(o.ended), o.result, o.failures, o.code, o.counts)
	return err
}

// note writes down a run of a job that we keep.
func note(tx *store.Tx, tenant int, id string, o ended, until time.Time) (int64, error) {
	return tx.Exec(`
UPDATE job SET lease_until = $4, started_at = $5, ended_at = $6, result = $7, failures = $8, code = $9, counts = $10
WHERE tenant = $1 AND job_id = $2 AND owner = $3`,
		tenant, id, o.owner, store.Stamp(until), store.Stamp(o.started), store.Stamp(o.ended), o.result, o.failures, o.code, o.counts)
}

func report(tx *store.Tx, tenant int, id string, o ended) error {
	_, err := tx.Exec(`
INSERT INTO job (tenant, job_id, owner, lease_until, due_at, started_at, ended_at, result, failures, code, counts)
VALUES ($1, $2, '', '', $3, $3, $3, $4, $5, $6, $7)
ON CONFLICT (tenant, job_id) DO UPDATE SET started_at = excluded.started_at, ended_at = excluded.ended_at,
  result = excluded.result, failures = excluded.failures, code = excluded.code, counts = excluded.counts`,
		tenant, id, store.Stamp(o.ended), o.result, o.failures, o.code, o.counts)
	return err
}

func selectJobs(rx *store.Rx, tenant int) (list []State, err error) {
	now := store.Stamp(rx.Now)
	err = rx.Query(func(scan func(...any) error) error {
		var s State
		var owner, until, result, counts string
		err := scan(&s.ID, &owner, &until, &s.DueAt, &s.StartedAt, &s.EndedAt, &result, &s.Failures, &s.Code, &counts)
		if err != nil {
			return err
		}
		s.Running = owner != "" && until >= now
		s.Failed = result == "failed"
		list = append(list, s)
		return json.Unmarshal([]byte(counts), &list[len(list)-1].Counts)
	}, `
SELECT job_id, owner, lease_until, due_at, started_at, ended_at, result, failures, code, counts
FROM job WHERE tenant = $1 ORDER BY job_id`, tenant)
	return list, err
}
