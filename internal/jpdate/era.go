package jpdate

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"
)

//go:embed calendar.toml
var calendarFile []byte

// Era is a Japanese era.
type Era struct {
	Code   int    // 1 明治 … 5 令和, as registers abbreviate it
	Letter string // M T S H R
	Name   string
	From   Day // first day; the last day is the one before the next era
	To     Day // last day, "" for the present era
}

type tables struct {
	Weekdays   []string
	Substitute string
	Between    string
	Yearend    string
	Weekend    string
	Eras       []Era  `toml:"era"`
	Rules      []rule `toml:"rule"`
	Once       []struct {
		Day  Day
		Name string
	} `toml:"once"`
}

// calendar is read once; a table that does not parse cannot leave the tests.
var calendar = sync.OnceValue(func() *tables {
	t := new(tables)
	if err := toml.Unmarshal(calendarFile, t); err != nil {
		panic(fmt.Sprintf("calendar.toml: %v", err)) // an embedded table that does not parse; the tests fail first
	}
	for i := range t.Eras[1:] {
		t.Eras[i].To = t.Eras[i+1].From.AddDays(-1)
	}
	return t
})

// Eras returns the eras from 明治 on, oldest first.
func Eras() []Era { return append([]Era(nil), calendar().Eras...) }

// EraOf returns the era of a day and the year in it (1 is 元年). Days before
// 明治 have none.
func EraOf(d Day) (Era, int, bool) {
	eras := calendar().Eras
	for i := len(eras) - 1; i >= 0; i-- {
		if d >= eras[i].From && d.Valid() {
			return eras[i], eras[i].yearOf(d), true
		}
	}
	return Era{}, 0, false
}

func (e Era) yearOf(d Day) int {
	year, _, _ := d.Parts()
	first, _, _ := e.From.Parts()
	return year - first + 1
}

// year returns the western year of the n-th year of the era.
func (e Era) year(n int) int {
	first, _, _ := e.From.Parts()
	return first + n - 1
}

// covers reports whether some day between from and to lies in the era.
func (e Era) covers(from, to Day) bool {
	return to >= e.From && (e.To == "" || from <= e.To)
}

// Japanese writes the day as documents do: 令和8年11月21日, in the first year of
// an era 令和元年5月1日. Days before 明治 are written with the western year.
func (d Day) Japanese() string {
	year, month, day := d.Parts()
	if year == 0 {
		return ""
	}
	return fmt.Sprintf("%s%d月%d日", eraYear(d), month, day)
}

// Short writes the day as lists do: R8.11.21 becomes R08.11.21, with two digits
// throughout, so that columns align.
func (d Day) Short() string {
	_, month, day := d.Parts()
	era, n, ok := EraOf(d)
	if !ok {
		return strings.ReplaceAll(string(d), "-", ".")
	}
	return fmt.Sprintf("%s%02d.%02d.%02d", era.Letter, n, month, day)
}

func eraYear(d Day) string {
	era, n, ok := EraOf(d)
	switch {
	case !ok:
		year, _, _ := d.Parts()
		return fmt.Sprintf("%d年", year)
	case n == 1:
		return era.Name + "元年"
	}
	return fmt.Sprintf("%s%d年", era.Name, n)
}
