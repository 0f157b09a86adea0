package peertest

import (
	"bytes"
	"crypto/rand"
	"fmt"

	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// Say writes events into the log.
func (p *Peer) Say(events ...event.Body) { p.Said = append(p.Said, events...) }

// Head is the number of the newest event.
func (p *Peer) Head(*store.Rx) (int64, error) { return int64(len(p.Said)), nil }

// Each calls fn for each line of the log.
func (p *Peer) Each(_ *store.Rx, from int64, fn func(line []byte) error) error {
	for i := from; i <= int64(len(p.Said)); i++ {
		line, err := event.Encode(i, store.Stamp(p.clock()), p.Said[i-1])
		if err == nil {
			err = fn(line)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Bundle seals and signs what the other side has not acknowledged.
func (p *Peer) Bundle() []byte {
	p.t.Helper()
	return p.BundleOf(p)
}

// BundleOf is Bundle with another log, such as a [Broken] one.
func (p *Peer) BundleOf(log relay.Log) []byte {
	p.t.Helper()
	terms := p.terms
	terms.Own, terms.Peer, terms.Days, terms.Random = p.Own(), p.Known(), 7, rand.Reader
	var file bytes.Buffer
	_, err := relay.Export(p.t.Context(), p.DB, testkit.Clerk, log, terms, &file, &Spool{})
	p.must(err)
	return file.Bytes()
}

// Masters is a bundle with the keys under which an office hashes its codes.
func (p *Peer) Masters() []byte {
	p.t.Helper()
	var file bytes.Buffer
	_, err := p.Book.SealMasters(&file, &Spool{}, p.Codes, p.clock(), rand.Reader)
	p.must(err)
	return file.Bytes()
}

// Open opens a bundle of the other side.
func (p *Peer) Open(file []byte) (*seal.Bundle, error) {
	r, err := p.Book.Receiver(p.clock())
	if err != nil {
		return nil, err
	}
	return seal.Open(bytes.NewReader(file), int64(len(file)), &Spool{}, r)
}

// Take takes in a bundle of the other side.
func (p *Peer) Take(file []byte) (taken relay.Taken, err error) {
	b, err := p.Open(file)
	if err != nil {
		return taken, err
	}
	return relay.Import(p.t.Context(), p.DB, testkit.Clerk, b, relay.Hearing{
		Log: p, Random: rand.Reader,
		Forgot: func(*store.Rx) error { return fault.New(fault.Conflict, "relay.put_back") },
		Each: func(_ *store.Tx, e relay.Event) error {
			_, _, body, err := event.Decode(e.Line)
			p.Heard = append(p.Heard, body)
			return err
		},
	})
}

// Spool is a [seal.Spool] in memory.
type Spool struct {
	bytes.Buffer
	from *bytes.Reader
}

func (s *Spool) Read(p []byte) (int, error) { return s.from.Read(p) }

// Seek lets Read begin at an offset of what was written.
func (s *Spool) Seek(offset int64, whence int) (int64, error) {
	s.from = bytes.NewReader(s.Bytes())
	return s.from.Seek(offset, whence)
}

// Broken is a log with one line that cannot be.
type Broken struct {
	relay.Log
	At  int64 // number of the line
	How func(line []byte) []byte
}

// Each calls fn for each line, the broken one among them.
func (b Broken) Each(rx *store.Rx, from int64, fn func(line []byte) error) error {
	n := from - 1
	return b.Log.Each(rx, from, func(line []byte) error {
		if n++; n == b.At {
			broken := b.How(bytes.Clone(line))
			if bytes.Equal(broken, line) {
				return fmt.Errorf("%s is not broken", line)
			}
			line = broken
		}
		return fn(line)
	})
}
