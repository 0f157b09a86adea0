package queue

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/store"
)

// Limits say when the room opens by itself, and how many it lets in.
type Limits struct {
	Rate     int           // people a second
	InFlight int           // requests being answered at which it opens
	P95      time.Duration // time of answers at which it opens
}

// Load is what one server has to do for the municipality now.
type Load struct {
	InFlight int
	P95      time.Duration
	Requests int // from which P95 is known
}

// enough is how many requests a P95 must come from to mean anything.
const enough = 50

func (l Limits) exceeded(load Load) bool {
	return load.InFlight >= l.InFlight || load.Requests >= enough && load.P95 > l.P95
}

// Queue is the waiting room of one municipality in one process.
type Queue struct {
	DB     *store.DB // the view of the municipality
	Tenant int
	Ring   *keyring.Ring
	Clock  func() time.Time
	Limits Limits
	// Gather is how long requests for numbers gather for one transaction: giving
	// numbers to a crowd must not keep the database of the others busy.
	Gather time.Duration

	seen    atomic.Pointer[seen]
	reading sync.Mutex
	order   []byte // key of the shuffle

	mu      sync.Mutex
	waiting []chan given // requests for a number that stand for the next transaction
	busy    bool
	calm    time.Time // since when nobody waits and the load is low
}

// seen is the room as this process read it.
type seen struct {
	room  Room
	found bool
	at    time.Time
}

// given is the answer to a request for a number.
type given struct {
	room   Room
	number int
	err    error
}

// fresh is how long a reading of the room counts.
const fresh = time.Second

// quiet is how long nobody must wait before the room closes.
const quiet = time.Minute

// Verdict says whether somebody may go in.
type Verdict struct {
	Admitted bool
	Pass     string // new proof of admission, "" when there is nothing to keep
	Ticket   string // new ticket, "" when the old one stays
	Place    Place  // of somebody who waits
}

// Place is what somebody reads who waits.
type Place struct {
	Number   int       // from 1, as on the ticket
	Ahead    int       // people before them; unknown before the start
	Starts   time.Time // when people are admitted, zero once they are
	Wait     time.Duration
	Shuffled bool // the number was given before the start: it does not say the order
}

// Ask decides about a request with its two cookies, either of which may be empty
// or forged.
func (q *Queue) Ask(ctx context.Context, pass, ticket string, load Load) (v Verdict, err error) {
	defer fault.Add(&err, "queue.Ask(%d)", q.Tenant)
	now := q.Clock()
	room, err := q.current(ctx, now, false)
	if err != nil {
		return Verdict{}, err
	}
	if !room.Serving(now) {
		if !q.Limits.exceeded(load) {
			return Verdict{Admitted: true}, nil
		}
		if room, err = q.open(ctx, now); err != nil {
			return Verdict{}, err
		}
	}
	if err := q.closeWhenCalm(ctx, room, load, now); err != nil {
		return Verdict{}, err
	}
	if q.inside(room, pass, now) {
		return Verdict{Admitted: true}, nil
	}
	return q.place(ctx, room, ticket, now)
}

// Enter returns a pass for somebody who has come in while nobody waits, so that a
// rush does not throw them out in the middle of what they do.
func (q *Queue) Enter(ctx context.Context, pass string) (string, error) {
	now := q.Clock()
	room, err := q.current(ctx, now, false)
	if err != nil || room.Serving(now) || q.inside(room, pass, now) {
		return "", err
	}
	return q.pass(room.Round, -1, now), nil
}

// place finds the holder of a ticket in the line, or gives a new one.
func (q *Queue) place(ctx context.Context, room Room, ticket string, now time.Time) (v Verdict, err error) {
	number, ok := q.ticketNumber(room.Round, ticket)
	if ok && number >= room.Issued { // another server gave it since: look again, the line may have moved
		if room, err = q.current(ctx, now, true); err != nil {
			return Verdict{}, err
		}
	}
	if !ok {
		g := q.issue(ctx)
		if g.err != nil {
			return Verdict{}, g.err
		}
		room, number, now = g.room, g.number, q.Clock()
		if !room.Open { // it has closed meanwhile
			return Verdict{Admitted: true}, nil
		}
		v.Ticket = q.ticket(room.Round, number)
	}
	if !now.Before(room.StartsAt) && room.Early < 0 {
		if room, err = q.settle(ctx); err != nil {
			return Verdict{}, err
		}
	}
	position, known := room.Position(q.orderKey(), number)
	admitted := room.Admitted(now)
	if known && position < admitted {
		return Verdict{Admitted: true, Pass: q.pass(room.Round, number, now)}, nil
	}
	v.Place = Place{Number: number + 1, Wait: room.Wait(position, now), Shuffled: known && number < room.Early || !known}
	if known {
		v.Place.Ahead = position - admitted
	} else {
		v.Place.Starts = room.StartsAt
	}
	return v, nil
}

