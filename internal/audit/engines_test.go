package audit_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

// Two acts at one moment do not wait for each other at the log's end. On SQLite
// they wait anyway, as all writers do.
func TestAppend_NobodyWaits(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		concurrent := false
		testkit.Read(t, db, func(rx *store.Rx) error { concurrent = rx.Concurrent(); return nil })
		if concurrent != (db.Path() == "") {
			t.Fatalf("Concurrent = %v", concurrent)
		}
		if !concurrent {
			return
		}
		err := db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
			if err := audit.Append(tx, "slow", "x/1", nil); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // another connection, another act
			defer cancel()
			if err := db.Write(ctx, testkit.Supervisor, func(tx *store.Tx) error { return audit.Append(tx, "quick", "x/2", nil) }); err != nil {
				return err
			}
			n, err := audit.Sequence(ctx, db, testkit.Supervisor) // nor does the job wait
			if n != 1 {
				t.Errorf("%d records numbered, want the one committed", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(actions(t, db), " "); got != "slow quick" {
			t.Errorf("listed %q, want the waiting one first", got)
		}
		if proof, err := verify(t, db); err != nil || proof.Records != 2 || proof.Waiting != 0 {
			t.Errorf("Verify = %+v, %v", proof, err)
		}
		if got := strings.Join(actions(t, db), " "); got != "slow quick" {
			t.Errorf("listed %q: the one that ended later has the greater number", got)
		}
	})
}

func actions(t *testing.T, db *store.DB) (all []string) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) error {
		records, total, err := audit.List(rx, audit.Filter{Limit: 100})
		for _, r := range records {
			all = append(all, r.Action)
		}
		if total != len(records) {
			t.Errorf("%d listed of %d", len(records), total)
		}
		return err
	})
	return all
}

// Servers that number at the same time while others act make one log of each
// tenant, without gaps, and no record is lost or twice.
func TestSequence_WhileOthersAct(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		const people, acts = 4, 60
		var writers, jobs sync.WaitGroup
		ended := make(chan struct{})
		for p := range people {
			writers.Go(func() {
				for i := range acts {
					err := db.For(p%2).Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
						return audit.Append(tx, "card.received", fmt.Sprintf("card/%d/%d", p, i), nil)
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		for job := range 4 {
			jobs.Go(func() {
				for {
					if _, err := audit.Sequence(t.Context(), db.For(job%2), testkit.Supervisor); err != nil {
						t.Error(err)
					}
					select {
					case <-ended:
						return
					default:
					}
				}
			})
		}
		writers.Wait()
		close(ended)
		jobs.Wait()
		for tenant := range 2 {
			if proof, err := verify(t, db.For(tenant)); err != nil || proof.Records != people*acts/2 || proof.Waiting != 0 {
				t.Errorf("tenant %d: Verify = %+v, %v", tenant, proof, err)
			}
			seen := map[string]bool{}
			testkit.Read(t, db.For(tenant), func(rx *store.Rx) error {
				records, _, err := audit.List(rx, audit.Filter{Limit: 1000})
				for _, r := range records {
					seen[r.Object] = true
				}
				return err
			})
			if len(seen) != people*acts/2 {
				t.Errorf("tenant %d: %d different records", tenant, len(seen))
			}
		}
	})
}

// More than one transaction numbers, in the order in which they were made.
func TestSequence_MoreThanABatch(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		const n = 2345
		testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
			for i := range n {
				if err := audit.Append(tx, "card.received", fmt.Sprint("card/", i), nil); err != nil {
					return err
				}
			}
			return nil
		})
		page := func() (objects []string) {
			testkit.Read(t, db, func(rx *store.Rx) error {
				for offset := 0; offset < n; offset += 1000 {
					records, total, err := audit.List(rx, audit.Filter{Limit: 1000, Offset: offset})
					if err != nil || total != n {
						t.Errorf("%d listed, %v", total, err)
					}
					for _, r := range records {
						objects = append(objects, r.Object)
					}
				}
				size, err := audit.Size(rx)
				if size != n {
					t.Errorf("Size = %d", size)
				}
				return err
			})
			return objects
		}
		before := page()
		proof, err := verify(t, db)
		if err != nil || proof.Records != n {
			t.Errorf("Verify = %+v, %v", proof, err)
		}
		after := page()
		if diff := cmp.Diff(before, after); diff != "" || after[0] != fmt.Sprint("card/", n-1) {
			t.Errorf("numbering changed the order (-before +after):\n%s", diff)
		}
	})
}

func verify(t *testing.T, db *store.DB) (proof audit.Proof, err error) {
	t.Helper()
	if _, err := audit.Sequence(t.Context(), db, testkit.Supervisor); err != nil {
		return proof, err
	}
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
