package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"
	"sync"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Every table has a keyed digest of its content that moves with each commit:
// the sum, modulo 2^256, of a keyed hash of every row. Whoever changes a row
// with another tool changes the sum of the rows but cannot make the stored sum
// follow, because the key lies outside the database. Tables that package audit
// proves by its tree, and the digests themselves, are left out. SQLite only,
// where one process writes: on PostgreSQL the commits of a city would queue for
// one row.
const createDigests = `
CREATE TABLE IF NOT EXISTS table_digest (
    name TEXT PRIMARY KEY, -- of the table; '' for all tables together
    sum  TEXT NOT NULL     -- base64url, 32 bytes
);`

var undigested = map[string]bool{"table_digest": true, "schema_migration": true, "audit": true, "audit_body": true, "audit_hash": true, "audit_pending": true}

// schemaTable holds the definitions of tables, indexes and triggers, which
// only migrations change.
const schemaTable = "sqlite_schema"

// sum is a number modulo 2^256, lowest word first.
type sum [4]uint64

func (s *sum) add(o sum) {
	var carry uint64
	for i := range s {
		s[i], carry = bits.Add64(s[i], o[i], carry)
	}
}

func (s *sum) subtract(o sum) {
	var borrow uint64
	for i := range s {
		s[i], borrow = bits.Sub64(s[i], o[i], borrow)
	}
}

func (s sum) text() string {
	b := make([]byte, 0, 32)
	for _, word := range s {
		b = binary.BigEndian.AppendUint64(b, word)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseSum(text string) (s sum, err error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != 32 {
		return s, fmt.Errorf("%q is no digest", text)
	}
	return sumOfBytes(b), nil
}

func sumOfBytes(b []byte) (s sum) {
	for i := range s {
		s[i] = binary.BigEndian.Uint64(b[8*i:])
	}
	return s
}

// rowSum is the keyed hash of one row of a table. Every cell is written with
// its type and length, so that no two rows look alike.
func rowSum(key []byte, table string, cells []any) sum {
	h := hmac.New(sha256.New, key)
	put := func(kind byte, b []byte) {
		var head [9]byte
		head[0] = kind
		binary.BigEndian.PutUint64(head[1:], uint64(len(b)))
		h.Write(head[:])
		h.Write(b)
	}
	put('t', []byte(table))
	for _, cell := range cells {
		switch v := cell.(type) {
		case nil:
			put('n', nil)
		case int64:
			put('i', binary.BigEndian.AppendUint64(nil, uint64(v))) //nolint:gosec // the bits, whatever their sign
		case float64:
			put('f', binary.BigEndian.AppendUint64(nil, math.Float64bits(v)))
		case string:
			before, _, _ := strings.Cut(v, "\x00") // the hook below hands texts on as C does
			put('s', []byte(before))
		case []byte:
			put('b', v)
		}
	}
	return sumOfBytes(h.Sum(nil))
}

// digester follows the changes of one transaction of the writing connection.
type digester struct {
	key []byte

	mu     sync.Mutex // the hook runs on the connection's goroutine, the rest on the caller's
	change map[string]*sum
	err    error
}

// openDigested opens a pool whose connections report every changed row.
func openDigested(name string, d *digester) *sql.DB {
	own := &sqlite.Driver{}
	own.RegisterConnectionHook(func(conn sqlite.ExecQuerierContext, _ string) error {
		hooks, ok := conn.(sqlite.HookRegisterer)
		if !ok {
			return errors.New("the driver reports no changed rows")
		}
		hooks.RegisterPreUpdateHook(d.changed)
		return nil
	})
	return openLite(own, name)
}

func (d *digester) begin() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.change, d.err = map[string]*sum{}, nil
}

// changed is called by SQLite before each row changes.
func (d *digester) changed(data sqlite.SQLitePreUpdateData) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.change == nil || undigested[data.TableName] || strings.HasPrefix(data.TableName, "sqlite_") {
		return
	}
	s := d.change[data.TableName]
	if s == nil {
		s = &sum{}
		d.change[data.TableName] = s
	}
	cells := make([]any, data.Count())
	places := make([]any, len(cells))
	for i := range cells {
		places[i] = &cells[i]
	}
	if data.Op != sqlite3.SQLITE_INSERT {
		d.err = errors.Join(d.err, data.Old(places...))
		s.subtract(rowSum(d.key, data.TableName, values(places)))
	}
	if data.Op != sqlite3.SQLITE_DELETE {
		d.err = errors.Join(d.err, data.New(places...))
		s.add(rowSum(d.key, data.TableName, values(places)))
	}
}

