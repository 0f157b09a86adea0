package intake_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	mrand "math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/keybook"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// TB17: of a bundle of the office that was changed on its way, or that has one line
// which no office writes, nothing is applied.
func TestTB17_NothingOfAChangedBundleIsApplied(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := open(t, db, clock)
		o := w.office()
		o.say(event.LinkReady{Link: link(0), Gen: 1})
		_, err := w.Take(t.Context(), testkit.Clerk, bytes.NewReader(o.export(0, nil)), -1)
		must(t, err)
		for i := range 4 {
			o.say(event.LinkHold{Link: link(i), Gen: 1}, issue(10+i, 1), event.LinkReady{Link: link(10 + i), Gen: 1})
		}
		good := o.export(0, nil)
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
			at := 2 + random.IntN(len(o.lines)-1)
			refused(fmt.Sprintf("bad line %d, way %d", at, i%len(ways)), o.export(at, ways[i%len(ways)]))
		}
		if r, err := w.Take(t.Context(), testkit.Clerk, bytes.NewReader(good), -1); err != nil || r.Taken.Applied != len(o.lines)-1 {
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

// speaker is an office that two people on each side have confirmed.
type speaker struct {
	*world
	book  *keybook.Book
	db    *store.DB
	lines [][]byte
	at    int // line that is broken, 0 for none
	how   func([]byte) []byte
}

// office lets an office and the booking service know each other's keys.
func (w *world) office() *speaker {
	w.t.Helper()
	book, err := keybook.Open(w.t.TempDir(), seal.Office)
	must(w.t, err)
	must(w.t, book.Make(fmt.Sprint(tenant), w.clock.Now(), rand.Reader))
	must(w.t, w.MakeKeys(w.t.Context(), testkit.Supervisor))
	_, ours, err := w.Public()
	must(w.t, err)
	shown, err := book.Offer(ours, w.clock.Now())
	must(w.t, err)
	own, err := book.Own()
	must(w.t, err)
	_, err = w.Book.Offer(public(w.t, own), w.clock.Now())
	must(w.t, err)
	for _, person := range []string{"a", "b"} {
		_, err := book.Confirm(shown.Fingerprint(), person, w.clock.Now())
		must(w.t, err)
		_, err = w.Book.Confirm(own.Public().Fingerprint(), person, w.clock.Now())
		must(w.t, err)
	}
	return &speaker{world: w, book: book, db: testkit.DBAt(w.t, w.clock)}
}

func (o *speaker) say(events ...event.Body) {
	o.t.Helper()
	for _, b := range events {
		line, err := event.Encode(int64(len(o.lines)+1), store.Stamp(o.clock.Now()), b)
		must(o.t, err)
		o.lines = append(o.lines, line)
	}
}

func (o *speaker) Head(*store.Rx) (int64, error) { return int64(len(o.lines)), nil }

func (o *speaker) Each(_ *store.Rx, from int64, fn func([]byte) error) error {
	for i, line := range o.lines[from-1:] {
		if i+int(from) == o.at {
			line = o.how(bytes.Clone(line))
		}
		if err := fn(line); err != nil {
			return err
		}
	}
	return nil
}

// export seals and signs the log, with one line broken.
func (o *speaker) export(at int, how func([]byte) []byte) []byte {
	o.t.Helper()
	o.at, o.how = at, how
	own, err := o.book.Own()
	must(o.t, err)
	peer, err := o.book.Peer()
	must(o.t, err)
	spool, err := os.Create(filepath.Join(o.t.TempDir(), "spool"))
	must(o.t, err)
	defer spool.Close()
	var file bytes.Buffer
	_, err = relay.Export(o.t.Context(), o.db, testkit.Clerk, o,
		relay.Terms{Kind: seal.Reservations, Own: own, Peer: peer, Days: 7, Class: "restricted", Random: rand.Reader}, &file, spool)
	must(o.t, err)
	return file.Bytes()
}

func public(t *testing.T, s *seal.Secret) []byte {
	t.Helper()
	text, err := json.Marshal(s.Public())
	must(t, err)
	return text
}
