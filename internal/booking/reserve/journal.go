package reserve

import (
	"maps"
	"slices"

	"kofu/internal/booking/member"
	"kofu/internal/booking/sync"
	"kofu/internal/booking/ulid"
	"kofu/internal/store"
)

// journal writes the events of one act. Every row that an act locks is marked
// with the id of its first event, and gives back the last event that it knows:
// the ids of the act follow the greatest of those, so that what happened to one
// person is told in its order, whatever the clocks of the servers say.
type journal struct {
	tx     *store.Tx
	tenant int
	first  string          // with which rows are marked
	floor  string          // greatest that the rows knew
	last   string          // written last, '' before
	links  map[string]bool // locked
}

func open(tx *store.Tx, tenant int) *journal {
	return &journal{tx: tx, tenant: tenant, first: ulid.New(tx.Now), links: map[string]bool{}}
}

// lock locks members in ascending order, before any booking.
func (j *journal) lock(links ...string) error {
	sorted := slices.Sorted(slices.Values(links))
	for _, link := range slices.Compact(sorted) {
		if link == "" || j.links[link] { // anonymous, or locked before
			continue
		}
		last, err := member.Mark(j.tx, j.tenant, link, j.first)
		if err != nil {
			return err
		}
		j.locked(link, last)
	}
	return nil
}

func (j *journal) locked(link, last string) {
	j.links[link] = true
	j.floor = max(j.floor, last)
}

// booking locks a booking and returns it. Errors: fault.NotFound
// "booking.unknown".
func (j *journal) booking(id string) (Booking, error) {
	last, err := lock(j.tx, j.tenant, id, j.first)
	if err != nil {
		return Booking{}, err
	}
	j.floor = max(j.floor, last)
	return known(ByID(j.tx.Rx, j.tenant, id))
}

// withPersons locks the persons of a booking and then the booking.
func (j *journal) withPersons(id string) (Booking, error) {
	links, err := linksOf(j.tx.Rx, j.tenant, id)
	if err != nil {
		return Booking{}, err
	}
	if err := j.lock(links...); err != nil {
		return Booking{}, err
	}
	return j.booking(id)
}

// put writes an event about a booking or a member.
func (j *journal) put(t sync.Type, subject string, body any) error {
	switch {
	case j.last != "":
		j.last = ulid.After(j.tx.Now, j.last)
	case j.floor > j.first:
		j.last = ulid.After(j.tx.Now, j.floor)
	default:
		j.last = j.first
	}
	return sync.Put(j.tx, j.tenant, j.last, t, subject, body)
}

// close marks the members with the last event, where it is not the one that
// they were marked with. Bookings are marked when they are saved.
func (j *journal) close() error {
	if j.last == "" || j.last == j.first {
		return nil
	}
	for _, link := range slices.Sorted(maps.Keys(j.links)) {
		if _, err := member.Mark(j.tx, j.tenant, link, j.last); err != nil {
			return err
		}
	}
	return nil
}

// guest is a member of a booking as the office hears of it.
type guest struct {
	Link  string   `json:"link"`
	Gen   int      `json:"gen"`
	Procs []string `json:"svc"`
	Start string   `json:"start,omitempty"` // where it differs from that of the booking
}

// placed is the body of an event about a new or moved booking.
type placed struct {
	Booking string  `json:"bk"`
	Was     string  `json:"was,omitempty"` // the booking that this one replaces
	No      string  `json:"no"`
	Members []guest `json:"members"`
	Window  string  `json:"window"`
	Start   string  `json:"start"`
	Minutes int     `json:"min"`
	Party   int     `json:"party"`
	Units   int     `json:"units"`
	Seat    string  `json:"seat"`
	Via     Via     `json:"via"`
	Lang    string  `json:"lang,omitempty"`
}

// place tells the office where a booking is.
func (j *journal) place(t sync.Type, b *Booking, was string) error {
	body := placed{
		Booking: b.ID, Was: was, No: b.No, Window: b.WindowID, Start: b.Starts.In(store.Tokyo).Format("2006-01-02T15:04:05Z07:00"),
		Minutes: b.Minutes, Party: len(b.Live()), Units: b.Units(), Seat: string(b.Side), Via: b.Via, Lang: b.Lang,
	}
	for _, p := range b.Live() {
		g := guest{Link: p.Link, Gen: p.Gen}
		for _, one := range p.Procs.List() {
			g.Procs = append(g.Procs, string(one))
		}
		if p.SlotID != b.SlotID {
			g.Start = p.SlotID[len(b.WindowID)+1:] + ":00+09:00"
		}
		body.Members = append(body.Members, g)
	}
	if err := j.put(t, b.ID, body); err != nil {
		return err
	}
	b.PlacedEvent = j.last
	return nil
}

// about is the body of an event about a booking, or about one person of it.
type about struct {
	Booking string `json:"bk"`
	Link    string `json:"link,omitempty"`
	By      string `json:"by,omitempty"`
}

// tell writes an event about persons of a booking: one for all who are in it, or
// one each.
func (j *journal) tell(t sync.Type, b Booking, persons ...*Person) error {
	if len(persons) == len(b.Live()) || len(persons) == len(b.Persons) {
		return j.put(t, b.ID, about{Booking: b.ID})
	}
	for _, p := range persons {
		if err := j.put(t, b.ID, about{Booking: b.ID, Link: p.Link}); err != nil {
			return err
		}
	}
	return nil
}
