package site

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kofu/internal/booking/member"
	"kofu/internal/booking/slot"
	"kofu/internal/jpdate"
)

// choice is what a resident has chosen so far. It travels from page to page in
// addresses and hidden fields and is checked where it is used.
type choice struct {
	procs   slot.Procs
	window  string
	slot    string
	day     jpdate.Day // whose times are looked at, or from which days are listed
	month   bool       // days as the table of a month
	grouped bool       // the page about those who come along has been seen
	people  int        // of somebody without a code
}

// choiceOf reads a choice, leaving out what makes no sense.
func choiceOf(q url.Values) (c choice) {
	var list []slot.Procedure
	for _, p := range q["p"] {
		list = append(list, slot.Procedure(p))
	}
	if procs, err := slot.ParseProcs(list...); err == nil {
		c.procs = procs
	}
	c.window, c.slot = q.Get("w"), q.Get("s")
	if day := jpdate.Day(q.Get("d")); day.Valid() {
		c.day = day
	}
	c.month = q.Get("view") == "month"
	c.grouped = q.Get("g") == "1"
	c.people, _ = number(q.Get("n")) // 0 is nothing said
	return c
}

// pairs is the choice as names and values in a fixed order.
func (c choice) pairs() (list [][2]string) {
	for _, p := range c.procs.List() {
		list = append(list, [2]string{"p", string(p)})
	}
	add := func(name, value string) {
		if value != "" {
			list = append(list, [2]string{name, value})
		}
	}
	add("w", c.window)
	add("s", c.slot)
	add("d", string(c.day))
	if c.month {
		add("view", "month")
	}
	if c.grouped {
		add("g", "1")
	}
	if c.people > 0 {
		add("n", strconv.Itoa(c.people))
	}
	return list
}

// at is the address of a page that takes the choice up.
func (c choice) at(path string) string {
	var parts []string
	for _, pair := range c.pairs() {
		parts = append(parts, pair[0]+"="+url.QueryEscape(pair[1]))
	}
	if len(parts) == 0 {
		return path
	}
	return path + "?" + strings.Join(parts, "&")
}

// ways are the pages of one path from days over times to a slot: looking without
// a code, booking, or moving a booking.
type ways struct {
	days, times, pick string
	units             int    // seats that must be free in one slot
	own               string // slot of the booking that is moved
}

// offered are the windows at which all procedures of a choice are done and that
// have not closed for good.
func (v *visit) offered(procs slot.Procs) (list []slot.Window) {
	today := v.today()
	for _, w := range v.city.windows {
		if w.ClosesOn != "" && w.ClosesOn < today {
			continue
		}
		missing := slices.ContainsFunc(procs.List(), func(p slot.Procedure) bool {
			return !slices.ContainsFunc(v.city.procedures, func(t slot.ProcedureTerms) bool { return t.Code == p && t.At(w.ID) })
		})
		if !missing {
			list = append(list, w)
		}
	}
	return list
}

// offeredTo are those of them at which a code can be booked.
func (v *visit) offeredTo(m member.Member, procs slot.Procs) []slot.Window {
	return slices.DeleteFunc(v.offered(procs), func(w slot.Window) bool {
		return len(m.Windows) > 0 && !slices.Contains(m.Windows, w.ID)
	})
}
