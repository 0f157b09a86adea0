// Package progress answers questions over all cards: lists with filters and
// orders, totals, the balance of the vault, today's tasks. It joins the tables
// of the domains and writes none.
package progress

import (
	"slices"

	"kofu/internal/card"
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
// first page of millions comes at once; the last column makes it definite, so
// that pages neither overlap nor leave a card out.
var sorts = map[string]string{
	"noticeNo":    "c.notice_no, c.id",
	"-receivedAt": "c.received_on DESC, c.id DESC",
	"kana":        "c.kana, c.id",
	"status":      "c.status, c.notice_no, c.id",
	"deadline":    "c.deadline, c.id",
	"place":       "c.place_id, c.position, c.id",
	"lot":         "c.delivery_id, c.notice_no, c.id",
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
	all := f
	all.Status = ""
	whole, err := all.where(rx)
	if err != nil {
		return l, err
	}
	if l.Statuses, err = statuses(rx, whole); err != nil {
		return l, err
	}
	if l.Total, err = total(rx, f, w, l.Statuses); err != nil {
		return l, err
	}
	l.Rows, err = page(rx, f, w, l.Total)
	return l, err
}

// total reads the number of matches off the counts, where they contain it.
func total(rx *store.Rx, f Filter, w where, counts []Count) (n int, err error) {
	if f.Status == card.StatusVoided {
		return count(rx, w)
	}
	for _, c := range counts {
		if f.Status == "" || f.Status == c.Status {
			n += c.Count
		}
	}
	return n, nil
}

// Each calls fn for every row that matches, in the order of the filter, for
// spreadsheets of any length.
func Each(rx *store.Rx, f Filter, fn func(Row) error) error {
	w, err := f.where(rx)
	if err != nil {
		return err
	}
	n, err := count(rx, w)
	if err != nil {
		return err
	}
	return each(rx, f, w, n, fn)
}

// IDs returns the cards that match, for bulk work.
func IDs(rx *store.Rx, f Filter) ([]int64, error) {
	w, err := f.where(rx)
	if err != nil {
		return nil, err
	}
	n, err := count(rx, w)
	if err != nil {
		return nil, err
	}
	f.Offset, f.Limit = 0, -1 // all of them
	return ids(rx, f, w, n)
}
