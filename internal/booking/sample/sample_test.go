package sample_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/reserve"
	"kofu/internal/booking/sample"
	"kofu/internal/booking/town"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// The sample is made once on either engine, is sound, and never mixes with real
// data.
func TestFill(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "practice")
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			o := town.Options{Clock: func() time.Time { return testkit.Now }, Practice: true}
			if engine == "postgres" {
				o.Database = testkit.EmptyPostgres(t)
			}
			first, err := sample.Fill(t.Context(), dir, o)
			if err != nil {
				t.Fatal(err)
			}
			if len(first.Towns) != 2 || len(first.Towns[0].Codes) != 10 || first.Towns[1].Key == "" || len(first.Towns[0].Accounts) != 4 {
				t.Errorf("%+v", first)
			}
			again, err := sample.Fill(t.Context(), dir, o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(first, again); diff != "" {
				t.Error(diff)
			}
			s, err := town.Open(t.Context(), dir, o)
			if err != nil {
				t.Fatal(err)
			}
			for tenant := 1; tenant <= 2; tenant++ {
				testkit.Read(t, s.DB.For(tenant), func(rx *store.Rx) error {
					breaches, err := reserve.Check(rx, tenant)
					if len(breaches) > 0 {
						t.Errorf("tenant %d: %+v", tenant, breaches)
					}
					return err
				})
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			o.Practice = false
			if _, err := town.Open(t.Context(), dir, o); !fault.Is(err, fault.Conflict, "store.other_kind") {
				t.Errorf("a sample opens as real data: %v", err)
			}
			if engine == "postgres" {
				o.Practice = true
				_, err := sample.Fill(t.Context(), t.TempDir(), o)
				testkit.WantFault(t, err, fault.Conflict, "sample.exists")
			}
		})
	}
}
