package keyring

import (
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

	"kofu/internal/fault"
)

// Codes are the keys under which one municipality hashes the codes of its
// letters (K_tenant), by their ids k001, k002 and so on, whose order is their age. Rows carry the id of their
// key, so a key goes out of use with the last row that names it.
type Codes struct {
	dir  string
	keys map[string][]byte
}

var codeFile = regexp.MustCompile(`^code-k([0-9]{3,9})\.key$`)

// OpenCodes reads the code keys in dir. A folder without any gives none.
func OpenCodes(dir string) (_ *Codes, err error) {
	defer fault.Add(&err, "keyring.OpenCodes")
	c := &Codes{dir: dir, keys: map[string][]byte{}}
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
		if c.keys["k"+m[1]], err = unprotect(b); err != nil {
			return nil, fmt.Errorf("%s: %w", entry.Name(), err)
		}
	}
	return c, nil
}

// Keys returns all keys by their ids.
func (c *Codes) Keys() map[string][]byte { return maps.Clone(c.keys) }

// IDs lists the ids from the oldest to the newest.
func (c *Codes) IDs() []string {
	return slices.SortedFunc(maps.Keys(c.keys), func(a, b string) int { return number(a) - number(b) })
}

// Newest returns the key under which new hashes are made. ok is false while
// there is none.
func (c *Codes) Newest() (id string, key []byte, ok bool) {
	ids := c.IDs()
	if len(ids) == 0 {
		return "", nil, false
	}
	id = ids[len(ids)-1]
	return id, c.keys[id], true
}

// Make makes the next key from random and returns its id.
func (c *Codes) Make(random io.Reader) (id string, err error) {
	defer fault.Add(&err, "keyring.Codes.Make")
	next := 1
	if newest, _, ok := c.Newest(); ok {
		next = number(newest) + 1
	}
	id = fmt.Sprintf("k%03d", next)
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return "", err
	}
	c.keys[id], err = readOrMake(filepath.Join(c.dir, "code-"+id+".key"), func() ([]byte, error) {
		key := make([]byte, 32)
		_, err := io.ReadFull(random, key)
		return key, err
	})
	return id, err
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
