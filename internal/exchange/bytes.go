package exchange

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
)

// counted passes bytes on, counts them and keeps their SHA-256.
type counted struct {
	to  io.Writer
	n   int64
	sum hash.Hash
}

func newCounted(to io.Writer) *counted { return &counted{to: to, sum: sha256.New()} }

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.n += int64(n)
	c.sum.Write(p[:n])
	return n, err
}

func (c *counted) hex() string { return hex.EncodeToString(c.sum.Sum(nil)) }

func decode(text string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(text) }

func encodeJSON(to io.Writer, v any) error {
	e := json.NewEncoder(to)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
