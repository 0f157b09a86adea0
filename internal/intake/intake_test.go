package intake_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/intake"
	"kofu/internal/jptext"
	"kofu/internal/resident"
	"kofu/internal/store"
	"kofu/internal/tabfile"
	"kofu/internal/testkit"
)

// cp932 is a file as J-LIS and old systems write it.
func cp932(t testing.TB, lines ...string) []byte {
	t.Helper()
	b, missing := jptext.Encode(jptext.CP932, strings.Join(lines, "\r\n")+"\r\n")
	if len(missing) > 0 {
		t.Fatalf("the fixture holds characters that CP932 lacks: %v", missing)
	}
	return b
}

const deliveryHeadings = `"発送番号","発送日","箱番号","箱内連番","交付通知書番号","申請書ID","申請区分","受付年月日","氏名","住所","生年月日","カード有効期限","電子証明書有無","交付方式","摘要"`

// cardLine is a row of the J-LIS list of lot 20261118-01.
func cardLine(no int, name, birth string) string {
	return fmt.Sprintf(`"20261118-01","20261118","001","%04d","A1B-%06d","%023d","1","20261022","%s","○○市△△町一丁目2番3号","%s","20360401","1","1",""`,
		no, no, no, name, birth)
}

func deliveryFile(t testing.TB, lines ...string) []byte {
	return cp932(t, append([]string{deliveryHeadings}, lines...)...)
}

// legacy is a registry file of layout R-B: number, name, birth, event day, event, address.
func legacy(t testing.TB, rows ...[6]string) []byte {
	var lines []string
	for _, r := range rows {
		lines = append(lines, fmt.Sprintf("%s,ﾀｶｻｷ ﾊﾅｺ,%s,2,%s,%s,%s,%s", r[0], r[1], r[2], r[3], r[4], r[5]))
	}
	return cp932(t, append(lines, fmt.Sprintf(`"END",%06d`, len(rows)))...)
}

func preview(t testing.TB, db *store.DB, name string, content []byte) intake.Run {
	t.Helper()
	run, err := intake.Preview(t.Context(), db, testkit.Clerk, intake.Upload{FileName: name, Reader: bytes.NewReader(content)})
	if err != nil {
		t.Fatalf("preview of %s: %v", name, err)
	}
	return run
}

func apply(t testing.TB, db *store.DB, name string, content []byte) intake.Run {
	t.Helper()
	run, err := intake.Apply(t.Context(), db, testkit.Clerk, preview(t, db, name, content).ID, nil)
	if err != nil {
		t.Fatalf("apply %s: %v", name, err)
	}
	return run
}

// spool lists what lies in the spool folder.
func spool(t testing.TB, db *store.DB) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(filepath.Dir(db.Path()), "spool", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func cards(t testing.TB, db *store.DB, noticeNo string) (found []card.Card) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) (err error) {
		found, err = card.ByNoticeNo(rx, noticeNo)
		return err
	})
	return found
}