// values takes the cells out of their places; the driver puts each into the
// place itself.
func values(places []any) []any {
	out := make([]any, len(places))
	for i, p := range places {
		out[i] = p
		if inner, ok := p.(*any); ok {
			out[i] = *inner
		}
	}
	return out
}

// settle adds the changes of the transaction to the stored digests.
func (d *digester) settle(rx *Rx) error {
	d.mu.Lock()
	change, err := d.change, d.err
	d.change = nil
	d.mu.Unlock()
	if err != nil {
		return fmt.Errorf("digest: %w", err)
	}
	var all sum
	for table, by := range change {
		if *by == (sum{}) {
			continue
		}
		all.add(*by)
		if err := addTo(rx, table, *by); err != nil {
			return err
		}
	}
	if all == (sum{}) {
		return nil
	}
	return addTo(rx, "", all)
}

func addTo(rx *Rx, table string, by sum) error {
	var text string
	err := rx.Row("SELECT sum FROM table_digest WHERE name = $1", table).Scan(&text)
	now := by
	if err == nil {
		before, err := parseSum(text)
		if err != nil {
			return err
		}
		now.add(before)
	} else if !errors.Is(err, ErrNoRows) {
		return err
	}
	_, err = (&Tx{Rx: rx}).Exec("INSERT INTO table_digest (name, sum) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET sum = excluded.sum",
		table, now.text())
	return err
}

// StateDigest is the digest of all tables as the last commit left it, empty
// for a database that keeps none. The audit log writes it into its records.
func StateDigest(rx *Rx) (text string, err error) {
	if rx.engine.digest == "" {
		return "", nil
	}
	err = rx.Row(rx.engine.digest).Scan(&text)
	return text, err
}

// ChangedTable recomputes the digest of every table and returns the first one
// that is not as the program left it, or "". It returns an error without a key.
func (db *DB) ChangedTable(rx *Rx) (string, error) {
	if len(db.opts.DigestKey) == 0 {
		return "", errors.New("no key to check the tables with")
	}
	tables, err := Tables(rx)
	if err != nil {
		return "", err
	}
	var all sum
	for _, table := range append(tables, schemaTable) {
		if undigested[table] {
			continue
		}
		now, err := tableSum(rx.ctx, rx.tx, db.opts.DigestKey, table)
		if err != nil {
			return "", err
		}
		all.add(now)
		if same, err := storedEquals(rx, table, now); err != nil || !same {
			return table, err
		}
	}
	if same, err := storedEquals(rx, "", all); err != nil || !same {
		return "table_digest", err
	}
	return "", nil
}

func storedEquals(rx *Rx, table string, now sum) (bool, error) {
	var text string
	err := rx.Row("SELECT sum FROM table_digest WHERE name = $1", table).Scan(&text)
	if errors.Is(err, ErrNoRows) {
		return now == (sum{}), nil
	}
	return text == now.text(), err
}

// tableSum computes the digest of a table from its rows.
func tableSum(ctx context.Context, tx *sql.Tx, key []byte, table string) (total sum, err error) {
	query := fmt.Sprintf("SELECT * FROM %q", table)
	if table == schemaTable { // without page numbers, and without what ANALYZE adds
		query = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'"
	}
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return total, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return total, err
	}
	cells, places := make([]any, len(columns)), make([]any, len(columns))
	for i := range cells {
		places[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return total, err
		}
		total.add(rowSum(key, table, cells))
	}
	return total, rows.Err()
}

// digestAll writes the digests of all tables anew, after a migration has
// changed them outside the hook.
func (db *DB) digestAll(ctx context.Context) (err error) {
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	rx := db.rx(ctx, tx, map[string]*sql.Stmt{})
	tables, err := Tables(rx)
	if err == nil {
		_, err = tx.ExecContext(ctx, "DELETE FROM table_digest")
	}
	var all sum
	for _, table := range append(tables, schemaTable) {
		if err != nil || undigested[table] {
			continue
		}
		var now sum
		if now, err = tableSum(ctx, tx, db.opts.DigestKey, table); err == nil {
			all.add(now)
			err = addTo(rx, table, now)
		}
	}
	if err == nil {
		err = addTo(rx, "", all)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
