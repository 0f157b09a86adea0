package web

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"kofu/internal/agree"
	"kofu/internal/counter"
	"kofu/internal/exchange"
	"kofu/internal/gate"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// CaseCard is whom a case is about; names stay on this side of the exchange.
type CaseCard struct {
	ID       int64  `json:"id"`
	NoticeNo string `json:"noticeNo"`
	Name     string `json:"name"`
	GaijiSet string `json:"gaijiSet"`
}

// CaseSlot is a beginning that is taken beyond what it holds.
type CaseSlot struct {
	Window string `json:"window"`
	Day    string `json:"day"`
	Start  string `json:"start"` // 10:00
	Over   int    `json:"over"`  // persons
}

// CaseSeat is another time that is free.
type CaseSeat struct {
	WindowID string `json:"windowId"`
	Window   string `json:"window"`
	Start    string `json:"start"` // as a booking names it
	Day      string `json:"day"`
	Time     string `json:"time"`
}

// ExchangeCase is one line of the list 「要連絡」, with all that helps to decide.
type ExchangeCase struct {
	ID            int64             `json:"id"`
	Kind          int               `json:"kind"`
	KindLabel     string            `json:"kindLabel"`
	What          string            `json:"what"` // has happened
	Said          string            `json:"said"` // what the resident was told
	ToDo          string            `json:"toDo"`
	OpenedAt      string            `json:"openedAt"`
	Card          *CaseCard         `json:"card,omitempty"`
	Booking       *CounterBooking   `json:"booking,omitempty"`
	Other         *CounterBooking   `json:"other,omitempty"` // of the office, which counts
	Slot          *CaseSlot         `json:"slot,omitempty"`
	Bookings      []CounterBooking  `json:"bookings"` // of the slot
	Seats         []CaseSeat        `json:"seats"`    // that are free instead
	Decisions     []staffweb.Choice `json:"decisions"`
	Decision      string            `json:"decision" ts:"'' | 'told' | 'keep' | 'refuse' | 'settled'"`
	DecisionLabel string            `json:"decisionLabel"`
	Note          string            `json:"note"`
	DecidedAt     string            `json:"decidedAt"`
	DecidedBy     string            `json:"decidedBy"`
}

// CaseKind is a kind of case with the number of those that wait.
type CaseKind struct {
	Kind  int    `json:"kind"`
	Label string `json:"label"`
	Open  int    `json:"open"`
}

// CaseList is the list 「要連絡」.
type CaseList struct {
	Rows  []ExchangeCase `json:"rows"`
	Kinds []CaseKind     `json:"kinds"`
	Open  int            `json:"open"`
}

// CaseDecision is what a clerk makes of a case.
type CaseDecision struct {
	Decision string `json:"decision"`
	Note     string `json:"note"`
}

// CaseMove brings the booking of a case to another time and closes the case.
type CaseMove struct {
	WindowID string `json:"windowId"`
	Start    string `json:"start"`
	Note     string `json:"note"`
}

const (
	decidedShown = 200 // newest decided cases
	seatsOffered = 3
)

func (s *server) caseRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/cases", Permission: staff.ExchangeDecide, Handle: s.getCases, Out: CaseList{}},
		{Pattern: "GET /api/cases/file", Permission: staff.ListExport, Handle: s.getCasesFile},
		{Pattern: "POST /api/cases/{id}", Permission: staff.ExchangeDecide, Handle: s.postCase, In: CaseDecision{}, Out: ExchangeCase{}},
		{Pattern: "POST /api/cases/{id}/move", Permission: staff.ExchangeDecide, Handle: s.postCaseMove, In: CaseMove{}, Out: ExchangeCase{}},
	}
}

// casesOf are the cases that a request asks for.
func casesOf(rx *store.Rx, r *http.Request) ([]exchange.Case, error) {
	kind, err := staffweb.Number(r, "kind", 0)
	if err != nil {
		return nil, err
	}
	if r.URL.Query().Get("state") == "decided" {
		return exchange.DecidedCases(rx, agree.Case(kind), decidedShown)
	}
	return exchange.OpenCases(rx, agree.Case(kind))
}

