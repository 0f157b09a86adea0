package intake_test

import (
	"bytes"
	"fmt"
	mrand "math/rand/v2"
	"strings"
	"testing"

	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/peertest"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// TB17: of a bundle of the office that was changed on its way, or that has one line
// which no office writes, nothing is applied.
func TestTB17_NothingOfAChangedBundleIsApplied(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := open(t, db, clock)
		o := w.office()
		o.Say(event.LinkReady{Link: link(0), Gen: 1})
		_, err := w.Take(t.Context(), testkit.Clerk, bytes.NewReader(o.Bundle()), -1)
		must(t, err)
		for i := range 4 {
			o.Say(event.LinkHold{Link: link(i), Gen: 1}, issue(10+i, 1), event.LinkReady{Link: link(10 + i), Gen: 1})
		}
		good := o.Bundle()
		random := mrand.New(mrand.NewPCG(17, 3))
		before := testkit.Dump(t, w.Desk.DB)
		refused := func(what string, file []byte) {
			t.Helper()
			_, err := w.Take(t.Context(), testkit.Clerk, bytes.NewReader(file), int64(len(file)))
			if f, known := fault.As(err); !known || !strings.HasPrefix(f.Code, "seal.E-") {
				t.Fatalf("%s: %v", what, err)
			}
			if testkit.Dump(t, w.Desk.DB) != before {
				t.Fatalf("%s: the refused bundle changed the database", what)
			}
		}
		for i := range 200 {
			file := bytes.Clone(good)
			at := random.IntN(len(file))
			switch i % 3 {
			case 0:
				file[at] ^= 1 << random.IntN(8)
			case 1:
				file = file[:at]
			case 2:
				file = append(file[:at], file[at+1:]...)
			}
			refused(fmt.Sprintf("change %d at byte %d", i, at), file)
		}
		for i := range 60 {
			at := 2 + random.IntN(len(o.Said)-1)
			refused(fmt.Sprintf("bad line %d, way %d", at, i%len(ways)), o.BundleOf(peertest.Broken{Log: o, At: int64(at), How: ways[i%len(ways)]}))
		}
		if r, err := w.Take(t.Context(), testkit.Clerk, bytes.NewReader(good), -1); err != nil || r.Taken.Applied != len(o.Said)-1 {
			t.Errorf("the bundle itself: %+v, %v", r, err)
		}
	})
}

// ways make a line one that cannot be.
var ways = []func(line []byte) []byte{
	func(line []byte) []byte { return bytes.Replace(line, []byte(`"t":"link.`), []byte(`"t":"knil.`), 1) },
	func(line []byte) []byte { return bytes.Replace(line, []byte(`"link":`), []byte(`"knil":`), 1) },
	func(line []byte) []byte { return bytes.Replace(line, []byte(`"gen":1`), []byte(`"gen":"1"`), 1) },
	func(line []byte) []byte { return bytes.Replace(line, []byte(`"seq":`), []byte(`"seq":9`), 1) },
	func(line []byte) []byte { return line[:len(line)-1] },
	func([]byte) []byte { return []byte(`{}`) },
}

// office is an office whose keys and ours two people on each side have compared.
func (w *world) office() *peertest.Peer {
	w.t.Helper()
	o := peertest.NewOffice(w.t, testkit.DBAt(w.t, w.clock), fmt.Sprint(tenant), w.clock.Now)
	must(w.t, w.MakeKeys(w.t.Context(), testkit.Supervisor))
	_, ours, err := w.Public()
	must(w.t, err)
	o.Meet(ours)
	_, err = w.Book.Offer(o.Public(), w.clock.Now())
	must(w.t, err)
	for _, person := range []string{"a", "b"} {
		_, err = w.Book.Confirm(o.Fingerprint(), person, w.clock.Now())
		must(w.t, err)
	}
	return o
}
