package officelog_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/officelog"
	"kofu/internal/relay"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

const (
	one = "00000000000000a1"
	two = "00000000000000b2"
)

func put(t *testing.T, db *store.DB, bodies ...event.Body) {
	t.Helper()
	if err := db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error { return officelog.Put(tx, bodies...) }); err != nil {
		t.Fatal(err)
	}
}

func lines(t *testing.T, db *store.DB, from int64) (list []string) {
	t.Helper()
	err := db.Read(t.Context(), func(rx *store.Rx) error {
		return officelog.Log{}.Each(rx, from, func(line []byte) error {
			if _, _, _, err := event.Decode(line); err != nil {
				return err
			}
			list = append(list, string(line))
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

const at = `"at":"2026-11-24T00:30:00.000Z"`

func TestPut_NumbersWithoutGaps(t *testing.T) {
	db := testkit.DB(t)
	put(t, db, event.LinkReady{Link: one, Gen: 1}, event.LinkHold{Link: two, Gen: 1})
	put(t, db, event.LinkClose{Link: one, Gen: 1})
	want := []string{
		`{"seq":2,"t":"link.hold",` + at + `,"link":"00000000000000b2","gen":1}`,
		`{"seq":3,"t":"link.close",` + at + `,"link":"00000000000000a1","gen":1}`,
	}
	if diff := cmp.Diff(want, lines(t, db, 2)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// What a refused act wanted to say is not said, and its number is free.
func TestPut_WithoutTheActNoEvent(t *testing.T) {
	db := testkit.DB(t)
	before := testkit.Dump(t, db)
	err := db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
		return officelog.Put(tx, event.LinkReady{Link: one, Gen: 1}, event.LinkReady{Link: "山田太郎", Gen: 1})
	})
	if err == nil {
		t.Fatal("a text of no closed form was written")
	}
	if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	put(t, db, event.LinkReady{Link: one, Gen: 1})
	if got := lines(t, db, 1); len(got) != 1 || !strings.HasPrefix(got[0], `{"seq":1,`) {
		t.Errorf("log: %v", got)
	}
}

const was = "019301f0-0000-7000-8000-000000000000"

// KT-1000: after a restore nothing is said until the booking service has
// answered; what it does not know is said once more, under new numbers.
func TestKT1000_RestartAndRecovery(t *testing.T) {
	db := testkit.DB(t)
	put(t, db, event.LinkReady{Link: one, Gen: 1}, event.LinkHold{Link: one, Gen: 1}, event.LinkReady{Link: two, Gen: 1})
	restored := event.LogRestored{Was: was, Head: 3}
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error { return officelog.Restart(tx, restored) })
	before := testkit.Dump(t, db)
	err := db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error { return officelog.Put(tx, event.LinkClose{Link: one, Gen: 1}) })
	testkit.WantFault(t, err, fault.Conflict, "officelog.recovering")
	if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	testkit.Read(t, db, func(rx *store.Rx) error {
		if asked, ok, err := officelog.Asked(rx); !ok || asked != restored {
			t.Errorf("asked %v, %t, %v", asked, ok, err)
		}
		return nil
	})
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error { return officelog.Recovered(tx, 1) })
	put(t, db, event.LinkClose{Link: one, Gen: 1})
	var got []string
	for _, line := range lines(t, db, 1) {
		got = append(got, line[:strings.Index(line, `,"at"`)])
	}
	want := []string{`{"seq":1,"t":"log.restored"`, `{"seq":2,"t":"link.hold"`, `{"seq":3,"t":"link.ready"`, `{"seq":4,"t":"link.close"`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	testkit.Read(t, db, func(rx *store.Rx) error {
		list, err := officelog.About(rx, one)
		if len(list) != 4 || list[0].Type != "link.ready" || list[3].Type != "link.close" {
			t.Errorf("about: %v", list)
		}
		return err
	})
}

// Old events go once the booking service has them; the newest always stays, so
// that the numbers go on.
func TestForget_OldAndAcknowledged(t *testing.T) {
	clock := testkit.NewClock()
	db := testkit.DBAt(t, clock)
	put(t, db, event.LinkReady{Link: one, Gen: 1}, event.LinkHold{Link: one, Gen: 1}, event.LinkReady{Link: one, Gen: 1})
	forget := func() (n int64) {
		t.Helper()
		if err := db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) (err error) {
			n, err = officelog.Forget(tx)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	clock.Advance(officelog.Keep + 24*time.Hour)
	if n := forget(); n != 0 {
		t.Errorf("%d events forgotten that nobody has acknowledged", n)
	}
	ack(t, db, 3)
	if n := forget(); n != 2 {
		t.Errorf("%d forgotten, want 2", n)
	}
	put(t, db, event.LinkClose{Link: one, Gen: 1})
	if got := lines(t, db, 1); len(got) != 2 || !strings.HasPrefix(got[1], `{"seq":4,`) {
		t.Errorf("log: %v", got)
	}
}

// ack lets the booking service have applied n events.
func ack(t *testing.T, db *store.DB, n int64) {
	t.Helper()
	err := db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
		if _, err := relay.Renew(tx, rand.Reader); err != nil {
			return err
		}
		return relay.AcceptEpoch(tx, "019301f0-0000-7000-8000-000000000001", 0, n)
	})
	if err != nil {
		t.Fatal(err)
	}
}
