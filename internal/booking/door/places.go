package door

import (
	"net/http"
	"runtime"
	"slices"
	"sync"
	"time"
)

// patience is how long a request waits for a place before it is refused: a page
// that comes a moment later is better than one that says no.
const patience = 500 * time.Millisecond

// company is how long after another municipality has asked the places are dealt
// out in turns. Where one is alone nobody needs a turn, and a request that goes
// straight through costs a third less.
const company = time.Minute

// Places are where requests of residents are answered, so many at a time. While
// there are fewer places than requests, the municipalities take turns: a crowd at
// one stands in its own line and not before the others.
type Places struct {
	limit, share int
	clock        func() time.Time

	mu      sync.Mutex
	taken   int
	waiting int
	lines   []*line // of the municipalities, first whose turn it is
	dealing bool
	last    *line     // who asked last
	alone   time.Time // since when nobody else has
}

// NewPlaces makes places for limit requests, at most share of them for one
// municipality.
func NewPlaces(limit, share int, clock func() time.Time) *Places {
	return &Places{limit: limit, share: share, clock: clock}
}

// line is the requests of one municipality.
type line struct {
	tenant  int
	taken   int
	waiting []chan struct{} // closed when there is a place
}

// Wrap lets requests of a municipality through to next as they get places.
// Whoever gets none within a moment is told that the service is busy.
func (p *Places) Wrap(tenant int, meter *Meter, next http.Handler) http.Handler {
	l := p.of(tenant)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.take(l, r) {
			meter.refused.Add(1)
			w.Header().Set("Retry-After", "10")
			next.ServeHTTP(w, noticed(r, Notice{Kind: Busy}))
			return
		}
		defer p.leave(l)
		next.ServeHTTP(w, r)
	})
}

// of is the line of a municipality, the same one when its pages are built anew.
func (p *Places) of(tenant int) *line {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.lines, func(l *line) bool { return l.tenant == tenant })
	if i < 0 {
		i = len(p.lines)
		p.lines = append(p.lines, &line{tenant: tenant})
	}
	return p.lines[i]
}

func (p *Places) take(l *line, r *http.Request) bool {
	p.mu.Lock()
	if p.free(l) {
		p.give(l)
		p.mu.Unlock()
		return true
	}
	place := make(chan struct{})
	l.waiting = append(l.waiting, place)
	p.waiting++
	p.wake()
	p.mu.Unlock()
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case <-place:
		return true
	case <-wait.C:
	case <-r.Context().Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(l.waiting, place); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
		p.waiting--
		return false
	}
	return true // it came in this very moment
}

// free tells whether a request need not wait for its turn; p.mu is held.
func (p *Places) free(l *line) bool {
	now := p.clock()
	if l != p.last {
		if p.last != nil {
			p.alone = now
		}
		p.last = l
	}
	return now.Sub(p.alone) >= company && len(l.waiting) == 0 && l.taken < p.share && p.taken < p.limit
}

// give gives a municipality a place; the others have their turns before its next
// one.
func (p *Places) give(l *line) {
	l.taken++
	p.taken++
	i := slices.Index(p.lines, l)
	p.lines = append(slices.Delete(p.lines, i, i+1), l)
}

func (p *Places) leave(l *line) {
	p.mu.Lock()
	p.taken--
	l.taken--
	p.wake()
	p.mu.Unlock()
}

// wake lets free places be dealt out to those who wait; p.mu is held.
func (p *Places) wake() {
	if p.dealing || p.waiting == 0 || p.taken >= p.limit {
		return
	}
	p.dealing = true
	go p.deal()
}

// deal gives the free places to those who wait. First it lets everything run that
// can: a request of which is not known yet whose it is could not take its turn,
// and whatever is ready runs in the order of its coming.
func (p *Places) deal() {
	runtime.Gosched()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dealing = false
	for p.taken < p.limit {
		i := slices.IndexFunc(p.lines, func(l *line) bool { return len(l.waiting) > 0 && l.taken < p.share })
		if i < 0 {
			return
		}
		l := p.lines[i]
		close(l.waiting[0])
		l.waiting = slices.Delete(l.waiting, 0, 1)
		p.waiting--
		p.give(l)
	}
}
