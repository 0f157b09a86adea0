package queue_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kofu/internal/booking/queue"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

var (
	limits = queue.Limits{Rate: 50, InFlight: 20, P95: time.Second}
	rush   = queue.Load{InFlight: 20}
	calm   = queue.Load{InFlight: 1}
)

// server is a server of tenant 1; all have the same keys.
func server(db *store.DB, clock *testkit.Clock, ring *keyring.Ring) *queue.Queue {
	return &queue.Queue{DB: db, Tenant: 1, Ring: ring, Clock: clock.Now, Limits: limits}
}

// person is somebody before the room.
type person struct {
	arrived      int // in the order of arrival
	pass, ticket string
	place        queue.Place
	admitted     bool
}

func (p *person) ask(t *testing.T, q *queue.Queue, load queue.Load) {
	t.Helper()
	v, err := q.Ask(t.Context(), p.pass, p.ticket, load)
	if err != nil {
		t.Fatal(err)
	}
	if v.Ticket != "" {
		p.ticket = v.Ticket
	}
	if v.Pass != "" {
		p.pass = v.Pass
	}
	if p.admitted && !v.Admitted {
		t.Fatalf("%d was admitted and is outside again", p.arrived)
	}
	p.admitted, p.place = v.Admitted, v.Place
}

// With 50 admissions a second and 500 people coming in each second, at three
// servers one of which restarts now and then: no more come in than the rate
// says, nobody is admitted twice, and nobody is overtaken.
func TestQueue_Model(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		ring := keyring.ForTest(1)
		servers := []*queue.Queue{server(db, clock, ring), server(db, clock, ring), server(db, clock, ring)}
		dice := rand.New(rand.NewPCG(1, 2))
		anyServer := func() *queue.Queue { return servers[dice.IntN(len(servers))] }
		var people []*person
		begun := clock.Now()
		for tick := range 40 { // 100 ms each
			for range 50 {
				p := &person{arrived: len(people)}
				p.ask(t, anyServer(), rush)
				people = append(people, p)
			}
			if tick%7 == 0 { // a restart forgets whatever is not in the row
				servers[dice.IntN(len(servers))] = server(db, clock, ring)
			}
			for _, i := range dice.Perm(len(people)) {
				if p := people[i]; !p.admitted && dice.IntN(4) == 0 || p.admitted && dice.IntN(40) == 0 {
					p.ask(t, anyServer(), rush)
				}
			}
			for _, p := range people { // everybody looks at this instant
				if !p.admitted {
					p.ask(t, anyServer(), rush)
				}
			}
			in := 0
			for i, p := range people {
				if p.admitted {
					in++
				}
				if i > 0 && p.admitted && !people[i-1].admitted {
					t.Fatalf("tick %d: %d overtook %d", tick, p.arrived, people[i-1].arrived)
				}
			}
			allowed := limits.Rate/5 + int(clock.Now().Sub(begun).Seconds()*float64(limits.Rate)) + 1
			if in > allowed {
				t.Fatalf("tick %d: %d are in, %d allowed", tick, in, allowed)
			}
			if tick > 10 && in < allowed-limits.Rate/5-6 {
				t.Fatalf("tick %d: only %d are in, %d allowed", tick, in, allowed)
			}
			clock.Advance(100 * time.Millisecond)
		}
		numbers := map[string]bool{}
		for _, p := range people {
			if p.ticket != "" && numbers[p.ticket] {
				t.Fatal("two people have one ticket")
			}
			numbers[p.ticket] = true
		}
		last := people[len(people)-1]
		if want := len(people) - 1 - limits.Rate*39/10 - limits.Rate/5; last.place.Ahead < want-6 || last.place.Ahead > want+6 {
			t.Errorf("%d people ahead of the last, want about %d", last.place.Ahead, want)
		}
	})
}

