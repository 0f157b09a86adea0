package slot

import (
	"errors"
	"time"

	"kofu/internal/booking/ulid"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

func insertTenant(tx *store.Tx, t Tenant) error {
	_, err := tx.Exec(`
INSERT INTO tenant (tenant, host, name, party_max, from_minute, until_minute, few_percent) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		t.ID, t.Host, t.Name, t.PartyMax, t.FromMinute, t.UntilMinute, t.FewPercent)
	return err
}

const tenantColumns = "tenant, host, name, party_max, from_minute, until_minute, few_percent"

func scanTenant(row store.Row) (t Tenant, found bool, err error) {
	err = row.Scan(&t.ID, &t.Host, &t.Name, &t.PartyMax, &t.FromMinute, &t.UntilMinute, &t.FewPercent)
	if errors.Is(err, store.ErrNoRows) {
		return Tenant{}, false, nil
	}
	return t, err == nil, err
}

// TenantByHost returns the municipality that a host name, in lower case,
// belongs to.
func TenantByHost(rx *store.Rx, host string) (t Tenant, found bool, err error) {
	return scanTenant(rx.Row("SELECT "+tenantColumns+" FROM tenant WHERE host = $1", host))
}

// TenantByID returns a municipality.
func TenantByID(rx *store.Rx, tenant int) (t Tenant, found bool, err error) {
	return scanTenant(rx.Row("SELECT "+tenantColumns+" FROM tenant WHERE tenant = $1", tenant))
}

func selectWindow(rx *store.Rx, tenant int, id string) (w Window, err error) {
	err = rx.Row(`
SELECT window_id, name, address, phone, opens_on, closes_on, horizon_days, lead_days, lead_minute,
       change_days, change_minute, cancel_days, cancel_minute, last_start, last_end
FROM office_window WHERE tenant = $1 AND window_id = $2`, tenant, id).Scan(
		&w.ID, &w.Name, &w.Address, &w.Phone, &w.OpensOn, &w.ClosesOn, &w.HorizonDays, &w.Book.Days, &w.Book.Minute,
		&w.Change.Days, &w.Change.Minute, &w.Cancel.Days, &w.Cancel.Minute, &w.LastStart, &w.LastEnd)
	return w, err
}

func windowIDs(rx *store.Rx, tenant int) (ids []string, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT window_id FROM office_window WHERE tenant = $1 ORDER BY window_id", tenant)
	return ids, err
}

// lockWindow makes others who bring the same window into line wait.
func lockWindow(tx *store.Tx, tenant int, id string) error {
	n, err := tx.Exec("UPDATE office_window SET window_id = window_id WHERE tenant = $1 AND window_id = $2", tenant, id)
	if err == nil && n == 0 {
		return unknownWindow(id)
	}
	return err
}

func saveWindow(tx *store.Tx, tenant int, w Window) error {
	_, err := tx.Exec(`
INSERT INTO office_window (tenant, window_id, name, address, phone, opens_on, closes_on, horizon_days, lead_days, lead_minute,
                           change_days, change_minute, cancel_days, cancel_minute, last_start, last_end)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT (tenant, window_id) DO UPDATE
SET name = excluded.name, address = excluded.address, phone = excluded.phone, opens_on = excluded.opens_on, closes_on = excluded.closes_on,
    horizon_days = excluded.horizon_days, lead_days = excluded.lead_days, lead_minute = excluded.lead_minute,
    change_days = excluded.change_days, change_minute = excluded.change_minute, cancel_days = excluded.cancel_days,
    cancel_minute = excluded.cancel_minute, last_start = excluded.last_start, last_end = excluded.last_end`,
		tenant, w.ID, w.Name, w.Address, w.Phone, w.OpensOn, w.ClosesOn, w.HorizonDays, w.Book.Days, w.Book.Minute,
		w.Change.Days, w.Change.Minute, w.Cancel.Days, w.Cancel.Minute, w.LastStart, w.LastEnd)
	if err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM release_step WHERE tenant = $1 AND window_id = $2", tenant, w.ID); err != nil {
		return err
	}
	for _, s := range w.Release {
		if _, err := tx.Exec("INSERT INTO release_step (tenant, window_id, days_before, percent) VALUES ($1, $2, $3, $4)",
			tenant, w.ID, s.DaysBefore, s.Percent); err != nil {
			return err
		}
	}
	return nil
}

func steps(rx *store.Rx, tenant int, windowID string) (list []Step, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var s Step
		err := scan(&s.DaysBefore, &s.Percent)
		list = append(list, s)
		return err
	}, "SELECT days_before, percent FROM release_step WHERE tenant = $1 AND window_id = $2 ORDER BY days_before DESC", tenant, windowID)
	return list, err
}

func patternsOf(rx *store.Rx, tenant int, windowID string) (list []Pattern, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var p Pattern
		var weekday int
		err := scan(&weekday, &p.FromMinute, &p.ToMinute, &p.SlotMinutes, &p.WebCap, &p.OfficeCap, &p.Procs)
		p.Weekday = time.Weekday(weekday)
		list = append(list, p)
		return err
	}, `
SELECT weekday, from_minute, until_minute, slot_minutes, web_cap, office_cap, procs
FROM opening_pattern WHERE tenant = $1 AND window_id = $2 ORDER BY weekday, from_minute`, tenant, windowID)
	return list, err
}

func replacePatterns(tx *store.Tx, tenant int, windowID string, patterns []Pattern) error {
	if err := lockWindow(tx, tenant, windowID); err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM opening_pattern WHERE tenant = $1 AND window_id = $2", tenant, windowID); err != nil {
		return err
	}
	for _, p := range patterns {
		if _, err := tx.Exec(`
INSERT INTO opening_pattern (tenant, pattern_id, window_id, weekday, from_minute, until_minute, slot_minutes, web_cap, office_cap, procs)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			tenant, ulid.New(tx.Now), windowID, int(p.Weekday), p.FromMinute, p.ToMinute, p.SlotMinutes, p.WebCap, p.OfficeCap, p.Procs); err != nil {
			return err
		}
	}
	return nil
}

