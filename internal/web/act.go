package web

import (
	"fmt"
	"net/http"

	"kofu/internal/audit"
	"kofu/internal/card"
	"kofu/internal/counter"
	"kofu/internal/fault"
	"kofu/internal/notice"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
	"kofu/internal/vault"
)

// The acts of a card page under the names of the interface.
const (
	actBackToVault = "back_to_vault"
	actHold        = "hold"
	actRelease     = "release_hold"
	actWithdraw    = "withdraw"
)

// simpleActs need nothing but a reason.
var simpleActs = map[string]card.Act{
	"inspect": card.ActInspect, "inspect_failed": card.ActFailInspection, "preset": card.ActPreset,
	"pick": card.ActPick, "to_counter": card.ActToCounter,
}

func wireAct(act card.Act) string {
	for name, a := range simpleActs {
		if a == act {
			return name
		}
	}
	return actWithdraw
}

// ActRequest is an act on one card.
type ActRequest struct {
	Act      string `json:"act"`
	Version  int    `json:"version"`
	Reason   string `json:"reason,omitempty"`
	HoldID   int64  `json:"holdId,omitempty"`
	Severity string `json:"severity,omitempty"`
	Code     string `json:"code,omitempty"` // scanned, must be this card's
}

func (s *server) postAct(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	in, err := staffweb.Decode[ActRequest](r)
	if err != nil {
		return err
	}
	if in.Act == actWithdraw && !staffweb.May(r, staff.CardWithdraw) {
		return fault.New(fault.Forbidden, "gate.forbidden")
	}
	err = s.DB.Join(r.Context(), actor, func(tx *store.Tx) error {
		if in.Code != "" {
			if err := s.mustBe(tx.Rx, id, in.Code); err != nil {
				return err
			}
		}
		return act(tx, id, in)
	})
	if err != nil {
		return err
	}
	return s.replyCard(w, r, actor, id)
}

// mustBe makes sure that the scanned card is the one on the screen.
func (s *server) mustBe(rx *store.Rx, id int64, entry string) error {
	found, err := s.find(rx, entry)
	if err != nil {
		return err
	}
	for _, c := range found {
		if c.ID == id {
			return nil
		}
	}
	return fault.New(fault.Conflict, "card.other_card")
}

func act(tx *store.Tx, id int64, in ActRequest) error {
	switch in.Act {
	case actWithdraw:
		return notice.Withdraw(tx, id, in.Version, in.Reason)
	case actBackToVault:
		_, err := vault.PutBack(tx, id, in.Version)
		return err
	case actHold:
		_, err := card.OpenHold(tx, id, card.Severity(in.Severity), in.Reason)
		return recorded(tx, err, "card.held", id, in.Severity)
	case actRelease:
		_, err := card.CloseHold(tx, in.HoldID, in.Reason)
		return recorded(tx, err, "card.released", id, fmt.Sprint(in.HoldID))
	}
	simple, ok := simpleActs[in.Act]
	if !ok {
		return fault.New(fault.Invalid, "card.unknown_act")
	}
	_, err := card.Perform(tx, id, simple, card.Input{Seen: in.Version, Reason: in.Reason})
	return err
}

// recorded adds the line of the audit log to an act that succeeded.
func recorded(tx *store.Tx, err error, action string, id int64, detail string) error {
	if err != nil {
		return err
	}
	return audit.Append(tx, action, objectOf("card", id), map[string]string{"detail": detail})
}

func objectOf(kind string, id int64) string { return fmt.Sprintf("%s/%d", kind, id) }

func (s *server) postUndo(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	in, err := staffweb.Decode[Reason](r)
	if err != nil {
		return err
	}
	var cardID int64
	err = s.DB.Write(r.Context(), actor, func(tx *store.Tx) error {
		cardID, err = undo(tx, id, card.Undoing{Reason: in.Reason, Any: staffweb.May(r, staff.UndoAny)})
		return err
	})
	if err != nil {
		return err
	}
	return s.replyCard(w, r, actor, cardID)
}

// undo takes an event back where it belongs: a hand-over at the counter, a
// withdrawal with its link code, anything else on the card alone.
func undo(tx *store.Tx, eventID int64, u card.Undoing) (cardID int64, err error) {
	e, err := card.EventByID(tx.Rx, eventID)
	if err != nil {
		return 0, err
	}
	switch e.Act {
	case card.ActHandOver:
		_, err = counter.UndoGive(tx, e, u)
	case card.ActWithdraw:
		err = notice.UndoWithdraw(tx, e, u)
	default:
		_, err = card.Undo(tx, e.ID, u)
		err = recorded(tx, err, "card.undone", e.CardID, fmt.Sprint(e.ID))
	}
	return e.CardID, err
}

// UndoneLast is the card whose last act was taken back.
type UndoneLast struct {
	Card CardPage `json:"card"`
}

// postUndoLast takes back the newest act of the person at the keyboard.
func (s *server) postUndoLast(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	var out UndoneLast
	err := s.DB.Write(r.Context(), actor, func(tx *store.Tx) error {
		event, err := card.LastOf(tx.Rx, actor)
		if err != nil {
			return err
		}
		if event == 0 {
			return fault.New(fault.NotFound, "card.nothing_to_undo")
		}
		id, err := undo(tx, event, card.Undoing{})
		if err != nil {
			return err
		}
		out.Card, err = cardPage(tx.Rx, actor, id, rightsOf(r))
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}
