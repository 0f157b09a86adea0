package wording

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// Date writes a day in both calendars with its weekday:
// 2026年(令和8年)12月15日(火曜日). The result is a text with readings, as an
// argument of HTML or Plain.
func (w Words) Date(day jpdate.Day) string { return w.date("date.full", day) }

// ShortDate writes month, day and weekday: 12月15日(火).
func (w Words) ShortDate(day jpdate.Day) string { return w.date("date.short", day) }

// Month writes the month of a day in both calendars.
func (w Words) Month(day jpdate.Day) string { return w.date("date.month", day) }

func (w Words) date(key string, day jpdate.Day) string {
	year, month, d := day.Parts()
	era, eraYear, _ := jpdate.EraOf(day)
	ofEra := strconv.Itoa(eraYear)
	if eraYear == 1 {
		ofEra = w.Raw("era.first")
	}
	weekday := strconv.Itoa(int(day.Weekday()))
	return w.Raw(
		key,
		"year", strconv.Itoa(year), "era", w.Raw("era."+era.Letter), "erayear", ofEra,
		"month", w.Raw("month."+strconv.Itoa(month)), "day", w.Raw("day."+strconv.Itoa(d)),
		"weekday", w.Raw("weekday."+weekday), "wd", w.Raw("weekday.short."+weekday),
	)
}

// Weekday is the name of a day of the week, 0 for Sunday.
func (w Words) Weekday(d int) string { return w.Raw("weekday." + strconv.Itoa(d)) }

// ShortWeekday is its short name.
func (w Words) ShortWeekday(d int) string { return w.Raw("weekday.short." + strconv.Itoa(d)) }

// Clock writes the time of an instant in Japan: 10時30分.
func (w Words) Clock(t time.Time) string {
	t = t.In(store.Tokyo)
	return w.clock(t.Hour(), t.Minute())
}

// Minute writes a time of day given in minutes since midnight; 1440 is 24時.
func (w Words) Minute(minute int) string { return w.clock(minute/60, minute%60) }

func (w Words) clock(hour, minute int) string {
	key := "time.clock"
	if minute == 0 {
		key = "time.hour"
	}
	return w.Raw(key, "hour", strconv.Itoa(hour), "minute", fmt.Sprintf("%02d", minute))
}

// Instant writes day and time of an instant in Japan.
func (w Words) Instant(t time.Time) string {
	return w.Raw("date.instant", "date", w.ShortDate(jpdate.Day(store.Day(t))), "time", w.Clock(t))
}

// Argument writes an argument of a fault in words: days, instants and times of
// day as the language writes them, everything else as it is.
func (w Words) Argument(value string) string {
	if day := jpdate.Day(value); day.Valid() {
		return w.ShortDate(day)
	}
	if t, err := time.ParseInLocation("2006-01-02 15:04", value, store.Tokyo); err == nil {
		return w.Instant(t)
	}
	if hour, minute, ok := strings.Cut(value, ":"); ok {
		h, err1 := strconv.Atoi(hour)
		m, err2 := strconv.Atoi(minute)
		if err1 == nil && err2 == nil && h <= 24 && m < 60 {
			return w.clock(h, m)
		}
	}
	return value
}

// Raw is a text with its readings as written, for an argument of another one.
func (w Words) Raw(key string, args ...string) string {
	text, _, _ := w.find(key)
	return fill(text, args)
}
