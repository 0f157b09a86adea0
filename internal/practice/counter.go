package practice

import (
	"context"
	"time"

	"kofu/internal/card"
	"kofu/internal/counter"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/message"
	"kofu/internal/progress"
	"kofu/internal/store"
)

const (
	slotMinutes  = 30
	opens        = 9 * 60
	closes       = 17 * 60
	officeSeats  = 2
	daysOpen     = 10 // from today on
	bookedPerDay = 7
)

// windows are called like those of the booking service's practice, so that both
// can be joined.
var windows = []string{"HON", "EKI"}

// atCounter opens the windows of today and the days after, lets people book
// office seats of today and the next day by phone, fetches the cards of those who
// come today, and receives two without a booking.
func (o Office) atCounter(ctx context.Context) error {
	return o.DB.Write(ctx, itself(), func(tx *store.Tx) error {
		days := openDays(jpdate.Day(tx.Today()))
		if err := open(tx, days); err != nil {
			return err
		}
		waiting, err := progress.IDs(tx.Rx, progress.Filter{Procedure: card.Notified, Status: card.StatusNotified, Custody: card.Vault, Sort: "noticeNo"})
		if err != nil || len(waiting) < 2*bookedPerDay+2 { // without a font nobody has a letter
			return err
		}
		for i, day := range days[:2] {
			cards := waiting[i*bookedPerDay : (i+1)*bookedPerDay]
			if err := book(tx, day, cards); err != nil {
				return err
			}
		}
		for _, id := range waiting[2*bookedPerDay : 2*bookedPerDay+2] {
			if _, err := counter.WalkIn(tx, windows[0], id, string(counter.Receive)); err != nil {
				return err
			}
		}
		return nil
	})
}

// openDays are today and the weekdays after.
func openDays(today jpdate.Day) []jpdate.Day {
	days := []jpdate.Day{today}
	for day := today.AddDays(1); len(days) < daysOpen; day = day.AddDays(1) {
		if w := day.Weekday(); w != time.Saturday && w != time.Sunday {
			days = append(days, day)
		}
	}
	return days
}

// open sets the windows up as the booking service would. Today they are open for
// some hours from now on at least, at whatever hour somebody practises.
func open(tx *store.Tx, days []jpdate.Day) error {
	for i, id := range windows {
		name := message.Text("practice.window_"+id, nil)
		if _, _, err := counter.Hear(tx, 0, event.ConfigWindow{Window: id, Name: name, Owner: string(counter.Office), Order: i + 1, Late: 5}); err != nil {
			return err
		}
		for _, day := range days {
			until := closes
			if day == days[0] {
				local := tx.Now.In(store.Tokyo)
				until = min(max(closes, local.Hour()*60+local.Minute()+5*60), 24*60)
			}
			c := event.ConfigCapacity{Window: id, Date: string(day), Slots: []event.SlotSeats{}}
			for minute := opens; minute+slotMinutes <= until; minute += slotMinutes {
				start := time.Date(2000, 1, 1, 0, minute, 0, 0, time.UTC).Format("15:04")
				c.Slots = append(c.Slots, event.SlotSeats{Start: string(day) + "T" + start + ":00+09:00", Min: slotMinutes, Web: 3, Office: officeSeats})
			}
			if _, _, err := counter.Hear(tx, 0, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// book gives seats of a day to the holders of cards, the first two together, in
// the order of the slots that are left. The cards of today are fetched.
func book(tx *store.Tx, day jpdate.Day, cards []int64) error {
	slots, err := counter.Slots(tx.Rx, windows[0], string(day))
	if err != nil {
		return err
	}
	parties := [][]int64{cards[:2]}
	for _, id := range cards[2:] {
		parties = append(parties, []int64{id})
	}
	for _, party := range parties {
		n := counter.New{WindowID: windows[0], Via: counter.ByPhone}
		for _, id := range party {
			n.Guests = append(n.Guests, counter.Guest{CardID: id, Procs: []string{string(counter.Receive)}})
		}
		booked, err := bookFirst(tx, slots, n)
		if err != nil {
			return err
		}
		if !booked || string(day) != tx.Today() {
			continue
		}
		for _, id := range party {
			if _, err := card.Perform(tx, id, card.ActPick, card.Input{}); err != nil {
				return err
			}
		}
	}
	return nil
}

// bookFirst books the first slot that has room; shortly before midnight there may
// be none.
func bookFirst(tx *store.Tx, slots []counter.Slot, n counter.New) (booked bool, err error) {
	for _, s := range slots {
		n.Starts = s.Starts
		_, err := counter.Book(tx, n)
		if fault.Is(err, fault.Conflict, "counter.full") || fault.Is(err, fault.Conflict, "counter.no_slot") {
			continue
		}
		return err == nil, err
	}
	return false, nil
}
