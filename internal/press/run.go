package press

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"kofu/internal/fault"
	"kofu/internal/glyph"
	"kofu/internal/jptext"
	"kofu/internal/message"
	"kofu/internal/notice"
	"kofu/internal/paper"
	"kofu/internal/settings"
	"kofu/internal/store"
)

// Glyph is a character of a piece that a person must decide about, or that is
// drawn from a bitmap.
type Glyph struct {
	Key        string
	CardID     int64
	NoticeNo   string
	Name       string
	Field      string // name, address, annex
	Cluster    string
	Codepoint  string // U+E123
	CP932      string // F1A8, "" outside the set
	State      glyph.State
	Candidates []string
	Decision   string // box, hold_out, substitute or ""
}

// Overflow is a piece whose text does not fit by any rule. It gets no letter
// from this run and stands on the list of pieces to look at.
type Overflow struct {
	CardID   int64
	NoticeNo string
	Name     string
	Field    string
	Message  string
}

// NoBarcode is a piece that is printed without the customer barcode.
type NoBarcode struct {
	CardID   int64
	NoticeNo string
	Address  string
	Message  string
}

// Report is what a run looks like before it is printed.
type Report struct {
	Run       notice.Run
	Sheets    int
	Glyphs    []Glyph
	Overflow  []Overflow
	NoBarcode []NoBarcode
}

// Undecided counts the characters that still need a decision.
func (r Report) Undecided() (n int) {
	for _, g := range r.Glyphs {
		if g.Decision == "" && g.State != glyph.OKBitmap {
			n++
		}
	}
	return n
}

// Preflight lays the whole run out and reports every character without a
// glyph, every text that does not fit and every address without a barcode.
func (o Office) Preflight(ctx context.Context, runID int64, progress paper.Progress) (r Report, err error) {
	defer fault.Add(&err, "press.Preflight(%d)", runID)
	j, err := o.load(ctx, runID)
	if err != nil {
		return r, err
	}
	return j.preflight(ctx, progress)
}

func (j *job) preflight(ctx context.Context, progress paper.Progress) (r Report, err error) {
	r = Report{Run: j.run, Sheets: j.stock.Sheets(len(j.pieces), j.run.StartCell)}
	if len(j.pieces) == 0 {
		return r, nil
	}
	labels, addressees := j.labels()
	first, err := labels.Preflight(ctx, addressees, progress)
	if err != nil {
		return r, err
	}
	form, list := j.letters()
	second, err := form.Preflight(ctx, list, nil)
	if err != nil {
		return r, err
	}
	pieces := map[string]notice.Piece{}
	for _, p := range j.pieces {
		pieces[pieceKey(p)] = p
	}
	j.collectGlyphs(&r, pieces, slices.Concat(first.Glyphs, second.Glyphs))
	collectOverflow(&r, pieces, slices.Concat(first.Overflow, second.Overflow))
	for _, n := range first.NoBarcode {
		p := pieces[n.Key]
		r.NoBarcode = append(r.NoBarcode, NoBarcode{p.CardID, p.NoticeNo, p.Address, message.Text(string(n.Reason), nil)})
	}
	return r, nil
}

// formField is the field of what all letters have in common.
const formField = "text"

// collectGlyphs lists each character of a piece once, though label and letter
// both show it.
func (j *job) collectGlyphs(r *Report, pieces map[string]notice.Piece, found []paper.GlyphFinding) {
	seen := map[string]bool{}
	for _, f := range found {
		p, ok := pieces[f.Key]
		if f.State == glyph.OK {
			continue
		}
		if !ok || f.Field == formField { // of the form itself, which every letter shows
			p = notice.Piece{Name: message.Text("press.form", nil)}
		}
		g := Glyph{
			Key: DecisionKey(f.Finding), CardID: p.CardID, NoticeNo: p.NoticeNo, Name: p.Name, Field: f.Field,
			Cluster: f.Cluster, Codepoint: f.Codepoint(), CP932: cp932Of(f.Runes), State: f.State,
		}
		once := fmt.Sprint(g.CardID, g.Field, g.Key)
		if seen[once] {
			continue
		}
		seen[once] = true
		for _, d := range j.decisions {
			if d.Key == g.Key && (g.CardID != 0 || d.Kind != notice.HoldOut) { // a form cannot be held out
				g.Decision = d.Kind
			}
		}
		if g.State == glyph.VariantBaseOnly {
			g.Candidates = []string{string(f.Runes[:1])}
		}
		r.Glyphs = append(r.Glyphs, g)
	}
}

func collectOverflow(r *Report, pieces map[string]notice.Piece, found []paper.Overflow) {
	seen := map[string]bool{}
	for _, f := range found {
		p, ok := pieces[f.Key]
		if !ok || seen[f.Key+f.Field] {
			continue
		}
		seen[f.Key+f.Field] = true
		r.Overflow = append(r.Overflow, Overflow{p.CardID, p.NoticeNo, p.Name, f.Field, message.Text(f.Code, f.Args)})
	}
}

