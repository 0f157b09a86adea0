package jpdate

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"kofu/internal/fault"
	"kofu/internal/jptext"
)

// Precision says how much of a date is known.
type Precision string

// The precisions, as they are stored.
const (
	None  Precision = "none"
	Year  Precision = "Y"
	Month Precision = "YM"
	Full  Precision = "YMD"
)

// Date is a date of a register, of which month and day may be unknown.
type Date struct {
	ISO       string    // "1965-04-01", "1965-04", "1965" or ""
	Precision Precision // how much of ISO there is
	Raw       string    // exactly what the source wrote
}

// Day returns the day if it is fully known.
func (d Date) Day() (Day, bool) {
	if d.Precision != Full {
		return "", false
	}
	return Day(d.ISO), true
}

// Japanese writes as much as is known: 昭和40年4月1日, 昭和40年4月, 昭和40年. A year
// in which the era changed is named by the era of its last day. A date of which
// nothing is known is given as the source wrote it.
func (d Date) Japanese() string {
	switch d.Precision {
	case Full:
		return Day(d.ISO).Japanese()
	case Month:
		last := lastOf(d.ISO)
		_, month, _ := last.Parts()
		return fmt.Sprintf("%s%d月", eraYear(last), month)
	case Year:
		return eraYear(Day(d.ISO + "-12-31"))
	}
	return strings.TrimSpace(d.Raw)
}

// lastOf returns the last day of a month "1965-04".
func lastOf(month string) Day { return Day(month + "-01").AddMonths(1).AddDays(-1) }

// Layout is a way of writing dates, spelled as import profiles do.
type Layout string

// The layouts that Parse knows. Full-width digits, spaces between the parts and
// single digits where two are usual are accepted in all of them.
const (
	Compact   Layout = "yyyyMMdd"   // 19650401
	Dashed    Layout = "yyyy-MM-dd" // also with / and .
	EraShort  Layout = "gyy.MM.dd"  // S40.04.01, also with - and / and S400401
	EraLong   Layout = "ggyy年M月d日"  // 昭和40年 4月 1日, 令和元年5月1日, 1965年4月1日
	EraDigits Layout = "Gyymmdd"    // 3400401: 3 is 昭和
)

// Layouts lists all layouts, in the order in which a form offers them.
func Layouts() []Layout { return []Layout{Compact, Dashed, EraShort, EraLong, EraDigits} }

// Known reports whether Parse understands the layout.
func (l Layout) Known() bool { return patterns[l] != nil }

// Example returns the 1st of April 1965 as the layout writes it, for messages.
func (l Layout) Example() string {
	return map[Layout]string{
		Compact: "19650401", Dashed: "1965-04-01", EraShort: "S40.04.01", EraLong: "昭和40年4月1日", EraDigits: "3400401",
	}[l]
}

// The groups of every pattern are era, year, month, day.
var patterns = map[Layout]*regexp.Regexp{
	Compact:   regexp.MustCompile(`^()([0-9]{4})([0-9]{2})([0-9]{2})$`),
	Dashed:    regexp.MustCompile(`^()([0-9]{4})[-/.]([0-9]{0,2})[-/.]([0-9]{0,2})$`),
	EraShort:  regexp.MustCompile(`^([A-Z])(?:([0-9]{1,2})[-/.]([0-9]{0,2})[-/.]([0-9]{0,2})|([0-9]{2})([0-9]{2})([0-9]{2}))$`),
	EraLong:   regexp.MustCompile(`^(\p{Han}{2})?([0-9]{1,4}|元)年(?:([0-9]{1,2})月(?:([0-9]{1,2})日)?)?(?:不詳|不明|頃|ころ|日不詳|月日不詳)?$`),
	EraDigits: regexp.MustCompile(`^([0-9])([0-9]{2})([0-9]{2})([0-9]{2})$`),
}

// unknown matches what registers write when nothing is known.
var unknown = regexp.MustCompile(`^(?:|0{7,8}|0000[-/.]00[-/.]00|不詳|不明|生年月日不詳)$`)

