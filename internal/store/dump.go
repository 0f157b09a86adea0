package store

import (
	"errors"
	"fmt"
	"io"
)

// Tables names the tables of the database in alphabetical order.
func Tables(rx *Rx) ([]string, error) {
	var names []string
	err := rx.Query(func(scan func(...any) error) error {
		var name string
		if err := scan(&name); err != nil {
			return err
		}
		names = append(names, name)
		return nil
	}, rx.engine.tables)
	return names, err
}

// longestKey is the number of columns of the longest key of a table.
const longestKey = 5

func columnsOf(rx *Rx, table string) (_ []string, err error) {
	rows, err := rx.tx.QueryContext(rx.ctx, fmt.Sprintf("SELECT * FROM %q LIMIT 0", table))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	names, err := rows.Columns()
	return names, errors.Join(err, rows.Err())
}

// DumpTable writes the rows of a table in the order of their keys, one line a
// row. Two databases with the same content give the same text.
func DumpTable(rx *Rx, table string, w io.Writer) error {
	columns, err := columnsOf(rx, table)
	if err != nil {
		return err
	}
	order := "1"
	for i := 2; i <= min(len(columns), longestKey); i++ {
		order += fmt.Sprint(", ", i)
	}
	rows, err := rx.tx.QueryContext(rx.ctx, fmt.Sprintf("SELECT * FROM %q ORDER BY %s", table, order))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err below reports what went wrong
	cells := make([]any, len(columns))
	places := make([]any, len(columns))
	for i := range cells {
		places[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		for i, cell := range cells {
			if i > 0 {
				_, _ = io.WriteString(w, " | ") // the last write below reports an error
			}
			_, _ = fmt.Fprintf(w, "%v", cell)
		}
		if _, err := io.WriteString(w, "\n"); err != nil {
			return err
		}
	}
	return rows.Err()
}
