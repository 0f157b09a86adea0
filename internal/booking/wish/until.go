package wish

import (
	"time"

	"kofu/internal/store"
)

// Shortest is the least time in which an offer can be answered.
const Shortest = 2 * time.Hour

// The hours in which no offer ends, because people sleep.
const (
	nightFrom = 21 * 60 // minute of the day
	nightTo   = 8 * 60
)

// Until is the moment until which an offer made now stands: so long as answer
// says, at least [Shortest], the night left over to the morning, and never beyond
// the deadline of the slot. false means that no offer can be made any more.
func Until(now, deadline time.Time, answer time.Duration) (time.Time, bool) {
	t := morning(now.Add(max(answer, Shortest)))
	if t.After(deadline) {
		t = evening(deadline)
	}
	return t, !t.Before(now.Add(Shortest))
}

func minuteOf(t time.Time) int {
	local := t.In(store.Tokyo)
	return local.Hour()*60 + local.Minute()
}

// asleep reports whether a moment lies between 21:00 and 8:00.
func asleep(t time.Time) bool {
	local := t.In(store.Tokyo)
	exact := local.Second() == 0 && local.Nanosecond() == 0
	return minuteOf(t) < nightTo || minuteOf(t) > nightFrom || minuteOf(t) == nightFrom && !exact
}

// morning is the first moment from t on at which nobody sleeps.
func morning(t time.Time) time.Time {
	if !asleep(t) {
		return t
	}
	local := t.In(store.Tokyo)
	eight := time.Date(local.Year(), local.Month(), local.Day(), 0, nightTo, 0, 0, store.Tokyo)
	if eight.Before(t) {
		eight = eight.AddDate(0, 0, 1)
	}
	return eight.UTC()
}

// evening is the last moment up to t at which nobody sleeps.
func evening(t time.Time) time.Time {
	if !asleep(t) {
		return t
	}
	local := t.In(store.Tokyo)
	nine := time.Date(local.Year(), local.Month(), local.Day(), 0, nightFrom, 0, 0, store.Tokyo)
	if nine.After(t) {
		nine = nine.AddDate(0, 0, -1)
	}
	return nine.UTC()
}
