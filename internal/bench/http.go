package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"kofu/internal/booking/slot"
	"kofu/internal/booking/town"
)

// easyAppointments is what Easy!Appointments 1.5.2 reaches with 200 clients, in
// attempts a second; it overbooks 6 of 50 slots there (performance.md §1.5).
const easyAppointments = 76

// ready is a resident who has only to press the button.
type ready struct {
	*visitor
	form url.Values
}

// press books and reports whether there was a seat.
func (r ready) press(ctx context.Context) (booked bool, took time.Duration, err error) {
	p, err := r.request(ctx, "/ja/book", r.form)
	if err != nil {
		return false, 0, err
	}
	switch {
	case p.status == http.StatusSeeOther && strings.HasPrefix(p.to, "/ja/b/"):
		return true, p.took, nil
	case p.status == http.StatusConflict:
		return false, p.took, nil
	case p.status == http.StatusServiceUnavailable:
		return false, p.took, busyError{"/ja/book"}
	}
	return false, 0, fmt.Errorf("booking answers %d to %s:\n%s", p.status, p.to, plain(p.body))
}

// readied signs n residents in, from code first on, and brings them before the
// last page; the slots take turns.
func (s *service) readied(ctx context.Context, o *office, tenant, first, n int, slots []slot.Slot) ([]ready, error) {
	list := make([]ready, n)
	_, _, err := together(n, func(i int) (err error) {
		one, where := s.visitor(tenant), slots[i%len(slots)]
		if err := one.signIn(ctx, o.codes[tenant-1][first+i]); err != nil {
			return err
		}
		list[i].visitor = one
		list[i].form, err = one.confirm(ctx, where.WindowID, where.ID)
		return err
	})
	return list, err
}

// prepare makes an office, picks slots, and starts the program on it.
func (b *bench) prepare(ctx context.Context, engine string, s size, n int, more string) (o *office, slots []slot.Slot, program *service, err error) {
	if o, err = b.newOffice(ctx, engine, s); err != nil {
		return nil, nil, nil, err
	}
	err = o.with(ctx, func(service *town.Service) error { slots, err = o.slots(ctx, service, 1, n); return err })
	if err != nil {
		return nil, nil, nil, err
	}
	program, err = b.start(ctx, o, more)
	return o, slots, program, err
}

// overHTTP is G19: residents in their sessions press the button, more than there
// are seats.
func overHTTP(ctx context.Context, b *bench, engine string) (list []result, err error) {
	seats := b.of(20, 1)
	n := benchSlots*seats + benchSlots*seats/5
	s := size{towns: 1, windows: 1, horizon: 31, perDay: 10, seats: seats, members: n}
	o, slots, program, err := b.prepare(ctx, engine, s, benchSlots, wide)
	if err != nil {
		return nil, err
	}
	people, err := program.readied(ctx, o, 1, 0, n, slots)
	if err != nil {
		return nil, errors.Join(err, program.stop())
	}
	got := make([]bool, n)
	before := program.cpu()
	times, took, err := together(n, func(i int) (err error) {
		got[i], _, err = people[i].press(ctx)
		return err
	})
	used := program.cpu() - before
	if err := errors.Join(err, program.stop()); err != nil {
		return nil, err
	}
	booked := 0
	for _, ok := range got {
		if ok {
			booked++
		}
	}
	if booked != benchSlots*seats {
		return nil, fmt.Errorf("%d of %d seats were given to %d people", booked, benchSlots*seats, n)
	}
	if err := o.with(ctx, func(service *town.Service) error { return o.sound(ctx, service, booked) }); err != nil {
		return nil, err
	}
	rate, l := float64(n)/took.Seconds(), times.settled()
	return []result{result{
		Goal: "G19",
		Subject: fmt.Sprintf("POST /book, %d sessions %.0f/s, p50 %.0f ms, p99 %.0f ms, %.2f ms CPU each, none overbooked",
			clients, rate, ms(l.at(0.5)), ms(l.at(0.99)), ms(used)/float64(n)),
		Peer: fmt.Sprintf("Easy!Appointments 1.5.2 as measured elsewhere %d/s, 6 of 50 overbooked", easyAppointments),
		Want: 40, AtLeast: true, Wall: true,
	}.of([]float64{rate / easyAppointments})}, nil
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }

