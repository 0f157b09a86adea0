package slot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// State is what residents see of a day or a slot. It tells no numbers.
type State string

// The states, from the best for a resident.
const (
	Many  State = "many"  // ○
	Few   State = "few"   // △
	Full  State = "full"  // ×
	Later State = "later" // seats will be released
	Past  State = "past"  // the deadline has passed
	Phone State = "phone" // by phone alone
	Shut  State = "shut"  // 休
)

// Day is one day of a window.
type Day struct {
	Day     jpdate.Day
	State   State
	OpensOn jpdate.Day // with Later: when
	Reason  string     // with Shut: why, if there is a reason
}

// Time is one slot of a day.
type Time struct {
	SlotID  string
	Starts  time.Time
	Minutes int
	State   State
	OpensOn jpdate.Day
}

// Query asks for seats.
type Query struct {
	Tenant   int
	WindowID string
	From, To jpdate.Day
	Procs    Procs
	Party    int // at least this many seats in one slot
}

// Board is what the pages about free days are made from: the slots of a window
// at one moment. The seats on it may be gone a second later; only [Take]
// decides.
type Board struct {
	Made time.Time
	// Version is the same for two boards from which the same pages come: it
	// changes with the seats, the deadlines that pass, the rules and the texts of
	// the window.
	Version string
	tenant  Tenant
	rules   rules
	slots   []Slot // by day and beginning
}

// Window returns the window of the board with its texts.
func (b *Board) Window() Window { return b.rules.window }

// Procedures returns those that the window offers, in the order of lists.
func (b *Board) Procedures() (list []ProcedureTerms) {
	for _, p := range b.rules.procedures {
		if p.At(b.rules.window.ID) {
			list = append(list, p)
		}
	}
	return list
}

// ReadBoard reads the slots of a window from today on. Errors: fault.NotFound
// "slot.window_unknown".
func ReadBoard(rx *store.Rx, tenant int, windowID string) (*Board, error) {
	t, found, err := TenantByID(rx, tenant)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, unknownWindow(windowID)
	}
	r, err := rulesOf(rx, tenant, windowID)
	if err != nil {
		return nil, err
	}
	list, err := slotsFrom(rx, tenant, windowID, jpdate.Day(rx.Today()))
	if err != nil {
		return nil, err
	}
	b := &Board{Made: rx.Now, tenant: t, rules: r, slots: list}
	b.Version = b.version()
	return b, nil
}

