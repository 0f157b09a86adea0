package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"kofu/internal/fault"
)

// A dump holds everything of one tenant, the same bytes from either engine: a
// line that says what it is, and for every table a line with its columns and a
// line for each row, as JSON. Tables stand in the order in which the migrations
// make them, rows in the order of their columns.

// dumpHead is the first line of a dump.
type dumpHead struct {
	Format     string   `json:"kofu"`
	Tenant     int      `json:"tenant"`
	Migrations []string `json:"migrations"` // of the schema it fits
}

// dumpTable is the line in front of the rows of a table.
type dumpTable struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

// dumpEnd is the last line; without it a dump is not whole.
type dumpEnd struct {
	Rows int `json:"rows"`
}

const dumpFormat = "tenant dump 1"

// tenantTables names the tables with a column tenant, in the order in which the
// migrations make them, so that a row follows those it refers to.
func (db *DB) tenantTables() (names []string) {
	for _, file := range db.opts.Migrations {
		names = append(names, fenced(file.SQL)...)
	}
	return names
}

func (db *DB) dumpHead() dumpHead {
	head := dumpHead{Format: dumpFormat, Tenant: db.tenant}
	for _, file := range db.opts.Migrations {
		head.Migrations = append(head.Migrations, file.Name)
	}
	return head
}

// DumpTenant writes everything of this view's tenant as it is at one moment. It
// can be loaded alone, into a database of either engine.
func (db *DB) DumpTenant(ctx context.Context, w io.Writer) (err error) {
	defer fault.Add(&err, "store.DumpTenant(%d)", db.tenant)
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	return db.Read(ctx, func(rx *Rx) error {
		if err := out.Encode(db.dumpHead()); err != nil {
			return err
		}
		end := dumpEnd{}
		for _, table := range db.tenantTables() {
			n, err := dumpRows(rx, table, out)
			if err != nil {
				return fmt.Errorf("table %s: %w", table, err)
			}
			end.Rows += n
		}
		return out.Encode(end)
	})
}

func dumpRows(rx *Rx, table string, out *json.Encoder) (n int, err error) {
	columns, err := columnsOf(rx, table)
	if err != nil {
		return 0, err
	}
	if err := out.Encode(dumpTable{table, columns}); err != nil {
		return 0, err
	}
	order := make([]string, len(columns))
	for i := range columns {
		order[i] = fmt.Sprintf("%d NULLS FIRST", i+1)
	}
	rows, err := rx.tx.QueryContext(rx.ctx, fmt.Sprintf("SELECT * FROM %q WHERE tenant = $1 ORDER BY %s", table, strings.Join(order, ", ")), rx.Tenant)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	cells, places := make([]any, len(columns)), make([]any, len(columns))
	for i := range cells {
		places[i] = &cells[i]
	}
	for ; rows.Next(); n++ {
		if err := rows.Scan(places...); err != nil {
			return n, err
		}
		if err := out.Encode(cells); err != nil {
			return n, err
		}
	}
	return n, rows.Err()
}

// LoadTenant puts a dump into a database that has nothing of its tenant, all of
// it or nothing. The tenant is that of this view. Errors: fault.Invalid
// "store.dump_broken"; fault.Conflict "store.dump_other" for a dump of another
// tenant or another schema, "store.tenant_present".
func (db *DB) LoadTenant(ctx context.Context, actor Actor, dump io.ReadSeeker) (rows int, err error) {
	defer fault.Add(&err, "store.LoadTenant(%d)", db.tenant)
	err = db.Write(ctx, actor, func(tx *Tx) error {
		if _, err := dump.Seek(0, io.SeekStart); err != nil {
			return err
		}
		l := &loader{db: db, tx: tx, in: json.NewDecoder(dump)}
		l.in.UseNumber()
		err := l.load()
		rows = l.rows
		return err
	})
	return rows, err
}

// loader reads a dump.
type loader struct {
	db    *DB
	tx    *Tx
	in    *json.Decoder
	table string
	width int
	query string
	rows  int
}

func (l *loader) load() error {
	var head dumpHead
	if err := l.in.Decode(&head); err != nil || head.Format != dumpFormat {
		return broken(err)
	}
	if want := l.db.dumpHead(); head.Tenant != want.Tenant || !slices.Equal(head.Migrations, want.Migrations) {
		return fault.New(fault.Conflict, "store.dump_other", "tenant", fmt.Sprint(head.Tenant))
	}
	for {
		var raw json.RawMessage
		if err := l.in.Decode(&raw); err != nil {
			return broken(err)
		}
		if raw[0] == '[' {
			if err := l.row(raw); err != nil {
				return err
			}
			continue
		}
		var line struct {
			dumpTable
			Rows *int `json:"rows"`
		}
		if err := json.Unmarshal(raw, &line); err != nil {
			return broken(err)
		}
		if line.Rows != nil {
			if *line.Rows != l.rows {
				return broken(nil)
			}
			return nil
		}
		if err := l.begin(line.dumpTable); err != nil {
			return err
		}
	}
}

