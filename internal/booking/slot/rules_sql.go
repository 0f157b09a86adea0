package slot

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"kofu/internal/booking/ulid"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

func insertTenant(tx *store.Tx, t Tenant) error {
	_, err := tx.Exec(`
INSERT INTO tenant (tenant, host, name, party_max, from_minute, until_minute, few_percent, opens_on, closes_on)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		t.ID, t.Host, t.Name, t.PartyMax, t.FromMinute, t.UntilMinute, t.FewPercent, t.OpensOn, t.ClosesOn)
	return err
}

func updateTenant(tx *store.Tx, t Tenant) error {
	_, err := tx.Exec(`
UPDATE tenant SET host = $2, name = $3, party_max = $4, from_minute = $5, until_minute = $6, few_percent = $7, opens_on = $8, closes_on = $9
WHERE tenant = $1`,
		t.ID, t.Host, t.Name, t.PartyMax, t.FromMinute, t.UntilMinute, t.FewPercent, t.OpensOn, t.ClosesOn)
	return err
}

const tenantColumns = "tenant, host, name, party_max, from_minute, until_minute, few_percent, opens_on, closes_on"

// columns is where the columns above go.
func (t *Tenant) columns() []any {
	return []any{&t.ID, &t.Host, &t.Name, &t.PartyMax, &t.FromMinute, &t.UntilMinute, &t.FewPercent, &t.OpensOn, &t.ClosesOn}
}

func scanTenant(row store.Row) (t Tenant, found bool, err error) {
	err = row.Scan(t.columns()...)
	if errors.Is(err, store.ErrNoRows) {
		return Tenant{}, false, nil
	}
	return t, err == nil, err
}

// TenantByID returns a municipality.
func TenantByID(rx *store.Rx, tenant int) (t Tenant, found bool, err error) {
	return scanTenant(rx.Row("SELECT "+tenantColumns+" FROM tenant WHERE tenant = $1", tenant))
}

const windowColumns = `window_id, name, address, phone, phone_hours, note, map_link, opens_on, closes_on, horizon_days,
       lead_days, lead_minute, change_days, change_minute, cancel_days, cancel_minute, last_start, last_end,
       counters, late_minutes, phone_only, office_seats`

func scanWindow(scan func(...any) error) (w Window, err error) {
	var phoneOnly string
	err = scan(&w.ID, &w.Name, &w.Address, &w.Phone, &w.PhoneHours, &w.Note, &w.MapLink, &w.OpensOn, &w.ClosesOn, &w.HorizonDays,
		&w.Book.Days, &w.Book.Minute, &w.Change.Days, &w.Change.Minute, &w.Cancel.Days, &w.Cancel.Minute, &w.LastStart, &w.LastEnd,
		&w.Counters, &w.LateMinutes, &phoneOnly, &w.OfficeSeats)
	for _, kind := range strings.Fields(phoneOnly) {
		w.PhoneOnlyDays = append(w.PhoneOnlyDays, DayKind(kind))
	}
	return w, err
}

func selectWindow(rx *store.Rx, tenant int, id string) (Window, error) {
	return scanWindow(rx.Row("SELECT "+windowColumns+" FROM office_window WHERE tenant = $1 AND window_id = $2", tenant, id).Scan)
}

// textsOf returns the texts of a window in other languages.
func textsOf(rx *store.Rx, tenant int, windowID string) (map[string]Text, error) {
	texts := map[string]Text{}
	err := rx.Query(func(scan func(...any) error) error {
		var lang string
		var t Text
		err := scan(&lang, &t.Name, &t.Address, &t.Phone, &t.PhoneHours, &t.Note)
		texts[lang] = t
		return err
	}, "SELECT lang, name, address, phone, phone_hours, note FROM window_text WHERE tenant = $1 AND window_id = $2 ORDER BY lang", tenant, windowID)
	return texts, err
}

func replaceTexts(tx *store.Tx, tenant int, w Window) error {
	if _, err := tx.Exec("DELETE FROM window_text WHERE tenant = $1 AND window_id = $2", tenant, w.ID); err != nil {
		return err
	}
	for _, lang := range slices.Sorted(maps.Keys(w.Texts)) {
		t := w.Texts[lang]
		if _, err := tx.Exec(`
INSERT INTO window_text (tenant, window_id, lang, name, address, phone, phone_hours, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			tenant, w.ID, lang, t.Name, t.Address, t.Phone, t.PhoneHours, t.Note); err != nil {
			return err
		}
	}
	return nil
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
	kinds := make([]string, len(w.PhoneOnlyDays))
	for i, k := range w.PhoneOnlyDays {
		kinds[i] = string(k)
	}
	_, err := tx.Exec(`
INSERT INTO office_window (tenant, window_id, name, address, phone, phone_hours, note, map_link, opens_on, closes_on, horizon_days,
                           lead_days, lead_minute, change_days, change_minute, cancel_days, cancel_minute, last_start, last_end,
                           counters, late_minutes, phone_only, office_seats)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
ON CONFLICT (tenant, window_id) DO UPDATE
SET name = excluded.name, address = excluded.address, phone = excluded.phone, phone_hours = excluded.phone_hours, note = excluded.note,
    map_link = excluded.map_link, opens_on = excluded.opens_on, closes_on = excluded.closes_on,
    horizon_days = excluded.horizon_days, lead_days = excluded.lead_days, lead_minute = excluded.lead_minute,
    change_days = excluded.change_days, change_minute = excluded.change_minute, cancel_days = excluded.cancel_days,
    cancel_minute = excluded.cancel_minute, last_start = excluded.last_start, last_end = excluded.last_end,
    counters = excluded.counters, late_minutes = excluded.late_minutes, phone_only = excluded.phone_only, office_seats = excluded.office_seats`,
		tenant, w.ID, w.Name, w.Address, w.Phone, w.PhoneHours, w.Note, w.MapLink, w.OpensOn, w.ClosesOn, w.HorizonDays,
		w.Book.Days, w.Book.Minute, w.Change.Days, w.Change.Minute, w.Cancel.Days, w.Cancel.Minute, w.LastStart, w.LastEnd,
		w.Counters, w.LateMinutes, strings.Join(kinds, " "), w.OfficeSeats)
	if err != nil {
		return err
	}
	if err := replaceTexts(tx, tenant, w); err != nil {
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
       slot_minutes, web_cap, office_cap, procs, reason, batch_id`

func scanException(scan func(...any) error) (e Exception, err error) {
	err = scan(&e.ID, &e.WindowID, &e.From, &e.To, &e.FromMinute, &e.ToMinute, &e.Kind, &e.SlotMinutes, &e.WebCap, &e.OfficeCap, &e.Procs, &e.Reason, &e.Batch)
	return e, err
}

// exceptionsOf returns those that reach a day or a later one, in the order in
// which they were made.
func exceptionsOf(rx *store.Rx, tenant int, windowID string, from jpdate.Day) (list []Exception, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		e, err := scanException(scan)
		list = append(list, e)
		return err
	}, "SELECT "+exceptionColumns+` FROM opening_exception
WHERE tenant = $1 AND window_id IN ('', $2) AND until_day >= $3 AND ended_by = '' ORDER BY exception_id`,
		tenant, windowID, from)
	return list, err
}

func exception(rx *store.Rx, tenant int, id string) (e Exception, found bool, err error) {
	e, err = scanException(rx.Row("SELECT "+exceptionColumns+" FROM opening_exception WHERE tenant = $1 AND exception_id = $2 AND ended_by = ''", tenant, id).Scan)
	if errors.Is(err, store.ErrNoRows) {
		return Exception{}, false, nil
	}
	return e, err == nil, err
}

func insertException(tx *store.Tx, tenant int, e Exception, batch string) error {
	_, err := tx.Exec(`
INSERT INTO opening_exception (tenant, exception_id, window_id, from_day, until_day, from_minute, until_minute, kind,
                               slot_minutes, web_cap, office_cap, procs, reason, batch_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		tenant, e.ID, e.WindowID, e.From, e.To, e.FromMinute, e.ToMinute, e.Kind, e.SlotMinutes, e.WebCap, e.OfficeCap, e.Procs, e.Reason, batch)
	return err
}

func deleteException(tx *store.Tx, tenant int, id string) error {
	_, err := tx.Exec("DELETE FROM opening_exception WHERE tenant = $1 AND exception_id = $2", tenant, id)
	return err
}

const procedureColumns = `code, place, is_on, windows, modes, units, last_start,
       book_days, book_minute, change_days, change_minute, cancel_days, cancel_minute`

// scanProcedure scans the columns above and then those more.
func scanProcedure(scan func(...any) error, more ...any) (p ProcedureTerms, err error) {
	var windows, modes string
	deadlines := [3]Deadline{}
	err = scan(append([]any{
		&p.Code, &p.Place, &p.On, &windows, &modes, &p.Units, &p.SystemCutoff, &deadlines[0].Days, &deadlines[0].Minute,
		&deadlines[1].Days, &deadlines[1].Minute, &deadlines[2].Days, &deadlines[2].Minute,
	}, more...)...)
	p.Windows, p.Modes = strings.Fields(windows), strings.Fields(modes)
	for i, to := range []**Deadline{&p.Book, &p.Change, &p.Cancel} {
		if deadlines[i].Days >= 0 {
			*to = &deadlines[i]
		}
	}
	return p, err
}

// proceduresOf returns the terms that the tenant has saved.
func proceduresOf(rx *store.Rx, tenant int) (list []ProcedureTerms, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		p, err := scanProcedure(scan)
		list = append(list, p)
		return err
	}, "SELECT "+procedureColumns+" FROM procedure_terms WHERE tenant = $1 ORDER BY place, code", tenant)
	return list, err
}

