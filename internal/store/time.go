package store

import (
	"time"
	_ "time/tzdata" // Asia/Tokyo on PCs without zone data
)

// Tokyo is the zone in which days are counted and times are shown.
var Tokyo = mustZone("Asia/Tokyo")

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the zone data is linked in
	}
	return zone
}

const stampLayout = "2006-01-02T15:04:05.000Z"

// Stamp writes an instant as it is stored: UTC, always three decimals, so that
// the order of the texts is the order of the instants.
func Stamp(t time.Time) string { return t.UTC().Format(stampLayout) }

// ParseStamp reads what Stamp wrote.
func ParseStamp(s string) (time.Time, error) { return time.Parse(stampLayout, s) }

// Day writes the day of an instant in Japan, such as 2026-11-21.
func Day(t time.Time) string { return t.In(Tokyo).Format(time.DateOnly) }
