package intake

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"kofu/internal/booking/slot"
	"kofu/internal/booking/sync"
	"kofu/internal/booking/ulid"
	"kofu/internal/event"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// tellConfig tells the office of windows, rules and seats that are not as it was
// told last. Each event replaces what it is about in full, so it does no harm to
// say one again.
func (n *End) tellConfig(tx *store.Tx) (told int, err error) {
	if err := tx.Lock(fmt.Sprintf("config/%d", n.Desk.Tenant)); err != nil {
		return 0, err
	}
	say := func(object string, body event.Body) error {
		text, err := event.Marshal(body)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(text)
		digest := base64.RawURLEncoding.EncodeToString(sum[:])
		same, err := toldBefore(tx.Rx, n.Desk.Tenant, object, digest)
		if err != nil || same {
			return err
		}
		told++
		if err := noteTold(tx, n.Desk.Tenant, object, digest); err != nil {
			return err
		}
		return sync.Put(tx, n.Desk.Tenant, ulid.New(tx.Now), body)
	}
	windows, err := slot.Windows(tx.Rx, n.Desk.Tenant)
	if err != nil {
		return 0, err
	}
	for i, w := range windows {
		body := event.ConfigWindow{Window: w.ID, Name: w.Name, Owner: string(w.OfficeSeats), Order: i, Late: w.LateMinutes}
		if err := say("window/"+w.ID, body); err != nil {
			return told, err
		}
		if err := n.tellSeats(tx, w.ID, say); err != nil {
			return told, err
		}
	}
	return told, nil
}

// tellSeats tells of every day of a window from today on.
func (n *End) tellSeats(tx *store.Tx, windowID string, say func(string, event.Body) error) error {
	today := jpdate.Day(tx.Today())
	list, err := slot.Ahead(tx.Rx, n.Desk.Tenant, windowID, today)
	if err != nil {
		return err
	}
	var days []jpdate.Day
	of := map[jpdate.Day]*event.ConfigCapacity{}
	for _, s := range list {
		c := of[s.Day]
		if c == nil {
			c = &event.ConfigCapacity{Window: windowID, Date: string(s.Day)}
			of[s.Day], days = c, append(days, s.Day)
		}
		if !s.Open {
			continue
		}
		seats := event.SlotSeats{Start: s.Starts.In(store.Tokyo).Format("2006-01-02T15:04:05-07:00"), Min: s.Minutes, Web: s.WebCap, Office: s.OfficeCap}
		for _, p := range s.Procs.List() {
			seats.Procs = append(seats.Procs, string(p))
		}
		c.Slots = append(c.Slots, seats)
	}
	for _, d := range days {
		if err := say("capacity/"+windowID+"/"+string(d), *of[d]); err != nil {
			return err
		}
	}
	return nil
}