// current returns the room, read within the last second.
func (q *Queue) current(ctx context.Context, now time.Time, again bool) (Room, error) {
	s := q.seen.Load()
	if s != nil && !again && now.Sub(s.at) < fresh {
		return s.room, nil
	}
	if s != nil && !again && !q.reading.TryLock() { // somebody is reading; this request need not wait
		return s.room, nil
	} else if s == nil || again {
		q.reading.Lock()
	}
	defer q.reading.Unlock()
	if latest := q.seen.Load(); !again && latest != s {
		return latest.room, nil
	}
	next := &seen{at: now}
	err := q.DB.Read(ctx, func(rx *store.Rx) (err error) {
		next.room, next.found, err = selectRoom(rx, q.Tenant)
		return err
	})
	if err != nil {
		if s != nil { // the last reading holds while the database is away
			return s.room, nil
		}
		return Room{}, err
	}
	q.seen.Store(next)
	return next.room, nil
}

// change changes the room in a transaction that nobody else changes it in. What
// it may do is decided by do on the room as it is.
func (q *Queue) change(ctx context.Context, actor store.Actor, do func(tx *store.Tx, r *Room, found bool) (bool, error)) (room Room, err error) {
	err = q.DB.Write(ctx, actor, func(tx *store.Tx) error {
		r, found, err := lockRoom(tx, q.Tenant)
		if err != nil {
			return err
		}
		if !found { // two that make the row at once: the later one finds it after all
			if err := tx.Lock("waiting_room"); err != nil {
				return err
			}
			if r, found, err = lockRoom(tx, q.Tenant); err != nil {
				return err
			}
		}
		changed, err := do(tx, &r, found)
		room = r
		if err != nil || !changed {
			return err
		}
		return saveRoom(tx, q.Tenant, r)
	})
	if err == nil {
		q.seen.Store(&seen{room: room, found: true, at: q.Clock()})
	}
	return room, err
}

// itself is on whose behalf the room opens and closes.
var itself = store.Actor{ID: "kofu-booking/queue", Name: "kofu-booking", Role: "job", Terminal: "kofu-booking"}

// open opens the room because of a rush.
func (q *Queue) open(ctx context.Context, now time.Time) (Room, error) {
	return q.change(ctx, itself, func(tx *store.Tx, r *Room, _ bool) (bool, error) {
		if r.Serving(now) {
			return false, nil
		}
		*r = Room{
			Round: r.Round + 1, Open: true, OpenedAt: now, StartsAt: now, Rate: q.Limits.Rate, BaseAt: now,
		}
		r.Base = r.burst()
		return true, audit.Append(tx, "queue.opened", object(q.Tenant), map[string]int{"round": r.Round, "rate": r.Rate})
	})
}

// closeWhenCalm closes the room when nobody has waited for a while and there is
// little to do.
func (q *Queue) closeWhenCalm(ctx context.Context, room Room, load Load, now time.Time) error {
	q.mu.Lock()
	switch {
	case !room.Open || !room.Empty(now) || q.Limits.exceeded(load):
		q.calm = time.Time{}
	case q.calm.IsZero():
		q.calm = now
	}
	end := !q.calm.IsZero() && now.Sub(q.calm) >= quiet
	if end {
		q.calm = time.Time{}
	}
	q.mu.Unlock()
	if !end {
		return nil
	}
	return q.shut(ctx, itself, room.Round)
}

func (q *Queue) shut(ctx context.Context, actor store.Actor, round int) error {
	_, err := q.change(ctx, actor, func(tx *store.Tx, r *Room, found bool) (bool, error) {
		if !found || !r.Open || r.Round != round {
			return false, nil
		}
		r.Open = false
		return true, audit.Append(tx, "queue.closed", object(q.Tenant), map[string]int{"round": r.Round, "issued": r.Issued})
	})
	return err
}

// settle fixes which numbers came before the start.
func (q *Queue) settle(ctx context.Context) (Room, error) {
	return q.change(ctx, itself, func(tx *store.Tx, r *Room, found bool) (bool, error) {
		if !found || tx.Now.Before(r.StartsAt) || r.Early >= 0 {
			return false, nil
		}
		*r = r.settled(r.Issued)
		return true, nil
	})
}

