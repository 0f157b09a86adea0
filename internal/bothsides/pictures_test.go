package bothsides_test

import (
	"fmt"
	"slices"
	"strings"

	"kofu/internal/agree"
	"kofu/internal/agreetest"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/event"
	"kofu/internal/link"
	"kofu/internal/reservetest"
	"kofu/internal/store"
)

func (p *pair) member(pseudonym string) (m member.Member) {
	p.t.Helper()
	p.cloudRead(func(rx *store.Rx) (err error) {
		m, _, err = member.ByLink(rx, tenant, pseudonym)
		return err
	})
	return m
}

func (p *pair) cloudBookings() []reserve.Booking {
	p.t.Helper()
	return reservetest.All(p.t, p.Cloud.Desk.DB)
}

// picture is a booking as it is compared.
type picture struct {
	start   string
	office  bool
	persons []agreetest.Drawn
	units   []string // seats of each person who has not left
}

func (p *picture) add(d agreetest.Drawn, units int) {
	p.persons = append(p.persons, d)
	if d.In() {
		p.units = append(p.units, fmt.Sprintf("%s takes %d", d.Link, units))
	}
}

func (p picture) String() string {
	slices.Sort(p.units)
	return agreetest.Draw(p.start, p.persons) + "; " + strings.Join(p.units, ", ")
}

// officePictures are the bookings as the office has them. Of who has left before
// the booking service heard of the booking it has not heard.
func (a *actors) officePictures() map[string]picture {
	a.t.Helper()
	m := map[string]picture{}
	for _, id := range a.officeBookings() {
		b := a.officeBooking(id)
		one := picture{start: event.Start(b.Starts), office: b.Source == "office"}
		for _, p := range b.Persons {
			if p.Link != "" {
				one.add(agreetest.Drawn{Link: p.Link, Gen: p.Gen, Svc: p.Procs.List(), Person: p.Person}, p.Units)
			}
		}
		if len(one.persons) > 0 {
			m[id] = one
		}
	}
	return m
}

// cloudPictures are the bookings as the booking service has them.
func (a *actors) cloudPictures(there map[string]picture) map[string]picture {
	a.t.Helper()
	m := map[string]picture{}
	for _, b := range a.cloudBookings() {
		one := picture{start: event.Start(b.Starts), office: b.Theirs}
		for _, p := range b.Persons {
			heard := slices.ContainsFunc(there[b.ID].persons, func(d agreetest.Drawn) bool { return d.Link == p.Link })
			if d, shown := reservetest.Drawn(a.t, b, p, heard); shown {
				one.add(d, p.Units)
			}
		}
		if len(one.persons) > 0 {
			m[b.ID] = one
		}
	}
	return m
}

// texts are pictures to be compared.
func texts(m map[string]picture) map[string]string {
	list := map[string]string{}
	for id, p := range m {
		list[id] = p.String()
	}
	return list
}

// linkState is a code as each side knows it.
func (p *pair) linkState(pseudonym string) (office, cloud agree.Link) {
	p.t.Helper()
	p.officeRead(func(rx *store.Rx) error {
		l, _, err := link.ByID(rx, pseudonym)
		office = agree.Link{State: l.State, Gen: l.Gen}
		return err
	})
	m := p.member(pseudonym)
	return office, agree.Link{State: agree.LinkState(m.State), Gen: m.Gen}
}

// wrong says what two sides that agree may not agree about.
func (a *actors) wrong(all map[string]picture, closed []string) (list []string) {
	a.t.Helper()
	expected := map[string]int{}
	for id, b := range all {
		for _, p := range b.persons {
			if p.State() != agree.Active {
				continue
			}
			expected[p.Link]++
			l, _ := a.linkState(p.Link)
			switch {
			case slices.Contains(closed, b.start[:10]):
				list = append(list, id+": is expected on a day that is closed: "+p.Link)
			case l.State == agree.Withdrawn, l.Gen > p.Gen, l.State == agree.Closed && slices.Contains(p.Svc, agree.Receive):
				list = append(list, id+": is expected with a dead code: "+p.Link)
			}
		}
	}
	for id, b := range all {
		for _, p := range b.persons {
			if !b.office && p.State() == agree.Active && expected[p.Link] > 1 {
				list = append(list, id+": is expected twice: "+p.Link)
			}
		}
	}
	return list
}
