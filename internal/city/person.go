package city

import (
	"fmt"
	"time"
)

// The 異動事由 of the standard code table that occur in the city.
const (
	movedIn       = "01"
	born          = "03"
	movedOut      = "21"
	wentAbroad    = "22"
	died          = "23"
	deleted       = "26"
	entryUndone   = "09"
	removalUndone = "28"
	movedWithin   = "41"
	minorChange   = "42"
	corrected     = "43"
	numberChanged = "45"
	householdLeft = "50"
	headChanged   = "53"
	formerAdded   = "54"
	aliasAdded    = "57"
	changeUndone  = "59"
)

// The 住民状態.
const (
	living  = "1"
	gone    = "2"
	dead    = "3"
	removed = "9"
)

// person is one resident as the registry knows them at some night.
type person struct {
	number    int    // from 0; newcomers follow the first population
	no        string // 宛名番号
	household string
	foreign   bool
	state     string
	name      word   // 氏名 of a Japanese, full-width kana
	roman     string // 氏名 of a foreigner
	kanji     string // of a foreigner who has one
	alias     word   // 通称
	former    word   // 旧氏
	priority  string // 氏名優先区分
	sex       string // 1, 2
	birth     birth
	home      home
	stay      time.Time // 在留期間の満了の日
	event     string    // the last 異動事由, "" for none
	on        time.Time // of the event
}

// birth is a date of birth as far as it is known; 0 stands for unknown.
type birth struct{ year, month, day int }

func (b birth) compact() string { return fmt.Sprintf("%04d%02d%02d", b.year, b.month, b.day) }

func (b birth) known() bool { return b.month != 0 && b.day != 0 }

// home is an address.
type home struct {
	town     town
	block    int // 丁目, 0 for none
	lot, sub int // 番, 号 or 番地, 枝番
	building string
	nowhere  bool // 住所不定
}

// envelope is the name that stands on mail, as 氏名優先区分 says.
func (p *person) envelope() word {
	switch {
	case p.priority == "09":
		return p.alias
	case p.foreign && p.priority == "01":
		return word{text: p.kanji, old: p.kanji}
	case p.foreign:
		return word{text: p.roman, old: p.roman}
	}
	return p.name
}

// The sizes of the households of twelve people who stand together.
var partitions = [][]int{
	{1, 2, 4, 1, 3, 1}, {2, 1, 1, 5, 2, 1}, {4, 4, 1, 1, 2}, {1, 1, 1, 2, 2, 3, 2}, {3, 1, 2, 1, 1, 4},
}

const people = 12 // of a partition

// seat returns the number of the head of a person's household and the seat in it.
func (c *City) seat(i int) (head, seat int) {
	first := i / people * people
	at := i - first
	for _, size := range pick(c.dice(ofHousehold, first), partitions) {
		if at < size {
			return first, at
		}
		first, at = first+size, at-size
	}
	return first, at
}

// person computes a resident of the first night before any of the city's
// events has touched them.
func (c *City) person(i int) *person {
	head, seat := c.seat(i)
	d, family := c.dice(ofPerson, i), c.dice(ofHousehold, head<<1|1)
	p := &person{
		number: i, no: fmt.Sprintf("%010d", 1_000_003+7*i), household: fmt.Sprintf("%010d", 5_000_000+3*head),
		state: living, priority: "01",
	}
	surname, foreign := family.surname(), family.chance(300)
	p.home = family.home()
	p.sex = []string{"1", "2"}[(d.n(2)+seat)%2]
	p.birth = c.birthday(d, c.age(d, family.between(22, 96), seat))
	given := pick(d, map[string][]word{"1": male, "2": female}[p.sex])
	p.name = join(surname, given)
	if foreign {
		p.makeForeign(c, d)
	} else if d.chance(150) {
		p.former = d.surname()
	}
	p.history(c, d)
	if n := i - 500; i%1000 == 999 && n%1000 == 499 {
		p.double(c.person(n))
	}
	if i < len(edges) {
		edges[i](c, p)
	}
	return p
}

// join makes a full name.
func join(surname, given word) word {
	return word{surname.text + " " + given.text, surname.old + " " + given.old, surname.kana + " " + given.kana}
}

// age of a member of a household whose head has the given age.
func (c *City) age(d *dice, head, seat int) int {
	switch seat {
	case 0:
		return head
	case 1:
		return max(18, head+d.between(-6, 6))
	}
	return max(0, head-d.between(22, 40))
}

func (c *City) birthday(d *dice, age int) birth {
	t := c.today.AddDate(-age, 0, -d.n(365))
	b := birth{t.Year(), int(t.Month()), t.Day()}
	switch {
	case age > 60 && d.chance(10):
		b.day = 0
	case age > 70 && d.chance(10):
		b.month, b.day = 0, 0
	}
	return b
}

func (d *dice) home() home {
	h := home{town: pick(d, towns), lot: d.between(1, 48), sub: d.between(1, 30)}
	if h.town.blocks > 0 {
		h.block = d.between(1, h.town.blocks)
	} else {
		h.lot = d.between(1, 2400)
	}
	if d.chance(4000) {
		h.building = fmt.Sprintf("%s%d%02d号室", pick(d, buildings), d.between(1, 9), d.between(1, 12))
	}
	return h
}

func (p *person) makeForeign(c *City, d *dice) {
	f := pick(d, foreigners)
	p.foreign, p.roman, p.kanji, p.priority = true, f.roman, f.kanji, "02"
	p.sex = map[string]string{"M": "1", "F": "2"}[f.sex]
	p.name = word{}
	if f.kanji != "" && d.chance(5000) {
		p.priority = "01"
	}
	if d.chance(2500) {
		p.alias, p.priority = join(d.surname(), pick(d, female)), "09"
	}
	p.stay = c.today.AddDate(0, d.between(-1, 60), d.n(28))
}

// history gives the last event of a resident: most were born here or moved in
// long ago, one in fifty is no resident any more.
func (p *person) history(c *City, d *dice) {
	longAgo := c.today.AddDate(0, 0, -d.between(400, 8000))
	earliest := time.Date(p.birth.year, time.Month(max(1, p.birth.month)), max(1, p.birth.day), 0, 0, 0, 0, time.UTC)
	if longAgo.Before(earliest) {
		longAgo = earliest
	}
	switch n := d.n(1000); {
	case n < 430 && p.birth.known():
		p.event, p.on = born, earliest
	case n < 800:
		p.event, p.on = movedIn, longAgo
	case n < 940:
		p.event, p.on = movedWithin, longAgo
	case n < 980:
		p.event, p.on = corrected, longAgo
	default:
		end := []struct{ event, state string }{{movedOut, gone}, {died, dead}, {movedOut, gone}, {died, dead}, {wentAbroad, gone}, {deleted, removed}}
		e := pick(d, end)
		p.event, p.state, p.on = e.event, e.state, longAgo
	}
}

// double makes two people who agree in name, sex and date of birth, which only
// their addresses tell apart.
func (p *person) double(of *person) {
	p.foreign, p.roman, p.kanji, p.alias, p.priority, p.stay = of.foreign, of.roman, of.kanji, of.alias, of.priority, of.stay
	p.name, p.former, p.sex, p.birth = of.name, of.former, of.sex, of.birth
}