// patience is how long the requests for numbers may wait for their statement.
const patience = 10 * time.Second

// issue gives the next number. Requests that come while others gather or are
// given theirs share a transaction, so that the row is not what everybody waits
// for.
func (q *Queue) issue(ctx context.Context) given {
	answer := make(chan given, 1)
	q.mu.Lock()
	q.waiting = append(q.waiting, answer)
	first := !q.busy
	q.busy = true
	q.mu.Unlock()
	if first {
		go q.issueAll(context.WithoutCancel(ctx))
	}
	select {
	case g := <-answer:
		return g
	case <-ctx.Done():
		return given{err: ctx.Err()}
	}
}

func (q *Queue) issueAll(ctx context.Context) {
	for {
		time.Sleep(q.Gather)
		q.mu.Lock()
		group := q.waiting
		q.waiting = nil
		q.busy = len(group) > 0
		q.mu.Unlock()
		if len(group) == 0 {
			return
		}
		q.issueGroup(ctx, group)
	}
}

func (q *Queue) issueGroup(ctx context.Context, group []chan given) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	first := 0
	room, err := q.change(ctx, itself, func(tx *store.Tx, r *Room, found bool) (bool, error) {
		if !found || !r.Open {
			return false, nil
		}
		*r, first = r.give(len(group), tx.Now)
		return true, nil
	})
	for i, answer := range group {
		answer <- given{room, first + i, err}
	}
}

// Plan announces an opening: from gather on people get numbers, from start on
// they are admitted in a random order, rate people a second. Errors:
// fault.Invalid "queue.bad_plan".
func (q *Queue) Plan(ctx context.Context, actor store.Actor, gather, start time.Time, rate int) (err error) {
	defer fault.Add(&err, "queue.Plan(%d)", q.Tenant)
	now := q.Clock()
	if rate < 1 || rate > 10_000 || !start.After(now) || gather.After(start) || start.Sub(now) > 60*24*time.Hour {
		return fault.New(fault.Invalid, "queue.bad_plan")
	}
	_, err = q.change(ctx, actor, func(tx *store.Tx, r *Room, _ bool) (bool, error) {
		*r = Room{Round: r.Round + 1, Open: true, Planned: true, OpenedAt: gather, StartsAt: start, Rate: rate, Early: -1, BaseAt: start}
		return true, audit.Append(tx, "queue.planned", object(q.Tenant),
			map[string]any{"round": r.Round, "rate": rate, "gather": store.Stamp(gather), "start": store.Stamp(start)})
	})
	return err
}

// SetRate changes how many people a second are admitted. Errors: fault.Invalid
// "queue.bad_plan"; fault.Conflict "queue.not_open".
func (q *Queue) SetRate(ctx context.Context, actor store.Actor, rate int) (err error) {
	defer fault.Add(&err, "queue.SetRate(%d)", q.Tenant)
	if rate < 1 || rate > 10_000 {
		return fault.New(fault.Invalid, "queue.bad_plan")
	}
	_, err = q.change(ctx, actor, func(tx *store.Tx, r *Room, found bool) (bool, error) {
		if !found || !r.Open {
			return false, fault.New(fault.Conflict, "queue.not_open")
		}
		if !tx.Now.Before(r.StartsAt) {
			*r = r.settled(r.Issued)
			r.Base, r.BaseAt = r.Admitted(tx.Now), tx.Now
		}
		r.Rate = rate
		return true, audit.Append(tx, "queue.rate_set", object(q.Tenant), map[string]int{"round": r.Round, "rate": rate})
	})
	return err
}

// End closes the room: everybody may go in. Errors: fault.Conflict
// "queue.not_open".
func (q *Queue) End(ctx context.Context, actor store.Actor) (err error) {
	defer fault.Add(&err, "queue.End(%d)", q.Tenant)
	room, found, err := q.Look(ctx)
	if err != nil {
		return err
	}
	if !found || !room.Open {
		return fault.New(fault.Conflict, "queue.not_open")
	}
	return q.shut(ctx, actor, room.Round)
}

// Look reads the room as it is now.
func (q *Queue) Look(ctx context.Context) (room Room, found bool, err error) {
	err = q.DB.Read(ctx, func(rx *store.Rx) (err error) {
		room, found, err = selectRoom(rx, q.Tenant)
		return err
	})
	return room, found, err
}

func object(tenant int) string { return "waiting_room/" + strconv.Itoa(tenant) }
