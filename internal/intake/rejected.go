package intake

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"

	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/store"
	"kofu/internal/tabfile"
)

// WriteRejected writes the rejected rows of an import as CSV for a spreadsheet:
// UTF-8 with a byte order mark, CRLF; row, column, value and reason. A value
// that a spreadsheet would take for a formula gets an apostrophe in front.
func WriteRejected(ctx context.Context, db *store.DB, runID int64, w io.Writer) (err error) {
	defer fault.Add(&err, "intake.WriteRejected(%d)", runID)
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	var titles []string
	for _, code := range []string{"import.csv.row", "import.csv.column", "import.csv.value", "import.csv.reason"} {
		titles = append(titles, message.Text(code, nil))
	}
	err = out.Write(titles)
	err = errors.Join(err, db.Read(ctx, func(rx *store.Rx) error {
		if _, err := runByID(rx, runID); err != nil {
			return err
		}
		return eachFinding(rx, runID, keptFindings, func(f tabfile.Finding) error {
			if f.Severity != tabfile.Reject {
				return nil
			}
			return out.Write([]string{strconv.Itoa(f.Row), safe(f.Column), safe(f.Value), message.OfDetail(f.Detail())})
		})
	}))
	out.Flush()
	return errors.Join(err, out.Error())
}

// safe keeps a cell from being taken for a formula.
func safe(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(cell)[0]) {
		return "'" + cell
	}
	return cell
}