// Sight is what a booking has to know before it locks anything.
type Sight struct {
	Tenant     Tenant
	Procedures []ProcedureTerms // the [ProcedureList]
	Left       int              // web seats of the slot, 0 also for one that is not there
}

// Look returns what a booking in a slot has to know, by one statement.
func Look(rx *store.Rx, tenant int, slotID string) (s Sight, found bool, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		found = true
		p, err := scanProcedure(scan, append(s.Tenant.columns(), &s.Left)...)
		if p.Code != "" {
			s.Procedures = append(s.Procedures, p)
		}
		return err
	}, `
SELECT COALESCE(p.code, ''), COALESCE(p.place, 0), COALESCE(p.is_on, 0), COALESCE(p.windows, ''), COALESCE(p.modes, ''), COALESCE(p.units, 0),
       COALESCE(p.last_start, 0), COALESCE(p.book_days, 0), COALESCE(p.book_minute, 0), COALESCE(p.change_days, 0), COALESCE(p.change_minute, 0),
       COALESCE(p.cancel_days, 0), COALESCE(p.cancel_minute, 0), t.`+strings.ReplaceAll(tenantColumns, ", ", ", t.")+`,
       COALESCE((SELECT web_open - web_taken FROM slot s WHERE s.tenant = $1 AND s.slot_id = $2), 0)
FROM tenant t LEFT JOIN procedure_terms p ON p.tenant = t.tenant
WHERE t.tenant = $1`, tenant, slotID)
	s.Procedures = completed(s.Procedures)
	return s, found, err
}

