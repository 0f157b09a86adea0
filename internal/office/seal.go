package office

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// A seal says what the database was like when Kofu last closed it: while no
// program of ours has it open, nothing may change in it. The audit log proves
// that no record of an act was touched; the seal covers every other row, too.
//
// The owner of the folder checks the seal before it opens the database, marks
// it broken while it works, and makes a new one when it has closed it. After a
// crash there is no seal, and nothing to compare with.
type seal struct {
	SHA256 string `json:"sha256"` // of the database file, "" while it is open
	Stamp  string `json:"stamp"`  // size and times of the file: unchanged ones save reading it
	MAC    string `json:"mac"`    // by the key ring, so that nobody else can seal
}

// itself is on whose behalf the folder's own records are written.
var itself = store.Actor{ID: "office", Name: "office", Terminal: "office"}

const (
	changedOutside = "database.changed_outside"
	changeAccepted = "database.change_accepted"
)

func (o *Office) mac(s seal) string { return o.Ring.MAC("database-seal", s.SHA256+" "+s.Stamp) }

// intact compares the database with the seal. Without a seal it is intact as
// far as anybody knows. whole reads the file even if its times are unchanged.
func (o *Office) intact(s seal, whole bool) (bool, error) {
	if s.SHA256 == "" {
		return true, nil
	}
	now, err := stamp(o.Dir.DB())
	if errors.Is(err, fs.ErrNotExist) || s.MAC != o.mac(s) {
		return false, nil
	}
	if err != nil || now == s.Stamp && !whole {
		return true, err
	}
	sum, err := sumOf(o.Dir.DB())
	return sum == s.SHA256, err
}

func (o *Office) readSeal() (s seal, found bool, err error) {
	b, err := os.ReadFile(o.Dir.Seal())
	if errors.Is(err, fs.ErrNotExist) {
		return s, false, nil
	}
	if err != nil {
		return s, false, err
	}
	if json.Unmarshal(b, &s) != nil {
		return seal{}, false, nil // cut off while it was written: as after a crash
	}
	return s, true, nil
}

// writeSeal stores the seal; an empty one marks the database as open. It is on
// the disk before anything else is, so that a crash later never looks like a
// change by others.
func (o *Office) writeSeal(s seal) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(o.Dir.Seal(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// makeSeal seals the closed database. If somebody else still has it open or
// changes it meanwhile, it stays without a seal: that program makes one.
func (o *Office) makeSeal() error {
	before, err := stamp(o.Dir.DB())
	if err != nil || busy(o.Dir.DB()) {
		return err
	}
	sum, err := sumOf(o.Dir.DB())
	if err != nil {
		return err
	}
	after, err := stamp(o.Dir.DB())
	if err != nil || after != before || busy(o.Dir.DB()) {
		return err
	}
	s := seal{SHA256: sum, Stamp: after}
	s.MAC = o.mac(s)
	return o.writeSeal(s)
}

// busy reports whether the database has a write-ahead log, as it has while a
// program has it open.
func busy(path string) bool {
	_, err := os.Stat(path + "-wal")
	return err == nil
}

func stamp(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d %s %s", info.Size(), store.Stamp(info.ModTime()), changeTime(info)), nil
}

func sumOf(path string) (_ string, err error) {
	f, err := os.Open(path) //nolint:gosec // the database itself
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

// noteChange records that the database was changed by other means than Kofu.
func (o *Office) noteChange(ctx context.Context) error {
	return o.DB.Write(ctx, itself, func(tx *store.Tx) error {
		return audit.AppendResult(tx, changedOutside, "database", audit.Failed, nil)
	})
}

// Verify proves that nobody changed the database by other means than Kofu: the
// audit log is whole, and nothing was changed while Kofu had it closed. Errors:
// those of audit.Verify, and fault.Conflict "office.changed_outside" until an
// administrator has accepted the change.
func (o *Office) Verify(ctx context.Context) (proof audit.Proof, err error) {
	defer fault.Add(&err, "office.Verify")
	err = o.DB.Read(ctx, func(rx *store.Rx) error {
		if proof, err = audit.Verify(rx, o.Ring.Verifier()); err != nil {
			return err
		}
		found, _, err := audit.List(rx, audit.Filter{Action: "database.", Limit: 1})
		if err != nil || len(found) == 0 || found[0].Action != changedOutside {
			return err
		}
		return fault.New(fault.Conflict, "office.changed_outside", "seq", fmt.Sprint(found[0].Seq), "day", dayOf(found[0].At))
	})
	return proof, err
}

func dayOf(at string) string {
	t, err := store.ParseStamp(at)
	if err != nil {
		return at
	}
	return store.Day(t)
}

// Accept records that a change by other means is known and why, such as a
// restored backup; from then on Verify looks at later changes only. Errors:
// fault.Invalid "office.reason_missing".
func (o *Office) Accept(ctx context.Context, actor store.Actor, reason string) (err error) {
	defer fault.Add(&err, "office.Accept")
	if reason == "" {
		return fault.New(fault.Invalid, "office.reason_missing")
	}
	return o.DB.Write(ctx, actor, func(tx *store.Tx) error {
		return audit.Append(tx, changeAccepted, "database", map[string]string{"reason": reason})
	})
}
