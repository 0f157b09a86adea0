package resident

import (
	"kofu/internal/audit"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// Mark is one mark of protection (支援措置) of a resident.
type Mark struct {
	From   string // days
	Until  string
	Reason string
	At, By string // who set it when

	EndedAt, EndedBy, EndedWhy string // '' while it holds
}

// Expired reports whether the days of the mark are over. It holds all the same:
// somebody has to take it off (PR-07).
func (m Mark) Expired(today string) bool { return m.EndedAt == "" && m.Until < today }

// Shield puts the mark of protection on a resident. What follows from it is for
// those who send something out. The audit log does not repeat the reason. Errors:
// fault.NotFound "resident.unknown"; fault.Invalid "resident.bad_mark", those of
// package entry; fault.Conflict "resident.shielded".
func Shield(tx *store.Tx, id int64, m Mark) (err error) {
	defer fault.Add(&err, "resident.Shield(%d)", id)
	if _, known, err := ByID(tx.Rx, id); err != nil || !known {
		return firstOf(err, fault.New(fault.NotFound, "resident.unknown"))
	}
	if err := entry.Check(m.Reason); err != nil {
		return err
	}
	if from, until := jpdate.Day(m.From), jpdate.Day(m.Until); entry.Blank(m.Reason) || !from.Valid() || !until.Valid() || until < from {
		return fault.New(fault.Invalid, "resident.bad_mark")
	}
	if err := insertMark(tx, id, m); err != nil {
		return err
	}
	return audit.Append(tx, "resident.shielded", Object(id), nil)
}

// Unshield takes the mark off. Errors: fault.Invalid "resident.no_reason", those of
// package entry; fault.Conflict "resident.not_shielded".
func Unshield(tx *store.Tx, id int64, reason string) (err error) {
	defer fault.Add(&err, "resident.Unshield(%d)", id)
	if err := entry.Check(reason); err != nil {
		return err
	}
	if entry.Blank(reason) {
		return fault.New(fault.Invalid, "resident.no_reason")
	}
	ended, err := endMark(tx, id, reason)
	if err != nil {
		return err
	}
	if !ended {
		return fault.New(fault.Conflict, "resident.not_shielded")
	}
	return audit.Append(tx, "resident.unshielded", Object(id), nil)
}

func firstOf(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// Marks are the marks of a resident, the newest first.
func Marks(rx *store.Rx, id int64) ([]Mark, error) { return marks(rx, id) }

// Shielded reports whether a resident is protected.
func Shielded(rx *store.Rx, id int64) (bool, error) { return shielded(rx, id) }

// HouseholdShielded reports whether anybody of a household is protected. Nobody
// is of the household without a number.
func HouseholdShielded(rx *store.Rx, householdNo string) (bool, error) {
	if householdNo == "" {
		return false, nil
	}
	return householdShielded(rx, householdNo)
}