// cp932Of is the code of a character in CP932 as vendors write it, such as
// F1A8, or "".
func cp932Of(runes []rune) string {
	b, unmappable := jptext.Encode(jptext.CP932, string(runes))
	if len(unmappable) > 0 {
		return ""
	}
	return strings.ToUpper(hex.EncodeToString(b))
}

// leaveOut are the cards whose pieces this run cannot print: too long a text,
// or a character that a person decided to hold out.
func (r Report) leaveOut() map[int64]string {
	out := map[int64]string{}
	for _, g := range r.Glyphs {
		if g.Decision == notice.HoldOut && g.CardID != 0 {
			out[g.CardID] = "notice.held_out"
		}
	}
	for _, f := range r.Overflow {
		out[f.CardID] = "notice.overflow"
	}
	return out
}

// Decide records decisions about characters, once it is sure that the office
// can print the substitutes. Errors: fault.Invalid "glyph.substitute_missing",
// those of notice.Decide.
func (o Office) Decide(ctx context.Context, actor store.Actor, runID int64, decisions []notice.Decision) (err error) {
	defer fault.Add(&err, "press.Decide(%d)", runID)
	set, _ := o.Fonts.Set()
	if err := set.NewJob().Decide((&job{decisions: decisions}).glyphDecisions()...); err != nil {
		return err
	}
	return notice.Decide(ctx, o.DB, actor, runID, decisions)
}

// MayRender refuses a run that Render would refuse. Errors: fault.Conflict
// "press.undecided" with one detail a character, "notice.wrong_state".
func (o Office) MayRender(ctx context.Context, runID int64) error {
	r, err := o.Preflight(ctx, runID, nil)
	if err != nil {
		return err
	}
	if r.Run.State != notice.Draft {
		return fault.New(fault.Conflict, "notice.wrong_state", "run", r.Run.No, "state", "@run_state."+string(r.Run.State))
	}
	if n := r.Undecided(); n > 0 {
		return undecided(r, n)
	}
	return nil
}

// Render makes the PDFs of a run in dir, then marks it ready. Whatever cannot
// be printed was decided or is left out and listed; what is undecided stops
// the whole run. Errors: fault.Conflict "press.undecided", "press.nothing_left".
func (o Office) Render(ctx context.Context, actor store.Actor, runID int64, dir string, progress paper.Progress) (run notice.Run, err error) {
	defer fault.Add(&err, "press.Render(%d)", runID)
	before, err := o.Preflight(ctx, runID, nil)
	if err != nil {
		return run, err
	}
	if n := before.Undecided(); n > 0 {
		return run, undecided(before, n)
	}
	if _, err := notice.Recheck(ctx, o.DB, actor, runID, before.leaveOut()); err != nil {
		return run, err
	}
	j, err := o.load(ctx, runID)
	if err != nil {
		return run, err
	}
	if len(j.pieces) == 0 {
		return run, fault.New(fault.Conflict, "press.nothing_left")
	}
	if err := j.write(ctx, dir, progress); err != nil {
		return run, err
	}
	return notice.MarkReady(ctx, o.DB, actor, runID, j.fonts)
}

// undecided names the characters that hold the run up: person, field, code.
func undecided(r Report, n int) error {
	e := fault.New(fault.Conflict, "press.undecided", "count", strconv.Itoa(n))
	for _, g := range r.Glyphs {
		if g.Decision == "" && g.State != glyph.OKBitmap {
			e = e.With(fault.Detail{Code: "press.undecided_glyph", Column: g.Field, Value: g.Cluster, Args: fault.Args(
				"no", g.NoticeNo, "name", g.Name, "field", "@field."+g.Field, "code", g.Codepoint, "state", "@glyph_state."+string(g.State))})
		}
	}
	return e
}

// PlaceLabels draws the labels of places. Errors: those of Stock, and
// fault.Conflict "paper.undecided" when a name cannot be drawn.
func (o Office) PlaceLabels(ctx context.Context, w io.Writer, s settings.Settings, stock string, list []paper.PlaceLabel) (err error) {
	defer fault.Add(&err, "press.PlaceLabels")
	st, err := Stock(s, stock)
	if err != nil {
		return err
	}
	set, heading := o.Fonts.Set()
	labels := paper.PlaceLabels{Press: paper.Press{Fonts: set, Heading: heading}, Stock: st, Start: 1}
	err = o.DB.Read(ctx, func(rx *store.Rx) error { labels.Now = rx.Now; return nil })
	if err != nil {
		return err
	}
	_, err = labels.Render(ctx, w, list)
	return err
}
