package member_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/member"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// TB-12: before the opening, letters taken at random sign in on the clock of the
// opening; one wrong letter, or an opening that comes too early, is no go. Nothing
// changes meanwhile.
func TestTB12_Rehearse(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		keys := member.Keys{"k001": []byte("0123456789abcdef0123456789abcdef")}
		if err := slot.AddTenant(t.Context(), db, testkit.Supervisor, slot.Tenant{ID: 1, Host: "a", Name: "青葉市", PartyMax: 4, UntilMinute: 1440}); err != nil {
			t.Fatal(err)
		}
		letters, err := member.ParseLetters(strings.NewReader("\ufeff4492-0183-7750-2295,1985-04-01\n1234567890123428,1990-12-31\n"))
		if err != nil {
			t.Fatal(err)
		}
		opening := clock.Now().Add(7 * 24 * time.Hour)
		var list []member.Member
		for i, l := range letters {
			list = append(list, member.Member{
				Link: strings.Repeat("0", 15) + string(rune('1'+i)), Gen: 1, KeyID: "k001", CodeMAC: l.Code.Hash(keys["k001"]),
				BirthMAC: l.Code.HashWithBirth(keys["k001"], l.Birth), Procs: "receive", From: opening, Until: opening.AddDate(0, 6, 0), State: member.Ready,
			})
		}
		if err := member.Import(t.Context(), db, testkit.Supervisor, 1, list); err != nil {
			t.Fatal(err)
		}
		before := testkit.Dump(t, db)
		rehearse := func(letters []member.Letter, at time.Time) (trial member.Trial) {
			testkit.Read(t, db, func(rx *store.Rx) (err error) {
				trial, err = member.Rehearse(rx, 1, keys, letters, at)
				return err
			})
			return trial
		}
		if trial := rehearse(letters, opening); !trial.Go() || trial.Codes[member.Ready] != 2 {
			t.Errorf("%+v", trial)
		}
		if trial := rehearse(letters, opening.Add(-time.Millisecond)); trial.Go() || trial.Refused["member.not_yet"] != 2 {
			t.Errorf("a moment too early: %+v", trial)
		}
		wrong := []member.Letter{letters[0], {Code: letters[1].Code, Birth: letters[0].Birth}}
		if trial := rehearse(wrong, opening); trial.Go() || trial.Passed != 1 || trial.Refused["member.cannot_book"] != 1 || !cmp.Equal(trial.Rows, []int{2}) {
			t.Errorf("a wrong birth date: %+v", trial)
		}
		if rehearse(nil, opening).Go() {
			t.Error("no letters at all are no proof")
		}
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("the rehearsal changed the database (-want +got):\n%s", diff)
		}
		_, err = member.ParseLetters(strings.NewReader("4492018377502296,1985-04-01\n4492018377502295,1985-13-01\n"))
		testkit.WantFault(t, err, fault.Invalid, "member.bad_file")
	})
}
