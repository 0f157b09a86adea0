package card

import (
	"crypto/rand"

	"kofu/internal/audit"
	"kofu/internal/store"
)

// BulkGroup is the prefix of the groups that bulk acts make and that can be
// undone as a whole.
const BulkGroup = "bulk-"

// Bulk is what a bulk act did, or would do.
type Bulk struct {
	Matched int
	Done    int
	Refused []Refused
	Group   string // for UndoGroup; empty for a preview
}

// Refused is a card that a bulk act leaves alone, with the guard's objection.
type Refused struct {
	Card Card
	Err  error
}

// PreviewAll tells what PerformAll would do, without doing it.
func PreviewAll(rx *store.Rx, actor store.Actor, ids []int64, act Act, in Input) (b Bulk, err error) {
	err = b.each(rx, actor, ids, act, in, func(int64) error { return nil })
	return b, err
}

// PerformAll does an act on many cards in one transaction: those that refuse
// are left alone and listed, all others change together and can be undone
// together. One line in the audit log names the group.
func PerformAll(tx *store.Tx, ids []int64, act Act, in Input) (b Bulk, err error) {
	in.Group = BulkGroup + rand.Text()
	err = b.each(tx.Rx, tx.Actor, ids, act, in, func(id int64) error {
		_, err := Do(tx, id, act, in)
		return err
	})
	if err != nil {
		return Bulk{}, err
	}
	b.Group = in.Group
	return b, audit.Append(tx, "card."+string(act), "group/"+b.Group, map[string]int{"matched": b.Matched, "done": b.Done})
}

func (b *Bulk) each(rx *store.Rx, actor store.Actor, ids []int64, act Act, in Input, do func(int64) error) error {
	for _, id := range ids {
		c, err := ByID(rx, id)
		if err != nil {
			return err
		}
		b.Matched++
		if err := check(rx, actor, c, act, in); err != nil {
			b.Refused = append(b.Refused, Refused{Card: c, Err: err})
			continue
		}
		if err := do(id); err != nil {
			return err
		}
		b.Done++
	}
	return nil
}
