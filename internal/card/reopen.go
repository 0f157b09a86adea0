package card

import "kofu/internal/store"

// ReopenGroup opens the holds again that cancelling registry events of the
// group had closed (異動の取消し), when their import is undone, and returns how
// many. It comes before [RetractEvents].
func ReopenGroup(tx *store.Tx, group string) (int, error) {
	holds, err := closedInGroup(tx.Rx, group)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, h := range holds {
		if _, byEvent := cancels[h.ClosedWhy]; !byEvent || h.Source == byStaff {
			continue
		}
		c, err := ByID(tx.Rx, h.CardID)
		if err != nil {
			return n, err
		}
		if err := reviveHold(tx, h.ID); err != nil {
			return n, err
		}
		if err := refreshHolds(tx, c.ID); err != nil {
			return n, err
		}
		if _, err := record(tx, c, c.State, event{Act: ActHold, Reason: string(h.Flag) + ": " + h.Reason, Group: group}); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
