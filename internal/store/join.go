package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// On SQLite one transaction after the other writes, and each waits for the disk
// at its end. Many short acts that come at once share that wait: the first one
// leads, opens a transaction, and lets those that wait meanwhile do their part
// in it, one after the other, each under a savepoint and on its own goroutine.
// Then it commits for all.
const (
	mostTogether = 200                   // acts in one commit
	longest      = 25 * time.Millisecond // after which nobody else joins it
)

// Join is [DB.Write] for short acts of which many come at once: on SQLite they
// may share one commit. Nothing else differs: what one act does, the next one
// sees, an act that fails leaves nothing and harms no other, and Join returns
// only after the commit has reached the disk. A long act, such as an import,
// would make the others wait: it takes Write.
func (db *DB) Join(ctx context.Context, actor Actor, fn func(*Tx) error) error {
	if !db.engine.joins {
		return db.Write(ctx, actor, fn)
	}
	if err := db.writable(ctx, actor); err != nil {
		return err
	}
	a := &act{db: db, ctx: ctx, actor: actor, fn: fn, turn: make(chan *group, 1), end: make(chan error, 1)}
	err := a.run()
	db.dirty.Store(true)
	return unavailable(db.note(err))
}

// joint is where acts meet.
type joint struct {
	mu      sync.Mutex
	waiting []*act
	leading bool // somebody leads
}

// enter says whether the act leads; otherwise it waits for its turn.
func (j *joint) enter(a *act) (leads bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.leading {
		j.waiting = append(j.waiting, a)
		return false
	}
	j.leading = true
	return true
}

// next takes the act that has waited longest.
func (j *joint) next() *act {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.waiting) == 0 {
		return nil
	}
	a := j.waiting[0]
	j.waiting = j.waiting[1:]
	return a
}

// leave takes an act out of the queue and reports false if its turn has come.
func (j *joint) leave(a *act) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, other := range j.waiting {
		if other == a {
			j.waiting = append(j.waiting[:i:i], j.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// hand makes the act that has waited longest the next leader.
func (j *joint) hand() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.waiting) == 0 {
		j.leading = false
		return
	}
	j.waiting[0].turn <- nil
	j.waiting = j.waiting[1:]
}

// act is one call of Join.
type act struct {
	db    *DB
	ctx   context.Context // of the call, which waits
	actor Actor
	fn    func(*Tx) error
	turn  chan *group // the group to do its part in; nil to lead
	end   chan error  // how the commit ended
}

func (a *act) run() error {
	if a.db.joint.enter(a) {
		return a.lead()
	}
	var g *group
	select {
	case g = <-a.turn:
	case <-a.ctx.Done():
		if a.db.joint.leave(a) {
			return a.ctx.Err()
		}
		g = <-a.turn
	}
	if g == nil {
		return a.lead()
	}
	if err := g.part(a); err != nil {
		return err
	}
	return <-a.end
}

// group is a transaction of several acts.
type group struct {
	tx         *sql.Tx
	statements map[string]*sql.Stmt
	back       chan bool // the act whose turn it was has ended: whether it stays
	broken     error     // the engine has rolled everything back, or might have
}

// lead opens the transaction and does its own part, without a savepoint because
// it is the first. Then it gives others their turn and commits for all.
func (a *act) lead() (err error) {
	defer a.db.joint.hand()
	conn, err := a.db.writer.Conn(a.ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	// Whoever gives up must not end the transaction of the others.
	tx, err := conn.BeginTx(context.WithoutCancel(a.ctx), a.db.engine.writing)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	g := &group{tx: tx, statements: map[string]*sql.Stmt{}, back: make(chan bool)}
	committed := false
	defer func() {
		for _, s := range g.statements {
			_ = s.Close() // the transaction's end already decided
		}
		if !committed {
			_ = tx.Rollback() // err, or a panic on its way up, says why
		}
	}()
	if err := a.db.inside(a.db.rx(a.ctx, tx, g.statements), a.actor, a.fn); err != nil {
		return err
	}
	stay := g.others(&a.db.joint)
	if err = g.broken; err == nil {
		committed = true
		err = commit(tx)
	}
	for _, other := range stay {
		other.end <- err
	}
	return err
}

func commit(tx *sql.Tx) error {
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// others gives those who wait their turn and returns the acts whose part stays.
func (g *group) others(j *joint) (stay []*act) {
	late := time.NewTimer(longest)
	defer late.Stop()
	for range mostTogether - 1 {
		select {
		case <-late.C:
			return stay
		default:
		}
		a := j.next()
		if a == nil {
			return stay
		}
		a.turn <- g
		if <-g.back {
			stay = append(stay, a)
		}
		if g.broken != nil {
			return stay
		}
	}
	return stay
}

// part does the part of one act, on its own goroutine. It stays or leaves
// nothing.
func (g *group) part(a *act) (err error) {
	stays := false
	rx := a.db.rx(a.ctx, g.tx, g.statements)
	rx.run = context.WithoutCancel(a.ctx) // an interrupted statement would end the whole transaction
	defer func() {                        // also when fn panics
		if !stays {
			err = errors.Join(err, g.undo(rx))
		}
		g.back <- stays
	}()
	if err := rx.control("SAVEPOINT part"); err != nil {
		return err
	}
	if err := a.db.inside(rx, a.actor, a.fn); err != nil {
		return err
	}
	if err := rx.control("RELEASE part"); err != nil {
		return err
	}
	stays = true
	return nil
}

// undo takes the part of one act back. Where the engine has rolled the whole
// transaction back by itself, as for a full disk, there is no savepoint any more,
// and no act of the group has happened.
func (g *group) undo(rx *Rx) error {
	err := errors.Join(rx.control("ROLLBACK TO part"), rx.control("RELEASE part"))
	if err != nil {
		g.broken = fmt.Errorf("together with an act that failed: %w", errors.Join(rx.failure, err))
	}
	return err
}

// control runs a statement that steers the transaction.
func (rx *Rx) control(text string) error {
	s, err := rx.prepared(text)
	if err == nil {
		_, err = s.ExecContext(rx.run)
	}
	return err
}
