package member_test

import (
	"strings"
	"testing"

	"kofu/internal/booking/member"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// Whoever has a flag for 支援措置 in the appliance arrives as somebody whom the
// office books for, as many others do: what is stored of both differs in nothing
// but the pseudonym, and neither has a household.
func TestBK904_NothingTellsAFlaggedLink(t *testing.T) {
	const flagged, merely = "00000000000000d1", "00000000000000d2"
	dumps := map[string]string{}
	for _, who := range []string{flagged, merely} {
		t.Run(who, func(t *testing.T) {
			testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
				one := issued(code, who)
				one.OfficeOnly = true
				city(t, db, one)
				var kept member.Member
				testkit.Read(t, db, func(rx *store.Rx) (err error) {
					kept, _, err = member.ByLink(rx, tenant, who)
					return err
				})
				if !kept.OfficeOnly || kept.Group != "" || kept.Ordinal != 0 {
					t.Errorf("kept %+v", kept)
				}
				kept.Link = ""
				dumps[who] = string(kept.Procs) + kept.KeyID + string(kept.CodeMAC) + string(kept.BirthMAC) + string(kept.State) + store.Stamp(kept.From) + store.Stamp(kept.Until)
			})
		})
	}
	if dumps[flagged] == "" || dumps[flagged] != dumps[merely] {
		t.Errorf("%q and %q differ", dumps[flagged], dumps[merely])
	}
	for _, column := range member.Columns { // of the file from the appliance
		if strings.Contains(column, "dv") || strings.Contains(column, "flag") || strings.Contains(column, "support") || strings.Contains(column, "reason") {
			t.Errorf("the file has a column %q", column)
		}
	}
}