func saveProcedure(tx *store.Tx, tenant int, p ProcedureTerms) error {
	deadline := func(d *Deadline) (days, minute int) {
		if d == nil {
			return -1, 0
		}
		return d.Days, d.Minute
	}
	bookDays, book := deadline(p.Book)
	changeDays, change := deadline(p.Change)
	cancelDays, cancel := deadline(p.Cancel)
	_, err := tx.Exec(`
INSERT INTO procedure_terms (tenant, code, place, is_on, windows, modes, units, last_start,
                             book_days, book_minute, change_days, change_minute, cancel_days, cancel_minute)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (tenant, code) DO UPDATE
SET place = excluded.place, is_on = excluded.is_on, windows = excluded.windows, modes = excluded.modes, units = excluded.units,
    last_start = excluded.last_start, book_days = excluded.book_days, book_minute = excluded.book_minute,
    change_days = excluded.change_days, change_minute = excluded.change_minute,
    cancel_days = excluded.cancel_days, cancel_minute = excluded.cancel_minute`,
		tenant, p.Code, p.Place, flag(p.On), strings.Join(p.Windows, " "), strings.Join(p.Modes, " "), p.Units, p.SystemCutoff,
		bookDays, book, changeDays, change, cancelDays, cancel)
	return err
}

// holidaysOf returns what was announced otherwise than calculated.
func holidaysOf(rx *store.Rx, tenant int) (map[jpdate.Day]string, error) {
	days := map[jpdate.Day]string{}
	err := rx.Query(func(scan func(...any) error) error {
		var day jpdate.Day
		var name string
		err := scan(&day, &name)
		days[day] = name
		return err
	}, "SELECT day, name FROM holiday WHERE tenant = $1", tenant)
	return days, err
}

func saveHoliday(tx *store.Tx, tenant int, day jpdate.Day, name string) error {
	_, err := tx.Exec(`
INSERT INTO holiday (tenant, day, name) VALUES ($1, $2, $3)
ON CONFLICT (tenant, day) DO UPDATE SET name = excluded.name`, tenant, day, name)
	return err
}
