package store

import (
	"context"
	"database/sql"
)

// engine is what SQLite and PostgreSQL do differently. There are two values,
// sqliteEngine and postgresEngine; everything else in this package serves both
// unless its comment names one.
type engine struct {
	open  func(ctx context.Context, db *DB, dsn string) error // connects, checks the settings, migrates
	close func(db *DB) error

	writing  *sql.TxOptions // of transactions that write; nil takes the engine's own
	reading  *sql.TxOptions
	joins    bool   // whether acts that come at once share a commit
	travels  bool   // whether statements go to a server, so that some may wait for others (later.go)
	prepares bool   // whether we prepare statements or the driver does so by itself
	lock     string // makes transactions that lock the name $1 of tenant $2 wait for one another; "" where they do anyway

	clock    string // reads the clock of the server, seconds since 1970; "" without a server
	tables   string // names the tables in alphabetical order
	digest   string // reads the digest of all tables; "" where none is kept
	endTable string // how the definition of a table ends
	guard    string // makes table %[1]s append-only
	unguard  string // takes the guard of table %[1]s away within a transaction,
	reguard  string // and puts it back
	fence    string // makes table %[1]s show each tenant its own rows only; "" where nothing does
	gate     string // lets every tenant read the fenced table %[1]s
}
