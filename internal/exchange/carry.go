package exchange

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"kofu/internal/audit"
	"kofu/internal/entry"
	"kofu/internal/fault"
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
}

// Register writes how a bundle left or came into the register.
func (o Office) Register(ctx context.Context, actor store.Actor, c Carry) (_ Carry, err error) {
	defer fault.Add(&err, "exchange.Register")
	if err := c.check(); err != nil {
		return c, err
	}
	err = o.DB.Write(ctx, actor, func(tx *store.Tx) error {
		c.At, c.By = store.Stamp(tx.Now), tx.Actor.Name
		if c.ID, err = insertCarry(tx, c); err != nil {
			return err
		}
		return audit.Append(tx, "exchange.carried", "bundle/"+c.BundleID, map[string]any{
			"direction": c.Direction, "way": c.Way, "sha256": c.SHA256, "verified": c.Verified, "medium": c.No, "approval": c.Approval,
		})
	})
	return c, err
}

// CarryOut is the line of a bundle that leaves.
func (b Bundle) CarryOut(way Way, m Medium) Carry {
	return Carry{
		BundleID: b.BundleID, Direction: "out", Way: way, Kind: string(b.Kind), File: b.FileName(), Size: b.Size, SHA256: b.SHA256,
		Lo: b.Lo, Hi: b.Hi, N: b.N, Medium: m,
	}
}

// CarryIn is the line of a bundle that came.
func (t Taken) CarryIn(way Way, m Medium) Carry {
	return Carry{
		BundleID: t.BundleID, Direction: "in", Way: way, Kind: string(t.Kind), File: t.FileName(), SHA256: t.SHA256,
		Lo: t.Lo, Hi: t.Hi, N: t.N, Medium: m, Verified: true,
	}
}

// Maker writes a bundle: [Office.Export] or [Office.ExportCodeKeys].
type Maker func(ctx context.Context, actor store.Actor, dst io.Writer) (Bundle, error)

// ExportTo writes a bundle into a folder of a medium: under another name first,
// synced, renamed, read back from the start and compared. Only then it is in the
// register. Error: fault.Unavailable "exchange.not_verified".
func (o Office) ExportTo(ctx context.Context, actor store.Actor, export Maker, dir string, way Way, m Medium) (c Carry, path string, err error) {
	defer fault.Add(&err, "exchange.ExportTo")
	if err := m.check(); err != nil {
		return c, "", err
	}
	made, path, err := o.writeTo(ctx, actor, export, dir)
	if err != nil {
		return c, "", err
	}
	if sum, err := sumOf(path); err != nil || sum != made.SHA256 {
		return c, "", errors.Join(fault.New(fault.Unavailable, "exchange.not_verified").Because(err), os.Remove(path))
	}
	c = made.CarryOut(way, m)
	c.Verified = true
	c, err = o.Register(ctx, actor, c)
	return c, path, err
}

func (o Office) writeTo(ctx context.Context, actor store.Actor, export Maker, dir string) (b Bundle, path string, err error) {
	f, err := os.CreateTemp(dir, ".kofu-*")
	if err != nil {
		return b, "", fault.New(fault.Unavailable, "exchange.medium_gone").Because(err)
	}
	b, err = export(ctx, actor, f)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return b, "", errors.Join(err, os.Remove(f.Name()))
	}
	path = filepath.Join(dir, b.FileName())
	if err := os.Rename(f.Name(), path); err != nil {
		return b, "", fmt.Errorf("name of the bundle: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return b, path, nil
}

func sumOf(path string) (sum string, err error) {
	f, err := os.Open(path) //nolint:gosec // just written by us
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
