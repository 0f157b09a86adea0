package link

import (
	"kofu/internal/agree"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/notice"
	"kofu/internal/officelog"
	"kofu/internal/store"
)

// Collect writes into the log what has happened to the cards of released codes
// since it looked last, and returns the pseudonyms of which it said something.
// It runs before every bundle and whenever the appliance looks after itself;
// doing it again says nothing.
func Collect(tx *store.Tx, keys Keys) (changed []string, err error) {
	defer fault.Add(&err, "link.Collect")
	policy, _, err := LoadPolicy(tx.Rx)
	if err != nil {
		return nil, err
	}
	stale, err := stale(tx.Rx, policy.Shielded == "never")
	if err != nil {
		return nil, err
	}
	for _, l := range stale {
		said, err := keys.follow(tx, policy, l)
		if err != nil {
			return nil, err
		}
		if said {
			changed = append(changed, l.ID)
		}
	}
	return changed, nil
}

// Follow is [Collect] for the link of one card, for acts after which the booking
// service must not book on.
func Follow(tx *store.Tx, keys Keys, cardID int64) (l Link, known bool, err error) {
	policy, _, err := LoadPolicy(tx.Rx)
	if err != nil {
		return l, false, err
	}
	if l, known, err = ByCard(tx.Rx, cardID); err != nil || !known {
		return l, false, err
	}
	if _, err := keys.follow(tx, policy, l); err != nil {
		return l, true, err
	}
	return ByCard(tx.Rx, cardID)
}

func (k Keys) follow(tx *store.Tx, p Policy, l Link) (said bool, err error) {
	s, err := k.subject(tx.Rx, p, l.CardID)
	if err != nil {
		return false, err
	}
	due := s.due(l.State)
	var log []event.Body
	switch {
	case l.dead() && (due == agree.Withdrawn || due == l.State):
	case l.dead() && due == agree.Closed:
		l.reach(&log, due)
	case l.dead():
		err = k.wake(p, s, &l, &log)
	default:
		if s.hasCode && s.code.ID != l.CodeID && s.code.Printed && due != agree.Withdrawn && due != agree.Closed {
			err = k.rekey(p, s, &l, &log)
		}
		l.reach(&log, due)
	}
	if err != nil {
		return false, err
	}
	l.seenVersion, l.seenStops = s.card.Version, s.card.Stops
	if err := officelog.Put(tx, log...); err != nil {
		return false, err
	}
	return len(log) > 0, save(tx, l)
}

// wake issues the code of a card again whose end was taken back, as the next
// generation.
func (k Keys) wake(p Policy, s subject, l *Link, log *[]event.Body) error {
	key, h, hb, byPhone, err := k.hashes(p, s)
	if err != nil {
		return err
	}
	l.Gen, l.State, l.CodeID, l.KeyID = l.Gen+1, agree.Issued, s.code.ID, key
	*log = append(*log, l.issue(h, hb, byPhone))
	l.reach(log, s.due(agree.Issued))
	return nil
}

// rekey replaces the number of the letter, when a newer letter was printed or its
// cancelling revived the older one.
func (k Keys) rekey(p Policy, s subject, l *Link, log *[]event.Body) error {
	key, h, hb, _, err := k.hashes(p, s)
	if err != nil {
		return err
	}
	l.CodeID, l.KeyID = s.code.ID, key
	*log = append(*log, event.LinkRekey{Link: l.ID, Hash: h, BirthHash: hb, Key: key})
	return nil
}

// FirstUsed notes that the resident has signed in with the code: the letter has
// arrived.
func FirstUsed(tx *store.Tx, link string) (known bool, err error) {
	return setFirstUsed(tx, link)
}

// Unreleased counts the letters of a run whose codes the booking service could
// know and does not.
func Unreleased(rx *store.Rx, run notice.Run) (released, waiting int, err error) {
	if run.State != notice.Ready && run.State != notice.Posted {
		return 0, 0, nil
	}
	return countRun(rx, run.ID)
}
