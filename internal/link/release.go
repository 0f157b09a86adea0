package link

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"kofu/internal/agree"
	"kofu/internal/audit"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/notice"
	"kofu/internal/officelog"
	"kofu/internal/resident"
	"kofu/internal/store"
)

// Terms are those under which the codes of a print run can book.
type Terms struct {
	From    time.Time // bookings begin
	Until   time.Time // and end; the zero time is the end of the deadline printed on the letters
	Svc     []string  // procedures
	Windows []string  // none for all
}

// Released is what a release did.
type Released struct {
	Issued  int // codes that the booking service did not know
	Again   int // known ones, whose terms or number are replaced
	LeftOut int // pieces about which nothing leaves, or that invite nobody any more
}

// Release makes the codes of a print run known to the booking service
// (連携コードを登録する): every letter that was not held out and whose code still
// lives. Doing it again replaces the terms. Errors: fault.Conflict
// "link.run_not_printed", "link.no_key"; fault.Invalid "link.bad_terms".
func Release(ctx context.Context, db *store.DB, keys Keys, actor store.Actor, runID int64, t Terms) (done Released, err error) {
	defer fault.Add(&err, "link.Release(%d)", runID)
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		run, err := printed(tx.Rx, runID)
		if err != nil {
			return err
		}
		if t.Until.IsZero() {
			t.Until = endOf(run.Deadline)
		}
		if len(t.Svc) == 0 || !t.From.Before(t.Until) {
			return fault.New(fault.Invalid, "link.bad_terms", "until", store.Day(t.Until))
		}
		done, err = release(tx, keys, run, t)
		if err != nil {
			return err
		}
		return audit.Append(tx, "link.released", fmt.Sprintf("notice_run/%d", runID), map[string]any{
			"issued": done.Issued, "again": done.Again, "leftOut": done.LeftOut, "from": stamp(t.From), "until": stamp(t.Until), "svc": t.Svc, "windows": t.Windows,
		})
	})
	return done, err
}

// Preview says what [Release] would do with a print run now. Errors: fault.Conflict
// "link.run_not_printed".
func Preview(rx *store.Rx, keys Keys, runID int64) (would Released, err error) {
	defer fault.Add(&err, "link.Preview(%d)", runID)
	run, err := printed(rx, runID)
	if err != nil {
		return would, err
	}
	policy, _, err := LoadPolicy(rx)
	if err != nil {
		return would, err
	}
	all, leftOut, err := keys.inviting(rx, policy, run)
	would.LeftOut = leftOut
	for _, s := range all {
		_, known, err := forCard(rx, s.card)
		if err != nil {
			return would, err
		}
		if known {
			would.Again++
		} else {
			would.Issued++
		}
	}
	return would, err
}

// printed is a run whose letters exist.
func printed(rx *store.Rx, runID int64) (notice.Run, error) {
	run, err := notice.ByID(rx, runID)
	if err == nil && run.State != notice.Ready && run.State != notice.Posted {
		err = fault.New(fault.Conflict, "link.run_not_printed", "run", run.No)
	}
	return run, err
}

// endOf is the end of a day in Japan.
func endOf(day string) time.Time {
	start, err := time.ParseInLocation(time.DateOnly, string(jpdate.Day(day).AddDays(1)), store.Tokyo)
	if err != nil {
		return time.Time{}
	}
	return start
}

func release(tx *store.Tx, keys Keys, run notice.Run, t Terms) (done Released, err error) {
	policy, _, err := LoadPolicy(tx.Rx)
	if err != nil {
		return done, err
	}
	all, leftOut, err := keys.inviting(tx.Rx, policy, run)
	if err != nil {
		return done, err
	}
	done.LeftOut = leftOut
	houses, err := households(tx.Rx, policy, all)
	if err != nil {
		return done, err
	}
	sayings := make([]saying, 0, len(all))
	for _, s := range all {
		one, err := keys.released(tx, policy, s, run.ID, t, houses[s.card.ID])
		if err != nil {
			return done, err
		}
		if one.fresh {
			done.Issued++
		} else {
			done.Again++
		}
		sayings = append(sayings, one)
	}
	// In the order of the pseudonyms, which tells nothing of the letters or of
	// somebody between them who is not there.
	slices.SortFunc(sayings, func(a, b saying) int { return cmp.Compare(a.link, b.link) })
	for _, one := range sayings {
		if err := officelog.Put(tx, one.log...); err != nil {
			return done, err
		}
	}
	return done, nil
}

