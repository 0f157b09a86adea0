package tabfile

import (
	"strconv"
	"strings"
	"unicode"

	"kofu/internal/fault"
	"kofu/internal/jptext"
	"kofu/internal/mynumber"
)

// plan says which field of a record goes where. It is the profile, joined with
// the headings of the file at hand.
type plan struct {
	fields   []Column          // by position in the record; a Column without target is skipped
	names    []string          // headings for people, by position
	slots    map[string]int    // target → index into Row.values
	targets  []string          // index into Row.values → target
	oneOf    []string          // targets of which one must have a value
	minimum  int               // fewest fields of a record
	watchers []mynumber.Column // one per position
	unknowns []unknown
	bytes    [][2]int // fixed width: first byte and the one behind the last, by position
}

// unknown joins a date with its 不詳フラグ and 不詳表記: indexes into Row.values.
type unknown struct{ date, flag, note int }

func newPlan(fields []Column, p *Profile) *plan {
	pl := &plan{fields: fields, slots: make(map[string]int), minimum: len(fields), oneOf: p.OneOf}
	for i := len(fields) - 1; i >= 0 && fields[i].Optional; i-- {
		pl.minimum = i
	}
	for _, c := range fields {
		pl.names = append(pl.names, c.Heading)
		pl.slot(c.Target)
	}
	pl.watchers = make([]mynumber.Column, len(fields))
	for target, date := range pl.slots {
		flag, ok := pl.slots[target+"_unknown"]
		note, ok2 := pl.slots[target+"_note"]
		if ok && ok2 {
			pl.unknowns = append(pl.unknowns, unknown{date, flag, note})
		}
	}
	return pl
}

// watch looks at a value of any column, used or not; true means that the column
// holds 個人番号.
func (pl *plan) watch(i int, text string) bool {
	for len(pl.watchers) <= i {
		pl.watchers = append(pl.watchers, mynumber.Column{})
	}
	pl.watchers[i].Add(text)
	return pl.watchers[i].Flagged()
}

// columnOfByte is the position of the field that holds a byte of a fixed record,
// −1 outside of all fields.
func (pl *plan) columnOfByte(at int) int {
	for i, f := range pl.bytes {
		if at >= f[0] && at < f[1] {
			return i
		}
	}
	return -1
}

// headingsOf names the columns of some targets.
func (pl *plan) headingsOf(targets []string) string {
	var names []string
	for _, target := range targets {
		for i, c := range pl.fields {
			if c.Target == target {
				names = append(names, pl.name(i))
			}
		}
	}
	return strings.Join(names, "・")
}

// slot makes room for a target.
func (pl *plan) slot(target string) {
	if target == "" {
		return
	}
	if _, ok := pl.slots[target]; !ok {
		pl.slots[target] = len(pl.targets)
		pl.targets = append(pl.targets, target)
	}
}

// width says how many fields a record may have.
func (pl *plan) width() string {
	most := strconv.Itoa(len(pl.fields))
	if pl.minimum < len(pl.fields) {
		return strconv.Itoa(pl.minimum) + "～" + most
	}
	return most
}

// name is the heading of a position for a message, or its number, counted from
// 1, where it has none.
func (pl *plan) name(i int) string {
	if i >= 0 && i < len(pl.names) {
		return pl.names[i]
	}
	if i < 0 {
		return ""
	}
	return strconv.Itoa(i + 1)
}

// foldHeading makes headings comparable: width, spaces and brackets do not count.
func foldHeading(s string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return -1
		}
		return r
	}, jptext.Narrow(jptext.WidenKana(s))))
}

// headingPlan finds the columns of the profile in the headings of a file.
// Headings that nobody knows are reported by warn.
func headingPlan(p *Profile, line int, headings []string, warn func(Finding) error) (*plan, error) {
	wanted := make(map[string]Column)
	for _, c := range p.Columns {
		for _, name := range append([]string{c.Heading}, c.Aliases...) {
			wanted[foldHeading(name)] = c
		}
	}
	fields := make([]Column, 0, len(headings))
	found := make(map[string]bool)
	for _, heading := range headings {
		if err := forbidden(line, heading); err != nil {
			return nil, err
		}
		c, ok := wanted[foldHeading(heading)]
		switch {
		case ok && found[c.Heading]:
			return nil, refuse(fault.Invalid, "tabfile.heading_twice", Finding{Row: line, Column: show(heading)})
		case ok:
			found[c.Heading] = true
		default:
			c = Column{Heading: show(heading)}
			if err := unknownHeading(p, line, heading, warn); err != nil {
				return nil, err
			}
		}
		c.Optional = false
		fields = append(fields, c)
	}
	for _, c := range p.Columns {
		if !found[c.Heading] && (c.Required || p.Strict && !c.Optional) {
			return nil, refuse(fault.Invalid, "tabfile.heading_missing", Finding{Row: line, Column: c.Heading}, "profile", p.Name)
		}
	}
	return newPlan(fields, p), nil
}

// forbidden refuses headings of numbers that Kofu must not hold.
func forbidden(line int, heading string) error {
	switch mynumber.Heading(heading) {
	case mynumber.Individual:
		return refuse(fault.Invalid, "tabfile.my_number_heading", Finding{Row: line, Column: show(heading)})
	case mynumber.Resident:
		return refuse(fault.Invalid, "tabfile.resident_code_heading", Finding{Row: line, Column: show(heading)})
	}
	return nil
}

func unknownHeading(p *Profile, line int, heading string, warn func(Finding) error) error {
	for _, known := range p.Known {
		if strings.HasPrefix(foldHeading(heading), foldHeading(known)) {
			return nil
		}
	}
	at := Finding{Row: line, Column: show(heading), Code: "tabfile.heading_unknown", Severity: Warn}
	if p.Strict {
		return refuse(fault.Invalid, "tabfile.heading_foreign", at, "profile", p.Name)
	}
	return warn(at)
}