// Who comes before an announced opening is shuffled; who comes after it follows.
func TestQueue_ShuffledBeforeTheOpening(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		ring := keyring.ForTest(1)
		a, b := server(db, clock, ring), server(db, clock, ring)
		early, err := a.Enter(t.Context(), "") // somebody who thinks ahead and gets a pass while nobody waits
		if err != nil || early == "" {
			t.Fatal(early, err)
		}
		now := clock.Now()
		if err := a.Plan(t.Context(), testkit.Supervisor, now.Add(10*time.Minute), now.Add(30*time.Minute), 50); err != nil {
			t.Fatal(err)
		}
		clock.Advance(9 * time.Minute)
		p := &person{}
		if p.ask(t, a, calm); !p.admitted || p.ticket != "" {
			t.Error("nobody waits before people gather")
		}
		clock.Advance(time.Minute)
		clever := &person{pass: early, arrived: -1}
		if clever.ask(t, a, calm); clever.admitted {
			t.Error("a pass from before counts at an announced opening")
		}
		var people []*person
		for i := range 200 {
			p := &person{arrived: i}
			p.ask(t, []*queue.Queue{a, b}[i%2], calm)
			if p.admitted || p.place.Starts != now.Add(30*time.Minute) || !p.place.Shuffled {
				t.Fatalf("%+v", p)
			}
			people = append(people, p)
		}
		clock.Advance(20*time.Minute - time.Millisecond)
		if people[0].ask(t, b, calm); people[0].admitted {
			t.Error("admitted before the start")
		}
		clock.Advance(time.Millisecond)
		var late []*person
		for i := range 50 {
			p := &person{arrived: 200 + i}
			p.ask(t, []*queue.Queue{a, b}[i%2], rush)
			late = append(late, p)
		}
		var order []int
		for range 201 { // the clever one has a place among them
			clock.Advance(20 * time.Millisecond)
			for _, p := range people {
				if was := p.admitted; !was {
					if p.ask(t, []*queue.Queue{a, b}[len(order)%2], rush); p.admitted {
						order = append(order, p.arrived)
					}
				}
			}
			for _, p := range late {
				if p.ask(t, a, rush); p.admitted && len(order) < 199 {
					t.Fatalf("%d came after the opening and is in before one of the early ones", p.arrived)
				}
			}
		}
		if len(order) != 200 {
			t.Fatalf("%d of 200 are in after their time", len(order))
		}
		inOrder := 0
		for i := 1; i < len(order); i++ {
			if order[i] == order[i-1]+1 {
				inOrder++
			}
		}
		if inOrder > 20 || slices.IsSorted(order) {
			t.Errorf("not shuffled: %v", order)
		}
	})
}

// The room opens in a rush and closes when nobody has waited for a minute. Who
// was inside stays inside.
func TestQueue_OpensAndCloses(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		q := server(db, clock, keyring.ForTest(1))
		inside := &person{}
		if inside.ask(t, q, calm); !inside.admitted || inside.ticket != "" {
			t.Fatalf("%+v", inside)
		}
		var err error
		if inside.pass, err = q.Enter(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		var people []*person
		for range 100 {
			p := &person{}
			p.ask(t, q, queue.Load{P95: 2 * time.Second, Requests: 100})
			people = append(people, p)
		}
		if inside.ask(t, q, rush); !inside.admitted {
			t.Error("the rush threw somebody out")
		}
		if people[99].admitted || people[99].place.Ahead < 80 || people[99].place.Wait < time.Second {
			t.Errorf("the last of a hundred: %+v", people[99].place)
		}
		for range 70 {
			clock.Advance(time.Second)
			(&person{}).ask(t, q, calm)
		}
		if room, _, err := q.Look(t.Context()); err != nil || room.Open {
			t.Errorf("%+v %v", room, err)
		}
		if people[99].ask(t, q, calm); !people[99].admitted {
			t.Error("a ticket of a room that is closed")
		}
		// A pause lets nobody in later: the next rush is again one after the other.
		in := 0
		for range 100 {
			p := &person{}
			if p.ask(t, q, rush); p.admitted {
				in++
			}
		}
		if in > limits.Rate/5+1 {
			t.Errorf("%d at once", in)
		}
		if err := q.End(t.Context(), testkit.Supervisor); err != nil {
			t.Fatal(err)
		}
		testkit.WantFault(t, q.End(t.Context(), testkit.Supervisor), fault.Conflict, "queue.not_open")
	})
}

