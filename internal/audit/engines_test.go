package audit_test

import (
	"fmt"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func TestAppend_StandsOrFallsWithTheAct(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		_ = db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
			if err := audit.Append(tx, "a", "x/1", nil); err != nil {
				return err
			}
			return fault.New(fault.Conflict, "card.changed_meanwhile")
		})
		testkit.Read(t, db, func(rx *store.Rx) error {
			_, total, err := audit.List(rx, audit.Filter{Limit: 10})
			if total != 0 {
				t.Errorf("%d records of an act that was refused", total)
			}
			return err
		})
	})
}

// Many who act at once get one log without gaps, and no act is lost.
func TestAppend_AllAtOnce(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		const people, acts = 8, 12
		var all sync.WaitGroup
		for p := range people {
			all.Go(func() {
				for i := range acts {
					err := db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
						if err := audit.Append(tx, "card.received", fmt.Sprintf("card/%d", i), map[string]int{"by": p}); err != nil {
							return err
						}
						return audit.Append(tx, "card.shelved", fmt.Sprintf("card/%d", i), nil)
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		sign(t, db)
		if proof, err := verify(t, db); err != nil || proof.Records != 2*people*acts || proof.Checkpoints != 1 {
			t.Errorf("Verify = %+v, %v", proof, err)
		}
	})
}

// Each tenant has a log of its own: numbers, tree and checkpoints.
func TestAppend_ALogForEachTenant(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		for tenant := range 3 {
			for i := range tenant + 2 {
				testkit.Write(t, db.For(tenant), testkit.Clerk, func(tx *store.Tx) error {
					return audit.Append(tx, "card.received", fmt.Sprintf("tenant/%d/card/%d", tx.Tenant, i), nil)
				})
			}
			sign(t, db.For(tenant))
		}
		for tenant := range 3 {
			if proof, err := verify(t, db.For(tenant)); err != nil || proof.Records != int64(tenant+2) || proof.Checkpoints != 1 {
				t.Errorf("tenant %d: Verify = %+v, %v", tenant, proof, err)
			}
			testkit.Read(t, db.For(tenant), func(rx *store.Rx) error {
				records, total, err := audit.List(rx, audit.Filter{Limit: 10})
				for _, r := range records {
					if want := fmt.Sprintf("tenant/%d/card/%d", tenant, r.Seq); r.Object != want {
						t.Errorf("tenant %d lists %s, want %s", tenant, r.Object, want)
					}
				}
				if total != tenant+2 {
					t.Errorf("tenant %d lists %d", tenant, total)
				}
				return err
			})
		}
	})
}

// A checkpoint taken while others act is one of a size that the log had.
func TestSign_WhileOthersAct(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 10 {
					err := db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
						if err := audit.Append(tx, "card.received", "card/1", nil); err != nil {
							return err
						}
						_, err := audit.Sign(tx, ring.Signer())
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if proof, err := verify(t, db); err != nil || proof.Records != 40 || proof.Checkpoints != 40 {
			t.Errorf("Verify = %+v, %v", proof, err)
		}
	})
}

func verify(t *testing.T, db *store.DB) (proof audit.Proof, err error) {
	t.Helper()
	err = db.Read(t.Context(), func(rx *store.Rx) (err error) {
		proof, err = audit.Verify(rx, ring.Verifier())
		return err
	})
	return proof, err
}

func TestVerify_FindsAChangedRow(t *testing.T) {
	for _, c := range []struct{ tamper, code string }{
		{"UPDATE audit_body SET actor = 'somebody' WHERE seq = 3", "audit.body_changed"},
		{"DELETE FROM audit_body WHERE seq = 5", "audit.body_changed"},
		{"INSERT INTO audit_hash (tenant, idx, hash) VALUES (0, 1000, 'x')", "audit.tree_changed"},
		{"INSERT INTO audit (tenant, seq, at, leaf) VALUES (0, 11, '', 'x')", "audit.gap"},
		{"UPDATE audit_checkpoint SET size = 9", "audit.checkpoint_mismatch"},
	} {
		t.Run(c.tamper, func(t *testing.T) {
			testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
				for i := range 10 {
					testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error { return audit.Append(tx, "card.received", fmt.Sprint("card/", i), nil) })
				}
				sign(t, db)
				testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
					_, err := tx.Exec(c.tamper)
					return err
				})
				_, err := verify(t, db)
				testkit.WantFault(t, err, fault.Conflict, c.code)
			})
		})
	}
}

func TestLog_IsAppendOnly(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error { return audit.Append(tx, "card.received", "card/1", nil) })
		for _, statement := range []string{
			"UPDATE audit SET leaf = ''", "DELETE FROM audit", "UPDATE audit_hash SET hash = ''", "DELETE FROM audit_hash",
		} {
			err := db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
				_, err := tx.Exec(statement)
				return err
			})
			if err == nil {
				t.Errorf("%s was accepted", statement)
			}
		}
	})
}

func TestList_FiltersAndPages(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		rapid.Check(t, func(rt *rapid.T) {
			actor := rapid.SampledFrom([]store.Actor{testkit.Clerk, testkit.Supervisor}).Draw(rt, "actor")
			testkit.Write(t, db, actor, func(tx *store.Tx) error {
				return audit.Append(tx, rapid.SampledFrom([]string{"card.received", "card.shelved", "staff.signed_in"}).Draw(rt, "action"), "card/1", nil)
			})
		})
		testkit.Read(t, db, func(rx *store.Rx) error {
			_, all, err := audit.List(rx, audit.Filter{Limit: 1})
			if err != nil {
				return err
			}
			sum := 0
			for _, action := range []string{"card.", "staff.signed_in"} {
				records, n, err := audit.List(rx, audit.Filter{Action: action, Limit: 5, Offset: 1})
				if err != nil {
					return err
				}
				if len(records) != min(5, max(n-1, 0)) {
					t.Errorf("%s: %d records on a page of 5 out of %d", action, len(records), n)
				}
				sum += n
			}
			if sum != all {
				t.Errorf("filters count %d of %d", sum, all)
			}
			return nil
		})
	})
}
