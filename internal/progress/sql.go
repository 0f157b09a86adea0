package progress

import (
	"encoding/json"
	"fmt"
	"strings"

	"kofu/internal/card"
	"kofu/internal/store"
)

const columns = `
c.id, c.version, c.delivery_id, c.box_no, c.box_seq, c.notice_no, c.application_id, c.application_kind, c.applied_on, c.delivery_method,
c.expires_on, c.has_certificate, c.remark, COALESCE(NULLIF(r.name, ''), c.name), COALESCE(NULLIF(r.address || r.building, ''), c.address),
COALESCE(NULLIF(r.birth, ''), c.birth), c.name_key, COALESCE(r.gaiji_set, c.gaiji_set), c.kana, COALESCE(c.resident_id, 0),
c.procedure, c.custody, c.notice, COALESCE(c.place_id, 0), COALESCE(c.position, 0), c.received_on, c.ready_on, c.notice_on, c.deadline,
c.handed_over_on, c.stops, c.warns, c.status, COALESCE(d.lot_no, ''), COALESCE(p.path || ' › ' || c.position, '')`

// Outer joins keep the card in front, whose index gives the order.
const tables = `
FROM card c LEFT JOIN delivery d ON d.id = c.delivery_id LEFT JOIN place p ON p.id = c.place_id LEFT JOIN resident r ON r.id = c.resident_id
WHERE `

const placesBelow = `~c.place_id IN (WITH RECURSIVE below (id) AS (SELECT ? UNION ALL SELECT p.id FROM place p JOIN below b ON p.parent_id = b.id)
               SELECT id FROM below)`

// dueNotice is what notice.Due asks of a card: 交付可能 without a letter, in
// hand, not stopped, in no open print run, and for somebody who lives here and
// has a name and an address.
const dueNotice = `~c.procedure = 'READY' AND c.notice = '' AND +c.custody IN ('ON_DESK', 'VAULT', 'PICKED', 'COUNTER') AND c.stops = 0
AND NOT EXISTS (SELECT 1 FROM notice_piece np JOIN notice_run nr ON nr.id = np.run_id
                WHERE np.card_id = c.id AND np.held_out = 0 AND nr.state IN ('draft', 'ready'))
AND COALESCE((SELECT n.state NOT IN ('2', '3', '9') AND n.name || n.name_kanji || n.name_roman || n.alias <> '' AND n.address || c.address <> ''
              FROM resident n WHERE n.id = c.resident_id), c.name <> '' AND c.address <> '')`

const overdue = `~c.procedure = 'NOTIFIED' AND +c.deadline < ?`

// nameOrNumber finds by a part of the name on the delivery list or of its
// reading, by the beginning of the name that the registry has today (of which an
// index knows, however many residents there are), and by the beginning of the
// notice number.
const nameOrNumber = `(instr(c.name_key, ?) > 0 OR instr(replace(replace(c.kana, ' ', ''), '　', ''), ?) > 0
OR c.resident_id IN (SELECT s.id FROM resident s WHERE s.name_key >= ? AND s.name_key < ?)
OR substr(replace(c.notice_no, '-', ''), 1, ?) = ?)`

func scanRow(scan func(...any) error) (r Row, err error) {
	err = scan(&r.ID, &r.Version, &r.DeliveryID, &r.BoxNo, &r.BoxSeq, &r.NoticeNo, &r.ApplicationID, &r.ApplicationKind,
		&r.AppliedOn, &r.DeliveryMethod, &r.ExpiresOn, &r.HasCertificate, &r.Remark, &r.Name, &r.Address, &r.Birth,
		&r.NameKey, &r.GaijiSet, &r.Kana, &r.ResidentID, &r.Procedure, &r.Custody, &r.Notice, &r.PlaceID, &r.Position,
		&r.ReceivedOn, &r.ReadyOn, &r.NoticeOn, &r.Deadline, &r.HandedOverOn, &r.Stops, &r.Warns, &r.Status, &r.LotNo, &r.Place)
	return r, err
}

// order lists n matches. Of few, a unary plus keeps SQLite from walking past
// all cards in the order of an index only to save their sorting.
func (f Filter) order(n int) string {
	columns := sorts[f.Sort]
	if f.Sort == "" {
		columns = sorts["noticeNo"]
	}
	if n <= few {
		columns = strings.ReplaceAll(columns, "c.", "+c.")
	}
	return " ORDER BY " + columns
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
	w.and("", "~c.id IN (SELECT value FROM json_each(?))", string(list))
	return nil
}

func count(rx *store.Rx, w where) (n int, err error) {
	err = rx.Row("SELECT count(*) FROM card c WHERE "+w.unordered(), w.args...).Scan(&n)
	return n, err
}