const exceptionColumns = `exception_id, window_id, from_day, until_day, from_minute, until_minute, kind,
       slot_minutes, web_cap, office_cap, procs, reason`

func scanException(scan func(...any) error) (e Exception, err error) {
	err = scan(&e.ID, &e.WindowID, &e.From, &e.To, &e.FromMinute, &e.ToMinute, &e.Kind, &e.SlotMinutes, &e.WebCap, &e.OfficeCap, &e.Procs, &e.Reason)
	return e, err
}

// exceptionsOf returns those that still matter for slots and deadlines from
// today on, in the order in which they were made.
func exceptionsOf(rx *store.Rx, tenant int, windowID string, today jpdate.Day) (list []Exception, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		e, err := scanException(scan)
		list = append(list, e)
		return err
	}, "SELECT "+exceptionColumns+` FROM opening_exception
WHERE tenant = $1 AND window_id IN ('', $2) AND until_day >= $3 ORDER BY exception_id`,
		tenant, windowID, today.AddDays(-120))
	return list, err
}

func exception(rx *store.Rx, tenant int, id string) (e Exception, found bool, err error) {
	e, err = scanException(rx.Row("SELECT "+exceptionColumns+" FROM opening_exception WHERE tenant = $1 AND exception_id = $2", tenant, id).Scan)
	if errors.Is(err, store.ErrNoRows) {
		return Exception{}, false, nil
	}
	return e, err == nil, err
}

func insertException(tx *store.Tx, tenant int, e Exception) error {
	_, err := tx.Exec(`
INSERT INTO opening_exception (tenant, exception_id, window_id, from_day, until_day, from_minute, until_minute, kind,
                               slot_minutes, web_cap, office_cap, procs, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		tenant, e.ID, e.WindowID, e.From, e.To, e.FromMinute, e.ToMinute, e.Kind, e.SlotMinutes, e.WebCap, e.OfficeCap, e.Procs, e.Reason)
	return err
}

func deleteException(tx *store.Tx, tenant int, id string) error {
	_, err := tx.Exec("DELETE FROM opening_exception WHERE tenant = $1 AND exception_id = $2", tenant, id)
	return err
}
