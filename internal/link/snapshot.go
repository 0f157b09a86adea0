package link

import (
	"cmp"

	"kofu/internal/agree"
	"kofu/internal/event"
	"kofu/internal/linkcode"
	"kofu/internal/notice"
	"kofu/internal/officelog"
	"kofu/internal/store"
)

// This file is what the exchange needs when either database was put back to an
// older state.

// Snapshot is every pseudonym with the number by which the booking service
// finds it.
func Snapshot(rx *store.Rx, keys Keys) (list []event.SnapshotLink, err error) {
	policy, _, err := LoadPolicy(rx)
	if err != nil {
		return nil, err
	}
	codes := map[int64]linkcode.Code{}
	if err := notice.EachCode(rx, keys.Ring, func(_, id int64, code linkcode.Code) error {
		codes[id] = code
		return nil
	}); err != nil {
		return nil, err
	}
	all, err := all(rx)
	if err != nil {
		return nil, err
	}
	for _, l := range all {
		s, err := keys.subject(rx, policy, l.CardID)
		if err != nil {
			return nil, err
		}
		s.code.Code = codes[l.CodeID]
		_, h, hb, byPhone, err := keys.under(l.KeyID).hashes(policy, s)
		if err != nil {
			return nil, err
		}
		list = append(list, event.SnapshotLink{
			Link: l.ID, Hash: h, BirthHash: hb, Key: l.KeyID, Gen: l.Gen, State: string(l.State), Svc: l.Svc, Windows: l.Windows,
			BookFrom: l.BookFrom, Until: l.Until, Group: l.Group, Ordinal: l.Ordinal, OfficeOnly: byPhone,
			Used: l.FirstUsedAt,
		})
	}
	return list, nil
}

// Taking takes over the codes that the booking service knows; lost says that this
// office has lost facts of its own. Letters are found by the hashes of their
// codes.
type Taking struct {
	tx      *store.Tx
	keys    Keys
	lost    bool
	letters map[string]letter // by key and hash
	held    map[string]bool   // pseudonyms taken over
	Unknown int               // codes that no letter of this office carries
}

type letter struct{ cardID, codeID int64 }

// Take begins.
func Take(tx *store.Tx, keys Keys, lost bool) *Taking {
	return &Taking{tx: tx, keys: keys, lost: lost, held: map[string]bool{}}
}

// Link takes one over.
func (t *Taking) Link(e event.SnapshotLink) error {
	t.held[e.Link] = true
	l, known, err := ByID(t.tx.Rx, e.Link)
	if err != nil {
		return err
	}
	l.ID, l.FirstUsedAt = e.Link, cmp.Or(l.FirstUsedAt, e.Used)
	if known && !t.lost {
		return save(t.tx, l)
	}
	mine := agree.Link{}
	if known {
		mine = agree.Link{State: l.State, Gen: l.Gen}
	}
	now := agree.MergeLink(agree.Office, mine, agree.Link{State: agree.LinkState(e.State), Gen: e.Gen}, t.lost)
	found, err := t.letterOf(e, &l)
	if err != nil {
		return err
	}
	if !found {
		t.Unknown++
		if !known {
			return nil
		}
	}
	l.State, l.Gen, l.ReleasedAt = now.State, now.Gen, cmp.Or(l.ReleasedAt, store.Stamp(t.tx.Now))
	l.Svc, l.Windows, l.BookFrom, l.Until, l.Group, l.Ordinal = e.Svc, e.Windows, e.BookFrom, e.Until, e.Group, e.Ordinal
	l.seenVersion = -1 // to be compared with its card
	return save(t.tx, l)
}

// letterOf looks for the letter whose number the booking service knows, and notes
// that it is the one told: where another one counts, that is said again. It is
// false where no letter carries the number, or its card has another pseudonym.
func (t *Taking) letterOf(e event.SnapshotLink, l *Link) (found bool, err error) {
	letters, err := t.find()
	if err != nil {
		return false, err
	}
	at, found := letters[e.Key+e.Hash]
	if !found {
		return false, nil
	}
	if other, taken, err := ByCard(t.tx.Rx, at.cardID); err != nil || taken && other.ID != e.Link {
		return false, err
	}
	l.CardID, l.CodeID, l.KeyID = at.cardID, at.codeID, e.Key
	l.ResidentID, err = holder(t.tx.Rx, l.CardID)
	return true, err
}

// find hashes the codes of all letters under the keys of this office, once.
func (t *Taking) find() (map[string]letter, error) {
	if t.letters != nil {
		return t.letters, nil
	}
	t.letters = map[string]letter{}
	ids := t.keys.Codes.IDs()
	err := notice.EachCode(t.tx.Rx, t.keys.Ring, func(cardID, codeID int64, code linkcode.Code) error {
		for _, id := range ids {
			if h, ok := t.keys.Hash(id, code); ok {
				t.letters[id+h] = letter{cardID, codeID}
			}
		}
		return nil
	})
	return t.letters, err
}

// SayAgain tells of the codes that the booking service does not know, after the
// last one was taken over.
func (t *Taking) SayAgain() error {
	all, err := Snapshot(t.tx.Rx, t.keys)
	if err != nil {
		return err
	}
	for _, l := range all {
		if t.held[l.Link] {
			continue
		}
		log := []event.Body{event.LinkIssue{
			Link: l.Link, Hash: l.Hash, BirthHash: l.BirthHash, Key: l.Key, Gen: l.Gen, Svc: l.Svc, Windows: l.Windows,
			BookFrom: l.BookFrom, Until: l.Until, Group: l.Group, Ordinal: l.Ordinal, OfficeOnly: l.OfficeOnly,
		}}
		told := Link{ID: l.Link, Gen: l.Gen, State: agree.Issued}
		told.reach(&log, agree.LinkState(l.State))
		if err := officelog.Put(t.tx, log...); err != nil {
			return err
		}
	}
	return nil
}
