package exchange

import (
	"context"

	"kofu/internal/audit"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/relay"
	"kofu/internal/store"
)

// Way is how a bundle leaves or comes.
type Way string

// The ways.
const (
	ByMedium Way = "medium" // written to a medium at this machine
	ByFile   Way = "file"   // handed to a browser or the console
	ByHTTPS  Way = "https"
)

// Medium is who answers for the medium, as the 搬送記録票 names it.
type Medium struct {
	No       string // number on its label
	Approval string // number of the approval
	Approver string
}

func (m Medium) check() error {
	for _, text := range []string{m.No, m.Approval, m.Approver} {
		if err := entry.Check(text); err != nil {
			return err
		}
	}
	return nil
}

// Carry is one line of the register: a bundle that left or came.
type Carry struct {
	ID        int64
	BundleID  string
	Direction string // out, in
	Way       Way
	Kind      string
	File      string
	Size      int64
	SHA256    string // hex
	Lo, Hi    int64
	N         int
	Medium
	Verified bool // read back from the medium and compared
	Ejected  bool
	At       string
	By       string
	LostAt   string // instant at which the medium was found to be lost, "" for never
}

// Register writes how a bundle left into the register. What comes gets its line
// as it is taken in.
func (o Office) Register(ctx context.Context, actor store.Actor, c Carry) (_ Carry, err error) {
	defer fault.Add(&err, "exchange.Register")
	if err := c.check(); err != nil {
		return c, err
	}
	err = o.DB.Write(ctx, actor, func(tx *store.Tx) error {
		c, err = register(tx, c)
		return err
	})
	return c, err
}

func register(tx *store.Tx, c Carry) (_ Carry, err error) {
	c.At, c.By = store.Stamp(tx.Now), tx.Actor.Name
	if c.ID, err = insertCarry(tx, c); err != nil {
		return c, err
	}
	return c, audit.Append(tx, "exchange.carried", "bundle/"+c.BundleID, map[string]any{
		"direction": c.Direction, "way": c.Way, "sha256": c.SHA256, "verified": c.Verified, "medium": c.No, "approval": c.Approval,
	})
}

// CarryOut is the line of a bundle that leaves.
func (b Bundle) CarryOut(way Way, m Medium) Carry {
	return Carry{
		BundleID: b.BundleID, Direction: "out", Way: way, Kind: string(b.Kind), File: b.FileName(), Size: b.Size, SHA256: b.SHA256,
		Lo: b.Lo, Hi: b.Hi, N: b.N, Medium: m,
	}
}

// carry is the line of a bundle that came, by a way and on a medium.
func (t Taken) carry(came Carry) Carry {
	return Carry{
		BundleID: t.BundleID, Direction: "in", Way: came.Way, Kind: string(t.Kind), File: t.FileName(), Size: t.Size, SHA256: t.SHA256,
		Lo: t.Lo, Hi: t.Hi, N: t.N, Medium: came.Medium,
	}
}

// Ejected notes that the medium of a bundle was let go. Error: fault.NotFound
// "exchange.no_carry".
func (o Office) Ejected(ctx context.Context, actor store.Actor, id int64) (err error) {
	defer fault.Add(&err, "exchange.Ejected(%d)", id)
	return o.DB.Write(ctx, actor, func(tx *store.Tx) error {
		c, err := CarryByID(tx.Rx, id)
		if err != nil {
			return err
		}
		if err := setEjected(tx, id); err != nil {
			return err
		}
		return audit.Append(tx, "exchange.ejected", "bundle/"+c.BundleID, map[string]string{"medium": c.No})
	})
}

// Lost records that the medium with a bundle of ours is lost on its way to the
// booking service. It was sealed for their key, so replacing that key is theirs;
// whoever finds the medium cannot open it, and the next bundle holds everything
// again. Error: fault.NotFound "relay.bundle_unknown".
func (o Office) Lost(ctx context.Context, actor store.Actor, bundleID string) (err error) {
	defer fault.Add(&err, "exchange.Lost")
	return o.DB.Write(ctx, actor, func(tx *store.Tx) error {
		n, err := setLost(tx, bundleID)
		if err != nil {
			return err
		}
		err = relay.MarkLost(tx, bundleID)
		if n > 0 && fault.Is(err, fault.NotFound, "relay.bundle_unknown") { // keys of codes are no part of the log
			return audit.Append(tx, "relay.medium_lost", "bundle/"+bundleID, nil)
		}
		return err
	})
}

// LostComing records that a medium of the booking service is lost on its way here.
// It was sealed for our key, which is replaced: the booking service reads the new
// one and exports again. no is the number on the medium, "" if nobody knows it.
func (o Office) LostComing(ctx context.Context, actor store.Actor, no string) (err error) {
	defer fault.Add(&err, "exchange.LostComing")
	if err := entry.Check(no); err != nil {
		return err
	}
	return o.rotate(ctx, actor, func(tx *store.Tx) error {
		return audit.Append(tx, "exchange.medium_lost", "exchange/keys", map[string]string{"medium": no})
	})
}
