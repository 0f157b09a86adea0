package relay_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/fault"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// takes takes in a bundle that is in order.
func (s *side) takes(t *testing.T, file []byte, from *side) {
	t.Helper()
	if _, err := s.take(t, file, from); err != nil {
		t.Fatal(err)
	}
}

func (s *side) acceptEpoch(t *testing.T, epoch string, applied, acked int64) {
	t.Helper()
	testkit.Write(t, s.db, testkit.Clerk, func(tx *store.Tx) error { return relay.AcceptEpoch(tx, epoch, applied, acked) })
}

// What comes late takes nothing back: neither a receipt nor how far the peer's log
// is applied, nor how new the newest bundle was.
func TestRelay_LateTakesNothingBack(t *testing.T) {
	clock := testkit.NewClock()
	office, cloud := pair(t, testkit.DBAt(t, clock))
	office.log = []string{"1"}
	cloud.log = []string{"a"}
	cloud.takes(t, office.export(t, cloud), office)
	early := cloud.export(t, office)
	office.log = append(office.log, "2")
	cloud.takes(t, office.export(t, cloud), office)
	clock.Advance(time.Hour)
	cloud.log = append(cloud.log, "b")
	office.takes(t, cloud.export(t, office), cloud)
	before := office.state(t)
	if before.Acked != 2 || before.Applied != 2 {
		t.Fatalf("state %+v", before)
	}
	office.takes(t, early, cloud)
	if diff := cmp.Diff(before, office.state(t)); diff != "" {
		t.Errorf("a late bundle (-want +got):\n%s", diff)
	}
}

// A receipt is for the numbers of one epoch: one for the log before a restore says
// nothing of the new one, and marks no bundle of the old one as arrived.
func TestRelay_ReceiptsOfAnotherEpoch(t *testing.T) {
	clock := testkit.NewClock()
	office, cloud := pair(t, testkit.DBAt(t, clock))
	office.log = []string{"1"}
	cloud.takes(t, office.export(t, cloud), office)
	receipt := cloud.export(t, office)
	clock.Advance(time.Second)
	office.renew(t)
	office.log = []string{"restored"}
	office.export(t, cloud)
	office.takes(t, receipt, cloud)
	if s := office.state(t); s.Acked != 0 || s.PeerNeed != 0 {
		t.Errorf("state %+v", s)
	}
	if got := office.bundles(t); got != "made made" {
		t.Errorf("bundles out: %s", got)
	}
	cloud.acceptEpoch(t, office.state(t).Epoch, 0, 0)
	clock.Advance(time.Second)
	cloud.takes(t, office.export(t, cloud), office)
	office.takes(t, cloud.export(t, office), cloud)
	if got := office.bundles(t); got != "made arrived arrived" {
		t.Errorf("bundles out: %s", got)
	}
	office.renew(t)
	if s := office.state(t); s.Acked != 0 || s.Sent != 0 {
		t.Errorf("after a new epoch: %+v", s)
	}
}

// bundles are the states of the own bundles, the oldest first.
func (s *side) bundles(t *testing.T) string {
	t.Helper()
	var states []string
	testkit.Read(t, s.db, func(rx *store.Rx) error {
		list, err := relay.Bundles(rx, 100)
		for _, b := range slices.Backward(list) {
			if b.Direction == "out" {
				states = append(states, b.State)
			}
		}
		return err
	})
	return strings.Join(states, " ")
}

// A lost medium stays lost, also when a later bundle brings what was on it; of a
// bundle that came nobody says so.
func TestRelay_LostStaysLost(t *testing.T) {
	clock := testkit.NewClock()
	office, cloud := pair(t, testkit.DBAt(t, clock))
	office.log = []string{"1"}
	office.export(t, cloud)
	lose := func(s *side, id string) error {
		return s.db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error { return relay.MarkLost(tx, id) })
	}
	if err := lose(office, office.lastOut(t)); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Second)
	cloud.takes(t, office.export(t, cloud), office)
	office.takes(t, cloud.export(t, office), cloud)
	if got := office.bundles(t); got != "lost arrived" {
		t.Errorf("bundles out: %s", got)
	}
	testkit.WantFault(t, lose(cloud, office.lastOut(t)), fault.NotFound, "relay.bundle_unknown")
}

// lastOut is the id of the newest own bundle.
func (s *side) lastOut(t *testing.T) (id string) {
	t.Helper()
	testkit.Read(t, s.db, func(rx *store.Rx) error {
		list, err := relay.Bundles(rx, 100)
		if i := slices.IndexFunc(list, func(b relay.Bundle) bool { return b.Direction == "out" }); i >= 0 {
			id = list[i].ID
		}
		return err
	})
	return id
}

