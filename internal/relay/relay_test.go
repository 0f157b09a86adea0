package relay_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	mrand "math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/fault"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// side is one end of the exchange with a log in memory.
type side struct {
	db   *store.DB
	own  *seal.Secret
	kind seal.Kind
	log  []string // what happened here
	got  []string // what happened there, as far as it is known here
	asks bool     // it was put back, and waits for an answer
}

func (s *side) forgot(*store.Rx) error {
	if s.asks {
		return nil
	}
	return fault.New(fault.Conflict, "relay.put_back")
}

func (s *side) Head(*store.Rx) (int64, error) { return int64(len(s.log)), nil }

func (s *side) Each(_ *store.Rx, from int64, fn func([]byte) error) error {
	for i := from; i <= int64(len(s.log)); i++ {
		if err := fn(fmt.Appendf(nil, `{"at":"2026-11-24","note":%q,"seq":%d,"t":"test"}`, s.log[i-1], i)); err != nil {
			return err
		}
	}
	return nil
}

func spool(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func pair(t *testing.T, db *store.DB) (office, cloud *side) {
	t.Helper()
	make := func(tenant int, party seal.Party, kind seal.Kind) *side {
		own, err := seal.NewSecret(party, "7", rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return &side{db: db.For(tenant), own: own, kind: kind}
	}
	// Two tenants of one database are two sides that share nothing.
	return make(1, seal.Office, seal.Reservations), make(2, seal.Cloud, seal.Return)
}

func (s *side) export(t *testing.T, to *side) []byte {
	t.Helper()
	var file bytes.Buffer
	_, err := relay.Export(t.Context(), s.db, testkit.Clerk, s,
		relay.Terms{Kind: s.kind, Own: s.own, Peer: to.own.Public(), Days: 7, Class: "restricted", Random: rand.Reader}, &file, spool(t))
	if err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func (s *side) take(t *testing.T, file []byte, from *side) (relay.Taken, error) {
	t.Helper()
	b, err := seal.Open(bytes.NewReader(file), int64(len(file)), spool(t), seal.Receiver{
		Keys: []*seal.Secret{s.own}, Senders: []seal.Public{from.own.Public()}, Now: testkit.Now,
	})
	if err != nil {
		return relay.Taken{}, err
	}
	var fresh []string
	taken, err := relay.Import(t.Context(), s.db, testkit.Clerk, b, relay.Hearing{Log: s, Forgot: s.forgot, Random: rand.Reader, Each: func(_ *store.Tx, e relay.Event) error {
		if e.Seq == 1 || len(fresh) == 0 {
			fresh = nil // begun anew after a deadlock
		}
		var said struct{ Note string }
		if err := json.Unmarshal(e.Line, &said); err != nil {
			return err
		}
		if said.Note == "poison" {
			return fault.New(fault.Invalid, "seal.E-SCHEMA")
		}
		fresh = append(fresh, said.Note)
		return nil
	}})
	if err == nil {
		s.got = append(s.got, fresh...)
	}
	return taken, err
}

func (s *side) state(t *testing.T) (state relay.State) {
	t.Helper()
	testkit.Read(t, s.db, func(rx *store.Rx) (err error) {
		state, err = relay.Load(rx)
		return err
	})
	return state
}

// However bundles are lost, doubled, delayed and damaged, a few undisturbed
// exchanges bring both sides into agreement, and no event counts twice.
func TestRelay_EndsInAgreement(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		random := mrand.New(mrand.NewPCG(7, 7)) //nolint:gosec // repeatable on purpose
		office, cloud := pair(t, db)
		under := map[*side][][]byte{} // bundles under way
		gaps := 0
		for step := range 150 {
			from, to := office, cloud
			if random.IntN(2) == 0 {
				from, to = cloud, office
			}
			switch random.IntN(4) {
			case 0, 1:
				from.log = append(from.log, fmt.Sprintf("%d", step))
			case 2:
				under[from] = append(under[from], from.export(t, to))
			case 3:
				if len(under[from]) == 0 {
					continue
				}
				i := random.IntN(len(under[from]))
				file := bytes.Clone(under[from][i])
				switch random.IntN(4) {
				case 0: // lost
					under[from] = slices.Delete(under[from], i, i+1)
					continue
				case 1: // damaged
					file[random.IntN(len(file))] ^= 1
					if _, err := to.take(t, file, from); err == nil {
						t.Fatal("a damaged bundle was taken")
					}
					continue
				}
				if _, err := to.take(t, file, from); fault.Is(err, fault.Conflict, "relay.E-GAP") {
					gaps++
				} else if err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 3 {
			for _, way := range [][2]*side{{office, cloud}, {cloud, office}} {
				if _, err := way[1].take(t, way[0].export(t, way[1]), way[0]); err != nil {
					t.Fatal(err)
				}
			}
		}
		if diff := cmp.Diff(office.log, cloud.got); diff != "" {
			t.Errorf("what the booking service knows of the office (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(cloud.log, office.got); diff != "" {
			t.Errorf("what the office knows of the booking service (-want +got):\n%s", diff)
		}
		for _, s := range []*side{office, cloud} {
			if state := s.state(t); state.Acked != int64(len(s.log)) || state.Need != 0 {
				t.Errorf("not all acknowledged: %+v of %d", state, len(s.log))
			}
		}
	})
}

// After a peer was put back to an older state it lacks what it had
// acknowledged; the gap is seen, asked for and filled.
func TestRelay_GapIsAskedFor(t *testing.T) {
	office, cloud := pair(t, testkit.DB(t))
	office.log = []string{"1", "2"}
	if _, err := cloud.take(t, office.export(t, cloud), office); err != nil {
		t.Fatal(err)
	}
	if _, err := office.take(t, cloud.export(t, office), cloud); err != nil {
		t.Fatal(err)
	}
	office.log = append(office.log, "3")
	third := office.export(t, cloud) // 3–3, for 1 and 2 are acknowledged

	later := testkit.NewClock()
	later.Advance(time.Second)
	_, fresh := pair(t, testkit.DBAt(t, later)) // a cloud that has heard nothing
	fresh.own = cloud.own
	before := testkit.Dump(t, fresh.db, "relay", "audit", "audit_body", "audit_hash")
	_, err := fresh.take(t, third, office)
	testkit.WantFault(t, err, fault.Conflict, "relay.E-GAP")
	if diff := cmp.Diff(before, testkit.Dump(t, fresh.db, "relay", "audit", "audit_body", "audit_hash")); diff != "" {
		t.Errorf("a refused bundle changed the database (-want +got):\n%s", diff)
	}
	if state := fresh.state(t); state.Need != 1 || state.Applied != 0 {
		t.Errorf("state = %+v", state)
	}
	if _, err := office.take(t, fresh.export(t, office), fresh); !fault.Is(err, fault.Conflict, "relay.E-EPOCH") {
		t.Fatalf("another epoch of the cloud: %v", err)
	}
	if state := office.state(t); state.NewEpoch == "" {
		t.Error("the office has not noticed the new epoch")
	}
	testkit.Write(t, office.db, testkit.Clerk, func(tx *store.Tx) error {
		return relay.AcceptEpoch(tx, office.state(t).NewEpoch, 0, 0)
	})
	if _, err := office.take(t, fresh.export(t, office), fresh); err != nil {
		t.Fatal(err)
	}
	if _, err := fresh.take(t, office.export(t, fresh), office); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(office.log, fresh.got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// One bad event, and nothing of the bundle counts.
func TestRelay_NothingIsHalfApplied(t *testing.T) {
	office, cloud := pair(t, testkit.DB(t))
	office.log = []string{"1", "poison", "3"}
	file := office.export(t, cloud)
	if _, err := cloud.take(t, file, office); !fault.Is(err, fault.Invalid, "seal.E-SCHEMA") {
		t.Fatalf("got %v", err)
	}
	if state := cloud.state(t); state.Applied != 0 || len(cloud.got) != 0 {
		t.Errorf("half applied: %+v", state)
	}
}

// The record of bundles says which have arrived, and which medium is lost.
func TestRelay_Bundles(t *testing.T) {
	office, cloud := pair(t, testkit.DB(t))
	office.log = []string{"1"}
	first := office.export(t, cloud)
	office.log = append(office.log, "2")
	office.export(t, cloud)
	if _, err := cloud.take(t, first, office); err != nil {
		t.Fatal(err)
	}
	again, err := cloud.take(t, first, office)
	if err != nil || again.Skipped != 1 || again.Applied != 0 {
		t.Errorf("the same again: %+v, %v", again, err)
	}
	if _, err := office.take(t, cloud.export(t, office), cloud); err != nil {
		t.Fatal(err)
	}
	var list []relay.Bundle
	testkit.Read(t, office.db, func(rx *store.Rx) (err error) {
		list, err = relay.Bundles(rx, 10)
		return err
	})
	states := map[string]string{}
	for _, b := range list {
		states[fmt.Sprintf("%s %d-%d", b.Direction, b.Lo, b.Hi)] = b.State
	}
	want := map[string]string{"out 1-1": "arrived", "out 1-2": "made", "in 1-0": "applied"}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, b := range list {
		if b.Hi == 2 {
			testkit.Write(t, office.db, testkit.Clerk, func(tx *store.Tx) error { return relay.MarkLost(tx, b.ID) })
		}
	}
	err = office.db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error { return relay.MarkLost(tx, "nothing") })
	testkit.WantFault(t, err, fault.NotFound, "relay.bundle_unknown")
}

// A database that was put back behind Kofu's back makes no more bundles.
func TestRelay_PutBack(t *testing.T) {
	office, cloud := pair(t, testkit.DB(t))
	office.log = []string{"1", "2"}
	if _, err := cloud.take(t, office.export(t, cloud), office); err != nil {
		t.Fatal(err)
	}
	if _, err := office.take(t, cloud.export(t, office), cloud); err != nil {
		t.Fatal(err)
	}
	office.log = office.log[:1]
	_, err := relay.Export(t.Context(), office.db, testkit.Clerk, office,
		relay.Terms{Kind: office.kind, Own: office.own, Peer: cloud.own.Public(), Days: 7, Random: rand.Reader}, &bytes.Buffer{}, spool(t))
	testkit.WantFault(t, err, fault.Conflict, "relay.put_back")
}

// What a peer sent before it was put back, and comes late, is refused and changes
// nothing: nobody is asked to accept a restore that is over. So is what it sent
// between two restores.
func TestRelay_StaleEpoch(t *testing.T) {
	office, cloud := pair(t, testkit.DB(t))
	office.log = []string{"1", "2"}
	if _, err := cloud.take(t, office.export(t, cloud), office); err != nil {
		t.Fatal(err)
	}
	late := [][]byte{office.export(t, cloud)}
	renew := func() {
		was := office.state(t).Epoch
		testkit.Write(t, office.db, testkit.Clerk, func(tx *store.Tx) error { _, err := relay.Renew(tx, rand.Reader); return err })
		if now := office.state(t).Epoch; now <= was {
			t.Fatalf("epoch %s follows %s", now, was)
		}
		office.log = []string{"restored"}
	}
	renew()
	late = append(late, office.export(t, cloud))
	renew()
	if _, err := cloud.take(t, office.export(t, cloud), office); !fault.Is(err, fault.Conflict, "relay.E-EPOCH") {
		t.Fatalf("a new epoch: %v", err)
	}
	for _, accepted := range []bool{false, true} {
		if accepted {
			testkit.Write(t, cloud.db, testkit.Clerk, func(tx *store.Tx) error { return relay.AcceptEpoch(tx, cloud.state(t).NewEpoch, 0, 0) })
		}
		for i, file := range late {
			if i == 0 && !accepted {
				continue // of the epoch that still counts
			}
			before := testkit.Dump(t, cloud.db)
			_, err := cloud.take(t, file, office)
			testkit.WantFault(t, err, fault.Conflict, "relay.E-STALE")
			if diff := cmp.Diff(before, testkit.Dump(t, cloud.db)); diff != "" {
				t.Errorf("late bundle %d changed the database (-want +got):\n%s", i, diff)
			}
		}
	}
}

// each is what becomes of the events of a bundle.
type each = func(*store.Tx, relay.Event) error

// acceptBundle takes in a bundle whose epoch is accepted in the same transaction.
func (s *side) acceptBundle(t *testing.T, file []byte, from *side, each each) error {
	t.Helper()
	b, err := seal.Open(bytes.NewReader(file), int64(len(file)), spool(t), seal.Receiver{
		Keys: []*seal.Secret{s.own}, Senders: []seal.Public{from.own.Public()}, Now: testkit.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = relay.Accept(t.Context(), s.db, testkit.Clerk, b, relay.Hearing{
		Log: s, Forgot: s.forgot, Random: rand.Reader,
		First: func(tx *store.Tx, _ relay.State) error { return relay.AcceptEpoch(tx, b.Epoch, 0, 0) },
		Each:  each,
	})
	return err
}

func (s *side) renew(t *testing.T) {
	t.Helper()
	testkit.Write(t, s.db, testkit.Clerk, func(tx *store.Tx) error { _, err := relay.Renew(tx, rand.Reader); return err })
}

// Whoever keeps an event keeps what it said, however many follow.
func TestRelay_EventsMayBeKept(t *testing.T) {
	office, cloud := pair(t, testkit.DB(t))
	for i := range 400 {
		office.log = append(office.log, fmt.Sprintf("%0100d", i))
	}
	file := office.export(t, cloud)
	b, err := seal.Open(bytes.NewReader(file), int64(len(file)), spool(t), seal.Receiver{
		Keys: []*seal.Secret{cloud.own}, Senders: []seal.Public{office.own.Public()}, Now: testkit.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	var kept []relay.Event
	if _, err := relay.Import(t.Context(), cloud.db, testkit.Clerk, b, relay.Hearing{Log: cloud, Forgot: cloud.forgot, Random: rand.Reader, Each: func(_ *store.Tx, e relay.Event) error {
		kept = append(kept, e)
		return nil
	}}); err != nil {
		t.Fatal(err)
	}
	for i, e := range kept {
		var said struct{ Note string }
		if err := json.Unmarshal(e.Line, &said); err != nil || said.Note != office.log[i] {
			t.Fatalf("event %d says %s, %v", i+1, e.Line, err)
		}
	}
}

// A bundle of a restored peer that is refused changes nothing, not even the
// epoch; the same epoch is accepted with a good one.
func TestRelay_AcceptedWithItsBundleOrNotAtAll(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		office, cloud := pair(t, db)
		office.log = []string{"1", "2"}
		if _, err := cloud.take(t, office.export(t, cloud), office); err != nil {
			t.Fatal(err)
		}
		late := office.export(t, cloud)
		office.renew(t)
		refuse := func(code string) each {
			return func(*store.Tx, relay.Event) error { return fault.New(fault.Invalid, code) }
		}
		fine := func(*store.Tx, relay.Event) error { return nil }
		restored := office.export(t, cloud)
		refused := func(kind fault.Kind, code string, file []byte, carry each) {
			t.Helper()
			before := testkit.Dump(t, cloud.db)
			testkit.WantFault(t, cloud.acceptBundle(t, file, office, carry), kind, code)
			if diff := cmp.Diff(before, testkit.Dump(t, cloud.db)); diff != "" {
				t.Errorf("%s: changed (-want +got):\n%s", code, diff)
			}
		}
		refused(fault.Invalid, "seal.E-SCHEMA", restored, refuse("seal.E-SCHEMA"))
		testkit.Write(t, office.db, testkit.Clerk, func(tx *store.Tx) error { return relay.AcceptEpoch(tx, cloud.state(t).Epoch, 0, 1) })
		refused(fault.Conflict, "relay.E-GAP", office.export(t, cloud), fine)
		if err := cloud.acceptBundle(t, restored, office, fine); err != nil {
			t.Fatal(err)
		}
		if s := cloud.state(t); s.PeerEpoch != office.state(t).Epoch || s.Applied != 2 {
			t.Errorf("state %+v", s)
		}
		refused(fault.Conflict, "relay.E-STALE", late, fine)
	})
}

// A new epoch of the own log and one of the peer's at the same time: neither is
// lost.
func TestRelay_ChangesWaitForOneAnother(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		office, cloud := pair(t, db)
		cloud.export(t, office)
		for range 20 {
			office.renew(t)
			epoch, was := office.state(t).Epoch, cloud.state(t).Epoch
			var both sync.WaitGroup
			write := func(act func(tx *store.Tx) error) {
				both.Go(func() {
					if err := cloud.db.Write(t.Context(), testkit.Clerk, act); err != nil {
						t.Error(err)
					}
				})
			}
			write(func(tx *store.Tx) error { return relay.AcceptEpoch(tx, epoch, 0, 0) })
			write(func(tx *store.Tx) error { _, err := relay.Renew(tx, rand.Reader); return err })
			both.Wait()
			if s := cloud.state(t); s.PeerEpoch != epoch || s.Epoch == was {
				t.Fatalf("lost: %+v", s)
			}
		}
	})
}