func TestDelivery_FromFileToCards(t *testing.T) {
	db := testkit.DB(t)
	run := preview(t, db, "納品一覧.csv", deliveryFile(t, cardLine(1, "髙﨑 花子", "19650401"), cardLine(2, "表 能構", "19700000")))
	if run.Profile != "jlis_delivery_csv_v1" || run.Rows != 2 || run.Counts != (intake.Counts{New: 2, Unlinked: 2}) {
		t.Errorf("preview %+v, want 2 new cards by layout J1", run)
	}
	if run.FileDate != "2026-11-18" || len(run.Sample) != 2 || run.Sample[0][8] != "髙﨑 花子" {
		t.Errorf("date %q, sample %q", run.FileDate, run.Sample)
	}
	if got := cards(t, db, "A1B-000001"); len(got) != 0 {
		t.Error("the preview stored a card")
	}
	run, err := intake.Apply(t.Context(), db, testkit.Clerk, run.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	if run.State != intake.Applied || run.DeliveryID == 0 || len(run.Sample) != 0 || run.AppliedBy != testkit.Clerk.Name {
		t.Errorf("after applying: %+v", run)
	}
	got := cards(t, db, "A1B-000001")
	if len(got) != 1 || got[0].Name != "髙﨑 花子" || got[0].Birth != "1965-04-01" || got[0].GaijiSet != "J-LIS" || got[0].ApplicationID != fmt.Sprintf("%023d", 1) {
		t.Errorf("card %+v", got)
	}
	if left := spool(t, db); len(left) != 0 {
		t.Errorf("left in the spool folder: %v", left)
	}
}

func TestPreview_RefusedFilesLeaveNoTrace(t *testing.T) {
	good := cardLine(1, "髙﨑 花子", "19650401")
	broken := strings.Replace(cardLine(2, "髙﨑 花子", "19650401"), "A1B-000002", "A1B-2", 1)
	fixed := func(s string) []byte { return cp932(t, s) }
	head := "1" + "999999" + "20261118" + "0000001" + strings.Repeat(" ", 234)
	data := "2" + "A1B000123" + strings.Repeat("1", 23) + "1" + strings.Repeat(" ", 222)
	for _, c := range []struct {
		name, file string
		content    []byte
		code       string
	}{
		{"a 個人番号 column", "納品一覧.csv", cp932(t, deliveryHeadings+`,"個人番号"`, good+`,"123456789018"`), "tabfile.my_number_heading"},
		{"wrong encoding", "納品一覧.csv", []byte(deliveryHeadings + "\r\n" + good + "\r\n"), "tabfile.encoding"},
		{"a broken row", "納品一覧.csv", deliveryFile(t, good, broken), "import.strict_rows"},
		{"a missing trailer", "住記抽出.csv", cp932(t, "0001234567,ﾀｶｻｷ,髙﨑 花子,2,19650401,20261102,K1,○○市"), "tabfile.trailer_missing"},
		{"a missing end record", "納品一覧.dat", fixed(head + "\r\n" + data), "tabfile.tail_missing"},
		{"a NUL byte", "納品一覧.csv", bytes.Replace(deliveryFile(t, good), []byte("A1B"), []byte("A\x00B"), 1), "tabfile.nul"},
		{"headings only", "納品一覧.csv", deliveryFile(t), "tabfile.no_rows"},
		{"nothing", "納品一覧.csv", nil, "tabfile.empty"},
		{"garbage", "写真.jpg", bytes.Repeat([]byte{0xFF, 0xD8, 0x81, 0x20, 0x00, 0x90}, 100_000), "import.profile_unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := testkit.DB(t)
			apply(t, db, "前回.csv", deliveryFile(t, strings.ReplaceAll(good, "20261118-01", "20261111-01")))
			before := testkit.Dump(t, db)
			_, err := intake.Preview(t.Context(), db, testkit.Clerk, intake.Upload{FileName: c.file, Reader: bytes.NewReader(c.content)})
			f, ok := fault.As(err)
			if !ok || f.Code != c.code {
				t.Errorf("got error %v, want code %q", err, c.code)
			}
			if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
				t.Errorf("a refused file changed the database (-want +got):\n%s", diff)
			}
			if left := spool(t, db); len(left) != 0 {
				t.Errorf("left in the spool folder: %v", left)
			}
		})
	}
}

