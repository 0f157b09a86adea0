// Package listingtest checks that the outputs of a list agree.
package listingtest

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"kofu/internal/jptext"
	"kofu/internal/listing"
	"kofu/internal/message"
	"kofu/internal/paper"
)

// File writes a document as a file.
func File(t *testing.T, d listing.Document, f listing.Format) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := d.Write(t.Context(), &b, f, (&paper.Shelf{}).Press); err != nil {
		t.Fatalf("%s as %s: %v", d.Title, f, err)
	}
	return b.Bytes()
}

// rowsOf are the rows of a document with its totals, as files have them.
func rowsOf(d listing.Document) (list [][]string) {
	for _, s := range d.Sections {
		for _, row := range append(slices.Clone(s.Rows), s.Total) {
			if len(d.Sections) > 1 {
				row = append([]string{s.Title}, row...)
			}
			list = append(list, row)
		}
	}
	return list
}

func squeezed(text string) string { return strings.Join(strings.Fields(text), "") }

// FourOutputs checks that document, CSV, workbook and print have the same rows
// and totals.
func FourOutputs(t *testing.T, d listing.Document) {
	t.Helper()
	for _, f := range []listing.Format{listing.CSV, listing.CSVCP932} {
		body := File(t, d, f)
		text := strings.TrimPrefix(string(body), "\ufeff")
		if f == listing.CSVCP932 {
			decoded, bad := jptext.Decode(jptext.CP932, body)
			if len(bad) > 0 {
				t.Fatal(bad)
			}
			text = decoded
		}
		r := csv.NewReader(strings.NewReader(text))
		r.FieldsPerRecord = -1
		rows, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		compare(t, d.Title+" "+string(f), d, after(rows, d))
	}
	book, err := excelize.OpenReader(bytes.NewReader(File(t, d, listing.XLSX)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = book.Close() }() // was only read
	rows, err := book.GetRows(book.GetSheetName(0), excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, d.Title+" xlsx", d, after(rows, d))
	path := filepath.Join(t.TempDir(), "report.pdf")
	if err := os.WriteFile(path, File(t, d, listing.PDF), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(context.WithoutCancel(t.Context()), "pdftotext", "-raw", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	text := squeezed(string(out))
	for _, said := range append([]string{d.Title, d.Condition, d.By, d.AsOf(), "1/"}, d.Notes...) {
		if !strings.Contains(text, squeezed(said)) {
			t.Errorf("%s: the print lacks %q", d.Title, said)
		}
	}
	for _, s := range d.Sections {
		for _, row := range append(slices.Clone(s.Rows), s.Total) {
			line := squeezed(strings.Join(s.Said(row), ""))
			if !strings.Contains(text, line) {
				t.Errorf("%s: the print lacks %q", d.Title, line)
			}
		}
	}
}

// after are the rows below the headings.
func after(rows [][]string, d listing.Document) [][]string {
	last := d.Sections[0].Columns[len(d.Sections[0].Columns)-1].Heading
	for i, row := range rows {
		if len(row) > 1 && row[len(row)-1] == last {
			return rows[i+1:]
		}
	}
	return nil
}

// compare compares the number of rows, every number in them, and which of them
// are totals.
func compare(t *testing.T, what string, d listing.Document, got [][]string) {
	t.Helper()
	columns, shift := d.Sections[0].Columns, 0
	if len(d.Sections) > 1 {
		shift = 1
	}
	numbers := func(rows [][]string) (list [][]string) {
		for _, row := range rows {
			var line []string
			for i, cell := range row {
				if cell != "" && (cell == message.Text("report.total", nil) || i >= shift && columns[i-shift].Number()) {
					line = append(line, cell)
				}
			}
			list = append(list, line)
		}
		return list
	}
	if diff := cmp.Diff(numbers(rowsOf(d)), numbers(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
