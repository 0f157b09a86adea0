//go:build faultlab

package faultlab_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// fate is what happens to a bundle on its way.
type fate string

// The fates.
const (
	arrives fate = "arrives"
	lost    fate = "lost"
	late    fate = "late"    // comes on a later trip, after newer ones
	doubled fate = "doubled" // comes twice
	damaged fate = "damaged"
	killed  fate = "killed" // the program that applies it dies on the way
	unsent  fate = "unsent" // the program that writes it dies on the way
	mute    fate = "mute"   // the call arrives, the answer does not
	crashed fate = "crashed"
)

var (
	mediumFates = []fate{arrives, arrives, lost, late, late, doubled, damaged, killed, unsent}
	lineFates   = []fate{arrives, lost, mute, mute, doubled, damaged, killed, crashed}
)

// deck deals fates: each once before any comes again.
type deck struct {
	t      *testing.T
	chance *rand.Rand
	all    []fate
	rest   []fate
	dealt  map[fate]int
}

func newDeck(t *testing.T, all []fate) *deck {
	t.Helper()
	return &deck{t: t, chance: seeded(t), all: all, dealt: map[fate]int{}}
}

func (d *deck) deal() fate {
	if len(d.rest) == 0 {
		d.rest = slices.Clone(d.all)
		d.chance.Shuffle(len(d.rest), func(i, j int) { d.rest[i], d.rest[j] = d.rest[j], d.rest[i] })
	}
	f := d.rest[0]
	d.rest = d.rest[1:]
	d.dealt[f]++
	return f
}

// String counts what was dealt.
func (d *deck) String() string {
	var parts []string
	for _, f := range slices.Sorted(maps.Keys(d.dealt)) {
		parts = append(parts, fmt.Sprintf("%d %s", d.dealt[f], f))
	}
	return strings.Join(parts, ", ")
}

// safe carries without any fate.
type safe struct{ *pair }

func (s safe) trip() { s.byMedium() }
func (s safe) calm() { s.byMedium() }

// medium carries files and does not do it well.
type medium struct {
	*pair
	deck    *deck
	waiting []func() // bundles that come later
}

func (m *medium) String() string { return "by medium: " + m.deck.String() }

func (m *medium) calm() { m.byMedium() }

func (m *medium) trip() {
	m.t.Helper()
	come := m.waiting
	m.waiting = nil
	m.way("kofuctl", m.ctlArgs("exchange", "export", "--out", m.usb), func() string { return m.export() }, "kofu-booking", func(file string) []string {
		return m.cloudArgs("exchange", "take", tenantNo, file)
	})
	m.way("kofu-booking", m.cloudArgs("exchange", "give", tenantNo, "--out", m.usb), m.give, "kofuctl", func(file string) []string {
		return m.ctlArgs("exchange", "import", file)
	})
	for _, bring := range come { // after the newer ones
		bring()
	}
}

// way carries one bundle from the program that writes it to the one that applies it.
func (m *medium) way(writer string, write []string, made func() string, reader string, read func(file string) []string) {
	m.t.Helper()
	m.closeOffice()
	f := m.deck.deal()
	if f == unsent {
		m.killedIn(writer, write)
		return
	}
	file := made()
	bring := func() {
		m.closeOffice()
		m.must(nil, reader, read(file)...)
	}
	switch f {
	case arrives:
		bring()
	case doubled:
		bring()
		bring()
	case late:
		m.waiting = append(m.waiting, bring)
	case killed:
		m.killedIn(reader, read(file))
	case damaged:
		m.damage(file)
		if code, _, errs := m.run(reader, read(file)...); code == 0 || !strings.Contains(errs, "seal.E-") {
			m.t.Errorf("a damaged bundle: %d %s", code, errs)
		}
	}
}

// killedIn runs a program and kills it at a system call of its writing.
func (m *medium) killedIn(program string, args []string) {
	m.t.Helper()
	f := flow{program: program, args: func(string, string) []string { return args }}
	m.traced(m.t, 20+m.deck.chance.IntN(140), f, scratchpad{})
}

