package sample_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/audit"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/sample"
	"kofu/internal/booking/town"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// A municipality moves from SQLite to PostgreSQL: dumped, loaded and dumped again
// it is the same bytes, and its log still proves itself. Deleted it is gone
// everywhere, the other one is untouched, and the operator's log knows.
func TestMove(t *testing.T) {
	ctx := t.Context()
	here, there := filepath.Join(t.TempDir(), "practice"), filepath.Join(t.TempDir(), "practice")
	for _, dir := range []string{here, there} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	o := town.Options{Clock: func() time.Time { return testkit.Now }, Practice: true, Migrate: true}
	if _, err := sample.Fill(ctx, here, o); err != nil {
		t.Fatal(err)
	}
	from := open(t, here, o)
	o.Database = testkit.EmptyPostgres(t)
	to := open(t, there, o)

	first := dumpOf(t, from.DB.For(1))
	rows, err := to.DB.For(1).LoadTenant(ctx, testkit.Supervisor, bytes.NewReader(first))
	if err != nil || rows < 1000 {
		t.Fatal(rows, err)
	}
	if again := dumpOf(t, to.DB.For(1)); !bytes.Equal(first, again) {
		t.Errorf("not the same bytes: %s", cmp.Diff(string(first), string(again)))
	}
	keys, err := from.Keys(1)
	if err != nil {
		t.Fatal(err)
	}
	if proof := proofOf(t, to.DB.For(1), keys); proof.Records == 0 || proof.Waiting != 0 {
		t.Errorf("the log after the move: %+v", proof)
	}
	testkit.Read(t, to.DB.For(1), func(rx *store.Rx) error {
		breaches, err := reserve.Check(rx, 1)
		if len(breaches) > 0 {
			t.Errorf("%+v", breaches)
		}
		return err
	})

	// What does not fit is refused as a whole.
	for name, c := range map[string]struct {
		tenant int
		dump   []byte
		kind   fault.Kind
		code   string
	}{
		"twice":          {1, first, fault.Conflict, "store.tenant_present"},
		"another tenant": {2, first, fault.Conflict, "store.dump_other"},
		"cut off":        {2, dumpOf(t, from.DB.For(2))[:20_000], fault.Invalid, "store.dump_broken"},
		"nonsense":       {2, []byte("{}"), fault.Invalid, "store.dump_broken"},
	} {
		_, err := to.DB.For(c.tenant).LoadTenant(ctx, testkit.Supervisor, bytes.NewReader(c.dump))
		if !fault.Is(err, c.kind, c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}

	for _, s := range []*town.Service{from, to} {
		if _, err := s.DB.For(2).LoadTenant(ctx, testkit.Supervisor, bytes.NewReader(dumpOf(t, from.DB.For(2)))); s == to && err != nil {
			t.Fatal(err)
		}
		other := dumpOf(t, s.DB.For(2))
		_, err := s.Remove(ctx, testkit.Supervisor, 1)
		testkit.WantFault(t, err, fault.Conflict, "town.not_frozen")
		if err := town.Freeze(ctx, s.DB, testkit.Supervisor, 1); err != nil {
			t.Fatal(err)
		}
		if rows, err := s.Remove(ctx, testkit.Supervisor, 1); err != nil || rows < 1000 {
			t.Fatal(rows, err)
		}
		if n := bytes.Count(dumpOf(t, s.DB.For(1)), []byte("\n[")); n != 0 {
			t.Errorf("%d rows are left", n)
		}
		if diff := cmp.Diff(string(other), string(dumpOf(t, s.DB.For(2)))); diff != "" {
			t.Errorf("the other municipality: %s", diff)
		}
		if err := s.DB.For(2).Write(ctx, testkit.Supervisor, func(tx *store.Tx) error {
			_, err := tx.Exec("DELETE FROM audit WHERE tenant = $1", 2)
			return err
		}); err == nil {
			t.Error("the log is append-only no more")
		}
		own, err := s.Keys(0)
		if err != nil {
			t.Fatal(err)
		}
		if proof := proofOf(t, s.DB.For(0), own); proof.Records < 2 {
			t.Errorf("the operator's log: %+v", proof)
		}
	}
}

func open(t *testing.T, dir string, o town.Options) *town.Service {
	t.Helper()
	s, err := town.Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// proofOf verifies a log.
func proofOf(t *testing.T, db *store.DB, keys town.Keys) (proof audit.Proof) {
	t.Helper()
	if _, err := audit.Sequence(t.Context(), db, testkit.Supervisor); err != nil {
		t.Fatal(err)
	}
	testkit.Read(t, db, func(rx *store.Rx) (err error) {
		proof, err = audit.Verify(rx, keys.Ring.Verifier())
		return err
	})
	return proof
}

func dumpOf(t *testing.T, db *store.DB) []byte {
	t.Helper()
	if _, err := audit.Sequence(t.Context(), db, testkit.Supervisor); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := db.DumpTenant(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