func broken(cause error) error {
	if cause != nil { // an end of file of the dump is none of the database
		cause = errors.New(cause.Error())
	}
	return fault.New(fault.Invalid, "store.dump_broken").Because(cause)
}

// begin begins a table, which must be one of ours, have these columns and be
// empty of the tenant.
func (l *loader) begin(t dumpTable) error {
	if !slices.Contains(l.db.tenantTables(), t.Table) {
		return broken(nil)
	}
	columns, err := columnsOf(l.tx.Rx, t.Table)
	if err != nil {
		return err
	}
	if !slices.Equal(columns, t.Columns) {
		return broken(nil)
	}
	var n int
	if err := l.tx.Row(fmt.Sprintf("SELECT COUNT(*) FROM %q WHERE tenant = $1", t.Table), l.db.tenant).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return fault.New(fault.Conflict, "store.tenant_present", "tenant", fmt.Sprint(l.db.tenant))
	}
	names, places := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		names[i], places[i] = fmt.Sprintf("%q", c), fmt.Sprintf("$%d", i+1)
	}
	l.table, l.width = t.Table, len(columns)
	l.query = fmt.Sprintf("INSERT INTO %q (%s) VALUES (%s)", t.Table, strings.Join(names, ", "), strings.Join(places, ", "))
	return nil
}

func (l *loader) row(raw json.RawMessage) error {
	var cells []any
	in := json.NewDecoder(strings.NewReader(string(raw)))
	in.UseNumber()
	if err := in.Decode(&cells); err != nil || len(cells) != l.width || l.table == "" {
		return broken(err)
	}
	for i, cell := range cells {
		if n, ok := cell.(json.Number); ok {
			whole, err := n.Int64()
			if err != nil {
				return broken(err)
			}
			cells[i] = whole
		}
	}
	l.rows++
	_, err := l.tx.Exec(l.query, cells...)
	return err
}

// DeleteTenant removes everything of this view's tenant, its log too, and returns
// how many rows there were. On PostgreSQL only the owner of the tables may.
func (db *DB) DeleteTenant(ctx context.Context, actor Actor) (rows int, err error) {
	defer fault.Add(&err, "store.DeleteTenant(%d)", db.tenant)
	var guarded []string
	for _, file := range db.opts.Migrations {
		guarded = append(guarded, marked(appendOnlyNotes, file.SQL)...)
	}
	err = db.Write(ctx, actor, func(tx *Tx) error {
		rows = 0
		for _, table := range slices.Backward(db.tenantTables()) {
			n, err := tx.deleteOf(table, slices.Contains(guarded, table))
			if err != nil {
				return fmt.Errorf("table %s: %w", table, err)
			}
			rows += int(n)
		}
		return nil
	})
	return rows, err
}

// deleteOf empties a table of the tenant; the guard of an append-only table is
// away meanwhile.
func (tx *Tx) deleteOf(table string, guarded bool) (n int64, err error) {
	if guarded {
		if _, err := tx.tx.ExecContext(tx.ctx, fmt.Sprintf(tx.engine.unguard, table)); err != nil {
			return 0, err
		}
	}
	n, err = tx.Exec(fmt.Sprintf("DELETE FROM %q WHERE tenant = $1", table), tx.Tenant)
	if err != nil || !guarded {
		return n, err
	}
	_, err = tx.tx.ExecContext(tx.ctx, fmt.Sprintf(tx.engine.reguard, table))
	return n, err
}

// DumpedTenant reads from the beginning of a dump whose it is. Errors:
// fault.Invalid "store.dump_broken".
func DumpedTenant(dump io.Reader) (tenant int, err error) {
	var head dumpHead
	if err := json.NewDecoder(dump).Decode(&head); err != nil || head.Format != dumpFormat {
		return 0, broken(err)
	}
	return head.Tenant, nil
}

// CheckDump reads a dump to its end and returns how many rows it has. Errors:
// fault.Invalid "store.dump_broken" when it is not whole.
func CheckDump(dump io.Reader) (rows int, err error) {
	in := json.NewDecoder(dump)
	var head dumpHead
	if err := in.Decode(&head); err != nil || head.Format != dumpFormat {
		return 0, broken(err)
	}
	for {
		var line json.RawMessage
		if err := in.Decode(&line); err != nil {
			return rows, broken(err)
		}
		if line[0] == '[' {
			rows++
			continue
		}
		var end struct {
			Rows  *int   `json:"rows"`
			Table string `json:"table"`
		}
		switch err := json.Unmarshal(line, &end); {
		case err != nil || end.Rows == nil && end.Table == "":
			return rows, broken(err)
		case end.Rows == nil:
		case *end.Rows != rows || !errors.Is(in.Decode(&line), io.EOF):
			return rows, broken(nil)
		default:
			return rows, nil
		}
	}
}
