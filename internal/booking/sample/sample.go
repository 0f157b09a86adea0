// Package sample makes two municipalities to practise with: windows, codes with
// birth dates as letters would show them, bookings of the last weeks with who
// came and who did not, bookings to come, a waiting list, accounts for staff.
// Everything happens through the acts of the service, on the days on which it
// would have happened. Writes no tables of its own.
package sample

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"kofu/internal/booking/front"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/booking/town"
	"kofu/internal/booking/wish"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/linkcode"
	"kofu/internal/staff"
	"kofu/internal/store"
)

// Sample is what somebody needs who wants to try the service.
type Sample struct {
	Towns []Town `json:"towns"`
}

// Town is one of the municipalities.
type Town struct {
	Name     string    `json:"name"`
	Host     string    `json:"host"`
	Accounts []Account `json:"accounts"`
	Codes    []Code    `json:"codes"`
	Key      string    `json:"key"` // access key of a booking without a code, "" where there is none
	KeyNo    string    `json:"keyNo"`
}

// Account is one account of the staff.
type Account struct {
	Role     string `json:"role"`
	Login    string `json:"login"`
	Password string `json:"password"`
}

// Code is the code of a letter that has no booking yet.
type Code struct {
	Code  string `json:"code"`
	Birth string `json:"birth"` // YYYY-MM-DD
}

const (
	file     = "practice.json"
	before   = 30  // days: how long ago the service began
	past     = 150 // people who had a booking
	coming   = 60  // people who have one
	without  = 40  // people who have none yet
	shown    = 10  // codes that are shown
	cameOf10 = 9   // how many of ten came
)

// itself is on whose behalf the sample is made.
var itself = store.Actor{ID: "sample", Name: "sample", Role: "sample", Terminal: "sample", Employee: true}

// Fill makes the municipalities at the first start and returns what is needed to
// try them; later starts return the same. Errors: fault.Conflict "sample.exists"
// for a database with municipalities of which the folder knows nothing.
func Fill(ctx context.Context, dir string, o town.Options) (s Sample, err error) {
	defer fault.Add(&err, "sample.Fill")
	name := filepath.Join(dir, file)
	b, err := os.ReadFile(name) //nolint:gosec // a file of the data folder
	if err == nil {
		return s, json.Unmarshal(b, &s)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return Sample{}, err
	}
	now := o.Clock()
	clock := &clock{}
	clock.set(now.AddDate(0, 0, -before))
	o.Clock, o.Migrate, o.Practice = clock.now, true, true
	if o.Database == "" { // what an interrupted start has left
		for _, rest := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(filepath.Join(dir, "kofu-booking.db"+rest)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return Sample{}, err
			}
		}
	}
	service, err := town.Open(ctx, dir, o)
	if err != nil {
		return Sample{}, err
	}
	defer func() { err = errors.Join(err, service.Close()) }()
	towns, err := service.All(ctx)
	if err != nil {
		return Sample{}, err
	}
	if len(towns) > 0 {
		return Sample{}, fault.New(fault.Conflict, "sample.exists")
	}
	for i, p := range places {
		clock.set(now.AddDate(0, 0, -before))
		m := &maker{Context: ctx, service: service, clock: clock, now: now, place: p, tenant: i + 1, db: service.DB.For(i + 1), dice: &dice{n: uint64(i)*7919 + 1}}
		made, err := m.make()
		if err != nil {
			return Sample{}, fmt.Errorf("%s: %w", p.host, err)
		}
		s.Towns = append(s.Towns, made)
	}
	if b, err = json.MarshalIndent(s, "", "  "); err != nil {
		return Sample{}, err
	}
	return s, os.WriteFile(name, b, 0o600)
}

// dice is a small generator: the same town every time.
type dice struct{ n uint64 }

func (r *dice) intN(n int) int {
	r.n = r.n*6364136223846793005 + 1442695040888963407
	return int((r.n >> 33) % uint64(n))
}

// clock goes through the days of the sample.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time   { return time.UnixMilli(c.at.Load()).UTC() }
func (c *clock) set(at time.Time) { c.at.Store(at.UnixMilli()) }
func (c *clock) until(at time.Time) { // never back
	if at.After(c.now()) {
		c.set(at)
	}
}

