package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	_ "embed" // the peer's script
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/town"
	"kofu/internal/fault"
	"kofu/internal/store"
)

const clients, benchSlots = 200, 50

// web is who books.
var web = itself

// peerScript is one booking as the statements of [reserve.Book], in their order;
// only the number of the booking is made up instead of drawn.
//
//go:embed testdata/booking.pgbench
var peerScript string

// rush is G18 and G20: so many clients book one seat each in slots that do not
// fill, in turns with pgbench; then all slots are full and everybody is refused.
func rush(ctx context.Context, b *bench, engine string) ([]result, error) {
	turn := b.of(5000, benchSlots)
	turns := b.pairs + 1 // the first warms up
	// 50 windows with one slot a day: the slots of one day can be named by number.
	s := size{towns: 1, windows: benchSlots, horizon: 31, perDay: 1, seats: min(1000, turn*turns/benchSlots+1), members: turn*turns + turn}
	o, err := b.newOffice(ctx, engine, s)
	if err != nil {
		return nil, err
	}
	peer, err := b.newPeer(ctx, engine, s)
	if err != nil {
		return nil, err
	}
	var list []result
	err = o.with(ctx, func(service *town.Service) error {
		slots, err := o.day(ctx, service, 1)
		if err != nil {
			return err
		}
		var ratios, ours, theirs, spread []float64
		booked := 0
		for n := range turns {
			times, took, err := together(turn, func(i int) error { return book(ctx, service, slots, booked+i) })
			if err != nil {
				return err
			}
			booked += turn
			rate, peerRate, err := float64(turn)/took.Seconds(), 0.0, error(nil)
			if peer != nil {
				if peerRate, err = peer.turn(ctx, turn, string(slots[0].Day)); err != nil {
					return err
				}
			}
			if n == 0 {
				if err := b.analyze(ctx, o, peer); err != nil {
					return err
				}
			} else {
				l := times.settled()
				ours, theirs = append(ours, rate), append(theirs, peerRate)
				ratios, spread = append(ratios, rate/peerRate), append(spread, l.at(0.99).Seconds()/l.at(0.5).Seconds())
			}
		}
		if err := o.sound(ctx, service, booked); err != nil {
			return err
		}
		rate := median(ours)
		r := result{Goal: "G18", Subject: fmt.Sprintf("reserve.Book %d clients %.0f/s, none overbooked", clients, rate), Want: 0.7, Alarm: 0.4, AtLeast: true}
		if peer == nil {
			r.Peer, r.Missing = "no server to compare a file with", true
		} else {
			r.Peer = fmt.Sprintf("pgbench -c16 -j2 -M prepared, same statements %.0f/s", median(theirs))
			r = r.of(ratios)
		}
		list = append(list, r, result{Goal: "G18", Subject: "p99 of a booking", Peer: "its p50", Want: 4}.of(spread))
		return nil
	})
	if err != nil {
		return nil, err
	}
	refused, err := soldOut(ctx, b, engine, turn)
	return append(list, refused...), err
}

// soldOut is G20.
func soldOut(ctx context.Context, b *bench, engine string, turn int) (list []result, err error) {
	s := size{towns: 1, windows: benchSlots, horizon: 31, perDay: 1, seats: turn / benchSlots, members: 2 * turn}
	o, err := b.newOffice(ctx, engine, s)
	if err != nil {
		return nil, err
	}
	err = o.with(ctx, func(service *town.Service) error {
		slots, err := o.day(ctx, service, 1)
		if err != nil {
			return err
		}
		_, took, err := together(turn, func(i int) error { return book(ctx, service, slots, i) })
		if err != nil {
			return err
		}
		var ratios []float64
		var rate float64
		for range b.pairs {
			_, full, err := together(turn, func(i int) error {
				if err := book(ctx, service, slots, turn+i); !fault.Is(err, fault.Conflict, "slot.full") {
					return fmt.Errorf("a full slot answers %w", err)
				}
				return nil
			})
			if err != nil {
				return err
			}
			rate = float64(turn) / full.Seconds()
			ratios = append(ratios, took.Seconds()/full.Seconds())
		}
		if err := o.sound(ctx, service, turn); err != nil {
			return err
		}
		list = append(list, result{
			Goal: "G20", Subject: fmt.Sprintf("refusals %.0f/s", rate), Peer: fmt.Sprintf("bookings that fill the slots %.0f/s", float64(turn)/took.Seconds()),
			Want: 2, Alarm: 1.3, AtLeast: true,
		}.of(ratios))
		return nil
	})
	return list, err
}

// book books one seat for the n-th member.
func book(ctx context.Context, service *town.Service, slots []slot.Slot, n int) error {
	_, err := reserve.Book(ctx, service.DB.For(1), web, reserve.Request{
		Tenant: 1, Token: rand.Text(), By: reserve.By{Via: reserve.ByWeb, Link: link(n)}, Side: slot.Web, SlotID: slots[n%len(slots)].ID, Lang: "ja",
		Guests: []reserve.Guest{{Link: link(n), Gen: 1, Procs: "receive"}},
	})
	return err
}

