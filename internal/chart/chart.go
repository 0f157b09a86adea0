// Package chart draws the charts of the reports: columns, stacked columns,
// lines, and tables whose cells are shaded (曜日×時間). A chart becomes a drawing
// of rectangles, lines and texts, which is written as SVG for screens and drawn
// onto paper by others, so that both show the same. A colour never carries the
// meaning alone: series have patterns or markers and their names beside them,
// cells their numbers. The description tells the highest, lowest and last
// value; the table with all numbers belongs below and is the caller's. Writes no
// table.
//
// Colours are the palette «chart 5» of staff-ui.md §7.3, each with a dark
// outline.
package chart

import (
	"fmt"
	"math"
	"strconv"

	"kofu/internal/fault"
	"kofu/internal/message"
)

// MostSeries is how many series a chart may have.
const MostSeries = 5

// Palette are the colours of the series.
var Palette = [MostSeries]string{"#005aff", "#f6aa00", "#03af7a", "#990099", "#84919e"}

// Ink is the colour of outlines, axes and texts.
const Ink = "#1a1a1a"

// Series is a row of values with a name.
type Series struct {
	Name   string
	Values []float64 // one for each category
}

// Chart is what is to be drawn.
type Chart struct {
	Title      string
	Unit       string   // of the values, such as 件 or %
	Categories []string // below the axis
	Columns    []Series // stacked upon one another
	Lines      []Series // above the columns
}

// Drawing is a chart as shapes. Lengths are px of a drawing 720 wide.
type Drawing struct {
	Width, Height float64
	Title         string
	Description   string
	Shapes        []Shape
}

// Shape is a rectangle, a line or a text.
type Shape struct {
	Kind       Kind
	X, Y, W, H float64 // rectangle; a line goes from X, Y by W, H
	Fill       string  // colour, '' for none
	Pattern    int     // over the fill: 0 none, 1–4
	Stroke     float64 // width of the outline or line
	Text       string
	Size       float64 // of a text
	Anchor     string  // start, middle, end
	Color      string  // of a line or text
	Marker     int     // 1–5 on a point of a line: circle, square, triangle, diamond, cross
}

// Kind is what a shape is.
type Kind int

// The kinds of shape.
const (
	Rect Kind = iota
	Line
	Text
	Mark
)

// The frame in px.
const (
	width, height             = 720, 360
	left, right, top, bottom  = 64, 132, 40, 56
	plotW, plotH              = width - left - right, height - top - bottom
	textSize, titleSize, tick = 13, 16, 5
)

// Draw lays a chart out. Errors: fault.Invalid "chart.too_many_series",
// "chart.uneven" when a series has not one value for each category.
func (c Chart) Draw() (Drawing, error) {
	all := append(append([]Series{}, c.Columns...), c.Lines...)
	if len(all) > MostSeries {
		return Drawing{}, fault.New(fault.Invalid, "chart.too_many_series", "max", strconv.Itoa(MostSeries))
	}
	for _, s := range all {
		if len(s.Values) != len(c.Categories) {
			return Drawing{}, fault.New(fault.Invalid, "chart.uneven")
		}
	}
	d := Drawing{Width: width, Height: height, Title: c.Title, Description: c.describe(all)}
	d.text(left, 22, c.Title, titleSize, "start")
	if len(c.Categories) == 0 || len(all) == 0 {
		d.text(left+plotW/2, top+plotH/2, message.Text("chart.empty", nil), textSize, "middle")
		return d, nil
	}
	step, highest := scale(c.highest())
	y := func(v float64) float64 { return top + plotH - plotH*v/highest }
	d.axes(c.Unit, step, highest, y)
	d.categories(c.Categories)
	d.columns(c.Columns, y)
	d.lines(c.Lines, len(c.Columns), y)
	for _, s := range all { // no name is cut off
		d.Width = max(d.Width, width-right+40+wide(s.Name))
	}
	return d, nil
}

// highest is the top of the highest stack or line.
func (c Chart) highest() (most float64) {
	for i := range c.Categories {
		sum := 0.0
		for _, s := range c.Columns {
			sum += s.Values[i]
		}
		most = max(most, sum)
		for _, s := range c.Lines {
			most = max(most, s.Values[i])
		}
	}
	return most
}

