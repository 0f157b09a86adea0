package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"kofu/internal/booking/queue"
	"kofu/internal/booking/town"
)

// The rush model: 20,000 open codes, of which 30 % come within ten minutes, make
// ten visits a second; each looks at six pages and reloads them ten times. The
// rates are as they would be; only the time is shorter.
const (
	modelVisits  = 10 // a second
	modelPages   = 6
	modelReloads = 10
)

// tally is the times of answers by kind, from many goroutines.
type tally struct {
	mu    sync.Mutex
	times map[string]latencies
	waits int // pages of the waiting room
	busy  int // answers that ask to come again
	errs  []error
}

func newTally() *tally { return &tally{times: map[string]latencies{}} }

func (t *tally) add(kind string, took time.Duration) {
	t.mu.Lock()
	t.times[kind] = append(t.times[kind], took)
	t.mu.Unlock()
}

func (t *tally) fail(err error) {
	t.mu.Lock()
	t.errs = append(t.errs, err)
	t.mu.Unlock()
}

// model runs the rush of the worst design case against the program with its
// settings as delivered.
func model(ctx context.Context, b *bench, engine string) (list []result, err error) {
	seconds := b.of(60, 2)
	n := modelVisits * seconds
	s := size{towns: 1, windows: 2, horizon: 31, perDay: 10, seats: 40, members: n}
	o, slots, program, err := b.prepare(ctx, engine, s, benchSlots, "")
	if err != nil {
		return nil, err
	}
	times := newTally()
	var all sync.WaitGroup
	var booked atomic.Int64
	before, begin := program.cpu(), time.Now()
	for i := range n {
		time.Sleep(time.Until(begin.Add(time.Duration(i) * time.Second / modelVisits)))
		all.Go(func() {
			where := slots[rand.IntN(len(slots))] //nolint:gosec // no secret
			one := modelVisitor{visitor: program.visitor(1), times: times}
			ok, err := one.visit(ctx, func() error { return one.signIn(ctx, o.codes[0][i]) }, where.WindowID, string(where.Day), where.ID)
			if ok { // even where a later page is refused
				booked.Add(1)
			}
			var again busyError
			if errors.As(err, &again) {
				times.mu.Lock()
				times.busy++
				times.mu.Unlock()
			} else if err != nil {
				times.fail(err)
			}
		})
	}
	all.Wait()
	took, used := time.Since(begin), program.cpu()-before
	if err := errors.Join(append(times.errs, program.stop())...); err != nil {
		return nil, err
	}
	if err := o.with(ctx, func(service *town.Service) error { return o.sound(ctx, service, int(booked.Load())) }); err != nil {
		return nil, err
	}
	pages, posts := times.times["page"], times.times["book"]
	note := fmt.Sprintf("%.0f pages/s, %d booked, %.2f cores, %d times in the waiting room, %d of %d visitors told to come again",
		float64(len(pages))/took.Seconds(), booked.Load(), used.Seconds()/took.Seconds(), times.waits, times.busy, n)
	return []result{
		result{Goal: "rush", Subject: "p95 of a page in ms", Peer: note, Want: 100, Wall: true}.of([]float64{ms(pages.at(0.95))}),
		result{Goal: "rush", Subject: "p95 of a booking in ms", Peer: note, Want: 300, Wall: true}.of([]float64{ms(posts.at(0.95))}),
	}, nil
}

// modelVisitor is somebody in the rush.
type modelVisitor struct {
	*visitor
	times *tally
}

// visit goes through the pages, reloading each, and books.
func (v modelVisitor) visit(ctx context.Context, signIn func() error, window, day, slotID string) (booked bool, err error) {
	form := choice(window, slotID)
	form.Del("s")
	free := url.Values{"w": {window}}.Encode()
	for _, path := range []string{"/ja/", "/ja/free?" + free} {
		if err := v.reload(ctx, path); err != nil {
			return false, err
		}
	}
	if err := signIn(); err != nil {
		return false, err
	}
	form.Set("d", day)
	for _, path := range []string{"/ja/days?" + form.Encode(), "/ja/times?" + form.Encode(), "/ja/confirm?" + choice(window, slotID).Encode()} {
		if err := v.reload(ctx, path); err != nil {
			return false, err
		}
	}
	last, err := v.confirm(ctx, window, slotID)
	if err != nil {
		return false, err
	}
	booked, took, err := ready{v.visitor, last}.press(ctx)
	if err != nil {
		return false, err
	}
	v.times.add("book", took)
	return booked, v.reload(ctx, "/ja/free?"+free)
}

