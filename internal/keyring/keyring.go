// Package keyring holds the secrets of one appliance: a master key, from which
// a key per purpose is derived, and the key that signs checkpoints of the
// audit log. They lie in a folder of the data folder that only its owner can
// read, never in the database and never in a backup that leaves the building.
// On Windows the files are also sealed to the machine by DPAPI.
package keyring

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/mod/sumdb/note"

	"kofu/internal/fault"
)

// Ring gives keys for purposes. It is safe for concurrent use.
type Ring struct {
	master   []byte
	signer   note.Signer
	verifier note.Verifier
}

const origin = "kofu-audit" // the name in front of every signed checkpoint

// Open reads the keys in dir and makes them at first use. Random bytes come
// from random (crypto/rand.Reader in the programs).
func Open(dir string, random io.Reader) (_ *Ring, err error) {
	defer fault.Add(&err, "keyring.Open")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	ring := &Ring{}
	ring.master, err = readOrMake(filepath.Join(dir, "master.key"), func() ([]byte, error) {
		key := make([]byte, 32)
		_, err := io.ReadFull(random, key)
		return key, err
	})
	if err != nil {
		return nil, err
	}
	if len(ring.master) != 32 {
		return nil, errors.New("master.key has not 32 bytes")
	}
	pair, err := readOrMake(filepath.Join(dir, "audit.key"), func() ([]byte, error) {
		secret, public, err := note.GenerateKey(random, origin)
		return []byte(secret + "\n" + public), err
	})
	if err != nil {
		return nil, err
	}
	return ring, ring.useNoteKeys(pair)
}

// ForTest returns a ring with keys made from seed, for tests and benchmarks.
func ForTest(seed byte) *Ring {
	ring := &Ring{master: make([]byte, 32)}
	ring.master[0] = seed
	secret, public, err := note.GenerateKey(rand.Reader, origin)
	if err == nil {
		err = ring.useNoteKeys([]byte(secret + "\n" + public))
	}
	if err != nil {
		panic(err) // random bytes ran out
	}
	return ring
}

func (r *Ring) useNoteKeys(pair []byte) (err error) {
	var secret, public string
	if _, err := fmt.Sscan(string(pair), &secret, &public); err != nil {
		return fmt.Errorf("audit.key: %w", err)
	}
	if r.signer, err = note.NewSigner(secret); err != nil {
		return fmt.Errorf("audit.key: %w", err)
	}
	r.verifier, err = note.NewVerifier(public)
	return err
}

// readOrMake reads the file, or writes it whole: under another name, synced,
// then renamed, so that a crash never leaves half a key.
func readOrMake(path string, generate func() ([]byte, error)) ([]byte, error) {
	b, err := os.ReadFile(path) //nolint:gosec // below the data folder
	if err == nil {
		return unprotect(b)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	plain, err := generate()
	if err != nil {
		return nil, err
	}
	sealed, err := protect(plain)
	if err != nil {
		return nil, err
	}
	return plain, writeWhole(path, sealed)
}

func writeWhole(path string, b []byte) error {
	f, err := os.OpenFile(path+".partial", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // below the data folder
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".partial", path)
}

// ReadSecret reads a secret that WriteSecret wrote; os.ErrNotExist when there is
// none.
func ReadSecret(path string) ([]byte, error) {
	b, err := os.ReadFile(path) //nolint:gosec // below the data folder
	if err != nil {
		return nil, err
	}
	return unprotect(b)
}

// WriteSecret puts a secret into a file of the key folder, whole or not at all.
// On Windows it is sealed to the machine.
func WriteSecret(path string, plain []byte) error {
	sealed, err := protect(plain)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return writeWhole(path, sealed)
}

// Signer signs checkpoints of the audit log.
func (r *Ring) Signer() note.Signer { return r.signer }

// Verifier checks checkpoints of the audit log.
func (r *Ring) Verifier() note.Verifier { return r.verifier }

func (r *Ring) key(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, r.master, nil, "kofu/"+purpose, 32)
	if err != nil {
		panic(err) // only for lengths beyond what the hash can give
	}
	return key
}

// MAC is a keyed hash of text for one purpose, base64url of 32 bytes: it finds
// a sealed value again without opening it.
func (r *Ring) MAC(purpose, text string) string {
	m := hmac.New(sha256.New, r.key("mac/"+purpose))
	m.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// Seal encrypts a value for one purpose and place (such as table, column and
// row), which Unseal must name again; a value moved to another row does not
// open. The result is base64url with the version in front.
func (r *Ring) Seal(purpose, place, plain string) (string, error) {
	aead, err := r.aead(purpose)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return "", err
	}
	sealed := aead.Seal(nonce, nonce, []byte(plain), []byte(place))
	return "1." + base64.RawURLEncoding.EncodeToString(sealed), nil
}

// Unseal opens what Seal made.
func (r *Ring) Unseal(purpose, place, sealed string) (string, error) {
	aead, err := r.aead(purpose)
	if err != nil {
		return "", err
	}
	if len(sealed) < 2 || sealed[:2] != "1." {
		return "", errors.New("unseal: unknown version")
	}
	b, err := base64.RawURLEncoding.DecodeString(sealed[2:])
	if err != nil || len(b) < aead.NonceSize() {
		return "", errors.New("unseal: not a sealed value")
	}
	plain, err := aead.Open(nil, b[:aead.NonceSize()], b[aead.NonceSize():], []byte(place))
	return string(plain), err
}

// DigestKey is the key of the digests that package store keeps of its tables.
func (r *Ring) DigestKey() []byte { return r.key("digest") }

func (r *Ring) aead(purpose string) (cipher.AEAD, error) {
	return chacha20poly1305.NewX(r.key("seal/" + purpose))
}
