package web

import (
	"net/http"

	"kofu/internal/card"
	"kofu/internal/delivery"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/linkcode"
	"kofu/internal/notice"
	"kofu/internal/progress"
	"kofu/internal/scancode"
	"kofu/internal/settings"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// statusTones are the tones of the statuses.
var statusTones = map[card.Status]staffweb.Tone{
	card.StatusMissing: staffweb.ToneError, card.StatusHeld: staffweb.ToneError, card.StatusWithdrawn: staffweb.ToneWarn, card.StatusVoided: staffweb.ToneSame,
	card.StatusHandedOver: staffweb.ToneOK, card.StatusNotified: staffweb.ToneOK, card.StatusReady: staffweb.ToneOK,
	card.StatusInspecting: staffweb.ToneOther, card.StatusReceived: staffweb.ToneOther, card.StatusListed: staffweb.ToneSame,
}

// HoldChip is an open hold in a list.
type HoldChip struct {
	Flag     string `json:"flag"`
	Label    string `json:"label"`
	Severity string `json:"severity" ts:"'STOP' | 'WARN'"`
}

// CardRow is one line of a list.
type CardRow struct {
	ID          int64         `json:"id"`
	Version     int           `json:"version"`
	NoticeNo    string        `json:"noticeNo"`
	LotNo       string        `json:"lotNo"`
	BoxNo       string        `json:"boxNo"`
	Name        string        `json:"name"`
	GaijiSet    string        `json:"gaijiSet"` // whose private-use characters name and address hold
	Kana        string        `json:"kana"`
	Birth       string        `json:"birth"`
	Address     string        `json:"address"`
	Status      string        `json:"status"`
	StatusLabel string        `json:"statusLabel"`
	StatusTone  staffweb.Tone `json:"statusTone"`
	Procedure   string        `json:"procedure"`
	Custody     string        `json:"custody"`
	Place       string        `json:"place"`
	ReceivedOn  string        `json:"receivedOn"`
	NoticeOn    string        `json:"noticeOn"`
	Deadline    string        `json:"deadline"`
	Kind        string        `json:"kind"`
	Holds       []HoldChip    `json:"holds"`
}

// StatusCount is how many cards have a status.
type StatusCount struct {
	Status string        `json:"status"`
	Label  string        `json:"label"`
	Tone   staffweb.Tone `json:"tone"`
	Count  int           `json:"count"`
}

// CardList is a page of cards.
type CardList struct {
	Total    int           `json:"total"`
	Rows     []CardRow     `json:"rows"`
	Statuses []StatusCount `json:"statuses"`
}

// CardRef names a card.
type CardRef struct {
	ID       int64  `json:"id"`
	NoticeNo string `json:"noticeNo,omitempty"`
}

func (s *server) cardRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/home", Permission: staff.SignedIn, Handle: s.getHome, Out: Home{}},
		{Pattern: "GET /api/cards", Permission: staff.CardView, Handle: s.getCards, Out: CardList{}},
		{Pattern: "GET /api/cards/export", Permission: staff.ListExport, Handle: s.getCardsExport},
		{Pattern: "GET /api/cards/lookup", Permission: staff.CardView, Handle: s.getCardLookup, Out: CardRef{}},
		{Pattern: "GET /api/cards/{id}", Permission: staff.CardView, Handle: s.getCard, Out: CardPage{}},
		{Pattern: "POST /api/cards/bulk", Permission: staff.CardWork, Handle: s.postBulk, In: Bulk{}, Out: BulkResult{}},
		{Pattern: "POST /api/cards/{id}/acts", Permission: staff.CardWork, Handle: s.postAct, In: ActRequest{}, Out: CardPage{}},
		{Pattern: "POST /api/cards/{id}/handover", Permission: staff.VisitHandover, Handle: s.postHandover, In: HandoverRequest{}, Out: CardPage{}},
		{Pattern: "GET /api/handover-form", Permission: staff.VisitHandover, Handle: s.getHandoverForm, Out: HandoverForm{}},
		{Pattern: "POST /api/events/{id}/undo", Permission: staff.CardView, Handle: s.postUndo, In: Reason{}, Out: CardPage{}},
		{Pattern: "POST /api/groups/{id}/undo", Permission: staff.CardWork, Handle: s.postGroupUndo, In: Reason{}, Out: Undone{}},
		{Pattern: "POST /api/undo-last", Permission: staff.CardView, Handle: s.postUndoLast, Out: UndoneLast{}},
	}
}

