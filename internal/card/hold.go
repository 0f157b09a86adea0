package card

import (
	"fmt"
	"strings"

	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Flag is the reason of a hold (保留フラグ).
type Flag string

// The flags of the trade.
const (
	Death             Flag = "DEATH"               // 死亡
	MovedOut          Flag = "MOVED_OUT"           // 転出
	AddressChanged    Flag = "ADDRESS_CHANGED"     // 転居
	NameChanged       Flag = "NAME_CHANGED"        // 氏名・旧氏・通称の変更
	NumberChanged     Flag = "NUMBER_CHANGED"      // 個人番号・住民票コードの変更
	MissingInRegistry Flag = "MISSING_IN_REGISTRY" // 職権消除など
	Manual            Flag = "MANUAL"              // 手動
)

// Severity tells a hold that stops (no letter, no hand-over) from one that
// warns.
type Severity string

// The severities of a hold.
const (
	Stop Severity = "STOP"
	Warn Severity = "WARN"
)

// Hold is one flag on a card with its story.
type Hold struct {
	ID        int64
	CardID    int64
	Flag      Flag
	Severity  Severity
	Reason    string // code of the registry event, or the words of the clerk
	Source    string // resident_event/12, or staff
	OpenedAt  string
	OpenedBy  string
	ClosedAt  string
	ClosedBy  string
	ClosedWhy string
	FromDay   string // the day on which it begins to stop; empty at once
}

// Why is the reason of the hold for a message: the registry event by its name,
// or the words of the clerk.
func (h Hold) Why() string {
	if h.Source == byStaff {
		return h.Reason
	}
	return "@registry." + h.Reason
}

// SplitHoldReason reads flag and reason of the event of a hold.
func SplitHoldReason(reason string) (flag, why string) {
	flag, why, _ = strings.Cut(reason, ": ")
	return flag, why
}

// stopping reports whether the open hold stops the card on the day.
func (h Hold) stopping(today string) bool {
	return h.ClosedAt == "" && h.Severity == Stop && h.FromDay <= today
}

const byStaff = "staff"

// OpenHold puts a hold on a card by hand (手動保留).
func OpenHold(tx *store.Tx, cardID int64, severity Severity, reason string) (Change, error) {
	if entry.Blank(reason) {
		return Change{}, fault.New(fault.Invalid, "card.reason_missing")
	}
	if err := entry.Check(reason); err != nil {
		return Change{}, err
	}
	if severity != Stop && severity != Warn {
		return Change{}, fault.New(fault.Invalid, "card.unknown_severity")
	}
	c, err := ByID(tx.Rx, cardID)
	if err != nil {
		return Change{}, err
	}
	if c.final() {
		return Change{}, fault.New(fault.Conflict, "card.wrong_state", "state", "@procedure."+string(c.Procedure))
	}
	return openHold(tx, c, Hold{CardID: cardID, Flag: Manual, Severity: severity, Reason: reason, Source: byStaff}, "")
}

func openHold(tx *store.Tx, c Card, h Hold, group string) (Change, error) {
	if err := insertHold(tx, h); err != nil {
		return Change{}, err
	}
	if err := refreshHolds(tx, c.ID); err != nil {
		return Change{}, err
	}
	return record(tx, c, c.State, event{Act: ActHold, Reason: string(h.Flag) + ": " + h.Reason, Group: group})
}

// CloseHold ends a hold; the reason says how it was settled.
func CloseHold(tx *store.Tx, holdID int64, reason string) (Change, error) {
	if entry.Blank(reason) {
		return Change{}, fault.New(fault.Invalid, "card.reason_missing")
	}
	if err := entry.Check(reason); err != nil {
		return Change{}, err
	}
	h, err := holdByID(tx.Rx, holdID)
	if err != nil {
		return Change{}, err
	}
	if h.ClosedAt != "" {
		return Change{}, fault.New(fault.Conflict, "card.hold_closed_already")
	}
	return closeHold(tx, h, reason, "")
}

func closeHold(tx *store.Tx, h Hold, reason, group string) (Change, error) {
	c, err := ByID(tx.Rx, h.CardID)
	if err != nil {
		return Change{}, err
	}
	if err := endHold(tx, h.ID, reason); err != nil {
		return Change{}, err
	}
	if err := refreshHolds(tx, c.ID); err != nil {
		return Change{}, err
	}
	return record(tx, c, c.State, event{Act: ActRelease, Reason: string(h.Flag) + ": " + reason, Group: group})
}

// refuseWhileStopped names the first hold that stops the card.
func refuseWhileStopped(rx *store.Rx, c Card) error {
	if c.Stops == 0 {
		return nil
	}
	holds, err := HoldsOf(rx, c.ID)
	if err != nil {
		return err
	}
	for _, h := range holds {
		if h.stopping(rx.Today()) {
			return fault.New(fault.Conflict, "card.stopped", "reason", h.Why())
		}
	}
	return nil
}

// RefreshDay brings the counts of holds that begin to stop today up to date.
// The appliance calls it at the start and after midnight.
func RefreshDay(tx *store.Tx) (int, error) {
	ids, err := cardsWithDatedHolds(tx.Rx)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := refreshHolds(tx, id); err != nil {
			return 0, fmt.Errorf("card %d: %w", id, err)
		}
		if err := refreshStatus(tx, id); err != nil {
			return 0, fmt.Errorf("card %d: %w", id, err)
		}
	}
	return len(ids), nil
}
