package glyph

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"kofu/internal/fault"
)

// Ways to print a cluster that no source draws.
const (
	Box        DecisionKind = "box"        // a ruled box with the code, to be completed by hand
	Substitute DecisionKind = "substitute" // another text that a person approved
)

// DecisionKind says what a decision prints.
type DecisionKind string

// Decision is a person's answer to a [Finding].
type Decision struct {
	GaijiSet, Cluster string // of the finding
	Kind              DecisionKind
	Substitute        string // the text to print, with Kind Substitute
}

// Options say how a text is set.
type Options struct {
	GaijiSet string // meaning of private use characters
	Condense int    // width in per cent (長体), 80 to 99; 0 and 100 leave it
	// First is a text font that is asked before the set, for headings in another
	// face; what it lacks comes from the set. It must not be used for names.
	First *Source
}

// Piece is a stretch of text in one derived font.
type Piece struct {
	Font    int     // index in the result of Fonts
	Codes   string  // what to hand to the PDF library
	Advance float64 // width in em
}

// Run is a shaped text. The start of a piece is the sum of the advances before
// it: the PDF library rounds widths, so positions are not to be taken from it.
type Run struct {
	Pieces []Piece
	Width  float64 // em
}

// Font is a derived font, to be embedded under its name.
type Font struct {
	Name string
	TTF  []byte
}

// Job shapes the texts of one document. It is not for several goroutines.
type Job struct {
	set       *Set
	decisions map[key]Decision
	placed    map[request]placement
	fonts     []*derived
	open      map[key]bool // shaped without a decision
	broken    error        // the first glyph that could not be read any more
}

// NewJob starts a job without decisions.
func (s *Set) NewJob() *Job {
	return &Job{set: s, decisions: map[key]Decision{}, placed: map[request]placement{}, open: map[key]bool{}}
}

// Decide adds decisions; a later one replaces an earlier one for the same
// cluster. A substitute that cannot be drawn itself is refused with
// glyph.substitute_missing. All decisions come before the first Shape.
func (j *Job) Decide(decisions ...Decision) error {
	for _, d := range decisions {
		if d.Kind != Box && d.Kind != Substitute || d.Kind == Substitute && d.Substitute == "" {
			return fault.New(fault.Invalid, "glyph.decision", "code", codes(d.Cluster))
		}
		for _, cluster := range clusters(d.Substitute) {
			if !j.set.find(keyOf(d.GaijiSet, cluster)).drawn() {
				return fault.New(fault.Invalid, "glyph.substitute_missing", "code", codes(d.Cluster), "substitute", codes(cluster))
			}
		}
		j.decisions[keyOf(d.GaijiSet, d.Cluster)] = d
	}
	return nil
}

func codes(cluster string) string { return Finding{Runes: []rune(cluster)}.Codepoint() }

// Shape places the text's clusters in derived fonts and returns the pieces,
// measurable at once, with the clusters that are not simply OK. One without a
// decision is drawn as a boxed code, so that the text can be measured, but
// [Job.Fonts] then refuses to finish the job.
func (j *Job) Shape(text string, o Options) (Run, []Finding) {
	if o.Condense == 0 {
		o.Condense = 100
	}
	var run Run
	var findings []Finding
	seen := map[string]bool{}
	for _, cluster := range clusters(text) {
		k := keyOf(o.GaijiSet, cluster)
		m := j.set.find(k)
		if gid, ok := o.First.single(cluster); ok {
			m = match{OK, o.First, gid}
		}
		if m.state == OK {
			run.add(j.place(request{m.source, m.gid, cluster, o.Condense}))
			continue
		}
		d, decided := j.decisions[k]
		if !seen[cluster] {
			seen[cluster] = true
			f := m.finding(k)
			f.Decided = decided
			findings = append(findings, f)
		}
		if m.state == OKBitmap && !decided {
			run.add(j.place(request{m.source, m.gid, cluster, o.Condense}))
			continue
		}
		j.replace(&run, k, d, o)
	}
	return run, findings
}

// single looks a single ordinary character up in one font; nil has none.
func (s *Source) single(cluster string) (gid int, ok bool) {
	r, size := utf8.DecodeRuneInString(cluster)
	if s == nil || s.Role != Text || size != len(cluster) || private(r) || undrawable(r) {
		return 0, false
	}
	return s.glyph(r)
}

