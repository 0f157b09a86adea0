package tabfile

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/pelletier/go-toml/v2"

	"kofu/internal/jpdate"
	"kofu/internal/jptext"
	"kofu/internal/mynumber"
)

// Kind says what the rows of a file are.
type Kind string

// The kinds of file.
const (
	Delivery Kind = "delivery" // cards that J-LIS sent
	Registry Kind = "registry" // people of the resident registry
	Table    Kind = "table"    // something else, which the caller knows
)

// Type says how the text of a column is understood.
type Type string

// The types of column.
const (
	Text     Type = "text"      // kept exactly as received
	Kana     Type = "kana"      // like text; half-width kana stay half-width
	Code     Type = "code"      // full-width folded, blanks trimmed, then the code table
	Digits   Type = "digits"    // full-width folded, blanks trimmed; leading zeros stay
	DateType Type = "date"      // a jpdate.Date in one of the column's formats
	Bool     Type = "bool"      // 0, 1 or blank
	Postal   Type = "postal"    // seven digits with or without hyphen
	Notice   Type = "notice_no" // 交付通知書番号 as A1B-000123
)

// Column describes one field of a data row.
type Column struct {
	Heading  string          `toml:"heading"`            // as the file and its readers call it
	Aliases  []string        `toml:"aliases,omitempty"`  // other headings of the same thing
	Target   string          `toml:"target,omitempty"`   // name of the value in Row; "" ignores the column
	Type     Type            `toml:"type,omitempty"`     // "" is text
	Required bool            `toml:"required,omitempty"` // a blank value rejects the row, a missing heading the file
	Optional bool            `toml:"optional,omitempty"` // the last columns of a row may be missing altogether
	Max      int             `toml:"max,omitempty"`      // longest value in characters, 0 = no own limit
	Exact    int             `toml:"exact,omitempty"`    // exact number of characters of a value that is not blank
	Formats  []jpdate.Layout `toml:"formats,omitempty"`  // of a date
	Table    string          `toml:"table,omitempty"`    // code table that converts the value
	Join     string          `toml:"join,omitempty"`     // put before the value when an earlier column had the same target
	Cut      []int           `toml:"cut,omitempty"`      // [first character from 1, number of characters]: only this part counts
	From     int             `toml:"from,omitempty"`     // fixed width: first byte, from 1
	Length   int             `toml:"length,omitempty"`   // fixed width: number of bytes
}

// Record describes a header or trailer record of a fixed-width file.
type Record struct {
	Mark    string   `toml:"mark"`              // the record begins with it
	Columns []Column `toml:"column,omitempty"`  // targets become Report.Header and defaults of blank values in rows
	Count   string   `toml:"count,omitempty"`   // target that must equal the number of data records
	Missing bool     `toml:"missing,omitempty"` // the record may be missing
}

// Trailer describes the last line of a delimited file.
type Trailer struct {
	Mark     string `toml:"mark"`               // text of its first field
	Count    int    `toml:"count,omitempty"`    // number of the field, from 1, that must equal the number of rows; 0 = none
	Optional bool   `toml:"optional,omitempty"` // the line may be missing
}

// Profile describes a file format. It is data: built-in ones are TOML files of
// this package, a city's own ones come from the settings in the same form.
type Profile struct {
	ID          string                       `toml:"id"`
	Name        string                       `toml:"name"`
	Description string                       `toml:"description"`
	Kind        Kind                         `toml:"kind"`
	FileHint    string                       `toml:"file_hint"` // for people: 例 納品一覧.csv
	FileName    string                       `toml:"file_name"` // regular expression for proposals, "" = any
	Encoding    jptext.Encoding              `toml:"encoding"`
	Accept      []jptext.Encoding            `toml:"accept,omitempty"`    // also taken if the file is surely in it: cp932, utf8
	Delimiter   string                       `toml:"delimiter,omitempty"` // "," or "\t"; "" = fixed width
	Quote       string                       `toml:"quote,omitempty"`     // `"`, `'` or "" = none
	Breaks      bool                         `toml:"breaks,omitempty"`    // line breaks inside quotes are text
	Titles      int                          `toml:"titles,omitempty"`    // lines before headings and data
	Headings    bool                         `toml:"headings,omitempty"`  // a heading row says where the columns are
	Strict      bool                         `toml:"strict,omitempty"`    // an unknown heading refuses the file instead of warning
	Known       []string                     `toml:"known,omitempty"`     // headings that begin so are ignored without a warning
	AnyWidth    bool                         `toml:"any_width,omitempty"` // rows may have more fields than columns; the rest is ignored
	OneOf       []string                     `toml:"one_of,omitempty"`    // targets of which one must have a value
	Record      int                          `toml:"record,omitempty"`    // fixed width: bytes of a record without line end
	DataMark    string                       `toml:"data_mark,omitempty"` // fixed width: data records begin with it
	Head        *Record                      `toml:"head,omitempty"`      // fixed width
	Tail        *Record                      `toml:"tail,omitempty"`      // fixed width
	Trailer     *Trailer                     `toml:"trailer,omitempty"`   // delimited
	Tables      map[string]map[string]string `toml:"tables,omitempty"`    // name → code in the file → code of Kofu
	Columns     []Column                     `toml:"column"`
}

