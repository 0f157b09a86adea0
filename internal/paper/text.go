package paper

import (
	"slices"
	"strings"

	"kofu/internal/glyph"
)

// setter shapes and measures texts of one job.
type setter struct {
	press  Press
	job    *glyph.Job
	widths map[measured]float64 // of single clusters, in em
}

// measured is what the width of a cluster depends on.
type measured struct {
	cluster, gaijiSet string
	heading           bool
}

func (p Press) setter() (*setter, error) {
	job := p.Fonts.NewJob()
	if err := job.Decide(p.Decisions...); err != nil {
		return nil, err
	}
	return &setter{press: p, job: job, widths: map[measured]float64{}}, nil
}

// style says how a text is set.
type style struct {
	size     float64 // points
	gaijiSet string
	condense int // per cent; 0 and 100 leave it
	heading  bool
}

func (s *setter) run(text string, st style) glyph.Run {
	o := glyph.Options{GaijiSet: st.gaijiSet, Condense: st.condense}
	if st.heading {
		o.First = s.press.Heading
	}
	run, _ := s.job.Shape(text, o)
	return run
}

// width is the natural length of a text in mm.
func (s *setter) width(text string, st style) float64 {
	em := 0.0
	for c := range clusters(text) {
		key := measured{c, st.gaijiSet, st.heading}
		w, known := s.widths[key]
		if !known {
			st.condense = 0
			w = s.run(c, st).Width
			s.widths[key] = w
		}
		em += w
	}
	return em * st.size * mm
}

// line is one line of type, ready to be placed.
type line struct {
	text  string
	size  float64
	run   glyph.Run
	width float64 // mm
}

// narrowing are the steps of condensed type (長体), in per cent. Few steps keep
// the number of derived glyphs small.
var narrowing = []int{100, 95, 90, 85, 80}

// fitLine sets text on one line of the width, condensed as little as needed.
func (s *setter) fitLine(text string, st style, width float64) (line, bool) {
	natural := s.width(text, st)
	for _, step := range narrowing {
		if natural*float64(step)/100 > width*1.01 {
			continue // spares the job glyphs that it will not print
		}
		st.condense = step
		run := s.run(text, st)
		if w := run.Width * st.size * mm; w <= width {
			return line{text: text, size: st.size, run: run, width: w}, true
		}
	}
	return line{}, false
}

// wrap sets text on at most lines lines of the width. It condenses first and
// breaks then as evenly as it can, never inside a number or a Latin word.
func (s *setter) wrap(text string, st style, width float64, lines int) ([]line, bool) {
	if l, ok := s.fitLine(text, st, width); ok {
		return []line{l}, true
	}
	parts := atoms(text)
	widths := make([]float64, len(parts))
	for i, part := range parts {
		widths[i] = s.width(part, st)
	}
	for n := 2; n <= lines; n++ {
		for _, step := range narrowing {
			limit := width * 100 / float64(step)
			if filled := greedy(parts, widths, limit); filled == nil || len(filled) > n {
				continue
			}
			if set, ok := s.setLines(even(parts, widths, limit), st, width); ok {
				return set, true
			}
		}
	}
	return nil, false
}

// setLines sets the lines of one text, all condensed alike.
func (s *setter) setLines(texts []string, st style, width float64) ([]line, bool) {
	for _, step := range narrowing {
		if !slices.ContainsFunc(texts, func(t string) bool {
			return s.width(strings.TrimRight(t, " 　"), st)*float64(step)/100 > width*1.01
		}) {
			st.condense = step
			if out, ok := s.setAll(texts, st, width); ok {
				return out, true
			}
		}
	}
	return nil, false
}

func (s *setter) setAll(texts []string, st style, width float64) ([]line, bool) {
	var out []line
	for _, t := range texts {
		if s.plain(strings.TrimRight(t, " 　"), st).width > width {
			return nil, false
		}
		out = append(out, s.plain(t, st))
	}
	return out, true
}

// flow sets a paragraph on as many lines as it takes, not condensed. A word
// longer than the line, such as an address of the web, is cut where it must be.
func (s *setter) flow(text string, st style, width float64) []line {
	parts := atoms(text)
	for i := 0; i < len(parts); i++ {
		if s.width(parts[i], st) > width {
			parts = slices.Replace(parts, i, i+1, slices.Collect(clusters(parts[i]))...)
		}
	}
	widths := make([]float64, len(parts))
	for i, part := range parts {
		widths[i] = s.width(part, st)
	}
	texts := greedy(parts, widths, width)
	if n := len(texts); n > 1 && s.width(texts[n-1], st) < lonely*st.size*mm {
		if tighter := greedy(parts, widths, width-lonely*st.size*mm/float64(n-1)); len(tighter) == n {
			texts = tighter
		}
	}
	var out []line
	for _, t := range texts {
		out = append(out, s.plain(t, st))
	}
	return out
}

// lonely is the length of a last line, in em, that is avoided.
const lonely = 4.0

// greedy fills lines of at most limit; nil when a part alone is longer.
func greedy(parts []string, widths []float64, limit float64) []string {
	var out []string
	var open strings.Builder
	filled := 0.0
	for i, part := range parts {
		if widths[i] > limit {
			return nil
		}
		if filled+widths[i] > limit && open.Len() > 0 {
			out = append(out, open.String())
			open.Reset()
			filled = 0
		}
		open.WriteString(part)
		filled += widths[i]
	}
	if open.Len() > 0 {
		out = append(out, open.String())
	}
	return out
}

// even finds the narrowest limit that needs no more lines than limit does, so
// that the last line is not one lonely character.
func even(parts []string, widths []float64, limit float64) []string {
	best := greedy(parts, widths, limit)
	low, high := limit/2, limit
	for range 7 {
		try := (low + high) / 2
		if lines := greedy(parts, widths, try); lines != nil && len(lines) <= len(best) {
			best, high = lines, try
			continue
		}
		low = try
	}
	return best
}

// put draws a line with its top at y and returns where the next one begins.
func (p *page) put(l line, x, y, lead float64) float64 {
	p.text(x, y+ascent*l.size*mm, l.size, l.run)
	return y + l.size*mm*lead
}

// ascent is the share of the em that stands above the baseline of kanji.
const ascent = 0.88

// plain shapes a text that is known to fit.
func (s *setter) plain(text string, st style) line {
	run := s.run(text, st)
	return line{text: text, size: st.size, run: run, width: run.Width * st.size * mm}
}