func (s *server) getCases(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	out := CaseList{Kinds: []CaseKind{}}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		list, err := casesOf(rx, r)
		if err != nil {
			return err
		}
		if out.Rows, err = caseRows(rx, list); err != nil {
			return err
		}
		counts, err := exchange.CountKinds(rx)
		for _, k := range exchange.Kinds {
			out.Kinds = append(out.Kinds, CaseKind{int(k), kindLabel(k), counts[k]})
			out.Open += counts[k]
		}
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

func kindLabel(k agree.Case) string { return staffweb.Word("case.kind.", strconv.Itoa(int(k))) }

// caseRows are cases with the cards and bookings that they are about.
func caseRows(rx *store.Rx, list []exchange.Case) ([]ExchangeCase, error) {
	book, err := newCaseBook(rx, list)
	if err != nil {
		return nil, err
	}
	rows := []ExchangeCase{}
	for _, c := range list {
		row, err := book.row(rx, c)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// caseBook holds the bookings of cases.
type caseBook struct {
	visits
	bookings map[string]counter.Booking
	slots    map[int64][]counter.Booking // by case
}

func newCaseBook(rx *store.Rx, list []exchange.Case) (book caseBook, err error) {
	book = caseBook{bookings: map[string]counter.Booking{}, slots: map[int64][]counter.Booking{}}
	var ids []string
	var all []counter.Booking
	for _, c := range list {
		ids = append(ids, c.Booking, c.Other)
		if c.Kind == agree.CaseOver {
			if book.slots[c.ID], err = counter.AtSlot(rx, c.Window, c.Start); err != nil {
				return book, err
			}
			all = append(all, book.slots[c.ID]...)
		}
	}
	named, err := counter.ByIDs(rx, ids)
	if err != nil {
		return book, err
	}
	for _, b := range named {
		book.bookings[b.ID] = b
	}
	book.visits, err = newVisits(rx, append(all, named...))
	return book, err
}

func (book caseBook) row(rx *store.Rx, c exchange.Case) (row ExchangeCase, err error) {
	row = ExchangeCase{
		ID: c.ID, Kind: int(c.Kind), KindLabel: kindLabel(c.Kind), What: staffweb.Word("case.what.", c.Story()),
		Said: staffweb.Word("case.said.", c.Story()), ToDo: staffweb.Word("case.todo.", c.Story()), OpenedAt: c.OpenedAt,
		Booking: book.booking(rx, c.Booking), Other: book.booking(rx, c.Other), Bookings: []CounterBooking{}, Seats: []CaseSeat{},
		Decisions: []staffweb.Choice{}, Decision: string(c.Decision), Note: c.Note, DecidedAt: c.DecidedAt, DecidedBy: c.DecidedBy,
	}
	row.Card = cardIn(row.Booking, book.bookings[c.Booking], c.Link)
	if c.Kind == agree.CaseOver {
		row.Slot = &CaseSlot{Window: book.windows[c.Window].Name, Day: c.Start[:10], Start: c.Start[11:16], Over: c.Over}
		for _, b := range book.slots[c.ID] {
			row.Bookings = append(row.Bookings, book.visits.row(rx, b))
		}
	}
	if c.Decision != "" {
		row.DecisionLabel = staffweb.Word("case.decision.", string(c.Decision))
		return row, nil
	}
	for _, d := range c.Decisions() {
		row.Decisions = append(row.Decisions, staffweb.Choice{Code: string(d), Label: staffweb.Word("case.decide.", string(d))})
	}
	if c.Kind == agree.CaseShut {
		row.Seats, err = seatsInstead(rx, book.bookings[c.Booking])
	}
	return row, err
}

func (book caseBook) booking(rx *store.Rx, bk string) *CounterBooking {
	b, known := book.bookings[bk]
	if !known {
		return nil
	}
	row := book.visits.row(rx, b)
	return &row
}

// cardIn is the card of the person with a code, of everybody the first.
func cardIn(row *CounterBooking, b counter.Booking, code string) *CaseCard {
	for i, p := range b.Persons {
		if one := row.Persons[i]; one.NoticeNo != "" && (code == "" || p.Link == code) {
			return &CaseCard{one.CardID, one.NoticeNo, one.Name, one.GaijiSet}
		}
	}
	return nil
}

// seatsInstead are the next times with room for everybody of a booking of the
// office: at its window, at others where that one has none.
func seatsInstead(rx *store.Rx, b counter.Booking) ([]CaseSeat, error) {
	out := []CaseSeat{}
	windows, err := openWindows(rx)
	if err != nil {
		return out, err
	}
	order := func(w counter.Window) int {
		if w.ID == b.WindowID {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(windows, func(x, y counter.Window) int { return order(x) - order(y) })
	for _, w := range windows {
		if len(out) > 0 {
			break
		}
		free, err := counter.Room(rx, b, w, seatsOffered)
		if err != nil {
			return out, err
		}
		for _, slot := range free {
			local := slot.Starts.In(store.Tokyo)
			out = append(out, CaseSeat{w.ID, w.Name, local.Format(time.RFC3339), store.Day(slot.Starts), local.Format("15:04")})
		}
	}
	return out, nil
}

func (s *server) postCase(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	in, err := staffweb.Decode[CaseDecision](r)
	if err != nil {
		return err
	}
	if err := s.exchange().Decide(r.Context(), actor, id, exchange.Decision(in.Decision), in.Note); err != nil {
		return err
	}
	return s.replyCase(w, r, id)
}

// postCaseMove needs what moving a booking needs as well.
func (s *server) postCaseMove(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	if err := staffweb.Needs(r, staff.VisitHandover); err != nil {
		return err
	}
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	in, err := staffweb.Decode[CaseMove](r)
	if err != nil {
		return err
	}
	starts, err := startOf(in.Start)
	if err != nil {
		return err
	}
	if err := s.exchange().Move(r.Context(), actor, id, in.WindowID, starts, in.Note); err != nil {
		return err
	}
	return s.replyCase(w, r, id)
}

// replyCase answers with a case as it is now.
func (s *server) replyCase(w http.ResponseWriter, r *http.Request, id int64) error {
	var out []ExchangeCase
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		c, err := exchange.CaseByID(rx, id)
		if err != nil {
			return err
		}
		out, err = caseRows(rx, []exchange.Case{c})
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out[0])
}
