package tabfile

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"unicode/utf8"

	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/jptext"
	"kofu/internal/mynumber"
)

// note is a finding of one field before its place is known.
type note struct {
	code     string
	args     map[string]string
	severity Severity
}

func reject(code string, args ...string) *note { return &note{code, fault.Args(args...), Reject} }
func warn(code string, args ...string) *note   { return &note{code, fault.Args(args...), Warn} }

// blank reports whether a value is nothing but half- or full-width spaces.
func blank(s string) bool { return strings.Trim(s, " 　") == "" }

// folded is a code or number in its half-width form without blanks around it.
func folded(s string) string { return strings.TrimSpace(jptext.Narrow(s)) }

// convert turns the decoded text of a field into its value. At most one note is
// returned; after a rejection the value is of no use.
func (c *Column) convert(text string, tables map[string]map[string]string) (value, *note) {
	if len(c.Cut) == 2 {
		text = cut(text, c.Cut[0], c.Cut[1])
	}
	v := value{text: text, raw: text, set: !blank(text)}
	if !v.set {
		if c.Type != Text && c.Type != "" && c.Type != Kana {
			v.text = ""
		}
		v.date = jpdate.Date{Precision: jpdate.None, Raw: text}
		if c.Required {
			return v, reject("tabfile.required")
		}
		return v, nil
	}
	var n *note
	switch c.Type {
	case Code:
		v.text = folded(text)
		n = c.lookUp(&v, tables)
	case Digits:
		v.text = folded(text)
		n = onlyDigits(v.text)
	case DateType:
		n = c.date(&v)
	case Bool:
		v.text = folded(text)
		if v.text != "0" && v.text != "1" {
			n = reject("tabfile.bool")
		}
	case Postal:
		n = postal(&v)
	case Notice:
		n = notice(&v)
	default:
		n = freeText(&v)
	}
	if n == nil || n.severity == Warn {
		if long := c.size(v.text); long != nil {
			return v, long
		}
	}
	return v, n
}

// cut returns n characters from the first one on, counted from 1.
func cut(s string, first, n int) string {
	runes := []rune(s)
	if first > len(runes) {
		return ""
	}
	return string(runes[first-1 : min(first-1+n, len(runes))])
}

// size checks the length of a value in characters.
func (c *Column) size(text string) *note {
	if c.Max == 0 && c.Exact == 0 {
		return nil
	}
	n := utf8.RuneCountInString(text)
	switch {
	case c.Max > 0 && n > c.Max:
		return reject("tabfile.too_long", "limit", strconv.Itoa(c.Max), "length", strconv.Itoa(n))
	case c.Exact > 0 && n != c.Exact:
		return reject("tabfile.exact_length", "want", strconv.Itoa(c.Exact), "length", strconv.Itoa(n))
	}
	return nil
}

// lookUp converts a code by the column's table. An unknown code is a warning: the
// row counts, the value stays empty, and Raw keeps what the file has.
func (c *Column) lookUp(v *value, tables map[string]map[string]string) *note {
	if c.Table == "" {
		return nil
	}
	to, ok := tables[c.Table][v.text]
	if !ok {
		v.text = ""
		return warn("tabfile.code_unknown")
	}
	v.text = to
	return nil
}

func onlyDigits(s string) *note {
	for _, r := range s {
		if r < '0' || r > '9' {
			return reject("tabfile.digits")
		}
	}
	return nil
}

func (c *Column) date(v *value) *note {
	d, err := jpdate.Parse(v.raw, c.Formats...)
	if f, ok := fault.As(err); ok {
		args := maps.Clone(f.Args)
		if args == nil {
			args = map[string]string{}
		}
		args["example"] = examples(c.Formats)
		return &note{"tabfile." + f.Code, args, Reject}
	}
	v.date, v.text = d, d.ISO
	if c.Required && d.Precision == jpdate.None {
		return reject("tabfile.required")
	}
	return nil
}

// examples shows how dates are written in the column.
func examples(formats []jpdate.Layout) string {
	var all []string
	for _, l := range formats {
		all = append(all, l.Example())
	}
	return strings.Join(all, "、")
}

// postal accepts 1234567 and 123-4567. Anything else is dropped with a warning,
// because a letter goes out without it all the same.
func postal(v *value) *note {
	digits := strings.ReplaceAll(folded(v.raw), "-", "")
	if len(digits) != 7 || onlyDigits(digits) != nil {
		v.text = ""
		return warn("tabfile.postal")
	}
	v.text = digits
	return nil
}

func notice(v *value) *note {
	number, doubtful, err := ParseNoticeNo(v.raw)
	if f, ok := fault.As(err); ok {
		return &note{"tabfile." + f.Code, nil, Reject}
	}
	v.text = number
	if doubtful {
		return warn("tabfile.notice_no.doubtful")
	}
	return nil
}

// freeText masks what looks like a 個人番号. Names and addresses are otherwise
// kept exactly as they are.
func freeText(v *value) *note {
	if strings.ContainsFunc(v.text, invisible) {
		return reject("tabfile.invisible")
	}
	if len(mynumber.Find(v.text)) == 0 {
		return nil
	}
	v.text = mynumber.Mask(v.text)
	v.raw = v.text
	return warn("tabfile.my_number_masked")
}

// invisible finds characters that a reader cannot see and that make a text look
// like another one: C1 controls, marks of direction, a byte order mark inside.
func invisible(r rune) bool {
	switch {
	case r < 0x80:
		return false
	case r < 0xA0, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
		return true
	}
	return r == 0xFEFF || r == 0x2028 || r == 0x2029
}

// badBytes is the note of bytes that are no characters: a warning in text, whose
// bytes are kept, and a rejection where the value must be understood.
func (c *Column) badBytes(enc jptext.Encoding, bad []jptext.BadSeq) *note {
	args := []string{"bytes", fmt.Sprintf("% X", bad[0].Bytes), "offset", strconv.Itoa(bad[0].Offset + 1), "encoding", encodingName(enc)}
	switch c.Type {
	case Text, Kana, "":
		return warn("tabfile.bad_bytes_kept", args...)
	}
	return reject("tabfile.bad_bytes", args...)
}
