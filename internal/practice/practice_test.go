package practice_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/agree"
	"kofu/internal/card"
	"kofu/internal/counter"
	"kofu/internal/delivery"
	"kofu/internal/exchange"
	"kofu/internal/intake"
	"kofu/internal/keyring"
	"kofu/internal/migrations"
	"kofu/internal/practice"
	"kofu/internal/progress"
	"kofu/internal/staff"
	"kofu/internal/store"
	"kofu/internal/tabfile"
	"kofu/internal/testkit"
)

// newOffice is an empty office; kind tells practice from real data.
func newOffice(t *testing.T, kind int32) practice.Office {
	t.Helper()
	files, err := migrations.Appliance()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	db, err := store.Open(t.Context(), filepath.Join(dir, "kofu.db"), store.Options{Clock: testkit.NewClock().Now, Migrations: files, ApplicationID: kind})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	ring := keyring.ForTest(1)
	return practice.Office{
		DB: db, Ring: ring, Hasher: staff.NewHasher(staff.Cost{Memory: 64, Time: 1}, ring), Dir: dir, Fonts: filepath.Join(dir, "fonts"), Keys: filepath.Join(dir, "keys"), Spool: t.TempDir(),
	}
}

// The city is in the middle of its work: the first parcel complete, its letters
// posted and 60 cards handed over; of the second 20 cards have not come; the
// third waits as a file.
func TestFill(t *testing.T) {
	o := newOffice(t, store.PracticeData)
	accounts, err := practice.Fill(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	testkit.Read(t, o.DB, func(rx *store.Rx) error {
		parcels(t, rx)
		stages(t, rx)
		atCounter(t, rx)
		openCases(t, rx)
		timeLines(t, rx)
		return nil
	})
	samples(t, o)
	signIn(t, o, accounts)

	again, err := practice.Fill(t.Context(), o)
	if diff := cmp.Diff(accounts, again); err != nil || diff != "" {
		t.Errorf("second start: %v (-want +got):\n%s", err, diff)
	}
}

func parcels(t *testing.T, rx *store.Rx) {
	t.Helper()
	all, err := delivery.All(rx)
	if err != nil || len(all) != 2 {
		t.Fatalf("deliveries %+v, %v", all, err)
	}
	slices.SortFunc(all, func(a, b delivery.Delivery) int { return int(a.ID - b.ID) })
	if first := all[0]; first.State != delivery.Closed || first.Missing != 0 || first.Received != first.Expected || first.Expected == 0 {
		t.Errorf("first parcel %+v, want it complete and closed", first)
	}
	if second := all[1]; second.State != delivery.Open || second.Missing != 20 {
		t.Errorf("second parcel %+v, want it open with 20 cards to come", second)
	}
}

func stages(t *testing.T, rx *store.Rx) {
	t.Helper()
	l, err := progress.Cards(rx, progress.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[card.Status]int{}
	for _, c := range l.Statuses {
		counts[c.Status] = c.Count
	}
	if counts[card.StatusHandedOver] != 60 || counts[card.StatusListed] != 20 || counts[card.StatusNotified] < 100 || counts[card.StatusReady] < 100 || counts[card.StatusMissing] != 0 {
		t.Errorf("statuses %v", counts)
	}
	balance, err := progress.BalanceNow(rx)
	if err != nil || !balance.OK() || balance.HandedOver != 60 || balance.Received+20 != l.Total {
		t.Errorf("balance %+v of %d, %v", balance, l.Total, err)
	}
	tasks, err := progress.TasksNow(rx)
	if err != nil || tasks.ToNotify < 100 || tasks.OpenDeliveries != 1 || tasks.AtCounter != 0 {
		t.Errorf("tasks %+v, %v", tasks, err)
	}
}

// atCounter looks at today and tomorrow at the counter.
func atCounter(t *testing.T, rx *store.Rx) {
	t.Helper()
	windows, err := counter.Windows(rx)
	if err != nil || len(windows) != 2 {
		t.Fatalf("windows %+v, %v", windows, err)
	}
	next, err := counter.NextDay(rx, rx.Today())
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]int{rx.Today(): 9, next: 7} {
		list, err := counter.OnDay(rx, windows[0].ID, day)
		persons := 0
		for _, b := range list {
			persons += len(b.Live())
		}
		if err != nil || persons != want {
			t.Errorf("%d persons come on %s, want %d (%v)", persons, day, want, err)
		}
	}
	if picks, err := counter.Picks(rx, next, "", ""); err != nil || len(picks) != 7 {
		t.Errorf("%d cards to fetch for %s, %v", len(picks), next, err)
	}
}

// timeLines looks for names that mean nothing to a clerk.
// openCases are of different kinds, so that each screen of 要連絡 can be practised.
func openCases(t *testing.T, rx *store.Rx) {
	t.Helper()
	counts, err := exchange.CountKinds(rx)
	want := map[agree.Case]int{agree.CaseWithdrawn: 1, agree.CaseTwice: 1, agree.CaseOver: 1, agree.CaseShut: 1, agree.CaseUnknown: 1}
	if diff := cmp.Diff(want, counts); err != nil || diff != "" {
		t.Errorf("cases (%v, -want +got):\n%s", err, diff)
	}
}

func timeLines(t *testing.T, rx *store.Rx) {
	t.Helper()
	events, err := card.EventsOf(rx, 1)
	if err != nil || len(events) < 4 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	for _, e := range events {
		if e.Name != "練習用データ" || e.Terminal != "練習用データ" {
			t.Errorf("%s by %q at %q", e.Act, e.Name, e.Terminal)
		}
	}
}

// samples can all be imported without a rejected row.
func samples(t *testing.T, o practice.Office) {
	t.Helper()
	dir := practice.Samples(o.Dir)
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 5 {
		t.Fatalf("samples: %d, %v", len(files), err)
	}
	deliveries, nights := 0, 0
	for _, file := range files {
		if ext := filepath.Ext(file.Name()); ext != ".csv" && ext != ".txt" && ext != ".dat" {
			continue
		}
		run, err := preview(t.Context(), o, filepath.Join(dir, file.Name()))
		if err != nil {
			continue // imported already, or one of the files that show a refusal
		}
		if run.Counts.Rejected != 0 || run.Rows == 0 {
			t.Errorf("%s: %d rows, %d rejected", file.Name(), run.Rows, run.Counts.Rejected)
		}
		if run.Kind == tabfile.Delivery {
			deliveries++
		} else {
			nights++
		}
	}
	if deliveries == 0 || nights == 0 {
		t.Errorf("%d deliveries and %d registry files can be imported", deliveries, nights)
	}
}

func preview(ctx context.Context, o practice.Office, path string) (run intake.Run, err error) {
	f, err := os.Open(path)
	if err != nil {
		return run, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return intake.Preview(ctx, o.DB, testkit.Supervisor, intake.Upload{FileName: filepath.Base(path), Reader: f})
}

// signIn tries every account with its password.
func signIn(t *testing.T, o practice.Office, accounts []practice.Account) {
	t.Helper()
	roles := map[string]bool{}
	for _, a := range accounts {
		roles[a.Role] = true
		_, err := staff.SignIn(t.Context(), o.DB, o.Hasher, staff.Where{Door: "desk", Terminal: "PC-1"}, staff.Proof{Login: a.Login, Password: a.Password})
		if err != nil {
			t.Errorf("%s: %v", a.Login, err)
		}
	}
	if len(roles) != 7 {
		t.Errorf("accounts for the roles %v", roles)
	}
}

func TestFill_RefusesRealData(t *testing.T) {
	o := newOffice(t, 0)
	before := testkit.Dump(t, o.DB)
	if _, err := practice.Fill(t.Context(), o); err == nil {
		t.Error("a real database was filled")
	}
	if diff := cmp.Diff(before, testkit.Dump(t, o.DB)); diff != "" {
		t.Errorf("it changed (-want +got):\n%s", diff)
	}
}

// Only a practice database whose making was interrupted is thrown away.
func TestDiscard(t *testing.T) {
	for _, finished := range []bool{false, true} {
		dir := t.TempDir()
		names := []string{"kofu.db", "kofu.db-wal", "other.txt"}
		if finished {
			names = append(names, "practice.json")
		}
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := practice.Discard(dir); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			_, err := os.Stat(filepath.Join(dir, name))
			if kept := err == nil; kept != (finished || name == "other.txt") {
				t.Errorf("finished %v: %s kept %v", finished, name, kept)
			}
		}
	}
	if err := practice.Discard(filepath.Join(t.TempDir(), "none")); err != nil {
		t.Errorf("before the first start: %v", err)
	}
}
