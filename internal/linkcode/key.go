package linkcode

import (
	"encoding/binary"
	"fmt"
	"log/slog"

	"kofu/internal/fault"
)

// Key is an access key: what opens a booking that was made without a code. It
// has the form of a code with the first digit 9 and is a secret of the resident;
// logs show only that there is one.
type Key string

// LogValue keeps the digits out of logs.
func (Key) LogValue() slog.Value { return slog.StringValue("access key") }

// KeyFor is the access key that belongs to the one-time token of a form: the
// same request sent twice gives the same key, without anybody keeping it. Only
// who has the tenant's key and the token can compute it.
func KeyFor(secret []byte, token string) Key {
	number := binary.BigEndian.Uint64(mac(secret, "kofu access key from token 1", token))%1e13 + 9e13
	return Key(fmt.Sprintf("%0*d%02d", body, number, 98-number%97*100%97))
}

// ParseKey reads what a person typed, as [Parse] does. The faults are those of
// Parse, and linkcode.no_access_key for a link code.
func ParseKey(input string) (Key, error) {
	text, err := number(input)
	if err != nil {
		return "", err
	}
	if text[0] != '9' {
		return "", fault.New(fault.Invalid, "linkcode.no_access_key")
	}
	return Key(text), nil
}

// Format writes the key in groups of four.
func (k Key) Format() string { return Code(k).Format() }

// Hash is the look-up key of the access key under the tenant's key.
func (k Key) Hash(key []byte) []byte { return mac(key, "kofu access key 1", string(k)) }
