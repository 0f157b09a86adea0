package relay_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/fault"
	"kofu/internal/relay"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// forgetful is an office whose second epoch is known to a booking service, and
// which then lost its database and an hour of its clock.
func forgetful(t *testing.T) (office, cloud *side, shown string) {
	t.Helper()
	office, cloud = pair(t, testkit.DB(t))
	office.log = []string{"1", "2"}
	carried(t, office, cloud)
	office.renew(t)
	shown = office.state(t).Epoch
	testkit.Write(t, cloud.db, testkit.Clerk, func(tx *store.Tx) error { return relay.AcceptEpoch(tx, shown, 0, 0) })
	carried(t, office, cloud)
	behind := testkit.NewClock()
	behind.Advance(-time.Hour)
	lost := *office
	lost.db, lost.log, lost.got = testkit.DBAt(t, behind).For(1), nil, nil
	return &lost, cloud, shown
}

func carried(t *testing.T, from, to *side) {
	t.Helper()
	if _, err := to.take(t, from.export(t, to), from); err != nil {
		t.Fatal(err)
	}
}

// A peer that knows a later epoch, or more events, of this side than this side has
// proves that it was put back. That is refused, and the epoch that a restore begins
// is later than the one that was shown.
func TestRelay_ForgottenEpoch(t *testing.T) {
	office, cloud, shown := forgetful(t)
	file := cloud.export(t, office)
	for range 2 {
		before := testkit.Dump(t, office.db, "relay", "audit", "audit_body", "audit_hash")
		_, err := office.take(t, file, cloud)
		testkit.WantFault(t, err, fault.Conflict, "relay.put_back")
		if s := office.state(t); s.Shown != shown || s.Epoch >= shown || s.PeerEpoch != "" {
			t.Errorf("state %+v", s)
		}
		if diff := cmp.Diff(before, testkit.Dump(t, office.db, "relay", "audit", "audit_body", "audit_hash")); before != "" && diff != "" {
			t.Errorf("a refused bundle changed the database (-want +got):\n%s", diff)
		}
	}
	office.renew(t)
	if s := office.state(t); s.Epoch <= shown || s.Shown != "" {
		t.Errorf("after a restore: %+v", s)
	}
	if _, err := cloud.take(t, office.export(t, cloud), office); !fault.Is(err, fault.Conflict, "relay.E-EPOCH") {
		t.Errorf("the new epoch: %v", err)
	}
	// The same epoch with more events than there are is forgotten, too: nothing of
	// that need be kept.
	testkit.Write(t, cloud.db, testkit.Clerk, func(tx *store.Tx) error { return relay.AcceptEpoch(tx, office.state(t).Epoch, 5, 0) })
	before := testkit.Dump(t, office.db)
	_, err := office.take(t, cloud.export(t, office), cloud)
	testkit.WantFault(t, err, fault.Conflict, "relay.put_back")
	if diff := cmp.Diff(before, testkit.Dump(t, office.db)); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
}

// A side that asks already, in an epoch that the peer calls stale because the clock
// was put back as well, asks anew in a later one: also where the bundle that showed
// that is refused for what is missing before it.
func TestRelay_AsksAnewInALaterEpoch(t *testing.T) {
	for name, events := range map[string][]string{"taken": nil, "refused for a gap": {"a", "b"}} {
		t.Run(name, func(t *testing.T) {
			office, cloud, shown := forgetful(t)
			office.asks, office.log = true, []string{"restored"}
			if events != nil { // of which the old office has acknowledged one
				cloud.log = events
				testkit.Write(t, cloud.db, testkit.Clerk, func(tx *store.Tx) error { return relay.AcceptEpoch(tx, shown, 1, 1) })
			}
			_, err := cloud.take(t, office.export(t, cloud), office)
			testkit.WantFault(t, err, fault.Conflict, "relay.E-STALE")
			if _, err := office.take(t, cloud.export(t, office), cloud); err != nil && !fault.Is(err, fault.Conflict, "relay.E-GAP") {
				t.Fatal(err)
			}
			epoch := office.state(t).Epoch
			if epoch <= shown {
				t.Fatalf("epoch %s after %s", epoch, shown)
			}
			if _, err := cloud.take(t, office.export(t, cloud), office); !fault.Is(err, fault.Conflict, "relay.E-EPOCH") {
				t.Fatalf("the later epoch: %v", err)
			}
			testkit.Write(t, cloud.db, testkit.Clerk, func(tx *store.Tx) error { return relay.AcceptEpoch(tx, epoch, 0, 0) })
			carried(t, office, cloud)
			carried(t, cloud, office)
			if diff := cmp.Diff(cloud.log, office.got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if s := office.state(t); s.Epoch != epoch || s.Acked != 1 {
				t.Errorf("state %+v", s)
			}
		})
	}
}
