package audit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"kofu/internal/booking/ulid"
	"kofu/internal/store"
)

// size is the number of numbered records, which is also the number of the next one.
func size(rx *store.Rx) (n int64, err error) {
	err = rx.Row("SELECT COALESCE(MAX(seq), -1) + 1 FROM audit WHERE tenant = $1", rx.Tenant).Scan(&n)
	return n, err
}

// insertion is a statement that adds rows of the tenant, one or many: two
// texts, which the engine keeps prepared.
type insertion struct{ one, some string }

const some = 50

var (
	intoAudit = newInsertion("INSERT INTO audit (tenant, seq, at, leaf) VALUES ")
	intoBody  = newInsertion("INSERT INTO audit_body (tenant, seq, salt, at, actor, name, role, terminal, action, object, result, detail, state) VALUES ")
	intoHash  = newInsertion("INSERT INTO audit_hash (tenant, idx, hash) VALUES ")
)

func newInsertion(into string) insertion {
	width := strings.Count(into, ",")
	row := func(at int) string { return "($1" + places(at, width) + ")" }
	rows := make([]string, some)
	for i := range rows {
		rows[i] = row(2 + i*width)
	}
	return insertion{one: into + row(2), some: into + strings.Join(rows, ", ")}
}

// places writes ", $7, $8, $9": n of them.
func places(from, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(", $" + strconv.Itoa(from+i))
	}
	return b.String()
}

func (into insertion) exec(tx *store.Tx, rows [][]any) error {
	for len(rows) > 0 {
		text, n := into.one, 1
		if len(rows) >= some {
			text, n = into.some, some
		}
		args := []any{tx.Tenant}
		for _, row := range rows[:n] {
			args = append(args, row...)
		}
		if _, err := tx.Exec(text, args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// insertPending adds a record that waits for its number.
func insertPending(tx *store.Tx, r Record) error {
	return tx.Later(nil, `
INSERT INTO audit_pending (tenant, id, at, actor, name, role, terminal, action, object, result, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		tx.Tenant, ulid.New(tx.Now), r.At, r.Actor, r.Name, r.Role, r.Terminal, r.Action, r.Object, string(r.Result), string(r.Detail))
}

// pending returns the records that wait, at most so many, in the order in which
// they are to be numbered.
func pending(rx *store.Rx, most int) (ids []string, records []Record, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var id string
		r, err := scanRecord(scan, &id)
		ids, records = append(ids, id), append(records, r)
		return err
	}, "SELECT "+pendingColumns+", id FROM audit_pending WHERE tenant = $1 ORDER BY id LIMIT $2", rx.Tenant, most)
	return ids, records, err
}

// deletePending takes away the records that have their number now.
func deletePending(tx *store.Tx, ids []string) error {
	for chunk := range slices.Chunk(ids, some) {
		args := []any{tx.Tenant}
		for _, id := range chunk {
			args = append(args, id)
		}
		n, err := tx.Exec("DELETE FROM audit_pending WHERE tenant = $1 AND id IN ("+places(2, len(chunk))[2:]+")", args...)
		if err != nil {
			return err
		}
		if int(n) != len(chunk) {
			return fmt.Errorf("%d of %d numbered records waited", n, len(chunk))
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

const (
	columns        = "seq, at, actor, name, role, terminal, action, object, result, detail, state"
	pendingColumns = "-1, at, actor, name, role, terminal, action, object, result, detail, ''"
	matching       = `
WHERE tenant = $1 AND ($2 = '' OR at >= $2) AND ($3 = '' OR at < $3)
  AND ($4 = '' OR actor = $4 OR name = $4) AND ($5 = '' OR action = $5 OR (action > $5 AND action < $6))
  AND ($7 = '' OR object = $7)`
)

func (f Filter) args(rx *store.Rx) []any {
	return []any{rx.Tenant, f.From, f.To, f.Actor, f.Action, below(f.Action), f.Object}
}

// List returns the records that match, newest first, and how many there are.
// Those that wait for their number come first.
func List(rx *store.Rx, f Filter) (records []Record, total int, err error) {
	waiting, err := countPending(rx, f)
	if err != nil {
		return nil, 0, err
	}
	if err := rx.Row("SELECT count(*) FROM audit_body"+matching, f.args(rx)...).Scan(&total); err != nil {
		return nil, 0, err
	}
	add := func(scan func(...any) error) error {
		r, err := scanRecord(scan)
		records = append(records, r)
		return err
	}
	if f.Offset < waiting {
		err = rx.Query(add, "SELECT "+pendingColumns+" FROM audit_pending"+matching+" ORDER BY id DESC LIMIT $8 OFFSET $9",
			append(f.args(rx), f.Limit, f.Offset)...)
		if err != nil {
			return nil, 0, err
		}
	}
	err = rx.Query(add, "SELECT "+columns+" FROM audit_body"+matching+" ORDER BY seq DESC LIMIT $8 OFFSET $9",
		append(f.args(rx), f.Limit-len(records), max(f.Offset-waiting, 0))...)
	return records, total + waiting, err
}

// countPending is the number of records that match and wait for their number.
func countPending(rx *store.Rx, f Filter) (n int, err error) {
	if !rx.Concurrent() {
		return 0, nil
	}
	err = rx.Row("SELECT count(*) FROM audit_pending"+matching, f.args(rx)...).Scan(&n)
	return n, err
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

// Size is the number of records, those that wait for their number among them.
func Size(rx *store.Rx) (int64, error) {
	numbered, err := size(rx)
	if err != nil {
		return 0, err
	}
	waiting, err := countPending(rx, Filter{})
	return numbered + int64(waiting), err
}
