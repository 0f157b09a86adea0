package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"kofu/internal/fault"
)

// Several municipalities share the tables of a PostgreSQL server. The first
// fence between them is that every statement names its tenant. The second is
// here: each transaction tells the server its tenant, and policies, which the
// migrations get for every table with a column tenant, show and accept only
// that tenant's rows, to the owner of the tables as well. Without the setting a
// statement fails.
const (
	fence = `
ALTER TABLE %[1]s ENABLE ROW LEVEL SECURITY;
ALTER TABLE %[1]s FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON %[1]s USING (tenant = current_setting('app.tenant')::int);`
	gate = `
CREATE POLICY tenant_seen ON %[1]s FOR SELECT USING (true);`
)

var (
	tables      = regexp.MustCompile(`(?ms)^CREATE TABLE (\w+) \(\n(.*?)^\);`)
	ofTenants   = regexp.MustCompile(`(?m)^ +tenant +INTEGER\b`)
	changesRows = regexp.MustCompile(`(?m)^(INSERT|UPDATE|DELETE|WITH)\b`)
)

// fenced returns the tables that a migration makes with a column tenant.
func fenced(text string) (names []string) {
	for _, m := range tables.FindAllStringSubmatch(text, -1) {
		if ofTenants.MatchString(m[2]) {
			names = append(names, m[1])
		}
	}
	return names
}

// tenantKey is the key under which the context of BeginTx holds the tenant.
type tenantKey struct{}

// fencedConnector opens connections whose transactions begin with their tenant.
type fencedConnector struct{ driver.Connector }

func (c fencedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	plain, ok := conn.(*stdlib.Conn)
	if !ok {
		return nil, errors.New("the driver makes connections of another kind")
	}
	return &fencedConn{Conn: plain}, nil
}

type fencedConn struct {
	*stdlib.Conn
	waiting []waiting // see [Tx.Later]
}

// BeginTx begins the transaction and names its tenant in one round trip.
func (c *fencedConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tenant, ok := ctx.Value(tenantKey{}).(int)
	if !ok { // of store itself: migrations and their locks
		return c.Conn.BeginTx(ctx, opts)
	}
	begin := "begin isolation level read committed"
	if opts.ReadOnly {
		begin = "begin isolation level repeatable read read only"
	}
	tx, err := c.Conn.Conn().BeginTx(ctx, pgx.TxOptions{BeginQuery: fmt.Sprintf("%s; set local app.tenant = '%d'", begin, tenant)})
	if err != nil {
		if c.Conn.Conn().IsClosed() && ctx.Err() == nil {
			return nil, driver.ErrBadConn // the server has gone since: the pool tries a new connection
		}
		return nil, err
	}
	c.waiting = nil
	return fencedTx{ctx, c, tx}, nil
}

// fencedTx ends a transaction whatever has become of its context: a commit that
// is under way is waited for, so that its outcome is known.
type fencedTx struct {
	ctx  context.Context // of the call that began it
	conn *fencedConn
	tx   pgx.Tx
}

// endWithin is how long the end of a transaction may take.
const endWithin = 30 * time.Second

func (t fencedTx) end(how func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), endWithin)
	defer cancel()
	return how(ctx)
}

// checkRole refuses a role that row-level security does not bind.
func (db *DB) checkRole(ctx context.Context) error {
	var free bool
	err := db.writer.QueryRowContext(ctx, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").Scan(&free)
	if err == nil && free {
		return fault.New(fault.Conflict, "store.role_unbound")
	}
	return err
}

// grant lets the role use the tables, those that are append-only without
// changing a row.
func (db *DB) grant(ctx context.Context, role string) error {
	to := pgx.Identifier{role}.Sanitize()
	_, err := db.writer.ExecContext(ctx, fmt.Sprintf(`
DO $grant$
DECLARE name text;
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %%I TO %[1]s', current_schema());
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %%I TO %[1]s', current_schema());
  REVOKE INSERT, UPDATE, DELETE ON schema_migration FROM %[1]s;
  FOR name IN SELECT c.relname FROM pg_class c JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgname = c.relname || '_no_change'
              WHERE c.relnamespace = current_schema()::regnamespace LOOP
    EXECUTE format('REVOKE UPDATE, DELETE ON %%I FROM %[1]s', name);
  END LOOP;
END $grant$`, to))
	return err
}

// openFences lets a migration that changes rows see those of every tenant,
// and returns what closes the fences again.
func openFences(ctx context.Context, tx *sql.Tx) (shut func() error, err error) {
	rows, err := tx.QueryContext(ctx, `
SELECT relname FROM pg_class WHERE relforcerowsecurity AND relnamespace = current_schema()::regnamespace ORDER BY relname`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	each := func(do string) error {
		for _, name := range names {
			if _, err := tx.ExecContext(ctx, fmt.Sprintf("ALTER TABLE %s %s ROW LEVEL SECURITY", pgx.Identifier{name}.Sanitize(), do)); err != nil {
				return err
			}
		}
		return nil
	}
	return func() error { return each("FORCE") }, each("NO FORCE")
}