// damage changes one byte of a file, or loses its end.
func (m *medium) damage(file string) {
	m.t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		m.t.Fatal(err)
	}
	at := m.deck.chance.IntN(len(b))
	if m.deck.chance.IntN(3) == 0 {
		b = b[:at]
	} else {
		b[at] ^= byte(1 + m.deck.chance.IntN(255))
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// line carries by calls of the office through a network that does not hold what it
// promises.
type line struct {
	*pair
	deck *deck
	net  *network
}

func newLine(p *pair, d *deck) *line {
	p.t.Helper()
	l := &line{pair: p, deck: d, net: newNetwork(p.t, p.exchange)}
	p.ctl(nil, "exchange", "keys", "--address", "https://"+l.net.address()+"/exchange")
	return l
}

func (l *line) String() string { return "by line: " + l.deck.String() }

func (l *line) sync() []string { return l.ctlArgs("exchange", "sync") }

func (l *line) calm() {
	l.t.Helper()
	l.closeOffice()
	l.net.set(good, 0)
	l.must(nil, "kofuctl", l.sync()...)
}

func (l *line) trip() {
	l.t.Helper()
	l.closeOffice()
	l.net.set(good, 0)
	failing := func() {
		l.t.Helper()
		if code, out, _ := l.run("kofuctl", l.sync()...); code == 0 {
			l.t.Errorf("a call that failed is a good one: %s", out)
		}
	}
	switch f := l.deck.deal(); f {
	case arrives:
		l.calm()
	case doubled:
		l.calm()
		l.calm()
	case lost:
		l.net.set(deaf, 0)
		failing()
	case mute:
		l.net.set(cut, 1500+l.deck.chance.IntN(1500)) // the greeting is over by then
		failing()
	case damaged:
		l.net.set(spoilt, l.deck.chance.IntN(2500))
		failing()
	case killed:
		m := &medium{pair: l.pair, deck: l.deck}
		m.killedIn("kofuctl", l.sync())
	case crashed:
		l.crash()
	}
}

// crash kills the booking service while it answers, and starts it again.
func (l *line) crash() {
	l.t.Helper()
	l.net.set(cut, l.deck.chance.IntN(3000))
	l.net.onCut(func() { _ = l.served.cmd.Process.Kill() })
	_, _, _ = l.run("kofuctl", l.sync()...)
	l.net.onCut(nil)
	s := l.served
	l.served = nil
	_ = s.cmd.Process.Kill()
	s.reading.Wait()
	_ = s.cmd.Wait()
	l.openCloud()
}

// manner is how a network treats connections.
type manner int32

const (
	good   manner = iota
	deaf          // takes connections and answers nothing
	cut           // ends a connection after some bytes of the answer
	spoilt        // changes a byte of the answer
)

// network passes connections on to one address.
type network struct {
	t        *testing.T
	to       string
	listener net.Listener
	manner   atomic.Int32
	after    atomic.Int64 // bytes of the answer
	mu       sync.Mutex
	hook     func()
}

func newNetwork(t *testing.T, to string) *network {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{t: t, to: to, listener: l}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go n.pass(c)
		}
	}()
	return n
}

func (n *network) address() string { return n.listener.Addr().String() }

func (n *network) set(m manner, after int) {
	n.after.Store(int64(after))
	n.manner.Store(int32(m)) //nolint:gosec // one of four
}

func (n *network) onCut(hook func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hook = hook
}

func (n *network) pass(office net.Conn) {
	defer office.Close()
	how := manner(n.manner.Load())
	if how == deaf {
		return
	}
	var d net.Dialer
	cloud, err := d.DialContext(n.t.Context(), "tcp", n.to)
	if err != nil {
		return
	}
	defer cloud.Close()
	go func() { _, _ = io.Copy(cloud, office) }()
	switch how {
	case cut:
		_, _ = io.CopyN(office, cloud, n.after.Load())
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.hook != nil {
			n.hook()
		}
	case spoilt:
		_, _ = io.CopyN(office, cloud, n.after.Load())
		b := make([]byte, 1)
		if _, err := io.ReadFull(cloud, b); err == nil {
			_, _ = io.Copy(office, io.MultiReader(bytes.NewReader([]byte{b[0] ^ 0x55}), cloud))
		}
	default:
		_, _ = io.Copy(office, cloud)
	}
}

func sorted(lines []string) []string {
	list := slices.Clone(lines)
	slices.Sort(list)
	return list
}
