package staffweb

import (
	"bytes"
	"net/http"
	"strconv"
	"time"

	"kofu/internal/listing"
	"kofu/internal/paper"
)

// ReportColumn is a column of a report.
type ReportColumn struct {
	Heading string `json:"heading"`
	Number  bool   `json:"number"`
}

// ReportSection is one list of a report.
type ReportSection struct {
	Title   string         `json:"title"`
	Columns []ReportColumn `json:"columns"`
	Rows    [][]string     `json:"rows"`
	Total   []string       `json:"total"`
}

// ReportPage is a report on screen.
type ReportPage struct {
	Title     string          `json:"title"`
	Condition string          `json:"condition"`
	AsOf      string          `json:"asOf"`
	Rows      int             `json:"rows"`
	Sections  []ReportSection `json:"sections"`
	Notes     []string        `json:"notes"`
	Charts    []string        `json:"charts"` // SVG
}

// ReportOf is a document as its screen shows it.
func ReportOf(d listing.Document) ReportPage {
	page := ReportPage{
		Title: d.Title, Condition: d.Condition, AsOf: d.AsOf(), Rows: d.Rows(), Sections: []ReportSection{}, Notes: OrEmpty(d.Notes), Charts: []string{},
	}
	for _, one := range d.Sections {
		section := ReportSection{Title: one.Title, Columns: []ReportColumn{}, Rows: [][]string{}, Total: OrEmpty(one.Total)}
		for _, c := range one.Columns {
			section.Columns = append(section.Columns, ReportColumn{c.Heading, c.Number()})
		}
		for _, row := range one.Rows {
			section.Rows = append(section.Rows, one.Said(row))
		}
		page.Sections = append(page.Sections, section)
	}
	for i, drawing := range d.Charts {
		page.Charts = append(page.Charts, string(drawing.SVG("chart-"+strconv.Itoa(i))))
	}
	return page
}

// SendListing gives a document as a file or a print. press gives the fonts of
// the print.
func SendListing(w http.ResponseWriter, r *http.Request, d listing.Document, f listing.Format, press func(time.Time) (paper.Press, error)) error {
	var body bytes.Buffer
	if err := d.Write(r.Context(), &body, f, press); err != nil {
		return err
	}
	kind := map[listing.Format]string{
		listing.PDF: "application/pdf", listing.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	}[f]
	if kind == "" {
		kind = "text/csv"
	}
	SetFileHeaders(w, kind, d.FileName(f), true)
	_, err := w.Write(body.Bytes())
	return err
}