// scale chooses a step of 1, 2 or 5 times a power of ten, about five of them,
// from zero.
func scale(highest float64) (step, end float64) {
	if highest <= 0 {
		return 1, 5
	}
	rough := highest / 5
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, m := range []float64{1, 2, 5, 10} {
		if step = m * power; step >= rough {
			break
		}
	}
	if highest <= 5 && highest == math.Trunc(highest) {
		step = 1
	}
	return step, step * math.Ceil(highest/step)
}

func (d *Drawing) axes(unit string, step, highest float64, y func(float64) float64) {
	d.text(left-8, top-14, "("+unit+")", textSize, "end")
	for v := 0.0; v <= highest+step/2; v += step {
		d.line(left, y(v), plotW, 0, "#cccccc", 1)
		d.text(left-8, y(v)+4, number(v), textSize, "end")
	}
	d.line(left, top, 0, plotH, Ink, 1)
	d.line(left, top+plotH, plotW, 0, Ink, 1)
}

// categories writes as many names below the axis as have room; few of them
// stand in two rows before one is left out.
func (d *Drawing) categories(names []string) {
	slot := float64(plotW) / float64(len(names))
	longest := 1.0
	for _, n := range names {
		longest = max(longest, wide(n))
	}
	every, rows := int(math.Ceil((longest+8)/slot)), 1
	if every == 2 && len(names) <= 10 {
		every, rows = 1, 2
	}
	for i, n := range names {
		if i%every == 0 {
			d.text(left+slot*(float64(i)+0.5), top+plotH+18+18*float64(i%rows), n, textSize, "middle")
		}
	}
}

func (d *Drawing) columns(series []Series, y func(float64) float64) {
	if len(series) == 0 {
		return
	}
	n := len(series[0].Values)
	slot := float64(plotW) / float64(n)
	for i := range n {
		sum := 0.0
		for k, s := range series {
			low, high := y(sum), y(sum+s.Values[i])
			if low-high > 0 {
				d.Shapes = append(d.Shapes, Shape{
					Kind: Rect, X: left + slot*(float64(i)+0.15), Y: high, W: slot * 0.7, H: low - high,
					Fill: Palette[k], Pattern: k % MostSeries, Stroke: 1, Color: Ink,
				})
			}
			sum += s.Values[i]
		}
	}
	for k, s := range series { // names with a sample, the upper one first
		at := float64(top + 12 + 22*(len(series)-1-k))
		d.Shapes = append(d.Shapes, Shape{Kind: Rect, X: width - right + 12, Y: at - 11, W: 14, H: 14, Fill: Palette[k], Pattern: k, Stroke: 1, Color: Ink})
		d.text(width-right+32, at, s.Name, textSize, "start")
	}
}

// lines draws each line with its markers and its name at the end.
func (d *Drawing) lines(series []Series, first int, y func(float64) float64) {
	for k, s := range series {
		n := len(s.Values)
		slot := float64(plotW) / float64(n)
		x := func(i int) float64 { return left + slot*(float64(i)+0.5) }
		color := Palette[first+k]
		for i := range n {
			if i > 0 {
				from, to := y(s.Values[i-1]), y(s.Values[i])
				d.line(x(i-1), from, slot, to-from, Ink, 4) // outline
				d.line(x(i-1), from, slot, to-from, color, 2)
			}
		}
		for i := range n {
			d.Shapes = append(d.Shapes, Shape{Kind: Mark, X: x(i), Y: y(s.Values[i]), Fill: color, Marker: k + 1, Stroke: 1, Color: Ink})
		}
		d.text(width-right+12, y(s.Values[n-1])+4, s.Name, textSize, "start")
	}
}

func (d *Drawing) text(x, y float64, text string, size float64, anchor string) {
	d.Shapes = append(d.Shapes, Shape{Kind: Text, X: x, Y: y, Text: text, Size: size, Anchor: anchor, Color: Ink})
}

func (d *Drawing) line(x, y, w, h float64, color string, stroke float64) {
	d.Shapes = append(d.Shapes, Shape{Kind: Line, X: x, Y: y, W: w, H: h, Color: color, Stroke: stroke})
}

