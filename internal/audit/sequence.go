package audit

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"kofu/internal/fault"
	"kofu/internal/store"
)

// batch is how many records one transaction numbers at most.
const batch = 1000

// Sequence numbers the records of db's tenant that wait for it, in the order of
// their ids, lets the tree grow by them, and returns how many there were. A
// record whose transaction ends later than that of a younger one comes after it.
// Several servers may do it at once: one at a time works. Where records are
// numbered at once it does nothing.
func Sequence(ctx context.Context, db *store.DB, actor store.Actor) (numbered int, err error) {
	defer fault.Add(&err, "audit.Sequence(%d)", db.Tenant())
	for {
		var waiting int
		err := db.Read(ctx, func(rx *store.Rx) (err error) {
			waiting, err = countPending(rx, Filter{})
			return err
		})
		if err != nil || waiting == 0 {
			return numbered, err
		}
		n := 0
		err = db.Write(ctx, actor, func(tx *store.Tx) (err error) {
			n, err = sequence(tx)
			return err
		})
		numbered += n
		if err != nil || n < batch {
			return numbered, err
		}
	}
}

// sequence numbers up to batch records. From here to its end the transaction
// makes others wait that number records of the tenant.
func sequence(tx *store.Tx) (int, error) {
	if err := tx.Lock("audit"); err != nil { // the tree has one end
		return 0, err
	}
	ids, records, err := pending(tx.Rx, batch)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	first, err := size(tx.Rx)
	if err != nil {
		return 0, err
	}
	grow := &end{tx: tx, known: map[int64]tlog.Hash{}, later: true}
	for i, r := range records {
		r.Seq = first + int64(i)
		if err := grow.add(r); err != nil {
			return 0, err
		}
	}
	if err := grow.flush(); err != nil {
		return 0, err
	}
	return len(ids), deletePending(tx, ids)
}

// end is where the tree of a tenant grows.
type end struct {
	tx    *store.Tx
	known map[int64]tlog.Hash // hashes that were read or added here
	later bool                // rows wait for flush
	rows  [3][][]any          // of audit, audit_body and audit_hash
}

// ReadHashes implements tlog.HashReader.
func (e *end) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, idx := range indexes {
		h, ok := e.known[idx]
		if !ok {
			read, err := stored{e.tx.Rx}.ReadHashes([]int64{idx})
			if err != nil {
				return nil, err
			}
			h = read[0]
			if e.known != nil {
				e.known[idx] = h
			}
		}
		hashes[i] = h
	}
	return hashes, nil
}

// add appends a record that has its number.
func (e *end) add(r Record) error {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return err
	}
	leaf, err := leafHash(salt, r)
	if err != nil {
		return err
	}
	hashes, err := tlog.StoredHashesForRecordHash(r.Seq, leaf, e)
	if err != nil {
		return fmt.Errorf("tree of %d records: %w", r.Seq, err)
	}
	e.rows[0] = append(e.rows[0], []any{r.Seq, r.At, encode(leaf)})
	e.rows[1] = append(e.rows[1], []any{
		r.Seq, base64.RawURLEncoding.EncodeToString(salt), r.At, r.Actor, r.Name, r.Role, r.Terminal,
		r.Action, r.Object, string(r.Result), string(r.Detail), r.State,
	})
	first := tlog.StoredHashCount(r.Seq)
	for i, h := range hashes {
		e.rows[2] = append(e.rows[2], []any{first + int64(i), encode(h)})
		if e.known != nil {
			e.known[first+int64(i)] = h
		}
	}
	if e.later {
		return nil
	}
	return e.flush()
}

// flush writes the rows that wait.
func (e *end) flush() error {
	for i, into := range []insertion{intoAudit, intoBody, intoHash} {
		if err := into.exec(e.tx, e.rows[i]); err != nil {
			return err
		}
		e.rows[i] = nil
	}
	return nil
}
