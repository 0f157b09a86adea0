package audit

import (
	"context"
	"encoding/base64"
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"kofu/internal/fault"
	"kofu/internal/store"
)

// Checkpoint is a signed statement of the log's size and root.
type Checkpoint struct {
	Size int64  `json:"size"`
	At   string `json:"at"`
	Note string `json:"note"`
}

// Sign stores and returns a checkpoint of the log as it is, after numbering what
// waits. Printed, or kept by somebody else, it makes every later change of what
// it covers provable.
func Sign(tx *store.Tx, signer note.Signer) (Checkpoint, error) {
	if err := tx.Lock("audit"); err != nil { // the hashes are those of this size
		return Checkpoint{}, err
	}
	for n := batch; n == batch && tx.Concurrent(); {
		var err error
		if n, err = sequence(tx); err != nil {
			return Checkpoint{}, err
		}
	}
	n, err := size(tx.Rx)
	if err != nil {
		return Checkpoint{}, err
	}
	root, err := tlog.TreeHash(n, stored{tx.Rx})
	if err != nil {
		return Checkpoint{}, err
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", signer.Name(), n, base64.StdEncoding.EncodeToString(root[:]))
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return Checkpoint{}, err
	}
	c := Checkpoint{Size: n, At: store.Stamp(tx.Now), Note: string(signed)}
	return c, insertCheckpoint(tx, n, c.Note)
}

// parse checks the signature and reads size and root.
func parse(c Checkpoint, verifier note.Verifier) (n int64, root tlog.Hash, err error) {
	opened, err := note.Open([]byte(c.Note), note.VerifierList(verifier))
	if err != nil {
		return 0, root, err
	}
	var name, sum string
	if _, err := fmt.Sscanf(opened.Text, "%s\n%d\n%s\n", &name, &n, &sum); err != nil {
		return 0, root, err
	}
	b, err := base64.StdEncoding.DecodeString(sum)
	if err != nil || len(b) != len(root) || n != c.Size {
		return 0, root, fmt.Errorf("checkpoint %d says something else inside", c.Size)
	}
	copy(root[:], b)
	return n, root, nil
}

// Proof is what a verification found in order. Waiting counts the records that
// have no number yet, which nothing proves so far.
type Proof struct {
	Records     int64  `json:"records"`
	Waiting     int    `json:"waiting,omitempty"`
	Checkpoints int    `json:"checkpoints"`
	Root        string `json:"root"`
}

// Verify recomputes every leaf from its body, the whole tree from the leaves
// and every checkpoint from the tree. Errors: fault.Conflict with
// "audit.body_changed" (record seq), "audit.gap", "audit.tree_changed" or
// "audit.checkpoint_mismatch", which names the first place that is wrong.
func Verify(rx *store.Rx, verifier note.Verifier) (Proof, error) {
	tree := &rebuilt{}
	if err := verifyLeaves(rx, tree); err != nil {
		return Proof{}, err
	}
	if err := verifyStored(rx, tree); err != nil {
		return Proof{}, err
	}
	checkpoints, err := allCheckpoints(rx)
	if err != nil {
		return Proof{}, err
	}
	for _, c := range checkpoints {
		if err := verifyCheckpoint(c, verifier, tree); err != nil {
			return Proof{}, err
		}
	}
	root, err := tlog.TreeHash(tree.size, tree)
	if err != nil {
		return Proof{}, err
	}
	waiting, err := countPending(rx, Filter{})
	return Proof{Records: tree.size, Waiting: waiting, Checkpoints: len(checkpoints), Root: encode(root)}, err
}

// VerifyAll verifies the log, then every table against the digest that each
// commit left; these are kept on SQLite only. Error beside those of Verify:
// fault.Conflict "audit.table_changed", which names the table.
func VerifyAll(ctx context.Context, db *store.DB, verifier note.Verifier) (proof Proof, err error) {
	defer fault.Add(&err, "audit.VerifyAll")
	err = db.Read(ctx, func(rx *store.Rx) error {
		if proof, err = Verify(rx, verifier); err != nil {
			return err
		}
		table, err := db.ChangedTable(rx)
		if err == nil && table != "" {
			return fault.New(fault.Conflict, "audit.table_changed", "table", table)
		}
		return err
	})
	return proof, err
}

// rebuilt is the tree computed anew from the leaves.
type rebuilt struct {
	hashes []tlog.Hash
	size   int64
}

// ReadHashes implements tlog.HashReader.
func (t *rebuilt) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, idx := range indexes {
		if idx >= int64(len(t.hashes)) {
			return nil, fmt.Errorf("hash %d is beyond the tree", idx)
		}
		out[i] = t.hashes[idx]
	}
	return out, nil
}

func (t *rebuilt) add(leaf tlog.Hash) error {
	hashes, err := tlog.StoredHashesForRecordHash(t.size, leaf, t)
	t.hashes = append(t.hashes, hashes...)
	t.size++
	return err
}

func verifyLeaves(rx *store.Rx, tree *rebuilt) error {
	return rx.Query(func(scan func(...any) error) error {
		var salt, leafText, leafAt string
		r, err := scanRecord(scan, &salt, &leafText, &leafAt)
		if err != nil {
			return err
		}
		if r.Seq != tree.size {
			return wrong("audit.gap", tree.size)
		}
		stored, err := decode(leafText)
		if err != nil {
			return wrong("audit.body_changed", r.Seq).Because(err)
		}
		saltBytes, err := base64.RawURLEncoding.DecodeString(salt)
		if err != nil {
			return wrong("audit.body_changed", r.Seq).Because(err)
		}
		leaf, err := leafHash(saltBytes, r)
		if err != nil || leaf != stored || leafAt != r.At {
			return wrong("audit.body_changed", r.Seq)
		}
		return tree.add(leaf)
	}, everyLeaf, rx.Tenant)
}

// verifyStored compares the stored hashes with those computed anew.
func verifyStored(rx *store.Rx, tree *rebuilt) error {
	next := int64(0)
	err := rx.Query(func(scan func(...any) error) error {
		var idx int64
		var text string
		if err := scan(&idx, &text); err != nil {
			return err
		}
		h, err := decode(text)
		if err != nil || idx != next || idx >= int64(len(tree.hashes)) || h != tree.hashes[idx] {
			return wrong("audit.tree_changed", idx)
		}
		next++
		return nil
	}, everyHash, rx.Tenant)
	if err == nil && next != int64(len(tree.hashes)) {
		return wrong("audit.tree_changed", next)
	}
	return err
}

func verifyCheckpoint(c Checkpoint, verifier note.Verifier, tree *rebuilt) error {
	n, root, err := parse(c, verifier)
	if err != nil {
		return wrong("audit.checkpoint_mismatch", c.Size).Because(err)
	}
	if n > tree.size {
		return wrong("audit.checkpoint_mismatch", c.Size)
	}
	now, err := tlog.TreeHash(n, tree)
	if err != nil {
		return err
	}
	if now != root {
		return wrong("audit.checkpoint_mismatch", c.Size)
	}
	return nil
}

func wrong(code string, at int64) *fault.Error {
	return fault.New(fault.Conflict, code, "seq", fmt.Sprint(at))
}
