package exchange

import (
	"time"

	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/relay"
	"kofu/internal/settings"
	"kofu/internal/store"
)

// Document is the name of the settings of the exchange in package settings.
const Document = "exchange"

// Settings are what an office sets about the exchange.
type Settings struct {
	// FreshDays is after how many business days the state of the booking service
	// counts as old; one more and it is too old to work with.
	FreshDays int `json:"freshDays"`
}

// LoadSettings returns what the office has set, with the version of the document.
func LoadSettings(rx *store.Rx) (s Settings, version int, err error) {
	s = Settings{FreshDays: 1}
	version, err = settings.LoadDocument(rx, Document, &s)
	return s, version, err
}

// SaveSettings makes s the next version. Errors: those of settings.SaveDocument.
func SaveSettings(tx *store.Tx, s Settings, version int) (int, error) {
	return settings.SaveDocument(tx, Document, version, s, func() (bad []fault.Detail) {
		if s.FreshDays < 1 || s.FreshDays > mostFreshDays {
			bad = append(bad, fault.Detail{Code: "exchange.fresh_days", Column: "freshDays"})
		}
		return bad
	})
}

const mostFreshDays = 10

// Freshness is how old the state of the booking service is that this office
// works with, and what stands in the way of a newer one.
type Freshness struct {
	Begun    bool   // the exchange has begun
	HeardAt  string // when the newest bundle was made, '' before the first
	OldAt    string // from when on that is old
	TooOldAt string // and too old to work with
	Gap      bool   // a bundle of the booking service is missing
	PutBack  bool   // the booking service was put back, and nobody has accepted that yet
	Restore  string // side of a restore under way, '' for none
}

// Fresh returns how old the state of the booking service is.
func Fresh(rx *store.Rx) (f Freshness, err error) {
	s, err := relay.Load(rx)
	if err != nil || s.Epoch == "" {
		return f, err
	}
	f = Freshness{Begun: true, HeardAt: s.HeardAt, Gap: s.Need > 0, PutBack: s.NewEpoch != ""}
	own, _, err := LoadSettings(rx)
	if err != nil {
		return f, err
	}
	if at, err := store.ParseStamp(s.HeardAt); err == nil {
		f.OldAt, f.TooOldAt = store.Stamp(businessDaysAfter(at, own.FreshDays)), store.Stamp(businessDaysAfter(at, own.FreshDays+1))
	}
	r, under, err := Restoring(rx)
	if under {
		f.Restore = r.Side
	}
	return f, err
}

// businessDaysAfter is the same time of day so many business days later.
func businessDaysAfter(at time.Time, days int) time.Time {
	day := jpdate.Day(store.Day(at))
	return at.AddDate(0, 0, day.DaysUntil(jpdate.Calendar{}.AddBusiness(day, days)))
}