// filterOf reads the filter of a list from the address.
func filterOf(r *http.Request) (f progress.Filter, err error) {
	q := r.URL.Query()
	f = progress.Filter{
		Status: card.Status(q.Get("status")), Procedure: card.Procedure(q.Get("procedure")), Custody: card.Custody(q.Get("custody")),
		Hold: card.Flag(q.Get("hold")), Due: q.Get("due"), Query: q.Get("q"), Sort: q.Get("sort"),
	}
	lot, err := staffweb.Number(r, "lot", 0)
	if err != nil {
		return f, err
	}
	place, err := staffweb.Number(r, "place", 0)
	if err != nil {
		return f, err
	}
	f.Lot, f.Place = int64(lot), int64(place)
	f.Offset, f.Limit, err = staffweb.Window(r, 100)
	return f, err
}

func (s *server) getCards(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	var out CardList
	err = s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		out, err = cardList(rx, f)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

func cardList(rx *store.Rx, f progress.Filter) (out CardList, err error) {
	words, err := settings.Load(rx)
	if err != nil {
		return out, err
	}
	l, err := progress.Cards(rx, f)
	if err != nil {
		return out, err
	}
	return CardList{Total: l.Total, Rows: cardRows(l.Rows, words), Statuses: statusCounts(l.Statuses, words)}, nil
}

func cardRows(rows []progress.Row, words settings.Settings) []CardRow {
	out := make([]CardRow, len(rows))
	for i, r := range rows {
		out[i] = cardRow(r, words)
	}
	return out
}

func cardRow(r progress.Row, words settings.Settings) CardRow {
	out := CardRow{
		ID: r.ID, Version: r.Version, NoticeNo: r.NoticeNo, LotNo: r.LotNo, BoxNo: r.BoxNo, Name: r.Name, GaijiSet: r.GaijiSet, Kana: r.Kana, Birth: r.Birth,
		Address: r.Address, Status: string(r.Status), StatusLabel: words.StatusLabel(string(r.Status)), StatusTone: statusTones[r.Status],
		Procedure: string(r.Procedure), Custody: string(r.Custody), Place: r.Place, ReceivedOn: r.ReceivedOn, NoticeOn: r.NoticeOn,
		Deadline: r.Deadline, Kind: staffweb.Word("application_kind.", r.ApplicationKind), Holds: []HoldChip{},
	}
	for _, h := range r.Holds {
		out.Holds = append(out.Holds, HoldChip{string(h.Flag), staffweb.Word("flag.", string(h.Flag)), string(h.Severity)})
	}
	return out
}

// statusCounts puts the counts in the order of a card's life.
func statusCounts(counts []progress.Count, words settings.Settings) []StatusCount {
	by := map[card.Status]int{}
	for _, c := range counts {
		by[c.Status] = c.Count
	}
	out := []StatusCount{}
	for _, status := range card.Statuses() {
		if by[status] > 0 {
			out = append(out, StatusCount{string(status), words.StatusLabel(string(status)), statusTones[status], by[status]})
		}
	}
	return out
}

// getCardLookup finds the one card that a scan means.
func (s *server) getCardLookup(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	var found []card.Card
	several := fault.New(fault.Conflict, "card.several")
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		if found, err = s.find(rx, r.URL.Query().Get("code")); err != nil {
			return err
		}
		for _, c := range found {
			d, err := delivery.ByID(rx, c.DeliveryID)
			if err != nil {
				return err
			}
			several = several.With(fault.Detail{Code: "card.one_of_several", Value: c.NoticeNo, Args: fault.Args("lot", d.LotNo, "status", "@status."+string(c.Status))})
		}
		return nil
	})
	if err != nil {
		return err
	}
	switch len(found) {
	case 0:
		return fault.New(fault.NotFound, "card.not_found")
	case 1:
		return staffweb.OK(w, CardRef{ID: found[0].ID, NoticeNo: found[0].NoticeNo})
	}
	return several
}

// find recognises a code, a link code of a letter included. A card whose life
// goes on comes before those that ended.
func (s *server) find(rx *store.Rx, entry string) ([]card.Card, error) {
	code := scancode.Read(entry)
	switch code.Kind {
	case scancode.IndividualNumber:
		return nil, fault.New(fault.Invalid, "scan.individual_number")
	case scancode.Link:
		id, live, known, err := notice.CardOfCode(rx, s.Ring, linkcode.Code(code.Text))
		if err != nil || !known {
			return nil, err
		}
		if !live {
			return nil, fault.New(fault.Conflict, "card.dead_code")
		}
		c, err := card.ByID(rx, id)
		return []card.Card{c}, err
	}
	found, err := card.Find(rx, code)
	if err != nil || len(found) < 2 {
		return found, err
	}
	var living []card.Card
	for _, c := range found {
		if c.Status != card.StatusHandedOver && c.Status != card.StatusVoided {
			living = append(living, c)
		}
	}
	if len(living) == 1 {
		return living, nil
	}
	return found, nil
}
