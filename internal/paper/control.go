package paper

import (
	"fmt"
	"strconv"

	"kofu/internal/glyph"
	"kofu/internal/message"
)

// Control is the text of the control sheets.
type Control struct {
	Title string // 宛名ラベル
	Run   string // number of the print run
	Facts []Fact // what else belongs on the sheet, such as who printed when
	// LastOnly leaves the sheet in front out: a sheet of labels that is used in
	// part lies on top of the pile and must not be taken for it.
	LastOnly bool
}

// Fact is a line of a table: what it is and its text. A strong one, such as a
// deadline, stands out.
type Fact struct {
	Label, Text string
	Strong      bool
}

// first puts the control sheet in front.
func (c *Control) first(s *setter, to *canvas, stock Stock, r Report) {
	if c == nil || c.LastOnly {
		return
	}
	c.sheet(s, to, stock, "paper.control_first", r, nil)
}

// last puts the control sheet at the end, with the list of what is to be
// completed by hand.
func (c *Control) last(s *setter, to *canvas, stock Stock, r Report, pieces []Addressee) {
	if c == nil {
		return
	}
	serials := map[string]string{}
	for _, p := range pieces {
		serials[p.Key] = p.Serial
	}
	boxed := s.boxed(r)
	var lines []string
	for _, g := range boxed {
		lines = append(lines, message.Text("paper.by_hand_line", map[string]string{
			"serial": serials[g.Key], "field": message.Text("paper.field_"+g.Field, nil), "code": g.Codepoint(),
		}))
	}
	c.sheet(s, to, stock, "paper.control_last", r, lines)
}

func (c *Control) sheet(s *setter, to *canvas, stock Stock, kind string, r Report, byHand []string) {
	facts := append([]Fact{
		{Label: message.Text("paper.control_run", nil), Text: c.Run},
		{Label: message.Text("paper.control_stock", nil), Text: stock.Name},
		{Label: message.Text("paper.control_pieces", nil), Text: strconv.Itoa(r.Pieces), Strong: true},
		{Label: message.Text("paper.control_sheets", nil), Text: strconv.Itoa(r.Sheets), Strong: true},
	}, c.Facts...)
	p := to.page(stock.PaperW, stock.PaperH, Calibration{})
	y := 20.0
	y = p.put(s.plain(c.Title+" "+message.Text(kind, nil), style{size: 16, heading: true}), 20, y, 2)
	for _, f := range facts {
		p.put(s.plain(f.Label, style{size: 10.5, heading: true}), 20, y, 1)
		y = p.put(s.plain(f.Text, style{size: 10.5, heading: f.Strong}), 62, y, 1.8)
	}
	y = ruler(s, p, 20, y+6)
	if len(byHand) == 0 {
		return
	}
	y = p.put(s.plain(message.Text("paper.by_hand", map[string]string{"count": strconv.Itoa(len(byHand))}), style{size: 12, heading: true}), 20, y+8, 1.8)
	for _, l := range byHand {
		if y > stock.PaperH-20 {
			p = to.page(stock.PaperW, stock.PaperH, Calibration{})
			y = 20
		}
		y = p.put(s.plain(l, style{size: 9}), 20, y, 1.6)
	}
}

// boxed lists the characters that are printed as a boxed code.
func (s *setter) boxed(r Report) []GlyphFinding {
	var out []GlyphFinding
	for _, g := range r.Glyphs {
		for _, d := range s.press.Decisions {
			if d.Cluster == g.Cluster && (g.GaijiSet == "" || g.GaijiSet == d.GaijiSet) && d.Kind == glyph.Box {
				out = append(out, g)
				break
			}
		}
	}
	return out
}

// ruler draws 100 mm to be checked with a real one.
func ruler(s *setter, p *page, x, y float64) float64 {
	p.fill(0, box{x, y + 8, 100, 0.2})
	for i := range 101 {
		h := 2.0
		switch {
		case i%10 == 0:
			h = 6
		case i%5 == 0:
			h = 4
		}
		p.fill(0, box{x + float64(i) - 0.05, y + 8 - h, 0.1, h})
		if i%10 == 0 {
			n := s.plain(fmt.Sprint(i), style{size: 7, heading: true})
			p.text(x+float64(i)-n.width/2, y+11.5, 7, n.run)
		}
	}
	y += 14
	for _, l := range s.flow(message.Text("paper.ruler", nil), style{size: 9}, p.w-2*x) {
		y = p.put(l, x, y, 1.5)
	}
	return y
}
