package find

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// condition is the text of the conditions with their parameters.
type condition struct {
	text string
	args []any
}

// and adds a condition in which «?» stands for the value.
func (c *condition) and(text string, value any) {
	c.args = append(c.args, value)
	c.text += " AND " + strings.ReplaceAll(text, "?", fmt.Sprintf("$%d", len(c.args)))
}

// in adds a condition with one of several values.
func (c *condition) in(column string, values []string) {
	places := make([]string, len(values))
	for i, v := range values {
		c.args = append(c.args, v)
		places[i] = fmt.Sprintf("$%d", len(c.args))
	}
	c.text += " AND " + column + " IN (" + strings.Join(places, ", ") + ")"
}

func startOf(day jpdate.Day) string {
	year, month, d := day.Parts()
	return store.Stamp(time.Date(year, time.Month(month), d, 0, 0, 0, 0, store.Tokyo))
}

func (f Filter) condition(tenant int) (c condition, err error) {
	c.args = []any{tenant}
	if f.MadeFrom != "" {
		c.and("b.made_at >= ?", startOf(f.MadeFrom))
	}
	if f.MadeUntil != "" {
		c.and("b.made_at < ?", startOf(f.MadeUntil.AddDays(1)))
	}
	for _, one := range []struct{ text, value string }{
		{"s.day >= ?", string(f.DayFrom)},
		{"s.day <= ?", string(f.DayUntil)},
		{"b.no = ?", f.No},
		{"b.window_id = ?", f.Window},
		{"b.via = ?", string(f.Via)},
		{"(b.made_by = ? OR b.changed_by = ?)", f.Operator},
		{"EXISTS (SELECT 1 FROM booking_person q WHERE q.tenant = b.tenant AND q.booking_id = b.booking_id AND q.link = ?)", f.Link},
	} {
		if one.value != "" {
			c.and(one.text, one.value)
		}
	}
	if err := c.between(f.TimeFrom, f.TimeUntil); err != nil {
		return c, err
	}
	if len(f.States) > 0 {
		states := make([]string, len(f.States))
		for i, s := range f.States {
			states[i] = string(s)
		}
		c.in("b.state", states)
	}
	if f.Windows != nil {
		c.in("b.window_id", f.Windows)
	}
	c.answers(f.Answers)
	return c, nil
}

// between adds the times of day in Japan, whose midnight is at 15:00.
func (c *condition) between(from, until string) error {
	const at = "SUBSTR(s.starts_at, 12, 5)"
	if from == "" && until == "" {
		return nil
	}
	low, err := utc(orElse(from, "00:00"))
	if err != nil {
		return err
	}
	high, err := utc(orElse(until, "23:59"))
	if err != nil {
		return err
	}
	c.args = append(c.args, low, high)
	n, joint := len(c.args), "AND"
	if low > high {
		joint = "OR"
	}
	c.text += fmt.Sprintf(" AND (%s >= $%d %s %s <= $%d)", at, n-1, joint, at, n)
	return nil
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// answers adds the answers to fields; of several ticks one suffices.
func (c *condition) answers(wanted map[string]string) {
	for _, field := range slices.Sorted(maps.Keys(wanted)) {
		if wanted[field] == "" {
			continue
		}
		c.args = append(c.args, field, "\n"+wanted[field]+"\n", "\n")
		n := len(c.args)
		c.text += fmt.Sprintf(` AND EXISTS (SELECT 1 FROM contact_answer a
WHERE a.tenant = b.tenant AND a.booking_id = b.booking_id AND a.field = $%d
  AND REPLACE($%d || a.answer || $%d, $%d, '') <> $%d || a.answer || $%d)`, n-2, n, n, n-1, n, n)
	}
}

const (
	found   = " FROM booking b JOIN slot s ON s.tenant = b.tenant AND s.slot_id = b.slot_id WHERE b.tenant = $1"
	counted = "SELECT COUNT(*) FROM booking b JOIN slot s ON s.tenant = b.tenant AND s.slot_id = b.slot_id WHERE b.tenant = $1"
)

func search(rx *store.Rx, tenant int, f Filter) (list []Row, total int, err error) {
	c, err := f.condition(tenant)
	if err != nil {
		return nil, 0, err
	}
	if err := rx.Row(counted+c.text, c.args...).Scan(&total); err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit <= 0 {
		limit = Most
	}
	n := len(c.args)
	page := fmt.Sprintf(" ORDER BY s.starts_at DESC, b.booking_id LIMIT $%d OFFSET $%d", n+1, n+2)
	procs := map[string][]slot.Procedure{}
	err = rx.Query(func(scan func(...any) error) error {
		var r Row
		var made, starts string
		var state reserve.State
		var p slot.Procs
		err := scan(&r.ID, &r.No, &made, &starts, &r.WindowID, &r.State, &r.Via, &r.Side, &r.Operator, &p, &state)
		if err != nil {
			return err
		}
		if n := len(list); n == 0 || list[n-1].ID != r.ID {
			if r.MadeAt, err = store.ParseStamp(made); err != nil {
				return err
			}
			if r.Starts, err = store.ParseStamp(starts); err != nil {
				return err
			}
			list = append(list, r)
		}
		if one := &list[len(list)-1]; !state.Ended() || r.State.Ended() {
			one.Persons++
			procs[r.ID] = append(procs[r.ID], p.List()...)
		}
		return nil
	}, `
SELECT f.booking_id, f.no, f.made_at, f.starts_at, f.window_id, f.state, f.via, f.seat, f.operator, p.procs, p.state
FROM (SELECT b.tenant, b.booking_id, b.no, b.made_at, s.starts_at, b.window_id, b.state, b.via, b.seat,
             CASE WHEN b.changed_by <> '' THEN b.changed_by ELSE b.made_by END AS operator`+found+c.text+page+`) f
     JOIN booking_person p ON p.tenant = f.tenant AND p.booking_id = f.booking_id
WHERE f.tenant = $1
ORDER BY f.starts_at DESC, f.booking_id, p.ord`, append(c.args, limit, f.Offset)...)
	for i := range list {
		if err != nil {
			break
		}
		list[i].Procs, err = slot.ParseProcs(procs[list[i].ID]...)
	}
	return list, total, err
}

func insertFilter(tx *store.Tx, tenant int, s Saved) error {
	body, err := json.Marshal(s.Filter)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`
INSERT INTO saved_filter (tenant, filter_id, owner, name, shared, body, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		tenant, s.ID, s.Owner, s.Name, flag(s.Shared), string(body), store.Stamp(tx.Now))
	return err
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func deleteFilter(tx *store.Tx, tenant int, id, owner string) (int64, error) {
	return tx.Exec("DELETE FROM saved_filter WHERE tenant = $1 AND filter_id = $2 AND owner = $3", tenant, id, owner)
}

func filters(rx *store.Rx, tenant int, owner string) (list []Saved, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var s Saved
		var body string
		if err := scan(&s.ID, &s.Owner, &s.Name, &s.Shared, &body); err != nil {
			return err
		}
		list = append(list, s)
		return json.Unmarshal([]byte(body), &list[len(list)-1].Filter)
	}, `
SELECT filter_id, owner, name, shared, body FROM saved_filter
WHERE tenant = $1 AND (owner = $2 OR shared = 1) ORDER BY name, filter_id`, tenant, owner)
	return list, err
}
