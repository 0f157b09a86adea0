package audit

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"kofu/internal/store"
)

// size is the number of records, which is also the number of the next one.
func size(rx *store.Rx) (n int64, err error) {
	err = rx.Row("SELECT COALESCE(MAX(seq), -1) + 1 FROM audit WHERE tenant = $1", rx.Tenant).Scan(&n)
	return n, err
}

func insert(tx *store.Tx, r Record, salt []byte, leaf tlog.Hash) error {
	if _, err := tx.Exec("INSERT INTO audit (tenant, seq, at, leaf) VALUES ($1, $2, $3, $4)", tx.Tenant, r.Seq, r.At, encode(leaf)); err != nil {
		return err
	}
	_, err := tx.Exec(`
INSERT INTO audit_body (tenant, seq, salt, at, actor, name, role, terminal, action, object, result, detail, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		tx.Tenant, r.Seq, base64.RawURLEncoding.EncodeToString(salt), r.At, r.Actor, r.Name, r.Role, r.Terminal, r.Action, r.Object, string(r.Result), string(r.Detail), r.State)
	if err != nil {
		return err
	}
	hashes, err := tlog.StoredHashesForRecordHash(r.Seq, leaf, stored{tx.Rx})
	if err != nil {
		return err
	}
	first := tlog.StoredHashCount(r.Seq)
	for i, h := range hashes {
		if _, err := tx.Exec("INSERT INTO audit_hash (tenant, idx, hash) VALUES ($1, $2, $3)", tx.Tenant, first+int64(i), encode(h)); err != nil {
			return err
		}
	}
	return nil
}

// stored reads hashes of the tree from the database.
type stored struct{ rx *store.Rx }

// ReadHashes implements tlog.HashReader.
func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, idx := range indexes {
		var text string
		if err := s.rx.Row("SELECT hash FROM audit_hash WHERE tenant = $1 AND idx = $2", s.rx.Tenant, idx).Scan(&text); err != nil {
			return nil, err
		}
		h, err := decode(text)
		if err != nil {
			return nil, err
		}
		hashes[i] = h
	}
	return hashes, nil
}

// Filter chooses records. Empty fields choose all.
type Filter struct {
	From, To string // instants; From inclusive, To exclusive
	// Actor is the id or the name that the actor had then. Action also matches
	// everything below a prefix that ends in ".".
	Actor, Action, Object string
	Offset, Limit         int
}

// List returns the records that match, newest first, and how many there are.
func List(rx *store.Rx, f Filter) (records []Record, total int, err error) {
	const where = `
FROM audit_body
WHERE tenant = $7 AND ($1 = '' OR at >= $1) AND ($2 = '' OR at < $2)
  AND ($3 = '' OR actor = $3 OR name = $3) AND ($4 = '' OR action = $4 OR (action > $4 AND action < $5))
  AND ($6 = '' OR object = $6)`
	args := []any{f.From, f.To, f.Actor, f.Action, below(f.Action), f.Object, rx.Tenant}
	if err := rx.Row("SELECT count(*)"+where, args...).Scan(&total); err != nil {
		return nil, 0, err
	}
	err = rx.Query(func(scan func(...any) error) error {
		r, err := scanRecord(scan)
		records = append(records, r)
		return err
	}, "SELECT seq, at, actor, name, role, terminal, action, object, result, detail, state"+where+
		" ORDER BY seq DESC LIMIT $8 OFFSET $9", append(args, f.Limit, f.Offset)...)
	return records, total, err
}

// below is the end of the actions that begin with a prefix such as "card.", or
// "" for a whole action: "/" is the character after ".".
func below(action string) string {
	if prefix, ok := strings.CutSuffix(action, "."); ok {
		return prefix + "/"
	}
	return ""
}

func scanRecord(scan func(...any) error, more ...any) (r Record, err error) {
	var detail string
	places := []any{&r.Seq, &r.At, &r.Actor, &r.Name, &r.Role, &r.Terminal, &r.Action, &r.Object, &r.Result, &detail, &r.State}
	err = scan(append(places, more...)...)
	r.Detail = json.RawMessage(detail)
	return r, err
}

func insertCheckpoint(tx *store.Tx, size int64, note string) error {
	_, err := tx.Exec("INSERT INTO audit_checkpoint (tenant, size, at, note) VALUES ($1, $2, $3, $4) ON CONFLICT (tenant, size) DO NOTHING",
		tx.Tenant, size, store.Stamp(tx.Now), note)
	return err
}

// Latest returns the newest checkpoint, or an empty one.
func Latest(rx *store.Rx) (c Checkpoint, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		return scan(&c.Size, &c.At, &c.Note)
	}, "SELECT size, at, note FROM audit_checkpoint WHERE tenant = $1 ORDER BY size DESC LIMIT 1", rx.Tenant)
	return c, err
}

func allCheckpoints(rx *store.Rx) (all []Checkpoint, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var c Checkpoint
		err := scan(&c.Size, &c.At, &c.Note)
		all = append(all, c)
		return err
	}, "SELECT size, at, note FROM audit_checkpoint WHERE tenant = $1 ORDER BY size", rx.Tenant)
	return all, err
}

// What a verification reads: every leaf with its body, if it still has one, and
// every stored hash of the tree.
const (
	everyLeaf = `
SELECT a.seq, COALESCE(b.at, ''), COALESCE(b.actor, ''), COALESCE(b.name, ''), COALESCE(b.role, ''), COALESCE(b.terminal, ''),
       COALESCE(b.action, ''), COALESCE(b.object, ''), COALESCE(b.result, ''), COALESCE(b.detail, 'null'), COALESCE(b.state, ''), COALESCE(b.salt, ''), a.leaf, a.at
FROM audit a LEFT JOIN audit_body b ON b.tenant = a.tenant AND b.seq = a.seq
WHERE a.tenant = $1
ORDER BY a.seq`
	everyHash = `SELECT idx, hash FROM audit_hash WHERE tenant = $1 ORDER BY idx`
)

// Size is the number of records.
func Size(rx *store.Rx) (int64, error) { return size(rx) }
