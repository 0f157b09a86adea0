package city

import (
	"fmt"
	"strings"
	"time"
)

// Delivery is one parcel of J-LIS.
type Delivery struct {
	LotNo     string // 発送番号
	ShippedOn time.Time
	Cards     []Card
}

// Card is one line of a delivery list.
type Card struct {
	Box, Seq      string
	NoticeNo      string // A1B-000123
	ApplicationID string
	Kind          string // 申請区分
	AppliedOn     string // 20261022
	Name          string // as J-LIS spells it, in characters of CP932
	Address       string
	Birth         string // 19650401, 00 for unknown parts
	ExpiresOn     string
	Certificate   string // 1 with, 0 without
	Method        string // 交付方式
	Remark        string

	resident int // whose card it is
}

// boxSize is how many cards J-LIS puts into one box.
const boxSize = 100

// Deliveries returns the parcels, the oldest first. The newest was shipped on
// the working day before Config.Today.
func (c *City) Deliveries() []Delivery { return c.lots() }

func (c *City) deliveries() []Delivery {
	shipped := c.today.AddDate(0, 0, -1)
	for shipped.Weekday() == time.Saturday || shipped.Weekday() == time.Sunday {
		shipped = shipped.AddDate(0, 0, -1)
	}
	holders := c.holders()
	all := make([]Delivery, c.cfg.Deliveries)
	for k := c.cfg.Deliveries - 1; k >= 0; k-- { // the newest gets the edge cases first
		on := shipped.AddDate(0, 0, -7*(c.cfg.Deliveries-1-k))
		lot := Delivery{LotNo: compact(on) + "-01", ShippedOn: on}
		number := c.dice(ofCard, -1-k).between(1, 800)
		for n := range c.cfg.Cards {
			d := c.dice(ofCard, k*c.cfg.Cards+n)
			number += 1 + d.n(2)
			lot.Cards = append(lot.Cards, c.card(d, holders(), n, on, fmt.Sprintf("%s-%06d", series(k), number)))
		}
		all[k] = lot
	}
	return all
}

// series is the first part of the numbers of a delivery.
func series(k int) string { return fmt.Sprintf("K%d%c", k/20%10, "ABCDEFGHJKLMNPQRSTUV"[k%20]) }

// chosen are edge cases that must have a card: people whom only a look at the
// address tells apart, 通称, unknown dates, plane 2, byte traps, leap day.
var chosen = []int{6, 8, 5, 15, 14, 3, 7}

// holders returns a function that gives one resident after the other, each
// once, in an order that has nothing to do with their numbers.
func (c *City) holders() func() int {
	n := c.cfg.Population
	d := c.dice(ofOrder, 0)
	step, at := n*618/1000+d.n(7), d.n(n)
	for gcd(step, n) != 1 {
		step++
	}
	given := 0
	return func() int {
		if given < len(chosen) {
			given++
			return chosen[given-1]
		}
		for {
			at = (at + step) % n
			if at >= len(edges) && c.person(at).state == living {
				return at
			}
		}
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// card makes the line of resident i, the n-th of its delivery.
func (c *City) card(d *dice, i, n int, shipped time.Time, number string) Card {
	p := c.person(i)
	applied := shipped.AddDate(0, 0, -d.between(20, 40))
	card := Card{
		Box: fmt.Sprintf("%03d", n/boxSize+1), Seq: fmt.Sprintf("%04d", n%boxSize+1),
		NoticeNo: number, ApplicationID: d.digits(23), Kind: "1", AppliedOn: compact(applied),
		Name: p.envelope().old, Address: Name + p.home.line(), Birth: p.birth.compact(),
		ExpiresOn: p.birth.expires(applied), Certificate: "1", Method: "1", resident: i,
	}
	switch x := d.n(100); {
	case x < 8:
		card.Kind = "3"
	case x < 11:
		card.Kind = "2"
	case x < 12:
		card.Kind = "4"
	}
	if d.chance(300) {
		card.Certificate = "0"
	}
	// J-LIS knows what stood on the application: some people have changed since.
	switch {
	case n%83 == 70:
		card.Birth = birth{p.birth.year - 1, max(1, p.birth.month), max(1, p.birth.day)}.compact() // misread by the scanner
	case n%71 == 60 && !p.foreign:
		card.Name = plain(p.name.text) // spelt without the variant, or with the surname before marriage
		if card.Name == p.name.old {
			card.Name = replaceSurname(card.Name, d.surname().old)
		}
	}
	return card
}

// plain writes a name with ordinary characters.
func plain(name string) string {
	for _, g := range gaiji {
		name = strings.ReplaceAll(name, g.text, g.base)
	}
	return name
}

func replaceSurname(name, surname string) string {
	_, given, _ := strings.Cut(name, " ")
	return surname + " " + given
}

// expires is the tenth birthday after the application, the fifth for minors.
func (b birth) expires(applied time.Time) string {
	month, day := b.month, b.day
	if month == 0 {
		month, day = 12, 31
	}
	if day == 0 {
		day = time.Date(b.year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	}
	years := applied.Year() - b.year
	if applied.Before(time.Date(applied.Year(), time.Month(month), day, 0, 0, 0, 0, time.UTC)) {
		years--
	}
	add := 10
	if years < 18 {
		add = 5
	}
	year := b.year + years + add
	if month == 2 && day == 29 && time.Date(year, 2, 29, 0, 0, 0, 0, time.UTC).Month() != 2 {
		day = 28
	}
	return fmt.Sprintf("%04d%02d%02d", year, month, day)
}
