package sheet

import (
	"errors"
	"fmt"

	"github.com/xuri/excelize/v2"

	"kofu/internal/message"
)

// chart writes the summary with its chart on a second worksheet.
func (b *book) chart() error {
	c := b.t.Chart
	if c == nil || len(c.Categories) == 0 || len(c.Series) == 0 {
		return nil
	}
	name := message.Text("sheet.chart", nil)
	if _, err := b.f.NewSheet(name); err != nil {
		return err
	}
	if err := b.summary(name, *c); err != nil {
		return err
	}
	var columns, lines []excelize.ChartSeries
	last := len(c.Categories) + 1
	for i, series := range c.Series {
		column, err := excelize.ColumnNumberToName(i + 2)
		if err != nil {
			return err
		}
		one := excelize.ChartSeries{
			Name:       fmt.Sprintf("'%s'!$%s$1", name, column),
			Categories: fmt.Sprintf("'%s'!$A$2:$A$%d", name, last),
			Values:     fmt.Sprintf("'%s'!$%s$2:$%s$%d", name, column, column, last),
		}
		if series.Line {
			lines = append(lines, one)
		} else {
			columns = append(columns, one)
		}
	}
	kind := excelize.Col
	if c.Stacked {
		kind = excelize.ColStacked
	}
	first := &excelize.Chart{
		Type: kind, Series: columns, Title: excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: c.Title}}},
		Format: excelize.GraphicOptions{AltText: c.Description}, Dimension: excelize.ChartDimension{Width: 900, Height: 420},
		Legend: excelize.ChartLegend{Position: "right"},
	}
	var more []*excelize.Chart
	switch {
	case len(columns) == 0:
		first.Type, first.Series = excelize.Line, lines
	case len(lines) > 0:
		more = append(more, &excelize.Chart{Type: excelize.Line, Series: lines})
	}
	at, err := excelize.CoordinatesToCellName(len(c.Series)+3, 2)
	if err != nil {
		return err
	}
	return b.f.AddChart(name, at, first, more...)
}

// summary writes the numbers of the chart: categories below each other, a
// column for each series.
func (b *book) summary(name string, c Chart) error {
	paper, landscape, one, yes := 9, "landscape", 1, true // paper 9 is A4
	errs := []error{
		b.f.SetColWidth(name, "A", "A", 18),
		b.f.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &yes}),
		b.f.SetPageLayout(name, &excelize.PageLayoutOptions{Size: &paper, Orientation: &landscape, FitToWidth: &one, FitToHeight: &one}),
	}
	head := []any{""}
	for _, s := range c.Series {
		head = append(head, s.Name)
	}
	errs = append(errs, b.f.SetSheetRow(name, "A1", &head))
	for i, category := range c.Categories {
		row := []any{category}
		for _, s := range c.Series {
			row = append(row, s.Values[i])
		}
		errs = append(errs, b.f.SetSheetRow(name, fmt.Sprintf("A%d", i+2), &row))
	}
	return errors.Join(errs...)
}
