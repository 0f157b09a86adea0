package sync_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"kofu/internal/booking/slot"
	"kofu/internal/booking/sync"
	"kofu/internal/booking/ulid"
	"kofu/internal/event"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

const tenant = 1

// service is the log of one municipality.
type service struct {
	t     *testing.T
	db    *store.DB
	clock *testkit.Clock
}

func both(t *testing.T, fn func(t *testing.T, s service)) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		db = db.For(tenant)
		if err := slot.AddTenant(t.Context(), db, testkit.Supervisor, slot.Tenant{ID: tenant, Host: "a.example", Name: "甲府市", PartyMax: 4, UntilMinute: 1440}); err != nil {
			t.Fatal(err)
		}
		fn(t, service{t, db, clock})
	})
}

// say writes an event about a code.
func (s service) say(n int) error {
	s.clock.Advance(time.Millisecond) // ids of one instant have no order
	return s.db.Write(s.t.Context(), testkit.Clerk, func(tx *store.Tx) error {
		return sync.Put(tx, tenant, ulid.New(tx.Now), event.LinkFirstUsed{Link: fmt.Sprintf("%016x", n)})
	})
}

func (s service) says(list ...int) {
	s.t.Helper()
	for _, n := range list {
		if err := s.say(n); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s service) number() {
	s.t.Helper()
	if _, err := sync.NumberAll(s.t.Context(), s.db, testkit.Clerk, tenant); err != nil {
		s.t.Fatal(err)
	}
}

// want compares the log with codes; 0 is what says that the log begins anew.
func (s service) want(want ...int) {
	s.t.Helper()
	var got []int
	testkit.Read(s.t, s.db, func(rx *store.Rx) error {
		return sync.Log{}.Each(rx, 1, func(line []byte) error {
			seq, _, b, err := event.Decode(line)
			if seq != int64(len(got)+1) {
				s.t.Errorf("number %d after %d", seq, len(got))
			}
			n := 0
			if used, is := b.(event.LinkFirstUsed); is {
				_, err = fmt.Sscanf(used.Link, "%x", &n)
			}
			got = append(got, n)
			return err
		})
	})
	if !slices.Equal(got, want) {
		s.t.Errorf("the log is %v, want %v", got, want)
	}
}

// putBack begins the log anew, as after a restore.
func (s service) putBack() {
	s.t.Helper()
	s.clock.Advance(time.Millisecond)
	testkit.Write(s.t, s.db, testkit.Supervisor, func(tx *store.Tx) error {
		return sync.Renew(tx, tenant, ulid.New(tx.Now), event.LogRestored{Was: "0199f2a4-0000-7000-8000-000000000000", Head: 2})
	})
}

func (s service) recovered(after int64) {
	s.t.Helper()
	testkit.Write(s.t, s.db, testkit.Supervisor, func(tx *store.Tx) error { return sync.Recovered(tx, tenant, after, event.SnapshotEnd{Links: 3}) })
}

func (s service) compared() error {
	return s.db.Write(s.t.Context(), testkit.Supervisor, func(tx *store.Tx) error {
		r, err := sync.Compared(tx, tenant)
		if err == nil && r.Counts.Links != 3 {
			s.t.Errorf("counts %+v", r.Counts)
		}
		return err
	})
}

// KT1000: after a restore nothing is said but the question, and nothing gets a
// number, until the answer is there. Then what the office has not heard follows,
// numbered or not; somebody compares counts that there are.
func TestKT1000_WhatWasNotHeardIsSaidAgain(t *testing.T) {
	both(t, func(t *testing.T, s service) {
		s.says(1, 2)
		s.number()
		s.says(3)
		s.putBack()
		testkit.WantFault(t, s.say(4), fault.Unavailable, "sync.recovering")
		s.number()
		s.want(0)
		testkit.WantFault(t, s.compared(), fault.Conflict, "sync.no_recovery")
		s.recovered(1)
		s.want(0, 2, 3)
		if err := s.compared(); err != nil {
			t.Fatal(err)
		}
		testkit.WantFault(t, s.compared(), fault.Conflict, "sync.no_recovery")
		s.says(5)
		s.number()
		s.want(0, 2, 3, 5)
	})
}

// KT1000: of a history that the office does not share nothing is said again.
func TestKT1000_AnotherHistoryIsNotSaid(t *testing.T) {
	both(t, func(t *testing.T, s service) {
		s.says(1, 2)
		s.number()
		s.says(3)
		s.putBack()
		s.recovered(-1)
		s.says(4)
		s.number()
		s.want(0, 4)
	})
}

// Numbers go on after everything old was removed: the last one stays.
func TestForget_NumbersGoOn(t *testing.T) {
	both(t, func(t *testing.T, s service) {
		s.says(1, 2)
		s.number()
		s.says(3) // nobody has heard it yet
		s.clock.Advance(400 * 24 * time.Hour)
		testkit.Write(t, s.db, testkit.Clerk, func(tx *store.Tx) error {
			if n, err := sync.Forget(tx, tenant, store.Stamp(tx.Now)); err != nil || n != 1 {
				t.Errorf("%d removed, %v", n, err)
			}
			return nil
		})
		s.number()
		testkit.Read(t, s.db, func(rx *store.Rx) error {
			list, err := sync.Since(rx, tenant, 0, 10)
			if len(list) != 2 || list[0].Seq != 2 || list[1].Seq != 3 {
				t.Errorf("left %+v", list)
			}
			return err
		})
	})
}
