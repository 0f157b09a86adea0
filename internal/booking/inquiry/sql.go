package inquiry

import (
	"errors"
	"fmt"
	"strings"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// put writes a new inquiry or the next version of one.
func put(tx *store.Tx, tenant int, q *Inquiry) error {
	link := any(nil)
	if q.Link != "" {
		link = q.Link
	}
	at, now := store.Stamp(q.At), store.Stamp(tx.Now)
	if q.Version == 0 {
		if _, err := tx.Exec(`
INSERT INTO inquiry (tenant, inquiry_id, version, at, day, channel, window_id, result, text, answer, link, follow_up, owner, made_by, changed_at)
VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
			tenant, q.ID, at, store.Day(q.At), q.Channel, q.WindowID, q.Result, q.Text, q.Answer, link, q.FollowUp, q.Owner, q.MadeBy, now); err != nil {
			return err
		}
	} else if err := change(tx, tenant, *q, link); err != nil {
		return err
	}
	q.Version++
	if _, err := tx.Exec("DELETE FROM inquiry_category WHERE tenant = $1 AND inquiry_id = $2", tenant, q.ID); err != nil {
		return err
	}
	for _, category := range q.Categories {
		if _, err := tx.Exec("INSERT INTO inquiry_category (tenant, inquiry_id, category) VALUES ($1, $2, $3)", tenant, q.ID, category); err != nil {
			return err
		}
	}
	return nil
}

func change(tx *store.Tx, tenant int, q Inquiry, link any) error {
	n, err := tx.Exec(`
UPDATE inquiry SET version = version + 1, at = $4, day = $5, channel = $6, window_id = $7, result = $8, text = $9, answer = $10,
  link = $11, follow_up = $12, owner = $13, changed_at = $14
WHERE tenant = $1 AND inquiry_id = $2 AND version = $3`,
		tenant, q.ID, q.Version, store.Stamp(q.At), store.Day(q.At), q.Channel, q.WindowID, q.Result, q.Text, q.Answer,
		link, q.FollowUp, q.Owner, store.Stamp(tx.Now))
	if err != nil || n == 1 {
		return err
	}
	if _, found, err := ByID(tx.Rx, tenant, q.ID); err != nil || !found {
		return errors.Join(err, fault.New(fault.NotFound, "inquiry.unknown"))
	}
	return fault.New(fault.Conflict, "inquiry.changed_meanwhile")
}

const columns = `
SELECT q.inquiry_id, q.version, q.at, q.channel, q.window_id, q.result, q.text, q.answer, COALESCE(q.link, ''), q.follow_up, q.owner, q.made_by
FROM inquiry q WHERE q.tenant = $1`

func scanInquiry(scan func(...any) error) (q Inquiry, err error) {
	var at string
	if err := scan(&q.ID, &q.Version, &at, &q.Channel, &q.WindowID, &q.Result, &q.Text, &q.Answer, &q.Link, &q.FollowUp, &q.Owner, &q.MadeBy); err != nil {
		return Inquiry{}, err
	}
	q.At, err = store.ParseStamp(at)
	return q, err
}

// withCategories adds what the inquiries are about.
func withCategories(rx *store.Rx, tenant int, list []Inquiry) error {
	for i := range list {
		err := rx.Query(func(scan func(...any) error) error {
			var category string
			err := scan(&category)
			list[i].Categories = append(list[i].Categories, category)
			return err
		}, "SELECT category FROM inquiry_category WHERE tenant = $1 AND inquiry_id = $2 ORDER BY category", tenant, list[i].ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// ByID returns an inquiry.
func ByID(rx *store.Rx, tenant int, id string) (q Inquiry, found bool, err error) {
	q, err = scanInquiry(rx.Row(columns+" AND q.inquiry_id = $2", tenant, id).Scan)
	if errors.Is(err, store.ErrNoRows) {
		return Inquiry{}, false, nil
	}
	if err != nil {
		return Inquiry{}, false, err
	}
	one := []Inquiry{q}
	err = withCategories(rx, tenant, one)
	return one[0], err == nil, err
}

// OfLink returns the inquiries of a code, the newest first.
func OfLink(rx *store.Rx, tenant int, link string) ([]Inquiry, error) {
	list, _, err := Search(rx, tenant, Filter{Link: link, Limit: 100})
	return list, err
}

// Filter chooses inquiries. Empty fields choose all.
type Filter struct {
	From, To                          jpdate.Day // both inclusive
	Channel, Category, Result, Window string
	Link                              string
	Anonymous                         bool // only those without a code
	Open                              bool // only those without a result
	FollowUpBy                        jpdate.Day
	Owner                             string
	Windows                           []string // these and those of no window; nil for no limit
	Text                              string   // part of question or answer, letters as they are
	Offset, Limit                     int
}

// more is what a filter adds to the condition on the tenant, which is $1, and
// all parameters.
func (f Filter) more(tenant int) (condition string, args []any) {
	args = []any{tenant}
	and := func(text string, value any) {
		args = append(args, value)
		condition += " AND " + strings.ReplaceAll(text, "?", fmt.Sprintf("$%d", len(args)))
	}
	for _, c := range []struct {
		text  string
		value string
	}{
		{"q.day >= ?", string(f.From)},
		{"q.day <= ?", string(f.To)},
		{"q.channel = ?", f.Channel},
		{"q.result = ?", f.Result},
		{"q.window_id = ?", f.Window},
		{"q.link = ?", f.Link},
		{"q.owner = ?", f.Owner},
		{"q.follow_up <> '' AND q.follow_up <= ?", string(f.FollowUpBy)},
		{"EXISTS (SELECT 1 FROM inquiry_category c WHERE c.tenant = q.tenant AND c.inquiry_id = q.inquiry_id AND c.category = ?)", f.Category},
	} {
		if c.value != "" {
			and(c.text, c.value)
		}
	}
	if f.Text != "" {
		and("(REPLACE(q.text, ?, '') <> q.text OR REPLACE(q.answer, ?, '') <> q.answer)", f.Text)
	}
	if f.Windows != nil {
		in := "q.window_id = ''"
		for _, id := range f.Windows {
			args = append(args, id)
			in += fmt.Sprintf(" OR q.window_id = $%d", len(args))
		}
		condition += " AND (" + in + ")"
	}
	if f.Anonymous {
		condition += " AND q.link IS NULL"
	}
	if f.Open {
		condition += " AND q.result = ''"
	}
	return condition, args
}

// Search returns the inquiries that match, the newest first, and how many there
// are.
func Search(rx *store.Rx, tenant int, f Filter) (list []Inquiry, total int, err error) {
	condition, args := f.more(tenant)
	if err := rx.Row("SELECT COUNT(*) FROM inquiry q WHERE q.tenant = $1"+condition, args...).Scan(&total); err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 100
	}
	page := fmt.Sprintf(" ORDER BY q.day DESC, q.inquiry_id DESC LIMIT $%d OFFSET $%d", len(args)+1, len(args)+2)
	err = rx.Query(func(scan func(...any) error) error {
		q, err := scanInquiry(scan)
		list = append(list, q)
		return err
	}, columns+condition+page, append(args, limit, f.Offset)...)
	if err != nil {
		return nil, 0, err
	}
	return list, total, withCategories(rx, tenant, list)
}

// Count is how many inquiries of a day were about a category. One about several
// counts in each.
type Count struct {
	Day      jpdate.Day
	Category string
	N        int
}

// Counts counts by day and category.
func Counts(rx *store.Rx, tenant int, f Filter) (list []Count, err error) {
	condition, args := f.more(tenant)
	err = rx.Query(func(scan func(...any) error) error {
		var c Count
		err := scan(&c.Day, &c.Category, &c.N)
		list = append(list, c)
		return err
	}, `
SELECT q.day, k.category, COUNT(*) FROM inquiry q JOIN inquiry_category k ON k.tenant = q.tenant AND k.inquiry_id = q.inquiry_id
WHERE q.tenant = $1`+condition+" GROUP BY q.day, k.category ORDER BY q.day, k.category", args...)
	return list, err
}

// Forget takes the code off the inquiries that were made before an instant, as
// retention asks, and returns how many those were. They still count.
func Forget(tx *store.Tx, tenant int, before string) (int64, error) {
	n, err := tx.Exec("UPDATE inquiry SET link = NULL WHERE tenant = $1 AND at < $2 AND link IS NOT NULL", tenant, before)
	if err != nil || n == 0 {
		return 0, err
	}
	return n, audit.Append(tx, "inquiry.anonymised", fmt.Sprintf("tenant/%d", tenant), map[string]int64{"rows": n})
}