// maker makes one municipality.
type maker struct {
	context.Context //nolint:containedctx // lives as long as the making

	service *town.Service
	clock   *clock
	now     time.Time
	place   place
	tenant  int
	db      *store.DB
	dice    *dice

	keyID   string
	key     []byte
	codes   []Code
	members []member.Member
	clerk   store.Actor // who books for residents
}

func (m *maker) make() (t Town, err error) {
	t = Town{Name: m.place.name, Host: m.place.host}
	for _, step := range []func() error{
		m.town, m.windows, m.people, m.bookPast, m.visits, m.bookComing,
		func() error { t.Accounts, err = m.accounts(); return err },
		func() error { t.KeyNo, t.Key, err = m.keyless(); return err },
		m.wishes, m.inquiries, m.contacts,
	} {
		if err := step(); err != nil {
			return Town{}, err
		}
	}
	t.Codes = m.codes[past+coming : past+coming+shown]
	return t, nil
}

// town registers the municipality with its key and its terms.
func (m *maker) town() error {
	err := slot.AddTenant(m, m.service.DB, itself, slot.Tenant{
		ID: m.tenant, Host: m.place.host, Name: m.place.name, PartyMax: 4, UntilMinute: 1440, FewPercent: 30,
	})
	if err != nil {
		return err
	}
	keys, err := m.service.Keys(m.tenant)
	if err != nil {
		return err
	}
	if m.keyID, err = keys.Codes.Make(rand.Reader); err != nil {
		return err
	}
	m.key = keys.Codes.Keys()[m.keyID]
	return m.db.Write(m, itself, func(tx *store.Tx) error {
		if err := staff.Seed(tx, staff.BookingRoles); err != nil {
			return err
		}
		p := terms.DefaultPolicy()
		p.Phone, p.Hours, p.WaitingList, p.Adjacent = m.place.phone, m.place.hours, true, true
		if m.place.keyless {
			p.AuthModes, p.PII, p.UnconfirmedKeys = []terms.Mode{terms.LinkBirth, terms.AccessKey}, terms.PIIOff, true
		}
		if _, err := terms.SavePolicy(tx, m.tenant, p, 0); err != nil || m.place.wording == nil {
			return err
		}
		_, err := terms.SaveWording(tx, m.tenant, terms.Wording{Texts: m.place.wording}, 0)
		return err
	})
}

func (m *maker) windows() error {
	for _, w := range m.place.windows {
		w.HorizonDays, w.LastStart, w.LastEnd, w.LateMinutes, w.Counters = 31, 1170, 1200, 10, 2
		w.Book, w.Change, w.Cancel = slot.Deadline{Days: 1, Minute: 1020}, slot.Deadline{Days: 1, Minute: 1020}, slot.Deadline{Days: 1, Minute: 1020}
		w.OfficeSeats, w.PhoneHours = slot.InCloud, m.place.hours
		if _, err := slot.SaveWindow(m, m.db, itself, m.tenant, w); err != nil {
			return err
		}
		var patterns []slot.Pattern
		for day := time.Monday; day <= time.Friday; day++ {
			for _, hours := range [][2]int{{540, 720}, {780, 1020}} {
				patterns = append(patterns, slot.Pattern{Weekday: day, FromMinute: hours[0], ToMinute: hours[1], SlotMinutes: 30, WebCap: 2, OfficeCap: 1})
			}
		}
		if _, err := slot.SetPattern(m, m.db, itself, m.tenant, w.ID, patterns); err != nil {
			return err
		}
	}
	return nil
}

// people registers codes; every seventh belongs to a household of two.
func (m *maker) people() error {
	for i := range past + coming + without {
		code, err := linkcode.New(rand.Reader)
		if err != nil {
			return err
		}
		birth := jpdate.DayOf(1940+m.dice.intN(66), 1+m.dice.intN(12), 1+m.dice.intN(28))
		var link [8]byte
		if _, err := rand.Read(link[:]); err != nil {
			return err
		}
		one := member.Member{
			Link: hex.EncodeToString(link[:]), Gen: 1, KeyID: m.keyID, CodeMAC: code.Hash(m.key), BirthMAC: code.HashWithBirth(m.key, birth.Digits()),
			Procs: "pin receive", From: m.clock.now(), Until: m.now.AddDate(0, 6, 0), State: member.Ready,
		}
		if i%7 == 1 {
			m.members[i-1].Group, m.members[i-1].Ordinal = "g"+one.Link, 1
			one.Group, one.Ordinal = "g"+one.Link, 2
		}
		m.members = append(m.members, one)
		m.codes = append(m.codes, Code{code.Format(), string(birth)})
	}
	return member.Import(m, m.db, itself, m.tenant, m.members)
}

