package counter

import (
	"errors"

	"kofu/internal/event"
	"kofu/internal/store"
)

// setRules takes over what the owner of the configuration says for all windows:
// how many seats a procedure takes. Both sides count the same seats of a booking
// of ours then.
func setRules(tx *store.Tx, e event.ConfigRules) error {
	if err := clearRules(tx, e.SumUnits); err != nil {
		return err
	}
	for _, p := range e.Procs {
		if err := putUnits(tx, p.Svc, p.Units); err != nil {
			return err
		}
	}
	return nil
}

// unitsOf is how many seats a person takes: as many as the largest of the
// procedures, or as all of them together.
func unitsOf(rx *store.Rx, procs Procs) (units int, err error) {
	sum, err := sumsUnits(rx)
	if err != nil {
		return 0, err
	}
	for _, p := range procs.List() {
		n, err := unitsFor(rx, p)
		if err != nil {
			return 0, err
		}
		if sum {
			units += n
		} else {
			units = max(units, n)
		}
	}
	return max(units, 1), nil
}

// none says 0 for a row that is not there.
func none(err error) error {
	if errors.Is(err, store.ErrNoRows) {
		return nil
	}
	return err
}
