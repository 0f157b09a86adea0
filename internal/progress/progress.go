// Package progress answers questions over all cards: lists with filters and
// orders, totals, the balance of the vault, today's tasks. It joins the tables
// of the domains and writes none.
package progress

import (
	"fmt"
	"slices"

	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/jptext"
	"kofu/internal/scancode"
	"kofu/internal/store"
)

// Filter chooses cards. Empty fields choose all. The same filter feeds screen,
// spreadsheet and print, so that their rows agree.
type Filter struct {
	Status    card.Status
	Procedure card.Procedure
	Custody   card.Custody
	Hold      card.Flag // with this flag open
	Lot       int64     // of this delivery
	Place     int64     // in this place or below
	Due       string    // "notice": first letter due; "overdue": deadline passed
	Arrived   string    // NotArrived or Arrived
	Query     string    // number, name or reading
	IDs       []int64   // these only
	Sort      string    // one of Sorts; "" is by notice number
	Offset    int
	Limit     int // 0 for all
}

// The values of Filter.Due and Filter.Arrived.
const (
	DueNotice  = "notice"
	Overdue    = "overdue"
	Arrived    = "arrived"
	NotArrived = "not_arrived"
)

// sorts are the orders that a list offers. Each follows an index, so that the
// first page of millions comes at once; the last column makes it definite.
var sorts = map[string]string{
	"noticeNo":    "c.notice_no, c.id",
	"-receivedAt": "c.received_on DESC, c.id DESC",
	"kana":        "c.kana, c.id",
	"status":      "c.status, c.notice_no, c.id",
	"deadline":    "c.deadline, c.id",
	"place":       "c.place_id, c.position",
	"lot":         "c.delivery_id, c.notice_no",
}

// Sorts names the orders.
func Sorts() []string {
	names := make([]string, 0, len(sorts))
	for name := range sorts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Row is one line of a list.
type Row struct {
	card.Card
	LotNo string
	Place string // path and position, "" outside the vault
	Holds []card.Hold
}

// Count is how many cards have a status.
type Count struct {
	Status card.Status
	Count  int
}

// List is a page of rows with the totals of the whole.
type List struct {
	Total    int
	Rows     []Row
	Statuses []Count // under the filter without its status
}

const maxPage = 500

// Cards returns a page. Error: fault.Invalid "list.bad_filter".
func Cards(rx *store.Rx, f Filter) (l List, err error) {
	if f.Limit < 1 || f.Limit > maxPage {
		f.Limit = maxPage
	}
	w, err := f.where(rx)
	if err != nil {
		return l, err
	}
	if l.Total, err = count(rx, w); err != nil {
		return l, err
	}
	if l.Rows, err = page(rx, f, w); err != nil {
		return l, err
	}
	f.Status = ""
	all, err := f.where(rx)
	if err != nil {
		return l, err
	}
	l.Statuses, err = statuses(rx, all)
	return l, err
}

// Each calls fn for every row that matches, in the order of the filter, for
// spreadsheets of any length.
func Each(rx *store.Rx, f Filter, fn func(Row) error) error {
	w, err := f.where(rx)
	if err != nil {
		return err
	}
	return each(rx, f, w, fn)
}

// IDs returns the cards that match, for bulk work.
func IDs(rx *store.Rx, f Filter) ([]int64, error) {
	w, err := f.where(rx)
	if err != nil {
		return nil, err
	}
	return ids(rx, f, w)
}

// where is a condition with its arguments.
type where struct {
	text string
	args []any
}

func (w *where) and(condition string, args ...any) {
	for _, a := range args {
		w.args = append(w.args, a)
		condition = replaceFirst(condition, "?", fmt.Sprintf("$%d", len(w.args)))
	}
	w.text += " AND " + condition
}

func replaceFirst(s, old, with string) string {
	for i := range len(s) {
		if s[i] == old[0] {
			return s[:i] + with + s[i+1:]
		}
	}
	return s
}

// where turns the filter into a condition. Cards of an import that was taken
// back show only when asked for.
func (f Filter) where(rx *store.Rx) (w where, err error) {
	if _, ok := sorts[f.Sort]; !ok && f.Sort != "" {
		return w, fault.New(fault.Invalid, "list.bad_filter", "name", "sort")
	}
	w.text = "1 = 1"
	switch {
	case f.Status != "":
		w.and("c.status = ?", string(f.Status))
	case f.Procedure != card.Voided:
		w.and("c.status <> 'VOIDED'")
	}
	if f.Procedure != "" {
		w.and("c.procedure = ?", string(f.Procedure))
	}
	if f.Custody != "" {
		w.and("c.custody = ?", string(f.Custody))
	}
	if f.Lot != 0 {
		w.and("c.delivery_id = ?", f.Lot)
	}
	if f.Hold != "" {
		w.and("EXISTS (SELECT 1 FROM hold h WHERE h.card_id = c.id AND h.flag = ? AND h.closed_at = '')", string(f.Hold))
	}
	if f.Place != 0 {
		w.and(`c.place_id IN (WITH RECURSIVE below (id) AS (SELECT ? UNION ALL SELECT p.id FROM place p JOIN below b ON p.parent_id = b.id)
               SELECT id FROM below)`, f.Place)
	}
	switch f.Due {
	case "":
	case DueNotice:
		w.and("c.procedure = 'READY' AND c.notice = ''")
	case Overdue:
		w.and("c.procedure = 'NOTIFIED' AND c.deadline < ?", rx.Today())
	default:
		return w, fault.New(fault.Invalid, "list.bad_filter", "name", "due")
	}
	switch f.Arrived {
	case Arrived:
		w.and("c.received_on <> ''")
	case NotArrived:
		w.and("c.received_on = ''")
	}
	f.search(&w)
	return w, f.only(&w)
}

// search looks for a whole number first; anything else is part of a name or
// the beginning of a reading.
func (f Filter) search(w *where) {
	if f.Query == "" {
		return
	}
	switch code := scancode.Read(f.Query); code.Kind {
	case scancode.Notice:
		w.and("c.notice_no = ?", code.Text)
	case scancode.Application:
		w.and("c.application_id = ?", code.Text)
	case scancode.Card:
		w.and("c.id = ?", code.ID)
	case scancode.IndividualNumber:
		w.and("1 = 0") // never looked for
	default:
		key := jptext.SearchKey(f.Query)
		w.and("(instr(c.name_key, ?) > 0 OR instr(c.kana, ?) > 0 OR substr(replace(c.notice_no, '-', ''), 1, ?) = ?)",
			key, jptext.WidenKana(f.Query), len(code.Text), code.Text)
	}
}
