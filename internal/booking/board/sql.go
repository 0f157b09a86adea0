package board

import (
	"kofu/internal/booking/slot"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

const (
	visitsOfDay = `
SELECT b.booking_id, b.no, s.window_id, s.slot_id, s.starts_at, s.minutes, b.seat, b.via, b.state
FROM slot s JOIN booking b ON b.tenant = s.tenant AND b.slot_id = s.slot_id
WHERE s.tenant = $1 AND s.window_id = $2 AND s.day = $3
ORDER BY s.starts_at, b.booking_id`
	personsOfDay = `
SELECT p.booking_id, p.procs, p.state
FROM slot s JOIN booking b ON b.tenant = s.tenant AND b.slot_id = s.slot_id
     JOIN booking_person p ON p.tenant = b.tenant AND p.booking_id = b.booking_id
WHERE s.tenant = $1 AND s.window_id = $2 AND s.day = $3`
)

func visits(rx *store.Rx, tenant int, windowID string, day jpdate.Day) (list []Visit, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var v Visit
		var starts string
		err := scan(&v.BookingID, &v.No, &v.WindowID, &v.SlotID, &starts, &v.Minutes, &v.Side, &v.Via, &v.State)
		if err != nil {
			return err
		}
		v.Starts, err = store.ParseStamp(starts)
		list = append(list, v)
		return err
	}, visitsOfDay, tenant, windowID, day)
	return list, err
}

// addPersons counts those who are in a visit in the way in which the visit is
// itself; who has left is in another state.
func addPersons(rx *store.Rx, tenant int, windowID string, day jpdate.Day, list []Visit) error {
	at := make(map[string]int, len(list))
	for i, v := range list {
		at[v.BookingID] = i
	}
	procs := map[string][]slot.Procedure{}
	err := rx.Query(func(scan func(...any) error) error {
		var id, state string
		var p slot.Procs
		if err := scan(&id, &p, &state); err != nil {
			return err
		}
		if i, known := at[id]; known && (string(list[i].State) == state || !gone(state)) {
			list[i].Persons++
			procs[id] = append(procs[id], p.List()...)
		}
		return nil
	}, personsOfDay, tenant, windowID, day)
	for i := range list {
		if err != nil {
			return err
		}
		list[i].Procs, err = slot.ParseProcs(procs[list[i].BookingID]...)
	}
	return err
}

func gone(state string) bool {
	return state == "cancelled" || state == "cancelled_by_office" || state == "expired"
}

const seatsOfDay = `
SELECT COALESCE(SUM(web_cap), 0), COALESCE(SUM(web_taken), 0), COALESCE(SUM(office_cap), 0), COALESCE(SUM(office_taken), 0)
FROM slot WHERE tenant = $1 AND window_id = $2 AND day = $3 AND is_open = 1`

func seatsOf(rx *store.Rx, tenant int, windowID string, day jpdate.Day) (s Seats, err error) {
	err = rx.Row(seatsOfDay, tenant, windowID, day).Scan(&s.WebCap, &s.WebTaken, &s.OfficeCap, &s.OfficeTaken)
	return s, err
}

const overFrom = `
SELECT slot_id, window_id, day, starts_at, minutes, web_cap, web_open, web_over, web_taken, office_cap, office_over, office_taken
FROM slot WHERE tenant = $1 AND starts_at > $2 AND web_over + office_over > 0 ORDER BY starts_at, slot_id`

func over(rx *store.Rx, tenant int) (list []slot.Slot, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		s := slot.Slot{Open: true}
		var starts string
		err := scan(&s.ID, &s.WindowID, &s.Day, &starts, &s.Minutes, &s.WebCap, &s.WebOpen, &s.WebOver, &s.WebTaken,
			&s.OfficeCap, &s.OfficeOver, &s.OfficeTaken)
		if err != nil {
			return err
		}
		s.Starts, err = store.ParseStamp(starts)
		list = append(list, s)
		return err
	}, overFrom, tenant, store.Stamp(rx.Now))
	return list, err
}
