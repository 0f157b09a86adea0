package city

import (
	"iter"
	"time"
)

// Night says which registry file is meant.
type Night int

// The nights: the first file of a new installation, and the file of the next
// night, in which one resident in a hundred has changed.
const (
	FirstNight Night = iota
	NextNight
)

// fate is what happens to a resident whose card is on the way.
type fate struct {
	night Night
	happened
}

// happened is an event and, when it was a mistake, its cancellation.
type happened struct {
	event, undone string
}

// The events of residents with a card, in the order in which they are dealt out.
var (
	beforeFirst = []happened{{event: movedWithin}, {event: died}, {event: movedWithin}, {event: movedOut}}
	beforeNext  = []happened{
		{event: died},
		{event: movedOut},
		{event: movedWithin},
		{event: formerAdded},
		{event: movedOut, undone: removalUndone},
		{event: minorChange},
		{event: movedWithin, undone: changeUndone},
		{event: wentAbroad},
		{event: aliasAdded},
		{event: numberChanged},
		{event: corrected},
		{event: headChanged},
	}
	// of everybody else, by weight
	ofOthers = []happened{
		{event: movedWithin},
		{event: movedWithin},
		{event: movedWithin},
		{event: movedOut},
		{event: movedOut},
		{event: died},
		{event: died},
		{event: minorChange},
		{event: corrected},
		{event: householdLeft},
		{event: headChanged},
		{event: formerAdded},
		{event: wentAbroad},
		{event: deleted},
		{event: movedOut, undone: removalUndone},
	}
)

func (c *City) fates() map[int]fate {
	all := map[int]fate{}
	for _, lot := range c.Deliveries() {
		for n, card := range lot.Cards {
			switch {
			case card.resident < len(edges):
			case n%45 == 30:
				all[card.resident] = fate{FirstNight, beforeFirst[n/45%len(beforeFirst)]}
			case n%24 == 10:
				all[card.resident] = fate{NextNight, beforeNext[n/24%len(beforeNext)]}
			}
		}
	}
	return all
}

// states returns the rows of resident i at a night: one, or two when an event
// and its cancellation came in the same file. changed tells whether the next
// night's differ from the first night's.
func (c *City) states(i int, night Night) (rows []*person, changed bool) {
	p := c.person(i)
	f, fated := c.acts()[i]
	if fated && f.night == FirstNight {
		return c.after(p, f.happened, FirstNight), false
	}
	if night == FirstNight {
		return []*person{p}, false
	}
	d := c.dice(ofNight, i)
	switch {
	case fated:
		return c.after(p, f.happened, NextNight), true
	case p.state != living || i < len(edges):
	case d.chance(100):
		return c.after(p, pick(d, ofOthers), NextNight), true
	}
	return []*person{p}, false
}

// after lets something happen to a resident.
func (c *City) after(p *person, h happened, night Night) []*person {
	days := -1
	if night == FirstNight {
		days = -3 - p.number%5
	}
	changed := *p
	changed.event, changed.on = h.event, c.today.AddDate(0, 0, days)
	d := c.dice(ofNight, 1<<40|p.number)
	switch h.event {
	case died:
		changed.state = dead
	case movedOut, wentAbroad:
		changed.state = gone
	case deleted:
		changed.state = removed
	case movedWithin:
		changed.home = d.home()
	case minorChange:
		changed.home.building = pick(d, buildings)
	case corrected:
		if !changed.foreign {
			changed.name = join(d.surname(), pick(d, female))
		}
	case formerAdded:
		changed.former = d.surname()
	case aliasAdded:
		changed.alias = join(d.surname(), pick(d, male))
	}
	if h.undone == "" {
		return []*person{&changed}
	}
	back := *p
	back.event, back.on = h.undone, changed.on
	return []*person{&changed, &back}
}

// residents goes through the rows of a registry file by 宛名番号. With
// changedOnly it leaves out those whose row is as on the first night.
func (c *City) residents(night Night, changedOnly bool) iter.Seq[*person] {
	return func(yield func(*person) bool) {
		for i := range c.cfg.Population {
			rows, changed := c.states(i, night)
			if changedOnly && !changed {
				continue
			}
			for _, p := range rows {
				if !yield(p) {
					return
				}
			}
		}
		if night == FirstNight {
			return
		}
		for j := range max(1, c.cfg.Population/500) {
			if !yield(c.newcomer(j)) {
				return
			}
		}
	}
}

// newcomer is a resident of whom the first night knew nothing.
func (c *City) newcomer(j int) *person {
	p := c.person(c.cfg.Population + j)
	if p.state != living {
		p.state = living
	}
	p.event, p.on = movedIn, c.today.AddDate(0, 0, -1)
	if c.dice(ofNewcomer, j).chance(3000) {
		yesterday := c.today.AddDate(0, 0, -1)
		p.event, p.on = born, yesterday
		p.birth = birth{yesterday.Year(), int(yesterday.Month()), yesterday.Day()}
		p.foreign, p.roman, p.kanji, p.alias, p.former, p.priority, p.stay = false, "", "", word{}, word{}, "01", time.Time{}
		if p.name == (word{}) {
			p.name = surnames[0]
		}
	}
	return p
}
