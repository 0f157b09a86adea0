package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"kofu/internal/fault"
)

// postgresEngine: several programs on several machines share the database.
// Writers see what others have committed when each statement begins; readers
// see one state.
var postgresEngine = engine{
	open:     openPostgres,
	close:    closePostgres,
	writing:  &sql.TxOptions{Isolation: sql.LevelReadCommitted},
	reading:  &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
	travels:  true,
	lock:     "SELECT pg_advisory_xact_lock(hashtextextended($1, $2))",
	clock:    "SELECT extract(epoch FROM clock_timestamp())::float8",
	tables:   "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename",
	endTable: ");",
	guard: `
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER %[1]s_no_change BEFORE UPDATE OR DELETE ON %[1]s FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER %[1]s_no_truncate BEFORE TRUNCATE ON %[1]s FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();`,
	unguard: "ALTER TABLE %[1]s DISABLE TRIGGER %[1]s_no_change",
	reguard: "ALTER TABLE %[1]s ENABLE TRIGGER %[1]s_no_change",

	fence: fence,
	gate:  gate,
}

// schemaLock is the advisory lock of the one that checks and migrates.
const schemaLock = 0x4B6F6675

func openPostgres(ctx context.Context, db *DB, dsn string) error {
	if db.opts.Snapshots != "" || db.opts.Reserve != "" || len(db.opts.DigestKey) > 0 {
		return errors.New("snapshots, a reserve file and digests are kept on SQLite only")
	}
	if err := db.migrateAsOwner(ctx, dsn); err != nil {
		return unavailable(err)
	}
	pool, err := connect(dsn)
	if err != nil {
		return err
	}
	if db.opts.Readers == 0 {
		db.opts.Readers = 16
	}
	db.opts.Readers = max(db.opts.Readers, 2) // one holds the lock of the schema while another migrates
	pool.SetMaxOpenConns(db.opts.Readers)
	pool.SetMaxIdleConns(db.opts.Readers)
	db.writer, db.reader = pool, pool
	db.turns = map[*sql.DB]chan struct{}{pool: make(chan struct{}, db.opts.Readers)}
	if db.side, err = connect(dsn); err != nil {
		return errors.Join(err, pool.Close())
	}
	db.side.SetMaxOpenConns(1)
	err = db.preparePostgres(ctx, "")
	if err == nil {
		err = db.checkRole(ctx)
	}
	if err != nil {
		_ = closePostgres(db) // the first error counts
	}
	return unavailable(err)
}

func closePostgres(db *DB) error { return errors.Join(db.writer.Close(), db.side.Close()) }

// migrateAsOwner brings the schema up to date as the role of MigrateDSN and lets
// the role of dsn use the tables.
func (db *DB) migrateAsOwner(ctx context.Context, dsn string) (err error) {
	if db.opts.MigrateDSN == "" || db.opts.KeepSchema {
		return nil
	}
	user, err := pgx.ParseConfig(dsn)
	if err != nil {
		return err
	}
	db.writer, err = connect(db.opts.MigrateDSN)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.writer.Close()) }()
	return db.preparePostgres(ctx, user.User)
}

// connect makes a pool whose sessions wait for the disk at every commit,
// whatever the DSN and the server's configuration say.
func connect(dsn string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["synchronous_commit"] = "on"
	config.RuntimeParams["timezone"] = "UTC"
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "kofu"
	}
	return sql.OpenDB(fencedConnector{stdlib.GetConnector(*config)}), nil
}

// preparePostgres checks the database, migrates it and lets the role user, if
// one is named, use the tables. Of several programs that
// start at once the first does it and the others wait for its end.
func (db *DB) preparePostgres(ctx context.Context, user string) (err error) {
	lock, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Rollback()) }()
	if _, err := lock.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", schemaLock); err != nil {
		return err
	}
	if err := db.checkPostgres(ctx); err != nil {
		return err
	}
	if err := db.claimPostgres(ctx); err != nil {
		return err
	}
	files, _, err := db.pending(ctx)
	if err != nil {
		return err
	}
	if err := db.applyAll(ctx, files); err != nil || user == "" {
		return err
	}
	return db.grant(ctx, user)
}

// checkPostgres refuses a database whose texts have another form or order than
// SQLite gives them.
func (db *DB) checkPostgres(ctx context.Context) error {
	var encoding, collation string
	err := db.writer.QueryRowContext(ctx,
		"SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = current_database()").Scan(&encoding, &collation)
	if err != nil {
		return err
	}
	if encoding != "UTF8" || collation != "C" && collation != "POSIX" {
		return fmt.Errorf("the database has the encoding %s and the collation %s, want UTF8 and C", encoding, collation)
	}
	return nil
}

// claimPostgres marks a new database with the application id, as a comment of
// our first table, and refuses a foreign one.
func (db *DB) claimPostgres(ctx context.Context) error {
	var mark string
	var tables int
	err := db.writer.QueryRowContext(ctx, `
SELECT COALESCE(obj_description(to_regclass('schema_migration'), 'pg_class'), ''),
       (SELECT count(*) FROM pg_tables WHERE schemaname = current_schema())`).Scan(&mark, &tables)
	if err != nil {
		return err
	}
	own := fmt.Sprintf("kofu %d", db.opts.ApplicationID)
	switch {
	case mark == own:
		return nil
	case tables > 0:
		return fault.New(fault.Conflict, "store.other_kind")
	}
	_, err = db.writer.ExecContext(ctx, createMigrations+" COMMENT ON TABLE schema_migration IS '"+own+"'")
	return err
}

// CreateDatabase makes a database on the PostgreSQL server of the DSN server,
// with the encoding and the collation that Open asks for, and returns its DSN.
// It belongs to the role owner and is empty, or a copy of the database template
// if that is named. The account of the DSN must be allowed to make databases.
func CreateDatabase(ctx context.Context, server, name, owner, template string) (dsn string, err error) {
	defer fault.Add(&err, "store.CreateDatabase(%q)", name)
	how := " TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"
	if template != "" {
		how = " TEMPLATE " + pgx.Identifier{template}.Sanitize()
	}
	how += " OWNER " + pgx.Identifier{owner}.Sanitize()
	if err := administer(ctx, server, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+how); err != nil {
		return "", err
	}
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	u.Path, u.User = "/"+name, url.User(owner)
	return u.String(), nil
}

// DropDatabase removes a database and everything in it, for good, and ends
// the connections to it.
func DropDatabase(ctx context.Context, server, name string) (err error) {
	defer fault.Add(&err, "store.DropDatabase(%q)", name)
	return administer(ctx, server, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
}

func administer(ctx context.Context, server, statement string) (err error) {
	pool, err := connect(server)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	_, err = pool.ExecContext(ctx, statement)
	return err
}