// Forged and foreign tickets and passes count for nothing.
func TestQueue_Forged(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		q := server(db, clock, keyring.ForTest(1))
		other := server(db, clock, keyring.ForTest(2))
		for range 50 {
			(&person{}).ask(t, q, rush)
		}
		clock.Advance(time.Second)
		foreign := &person{}
		foreign.ask(t, other, calm)
		last := &person{}
		last.ask(t, q, rush)
		for _, pass := range []string{foreign.pass, "p.1.0.9999999999.x", last.ticket, "p.1.0", "....", ""} {
			for range 30 {
				(&person{}).ask(t, q, rush)
			}
			p := &person{pass: pass}
			if p.ask(t, q, rush); p.admitted {
				t.Errorf("%q lets somebody in", pass)
			}
		}
		p := &person{ticket: "t.1.0.x"}
		if p.ask(t, q, rush); p.ticket == "t.1.0.x" || p.admitted {
			t.Errorf("%+v", p)
		}
	})
}

// Many who come at once get each a number of their own.
func TestQueue_AtOnce(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		ring := keyring.ForTest(1)
		servers := []*queue.Queue{server(db, clock, ring), server(db, clock, ring)}
		(&person{}).ask(t, servers[0], rush)
		var all sync.WaitGroup
		var mu sync.Mutex
		numbers := map[int]bool{}
		for i := range 300 {
			all.Go(func() {
				v, err := servers[i%2].Ask(t.Context(), "", "", rush)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if !v.Admitted && numbers[v.Place.Number] {
					t.Errorf("number %d twice", v.Place.Number)
				}
				numbers[v.Place.Number] = true
			})
		}
		all.Wait()
		room, _, err := servers[0].Look(t.Context())
		if err != nil || room.Issued != 301 {
			t.Errorf("%d numbers, %v", room.Issued, err)
		}
	})
}

// People who come within a moment share one transaction, which a crowd at one
// municipality would else ask the database of all for.
func TestQueue_NumbersTogether(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		q := server(db, clock, keyring.ForTest(1))
		q.Gather = 100 * time.Millisecond
		(&person{}).ask(t, q, rush)
		begin := time.Now()
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				if _, err := q.Ask(t.Context(), "", "", rush); err != nil {
					t.Error(err)
				}
			})
		}
		issued := map[int]bool{}
		for last := 0; last < 101 && !t.Failed(); {
			room, _, err := q.Look(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			last = room.Issued
			issued[last] = true
		}
		most := int(time.Since(begin)/q.Gather) + 2 // the first stood there before
		all.Wait()
		if len(issued) > most {
			t.Errorf("100 people in %d transactions, %d have time to gather", len(issued)-1, most-1)
		}
	})
}

// The shuffle is a permutation for every number of people.
func TestShuffle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 700).Draw(t, "n")
		room := queue.Room{Round: rapid.IntRange(1, 99).Draw(t, "round"), Early: n}
		key := []byte(rapid.String().Draw(t, "key"))
		seen := make([]bool, n)
		for i := range n {
			p, known := room.Position(key, i)
			if !known || p < 0 || p >= n || seen[p] {
				t.Fatalf("%d of %d comes to %d", i, n, p)
			}
			seen[p] = true
		}
		if p, _ := room.Position(key, n); p != n {
			t.Fatalf("the first after the start comes to %d", p)
		}
	})
}

func TestSetRate(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		q := server(db, clock, keyring.ForTest(1))
		testkit.WantFault(t, q.SetRate(t.Context(), testkit.Supervisor, 10), fault.Conflict, "queue.not_open")
		for range 200 {
			(&person{}).ask(t, q, rush)
		}
		clock.Advance(time.Second)
		before, _, err := q.Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := q.SetRate(t.Context(), testkit.Supervisor, 10); err != nil {
			t.Fatal(err)
		}
		after, _, err := q.Look(t.Context())
		if err != nil || after.Admitted(clock.Now()) != before.Admitted(clock.Now()) {
			t.Errorf("a new rate changes who is in: %+v, %+v, %v", before, after, err)
		}
		clock.Advance(time.Second)
		if got := after.Admitted(clock.Now()) - before.Admitted(clock.Now().Add(-time.Second)); got != 10 {
			t.Errorf("%d in a second", got)
		}
		testkit.WantFault(t, q.SetRate(t.Context(), testkit.Supervisor, 0), fault.Invalid, "queue.bad_plan")
		testkit.WantFault(t, q.Plan(t.Context(), testkit.Supervisor, clock.Now(), clock.Now(), 10), fault.Invalid, "queue.bad_plan")
	})
}
