// Package visit hands a card over at the counter (交付): the right card, the
// right letter, the right person with the right papers, and the answer to the
// old cards. What was seen is kept as codes, never as copies; a PIN never.
// Writes table visit.
package visit

import (
	"fmt"
	"slices"

	"kofu/internal/audit"
	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/keyring"
	"kofu/internal/linkcode"
	"kofu/internal/notice"
	"kofu/internal/resident"
	"kofu/internal/scancode"
	"kofu/internal/store"
)

// HandOver is what the counter clerk fills in.
type HandOver struct {
	Seen        int    // version of the card that the clerk saw
	CardScan    string // read from the card's tag or envelope
	NoticeScan  string // read from the letter; or else WalkIn
	WalkIn      string // why there is no letter, a code
	Receiver    Receiver
	ProxyReason string            // with Receiver Proxy
	Documents   []string          // codes of what was shown
	OldCards    map[string]string // kind of old card = collected, none, lost
	PINMethod   string            // who set the PINs, a code
}

// Record is a hand-over as it was registered.
type Record struct {
	ID          int64
	CardID      int64
	EventID     int64
	At          string
	By          string
	Receiver    Receiver
	ProxyReason string
	Documents   []string
	OldCards    map[string]string
	PINMethod   string
	WalkIn      string
	UndoneAt    string
}

// Give registers the hand-over of a card. The guards are asked in the order of
// the office: holds, place, validity and employee by the card; then that card
// and letter belong together, that the stay has not run out, the papers, and
// the old cards. Errors: those of the guards, fault.Conflict
// "visit.wrong_card", "visit.wrong_notice", "visit.stay_expired"; fault.Invalid
// "visit.no_notice", "scan.individual_number", and with one detail per gap
// "visit.incomplete".
func Give(tx *store.Tx, ring *keyring.Ring, cardID int64, h HandOver) (r Record, err error) {
	defer fault.Add(&err, "visit.Give(%d)", cardID)
	h = h.asked()
	c, err := card.ByID(tx.Rx, cardID)
	if err != nil {
		return r, err
	}
	if err := card.Check(tx.Rx, tx.Actor, c, card.ActHandOver, card.Input{Seen: h.Seen}); err != nil {
		return r, err
	}
	if err := check(tx.Rx, ring, c, h); err != nil {
		return r, err
	}
	change, err := card.Do(tx, cardID, card.ActHandOver, card.Input{Seen: h.Seen})
	if err != nil {
		return r, err
	}
	if err := notice.Settle(tx, cardID, ""); err != nil {
		return r, err
	}
	if r, err = insert(tx, cardID, change.EventID, h); err != nil {
		return r, err
	}
	return r, audit.Append(tx, "card.handed_over", fmt.Sprintf("card/%d", cardID), map[string]any{
		"event": change.EventID, "receiver": h.Receiver, "documents": h.Documents, "oldCards": h.OldCards, "pin": h.PINMethod, "walkIn": h.WalkIn,
	})
}

func check(rx *store.Rx, ring *keyring.Ring, c card.Card, h HandOver) error {
	if err := sameCard(rx, c, h.CardScan); err != nil {
		return err
	}
	if err := sameNotice(rx, ring, c, h); err != nil {
		return err
	}
	if err := stayRunning(rx, c); err != nil {
		return err
	}
	gaps := h.gaps()
	age, known, err := ageOf(rx, c)
	if err != nil {
		return err
	}
	if known {
		gaps = append(gaps, h.ageGaps(age)...)
	}
	if len(gaps) > 0 {
		return fault.New(fault.Invalid, "visit.incomplete").With(gaps...)
	}
	return nil
}

// ageOf is the age of the holder today, false when the birth date is not known
// to the day.
func ageOf(rx *store.Rx, c card.Card) (age int, known bool, err error) {
	birth := jpdate.Day(c.Birth)
	if c.ResidentID != 0 {
		r, ok, err := resident.ByID(rx, c.ResidentID)
		if err != nil {
			return 0, false, err
		}
		if ok && r.Birth != "" {
			birth = jpdate.Day(r.Birth)
		}
	}
	if !birth.Valid() {
		return 0, false, nil
	}
	return jpdate.LegalAge(birth, jpdate.Day(rx.Today())), true, nil
}

// sameCard makes sure that the card in hand is the one on the screen.
func sameCard(rx *store.Rx, c card.Card, entry string) error {
	code := scancode.Read(entry)
	if code.Kind == scancode.IndividualNumber {
		return fault.New(fault.Invalid, "scan.individual_number")
	}
	found, err := card.Find(rx, code)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(found, func(f card.Card) bool { return f.ID == c.ID }) {
		return fault.New(fault.Conflict, "visit.wrong_card", "no", c.NoticeNo)
	}
	return nil
}

// sameNotice makes sure that the letter in hand is the card's: by its notice
// number, its tag or its link code. Without a letter there is a reason.
func sameNotice(rx *store.Rx, ring *keyring.Ring, c card.Card, h HandOver) error {
	if h.NoticeScan == "" {
		if !slices.Contains(WalkInReasons, h.WalkIn) {
			return fault.New(fault.Invalid, "visit.no_notice")
		}
		return nil
	}
	code := scancode.Read(h.NoticeScan)
	if code.Kind == scancode.IndividualNumber {
		return fault.New(fault.Invalid, "scan.individual_number")
	}
	if code.Kind == scancode.Link {
		id, live, ok, err := notice.CardOfCode(rx, ring, linkcode.Code(code.Text))
		if err != nil {
			return err
		}
		if !ok || !live || id != c.ID {
			return fault.New(fault.Conflict, "visit.wrong_notice", "no", c.NoticeNo)
		}
		return nil
	}
	if code.Kind == scancode.Notice && code.Text == c.NoticeNo || code.Kind == scancode.Card && code.ID == c.ID {
		return nil
	}
	return fault.New(fault.Conflict, "visit.wrong_notice", "no", c.NoticeNo)
}

// stayRunning refuses after the end of a foreign resident's stay.
func stayRunning(rx *store.Rx, c card.Card) error {
	if c.ResidentID == 0 {
		return nil
	}
	r, ok, err := resident.ByID(rx, c.ResidentID)
	if err != nil {
		return err
	}
	if ok && r.StayExpiresOn != "" && r.StayExpiresOn < rx.Today() {
		return fault.New(fault.Conflict, "visit.stay_expired", "day", r.StayExpiresOn)
	}
	return nil
}

// Undo takes a hand-over back: the card is at the counter again and the link
// code of its letter lives again. The record stays and says so.
// Error: fault.Conflict "card.undo_not_last" for an event that is none.
func Undo(tx *store.Tx, e card.Event, u card.Undoing) (card.Change, error) {
	if e.Act != card.ActHandOver {
		return card.Change{}, fault.New(fault.Conflict, "card.undo_not_last")
	}
	change, err := card.Undo(tx, e.ID, u)
	if err != nil {
		return change, err
	}
	if err := notice.Settle(tx, e.CardID, u.Reason); err != nil {
		return change, err
	}
	if err := markUndone(tx, e.ID); err != nil {
		return change, err
	}
	return change, audit.Append(tx, "card.handover_undone", fmt.Sprintf("card/%d", e.CardID), map[string]any{"event": e.ID, "reason": u.Reason})
}
