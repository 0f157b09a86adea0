package paper

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"sync"

	"kofu/internal/fault"
)

//go:embed label-stocks.csv
var stockList string

// Stock is the geometry of a sheet of labels. Left and Top are the upper left
// corner of the first label.
type Stock struct {
	Name, Makers, Paper string
	PaperW, PaperH      float64
	Columns, Rows       int
	LabelW, LabelH      float64
	PitchX, PitchY      float64
	Left, Top           float64
}

// rounding is what makers' figures may exceed the sheet by: 7 rows of 42.43 mm
// are 297.01 mm.
const rounding = 0.05

// edge is the margin at the sheet's edge that printers do not reach.
const edge = 5

// Stocks returns the built-in stocks of A-one, Hisago and Sanwa.
func Stocks() []Stock { return append([]Stock(nil), stocks()...) }

// FindStock returns the built-in stock of the name.
func FindStock(name string) (Stock, bool) {
	for _, s := range stocks() {
		if s.Name == name {
			return s, true
		}
	}
	return Stock{}, false
}

var stocks = sync.OnceValue(func() []Stock {
	list, refused, err := ReadStocks(strings.NewReader(stockList))
	if err != nil || len(refused) > 0 {
		panic(fmt.Sprint("label-stocks.csv: ", refused, err)) //nolint:forbidigo // an embedded table; the test of this package fails first
	}
	return list
})

const stockColumns = 13

// ReadStocks reads a list of stocks: CSV with a heading and the columns name,
// makers, paper, paper width and height, columns, rows, label width and height,
// pitch across and down, left, top. Entries that cannot be are left out and
// reported one by one with row and reason; the others are returned.
func ReadStocks(r io.Reader) (list []Stock, refused []fault.Detail, err error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, nil, fault.New(fault.Invalid, "paper.stock_file").Because(err)
	}
	for i, row := range rows {
		if i == 0 {
			continue
		}
		s, err := stockOf(row)
		if err == nil {
			err = s.Check()
		}
		if f, ok := fault.As(err); ok {
			refused = append(refused, fault.Detail{Code: f.Code, Row: i + 1, Value: s.Name, Args: f.Args})
			continue
		}
		list = append(list, s)
	}
	return list, refused, nil
}

func stockOf(row []string) (Stock, error) {
	if len(row) != stockColumns {
		return Stock{}, fault.New(fault.Invalid, "paper.stock_number", "name", strings.Join(row, ","))
	}
	s := Stock{Name: row[0], Makers: row[1], Paper: row[2]}
	var columns, count float64
	for i, v := range []*float64{&s.PaperW, &s.PaperH, &columns, &count, &s.LabelW, &s.LabelH, &s.PitchX, &s.PitchY, &s.Left, &s.Top} {
		n, err := strconv.ParseFloat(strings.TrimSpace(row[i+3]), 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return s, fault.New(fault.Invalid, "paper.stock_number", "name", s.Name)
		}
		*v = n
	}
	s.Columns, s.Rows = int(columns), int(count)
	return s, nil
}

// Check refuses a stock whose labels overlap or leave the sheet, with the
// overrun in millimetres.
func (s Stock) Check() error {
	refuse := func(code string, by float64) error {
		return fault.New(fault.Invalid, code, "name", s.Name, "mm", strconv.FormatFloat(by, 'f', 2, 64))
	}
	positive := s.Columns >= 1 && s.Rows >= 1 && s.LabelW > 0 && s.LabelH > 0 && s.PaperW > 0 && s.PaperH > 0
	if !positive || s.Columns*s.Rows > 1000 || s.PaperW > 600 || s.PaperH > 600 || s.Left < 0 || s.Top < 0 {
		return fault.New(fault.Invalid, "paper.stock_number", "name", s.Name)
	}
	if by := s.LabelW - s.PitchX; s.Columns > 1 && by > rounding {
		return refuse("paper.stock_overlap_x", by)
	}
	if by := s.LabelH - s.PitchY; s.Rows > 1 && by > rounding {
		return refuse("paper.stock_overlap_y", by)
	}
	if by := s.Left + float64(s.Columns-1)*s.PitchX + s.LabelW - s.PaperW; by > rounding {
		return refuse("paper.stock_overrun_x", by)
	}
	if by := s.Top + float64(s.Rows-1)*s.PitchY + s.LabelH - s.PaperH; by > rounding {
		return refuse("paper.stock_overrun_y", by)
	}
	return nil
}

// Cells is the number of labels on a sheet.
func (s Stock) Cells() int { return s.Columns * s.Rows }

// Sheets is the number of sheets that pieces take when the first one stands in
// cell start (from 1).
func (s Stock) Sheets(pieces, start int) int {
	if pieces <= 0 {
		return 0
	}
	return (start - 1 + pieces + s.Cells() - 1) / s.Cells()
}

// box is a rectangle on the sheet.
type box struct{ x, y, w, h float64 }

// cell returns the label of the n-th cell, counted from 0 row by row.
func (s Stock) cell(n int) box {
	column, row := n%s.Columns, n/s.Columns
	return box{s.Left + float64(column)*s.PitchX, s.Top + float64(row)*s.PitchY, s.LabelW, s.LabelH}
}

// safe returns the part of a cell that printers reach.
func (s Stock) safe(n int) box {
	c := s.cell(n)
	left, top := math.Max(c.x, edge), math.Max(c.y, edge)
	right, bottom := math.Min(c.x+c.w, s.PaperW-edge), math.Min(c.y+c.h, s.PaperH-edge)
	return box{left, top, right - left, bottom - top}
}

// Barcode returns the point size of the customer barcode on this stock's
// narrowest label, 0 when it has no room for one.
func (s Stock) Barcode() float64 {
	size := math.Inf(1)
	for n := range s.Cells() {
		size = math.Min(size, fitCustomer(s.safe(n).w).points)
	}
	return size
}

// Calibration corrects what a printer makes of a sheet. The zero value changes
// nothing.
type Calibration struct {
	X, Y           float64 // shift, mm to the right and down
	ScaleX, ScaleY float64 // factor, 0 for 1
	Rotation       float64 // degrees, counter-clockwise, around the sheet's centre
}

// at returns where a point of the sheet is printed, before the rotation.
func (c Calibration) at(x, y float64) (float64, float64) {
	return c.X + x*c.sx(), c.Y + y*c.sy()
}

func (c Calibration) sx() float64 {
	if c.ScaleX == 0 {
		return 1
	}
	return c.ScaleX
}

func (c Calibration) sy() float64 {
	if c.ScaleY == 0 {
		return 1
	}
	return c.ScaleY
}

// Check refuses corrections that no printer needs and that would move labels
// off their stock.
func (c Calibration) Check() error {
	if math.Abs(c.X) > 20 || math.Abs(c.Y) > 20 || math.Abs(c.sx()-1) > 0.05 || math.Abs(c.sy()-1) > 0.05 || math.Abs(c.Rotation) > 3 {
		return fault.New(fault.Invalid, "paper.calibration")
	}
	return nil
}
