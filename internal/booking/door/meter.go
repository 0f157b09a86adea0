package door

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// bounds are the upper bounds of the classes in which times are counted.
var bounds = []time.Duration{
	1 * time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 150 * time.Millisecond, 200 * time.Millisecond, 300 * time.Millisecond,
	500 * time.Millisecond, 750 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second,
}

// span is how many seconds a p95 looks back.
const span = 10

// Meters measures requests by listener and municipality.
type Meters struct {
	mu  sync.RWMutex
	all map[meterKey]*Meter
}

type meterKey struct {
	listener string
	tenant   int
}

// Of returns the meter of a municipality at a listener; tenant 0 is for requests
// that have none.
func (m *Meters) Of(listener string, tenant int) *Meter {
	key := meterKey{listener, tenant}
	m.mu.RLock()
	meter := m.all[key]
	m.mu.RUnlock()
	if meter != nil {
		return meter
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = map[meterKey]*Meter{}
	}
	if m.all[key] == nil {
		m.all[key] = &Meter{}
	}
	return m.all[key]
}

// Meter counts the requests of one municipality and how long they take.
type Meter struct {
	inFlight atomic.Int64
	refused  atomic.Int64 // by the cap

	mu      sync.Mutex
	classes [6]int64 // by the first digit of the status; [0] is unused
	times   counts   // since the start
	sum     time.Duration
	recent  [span]second
}

// counts has one number for each of bounds and one for what takes longer.
type counts [17]int64

// second is what one second has seen.
type second struct {
	at    int64
	times counts
}

func (m *Meter) begin() { m.inFlight.Add(1) }

func (m *Meter) end(now time.Time, took time.Duration, status int) {
	m.inFlight.Add(-1)
	class := classOf(took)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.classes[min(max(status/100, 1), 5)]++
	m.times[class]++
	m.sum += took
	s := &m.recent[now.Unix()%span]
	if s.at != now.Unix() {
		*s = second{at: now.Unix()}
	}
	s.times[class]++
}

func classOf(took time.Duration) int {
	i, _ := slices.BinarySearch(bounds, took)
	return i
}

// InFlight is how many requests are being answered now.
func (m *Meter) InFlight() int { return int(m.inFlight.Load()) }

// P95 is the time within which 95 % of the requests of the last ten seconds were
// answered, rounded up to the next bound, and how many there were. It is twice
// the longest bound for what takes longer.
func (m *Meter) P95(now time.Time) (p95 time.Duration, requests int) {
	var all counts
	m.mu.Lock()
	for _, s := range m.recent {
		if now.Unix()-s.at < span && s.at <= now.Unix() {
			for i, n := range s.times {
				all[i] += n
				requests += int(n)
			}
		}
	}
	m.mu.Unlock()
	if requests == 0 {
		return 0, 0
	}
	seen := 0
	for i, n := range all {
		if seen += int(n); seen*100 >= requests*95 && i < len(bounds) {
			return bounds[i], requests
		}
	}
	return 2 * bounds[len(bounds)-1], requests
}

// Write writes all meters in the text form of Prometheus.
func (m *Meters) Write(w io.Writer, now time.Time) error {
	m.mu.RLock()
	keys := make([]meterKey, 0, len(m.all))
	for key := range m.all {
		keys = append(keys, key)
	}
	m.mu.RUnlock()
	slices.SortFunc(keys, func(a, b meterKey) int {
		return cmp.Or(cmp.Compare(a.listener, b.listener), cmp.Compare(a.tenant, b.tenant))
	})
	out := &sticky{w: w}
	for _, family := range families {
		out.printf("# HELP %s %s\n# TYPE %s %s\n", family.name, family.help, family.name, family.kind)
		for _, key := range keys {
			family.write(out, fmt.Sprintf(`listener=%q,tenant="%d"`, key.listener, key.tenant), m.Of(key.listener, key.tenant), now)
		}
	}
	return out.err
}

// family is one metric of all municipalities.
type family struct {
	name, help, kind string
	write            func(out *sticky, labels string, m *Meter, now time.Time)
}

var families = []family{
	{"kofu_requests_total", "Requests answered, by class of status.", "counter", func(out *sticky, labels string, m *Meter, _ time.Time) {
		m.mu.Lock()
		defer m.mu.Unlock()
		for class := 1; class < len(m.classes); class++ {
			out.printf("kofu_requests_total{%s,class=\"%dxx\"} %d\n", labels, class, m.classes[class])
		}
	}},
	{"kofu_requests_in_flight", "Requests being answered.", "gauge", func(out *sticky, labels string, m *Meter, _ time.Time) {
		out.printf("kofu_requests_in_flight{%s} %d\n", labels, m.InFlight())
	}},
	{"kofu_requests_refused_total", "Requests refused because the municipality used up its share.", "counter", func(out *sticky, labels string, m *Meter, _ time.Time) {
		out.printf("kofu_requests_refused_total{%s} %d\n", labels, m.refused.Load())
	}},
	{"kofu_request_p95_seconds", "Time within which 95 % of the requests of the last ten seconds were answered.", "gauge", func(out *sticky, labels string, m *Meter, now time.Time) {
		p95, _ := m.P95(now)
		out.printf("kofu_request_p95_seconds{%s} %g\n", labels, p95.Seconds())
	}},
	{"kofu_request_seconds", "Time of requests.", "histogram", func(out *sticky, labels string, m *Meter, _ time.Time) {
		m.mu.Lock()
		defer m.mu.Unlock()
		sum := int64(0)
		for i, bound := range bounds {
			sum += m.times[i]
			out.printf("kofu_request_seconds_bucket{%s,le=\"%g\"} %d\n", labels, bound.Seconds(), sum)
		}
		sum += m.times[len(bounds)]
		out.printf("kofu_request_seconds_bucket{%s,le=\"+Inf\"} %d\nkofu_request_seconds_sum{%s} %g\nkofu_request_seconds_count{%s} %d\n",
			labels, sum, labels, m.sum.Seconds(), labels, sum)
	}},
}

// sticky writes until the first error.
type sticky struct {
	w   io.Writer
	err error
}

func (s *sticky) printf(format string, args ...any) {
	if s.err == nil {
		_, s.err = fmt.Fprintf(s.w, format, args...)
	}
}
