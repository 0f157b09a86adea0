package wish

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"kofu/internal/booking/reserve"
	"kofu/internal/store"
)

func insertWish(tx *store.Tx, tenant int, w Wish) error {
	var weekdays, bands []string
	for _, d := range w.Weekdays {
		weekdays = append(weekdays, fmt.Sprint(int(d)))
	}
	for _, b := range w.Bands {
		bands = append(bands, fmt.Sprintf("%d-%d", b.FromMinute, b.ToMinute))
	}
	if _, err := tx.Exec(`
INSERT INTO wish (tenant, wish_id, windows, from_day, until_day, weekdays, bands, notify, lang, state, made_at, booking_id, offered_at, ended_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', '', '')`,
		tenant, w.ID, strings.Join(w.Windows, " "), w.From, w.To, strings.Join(weekdays, " "), strings.Join(bands, " "),
		w.Notify, w.Lang, w.State, store.Stamp(w.MadeAt)); err != nil {
		return err
	}
	for _, g := range w.Guests {
		if _, err := tx.Exec("INSERT INTO wish_person (tenant, wish_id, link, gen, procs, live) VALUES ($1, $2, $3, $4, $5, 1)",
			tenant, w.ID, g.Link, g.Gen, g.Procs); err != nil {
			return err
		}
	}
	return nil
}

const columns = "wish_id, windows, from_day, until_day, weekdays, bands, notify, lang, state, made_at, booking_id, offered_at"

const (
	byID   = "SELECT " + columns + " FROM wish WHERE tenant = $1 AND wish_id = $2"
	live   = "SELECT " + columns + " FROM wish WHERE tenant = $1 AND state IN ('open', 'offered') ORDER BY wish_id"
	all    = "SELECT " + columns + " FROM wish WHERE tenant = $1 ORDER BY wish_id"
	ofLink = "SELECT wish_id FROM wish_person WHERE tenant = $1 AND link = $2 AND live = 1"
)

func scanWish(scan func(...any) error) (w Wish, err error) {
	var windows, weekdays, bands, made, offered string
	err = scan(&w.ID, &windows, &w.From, &w.To, &weekdays, &bands, &w.Notify, &w.Lang, &w.State, &made, &w.BookingID, &offered)
	if err != nil {
		return Wish{}, err
	}
	w.Windows = strings.Fields(windows)
	for _, d := range strings.Fields(weekdays) {
		w.Weekdays = append(w.Weekdays, time.Weekday(d[0]-'0'))
	}
	for _, text := range strings.Fields(bands) {
		var b Band
		if _, err := fmt.Sscanf(text, "%d-%d", &b.FromMinute, &b.ToMinute); err != nil {
			return Wish{}, err
		}
		w.Bands = append(w.Bands, b)
	}
	for _, stamp := range []struct {
		text string
		to   *time.Time
	}{{made, &w.MadeAt}, {offered, &w.OfferedAt}} {
		if stamp.text == "" {
			continue
		}
		if *stamp.to, err = store.ParseStamp(stamp.text); err != nil {
			return Wish{}, err
		}
	}
	return w, nil
}

func wishes(rx *store.Rx, tenant int, query string) (list []Wish, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		w, err := scanWish(scan)
		list = append(list, w)
		return err
	}, query, tenant)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Guests, err = guests(rx, tenant, list[i].ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func guests(rx *store.Rx, tenant int, id string) (list []reserve.Guest, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var g reserve.Guest
		err := scan(&g.Link, &g.Gen, &g.Procs)
		list = append(list, g)
		return err
	}, "SELECT link, gen, procs FROM wish_person WHERE tenant = $1 AND wish_id = $2 ORDER BY link", tenant, id)
	return list, err
}

// ByID returns a wish.
func ByID(rx *store.Rx, tenant int, id string) (w Wish, found bool, err error) {
	w, err = scanWish(rx.Row(byID, tenant, id).Scan)
	if errors.Is(err, store.ErrNoRows) {
		return Wish{}, false, nil
	}
	if err != nil {
		return Wish{}, false, err
	}
	w.Guests, err = guests(rx, tenant, id)
	return w, err == nil, err
}

// Of returns the wish of a code that waits or has an offer.
func Of(rx *store.Rx, tenant int, link string) (w Wish, found bool, err error) {
	var id string
	err = rx.Row(ofLink, tenant, link).Scan(&id)
	if errors.Is(err, store.ErrNoRows) {
		return Wish{}, false, nil
	}
	if err != nil {
		return Wish{}, false, err
	}
	return ByID(rx, tenant, id)
}

// Live returns the wishes that wait or have an offer, the oldest first.
func Live(rx *store.Rx, tenant int) ([]Wish, error) { return wishes(rx, tenant, live) }

// List returns all wishes, also those that are over, the oldest first.
func List(rx *store.Rx, tenant int) ([]Wish, error) { return wishes(rx, tenant, all) }

// move changes the state of a wish that is in another one, and reports false if
// it is not.
func move(tx *store.Tx, tenant int, id string, from, to State) (bool, error) {
	ended := ""
	if !to.live() {
		ended = store.Stamp(tx.Now)
	}
	n, err := tx.Exec("UPDATE wish SET state = $4, ended_at = $5 WHERE tenant = $1 AND wish_id = $2 AND state = $3", tenant, id, from, to, ended)
	if err != nil || n == 0 || to.live() {
		return n == 1, err
	}
	_, err = tx.Exec("UPDATE wish_person SET live = 0 WHERE tenant = $1 AND wish_id = $2", tenant, id)
	return true, err
}

func setOffer(tx *store.Tx, tenant int, id, bookingID string) error {
	_, err := tx.Exec("UPDATE wish SET booking_id = $3, offered_at = $4 WHERE tenant = $1 AND wish_id = $2",
		tenant, id, bookingID, store.Stamp(tx.Now))
	return err
}

func deleteEnded(tx *store.Tx, tenant int, before string) (int64, error) {
	if _, err := tx.Exec(`
DELETE FROM wish_person WHERE tenant = $1 AND wish_id IN
    (SELECT wish_id FROM wish WHERE tenant = $1 AND ended_at <> '' AND ended_at < $2)`, tenant, before); err != nil {
		return 0, err
	}
	return tx.Exec("DELETE FROM wish WHERE tenant = $1 AND ended_at <> '' AND ended_at < $2", tenant, before)
}

func clearOffer(tx *store.Tx, tenant int, id string) error {
	_, err := tx.Exec("UPDATE wish SET booking_id = '', offered_at = '' WHERE tenant = $1 AND wish_id = $2", tenant, id)
	return err
}