// slots returns the slots between two instants at all windows, in a random order.
func (m *maker) slots(from, to time.Time) (list []slot.Slot, err error) {
	err = m.db.Read(m, func(rx *store.Rx) error {
		for _, w := range m.place.windows {
			all, err := slot.From(rx, m.tenant, w.ID, from)
			if err != nil {
				return err
			}
			list = append(list, slices.DeleteFunc(all, func(s slot.Slot) bool { return !s.Open || s.Starts.After(to) })...)
		}
		return nil
	})
	for i := range list {
		j := i + m.dice.intN(len(list)-i)
		list[i], list[j] = list[j], list[i]
	}
	return list, err
}

// book gives people seats between two instants, as far as there are any.
func (m *maker) book(people []member.Member, from, to time.Time) error {
	free, err := m.slots(from, to)
	if err != nil || len(free) == 0 {
		return err
	}
	for i, one := range people {
		by := reserve.By{Via: reserve.ByWeb, Link: one.Link}
		side := slot.Web
		if i%5 == 4 {
			by, side = reserve.By{Via: reserve.ByPhone}, slot.Office
		}
		_, err := reserve.Book(m, m.db, itself, reserve.Request{
			Tenant: m.tenant, Token: rand.Text(), By: by, Side: side, SlotID: free[i%len(free)].ID, Lang: "ja",
			Guests: []reserve.Guest{{Link: one.Link, Gen: one.Gen, Procs: "receive"}},
		})
		if err != nil && !fault.Is(err, fault.Conflict, "slot.full") && !fault.Is(err, fault.Conflict, "slot.deadline") {
			return err
		}
		m.clock.set(m.clock.now().Add(time.Minute))
	}
	return nil
}

// bookPast books visits of the last weeks, on the day after the opening.
func (m *maker) bookPast() error {
	m.clock.set(m.clock.now().Add(24 * time.Hour))
	return m.book(m.members[:past], m.clock.now().Add(4*24*time.Hour), m.now.AddDate(0, 0, -1))
}

// visits lets people come, and closes each day.
func (m *maker) visits() error {
	list, err := m.slots(m.clock.now(), m.now.AddDate(0, 0, -1))
	if err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b slot.Slot) int { return a.Starts.Compare(b.Starts) })
	byDay := map[jpdate.Day][]slot.Slot{}
	var days []jpdate.Day
	for _, s := range list {
		if byDay[s.Day] == nil {
			days = append(days, s.Day)
		}
		byDay[s.Day] = append(byDay[s.Day], s)
	}
	for _, day := range days {
		for _, s := range byDay[day] {
			if err := m.receive(s); err != nil {
				return err
			}
		}
		if err := m.closeDay(day, byDay[day]); err != nil {
			return err
		}
	}
	return nil
}

