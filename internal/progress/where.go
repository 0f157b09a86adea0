package progress

import (
	"slices"
	"strconv"
	"strings"

	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/jptext"
	"kofu/internal/scancode"
	"kofu/internal/store"
)

// where is a condition with its arguments.
type where struct {
	terms []term
	args  []any
	named bool // looks for a part of a name
}

// term is a part of the condition. A «~» stands before the columns by whose
// index SQLite may find the cards.
type term struct {
	column string // whose index then lists by notice number; "" for none
	text   string
}

func (w *where) and(column, condition string, args ...any) {
	for _, a := range args {
		w.args = append(w.args, a)
		condition = strings.Replace(condition, "?", "$"+strconv.Itoa(len(w.args)), 1)
	}
	w.terms = append(w.terms, term{column, condition})
}

// few is a number of cards that is sorted sooner than found by walking along
// the index of an order.
const few = 2000

// ordered are the columns whose index lists the cards with one value in the
// order of the sort.
var ordered = map[string][]string{
	"":         {"status", "procedure", "custody", "lot"},
	"noticeNo": {"status", "procedure", "custody", "lot"},
	"status":   {"status"},
	"lot":      {"lot"},
}

// in writes the condition for n matches in the order of the sort. Few matches
// are found by the best index and sorted. Of many, SQLite is to walk along the
// index of the order, which needs no sorting before the first row: a unary plus
// keeps the other terms away from their indexes.
func (w where) in(sort string, n int) string {
	var b strings.Builder
	b.WriteString("1 = 1")
	for _, t := range w.terms {
		plus := ""
		if n > few && !slices.Contains(ordered[sort], t.column) {
			plus = "+"
		}
		b.WriteString(" AND " + strings.ReplaceAll(t.text, "~", plus))
	}
	return b.String()
}

// unordered writes the condition where no order matters.
func (w where) unordered() string { return w.in("", 0) }

// where turns the filter into a condition. Cards of an import that was taken
// back show only when asked for.
func (f Filter) where(rx *store.Rx) (w where, err error) {
	if _, ok := sorts[f.Sort]; !ok && f.Sort != "" {
		return w, fault.New(fault.Invalid, "list.bad_filter", "name", "sort")
	}
	if f.Status == "" && f.Procedure != card.Voided {
		w.and("", "c.status <> 'VOIDED'")
	}
	equal := func(column, expression, value string) {
		if value != "" {
			w.and(column, "~"+expression+" = ?", value)
		}
	}
	equal("status", "c.status", string(f.Status))
	equal("procedure", "c.procedure", string(f.Procedure))
	equal("custody", "c.custody", string(f.Custody))
	if f.Lot != 0 {
		w.and("lot", "~c.delivery_id = ?", f.Lot)
	}
	if f.Place != 0 {
		w.and("", placesBelow, f.Place)
	}
	if f.Hold != "" {
		w.and("", "~c.id IN (SELECT h.card_id FROM hold h WHERE h.flag = ? AND h.closed_at = '')", string(f.Hold))
	}
	switch f.Due {
	case "":
	case DueNotice:
		w.and("", dueNotice)
	case Overdue:
		w.and("", overdue, rx.Today())
	default:
		return w, fault.New(fault.Invalid, "list.bad_filter", "name", "due")
	}
	switch f.Arrived {
	case Arrived:
		w.and("", "~c.received_on <> ''")
	case NotArrived:
		w.and("", "~c.received_on = ''")
	}
	f.search(&w)
	return w, f.only(&w)
}

// search looks for a whole number first; anything else is part of a name or of
// a reading, or the beginning of a number.
func (f Filter) search(w *where) {
	switch code := scancode.Read(f.Query); code.Kind {
	case scancode.Notice:
		w.and("", "c.notice_no = ?", code.Text)
	case scancode.Application:
		w.and("", "c.application_id = ? AND c.application_id <> ''", code.Text)
	case scancode.Card:
		w.and("", "c.id = ?", code.ID)
	case scancode.IndividualNumber:
		w.and("", "1 = 0") // never looked for
	default:
		if key := jptext.SearchKey(f.Query); key != "" {
			w.named = true
			w.and("", nameOrNumber, key, key, key, key+"\U0010FFFF", len(code.Text), code.Text)
		}
	}
}
