package keyring

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"kofu/internal/fault"
)

// Codes are the keys under which one municipality hashes the codes of its
// letters (K_tenant). Their ids say who made them, and their order is their age:
// o001, o002 … are the office's, k001, k002 … the booking service's, which hashes
// access keys and whatever it issues itself. Rows carry the id of their key, so a
// key goes out of use with the last row that names it.
type Codes struct {
	dir   string
	maker string // the letter of the ids made here
	keys  map[string][]byte
}

var (
	codeFile = regexp.MustCompile(`^code-([ko][0-9]{3,9})\.key$`)
	codeID   = regexp.MustCompile(`^[ko][0-9]{3,9}$`)
)

// OpenCodes reads the code keys of the booking service in dir, those that came
// from the office among them. A folder without any gives none.
func OpenCodes(dir string) (_ *Codes, err error) {
	defer fault.Add(&err, "keyring.OpenCodes")
	return openCodes(dir, "k")
}

// OpenOfficeCodes reads the code keys of the office.
func OpenOfficeCodes(dir string) (_ *Codes, err error) {
	defer fault.Add(&err, "keyring.OpenOfficeCodes")
	return openCodes(dir, "o")
}

func openCodes(dir, maker string) (*Codes, error) {
	c := &Codes{dir: dir, maker: maker, keys: map[string][]byte{}}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		m := codeFile.FindStringSubmatch(entry.Name())
		if m == nil {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, entry.Name())) //nolint:gosec // below the data folder
		if err != nil {
			return nil, err
		}
		if c.keys[m[1]], err = unprotect(b); err != nil {
			return nil, fmt.Errorf("%s: %w", entry.Name(), err)
		}
	}
	return c, nil
}

// Keys returns all keys by their ids.
func (c *Codes) Keys() map[string][]byte { return maps.Clone(c.keys) }

// IDs lists the ids, those of each maker from the oldest to the newest.
func (c *Codes) IDs() []string {
	return slices.SortedFunc(maps.Keys(c.keys), func(a, b string) int {
		return cmp.Or(strings.Compare(a[:1], b[:1]), number(a)-number(b))
	})
}

// Newest returns the key under which new hashes are made here. ok is false
// while there is none.
func (c *Codes) Newest() (id string, key []byte, ok bool) {
	for _, known := range c.IDs() {
		if strings.HasPrefix(known, c.maker) {
			id = known
		}
	}
	return id, c.keys[id], id != ""
}

// Put stores a key that the other side has made. A key that is known already
// stays. Errors: fault.Invalid "keyring.bad_code_key"; fault.Conflict
// "keyring.other_code_key" when another key has the id.
func (c *Codes) Put(id string, key []byte) (err error) {
	defer fault.Add(&err, "keyring.Codes.Put(%s)", id)
	if !codeID.MatchString(id) || strings.HasPrefix(id, c.maker) || len(key) != 32 {
		return fault.New(fault.Invalid, "keyring.bad_code_key")
	}
	return c.keep(id, func() ([]byte, error) { return key, nil }, func(kept []byte) error {
		if !bytes.Equal(kept, key) {
			return fault.New(fault.Conflict, "keyring.other_code_key", "id", id)
		}
		return nil
	})
}

// Make makes the next key from random and returns its id.
func (c *Codes) Make(random io.Reader) (id string, err error) {
	defer fault.Add(&err, "keyring.Codes.Make")
	next := 1
	if newest, _, ok := c.Newest(); ok {
		next = number(newest) + 1
	}
	id = fmt.Sprintf("%s%03d", c.maker, next)
	return id, c.keep(id, func() ([]byte, error) {
		key := make([]byte, 32)
		_, err := io.ReadFull(random, key)
		return key, err
	}, func([]byte) error { return nil })
}

// keep writes the key of an id unless there is one, and has the one that lies
// there judged.
func (c *Codes) keep(id string, generate func() ([]byte, error), judge func(kept []byte) error) error {
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return err
	}
	kept, err := readOrMake(filepath.Join(c.dir, "code-"+id+".key"), generate)
	if err == nil {
		err = judge(kept)
	}
	if err == nil {
		c.keys[id] = kept
	}
	return err
}

// Fingerprint names a key without telling it, for comparing two places by eye.
func Fingerprint(key []byte) string {
	sum := sha256.Sum256(append([]byte("kofu/fingerprint\x00"), key...))
	text := hex.EncodeToString(sum[:8])
	return text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
}

func number(id string) int {
	n, _ := strconv.Atoi(id[1:]) // ids come from file names of this form
	return n
}