func TestPreview_SameFileAgain(t *testing.T) {
	db := testkit.DB(t)
	file := deliveryFile(t, cardLine(1, "髙﨑 花子", "19650401"))
	first := apply(t, db, "納品一覧.csv", file)
	before := testkit.Dump(t, db)
	_, err := intake.Preview(t.Context(), db, testkit.Clerk, intake.Upload{FileName: "別名.csv", Reader: bytes.NewReader(file)})
	testkit.WantFault(t, err, fault.Conflict, "import.same_file")
	f, _ := fault.As(err)
	want := map[string]string{"no": fmt.Sprint(first.ID), "date": "2026-11-24", "by": testkit.Clerk.Name, "file": "納品一覧.csv"}
	if diff := cmp.Diff(want, f.Args); diff != "" {
		t.Errorf("the refusal names (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
		t.Errorf("a refused file changed the database (-want +got):\n%s", diff)
	}
}

func TestApply_TwoPreviewsOfOneFile(t *testing.T) {
	db := testkit.DB(t)
	file := deliveryFile(t, cardLine(1, "髙﨑 花子", "19650401"))
	first, second := preview(t, db, "a.csv", file), preview(t, db, "b.csv", file)
	if _, err := intake.Apply(t.Context(), db, testkit.Clerk, first.ID, nil); err != nil {
		t.Fatal(err)
	}
	_, err := intake.Apply(t.Context(), db, testkit.Clerk, second.ID, nil)
	testkit.WantFault(t, err, fault.Conflict, "import.same_file")
	_, err = intake.Apply(t.Context(), db, testkit.Clerk, first.ID, nil)
	testkit.WantFault(t, err, fault.Conflict, "import.not_waiting")
}

func TestPreview_OlderFileWarns(t *testing.T) {
	db := testkit.DB(t)
	apply(t, db, "納品一覧.csv", deliveryFile(t, cardLine(1, "髙﨑 花子", "19650401")))
	older := strings.NewReplacer("20261118", "20261104").Replace(cardLine(1, "髙﨑 花子", "19650401"))
	run := preview(t, db, "納品一覧.csv", deliveryFile(t, older))
	want := []intake.Warning{{Code: "import.older", Args: map[string]string{"date": "2026-11-04", "last": "2026-11-18"}}}
	if diff := cmp.Diff(want, run.Warnings); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPreview_NumbersOnly(t *testing.T) {
	db := testkit.DB(t)
	run := apply(t, db, "番号.txt", cp932(t, "A1B-000123", "ａ１ｂ０００１２４", "A1B-000123"))
	if want := (intake.Counts{New: 2, Rejected: 1, Unlinked: 2}); run.Counts != want {
		t.Errorf("counts %+v, want %+v", run.Counts, want)
	}
	if run.LotNo != "手入力-20261124-1" {
		t.Errorf("lot %q", run.LotNo)
	}
	if next := preview(t, db, "番号.txt", cp932(t, "A1B-000125")); next.LotNo != "手入力-20261124-2" {
		t.Errorf("next lot %q", next.LotNo)
	}
	if len(cards(t, db, "A1B-000124")) != 1 {
		t.Error("the full-width number is no card")
	}
	var out bytes.Buffer
	if err := intake.WriteRejected(t.Context(), db, run.ID, &out); err != nil {
		t.Fatal(err)
	}
	want := "\uFEFF行,列,値,理由\r\n3,,A1B-000123,交付通知書番号 A1B-000123 は 1 行目にもあります。2つ目の行は取り込みません。\r\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRegistry_LinksBothWays(t *testing.T) {
	db := testkit.DB(t)
	person := [6]string{"0001234567", "髙﨑 花子", "19650401", "20261102", "K1", "○○市△△町1-2-3"}
	t.Run("cards first", func(t *testing.T) {
		apply(t, db, "納品一覧.csv", deliveryFile(t, cardLine(1, "高崎　花子", "19650401"), cardLine(2, "佐藤 一", "19800505")))
		run := apply(t, db, "住記抽出.csv", legacy(t, person))
		if want := (intake.Counts{New: 1, Events: 1, Linked: 1, Unlinked: 1, HoldsOpened: 1}); run.Counts != want {
			t.Errorf("counts %+v, want %+v", run.Counts, want)
		}
		c := cards(t, db, "A1B-000001")[0]
		if c.ResidentID == 0 || c.Kana != "ﾀｶｻｷ ﾊﾅｺ" || c.Warns != 1 {
			t.Errorf("card %+v, want it linked and warned of 転居", c)
		}
	})
	t.Run("people first", func(t *testing.T) {
		lot2 := strings.NewReplacer("20261118-01", "20261118-02").Replace(cardLine(3, "髙﨑 花子", "19650401"))
		run := apply(t, db, "納品一覧2.csv", deliveryFile(t, lot2))
		if want := (intake.Counts{New: 1, Linked: 1, Unlinked: 1, HoldsOpened: 1}); run.Counts != want {
			t.Errorf("counts %+v, want %+v", run.Counts, want)
		}
	})
}

func TestRegistry_NobodyIsGuessed(t *testing.T) {
	db := testkit.DB(t)
	apply(t, db, "納品一覧.csv", deliveryFile(t, cardLine(1, "髙﨑 花子", "19650401"), cardLine(2, "表 トメ", "19400000")))
	run := apply(t, db, "住記抽出.csv", legacy(t,
		[6]string{"0000000001", "髙﨑 花子", "19650401", "", "", "○○市1"},
		[6]string{"0000000002", "高崎 花子", "19650401", "", "", "○○市2"},
		[6]string{"0000000003", "表 トメ", "19400000", "", "", "○○市3"}))
	if run.Counts.Linked != 0 || run.Counts.Unlinked != 2 {
		t.Errorf("counts %+v, want no link", run.Counts)
	}
	want := []tabfile.Finding{{
		Value: "A1B-000001", Code: "registry.match_ambiguous",
		Args: map[string]string{"numbers": "0000000001, 0000000002"}, Severity: tabfile.Warn,
	}}
	if diff := cmp.Diff(want, run.Findings); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestRegistry_TheAddressDecidesBetweenTwo(t *testing.T) {
	db := testkit.DB(t)
	apply(t, db, "納品一覧.csv", deliveryFile(t, cardLine(1, "髙﨑 花子", "19650401")))
	run := apply(t, db, "住記抽出.csv", legacy(t,
		[6]string{"0000000001", "髙﨑 花子", "19650401", "", "", "見本県○○市□□町4番5号"},
		[6]string{"0000000002", "髙﨑 花子", "19650401", "", "", "見本県○○市△△町一丁目2番3号"}))
	if run.Counts.Linked != 1 || len(run.Findings) != 0 {
		t.Errorf("counts %+v, findings %v, want one link", run.Counts, run.Findings)
	}
	testkit.Read(t, db, func(rx *store.Rx) error {
		r, _, err := resident.ByID(rx, cards(t, db, "A1B-000001")[0].ResidentID)
		if r.No != "0000000002" {
			t.Errorf("linked to %q, want the one at the card's address", r.No)
		}
		return err
	})
}

func TestRegistry_OnePercentChangedWritesOnlyThese(t *testing.T) {
	db := testkit.DB(t)
	people := func(moved int) (rows [][6]string) {
		for i := range 300 {
			address := "○○市△△町1-2-3"
			if i < moved {
				address = "○○市□□町4-5"
			}
			rows = append(rows, [6]string{fmt.Sprintf("%010d", i+1), "髙﨑 花子", "19650401", "20261102", "K1", address})
		}
		return rows
	}
	apply(t, db, "住記抽出1.csv", legacy(t, people(0)...))
	run := apply(t, db, "住記抽出2.csv", legacy(t, people(3)...))
	if want := (intake.Counts{Changed: 3, Unchanged: 297}); run.Counts != want {
		t.Errorf("counts %+v, want %+v", run.Counts, want)
	}
	var written []string
	testkit.Read(t, db, func(rx *store.Rx) error {
		for i := range 300 {
			r, _, err := resident.ByID(rx, int64(i+1))
			if err != nil {
				return err
			}
			if r.ImportID == run.ID {
				written = append(written, r.No)
			}
		}
		return nil
	})
	if diff := cmp.Diff([]string{"0000000001", "0000000002", "0000000003"}, written); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
}

func TestCleanSpool(t *testing.T) {
	db := testkit.DB(t)
	kept := preview(t, db, "納品一覧.csv", deliveryFile(t, cardLine(1, "髙﨑 花子", "19650401")))
	needed := spool(t, db)
	lost := preview(t, db, "番号.txt", cp932(t, "A1B-000123"))
	for _, path := range spool(t, db) {
		if path != needed[0] {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range []string{"import-LEFTOVER", "report.pdf"} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(needed[0]), name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := intake.CleanSpool(t.Context(), db, testkit.Supervisor); err != nil {
		t.Fatal(err)
	}
	want := []string{needed[0], filepath.Join(filepath.Dir(needed[0]), "report.pdf")}
	if diff := cmp.Diff(want, spool(t, db)); diff != "" {
		t.Errorf("spool (-want +got):\n%s", diff)
	}
	testkit.Read(t, db, func(rx *store.Rx) error {
		for id, want := range map[int64]intake.State{kept.ID: intake.Previewed, lost.ID: intake.Cancelled} {
			if run, err := intake.ByID(rx, id); err != nil || run.State != want {
				t.Errorf("import %d is %s (%v), want %s", id, run.State, err, want)
			}
		}
		return nil
	})
}