// version digests all that a page can show of the board. Of a slot that is what
// residents of each procedure may do with it now, and how many seats are free.
func (b *Board) version() string {
	h := sha256.New()
	enc := json.NewEncoder(h)
	r := b.rules
	// A digest cannot fail to be written, and all of these can be encoded.
	_ = enc.Encode([]any{b.tenant, r.window, r.patterns, r.exceptions, r.procedures, store.Day(b.Made), b.tenant.Admit(b.Made) == nil})
	days := slices.Sorted(maps.Keys(r.holidays.Holidays))
	for _, d := range days {
		_ = enc.Encode([]string{string(d), r.holidays.Holidays[d]})
	}
	for _, s := range b.slots {
		_, _ = fmt.Fprintln(h, s.ID, s.Minutes, s.Procs, s.Open, s.Ended, s.PhoneOnly, s.WebCap, s.Free(b.Made), s.Starts.After(b.Made), s.OpensAt.After(b.Made))
		for _, p := range Procedures {
			_, _ = fmt.Fprint(h, s.Until(Procs(p)).Book.After(b.Made))
		}
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}

// Days returns every day of the query, for the table of a month.
func (b *Board) Days(q Query, now time.Time) (days []Day) {
	i, _ := slices.BinarySearchFunc(b.slots, q.From, func(s Slot, d jpdate.Day) int { return cmp.Compare(s.Day, d) })
	for d := q.From; d <= q.To && d != ""; d = d.AddDays(1) {
		one := Day{Day: d, State: Shut}
		free, seats := 0, 0
		for ; i < len(b.slots) && b.slots[i].Day == d; i++ {
			s := b.slots[i]
			if !s.Open || !s.Procs.allows(q.Procs) {
				continue
			}
			state, opens := b.state(s, q, now)
			one.State, one.OpensOn = better(one, state, opens)
			if state != Past {
				seats += s.WebCap
			}
			if state == Many || state == Few {
				free += s.Free(now)
			}
		}
		switch {
		case one.State == Shut:
			one.Reason = b.rules.reason(d)
		case free > 0:
			one.State = b.share(free, seats)
		}
		if one.State != Later {
			one.OpensOn = ""
		}
		days = append(days, one)
	}
	return days
}

// FreeDays returns the first days of the query that can be booked, for the
// plain list.
func (b *Board) FreeDays(q Query, now time.Time, limit int) (days []Day) {
	for _, d := range b.Days(q, now) {
		if (d.State == Many || d.State == Few) && len(days) < limit {
			days = append(days, d)
		}
	}
	return days
}

// Times returns the open slots of the day q.From that have not begun.
func (b *Board) Times(q Query, now time.Time) (times []Time) {
	for _, s := range b.slots {
		if s.Day != q.From || !s.Open || !s.Procs.allows(q.Procs) || !s.Starts.After(now) {
			continue
		}
		state, opens := b.state(s, q, now)
		times = append(times, Time{SlotID: s.ID, Starts: s.Starts, Minutes: s.Minutes, State: state, OpensOn: opens})
	}
	return times
}

func (b *Board) state(s Slot, q Query, now time.Time) (State, jpdate.Day) {
	switch free := s.Free(now); {
	case s.Ended || !now.Before(s.Until(q.Procs).Book) || !now.Before(s.Starts):
		return Past, ""
	case s.PhoneOnly:
		return Phone, ""
	case now.Before(s.OpensAt):
		return Later, jpdate.Day(store.Day(s.OpensAt))
	case free >= max(1, q.Party):
		return b.share(free, s.WebCap), ""
	}
	if next := nextRelease(b.rules.window.Release, s, jpdate.Day(store.Day(now))); next != "" {
		return Later, next
	}
	return Full, ""
}

func (b *Board) share(free, seats int) State {
	if free*100 <= seats*b.tenant.FewPercent {
		return Few
	}
	return Many
}

var rank = map[State]int{Many: 6, Few: 6, Later: 5, Full: 4, Phone: 3, Past: 2, Shut: 1}

// better is the state of a day that one more slot has joined.
func better(d Day, state State, opens jpdate.Day) (State, jpdate.Day) {
	switch {
	case rank[state] > rank[d.State]:
		return state, opens
	case state == Later && d.State == Later && opens < d.OpensOn:
		return d.State, opens
	}
	return d.State, d.OpensOn
}

// Cache keeps the boards of the windows that are asked for and reads each anew
// after two seconds at the earliest, however many ask. While one of them reads,
// the others go on with the board that there is, and wait for the first. It is safe
// for concurrent use.
type Cache struct {
	db     *store.DB
	mu     sync.Mutex
	boards map[boardKey]*cached
}

type boardKey struct {
	tenant int
	window string
}

type cached struct {
	reading sync.Mutex
	board   atomic.Pointer[Board]
}

// boardAge is when a board is read anew, oldBoard when nobody is shown it any more.
const (
	boardAge = 2 * time.Second
	oldBoard = 5 * time.Second
)

// NewCache returns an empty cache over a database.
func NewCache(db *store.DB) *Cache { return &Cache{db: db, boards: map[boardKey]*cached{}} }

// Board returns the board of a window, at most two seconds old at now, or five
// while it is being read. Errors as [ReadBoard].
func (c *Cache) Board(ctx context.Context, tenant int, windowID string, now time.Time) (_ *Board, err error) {
	defer fault.Add(&err, "slot.Cache.Board(%d, %q)", tenant, windowID)
	key := boardKey{tenant, windowID}
	c.mu.Lock()
	entry, kept := c.boards[key]
	if !kept {
		entry = &cached{}
		c.boards[key] = entry
	}
	c.mu.Unlock()
	if board := entry.younger(boardAge, now); board != nil {
		return board, nil
	}
	if !entry.reading.TryLock() {
		if board := entry.younger(oldBoard, now); board != nil {
			return board, nil
		}
		entry.reading.Lock()
	}
	defer entry.reading.Unlock()
	if board := entry.younger(boardAge, now); board != nil { // read meanwhile
		return board, nil
	}
	var board *Board
	err = c.db.Read(ctx, func(rx *store.Rx) (err error) {
		board, err = ReadBoard(rx, tenant, windowID)
		return err
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		if entry.board.Load() == nil { // made-up names fill no memory
			delete(c.boards, key)
		}
		return nil, err
	}
	entry.board.Store(board)
	c.boards[key] = entry // again, after somebody's error
	return board, nil
}

func (c *cached) younger(age time.Duration, now time.Time) *Board {
	if board := c.board.Load(); board != nil && now.Sub(board.Made) < age {
		return board
	}
	return nil
}