// together does 0 … n-1 with all clients and returns how long each took, and the
// whole.
func together(n int, do func(i int) error) (latencies, time.Duration, error) {
	times, errs := make(latencies, n), make([]error, n)
	var next atomic.Int64
	var all sync.WaitGroup
	begin := time.Now()
	for range clients {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				began := time.Now()
				errs[i] = do(i)
				times[i] = time.Since(began)
			}
		})
	}
	all.Wait()
	took := time.Since(begin)
	for _, err := range errs {
		if err != nil {
			return nil, 0, err
		}
	}
	return times, took, nil
}

// peer is pgbench on a database of its own with the same tables.
type peer struct {
	dsn    string // of the server's account
	app    string // of the role that books, for which the fence between municipalities holds as well
	script string // one booking
	booked string // the check afterwards
	turns  int
}

// pgClients are those of the peer, as many as our pool has connections.
const pgClients = 16

// newPeer prepares the peer; nil where there is none.
func (b *bench) newPeer(ctx context.Context, engine string, s size) (*peer, error) {
	if _, err := exec.LookPath("pgbench"); engine != "postgres" || err != nil {
		return nil, nil //nolint:nilnil // printed as missing
	}
	s.seats, s.members = 1000, 0
	o, err := b.newOffice(ctx, engine, s)
	if err != nil {
		return nil, err
	}
	p := &peer{script: filepath.Join(b.dir, "booking.pgbench"), booked: filepath.Join(b.dir, "booked.sql"), app: o.dsn}
	if p.dsn, err = b.admin(o); err != nil {
		return nil, err
	}
	if err := os.WriteFile(p.script, []byte(peerScript), 0o600); err != nil {
		return nil, err
	}
	members := filepath.Join(b.dir, "members.sql")
	if err := errors.Join(os.WriteFile(members, []byte(peerMembers), 0o600), os.WriteFile(p.booked, []byte(peerBooked), 0o600)); err != nil {
		return nil, err
	}
	return p, psql(ctx, p.dsn, "-v", fmt.Sprint("clients=", pgClients), "-v", fmt.Sprint("each=", b.of(5000, benchSlots)*(b.pairs+2)/pgClients+10), "-f", members)
}

// admin is the DSN of an office's database for the account of the server.
func (b *bench) admin(o *office) (string, error) {
	server, err := url.Parse(b.server)
	if err != nil {
		return "", err
	}
	database, err := url.Parse(o.owner)
	server.Path = database.Path
	return server.String(), err
}

// analyze does after the turn that warms up what the server does by itself a
// minute later: it counts the rows of tables that were empty when statements
// were planned.
func (b *bench) analyze(ctx context.Context, o *office, p *peer) error {
	if p == nil {
		return nil
	}
	dsn, err := b.admin(o)
	if err != nil {
		return err
	}
	return errors.Join(psql(ctx, dsn, "-c", "ANALYZE"), psql(ctx, p.dsn, "-c", "ANALYZE"))
}

func psql(ctx context.Context, dsn string, args ...string) error {
	out, err := exec.CommandContext(ctx, "psql", append([]string{"-Xq", "-v", "ON_ERROR_STOP=1", dsn}, args...)...).CombinedOutput() //nolint:gosec // ours
	if err != nil {
		return fmt.Errorf("psql: %w\n%s", err, out)
	}
	return nil
}

// peerBooked divides by zero when the peer's statements have found no seat or no
// code.
//
//go:embed testdata/booked.sql
var peerBooked string

//go:embed testdata/members.sql
var peerMembers string

// turn lets pgbench book and returns how many it did a second.
func (p *peer) turn(ctx context.Context, n int, day string) (float64, error) {
	each := max(1, n/pgClients)
	out, err := exec.CommandContext(ctx, "pgbench", "-n", "-c", strconv.Itoa(pgClients), "-j2", "-M", "prepared", "-t", strconv.Itoa(each), //nolint:gosec // our own file
		"-D", fmt.Sprint("n=", p.turns*each), "-D", "at=@"+day+"T09:00", "-D", "now="+store.Stamp(time.Now()), "-f", p.script, p.app).CombinedOutput()
	p.turns++
	if err != nil {
		return 0, fmt.Errorf("pgbench: %w\n%s", err, out)
	}
	if !bytes.Contains(out, fmt.Appendf(nil, "%d/%d", each*pgClients, each*pgClients)) {
		return 0, fmt.Errorf("pgbench did not book all:\n%s", out)
	}
	if err := psql(ctx, p.dsn, "-v", fmt.Sprint("booked=", p.turns*each*pgClients), "-f", p.booked); err != nil {
		return 0, err
	}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		if rate, ok := strings.CutPrefix(lines.Text(), "tps = "); ok {
			rate, _, _ = strings.Cut(rate, " ")
			return strconv.ParseFloat(rate, 64)
		}
	}
	return 0, errors.New("pgbench says no rate")
}
