package resident

import (
	"kofu/internal/audit"
	"kofu/internal/store"
)

// Shield puts the mark of protection (支援措置) on a resident or takes it off.
// What follows from it is for those who send something out. Doing it again
// changes nothing.
func Shield(tx *store.Tx, id int64, on bool) error {
	changed, err := setShield(tx, id, on)
	if err != nil || !changed {
		return err
	}
	action := "resident.shielded"
	if !on {
		action = "resident.unshielded"
	}
	return audit.Append(tx, action, Object(id), nil)
}

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