// Parse reads a date in the first layout that fits. Zeros, blanks and 不詳 for
// month and day make a date of less precision; a blank value has none. A date
// that never was (30 February, 昭和64年1月8日) is refused. The faults are
// date.format, date.year, date.month, date.day, date.day_only, date.era_unknown,
// date.era and date.era_present, whose arguments say what was found.
func Parse(s string, layouts ...Layout) (Date, error) {
	d := Date{Precision: None, Raw: s}
	if len(s) == 8 && slices.Contains(layouts, Compact) && plain(s) {
		return d.fill("", s[:4], s[4:6], s[6:]) // by far the most frequent
	}
	text := strings.ToUpper(jptext.Narrow(s))
	blanks := len(text) == 8 && text[0] != ' '
	text = strings.Join(strings.Fields(text), "")
	if unknown.MatchString(text) {
		return d, nil
	}
	for _, layout := range layouts {
		padded := text
		if layout == Compact && blanks && (len(text) == 4 || len(text) == 6) {
			padded = text + strings.Repeat("0", 8-len(text))
		}
		if m := patterns[layout].FindStringSubmatch(padded); m != nil {
			if layout == EraShort && m[2] == "" {
				m = append(m[:2], m[5:]...)
			}
			return d.fill(m[1], m[2], m[3], m[4])
		}
	}
	return Date{}, fault.New(fault.Invalid, "date.format")
}

// plain reports whether a text is nothing but ASCII digits, not all of them 0.
func plain(s string) bool {
	zeros := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		if s[i] == '0' {
			zeros++
		}
	}
	return zeros < len(s)
}

// fill completes a date from the texts of its parts.
func (d Date) fill(eraText, yearText, monthText, dayText string) (Date, error) {
	year, month, day := number(yearText), number(monthText), number(dayText)
	var era Era
	if eraText != "" {
		var ok bool
		if era, ok = eraNamed(eraText); !ok {
			return Date{}, fault.New(fault.Invalid, "date.era_unknown", "era", eraText)
		}
		if year < 1 {
			return Date{}, fault.New(fault.Invalid, "date.year", "year", yearText)
		}
		year = era.year(year)
	}
	switch {
	case year < 1800 || year > 2199:
		return Date{}, fault.New(fault.Invalid, "date.year", "year", yearText)
	case month > 12:
		return Date{}, fault.New(fault.Invalid, "date.month", "month", monthText)
	case month == 0 && day > 0:
		return Date{}, fault.New(fault.Invalid, "date.day_only", "day", dayText)
	case month > 0 && day > daysIn(year, month):
		return Date{}, fault.New(fault.Invalid, "date.day", "year", strconv.Itoa(year), "month", strconv.Itoa(month), "day", strconv.Itoa(day))
	}
	from, to := d.span(year, month, day)
	if era.Name != "" && !era.covers(from, to) {
		return Date{}, outside(era)
	}
	d.Precision, d.ISO = Full, string(from)
	switch {
	case month == 0:
		d.Precision, d.ISO = Year, string(from[:4])
	case day == 0:
		d.Precision, d.ISO = Month, string(from[:7])
	}
	return d, nil
}

func outside(era Era) error {
	if era.To == "" {
		return fault.New(fault.Invalid, "date.era_present", "era", era.Name, "from", era.From.Japanese())
	}
	return fault.New(fault.Invalid, "date.era", "era", era.Name, "from", era.From.Japanese(), "to", era.To.Japanese())
}

// span returns the first and the last day that the known parts allow.
func (Date) span(year, month, day int) (from, to Day) {
	switch {
	case month == 0:
		return DayOf(year, 1, 1), DayOf(year, 12, 31)
	case day == 0:
		return DayOf(year, month, 1), DayOf(year, month, daysIn(year, month))
	}
	from = DayOf(year, month, day)
	return from, from
}

// number reads digits; 元 is the first year, nothing is 0.
func number(text string) int {
	if text == "元" {
		return 1
	}
	n, _ := strconv.Atoi(text) // the pattern allows only digits; none at all is 0
	return n
}

func eraNamed(text string) (Era, bool) {
	for _, e := range calendar().Eras {
		if text == e.Name || text == e.Letter || text == strconv.Itoa(e.Code) {
			return e, true
		}
	}
	return Era{}, false
}