// describe tells highest, lowest and last value of each series.
func (c Chart) describe(all []Series) (text string) {
	for _, s := range all {
		if len(s.Values) == 0 {
			continue
		}
		high, low := 0, 0
		for i, v := range s.Values {
			if v > s.Values[high] {
				high = i
			}
			if v < s.Values[low] {
				low = i
			}
		}
		last := len(s.Values) - 1
		text += message.Text("chart.description", map[string]string{
			"name": s.Name, "unit": c.Unit,
			"high": number(s.Values[high]), "highAt": c.Categories[high],
			"low": number(s.Values[low]), "lowAt": c.Categories[low],
			"last": number(s.Values[last]), "lastAt": c.Categories[last],
		})
	}
	if text == "" {
		return message.Text("chart.empty", nil)
	}
	return text
}

// number writes a value as the tables do: no decimals it does not need.
func number(v float64) string {
	text := strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
	whole, rest, dot := text, "", ""
	for i, r := range text {
		if r == '.' {
			whole, dot, rest = text[:i], ".", text[i+1:]
		}
	}
	grouped := ""
	for i, r := range whole {
		if i > 0 && r != '-' && whole[i-1] != '-' && (len(whole)-i)%3 == 0 {
			grouped += ","
		}
		grouped += string(r)
	}
	return grouped + dot + rest
}

// wide estimates the width of a text in px.
func wide(text string) (w float64) {
	for _, r := range text {
		if r < 0x2000 {
			w += textSize * 0.55
		} else {
			w += textSize
		}
	}
	return w
}

// Heat is a table whose cells are shaded by their value, such as weekday by
// hour.
type Heat struct {
	Title   string
	Unit    string
	Rows    []string
	Columns []string
	Cells   [][]float64 // by row and column; NaN leaves a cell empty
}

// Draw lays the table out. Every cell shows its number. Errors: fault.Invalid
// "chart.uneven".
func (h Heat) Draw() (Drawing, error) {
	const rowH, nameW = 28, 64
	d := Drawing{Width: width, Height: top + rowH*float64(len(h.Rows)+1) + 12, Title: h.Title}
	most, mostRow, mostColumn := 0.0, 0, 0
	if len(h.Cells) != len(h.Rows) {
		return Drawing{}, fault.New(fault.Invalid, "chart.uneven")
	}
	for i, row := range h.Cells {
		if len(row) != len(h.Columns) {
			return Drawing{}, fault.New(fault.Invalid, "chart.uneven")
		}
		for j, v := range row {
			if v > most {
				most, mostRow, mostColumn = v, i, j
			}
		}
	}
	d.text(8, 22, fmt.Sprintf("%s (%s)", h.Title, h.Unit), titleSize, "start")
	if len(h.Rows) == 0 || len(h.Columns) == 0 || most == 0 {
		d.Description = message.Text("chart.empty", nil)
		d.text(width/2, top+rowH, d.Description, textSize, "middle")
		return d, nil
	}
	d.Description = message.Text("chart.heat_description", map[string]string{
		"row": h.Rows[mostRow], "column": h.Columns[mostColumn], "value": number(most), "unit": h.Unit,
	})
	cell := (width - nameW - 8) / float64(len(h.Columns))
	for j, name := range h.Columns {
		d.text(nameW+cell*(float64(j)+0.5), top+rowH-10, name, textSize, "middle")
	}
	for i, name := range h.Rows {
		y := top + rowH*float64(i+1)
		d.text(nameW-8, y+rowH-10, name, textSize, "end")
		for j, v := range h.Cells[i] {
			fill, ink := "#ffffff", Ink
			if !math.IsNaN(v) && v > 0 {
				fill, ink = shade(v / most)
			}
			d.Shapes = append(d.Shapes, Shape{Kind: Rect, X: nameW + cell*float64(j), Y: y, W: cell, H: rowH, Fill: fill, Stroke: 1, Color: "#666666"})
			if !math.IsNaN(v) {
				d.Shapes = append(d.Shapes, Shape{Kind: Text, X: nameW + cell*(float64(j)+0.5), Y: y + rowH - 10, Text: number(v), Size: textSize, Anchor: "middle", Color: ink})
			}
		}
	}
	return d, nil
}

// shade mixes white and the key colour; the text on it keeps 4.5 : 1.
func shade(share float64) (fill, ink string) {
	mix := func(full float64) int { return int(math.Round(255 - (255-full)*share)) }
	fill = fmt.Sprintf("#%02x%02x%02x", mix(0x00), mix(0x17), mix(0xc1))
	if share > 0.625 {
		return fill, "#ffffff"
	}
	return fill, "#000000"
}
