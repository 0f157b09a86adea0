package card

import (
	"encoding/json"
	"fmt"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Change is what an act made of a card.
type Change struct {
	EventID int64
	Before  State
	Card    Card // as it stands now
}

// List registers a card that J-LIS announced (納品予定).
func List(tx *store.Tx, f Facts, group string) (int64, error) {
	state := State{Procedure: Listed, Custody: Expected}
	id, err := insertCard(tx, f, state)
	if store.IsUnique(err) {
		return 0, fault.New(fault.Conflict, "card.listed_twice", "no", f.NoticeNo)
	}
	if err != nil {
		return 0, err
	}
	_, err = appendEvent(tx, event{CardID: id, No: 1, Act: ActList, After: state, Group: group})
	return id, err
}

// Do performs the act on the card: checks its guards, appends the event and
// brings the card up to date. Errors: fault.NotFound "card.not_found",
// fault.Conflict with the guard that objects, "card.changed_meanwhile" when
// somebody else was quicker, fault.Invalid when the input is incomplete.
func Do(tx *store.Tx, id int64, act Act, in Input) (Change, error) {
	c, err := ByID(tx.Rx, id)
	if err != nil {
		return Change{}, err
	}
	if err := check(tx.Rx, tx.Actor, c, act, in); err != nil {
		return Change{}, err
	}
	after := c.State
	rules[act].apply(&after, in, tx.Rx)
	return record(tx, c, after, event{Act: act, Reason: in.Reason, Group: in.Group})
}

// Perform does an act that stands for itself, with its line in the audit log.
// Acts that are part of a larger one use Do and leave the line to that one.
func Perform(tx *store.Tx, id int64, act Act, in Input) (Change, error) {
	change, err := Do(tx, id, act, in)
	if err != nil {
		return change, err
	}
	return change, audit.Append(tx, "card."+string(act), fmt.Sprintf("card/%d", id), map[string]int64{"event": change.EventID})
}

// record appends the event that leads from c to after. The version that was
// read is part of the UPDATE, so that no act overwrites another.
func record(tx *store.Tx, c Card, after State, e event) (Change, error) {
	before := c.State
	e.CardID, e.No, e.Before, e.After = c.ID, c.Version+1, before, after
	eventID, err := appendEvent(tx, e)
	if err != nil {
		return Change{}, err
	}
	if err := saveState(tx, c, after); err != nil {
		return Change{}, err
	}
	now, err := ByID(tx.Rx, c.ID)
	return Change{EventID: eventID, Before: before, Card: now}, err
}

// event is one row of the log.
type event struct {
	CardID int64
	No     int
	Act    Act
	Before State
	After  State
	Reason string
	Group  string
	Undoes int64 // 0 for none
}

func (e event) states() (before, after string, err error) {
	b, err := json.Marshal(e.Before)
	if err != nil {
		return "", "", err
	}
	a, err := json.Marshal(e.After)
	return string(b), string(a), err
}

// Offer is an act that a screen can offer for a card, with the refusal that it
// would meet.
type Offer struct {
	Act         Act
	NeedsReason bool
	Refusal     error
}

// Offers tells which of the acts a clerk performs on a single card would be
// accepted now. Those that could never fit the card's state are left out.
func Offers(rx *store.Rx, actor store.Actor, c Card) []Offer {
	var offers []Offer
	for _, act := range []Act{ActInspect, ActFailInspection, ActPreset, ActPick, ActToCounter, ActWithdraw} {
		r := rules[act]
		err := check(rx, actor, c, act, Input{Reason: "?"})
		if fault.Is(err, fault.Conflict, "card.wrong_state") || fault.Is(err, fault.Conflict, "card.wrong_custody") {
			continue
		}
		offers = append(offers, Offer{Act: act, NeedsReason: r.reason, Refusal: err})
	}
	return offers
}