// availability is G21: the pages of free days under wrk, beside bookings.
func availability(ctx context.Context, b *bench, engine string) (list []result, err error) {
	seconds := b.of(20, 2)
	n := 100 * seconds
	if b.scale > 1 {
		n = 20
	}
	s := size{towns: 1, windows: 8, horizon: 366 / min(b.scale, 12), perDay: 10, seats: 20, members: n}
	o, slots, program, err := b.prepare(ctx, engine, s, benchSlots*2, wide)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, program.stop()) }()
	if _, err := exec.LookPath("wrk"); err != nil {
		return []result{{Goal: "G21", Subject: "availability", Peer: "missing: Debian package wrk", Missing: true}}, nil
	}
	people, err := program.readied(ctx, o, 1, 0, n, slots)
	if err != nil {
		return nil, err
	}
	var paths []string
	for w := range s.windows {
		for month := range 12 {
			day := time.Now().AddDate(0, 0, 1+month*s.horizon/13).Format(time.DateOnly)
			paths = append(paths, "/ja/free?w="+windowID(w)+"&d="+day+"&view=month")
		}
	}
	if _, err := program.visitor(1).want(ctx, http.StatusOK, paths[len(paths)-1], nil); err != nil {
		return nil, err
	}
	nothing, err := startEmpty(ctx)
	if err != nil {
		return nil, err
	}
	yard, err := b.wrk(ctx, nothing.at, []string{"/"}, max(1, seconds/4))
	if err = errors.Join(err, nothing.stop()); err != nil {
		return nil, err
	}
	posts := make(latencies, n)
	var beside sync.WaitGroup
	var bookErr error
	beside.Go(func() { bookErr = paced(ctx, people, posts, 100) })
	before := program.cpu()
	got, err := b.wrk(ctx, program.at, paths, seconds)
	used := program.cpu() - before
	beside.Wait()
	if err := errors.Join(err, bookErr); err != nil {
		return nil, err
	}
	if got.failed > 0 {
		return nil, fmt.Errorf("%d answers were errors", got.failed)
	}
	peer := fmt.Sprintf("empty handler %.0f/s", yard.rate)
	return []result{
		result{
			Goal: "G21", Subject: fmt.Sprintf("month pages %.0f/s, %.3f ms CPU each", got.rate, ms(used)/max(1, got.rate*float64(seconds))),
			Peer: peer, Want: 3000, Alarm: 2000, AtLeast: true, Wall: true,
		}.of([]float64{got.rate}),
		result{Goal: "G21", Subject: "their p99 in ms", Peer: peer, Want: 300, Wall: true}.of([]float64{got.p99}),
		result{Goal: "G21", Subject: "p99 of 100 bookings/s beside them in ms", Peer: peer, Want: 500, Wall: true}.of([]float64{ms(posts.settled().at(0.99))}),
	}, nil
}

// paced lets people book at so many a second, however long the answers take.
func paced(ctx context.Context, people []ready, times latencies, rate int) error {
	var all sync.WaitGroup
	errs := make([]error, len(people))
	begin := time.Now()
	for i, one := range people {
		due := begin.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		all.Go(func() {
			if _, _, errs[i] = one.press(ctx); errs[i] == nil {
				times[i] = time.Since(due)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// wrkResult is what wrk saw.
type wrkResult struct {
	rate   float64
	p99    float64 // milliseconds
	failed int
}

var (
	wrkRate   = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
	wrkP99    = regexp.MustCompile(`99%\s+([0-9.]+)(us|ms|s)`)
	wrkFailed = regexp.MustCompile(`(?:Non-2xx or 3xx responses:|timeout) (\d+)`)
)

// wrk asks for the paths in turn with 32 connections.
func (b *bench) wrk(ctx context.Context, at string, paths []string, seconds int) (l wrkResult, err error) {
	script := filepath.Join(b.dir, "paths.lua")
	lua := "local n = 0\nlocal paths = {\"" + strings.Join(paths, "\", \"") + "\"}\n" +
		"request = function()\n  n = n + 1\n  return wrk.format(\"GET\", paths[n % #paths + 1])\nend\n"
	if err := os.WriteFile(script, []byte(lua), 0o600); err != nil {
		return l, err
	}
	out, err := exec.CommandContext(ctx, "wrk", "-t2", "-c32", "-d", strconv.Itoa(seconds), "--latency", "-s", script, //nolint:gosec // our own file
		"-H", "Host: "+host(1), "http://"+at+"/").CombinedOutput()
	if err != nil {
		return l, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	rate, p99 := wrkRate.FindSubmatch(out), wrkP99.FindSubmatch(out)
	if rate == nil || p99 == nil {
		return l, fmt.Errorf("wrk says:\n%s", out)
	}
	if l.rate, err = strconv.ParseFloat(string(rate[1]), 64); err != nil {
		return l, err
	}
	if l.p99, err = strconv.ParseFloat(string(p99[1]), 64); err != nil {
		return l, err
	}
	l.p99 *= map[string]float64{"us": 0.001, "ms": 1, "s": 1000}[string(p99[2])]
	for _, m := range wrkFailed.FindAllSubmatch(out, -1) {
		n, _ := strconv.Atoi(string(m[1])) // digits
		l.failed += n
	}
	return l, nil
}