// reload asks for a page ten times within about ten seconds.
func (v modelVisitor) reload(ctx context.Context, path string) error {
	for range modelReloads {
		p, err := v.want(ctx, http.StatusOK, path, nil)
		if err != nil {
			return err
		}
		v.times.add("page", p.took)
		if ticketNo.MatchString(p.body) {
			v.times.mu.Lock()
			v.times.waits++
			v.times.mu.Unlock()
		}
	}
	return nil
}

var ticketNo = regexp.MustCompile(`<dd class="number">(\d+)</dd>`)

// waitingRoom lets 500 requests a second come to a room that admits 50 people a
// second: who is in gets quick pages, nobody is overtaken or let in twice, and
// everybody gets in at the room's pace.
func waitingRoom(ctx context.Context, b *bench, engine string) (list []result, err error) {
	const rate, offered, look = 50, 500, 3 * time.Second
	people := b.of(1500, 100)
	o, _, program, err := b.prepare(ctx, engine, size{towns: 1, windows: 1, horizon: 31, perDay: 10, seats: 10, members: 1}, benchSlots, "")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, program.stop()) }()
	err = o.with(ctx, func(service *town.Service) error {
		keys, err := service.Keys(1)
		if err != nil {
			return err
		}
		room := &queue.Queue{DB: service.DB.For(1), Tenant: 1, Ring: keys.Ring, Clock: time.Now}
		return room.Plan(ctx, itself, time.Now().Add(-time.Second), time.Now().Add(time.Second), rate)
	})
	if err != nil {
		return nil, err
	}
	time.Sleep(2500 * time.Millisecond) // everybody comes after the start: the numbers are the order
	line := &line{}
	times := newTally()
	slots := time.NewTicker(time.Second / offered) // one request each, whoever's
	defer slots.Stop()
	var all sync.WaitGroup
	begin := time.Now()
	for i := range people {
		all.Go(func() {
			time.Sleep(time.Duration(i) * time.Second / 150) // 150 new people a second
			one := program.visitor(1)
			if err := line.stand(ctx, one, slots.C, look, times); err != nil {
				times.fail(err)
			}
		})
	}
	all.Wait()
	took := time.Since(begin)
	if err := errors.Join(times.errs...); err != nil {
		return nil, err
	}
	if err := line.fair(people); err != nil {
		return nil, err
	}
	inside := times.times["inside"]
	requests := len(inside) + len(times.times["waiting"])
	note := fmt.Sprintf("%d people, %.0f requests/s, admitted %.1f/s, nobody overtaken or twice", people, float64(requests)/took.Seconds(), float64(people)/took.Seconds())
	return []result{
		result{Goal: "queue", Subject: "p95 of an admitted page in ms", Peer: note, Want: 300, Wall: true}.of([]float64{ms(inside.at(0.95))}),
		result{Goal: "queue", Subject: "p95 of a page of the room in ms", Peer: note, Want: 300, Wall: true}.of([]float64{ms(times.times["waiting"].at(0.95))}),
	}, nil
}

// line is what the people in a waiting room have seen.
type line struct {
	mu       sync.Mutex
	admitted []seen
	refused  []seen
}

// seen is an answer for a number: when it was asked for and when it came.
type seen struct {
	number     int
	asked, got time.Time
}

