package keybook

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"iter"
	"time"

	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/seal"
)

// codeKey is one line of a bundle of code keys.
type codeKey struct {
	T   string `json:"t"` // "code.key"
	ID  string `json:"id"`
	Key string `json:"key"` // base64url
}

// mastersDays is how long a bundle of code keys can be taken in.
const mastersDays = 7

// SealMasters writes the keys under which the office hashes its codes into a
// bundle for the booking service. They come from the key folder, not from the
// log, so the bundle has a number of its own. Errors: fault.Conflict
// "seal.no_keys", "keybook.no_peer", "link.no_key".
func (b *Book) SealMasters(dst io.Writer, spool seal.Spool, codes *keyring.Codes, now time.Time, random io.Reader) (h seal.Header, err error) {
	defer fault.Add(&err, "keybook.SealMasters")
	own, err := b.Own()
	if err != nil {
		return h, err
	}
	peer, err := b.Peer()
	if err != nil {
		return h, err
	}
	if _, _, ok := codes.Newest(); !ok {
		return h, fault.New(fault.Conflict, "link.no_key")
	}
	id, err := seal.NewID(now, random)
	if err != nil {
		return h, err
	}
	number := int64(0)
	if err := b.change(func(p *pages) error {
		p.Masters++
		number = p.Masters
		return nil
	}); err != nil {
		return h, err
	}
	return seal.Seal(dst, spool, seal.Header{
		Kind: seal.Masters, BundleID: id, Lo: number, Hi: number, Class: "secret",
		Created: stamp(now), NotAfter: stamp(now.AddDate(0, 0, mastersDays)),
	}, own, peer, b.Recovery(), mastersLines(codes))
}

func mastersLines(codes *keyring.Codes) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		keys := codes.Keys()
		for _, id := range codes.IDs() {
			line, err := json.Marshal(codeKey{"code.key", id, base64.RawURLEncoding.EncodeToString(keys[id])})
			if !yield(line, err) {
				return
			}
		}
	}
}

// TakeMasters puts the keys of an opened bundle into the key folder of the
// booking service and returns their ids. The same bundle again changes nothing.
// Errors: fault.Invalid "seal.E-VERSION" for another kind, "seal.E-SCHEMA",
// "seal.E-UNZIP"; fault.Conflict "keybook.older_masters", and those of
// keyring.Codes.Put.
func (b *Book) TakeMasters(bundle *seal.Bundle, codes *keyring.Codes) (ids []string, err error) {
	defer fault.Add(&err, "keybook.TakeMasters")
	if bundle.Kind != seal.Masters {
		return nil, fault.New(fault.Invalid, "seal.E-VERSION")
	}
	var keys []codeKey
	err = bundle.Lines(func(line []byte) error {
		var k codeKey
		d := json.NewDecoder(bytes.NewReader(line))
		if err := d.Decode(&k); err != nil || k.T != "code.key" {
			return fault.New(fault.Invalid, "seal.E-SCHEMA").Because(err)
		}
		keys = append(keys, k)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return ids, b.change(func(p *pages) error {
		if bundle.Hi < p.Masters {
			return fault.New(fault.Conflict, "keybook.older_masters")
		}
		for _, k := range keys {
			secret, err := base64.RawURLEncoding.DecodeString(k.Key)
			if err != nil {
				return fault.New(fault.Invalid, "seal.E-SCHEMA").Because(err)
			}
			if err := codes.Put(k.ID, secret); err != nil {
				return err
			}
			ids = append(ids, k.ID)
		}
		p.Masters = bundle.Hi
		return nil
	})
}
