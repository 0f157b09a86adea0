package staffweb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kofu/internal/accesslog"
	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/sheet"
	"kofu/internal/store"
)

// mostInFile is how many records of the log go into one file.
const mostInFile = 100_000

// getAuditFile writes the log as CSV, with the filter of the list, and notes
// who took how many records. Errors: fault.Invalid "staffweb.log_too_long".
func (s *Staff) getAuditFile(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	filter, err := auditFilter(r)
	if err != nil {
		return err
	}
	filter.Offset, filter.Limit = 0, mostInFile
	var file bytes.Buffer
	table := sheet.Table{Title: message.Text("staffweb.log", nil), By: actor.Name, Columns: logColumns()}
	var total int
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		var records []audit.Record
		if records, total, err = audit.List(rx, filter); err != nil {
			return err
		}
		if total > mostInFile {
			return fault.New(fault.Invalid, "staffweb.log_too_long", "total", strconv.Itoa(total), "max", strconv.Itoa(mostInFile))
		}
		table.Made, table.Rows = rx.Now, logRows(records)
		_, err = sheet.WriteCSV(&file, table, sheet.CSVOptions{})
		return err
	})
	if err != nil {
		return err
	}
	err = s.DB.Write(r.Context(), actor, func(tx *store.Tx) error {
		return accesslog.Exported(tx, accesslog.Look{Screen: "audit", Rows: total, Condition: map[string]string{
			"from": r.URL.Query().Get("from"), "to": r.URL.Query().Get("to"), "action": filter.Action,
		}})
	})
	if err != nil {
		return err
	}
	return Attach(w, "text/csv; charset=utf-8", sheet.FileName(table.Title, table.Made, sheet.CSV), file.Bytes())
}

func logColumns() []sheet.Column {
	kinds := []sheet.Kind{sheet.Int, sheet.DateTime}
	var columns []sheet.Column
	for i, name := range []string{"seq", "at", "who", "name", "role", "terminal", "label", "action", "object", "result", "screen", "condition", "rows", "reason", "detail"} {
		column := sheet.Column{Heading: message.Text("staffweb.log_"+name, nil)}
		if i < len(kinds) {
			column.Kind = kinds[i]
		}
		columns = append(columns, column)
	}
	return columns
}

// logRows are the records, oldest first, with what a look at data says in
// columns of its own.
func logRows(records []audit.Record) iter.Seq2[[]string, error] {
	rows := make([][]string, 0, len(records))
	for _, r := range slices.Backward(records) {
		var look struct {
			Screen    string            `json:"screen"`
			Condition map[string]string `json:"condition"`
			By        []string          `json:"by"`
			Rows      *int              `json:"rows"`
			Reason    string            `json:"reason"`
		}
		count, detail := "", string(r.Detail)
		if strings.HasPrefix(r.Action, "access.") && json.Unmarshal(r.Detail, &look) == nil {
			detail = ""
			if look.Rows != nil {
				count = strconv.Itoa(*look.Rows)
			}
		}
		rows = append(rows, []string{
			strconv.FormatInt(r.Seq, 10), r.At, r.Actor, r.Name, r.Role, r.Terminal, auditRow(r).Label, r.Action, r.Object, string(r.Result),
			look.Screen, condition(look.Condition, look.By), count, look.Reason, detail,
		})
	}
	return sheet.Rows(rows)
}

// condition is a search in one cell: «day=2026-11-24 name=*».
func condition(fields map[string]string, personal []string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		parts = append(parts, fmt.Sprintf("%s=%s", name, fields[name]))
	}
	for _, name := range personal {
		parts = append(parts, name+"=*")
	}
	return strings.Join(parts, " ")
}