// Fixed reports whether the fields have fixed widths.
func (p Profile) Fixed() bool { return p.Delimiter == "" }

// ParseProfile reads a profile from its TOML form and checks it.
func ParseProfile(b []byte) (Profile, error) {
	var p Profile
	if err := toml.Unmarshal(b, &p); err != nil {
		return Profile{}, fmt.Errorf("profile: %w", err)
	}
	if err := p.Check(); err != nil {
		return Profile{}, err
	}
	return p, nil
}

// TOML returns the form of the profile that ParseProfile reads.
func (p Profile) TOML() ([]byte, error) {
	b, err := toml.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("profile %q: %w", p.ID, err)
	}
	return b, nil
}

// Check reports the first thing that makes a profile unusable.
func (p Profile) Check() error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("profile %q: %s", p.ID, fmt.Sprintf(format, args...))
	}
	switch {
	case p.ID == "" || p.Name == "":
		return fail("no id or name")
	case p.Kind != Delivery && p.Kind != Registry && p.Kind != Table:
		return fail("kind %q", p.Kind)
	case !p.Encoding.Known():
		return fail("encoding %q", p.Encoding)
	case len(p.Columns) == 0:
		return fail("no column")
	case p.Quote != "" && p.Quote != `"` && p.Quote != "'":
		return fail("quote %q", p.Quote)
	case !p.Fixed() && !slices.Contains([]string{",", "\t", ";"}, p.Delimiter):
		return fail("delimiter %q", p.Delimiter)
	case p.Fixed() && (p.Record < 1 || p.Record > MaxLine || p.Encoding == jptext.UTF16LE || p.Encoding == jptext.UTF16BE):
		return fail("record of %d bytes in %s", p.Record, p.Encoding)
	}
	for _, enc := range p.Accept {
		if enc != jptext.CP932 && enc != jptext.UTF8 || p.Fixed() || p.Encoding == jptext.UTF16LE || p.Encoding == jptext.UTF16BE {
			return fail("accepts encoding %q", enc)
		}
	}
	if _, err := regexp.Compile(p.FileName); err != nil {
		return fail("file name: %v", err)
	}
	all := slices.Clone(p.Columns)
	for _, r := range []*Record{p.Head, p.Tail} {
		if r != nil {
			all = append(all, r.Columns...)
		}
	}
	for _, c := range all {
		if err := p.checkColumn(c); err != nil {
			return fail("column %q: %v", c.Heading, err)
		}
	}
	return nil
}

func (p Profile) checkColumn(c Column) error {
	types := []Type{"", Text, Kana, Code, Digits, DateType, Bool, Postal, Notice}
	switch {
	case c.Heading == "":
		return fmt.Errorf("no heading")
	case mynumber.Heading(c.Heading) != mynumber.Harmless:
		return fmt.Errorf("a number that must not be read")
	case !slices.Contains(types, c.Type):
		return fmt.Errorf("type %q", c.Type)
	case c.Table != "" && p.Tables[c.Table] == nil:
		return fmt.Errorf("no table %q", c.Table)
	case c.Type == DateType && len(c.Formats) == 0:
		return fmt.Errorf("a date without formats")
	case len(c.Cut) != 0 && (len(c.Cut) != 2 || c.Cut[0] < 1 || c.Cut[1] < 1):
		return fmt.Errorf("cut %v", c.Cut)
	case p.Fixed() && (c.From < 1 || c.Length < 1 || c.From+c.Length-1 > p.Record):
		return fmt.Errorf("bytes %d+%d of %d", c.From, c.Length, p.Record)
	}
	for _, l := range c.Formats {
		if !l.Known() {
			return fmt.Errorf("date format %q", l)
		}
	}
	return nil
}

//go:embed profiles/*.toml
var profileFiles embed.FS

var builtIn = sync.OnceValue(func() []Profile {
	var all []Profile
	for _, id := range []string{
		"jlis_delivery_csv_v1", "jlis_delivery_fixed", "notice_no_list",
		"registry_standard", "registry_legacy_cp932", "registry_fixed_hdt",
	} {
		b, err := profileFiles.ReadFile("profiles/" + id + ".toml")
		if err != nil {
			panic(err) // a file that is missing from the build; the tests fail first
		}
		p, err := ParseProfile(b)
		if err != nil {
			panic(err) // a table that does not parse; the tests fail first
		}
		all = append(all, p)
	}
	return all
})

// BuiltIn returns the profiles that come with the program: the J-LIS sample
// layouts J1, J2 and J3 and the registry sample layouts R-A, R-B and R-D.
func BuiltIn() []Profile { return slices.Clone(builtIn()) }

// ByID finds a profile in a list.
func ByID(profiles []Profile, id string) (Profile, bool) {
	for _, p := range profiles {
		if p.ID == id {
			return p, true
		}
	}
	return Profile{}, false
}