// page finds the cards of the page first and reads the rest of them alone, so
// that a page far down costs a walk along an index and no joins.
func page(rx *store.Rx, f Filter, w where, n int) ([]Row, error) {
	chosen, err := ids(rx, f, w, n)
	if err != nil || len(chosen) == 0 {
		return nil, err
	}
	list, err := json.Marshal(chosen)
	if err != nil {
		return nil, err
	}
	at := map[int64]int{}
	for i, id := range chosen {
		at[id] = i
	}
	rows := make([]Row, len(chosen))
	err = rx.Query(func(scan func(...any) error) error {
		r, err := scanRow(scan)
		if err == nil {
			rows[at[r.ID]] = r
		}
		return err
	}, "SELECT "+columns+tables+"c.id IN (SELECT value FROM json_each($1))", string(list))
	if err != nil {
		return nil, err
	}
	return rows, withHolds(rx, rows)
}

func each(rx *store.Rx, f Filter, w where, n int, fn func(Row) error) error {
	text := eachText(f, w, n)
	return rx.Query(func(scan func(...any) error) error {
		r, err := scanRow(scan)
		if err != nil {
			return err
		}
		return fn(r)
	}, text, w.args...)
}

func eachText(f Filter, w where, n int) string {
	return "SELECT " + columns + tables + w.in(f.Sort, n) + f.order(n)
}

func ids(rx *store.Rx, f Filter, w where, n int) (all []int64, err error) {
	text, args := idsText(f, w, n)
	err = rx.Query(func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		all = append(all, id)
		return err
	}, text, args...)
	return all, err
}

func idsText(f Filter, w where, n int) (text string, args []any) {
	args = append(append(args, w.args...), f.Limit, f.Offset)
	return "SELECT c.id FROM card c WHERE " + w.in(f.Sort, n) + f.order(n) + fmt.Sprintf(" LIMIT $%d OFFSET $%d", len(args)-1, len(args)), args
}

func statuses(rx *store.Rx, w where) (counts []Count, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var c Count
		err := scan(&c.Status, &c.Count)
		counts = append(counts, c)
		return err
	}, statusesText(w), w.args...)
	return counts, err
}

// statusesText counts along the index of the status, or in any order where the
// condition needs columns that this index lacks.
func statusesText(w where) string {
	group := " GROUP BY c.status"
	if w.named {
		group = " GROUP BY +c.status"
	}
	return "SELECT c.status, count(*) FROM card c WHERE " + w.unordered() + group
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

const balance = `
SELECT count(CASE WHEN received_on <> '' THEN 1 END), count(CASE WHEN custody = 'WITH_HOLDER' THEN 1 END),
       count(CASE WHEN custody IN ('ON_DESK', 'VAULT', 'PICKED', 'COUNTER') THEN 1 END)
FROM card`

// BalanceNow counts the cards.
func BalanceNow(rx *store.Rx) (b Balance, err error) {
	err = rx.Row(balance).Scan(&b.Received, &b.HandedOver, &b.Held)
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

// taskLists are the lists behind the tasks.
var taskLists = []struct {
	filter Filter
	count  func(*Tasks) *int
}{
	{Filter{Procedure: card.Received}, func(t *Tasks) *int { return &t.ToInspect }},
	{Filter{Procedure: card.Inspected}, func(t *Tasks) *int { return &t.ToPreset }},
	{Filter{Procedure: card.Preset}, func(t *Tasks) *int { return &t.ToShelve }},
	{Filter{Due: DueNotice}, func(t *Tasks) *int { return &t.ToNotify }},
	{Filter{Status: card.StatusHeld}, func(t *Tasks) *int { return &t.Stopped }},
	{Filter{Status: card.StatusMissing}, func(t *Tasks) *int { return &t.Missing }},
	{Filter{Due: Overdue}, func(t *Tasks) *int { return &t.Overdue }},
	{Filter{Custody: card.Counter}, func(t *Tasks) *int { return &t.AtCounter }},
}

// TasksNow counts them, each by the filter of the list that it leads to.
func TasksNow(rx *store.Rx) (t Tasks, err error) {
	for _, task := range taskLists {
		w, err := task.filter.where(rx)
		if err != nil {
			return t, err
		}
		if *task.count(&t), err = count(rx, w); err != nil {
			return t, err
		}
	}
	err = rx.Row(`
SELECT (SELECT count(*) FROM delivery WHERE state = 'open'), (SELECT count(*) FROM notice_run WHERE state = 'ready')`).Scan(&t.OpenDeliveries, &t.ToPost)
	return t, err
}

// StatusCounts counts all cards by status.
func StatusCounts(rx *store.Rx) ([]Count, error) {
	w, err := Filter{}.where(rx)
	if err != nil {
		return nil, err
	}
	return statuses(rx, w)
}
