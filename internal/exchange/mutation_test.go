package exchange_test

import (
	"bytes"
	mrand "math/rand/v2"
	"strings"
	"testing"

	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/peertest"
	"kofu/internal/testkit"
)

// TB17: of a bundle that was changed on its way nothing is applied: it is refused
// with a code, and the database is what it was.
func TestTB17_NothingOfAChangedBundleIsApplied(t *testing.T) {
	w := newWorld(t)
	_, l := w.card()
	w.send()
	w.Cloud.Say(event.LinkFirstUsed{Link: l.ID}, placed(l), event.BookingCancelled{Booking: bk, By: "resident"})
	good := w.Cloud.Bundle()
	random := mrand.New(mrand.NewPCG(17, 1))
	before := testkit.Dump(t, w.DB)
	for i := range 300 {
		file := mutated(random, good)
		_, err := w.take(file)
		if f, known := fault.As(err); !known || !strings.HasPrefix(f.Code, "seal.E-") {
			t.Fatalf("round %d: %v", i, err)
		}
		if testkit.Dump(t, w.DB) != before {
			t.Fatalf("round %d: the refused bundle changed the database", i)
		}
	}
	if taken, err := w.take(good); err != nil || taken.Applied != 3 {
		t.Errorf("the bundle itself: %+v, %v", taken, err)
	}
}

// TB17: a line that no booking service writes makes the whole bundle unusable, even
// one sealed and signed by its keys: what stands before it is not applied either.
func TestTB17_OneBadLineRefusesAll(t *testing.T) {
	random := mrand.New(mrand.NewPCG(17, 2))
	w := newWorld(t)
	var links []string
	for range 4 {
		_, l := w.card()
		links = append(links, l.ID)
	}
	w.send()
	for i := range 200 {
		w.Cloud.Say(event.LinkFirstUsed{Link: links[i%4]})
	}
	before := testkit.Dump(t, w.DB)
	for i := range 200 {
		bad := random.IntN(len(w.Cloud.Said))
		broken := peertest.Broken{Log: w.Cloud, At: int64(bad + 1), How: ways[i%len(ways)]}
		_, err := w.take(w.Cloud.BundleOf(broken))
		if f, known := fault.As(err); !known || f.Code != "seal.E-SCHEMA" && f.Code != "seal.E-UNZIP" {
			t.Fatalf("line %d, way %d: %v", bad+1, i%len(ways), err)
		}
		if testkit.Dump(t, w.DB) != before {
			t.Fatalf("line %d, way %d: part of the bundle was applied", bad+1, i%len(ways))
		}
	}
	if taken := w.back(); taken.Applied != 200 {
		t.Errorf("the bundle without a bad line: %+v", taken)
	}
}

// ways make a line one that cannot be.
var ways = []func(line []byte) []byte{
	func(line []byte) []byte {
		return bytes.Replace(line, []byte(`"link.first_used"`), []byte(`"link.unheard"`), 1)
	},
	func(line []byte) []byte { return bytes.Replace(line, []byte(`"link":`), []byte(`"knil":`), 1) },
	func(line []byte) []byte { return bytes.Replace(line, []byte(`"link":"`), []byte(`"link":"g`), 1) },
	func(line []byte) []byte { return bytes.Replace(line, []byte(`"seq":`), []byte(`"seq":9`), 1) },
	func(line []byte) []byte { return bytes.Replace(line, []byte(`"at":"2`), []byte(`"at":"x`), 1) },
	func(line []byte) []byte { return line[:len(line)-1] },
	func(line []byte) []byte { return append(bytes.Clone(line), line...) },
	func([]byte) []byte { return []byte(`[]`) },
	func([]byte) []byte { return []byte(`null`) },
}

// mutated returns a copy that differs.
func mutated(random *mrand.Rand, from []byte) []byte {
	for {
		b := bytes.Clone(from)
		at := random.IntN(len(b))
		switch random.IntN(4) {
		case 0:
			b[at] ^= 1 << random.IntN(8)
		case 1:
			b = b[:at]
		case 2:
			b = append(b[:at], append([]byte{byte(random.IntN(256))}, b[at:]...)...)
		case 3:
			b = append(b[:at], b[at+1:]...)
		}
		if !bytes.Equal(b, from) {
			return b
		}
	}
}
