package practice

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"kofu/internal/booking/ulid"
	"kofu/internal/card"
	"kofu/internal/counter"
	"kofu/internal/event"
	"kofu/internal/exchange"
	"kofu/internal/jpdate"
	"kofu/internal/link"
	"kofu/internal/message"
	"kofu/internal/notice"
	"kofu/internal/progress"
	"kofu/internal/store"
)

const caseCards = 5

// leaveCases makes the codes of the letters known and lets the booking service say
// what leaves something to decide: one case of each kind of screen, all of them at
// the second window and on later days.
func (o Office) leaveCases(ctx context.Context) error {
	office := exchange.Office{DB: o.DB, Ring: o.Ring, Keys: o.Keys, Spool: o.Spool}
	var cards []int64
	err := o.DB.Read(ctx, func(rx *store.Rx) (err error) {
		cards, err = progress.IDs(rx, progress.Filter{Procedure: card.Notified, Status: card.StatusNotified, Custody: card.Vault, Sort: "noticeNo"})
		return err
	})
	if err != nil || len(cards) < 2*bookedPerDay+2+caseCards { // without a font nobody has a letter
		return err
	}
	if err := o.release(ctx, office, cards[0]); err != nil {
		return err
	}
	return o.DB.Write(ctx, itself(), func(tx *store.Tx) error {
		days := openDays(jpdate.Day(tx.Today()))
		s := stage{tx: tx, office: office, day: string(days[2]), shut: string(days[3])}
		return s.play(cards[len(cards)/2:])
	})
}

// release makes the codes of the run known in which a card has its letter.
func (o Office) release(ctx context.Context, office exchange.Office, cardID int64) error {
	keys, err := office.Links()
	if err != nil {
		return err
	}
	if _, _, made := keys.Codes.Newest(); !made {
		if _, err := keys.Codes.Make(rand.Reader); err != nil {
			return err
		}
	}
	now, err := o.now(ctx)
	if err != nil {
		return err
	}
	run, err := o.runOf(ctx, cardID)
	if err != nil {
		return err
	}
	_, err = link.Release(ctx, o.DB, keys, itself(), run, link.Terms{From: now, Svc: []string{string(counter.Receive)}})
	return err
}

func (o Office) runOf(ctx context.Context, cardID int64) (run int64, err error) {
	err = o.DB.Read(ctx, func(rx *store.Rx) error {
		letters, err := notice.LettersOf(rx, cardID)
		if err == nil && len(letters) > 0 {
			run = letters[0].RunID
		}
		return err
	})
	return run, err
}

// stage is where the cases happen.
type stage struct {
	tx     *store.Tx
	office exchange.Office
	day    string
	shut   string // day on which the window is closed in the end
}

func (s stage) play(cards []int64) error {
	stopped, twice, first, second, byPhone := cards[0], cards[1], cards[2], cards[3], cards[4]
	if _, err := card.OpenHold(s.tx, stopped, card.Stop, message.Text("practice.hold", nil)); err != nil {
		return err
	}
	if err := s.office.Settle(s.tx); err != nil {
		return err
	}
	for _, b := range []struct {
		card int64
		day  string
		hour int
	}{{twice, s.day, 11}, {byPhone, s.shut, 10}} {
		if err := s.phone(b.card, b.day, b.hour); err != nil {
			return err
		}
	}
	var said []event.Body
	for i, b := range []struct {
		card int64
		hour int
	}{{stopped, 10}, {twice, 13}, {first, 15}, {second, 15}, {0, 14}} {
		one, err := s.web(i+1, b.card, b.hour)
		if err != nil {
			return err
		}
		said = append(said, one)
	}
	return s.office.Rehearse(s.tx, append(said,
		event.CapacityOver{Window: windows[1], Start: startAt(s.day, 15), Over: 1},
		event.ConfigCapacity{Window: windows[1], Date: s.shut},
	)...)
}

// phone books an office seat.
func (s stage) phone(cardID int64, day string, hour int) error {
	starts, err := time.Parse(time.RFC3339, startAt(day, hour))
	if err != nil {
		return err
	}
	_, err = counter.Book(s.tx, counter.New{
		WindowID: windows[1], Starts: starts, Via: counter.ByPhone, Guests: []counter.Guest{{CardID: cardID, Procs: []string{string(counter.Receive)}}},
	})
	return err
}

// web is a booking of the booking service for the holder of a card, 0 for a code
// that this office does not know.
func (s stage) web(n int, cardID int64, hour int) (b event.BookingCreated, err error) {
	member := event.Member{Link: stray, Gen: 1, Svc: []string{string(counter.Receive)}}
	if cardID != 0 {
		l, _, err := link.ByCard(s.tx.Rx, cardID)
		if err != nil {
			return b, err
		}
		member.Link = l.ID
	}
	return event.BookingCreated{
		Booking: ulid.New(s.tx.Now), No: fmt.Sprintf("%s-%04d", s.day[5:7], n), Window: windows[1], Start: startAt(s.day, hour), Min: slotMinutes,
		Party: 1, Units: 1, Seat: "web", Via: "web", Members: []event.Member{member},
	}, nil
}

const stray = "00000000000000ff" // pseudonym of nobody

func startAt(day string, hour int) string { return fmt.Sprintf("%sT%02d:00:00+09:00", day, hour) }
