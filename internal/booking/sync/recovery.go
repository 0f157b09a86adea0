package sync

import (
	"fmt"

	"kofu/internal/audit"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Recovery is what is under way after the database was put back.
type Recovery struct {
	Asked    event.LogRestored
	Since    string
	Answered string // instant, '' while the answer is awaited
	Counts   event.SnapshotEnd
}

// Recovering returns what is under way, false for nothing.
func Recovering(rx *store.Rx, tenant int) (Recovery, bool, error) { return recovery(rx, tenant) }

// Renew begins the log anew with an event that says so: the database was put
// back to an older state. Numbers begin with 1; what was numbered before is no
// longer sent. From now on nothing more is said until [Recovered].
func Renew(tx *store.Tx, tenant int, id string, restored event.LogRestored) error {
	if err := tx.Lock(fmt.Sprintf("event_out/%d", tenant)); err != nil {
		return err
	}
	era, _, err := newest(tx.Rx, tenant)
	if err != nil {
		return err
	}
	if _, err := deleteRecovery(tx, tenant); err != nil { // asked before, and asks anew
		return err
	}
	if err := Put(tx, tenant, id, restored); err != nil {
		return err
	}
	if err := setSeq(tx, tenant, id, era+1, 1); err != nil {
		return err
	}
	if err := insertRecovery(tx, tenant, restored); err != nil {
		return err
	}
	return audit.Append(tx, "sync.renewed", fmt.Sprintf("tenant/%d", tenant), map[string]any{"was": restored.Was, "head": restored.Head})
}

// Recovered says that the answer is taken in: events can be written again. What
// the log had said after a number before it began anew is said once more, and
// what had no number yet gets one; with after < 0 none of it counts.
func Recovered(tx *store.Tx, tenant int, after int64, counts event.SnapshotEnd) error {
	if err := tx.Lock(fmt.Sprintf("event_out/%d", tenant)); err != nil {
		return err
	}
	era, last, err := newest(tx.Rx, tenant)
	if err != nil {
		return err
	}
	if err := setAnswered(tx, tenant, counts); err != nil {
		return err
	}
	if after < 0 {
		return deleteUnnumbered(tx, tenant)
	}
	if err := sayAgain(tx, tenant, era, int64(last), after); err != nil {
		return err
	}
	for {
		n, err := Number(tx, tenant, atOnce)
		if err != nil || n < atOnce {
			return err
		}
	}
}

// Compared ends a recovery: somebody has compared the counts of the answer.
// Error: fault.Conflict "sync.no_recovery" while there is no answer.
func Compared(tx *store.Tx, tenant int) (Recovery, error) {
	r, is, err := recovery(tx.Rx, tenant)
	if err != nil {
		return r, err
	}
	if !is || r.Answered == "" {
		return r, fault.New(fault.Conflict, "sync.no_recovery")
	}
	_, err = deleteRecovery(tx, tenant)
	return r, err
}

// recovering names why an event cannot be written.
func recovering(err error) error {
	if store.IsMissing(err) {
		return fault.New(fault.Unavailable, "sync.recovering").Because(err)
	}
	return err
}
