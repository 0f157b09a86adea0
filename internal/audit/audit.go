// Package audit keeps who did what in a log whose later change shows. Every
// record is a leaf of a Merkle tree (the transparency log of the Go checksum
// database, compatible with RFC 6962) that grows in the same transaction as
// the act itself: both stand or fall together. Leaves hash salted bodies, so
// that a witness of the tree learns nothing and retention can remove a body
// without breaking the tree. Writes tables audit, audit_body, audit_hash and
// audit_checkpoint.
package audit

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"kofu/internal/store"
)

// Result says how an act ended.
type Result string

// The results of an act.
const (
	OK     Result = "ok"
	Denied Result = "denied" // refused: permission, password
	Failed Result = "error"
)

// Record is one line of the log.
type Record struct {
	Seq      int64           `json:"seq"`
	At       string          `json:"at"` // instant, UTC
	Actor    string          `json:"actor"`
	Name     string          `json:"name"`
	Role     string          `json:"role"`
	Terminal string          `json:"terminal"`
	Action   string          `json:"action"`
	Object   string          `json:"object"`
	Result   Result          `json:"result"`
	Detail   json.RawMessage `json:"detail"`
	State    string          `json:"state"` // digest of all tables as the transaction found them
}

// Append adds a record of a successful act. detail is written as JSON and
// holds ids and counts, never names or addresses. Records stand in the tree in
// the order of the commits, so from here to its end a transaction makes others
// wait that append: it comes late in an act.
func Append(tx *store.Tx, action, object string, detail any) error {
	return AppendResult(tx, action, object, OK, detail)
}

// AppendResult adds a record with its result.
func AppendResult(tx *store.Tx, action, object string, result Result, detail any) error {
	body, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("audit %s: %w", action, err)
	}
	if err := tx.Lock("audit"); err != nil { // the tree has one end
		return err
	}
	seq, err := size(tx.Rx)
	if err != nil {
		return err
	}
	salt := make([]byte, 16)
	if _, err := io.ReadFull(rand.Reader, salt); err != nil {
		return err
	}
	state, err := store.StateDigest(tx.Rx)
	if err != nil {
		return err
	}
	r := Record{
		Seq: seq, At: store.Stamp(tx.Now), Actor: tx.Actor.ID, Name: tx.Actor.Name, Role: tx.Actor.Role,
		Terminal: tx.Actor.Terminal, Action: action, Object: object, Result: result, Detail: body, State: state,
	}
	leaf, err := leafHash(salt, r)
	if err != nil {
		return err
	}
	return insert(tx, r, salt, leaf)
}

// leafHash is the hash of salt and body. The body is JSON with its fields in
// the order of Record, so that anybody can recompute it.
func leafHash(salt []byte, r Record) (tlog.Hash, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return tlog.Hash{}, err
	}
	return tlog.RecordHash(append(append([]byte{}, salt...), body...)), nil
}

func encode(h tlog.Hash) string { return base64.RawURLEncoding.EncodeToString(h[:]) }

func decode(s string) (h tlog.Hash, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != len(h) {
		return h, fmt.Errorf("%q is not a hash", s)
	}
	copy(h[:], b)
	return h, nil
}
