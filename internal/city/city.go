// Package city makes a synthetic city: its residents, the cards that J-LIS
// sends for them, and the files in which both arrive, in every sample layout
// that the program reads. Practice mode, tests and benchmarks live on it.
//
// The same [Config] gives the same bytes on every machine. Nothing is kept per
// resident: each one is computed from the seed and a number, so a city of
// millions is written in a few kilobytes of memory. City, towns, postal codes
// and people are made up; the postal codes begin with 000, which Japan Post
// does not use. No 個人番号 occurs anywhere.
//
// The package reads nothing and writes no tables.
package city

import (
	"fmt"
	"sync"
	"time"

	"kofu/internal/fault"
)

// The city that everybody can recognise as made up.
const (
	Prefecture = "見本県"
	Name       = "霧ヶ原市"
	Code       = "999999" // 団体コード
	// GaijiSet names the meaning that this city gives to private use characters.
	GaijiSet = "住基"
)

// Config says which city to make. The zero value of a field takes the default.
type Config struct {
	Population int       // residents of the first night, default 20,000, at least 100
	Seed       uint64    // another seed makes other people
	Today      time.Time // the day on which the newest parcel is opened; required
	Cards      int       // cards of one delivery, default 500, fewer in a small city
	Deliveries int       // parcels over the last weeks, default 3
}

// Smallest is the smallest population: it has every kind of edge case once.
const Smallest = 100

// City is a synthetic city. It is safe for concurrent use.
type City struct {
	cfg   Config
	today time.Time // midnight UTC of the day in Japan
	lots  func() []Delivery
	acts  func() map[int]fate // residents with a card to whom something happens
}

// New makes a city. Errors: fault.Invalid "city.too_small" below [Smallest],
// "city.too_many_cards" for more cards than half the population.
func New(cfg Config) (*City, error) {
	if cfg.Population == 0 {
		cfg.Population = 20_000
	}
	if cfg.Deliveries == 0 {
		cfg.Deliveries = 3
	}
	if cfg.Cards == 0 {
		cfg.Cards = min(500, cfg.Population/(2*cfg.Deliveries))
	}
	switch {
	case cfg.Population < Smallest:
		return nil, fault.New(fault.Invalid, "city.too_small", "population", fmt.Sprint(cfg.Population), "smallest", fmt.Sprint(Smallest))
	case cfg.Today.IsZero():
		return nil, fmt.Errorf("a city without a day")
	case cfg.Cards < 1 || cfg.Deliveries < 1 || cfg.Cards*cfg.Deliveries*2 > cfg.Population:
		return nil, fault.New(fault.Invalid, "city.too_many_cards", "population", fmt.Sprint(cfg.Population),
			"deliveries", fmt.Sprint(cfg.Deliveries), "cards", fmt.Sprint(cfg.Cards))
	}
	c := &City{cfg: cfg, today: day(cfg.Today)}
	c.lots = sync.OnceValue(c.deliveries)
	c.acts = sync.OnceValue(c.fates)
	return c, nil
}

// day is midnight UTC of the day that t has in Japan.
func day(t time.Time) time.Time {
	y, m, d := t.In(time.FixedZone("JST", 9*60*60)).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// compact writes a day as files of old systems do: 20261118.
func compact(t time.Time) string { return t.Format("20060102") }
