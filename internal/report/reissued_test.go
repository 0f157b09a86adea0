package report_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/card"
	"kofu/internal/delivery"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/jptext"
	"kofu/internal/listing"
	"kofu/internal/listingtest"
	"kofu/internal/report"
	"kofu/internal/resident"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// made registers a parcel of one card for a person (0: whom the registry does not
// know) and receives it today.
func made(t *testing.T, db *store.DB, no, kind, name string, person int64) (id int64) {
	t.Helper()
	a := delivery.Announcement{LotNo: "lot-" + no, ShippedOn: "2026-11-18", Cards: []card.Facts{{
		NoticeNo: no, ApplicationKind: kind, Name: name, NameKey: jptext.SearchKey(name), Birth: "1965-04-01", Address: "○○市△△町一丁目2番3号",
	}}}
	d, err := delivery.Register(t.Context(), db, testkit.Clerk, a)
	if err != nil {
		t.Fatal(err)
	}
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
		cards, err := card.OfDelivery(tx.Rx, d.ID)
		if err != nil {
			return err
		}
		id = cards[0].ID
		if person != 0 {
			if err := card.Link(tx, id, card.Person{ResidentID: person}); err != nil {
				return err
			}
		}
		_, err = card.Do(tx, id, card.ActReceive, card.Input{})
		return err
	})
	return id
}

func person(t *testing.T, db *store.DB, no, name string) (id int64) {
	t.Helper()
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
		row := resident.Row{Resident: resident.Resident{No: no, State: "1", Kind: "1", Name: name, Birth: "1965-04-01"}}
		for _, f := range []resident.Field{resident.State, resident.Name, resident.Birth} {
			row.Has = row.Has.With(f)
		}
		out, err := resident.Put(tx, 1, &row)
		id = out.ID
		return err
	})
	return id
}

func make1008(t *testing.T, db *store.DB, from, until jpdate.Day) (d listing.Document) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) (err error) {
		d, err = report.Make(rx, report.Query{Kind: report.Reissued, From: from, Until: until, By: "山田 通子"})
		return err
	})
	return d
}

// A card that was made again appears once with both generations; the first card
// of a person does not. Where the office has never had the first one, the
// application says it. Screen, CSV, workbook and print agree.
func TestBK1008_Reissued(t *testing.T) {
	clock := testkit.NewClock()
	db := testkit.DBAt(t, clock)
	hanako, taro := person(t, db, "0000000001", "髙﨑 花子"), person(t, db, "0000000002", "佐藤 太郎")
	first := made(t, db, "A1B-000001", "1", "髙﨑 花子", hanako)
	made(t, db, "A1B-000002", "1", "佐藤 太郎", taro)
	made(t, db, "A1B-000003", "1", "鈴木 次郎", 0)
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
		_, err := card.Do(tx, first, card.ActFailInspection, card.Input{Reason: "印刷不良"})
		return err
	})
	clock.Advance(30 * 24 * 3600e9)
	made(t, db, "A1C-000001", "1", "髙﨑 花子", hanako) // made again after a failed inspection
	made(t, db, "A1C-000002", "2", "=1+1", 0)       // reissue; its first card was handed over before this program came
	clock.Advance(30 * 24 * 3600e9)
	made(t, db, "A1D-000001", "2", "髙﨑 花子", hanako) // lost
	made(t, db, "A1D-000002", "1", "田中 一郎", 0)

	d := make1008(t, db, "2026-11-24", "2027-01-31")
	want := [][]string{
		{"2026-12-24", "髙﨑 花子", "2", "A1C-000001", "新規", "受領済", "", "1", "A1B-000001", "2026-11-24", "", ""},
		{"2026-12-24", "=1+1", "2 以上", "A1C-000002", "再交付", "受領済", "", "記録なし", "", "", "", ""},
		{"2027-01-23", "髙﨑 花子", "3", "A1D-000001", "再交付", "受領済", "", "2", "A1C-000001", "2026-12-24", "受領済", ""},
	}
	got := d.Sections[0].Rows
	if len(got) > 0 {
		want[0][10] = got[0][10] // the words for a failed inspection are the city's
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if d.Rows() != 3 || d.Sections[0].Total[1] != "3 枚" {
		t.Errorf("total %q of %d rows", d.Sections[0].Total, d.Rows())
	}
	if n := make1008(t, db, "2026-12-25", "2027-01-31").Rows(); n != 1 {
		t.Errorf("%d cards in the second month", n)
	}
	if n := make1008(t, db, "2026-11-24", "2026-11-30").Rows(); n != 0 {
		t.Errorf("%d cards made again in the first month", n)
	}
	// Every character of the print must be one of the installed fonts; that of
	// CP932 lacks none of these names' characters.
	listingtest.FourOutputs(t, d)
}

func TestReissued_RefusesBadDays(t *testing.T) {
	db := testkit.DB(t)
	for _, c := range []struct {
		kind        report.Kind
		from, until jpdate.Day
		code        string
	}{
		{report.Reissued, "2026-11-24", "2026-11-23", "report.query"},
		{report.Reissued, "", "2026-11-23", "report.query"},
		{"other", "2026-11-24", "2026-11-24", "report.query"},
		{report.Reissued, "1990-11-24", "2026-11-24", "report.too_long"},
	} {
		err := db.Read(t.Context(), func(rx *store.Rx) error {
			_, err := report.Make(rx, report.Query{Kind: c.kind, From: c.from, Until: c.until})
			return err
		})
		testkit.WantFault(t, err, fault.Invalid, c.code)
	}
}
