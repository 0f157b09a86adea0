// Package seal makes and opens bundles (.kfb): the one container for everything
// that travels between the office and the booking service, by medium or by
// HTTPS. A bundle is a header (one line of canonical JSON), a payload (gzip of
// lines of JSON) and an Ed25519 signature, all inside age for the receiver and
// the city's recovery key. It is signed before it is encrypted, and the header
// names whom it is for, so that nobody can pass a bundle on as their own. To
// somebody who finds a medium it is noise.
//
// What the events mean, their order and their numbers are matters of the
// exchange. Source of the format: RFC 8785 for the header, age-encryption.org/v1
// with ML-KEM-768 and X25519.
package seal

import (
	"bytes"
	"encoding/json"
	"time"

	"kofu/internal/fault"
)

// Version of the container and of the events inside that this program writes
// and reads.
const (
	Version = 1
	Schema  = 1
)

// Kind says what a bundle carries.
type Kind string

// The kinds of bundle.
const (
	Reservations Kind = "reservation_export" // office → booking service: its log of events
	Return       Kind = "booking_return"     // booking service → office: its log of events
	Snapshot     Kind = "snapshot"           // all that one side holds of the other's facts, after a restore
	Masters      Kind = "masters"
	Update       Kind = "update"
)

func (k Kind) known() bool {
	switch k {
	case Reservations, Return, Snapshot, Masters, Update:
		return true
	}
	return false
}

// Party is one side of the exchange.
type Party string

// The two sides.
const (
	Office Party = "office"
	Cloud  Party = "cloud"
)

// Header says what a bundle is, for whom, and which events it holds. All of it
// is signed. Fields stand in the order of their JSON names, as RFC 8785 asks.
type Header struct {
	Ack       int64  `json:"ack"`       // highest event of the receiver that the sender has applied
	Audit     string `json:"audit"`     // checkpoint of the sender's log, for the receiver to witness; may be empty
	BundleID  string `json:"bundle_id"` // UUID of version 7
	Class     string `json:"class"`     // how a medium with it is to be handled
	Created   string `json:"created"`   // instant, UTC
	Epoch     string `json:"epoch"`     // of the sender's log; a restored database has a new one
	From      Party  `json:"from"`
	Hi        int64  `json:"hi"` // last event inside; Lo−1 for none
	KidEnc    string `json:"kid_enc"`
	KidSig    string `json:"kid_sig"`
	Kind      Kind   `json:"kind"`
	Lo        int64  `json:"lo"`        // first event inside
	N         int    `json:"n"`         // number of events
	Need      int64  `json:"need"`      // event from which the receiver is to send again, 0 for none
	NotAfter  string `json:"not_after"` // instant, UTC; later the answer is «export again»
	Digest    string `json:"payload_sha256"`
	Length    int64  `json:"payload_len"` // bytes
	PeerEpoch string `json:"peer_epoch"`  // of the receiver's log as the sender knows it, empty at first
	Prev      string `json:"prev"`        // digest of the sender's bundle before this one; for audit, never a condition
	Schema    int    `json:"schema"`
	Tenant    string `json:"tenant"`
	To        Party  `json:"to"`
	V         int    `json:"v"`
}

// headerLimit bounds the header line, in bytes.
const headerLimit = 4 << 10

// canonical writes the header as RFC 8785 does: names in order, no spaces. Its
// values are ASCII without characters that need more than JSON's own escapes.
func (h Header) canonical() ([]byte, error) {
	fields, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	// Through a map, so that the order is that of the names and not of the
	// struct.
	var named map[string]json.RawMessage
	if err := json.Unmarshal(fields, &named); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(named); err != nil {
		return nil, err
	}
	line := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	for _, c := range line {
		if c < 0x20 || c > 0x7e {
			return nil, fault.New(fault.Invalid, "seal.bad_header")
		}
	}
	if len(line) >= headerLimit {
		return nil, fault.New(fault.Invalid, "seal.bad_header")
	}
	return line, nil
}

// parseHeader reads a header line and refuses one that is not canonical, so
// that one header has one signature and no field that nobody knows.
func parseHeader(line []byte) (h Header, ok bool) {
	if json.Unmarshal(line, &h) != nil {
		return Header{}, false
	}
	again, err := h.canonical()
	return h, err == nil && bytes.Equal(again, line)
}

// expired reports whether the bundle may no longer be applied. A time that
// cannot be read counts as past.
func (h Header) expired(now time.Time) bool {
	until, err := time.Parse("2006-01-02T15:04:05.000Z", h.NotAfter)
	return err != nil || now.After(until)
}
