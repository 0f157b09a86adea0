package jpdate

import (
	"math"
	"slices"
	"strings"
	"sync"
	"time"
)

// rule is one holiday of 国民の祝日に関する法律 as calendar.toml has it.
type rule struct {
	Name     string
	Month    int
	Day      int    // a fixed day
	Monday   int    // the n-th Monday
	Equinox  string // "spring" or "autumn"
	From, To int    // first and last year, To 0 = still valid
	Except   []int
}

// Holiday is a national holiday.
type Holiday struct {
	Day  Day
	Name string
}

var holidayCache sync.Map // year → []Holiday

// Holidays returns the national holidays of a year in order, substitute holidays
// and days between two holidays included, by the rules in force now. The days of
// the equinoxes are computed; official are those of the 官報 of the February
// before, which a [Calendar] can override.
func Holidays(year int) []Holiday { return slices.Clone(holidays(year)) }

// holidays is Holidays without the copy.
func holidays(year int) []Holiday {
	if year < 1948 || year > 2199 {
		return nil
	}
	if cached, ok := holidayCache.Load(year); ok {
		return cached.([]Holiday)
	}
	days := make(map[Day]string)
	t := calendar()
	for _, r := range t.Rules {
		if year >= r.From && (r.To == 0 || year <= r.To) && !slices.Contains(r.Except, year) {
			days[r.in(year)] = r.Name
		}
	}
	for _, once := range t.Once {
		if y, _, _ := once.Day.Parts(); y == year {
			days[once.Day] = once.Name
		}
	}
	extend(days, t)
	list := make([]Holiday, 0, len(days))
	for d, name := range days {
		list = append(list, Holiday{d, name})
	}
	slices.SortFunc(list, func(a, b Holiday) int { return strings.Compare(string(a.Day), string(b.Day)) })
	holidayCache.Store(year, list)
	return list
}

// in returns the day of the rule in a year.
func (r rule) in(year int) Day {
	switch {
	case r.Monday > 0:
		first := DayOf(year, r.Month, 1)
		return first.AddDays((8-int(first.Weekday()))%7 + 7*(r.Monday-1))
	case r.Equinox != "":
		return DayOf(year, r.Month, equinox(r.Equinox, year))
	}
	return DayOf(year, r.Month, r.Day)
}

// equinox is the usual approximation by 海上保安庁水路部, good for 1900–2099.
func equinox(season string, year int) int {
	base := map[string][2]float64{"spring": {20.8357, 20.8431}, "autumn": {23.2588, 23.2488}}[season]
	drift := 0.242194 * float64(year-1980)
	if year < 1980 {
		return int(math.Floor(base[0] + drift - math.Trunc(float64(year-1983)/4)))
	}
	return int(math.Floor(base[1] + drift - math.Floor(float64(year-1980)/4)))
}

// The substitute holiday began on 1973-04-12 as «the Monday after»; since 2007
// it is the next day that is no holiday. Days between two holidays are free
// since 1985-12-27.
const (
	substituteFrom = Day("1973-04-12")
	substituteNext = Day("2007-01-01")
	betweenFrom    = Day("1985-12-27")
)

// extend adds substitute holidays and days between two holidays.
func extend(days map[Day]string, t *tables) {
	var national []Day
	for d := range days {
		national = append(national, d)
	}
	slices.Sort(national)
	for _, d := range national {
		if d.Weekday() != time.Sunday || d < substituteFrom {
			continue
		}
		next := d.AddDays(1)
		for d >= substituteNext && days[next] != "" {
			next = next.AddDays(1)
		}
		if days[next] == "" {
			days[next] = t.Substitute
		}
	}
	for i := range national[1:] {
		middle := national[i].AddDays(1)
		if middle >= betweenFrom && middle.AddDays(1) == national[i+1] && days[middle] == "" && middle.Weekday() != time.Sunday {
			days[middle] = t.Between
		}
	}
}
