package web

import (
	"net/http"
	"slices"

	"kofu/internal/audit"
	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/notice"
	"kofu/internal/progress"
	"kofu/internal/resident"
	"kofu/internal/settings"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
	"kofu/internal/vault"
	"kofu/internal/visit"
)

// CardEvent is one line of the time line.
type CardEvent struct {
	ID       int64  `json:"id"`
	At       string `json:"at"`
	Act      string `json:"act"`
	Label    string `json:"label"`
	Before   string `json:"before"`
	After    string `json:"after"`
	By       string `json:"by"`
	Terminal string `json:"terminal"`
	Reason   string `json:"reason"`
	UndoneBy int64  `json:"undoneBy,omitempty"`
	Undoes   int64  `json:"undoes,omitempty"`
	Undoable bool   `json:"undoable"`
	Refusal  string `json:"refusal,omitempty"`
}

// CardHold is a hold with its story.
type CardHold struct {
	ID       int64  `json:"id"`
	Flag     string `json:"flag"`
	Label    string `json:"label"`
	Severity string `json:"severity" ts:"'STOP' | 'WARN'"`
	Reason   string `json:"reason"`
	Source   string `json:"source"`
	OpenedAt string `json:"openedAt"`
	OpenedBy string `json:"openedBy"`
	ClosedAt string `json:"closedAt"`
	ClosedBy string `json:"closedBy"`
	FromDay  string `json:"fromDay"`
}

// CardNotice is a letter that the card got.
type CardNotice struct {
	RunID         int64  `json:"runId"`
	Run           string `json:"run"`
	State         string `json:"state"`
	At            string `json:"at"`
	LinkCodeState string `json:"linkCodeState"`
}

// CardAct is an act that the page offers.
type CardAct struct {
	Act         string `json:"act"`
	Label       string `json:"label"`
	Enabled     bool   `json:"enabled"`
	Refusal     string `json:"refusal,omitempty"`
	NeedsReason bool   `json:"needsReason"`
}

// HandoverRecord is a hand-over as it was registered.
type HandoverRecord struct {
	At        string   `json:"at"`
	By        string   `json:"by"`
	Receiver  string   `json:"receiver"`
	Documents []string `json:"documents"`
	OldCards  []string `json:"oldCards"`
	PINMethod string   `json:"pinMethod"`
}

// CardPage is everything about one card.
type CardPage struct {
	CardRow
	ApplicationID  string          `json:"applicationId"`
	AppliedOn      string          `json:"appliedOn"`
	ExpiresOn      string          `json:"expiresOn"`
	DeliveryMethod string          `json:"deliveryMethod"`
	Remark         string          `json:"remark"`
	HouseholdNo    string          `json:"householdNo"`
	ResidentNo     string          `json:"residentNo"`
	Sex            string          `json:"sex"`
	Events         []CardEvent     `json:"events"`
	HoldList       []CardHold      `json:"holdList"`
	Notices        []CardNotice    `json:"notices"`
	Acts           []CardAct       `json:"acts"`
	Handover       *HandoverRecord `json:"handover,omitempty"`
}

// getCard shows a card. Who looked at whom is part of the audit log.
func (s *server) getCard(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	err = s.DB.Write(r.Context(), actor, func(tx *store.Tx) error {
		if _, err := card.ByID(tx.Rx, id); err != nil {
			return err
		}
		return audit.Append(tx, "card.viewed", objectOf("card", id), nil)
	})
	if err != nil {
		return err
	}
	return s.replyCard(w, r, actor, id)
}

func (s *server) replyCard(w http.ResponseWriter, r *http.Request, actor store.Actor, id int64) error {
	var page CardPage
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		page, err = cardPage(rx, actor, id, rightsOf(r))
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, page)
}

// rights decide which acts a card page offers.
type rights struct{ work, withdraw, undoAny bool }

func rightsOf(r *http.Request) rights {
	return rights{work: staffweb.May(r, staff.CardWork), withdraw: staffweb.May(r, staff.CardWithdraw), undoAny: staffweb.May(r, staff.UndoAny)}
}

func cardPage(rx *store.Rx, actor store.Actor, id int64, rights rights) (page CardPage, err error) {
	words, err := settings.Load(rx)
	if err != nil {
		return page, err
	}
	l, err := progress.Cards(rx, progress.Filter{IDs: []int64{id}, Procedure: procedureOf(rx, id)})
	if err != nil {
		return page, err
	}
	if len(l.Rows) == 0 {
		return page, fault.New(fault.NotFound, "card.not_found")
	}
	c := l.Rows[0]
	page = CardPage{
		CardRow: cardRow(c, words), ApplicationID: c.ApplicationID, AppliedOn: c.AppliedOn, ExpiresOn: c.ExpiresOn,
		DeliveryMethod: staffweb.Word("delivery_method.", c.DeliveryMethod), Remark: c.Remark, Acts: cardActs(rx, actor, c.Card, rights),
	}
	if c.ResidentID != 0 {
		person, _, err := resident.ByID(rx, c.ResidentID)
		if err != nil {
			return page, err
		}
		page.HouseholdNo, page.ResidentNo, page.Sex = person.HouseholdNo, person.No, staffweb.Word("sex.", person.Sex)
	}
	if page.Events, err = cardEvents(rx, actor, id, rights.undoAny); err != nil {
		return page, err
	}
	if page.HoldList, err = cardHolds(rx, id); err != nil {
		return page, err
	}
	if page.Notices, err = cardNotices(rx, id); err != nil {
		return page, err
	}
	page.Handover, err = handoverOf(rx, id)
	return page, err
}