// stand waits until somebody is in and looks at some pages there.
func (l *line) stand(ctx context.Context, v *visitor, turn <-chan time.Time, look time.Duration, times *tally) error {
	number := 0
	for {
		<-turn
		asked := time.Now()
		p, err := v.want(ctx, http.StatusOK, "/ja/", nil)
		if err != nil {
			return err
		}
		m := ticketNo.FindStringSubmatch(p.body)
		here := seen{number, asked, time.Now()}
		if m == nil {
			times.add("inside", p.took)
			l.mu.Lock()
			l.admitted = append(l.admitted, here)
			l.mu.Unlock()
			break
		}
		times.add("waiting", p.took)
		if number, err = strconv.Atoi(m[1]); err != nil {
			return err
		}
		here.number = number
		l.mu.Lock()
		l.refused = append(l.refused, here)
		l.mu.Unlock()
		time.Sleep(look)
	}
	for range 3 {
		<-turn
		p, err := v.want(ctx, http.StatusOK, "/ja/code", nil)
		if err != nil {
			return err
		}
		times.add("inside", p.took)
		if ticketNo.MatchString(p.body) {
			return fmt.Errorf("number %d was in and waits again", number)
		}
	}
	return nil
}

// fair checks that every number was let in once, and nobody refused after a
// later number had been let in.
func (l *line) fair(people int) error {
	if len(l.admitted) != people {
		return fmt.Errorf("%d of %d came in", len(l.admitted), people)
	}
	once := map[int]bool{}
	for _, a := range l.admitted {
		if a.number != 0 && once[a.number] { // 0 came in at once, without a ticket to show
			return fmt.Errorf("number %d came in twice", a.number)
		}
		once[a.number] = true
	}
	slices.SortFunc(l.admitted, func(a, b seen) int { return a.got.Compare(b.got) })
	for _, r := range l.refused {
		for _, a := range l.admitted {
			if !a.got.Before(r.asked) {
				break
			}
			if a.number > r.number {
				return fmt.Errorf("number %d was let in before number %d", a.number, r.number)
			}
		}
	}
	return nil
}

// neighbours storms one municipality with ten times as many requests at a time
// as it may have, while another goes on with its day. The storm is a process of its
// own: the neighbours' own clocks do not wait for it.
func neighbours(ctx context.Context, b *bench, engine string) (list []result, err error) {
	seconds, stormers := b.of(20, 2), b.of(250, 30)
	n := 10 * seconds
	o, slots, program, err := b.prepare(ctx, engine, size{towns: 2, windows: 1, horizon: 31, perDay: 10, seats: 40, members: n}, benchSlots, "")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, program.stop()) }()
	var people []ready
	for i := range n { // one after the other: all at once would open their own waiting room
		one, err := program.readied(ctx, o, 2, i, 1, slots[i%len(slots):]) // the municipalities are alike
		if err != nil {
			return nil, err
		}
		people = append(people, one...)
	}
	storm, err := startStorm(ctx, program.at, stormers)
	if err != nil {
		return nil, err
	}
	time.Sleep(2 * time.Second)
	times := newTally()
	posts := make(latencies, n)
	var beside sync.WaitGroup
	var bookErr error
	beside.Go(func() { bookErr = paced(ctx, people, posts, 10) })
	begin := time.Now()
	for i := range n {
		time.Sleep(time.Until(begin.Add(time.Duration(i) * 100 * time.Millisecond)))
		beside.Go(func() {
			p, err := program.visitor(2).want(ctx, http.StatusOK, "/ja/free?w=W1&view=month", nil)
			if err != nil {
				times.fail(err)
			}
			times.add("page", p.took)
		})
	}
	beside.Wait()
	took := time.Since(begin)
	asked, turned, err := storm.stop()
	if err := errors.Join(append(times.errs, bookErr, err)...); err != nil {
		return nil, err
	}
	note := fmt.Sprintf("the other gets %.0f/s by %d clients, %d %% of them refused or with a number to wait", float64(asked)/(took.Seconds()+2), stormers,
		100*turned/max(1, asked))
	return []result{
		result{Goal: "storm", Subject: "p95 of the neighbour's month page in ms", Peer: note, Want: 100, Wall: true}.of([]float64{ms(times.times["page"].at(0.95))}),
		result{Goal: "storm", Subject: "p95 of the neighbour's bookings in ms", Peer: note, Want: 300, Wall: true}.of([]float64{ms(posts.at(0.95))}),
	}, nil
}
