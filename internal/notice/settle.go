package notice

import (
	"kofu/internal/card"
	"kofu/internal/store"
)

// Settle brings the link code and the notice of a card into line with its
// letters, after an act changed the one or the other: a card that is handed
// over or withdrawn has no living code; any other has that of its newest
// letter, whatever happened to the code meanwhile. A card that still wears the
// mark of a printing that was cancelled loses it. reason goes into the log.
func Settle(tx *store.Tx, cardID int64, reason string) error {
	c, err := card.ByID(tx.Rx, cardID)
	if err != nil {
		return err
	}
	letters, err := lettersOf(tx.Rx, cardID)
	if err != nil {
		return err
	}
	if over(c) { // its notice stays what it was at the end
		return switchCode(tx, cardID, 0)
	}
	if err := switchCode(tx, cardID, codeOfNewest(letters)); err != nil {
		return err
	}
	due := noticeBy(letters)
	if c.Notice != card.Printed || due == card.Printed {
		return nil
	}
	_, err = card.Do(tx, cardID, card.ActUnprint, card.Input{Reason: reason, Restore: card.State{Notice: due}})
	return err
}

// over reports whether nobody is invited to collect the card any more.
func over(c card.Card) bool {
	return c.Procedure == card.HandedOver || c.Procedure == card.Withdrawn || c.Procedure == card.Voided
}

// letter is a piece that was not held out, of a run that was not cancelled.
type letter struct {
	linkID int64
	runID  int64
	state  State
}

func codeOfNewest(letters []letter) int64 {
	if len(letters) == 0 {
		return 0
	}
	return letters[0].linkID
}

// noticeBy is the notice that follows from the letters, newest first. A run
// that is not printed yet says nothing.
func noticeBy(letters []letter) card.Notice {
	for _, l := range letters {
		switch l.state {
		case Ready:
			return card.Printed
		case Posted:
			return card.Posted
		}
	}
	return card.NoNotice
}

// switchCode makes one code the living one of its card, 0 for none.
func switchCode(tx *store.Tx, cardID, linkID int64) error {
	living, err := liveCode(tx.Rx, cardID)
	if err != nil || living == linkID {
		return err
	}
	if err := endCodes(tx, cardID, codeClosed); err != nil {
		return err
	}
	if linkID == 0 {
		return nil
	}
	return reviveCode(tx, linkID)
}