// procedureOf lets the page of a card be opened whose import was taken back.
func procedureOf(rx *store.Rx, id int64) card.Procedure {
	if c, err := card.ByID(rx, id); err == nil && c.Procedure == card.Voided {
		return card.Voided
	}
	return ""
}

func cardActs(rx *store.Rx, actor store.Actor, c card.Card, rights rights) []CardAct {
	acts := []CardAct{}
	if !rights.work {
		return acts
	}
	for _, offer := range card.Offers(rx, actor, c) {
		if offer.Act == card.ActWithdraw && !rights.withdraw {
			continue
		}
		acts = append(acts, CardAct{
			Act: wireAct(offer.Act), Label: staffweb.Word("act.", string(offer.Act)), Enabled: offer.Refusal == nil,
			Refusal: refusal(offer.Refusal), NeedsReason: offer.NeedsReason,
		})
	}
	if _, _, err := vault.LastPlace(rx, c.ID); err == nil && (c.Custody == card.Picked || c.Custody == card.Counter || c.Custody == card.OnDesk) {
		acts = append(acts, CardAct{Act: actBackToVault, Label: message.Text("act.back_to_vault", nil), Enabled: true})
	}
	if c.Status != card.StatusHandedOver && c.Status != card.StatusVoided {
		acts = append(acts, CardAct{Act: actHold, Label: message.Text("act.hold_opened", nil), Enabled: true, NeedsReason: true})
	}
	return acts
}

func refusal(err error) string {
	if err == nil {
		return ""
	}
	return message.Of(err)
}

func cardEvents(rx *store.Rx, actor store.Actor, id int64, undoAny bool) ([]CardEvent, error) {
	events, err := card.EventsOf(rx, id)
	if err != nil {
		return nil, err
	}
	out := []CardEvent{}
	for _, e := range slices.Backward(events) {
		undoable := card.Undoable(rx, actor, e, card.Undoing{Any: undoAny})
		out = append(out, CardEvent{
			ID: e.ID, At: e.At, Act: string(e.Act), Label: staffweb.Word("act.", string(e.Act)), Before: stateWords(e.Before()), After: stateWords(e.After()),
			By: e.Name, Terminal: e.Terminal, Reason: eventReason(e), UndoneBy: e.UndoneBy, Undoes: e.Undoes,
			Undoable: undoable == nil, Refusal: refusal(undoable),
		})
	}
	return out, nil
}

// eventReason writes the flag of a hold in words in front of its reason.
func eventReason(e card.Event) string {
	if e.Act != card.ActHold && e.Act != card.ActRelease {
		return e.Reason
	}
	flag, why := card.SplitHoldReason(e.Reason)
	return staffweb.Word("flag.", flag) + ": " + staffweb.Word("registry.", why)
}

func stateWords(s card.State) string {
	if s.Procedure == "" {
		return ""
	}
	return staffweb.Word("procedure.", string(s.Procedure)) + "・" + staffweb.Word("custody.", string(s.Custody))
}

func cardHolds(rx *store.Rx, id int64) ([]CardHold, error) {
	holds, err := card.HoldsOf(rx, id)
	if err != nil {
		return nil, err
	}
	out := []CardHold{}
	for _, h := range holds {
		out = append(out, CardHold{
			ID: h.ID, Flag: string(h.Flag), Label: staffweb.Word("flag.", string(h.Flag)), Severity: string(h.Severity), Reason: message.Fill("{why}", map[string]string{"why": h.Why()}),
			Source: h.Source, OpenedAt: h.OpenedAt, OpenedBy: h.OpenedBy, ClosedAt: h.ClosedAt, ClosedBy: h.ClosedBy, FromDay: h.FromDay,
		})
	}
	return out, nil
}

func cardNotices(rx *store.Rx, id int64) ([]CardNotice, error) {
	letters, err := notice.LettersOf(rx, id)
	if err != nil {
		return nil, err
	}
	out := []CardNotice{}
	for _, l := range letters {
		out = append(out, CardNotice{RunID: l.RunID, Run: l.RunNo, State: staffweb.Word("run_state.", string(l.State)), At: l.At, LinkCodeState: staffweb.Word("link_state.", l.CodeState)})
	}
	return out, nil
}

func handoverOf(rx *store.Rx, id int64) (*HandoverRecord, error) {
	r, known, err := visit.OfCard(rx, id)
	if err != nil || !known {
		return nil, err
	}
	out := &HandoverRecord{At: r.At, By: r.By, Receiver: staffweb.Word("receiver.", string(r.Receiver)), Documents: []string{}, OldCards: []string{}, PINMethod: staffweb.Word("pin_method.", r.PINMethod)}
	for _, code := range r.Documents {
		out.Documents = append(out.Documents, staffweb.Word("document.", code))
	}
	for _, kind := range visit.OldCards {
		out.OldCards = append(out.OldCards, staffweb.Word("old_card.", kind)+": "+staffweb.Word("old_card_answer.", r.OldCards[kind]))
	}
	return out, nil
}
