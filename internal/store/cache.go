package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"modernc.org/sqlite"
)

// keptStatements is how many prepared statements a connection to SQLite keeps.
// Preparing is a third of the work of a short transaction; screens with filters
// put their texts together, so that there is no end of different ones.
const keptStatements = 300

// liteConnector opens connections that keep their prepared statements.
type liteConnector struct {
	driver *sqlite.Driver
	dsn    string
}

func (c liteConnector) Driver() driver.Driver { return c.driver }

func (c liteConnector) Connect(context.Context) (driver.Conn, error) {
	opened, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	conn, ok := opened.(liteConn)
	if !ok {
		return nil, errors.Join(errors.New("the driver makes connections of another kind"), opened.Close())
	}
	return &keepingConn{liteConn: conn, kept: map[string]*keptStatement{}}, nil
}

func openLite(driver *sqlite.Driver, dsn string) *sql.DB {
	return sql.OpenDB(liteConnector{driver, dsn})
}

// liteConn is what a connection of the driver does.
type liteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type liteStatement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// keepingConn is a connection that keeps prepared statements, those used last.
// database/sql uses a connection from one goroutine at a time.
type keepingConn struct {
	liteConn
	kept map[string]*keptStatement
	uses int64
}

// keptStatement is prepared for good; Close only gives it back.
type keptStatement struct {
	liteStatement
	lent bool
	used int64
}

// Close gives the statement back to its connection.
func (s *keptStatement) Close() error {
	s.lent = false
	return nil
}

// PrepareContext prepares a statement or lends one that is kept.
func (c *keepingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	c.uses++
	s, ok := c.kept[query]
	if ok && s.lent { // running already, in a loop over its own rows
		return c.liteConn.PrepareContext(ctx, query)
	}
	if !ok {
		prepared, err := c.liteConn.PrepareContext(ctx, query)
		if err != nil {
			return nil, err
		}
		plain, ok := prepared.(liteStatement)
		if !ok {
			return prepared, nil
		}
		s = &keptStatement{liteStatement: plain}
		if err := c.makeRoom(); err != nil {
			return nil, errors.Join(err, plain.Close())
		}
		c.kept[query] = s
	}
	s.lent, s.used = true, c.uses
	return s, nil
}

// makeRoom ends the statement that nobody has used for the longest time.
func (c *keepingConn) makeRoom() error {
	if len(c.kept) < keptStatements {
		return nil
	}
	oldest := ""
	for query, s := range c.kept {
		if !s.lent && (oldest == "" || s.used < c.kept[oldest].used) {
			oldest = query
		}
	}
	s, ok := c.kept[oldest]
	if !ok {
		return nil // all are running
	}
	delete(c.kept, oldest)
	return s.liteStatement.Close()
}

// Close ends the statements and the connection.
func (c *keepingConn) Close() (err error) {
	for _, s := range c.kept {
		err = errors.Join(err, s.liteStatement.Close())
	}
	return errors.Join(err, c.liteConn.Close())
}
