package progress

import (
	"encoding/json"
	"fmt"

	"kofu/internal/card"
	"kofu/internal/store"
)

const columns = `
c.id, c.version, c.delivery_id, c.box_no, c.box_seq, c.notice_no, c.application_id, c.application_kind, c.applied_on, c.delivery_method,
c.expires_on, c.has_certificate, c.remark, COALESCE(r.name, c.name), COALESCE(NULLIF(r.address || r.building, ''), c.address),
COALESCE(NULLIF(r.birth, ''), c.birth), c.name_key, COALESCE(r.gaiji_set, c.gaiji_set), c.kana, COALESCE(c.resident_id, 0),
c.procedure, c.custody, c.notice, COALESCE(c.place_id, 0), COALESCE(c.position, 0), c.received_on, c.ready_on, c.notice_on, c.deadline,
c.handed_over_on, c.stops, c.warns, c.status, d.lot_no, COALESCE(p.path || ' › ' || c.position, '')`

const tables = `
FROM card c JOIN delivery d ON d.id = c.delivery_id LEFT JOIN place p ON p.id = c.place_id LEFT JOIN resident r ON r.id = c.resident_id
WHERE `

func scanRow(scan func(...any) error) (r Row, err error) {
	err = scan(&r.ID, &r.Version, &r.DeliveryID, &r.BoxNo, &r.BoxSeq, &r.NoticeNo, &r.ApplicationID, &r.ApplicationKind,
		&r.AppliedOn, &r.DeliveryMethod, &r.ExpiresOn, &r.HasCertificate, &r.Remark, &r.Name, &r.Address, &r.Birth,
		&r.NameKey, &r.GaijiSet, &r.Kana, &r.ResidentID, &r.Procedure, &r.Custody, &r.Notice, &r.PlaceID, &r.Position,
		&r.ReceivedOn, &r.ReadyOn, &r.NoticeOn, &r.Deadline, &r.HandedOverOn, &r.Stops, &r.Warns, &r.Status, &r.LotNo, &r.Place)
	return r, err
}

func (f Filter) order() string {
	if f.Sort == "" {
		return " ORDER BY " + sorts["noticeNo"]
	}
	return " ORDER BY " + sorts[f.Sort]
}

// only narrows the list to the cards named.
func (f Filter) only(w *where) error {
	if len(f.IDs) == 0 {
		return nil
	}
	list, err := json.Marshal(f.IDs)
	if err != nil {
		return err
	}
	w.and("c.id IN (SELECT value FROM json_each(?))", string(list))
	return nil
}

func count(rx *store.Rx, w where) (n int, err error) {
	err = rx.Row("SELECT count(*) FROM card c WHERE "+w.text, w.args...).Scan(&n)
	return n, err
}

func page(rx *store.Rx, f Filter, w where) (rows []Row, err error) {
	args := append(append([]any{}, w.args...), f.Limit, f.Offset)
	limit := fmt.Sprintf(" LIMIT $%d OFFSET $%d", len(args)-1, len(args))
	err = rx.Query(func(scan func(...any) error) error {
		r, err := scanRow(scan)
		rows = append(rows, r)
		return err
	}, "SELECT "+columns+tables+w.text+f.order()+limit, args...)
	if err != nil {
		return nil, err
	}
	return rows, withHolds(rx, rows)
}

func each(rx *store.Rx, f Filter, w where, fn func(Row) error) error {
	return rx.Query(func(scan func(...any) error) error {
		r, err := scanRow(scan)
		if err != nil {
			return err
		}
		return fn(r)
	}, "SELECT "+columns+tables+w.text+f.order(), w.args...)
}

func ids(rx *store.Rx, f Filter, w where) (all []int64, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		all = append(all, id)
		return err
	}, "SELECT c.id FROM card c WHERE "+w.text+f.order(), w.args...)
	return all, err
}

func statuses(rx *store.Rx, w where) (counts []Count, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var c Count
		err := scan(&c.Status, &c.Count)
		counts = append(counts, c)
		return err
	}, "SELECT c.status, count(*) FROM card c WHERE "+w.text+" GROUP BY c.status", w.args...)
	return counts, err
}

// withHolds adds the open holds to the rows of a page.
func withHolds(rx *store.Rx, rows []Row) error {
	var held []int64
	at := map[int64]int{}
	for i, r := range rows {
		if r.Stops+r.Warns > 0 {
			held, at[r.ID] = append(held, r.ID), i
		}
	}
	if len(held) == 0 {
		return nil
	}
	list, err := json.Marshal(held)
	if err != nil {
		return err
	}
	return rx.Query(func(scan func(...any) error) error {
		var h card.Hold
		if err := scan(&h.ID, &h.CardID, &h.Flag, &h.Severity, &h.Reason, &h.FromDay); err != nil {
			return err
		}
		i := at[h.CardID]
		rows[i].Holds = append(rows[i].Holds, h)
		return nil
	}, `
SELECT id, card_id, flag, severity, reason, from_day FROM hold
WHERE closed_at = '' AND card_id IN (SELECT value FROM json_each($1)) ORDER BY id`, string(list))
}

// Balance is the sum that must always hold: what came is here or handed over.
type Balance struct {
	Received   int
	HandedOver int
	Held       int // at some place of the city
}

// OK reports whether the sum holds.
func (b Balance) OK() bool { return b.Received == b.HandedOver+b.Held }

// BalanceNow counts the cards.
func BalanceNow(rx *store.Rx) (b Balance, err error) {
	err = rx.Row(`
SELECT count(CASE WHEN received_on <> '' THEN 1 END), count(CASE WHEN custody = 'WITH_HOLDER' THEN 1 END),
       count(CASE WHEN custody IN ('ON_DESK', 'VAULT', 'PICKED', 'COUNTER') THEN 1 END)
FROM card`).Scan(&b.Received, &b.HandedOver, &b.Held)
	return b, err
}

// Tasks are what waits for somebody today.
type Tasks struct {
	OpenDeliveries int
	ToInspect      int // received
	ToPreset       int // inspected
	ToShelve       int // set up, still on the desk
	ToNotify       int // first letter due
	ToPost         int // print runs that wait for posting
	Stopped        int // held
	Missing        int // 欠品
	Overdue        int // deadline passed
	AtCounter      int
}

// TasksNow counts them.
func TasksNow(rx *store.Rx) (t Tasks, err error) {
	err = rx.Row(`
SELECT count(CASE WHEN procedure = 'RECEIVED' THEN 1 END), count(CASE WHEN procedure = 'INSPECTED' THEN 1 END),
       count(CASE WHEN procedure = 'PRESET' THEN 1 END), count(CASE WHEN procedure = 'READY' AND notice = '' THEN 1 END),
       count(CASE WHEN status = 'HELD' THEN 1 END), count(CASE WHEN status = 'MISSING' THEN 1 END),
       count(CASE WHEN procedure = 'NOTIFIED' AND deadline < $1 THEN 1 END), count(CASE WHEN custody = 'COUNTER' THEN 1 END),
       (SELECT count(*) FROM delivery WHERE state = 'open'), (SELECT count(*) FROM notice_run WHERE state = 'ready')
FROM card WHERE status <> 'VOIDED'`, rx.Today()).Scan(&t.ToInspect, &t.ToPreset, &t.ToShelve, &t.ToNotify,
		&t.Stopped, &t.Missing, &t.Overdue, &t.AtCounter, &t.OpenDeliveries, &t.ToPost)
	return t, err
}

// StatusCounts counts all cards by status.
func StatusCounts(rx *store.Rx) ([]Count, error) {
	return statuses(rx, where{text: "c.status <> 'VOIDED'"})
}
