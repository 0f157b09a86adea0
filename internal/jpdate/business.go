package jpdate

import "time"

// Calendar says on which days an office is open. The zero value is the calendar
// of the law: closed on Saturdays, Sundays, national holidays and from 29 December
// to 3 January (地方自治法4条の2). The layers come from the settings.
type Calendar struct {
	// Holidays overrides the computed national holidays: a name adds the day, an
	// empty name removes it (for the announcement in the 官報).
	Holidays map[Day]string
	// Closed are further closing days with their reason (local ordinance, J-LIS
	// maintenance).
	Closed map[Day]string
	// Open are extra openings with their note (日曜開庁); they win over all else.
	Open map[Day]string
}

// Holiday returns the name of the national holiday on a day.
func (c Calendar) Holiday(d Day) (string, bool) {
	if name, ok := c.Holidays[d]; ok {
		return name, name != ""
	}
	year, _, _ := d.Parts()
	for _, h := range holidays(year) {
		if h.Day == d {
			return h.Name, true
		}
	}
	return "", false
}

// ClosedFor returns why the office is closed on a day.
func (c Calendar) ClosedFor(d Day) (reason string, closed bool) {
	if _, ok := c.Open[d]; ok {
		return "", false
	}
	if reason, ok := c.Closed[d]; ok {
		return reason, true
	}
	if name, ok := c.Holiday(d); ok {
		return name, true
	}
	if _, month, day := d.Parts(); month == 12 && day >= 29 || month == 1 && day <= 3 {
		return calendar().Yearend, true
	}
	if w := d.Weekday(); w == time.Saturday || w == time.Sunday {
		return calendar().Weekend, true
	}
	return "", false
}

// Business reports whether the office is open on a day.
func (c Calendar) Business(d Day) bool {
	_, closed := c.ClosedFor(d)
	return !closed && d.Valid()
}

// longestClosure ends the search in a calendar that closes every day.
const longestClosure = 366

// Next returns the first business day on or after d, or "" if there is none
// within a year.
func (c Calendar) Next(d Day) Day { return c.seek(d, 1) }

// Previous returns the last business day on or before d.
func (c Calendar) Previous(d Day) Day { return c.seek(d, -1) }

func (c Calendar) seek(d Day, step int) Day {
	for range longestClosure {
		if c.Business(d) {
			return d
		}
		d = d.AddDays(step)
	}
	return ""
}

// AddBusiness returns the n-th business day after d (before, if n is negative);
// with n = 0 it is d itself.
func (c Calendar) AddBusiness(d Day, n int) Day {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	for range n {
		d = c.seek(d.AddDays(step), step)
	}
	return d
}

// Deadline returns the last day of a period of months that a letter of the day
// grants: the same day of the month, moved to the next business day if the office
// is closed then (民法142条).
func (c Calendar) Deadline(d Day, months int) Day { return c.Next(d.AddMonths(months)) }