// replace draws what was decided for a cluster, and a box if nothing was.
func (j *Job) replace(run *Run, k key, d Decision, o Options) {
	if d.Kind != Substitute {
		if d.Kind != Box {
			j.open[k] = true
		}
		run.add(j.place(request{nil, 0, k.cluster, o.Condense}))
		return
	}
	for _, cluster := range clusters(d.Substitute) {
		m := j.set.find(keyOf(d.GaijiSet, cluster))
		run.add(j.place(request{m.source, m.gid, cluster, o.Condense}))
	}
}

func (r *Run) add(p placement) {
	r.Width += p.advance
	if n := len(r.Pieces); n > 0 && r.Pieces[n-1].Font == p.font {
		r.Pieces[n-1].Codes += string(p.code)
		r.Pieces[n-1].Advance += p.advance
		return
	}
	r.Pieces = append(r.Pieces, Piece{Font: p.font, Codes: string(p.code), Advance: p.advance})
}

// request is a glyph that the job needs: which one, standing for which text,
// how wide. A nil source asks for the boxed code of the text.
type request struct {
	source  *Source
	gid     int
	text    string
	percent int
}

// placement is where a request landed.
type placement struct {
	font    int
	code    rune
	advance float64
}

func (j *Job) place(r request) placement {
	if p, ok := j.placed[r]; ok {
		return p
	}
	e, err := r.shape()
	if err != nil { // the file changed under a running job: Fonts will refuse
		j.broken = fmt.Errorf("shape %s: %w", codes(r.text), err)
		return placement{advance: 1}
	}
	advance := float64(e.advance) / float64(unitsPerEm(r.source))
	for i, d := range j.fonts {
		if code, ok := d.add(r, e); ok {
			return j.remember(r, placement{i, code, advance})
		}
	}
	d := newDerived(r.source, len(j.fonts))
	j.fonts = append(j.fonts, d)
	code, _ := d.add(r, e) // an empty font takes any glyph
	return j.remember(r, placement{len(j.fonts) - 1, code, advance})
}

func (j *Job) remember(r request, p placement) placement {
	j.placed[r] = p
	return p
}

// shape returns the glyph, a box if there is no source. Look-up has read the
// outline before, so it fails only if the file broke since.
func (r request) shape() (entry, error) {
	if r.source != nil {
		return r.source.shape(r.gid, r.percent)
	}
	contours := mapped(box([]rune(r.text)), func(x, y int) (int, int) { return condensed(x, r.percent), y })
	data, err := encode(contours)
	return entry{advance: condensed(boxEm, r.percent), bearing: xMin(data), data: data}, err
}

// Fonts returns the derived fonts; no Shape may follow. It refuses with
// glyph.undecided while a shaped cluster lacks a decision.
func (j *Job) Fonts() (_ []Font, err error) {
	defer fault.Add(&err, "glyph.Fonts")
	if j.broken != nil {
		return nil, j.broken
	}
	if err := j.undecided(); err != nil {
		return nil, err
	}
	fonts := make([]Font, len(j.fonts))
	for i, d := range j.fonts {
		ttf, err := d.bytes()
		if err != nil {
			return nil, fmt.Errorf("font %d: %w", i, err)
		}
		fonts[i] = Font{Name: d.name, TTF: ttf}
	}
	return fonts, nil
}

func (j *Job) undecided() error {
	list := make([]string, 0, len(j.open))
	for k := range j.open {
		list = append(list, codes(k.cluster))
	}
	if len(list) == 0 {
		return nil
	}
	slices.Sort(list)
	var details []fault.Detail
	for _, c := range slices.Compact(list) {
		details = append(details, fault.Detail{Code: "glyph.undecided_character", Value: c, Args: fault.Args("code", c)})
	}
	return fault.New(fault.Conflict, "glyph.undecided").With(details...)
}

// tag makes the six letters that PDF puts before the name of a subset.
func tag(n int) string {
	letters := []byte("KOFUAA")
	letters[4] += byte(n / 26 % 26)
	letters[5] += byte(n % 26)
	return string(letters)
}

// boxText is what text extraction returns for a boxed code: the code.
func boxText(cluster string) string { return strings.ReplaceAll(codes(cluster), " ", "-") }
