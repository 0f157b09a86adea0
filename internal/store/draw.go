package store

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A server takes a block of numbers at once where several write, a larger one
// while blocks last less than a second, as in a rush.
const (
	smallBlock = 10
	largeBlock = 640
)

// drawer hands out running numbers.
type drawer struct {
	mu    sync.Mutex
	ready map[string]*reserved
}

// reserved are numbers of one series that this server may give.
type reserved struct {
	turn chan struct{} // holds one token: of two who need more, one asks
	next int
	last int
	size int       // of the block
	at   time.Time // when it was taken
}

// grow chooses the size of the next block.
func (r *reserved) grow(now time.Time) {
	if r.size == 0 || now.Sub(r.at) >= time.Second {
		r.size = smallBlock
	} else {
		r.size = min(2*r.size, largeBlock)
	}
	r.at = now
}

func (d *drawer) series(name string) *reserved {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.ready[name]
	if r == nil {
		if d.ready == nil {
			d.ready = map[string]*reserved{}
		}
		r = &reserved{turn: make(chan struct{}, 1), next: 1}
		d.ready[name] = r
	}
	return r
}

// Draw gives the next number of a series of the tenant. more takes n numbers out
// of the table that keeps the series and returns the last of them. Where several
// servers write it reserves a few at once, on a connection and in a transaction
// of its own, so that acts do not wait for each other's end: numbers are given
// once, but an act that fails or a server that stops leaves gaps.
func (tx *Tx) Draw(series string, more func(tx *Tx, n int) (last int, err error)) (int, error) {
	if !tx.Concurrent() {
		return more(tx, 1)
	}
	r := tx.db.drawer.series(fmt.Sprintf("%d/%s", tx.Tenant, series))
	select {
	case r.turn <- struct{}{}:
	case <-tx.ctx.Done():
		return 0, tx.ctx.Err()
	}
	defer func() { <-r.turn }()
	if r.next > r.last {
		r.grow(tx.Now)
		err := tx.db.aside(tx, func(side *Tx) (err error) {
			r.last, err = more(side, r.size)
			return err
		})
		if err != nil {
			r.last = r.next - 1
			return 0, err
		}
		r.next = r.last - r.size + 1
	}
	r.next++
	return r.next - 1, nil
}

// aside runs fn in a transaction beside tx, on a connection that is kept for
// this, so that it never waits for one that tx itself or its like hold.
func (db *DB) aside(tx *Tx, fn func(*Tx) error) error {
	ctx := context.WithValue(tx.ctx, inTransaction{}, nil)
	return db.run(ctx, db.side, db.engine.writing, func(rx *Rx) error { return fn(&Tx{Rx: rx, Actor: tx.Actor}) })
}