// A gap within one epoch: what is missing is asked for until it has come, and sent
// again although it counts as acknowledged. An old bundle does not fill it.
func TestRelay_NeedUntilItHasCome(t *testing.T) {
	office, cloud := pair(t, testkit.DB(t))
	office.log = []string{"1"}
	old := office.export(t, cloud)
	office.log = append(office.log, "2")
	cloud.takes(t, office.export(t, cloud), office)
	office.log = append(office.log, "3", "4")
	office.takes(t, cloud.export(t, office), cloud)
	office.acceptEpoch(t, cloud.state(t).Epoch, 0, 3) // as if 3 had arrived
	_, err := cloud.take(t, office.export(t, cloud), office)
	testkit.WantFault(t, err, fault.Conflict, "relay.E-GAP")
	cloud.takes(t, old, office)
	if s := cloud.state(t); s.Need != 3 || s.Applied != 2 {
		t.Fatalf("state %+v", s)
	}
	office.takes(t, cloud.export(t, office), cloud)
	cloud.takes(t, office.export(t, cloud), office)
	if s := cloud.state(t); s.Need != 0 || s.Applied != 4 {
		t.Errorf("state %+v", s)
	}
	office.takes(t, cloud.export(t, office), cloud)
	if s := office.state(t); s.PeerNeed != 0 || s.Acked != 4 {
		t.Errorf("state %+v", s)
	}
	_, err = cloud.take(t, office.exportFrom(t, cloud, 9), office)
	testkit.WantFault(t, err, fault.Conflict, "relay.E-GAP")
	cloud.acceptEpoch(t, office.state(t).Epoch, 4, 0)
	if s := cloud.state(t); s.Need != 0 {
		t.Errorf("of an epoch that was accepted nothing is missing yet: %+v", s)
	}
}

// exportFrom is a bundle as if everything before a number had been acknowledged.
func (s *side) exportFrom(t *testing.T, to *side, lo int64) []byte {
	t.Helper()
	for int64(len(s.log)) < lo {
		s.log = append(s.log, "more")
	}
	s.acceptEpoch(t, to.state(t).Epoch, 0, lo-1)
	return s.export(t, to)
}

// A header whose numbers do not fit one another is refused, whoever has signed it.
func TestRelay_NumbersOfAHeader(t *testing.T) {
	office, cloud := pair(t, testkit.DB(t))
	office.log = []string{"1", "2"}
	for name, h := range map[string]seal.Header{"more than there are": {Lo: 1, Hi: 3}, "fewer": {Lo: 1, Hi: 1}, "before the first": {Lo: 0, Hi: 1}} {
		h.Kind, h.BundleID, h.Epoch, h.NotAfter = seal.Reservations, "019abc", "019abc", "2026-12-01T00:30:00.000Z"
		var file bytes.Buffer
		_, err := seal.Seal(&file, spool(t), h, office.own, cloud.own.Public(), "", func(yield func([]byte, error) bool) {
			for seq := range int64(2) {
				if !yield(fmt.Appendf(nil, `{"at":"2026-11-24","note":"x","seq":%d,"t":"test"}`, h.Lo+seq), nil) {
					return
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = cloud.take(t, file.Bytes(), office)
		testkit.WantFault(t, err, fault.Invalid, "seal.E-SCHEMA")
		if s := cloud.state(t); s.Applied != 0 || s.PeerEpoch != "" {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// holed is a log that lacks its first event.
type holed struct{ *side }

func (h holed) Each(rx *store.Rx, from int64, fn func([]byte) error) error {
	return h.side.Each(rx, from+1, fn)
}

// A log with a gap leaves in no bundle.
func TestRelay_OwnLogWithAGap(t *testing.T) {
	office, cloud := pair(t, testkit.DB(t))
	office.log = []string{"1", "2"}
	office.export(t, cloud)
	before := testkit.Dump(t, office.db)
	_, err := relay.Export(t.Context(), office.db, testkit.Clerk, holed{office},
		relay.Terms{Kind: office.kind, Own: office.own, Peer: cloud.own.Public(), Days: 7, Random: rand.Reader}, &bytes.Buffer{}, spool(t))
	if err == nil || !strings.Contains(err.Error(), "gap") {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(before, testkit.Dump(t, office.db)); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
}

// The clock of a machine that was put back may be wrong, too: a new epoch follows
// the one before all the same.
func TestRelay_EpochsAscend(t *testing.T) {
	clock := testkit.NewClock()
	office, _ := pair(t, testkit.DBAt(t, clock))
	office.renew(t)
	was := office.state(t).Epoch
	clock.Advance(-24 * time.Hour)
	office.renew(t)
	if now := office.state(t).Epoch; now <= was {
		t.Errorf("epoch %s follows %s", now, was)
	}
}
