package contact

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"kofu/internal/audit"
	"kofu/internal/booking/terms"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Report counts what was erased, by the name of the field; «account» and
// «waiting» count what residents with a password and on the waiting list left.
type Report struct {
	Values  map[string]int64 `json:"values"`  // typed: mail, phone, own/… of the tenant
	Answers map[string]int64 `json:"answers"` // chosen
}

// Erase removes what was left with visits that lie far enough back: contact
// data so many days after the visit or its cancellation, answers as long after
// as their field says. The log keeps the report. Sent again it erases nothing.
func Erase(ctx context.Context, db *store.DB, actor store.Actor, tenant int, t *terms.Terms) (r Report, err error) {
	defer fault.Add(&err, "contact.Erase(%d)", tenant)
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		r = Report{Values: map[string]int64{}, Answers: map[string]int64{}}
		before := func(days int) string { return store.Stamp(tx.Now.Add(-time.Duration(days) * 24 * time.Hour)) }
		note := func(counts map[string]int64, name string, n int64) {
			if n > 0 {
				counts[name] += n
			}
		}
		days := t.Policy.ContactDays
		for _, field := range FieldNames {
			n, err := eraseValues(tx, tenant, field, before(days))
			if err != nil {
				return err
			}
			note(r.Values, field, n)
		}
		for _, field := range t.Fields.List {
			n, err := eraseValues(tx, tenant, own+field.ID, before(cmp.Or(field.KeepDays, days)))
			if err != nil {
				return err
			}
			note(r.Values, own+field.ID, n)
			if n, err = eraseAnswers(tx, tenant, field.ID, before(cmp.Or(field.KeepDays, t.Policy.LinkDays))); err != nil {
				return err
			}
			note(r.Answers, field.ID, n)
		}
		n, err := eraseOfMembers(tx, tenant, before(days))
		if err != nil {
			return err
		}
		note(r.Values, "account", n)
		if n, err = eraseOfWishes(tx, tenant, before(days)); err != nil {
			return err
		}
		note(r.Values, "waiting", n)
		if len(r.Values)+len(r.Answers) == 0 {
			return nil
		}
		return audit.Append(tx, "contact.erased", fmt.Sprintf("tenant/%d", tenant), r)
	})
	return r, err
}
