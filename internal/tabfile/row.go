package tabfile

import (
	"strings"

	"kofu/internal/jpdate"
)

// Row is one data row, converted. It and everything it returns but text is
// valid only until the function that received it returns.
type Row struct {
	Line   int // line of the file, from 1; of a fixed-width file the record
	plan   *plan
	values []value
}

// value is what one target has in one row.
type value struct {
	text string
	raw  string // as the file has it, decoded but not converted
	bad  []byte // the bytes of the field, if some were no characters
	date jpdate.Date
	set  bool // has something other than blanks
}

func (r Row) value(target string) value {
	if i, ok := r.plan.slots[target]; ok {
		return r.values[i]
	}
	if base, ok := strings.CutSuffix(target, "_raw"); ok {
		raw := strings.TrimSpace(r.value(base).raw)
		return value{text: raw, raw: raw, set: raw != ""}
	}
	return value{}
}

// Text returns the converted value of a target, "" if the row has none. Of a code
// with a table that is Kofu's code, of a number or code the half-width form, of a
// name or address exactly what the file has. Of a date it is the ISO text as far
// as known. A target with _raw behind it is the value before its conversion:
// Text("event_code_raw").
func (r Row) Text(target string) string { return r.value(target).text }

// Raw returns the value as the file has it, decoded but not converted.
func (r Row) Raw(target string) string { return r.value(target).raw }

// Date returns the value of a date column. A date with unknown parts has less
// precision; Raw of it is what the file has, or the 不詳表記 where there is one.
func (r Row) Date(target string) jpdate.Date { return r.value(target).date }

// Bool reports whether a column of type bool says yes.
func (r Row) Bool(target string) bool { return r.value(target).text == "1" }

// BadBytes returns the bytes of a value of which some are no characters of the
// encoding, in the encoding of the file (UTF-16 as UTF-8); nil if all is well.
// The text then has U+FFFD in their place.
func (r Row) BadBytes(target string) []byte { return r.value(target).bad }

// Has reports whether the profile fills the target at all: the file may lack the
// column, which is not the same as a blank value.
func (r Row) Has(target string) bool {
	_, ok := r.plan.slots[target]
	return ok
}

// Targets returns the names of all values of the file, in the order of its columns.
func (r Row) Targets() []string { return r.plan.targets }
