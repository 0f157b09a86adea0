package tabfile

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"kofu/internal/fault"
	"kofu/internal/mynumber"
)

// Severity is the grade of a finding.
type Severity string

// The severities of findings; a refusal is no finding but an error.
const (
	Reject Severity = "reject" // the row is left out
	Warn   Severity = "warn"   // the row is delivered
)

// Finding is one thing that is wrong at one place of a file.
type Finding struct {
	Row      int    // line of the file, from 1; 0 = the file as a whole
	Column   string // heading
	Value    string // as received, shortened; numbers like a 個人番号 are masked
	Code     string // key of the message catalogue
	Args     map[string]string
	Severity Severity
}

// Detail returns the finding in the form that carries its text
// (message.OfDetail).
func (f Finding) Detail() fault.Detail {
	return fault.Detail{Code: f.Code, Row: f.Row, Column: f.Column, Value: f.Value, Args: f.Args}
}

// shownValue is the longest value that a message repeats, in characters.
const shownValue = 40

// show prepares a value for people: masked, on one line, shortened.
func show(value string) string {
	value = strings.ToValidUTF8(mynumber.Mask(value), "\uFFFD")
	value = strings.Map(func(r rune) rune {
		switch {
		case r < 0x20 || r == 0x7F:
			return ' '
		case invisible(r):
			return '\uFFFD'
		}
		return r
	}, value)
	if utf8.RuneCountInString(value) > shownValue {
		value = string([]rune(value)[:shownValue]) + "…"
	}
	return value
}

// refuse is a refusal of the whole file with the place that caused it. args are
// pairs of name and value for the message.
func refuse(kind fault.Kind, code string, at Finding, args ...string) error {
	at.Value = show(at.Value)
	named := fault.Args(append(args, "row", strconv.Itoa(at.Row), "column", at.Column, "value", at.Value)...)
	e := &fault.Error{Kind: kind, Code: code, Args: named}
	return e.With(fault.Detail{Code: code, Row: at.Row, Column: at.Column, Value: at.Value, Args: named})
}