// receive lets most of a slot's people come.
func (m *maker) receive(s slot.Slot) error {
	var ids []string
	err := m.db.Read(m, func(rx *store.Rx) (err error) {
		ids, err = bookingsAt(rx, m.tenant, s.ID)
		return err
	})
	if err != nil {
		return err
	}
	m.clock.until(s.Starts.Add(2 * time.Minute))
	for _, id := range ids {
		if m.dice.intN(10) >= cameOf10 {
			continue
		}
		visit := reserve.Visit{Tenant: m.tenant, BookingID: id, WindowID: s.WindowID}
		err := m.db.Write(m, itself, func(tx *store.Tx) error { _, err := reserve.Arrive(tx, visit); return err })
		if err != nil {
			return err
		}
		m.clock.set(m.clock.now().Add(9 * time.Minute))
		err = m.db.Write(m, itself, func(tx *store.Tx) error { _, err := reserve.Finish(tx, visit, reserve.Handled{}); return err })
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *maker) closeDay(day jpdate.Day, slots []slot.Slot) error {
	last := slots[len(slots)-1]
	m.clock.until(last.Starts.Add(time.Hour))
	if _, err := reserve.MarkMissed(m, m.db, itself, m.tenant); err != nil {
		return err
	}
	return m.db.Write(m, itself, func(tx *store.Tx) error {
		for _, w := range m.place.windows {
			if _, err := reserve.CloseDay(tx, m.tenant, w.ID, day); err != nil {
				return err
			}
		}
		return nil
	})
}

// bookComing books the next weeks, half of it on the last days. The last days
// before today are booked before their deadline has passed.
func (m *maker) bookComing() error {
	m.clock.until(m.now.Add(-3 * time.Hour))
	if _, err := slot.Generate(m, m.db, itself, m.tenant); err != nil {
		return err
	}
	people := m.members[past : past+coming]
	if err := m.book(people[:coming/2], m.now, m.now.AddDate(0, 0, 7)); err != nil {
		return err
	}
	if err := m.book(people[coming/2:], m.now, m.now.AddDate(0, 0, 28)); err != nil {
		return err
	}
	m.clock.set(m.now)
	return nil
}

// accounts makes an account for each role in question.
func (m *maker) accounts() (list []Account, err error) {
	keys, err := m.service.Keys(m.tenant)
	if err != nil {
		return nil, err
	}
	hasher := staff.NewHasher(staff.StandardCost, keys.Ring)
	for _, p := range m.place.staff {
		made, password, err := staff.Create(m, m.db, hasher, itself, staff.New{
			Login: p.login, Name: p.name, Roles: p.roles, Employee: true, AllWindows: true,
		})
		if err != nil {
			return nil, err
		}
		err = m.db.Write(m, itself, func(tx *store.Tx) error { return staff.PasswordChosen(tx, made.ID) })
		if err != nil {
			return nil, err
		}
		if slices.Contains(p.roles, staff.RoleBooker) {
			m.clerk = store.Actor{ID: made.ID, Name: p.name, Role: staff.RoleBooker, Terminal: "sample", Employee: true}
		}
		list = append(list, Account{p.roles[0], p.login, password})
	}
	return list, nil
}

// keyless makes a booking without a code, where the municipality takes them.
func (m *maker) keyless() (no, key string, err error) {
	if !m.place.keyless {
		return "", "", nil
	}
	keys, err := m.service.Keys(m.tenant)
	if err != nil {
		return "", "", err
	}
	free, err := m.slots(m.now.Add(72*time.Hour), m.now.AddDate(0, 0, 14))
	if err != nil {
		return "", "", err
	}
	desk := front.Desk{DB: m.db, Tenant: m.tenant, Ring: keys.Ring, Base: "http://" + m.place.host}
	for _, s := range free {
		k := front.Keyless{Lang: "ja"}
		k.Tenant, k.Token, k.By, k.SlotID = m.tenant, rand.Text(), reserve.By{Via: reserve.ByWeb}, s.ID
		k.Guests, k.Side, k.Keys, k.Address = []slot.Procs{"pin"}, slot.Web, keys.Codes.Keys(), netip.MustParseAddr("192.0.2.1")
		made, err := desk.BookKeyless(m, itself, k)
		if fault.Is(err, fault.Conflict, "slot.full") {
			continue
		}
		if err != nil {
			return "", "", err
		}
		return made.Booking.No, made.Key.Format(), nil
	}
	return "", "", errors.New("no free slot")
}

// wishes puts some people on the waiting list.
func (m *maker) wishes() error {
	for i := range 5 {
		one := m.members[past+coming+shown+i]
		_, err := wish.Put(m, m.db, itself, m.tenant, wish.Wish{
			Windows: []string{m.place.windows[0].ID}, Notify: wish.ByPhone, Lang: "ja",
			From: jpdate.Day(store.Day(m.now.AddDate(0, 0, 2))), To: jpdate.Day(store.Day(m.now.AddDate(0, 0, 5))),
			Bands:  []wish.Band{{FromMinute: 540, ToMinute: 720}},
			Guests: []reserve.Guest{{Link: one.Link, Gen: one.Gen, Procs: "receive"}},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
