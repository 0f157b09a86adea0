// Package audit keeps who did what in a log whose later change shows. Every
// record is a leaf of a Merkle tree (the transparency log of the Go checksum
// database, compatible with RFC 6962) that grows in the same transaction as
// the act itself: both stand or fall together. Leaves hash salted bodies, so
// that a witness of the tree learns nothing and retention can remove a body
// without breaking the tree. Each tenant has a log of its own.
//
// Where many write at once, on PostgreSQL, the transaction of the act adds the
// record without a number, so that no act waits for another at the log's end;
// [Sequence] gives the numbers and lets the tree grow, as a job every second.
// Until then a record is listed with the number −1 and not yet proven. Writes
// tables audit, audit_body, audit_pending, audit_hash and audit_checkpoint.
package audit

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

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

// unnumbered is the Seq of a record that waits for its number.
const unnumbered = -1

// Append adds a record of a successful act. detail is written as JSON and
// holds ids and counts, never names or addresses.
func Append(tx *store.Tx, action, object string, detail any) error {
	return AppendResult(tx, action, object, OK, detail)
}

// AppendResult adds a record with its result.
func AppendResult(tx *store.Tx, action, object string, result Result, detail any) error {
	body, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("audit %s: %w", action, err)
	}
	r := Record{
		Seq: unnumbered, At: store.Stamp(tx.Now), Actor: tx.Actor.ID, Name: tx.Actor.Name, Role: tx.Actor.Role,
		Terminal: tx.Actor.Terminal, Action: action, Object: object, Result: result, Detail: body,
	}
	if tx.Concurrent() {
		return insertPending(tx, r)
	}
	if r.State, err = store.StateDigest(tx.Rx); err != nil {
		return err
	}
	if r.Seq, err = size(tx.Rx); err != nil {
		return err
	}
	return (&end{tx: tx}).add(r)
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
