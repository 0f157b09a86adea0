// Package jpdate knows the Japanese calendar: eras, dates with unknown parts as
// registers write them, ages by law, national holidays and business days.
//
// A calendar day is text of the form 2026-11-21 without a zone ([Day]). A date
// that may lack its day or month is a [Date], which keeps what the source wrote,
// so that it survives a round trip. Nothing here asks what time it is. Eras and
// holidays are data (calendar.toml); the package writes no tables.
package jpdate

import "time"

// Day is a calendar day, "2026-11-21". Methods of a Day that is no such text
// return the zero value.
type Day string

const dayForm = "2006-01-02"

// DayOf returns the day with these parts, or "" if there is none (30 February).
func DayOf(year, month, day int) Day {
	if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return ""
	}
	digit := func(n int) byte { return byte('0' + n%10) }
	return Day([]byte{
		digit(year / 1000), digit(year / 100), digit(year / 10), digit(year), '-',
		digit(month / 10), digit(month), '-', digit(day / 10), digit(day),
	})
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// Valid reports whether d is an existing day in the form 2026-11-21.
func (d Day) Valid() bool {
	_, ok := d.time()
	return ok
}

func (d Day) time() (time.Time, bool) {
	t, err := time.Parse(dayForm, string(d))
	return t, err == nil
}

func fromTime(t time.Time) Day { return DayOf(t.Year(), int(t.Month()), t.Day()) }

// Parts returns year, month and day as numbers.
func (d Day) Parts() (year, month, day int) {
	t, ok := d.time()
	if !ok {
		return 0, 0, 0
	}
	return t.Year(), int(t.Month()), t.Day()
}

// AddDays returns the day n days later.
func (d Day) AddDays(n int) Day {
	t, ok := d.time()
	if !ok {
		return ""
	}
	return fromTime(t.AddDate(0, 0, n))
}

// AddMonths returns the same day n months later, or the last day of that month
// if it is shorter (民法143条2項): 2026-11-30 and 3 months give 2027-02-28.
func (d Day) AddMonths(n int) Day {
	year, month, day := d.Parts()
	if year == 0 {
		return ""
	}
	first := time.Date(year, time.Month(month+n), 1, 0, 0, 0, 0, time.UTC)
	y, m := first.Year(), int(first.Month())
	return DayOf(y, m, min(day, daysIn(y, m)))
}

// DaysUntil returns how many days other is after d.
func (d Day) DaysUntil(other Day) int {
	a, ok := d.time()
	b, ok2 := other.time()
	if !ok || !ok2 {
		return 0
	}
	return int(b.Sub(a).Hours() / 24)
}

// Weekday returns the day of the week.
func (d Day) Weekday() time.Weekday {
	t, _ := d.time()
	return t.Weekday()
}

// WeekdayName returns the day of the week as one kanji, as documents show it.
func (d Day) WeekdayName() string {
	if !d.Valid() {
		return ""
	}
	return calendar().Weekdays[d.Weekday()]
}

// Digits returns the day as 20261121.
func (d Day) Digits() string {
	if !d.Valid() {
		return ""
	}
	return string(d[:4] + d[5:7] + d[8:])
}