// inviting are the persons whose letter of a run invites them to book, and how
// many others have one.
func (k Keys) inviting(rx *store.Rx, p Policy, run notice.Run) (all []subject, leftOut int, err error) {
	pieces, err := notice.Pieces(rx, run.ID)
	if err != nil {
		return nil, 0, err
	}
	for _, piece := range pieces {
		if piece.HeldOut {
			continue
		}
		s, err := k.subject(rx, p, piece.CardID)
		if err != nil {
			return nil, 0, err
		}
		if due := s.due(agree.Unknown); due == agree.Withdrawn || due == agree.Closed || s.code.ID != piece.LinkID {
			leftOut++
			continue
		}
		all = append(all, s)
	}
	return all, leftOut, nil
}

// saying is what the log says of one pseudonym.
type saying struct {
	link  string
	fresh bool
	log   []event.Body
}

// place is that of a person in the household of a mailing.
type place struct {
	group   string
	ordinal int
}

// households joins the persons of one household who get letters of this run. A
// household with somebody under protection is never joined, so that nobody who
// reads an ordinal can miss a person.
func households(rx *store.Rx, p Policy, all []subject) (map[int64]place, error) {
	places := map[int64]place{}
	if !p.Households {
		return places, nil
	}
	members := map[string][]int64{}
	var order []string
	for _, s := range all {
		if no := s.person.HouseholdNo; s.linked && no != "" {
			if members[no] == nil {
				order = append(order, no)
			}
			members[no] = append(members[no], s.card.ID)
		}
	}
	for _, no := range order {
		hidden, err := resident.HouseholdShielded(rx, no)
		if err != nil {
			return nil, err
		}
		if hidden || len(members[no]) < 2 {
			continue
		}
		group := random(8)
		for i, cardID := range members[no] {
			places[cardID] = place{group, i + 1}
		}
	}
	return places, nil
}

// released brings the link of one person to the code of this run.
func (k Keys) released(tx *store.Tx, p Policy, s subject, runID int64, t Terms, at place) (one saying, err error) {
	l, known, err := forCard(tx.Rx, s.card)
	if err != nil {
		return one, err
	}
	switch {
	case !known:
		l = Link{ID: random(8), ResidentID: s.card.ResidentID, CardID: s.card.ID, Gen: 1}
	case l.CardID != s.card.ID || l.dead():
		l.Gen++
		l.State = agree.Issued // by the event below
	}
	key, h, hb, byPhone, err := k.hashes(p, s)
	if err != nil {
		return one, err
	}
	rekeyed := known && l.CardID == s.card.ID && l.CodeID != s.code.ID
	l.CardID, l.ResidentID, l.CodeID, l.KeyID, l.RunID = s.card.ID, s.card.ResidentID, s.code.ID, key, runID
	l.Svc, l.Windows, l.BookFrom, l.Until = slices.Sorted(slices.Values(t.Svc)), slices.Sorted(slices.Values(t.Windows)), stamp(t.From), stamp(t.Until)
	l.Group, l.Ordinal = at.group, at.ordinal
	l.ReleasedAt, l.seenVersion, l.seenStops = store.Stamp(tx.Now), s.card.Version, s.card.Stops
	one = saying{link: l.ID, fresh: !known}
	if rekeyed {
		one.log = append(one.log, event.LinkRekey{Link: l.ID, Hash: h, BirthHash: hb, Key: key})
	}
	one.log = append(one.log, l.issue(h, hb, byPhone))
	if !known {
		l.State = agree.Issued
	}
	l.reach(&one.log, s.due(l.State))
	return one, save(tx, l)
}

// dead reports whether only the next generation wakes the link.
func (l Link) dead() bool { return l.State == agree.Withdrawn || l.State == agree.Closed }

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}
