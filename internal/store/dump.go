package store

import (
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

// DumpTable writes the rows of a table in the order of their keys, one line a
// row. Two databases with the same content give the same text.
func DumpTable(rx *Rx, table string, w io.Writer) error {
	rows, err := rx.tx.QueryContext(rx.ctx, fmt.Sprintf("SELECT * FROM %q ORDER BY 1, 2", table))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err below reports what went wrong
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
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
