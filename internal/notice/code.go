package notice

import (
	"fmt"
	"io"

	"kofu/internal/audit"
	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/linkcode"
	"kofu/internal/store"
)

const (
	linkPurpose = "link"    // of the key that seals codes
	tries       = 8         // draws until a code is new; one is enough but for bad luck
	codeIssued  = "issued"  // lives
	codeClosed  = "closed"  // dead: handed over, withdrawn or cancelled
	codeRenewed = "renewed" // dead: a newer letter has another
)

// issueCode gives the card a new link code; the old one dies. The code itself
// is stored sealed, its keyed hash finds it again.
func issueCode(tx *store.Tx, ring *keyring.Ring, cardID, runID int64, random io.Reader) (int64, error) {
	if err := endCodes(tx, cardID, codeRenewed); err != nil {
		return 0, err
	}
	for range tries {
		code, err := linkcode.New(random)
		if err != nil {
			return 0, err
		}
		mac := ring.MAC(linkPurpose, string(code))
		if taken, err := macTaken(tx.Rx, mac); err != nil || taken {
			if err != nil {
				return 0, err
			}
			continue
		}
		sealed, err := ring.Seal(linkPurpose, placeOf(cardID), string(code))
		if err != nil {
			return 0, err
		}
		return insertCode(tx, cardID, runID, sealed, mac)
	}
	return 0, fmt.Errorf("no new link code in %d draws", tries)
}

func placeOf(cardID int64) string { return fmt.Sprintf("link_code/%d", cardID) }

// Code opens the link code of a piece, for printing it.
func Code(rx *store.Rx, ring *keyring.Ring, p Piece) (linkcode.Code, error) {
	sealed, err := sealedCode(rx, p.LinkID)
	if err != nil {
		return "", err
	}
	plain, err := ring.Unseal(linkPurpose, placeOf(p.CardID), sealed)
	return linkcode.Code(plain), err
}

// Living is the code that invites to collect a card.
type Living struct {
	ID      int64
	Code    linkcode.Code
	RunID   int64
	Printed bool // the letter exists: its run is printed, perhaps posted
}

// LivingCode opens the living code of a card, ok is false when it has none.
func LivingCode(rx *store.Rx, ring *keyring.Ring, cardID int64) (l Living, ok bool, err error) {
	id, err := liveCode(rx, cardID)
	if err != nil || id == 0 {
		return l, false, err
	}
	l.ID = id
	state, sealed := "", ""
	if l.RunID, state, sealed, err = letterOfCode(rx, id); err != nil {
		return l, false, err
	}
	plain, err := ring.Unseal(linkPurpose, placeOf(cardID), sealed)
	l.Code, l.Printed = linkcode.Code(plain), State(state) == Ready || State(state) == Posted
	return l, err == nil, err
}

// EachCode calls fn for every code that was ever given to a card, the living
// ones first.
func EachCode(rx *store.Rx, ring *keyring.Ring, fn func(cardID, codeID int64, code linkcode.Code) error) error {
	return eachCode(rx, func(cardID, id int64, sealed string) error {
		plain, err := ring.Unseal(linkPurpose, placeOf(cardID), sealed)
		if err != nil {
			return err
		}
		return fn(cardID, id, linkcode.Code(plain))
	})
}

// CardOfCode finds the card of a link code, whether it lives or not.
func CardOfCode(rx *store.Rx, ring *keyring.Ring, code linkcode.Code) (cardID int64, live, ok bool, err error) {
	return cardByMAC(rx, ring.MAC(linkPurpose, string(code)))
}

// Withdraw gives a card up (交付取りやめ): its letter invites nobody any more.
func Withdraw(tx *store.Tx, cardID int64, seen int, reason string) error {
	change, err := card.Do(tx, cardID, card.ActWithdraw, card.Input{Seen: seen, Reason: reason})
	if err != nil {
		return err
	}
	if err := Settle(tx, cardID, reason); err != nil {
		return err
	}
	return audit.Append(tx, "card.withdrawn", fmt.Sprintf("card/%d", cardID), map[string]any{"event": change.EventID})
}

// UndoWithdraw takes a withdrawal back, link code included.
func UndoWithdraw(tx *store.Tx, e card.Event, u card.Undoing) error {
	if e.Act != card.ActWithdraw {
		return fault.New(fault.Conflict, "card.undo_not_last")
	}
	if _, err := card.Undo(tx, e.ID, u); err != nil {
		return err
	}
	if err := Settle(tx, e.CardID, u.Reason); err != nil {
		return err
	}
	return audit.Append(tx, "card.undone", fmt.Sprintf("card/%d", e.CardID), map[string]any{"event": e.ID, "reason": u.Reason})
}
