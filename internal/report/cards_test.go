package report_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"kofu/internal/card"
	"kofu/internal/delivery"
	"kofu/internal/fault"
	"kofu/internal/jptext"
	"kofu/internal/message"
	"kofu/internal/progress"
	"kofu/internal/report"
	"kofu/internal/sheet"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/vault"
)

// plain are names that every encoding has. The last name of a list has number 1.
var plain = []string{"山田 花子", "佐藤 太郎", "鈴木 次郎"}

// listed makes a parcel of one card per name; the first one lies in the vault.
func listed(t *testing.T, names ...string) *store.DB {
	t.Helper()
	db := testkit.DB(t)
	a := delivery.Announcement{LotNo: "20261118-01", ShippedOn: "2026-11-18"}
	for i, name := range names {
		a.Cards = append(a.Cards, card.Facts{
			NoticeNo: fmt.Sprintf("A1B-%06d", len(names)-i), BoxNo: "001", ApplicationID: fmt.Sprintf("%023d", i+12), ApplicationKind: "1",
			Name: name, NameKey: jptext.SearchKey(name), Address: "○○市△△町一丁目2番3号", Birth: []string{"1965-04-01", "1965-04", ""}[i%3], ExpiresOn: "2036-12-15",
		})
	}
	if _, err := delivery.Register(t.Context(), db, testkit.Clerk, a); err != nil {
		t.Fatal(err)
	}
	parent := int64(0)
	for _, n := range []vault.New{
		{Kind: vault.Office, Name: "本庁"}, {Kind: vault.Room, Name: "保管庫"}, {Kind: vault.Shelf, Name: "棚A"}, {Kind: vault.Box, Name: "箱", Capacity: 60},
	} {
		n.ParentID = parent
		made, err := vault.Add(t.Context(), db, testkit.Supervisor, n)
		if err != nil {
			t.Fatal(err)
		}
		parent = made[0].ID
	}
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
		if _, err := card.Do(tx, 1, card.ActReceive, card.Input{}); err != nil {
			return err
		}
		box, err := vault.ByID(tx.Rx, parent)
		if err != nil {
			return err
		}
		if _, err := vault.PutAway(tx, 1, box); err != nil {
			return err
		}
		_, err = card.OpenHold(tx, 1, card.Warn, "確認中")
		return err
	})
	return db
}

func written(t *testing.T, db *store.DB, format sheet.Format, f progress.Filter) ([]byte, report.Written) {
	t.Helper()
	var b bytes.Buffer
	done, err := report.Cards(t.Context(), db, &b, format, f, "山田 通子", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), done
}

func records(t *testing.T, text string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\uFEFF"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

var headings = []string{
	"交付通知書番号", "進捗", "氏名", "フリガナ", "生年月日", "住所", "申請区分", "申請書ID", "発送番号", "箱番号",
	"所在", "保管場所", "受領日", "通知日", "受取期限", "交付日", "カード有効期限", "保留", "摘要",
}

func TestCards_CSVHasEveryColumn(t *testing.T) {
	b, done := written(t, listed(t, plain...), sheet.CSV, progress.Filter{Query: "A1B-000003"})
	want := [][]string{headings, {
		"A1B-000003", "受領済", "山田 花子", "", "1965-04-01", "○○市△△町一丁目2番3号", message.Text("application_kind.1", nil), "00000000000000000000012", "20261118-01", "001",
		"保管中", "本庁 ＞ 保管庫 ＞ 棚A ＞ 箱 ＞ 1", "2026-11-24", "", "", "", "2036-12-15", message.Text("severity.WARN", nil), "",
	}}
	if diff := cmp.Diff(want, records(t, string(b))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if done.Rows != 1 || done.Name != "カード進捗一覧_20261124-0930.csv" {
		t.Errorf("written %+v", done)
	}
}

// Whatever the filter and the order: the file has the rows of the screen.
func TestCards_SameRowsAndOrderAsTheScreen(t *testing.T) {
	db := listed(t, append(plain, plain...)...)
	filters := []progress.Filter{{Query: "山田"}, {Custody: card.Expected}, {Lot: 1}, {IDs: []int64{5, 2}}, {Limit: 2, Offset: 3}}
	for _, sort := range progress.Sorts() {
		filters = append(filters, progress.Filter{Sort: sort})
	}
	for _, f := range filters {
		var want []string
		testkit.Read(t, db, func(rx *store.Rx) error {
			whole := f
			whole.Limit, whole.Offset = 0, 0
			l, err := progress.Cards(rx, whole)
			for _, r := range l.Rows {
				want = append(want, r.NoticeNo)
			}
			return err
		})
		b, done := written(t, db, sheet.CSV, f)
		var got []string
		for _, row := range records(t, string(b))[1:] {
			got = append(got, row[0])
		}
		if diff := cmp.Diff(want, got); diff != "" || done.Rows != len(want) {
			t.Errorf("%+v: %d rows (-want +got):\n%s", f, done.Rows, diff)
		}
	}
}

var hostile = []string{"=1+1", "+81", "@SUM(A1)", "＝HYPERLINK(1)", "-2", "山田 花子"}

func TestCards_FormulasArriveAsText(t *testing.T) {
	db := listed(t, hostile...)
	b, _ := written(t, db, sheet.CSV, progress.Filter{})
	var names []string
	for _, row := range records(t, string(b))[1:] {
		names = append(names, row[2])
	}
	if diff := cmp.Diff([]string{"山田 花子", "'-2", "'＝HYPERLINK(1)", "'@SUM(A1)", "'+81", "'=1+1"}, names); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
	b, _ = written(t, db, sheet.XLSX, progress.Filter{})
	f := workbook(t, b)
	for i, name := range []string{"山田 花子", "-2", "＝HYPERLINK(1)", "@SUM(A1)", "+81", "=1+1"} {
		at := fmt.Sprintf("C%d", 6+i)
		value, err := f.GetCellValue("カード進捗一覧", at)
		formula, err2 := f.GetCellFormula("カード進捗一覧", at)
		if err != nil || err2 != nil || value != name || formula != "" {
			t.Errorf("%s: %q, formula %q, %v, %v; want the text %q", at, value, formula, err, err2, name)
		}
	}
}

func workbook(t *testing.T, b []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestCards_WorkbookSaysWhatItHolds(t *testing.T) {
	db := listed(t, plain...)
	for _, tt := range []struct {
		filter progress.Filter
		words  string
	}{
		{progress.Filter{}, "条件なし(全件)"},
		{progress.Filter{Status: card.StatusReceived, Custody: card.Vault, Query: "山田"}, "進捗: 受領済、所在: 保管中、検索: 山田"},
		{progress.Filter{Due: progress.DueNotice, Lot: 1}, "通知待ち、納品: 20261118-01"},
		{progress.Filter{Place: 3, Hold: card.Manual}, "保留: " + message.Text("flag.MANUAL", nil) + "、保管場所: 本庁 › 保管庫 › 棚A"},
		{progress.Filter{IDs: []int64{1, 2}}, "選んだ 2 件"},
		{progress.Filter{Query: "1234-5678-9018"}, "検索: ************"}, // a 個人番号 is repeated nowhere
		{progress.Filter{Query: "山田 123456789018"}, "検索: 山田 ************"},
	} {
		b, done := written(t, db, sheet.XLSX, tt.filter)
		rows, err := workbook(t, b).GetRows("カード進捗一覧")
		if err != nil {
			t.Fatal(err)
		}
		want := [][]string{{"カード進捗一覧"}, {"抽出条件:" + tt.words}, {"時点:令和8年11月24日 9時30分 出力者:山田 通子"}}
		if diff := cmp.Diff(want, rows[:3]); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tt.filter, diff)
		}
		if done.Name != "カード進捗一覧_20261124-0930.xlsx" {
			t.Errorf("file name %q", done.Name) // no name, no query
		}
	}
}

func TestCards_LibreOfficeOpensTheWorkbook(t *testing.T) {
	b, _ := written(t, listed(t, "=1+1", "𠮷田 花子", "山田 太郎"), sheet.XLSX, progress.Filter{})
	path := filepath.Join(t.TempDir(), "list.xlsx")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	rows := records(t, converted(t, path))
	at := slices.IndexFunc(rows, func(row []string) bool { return row[0] == "交付通知書番号" })
	if at < 0 || len(rows) != at+4 {
		t.Fatalf("rows %q", rows)
	}
	var got [][]string
	for _, row := range rows[at+1:] {
		got = append(got, []string{row[0], row[2], row[4], row[7], row[9], row[16]})
	}
	want := [][]string{ // number, name, birth (a day, a month, unknown), 申請書ID and box with their zeros, expiry
		{"A1B-000001", "山田 太郎", "", "00000000000000000000014", "001", "2036年12月15日"},
		{"A1B-000002", "𠮷田 花子", "1965-04", "00000000000000000000013", "001", "2036年12月15日"},
		{"A1B-000003", "=1+1", "1965年4月1日", "00000000000000000000012", "001", "2036年12月15日"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// converted is a workbook as LibreOffice reads it, written as CSV.
func converted(t *testing.T, path string) string {
	t.Helper()
	out := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "soffice", "-env:UserInstallation=file://"+t.TempDir(), "--headless",
		"--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true", "--outdir", out, path)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v\n%s\ninstall the Debian package libreoffice-calc", err, text)
	}
	files, err := filepath.Glob(filepath.Join(out, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("soffice made %v, %v", files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The dates are dates and the codes are text, whatever the display.
func TestCards_CellsHaveTypes(t *testing.T) {
	b, _ := written(t, listed(t, plain...), sheet.XLSX, progress.Filter{})
	f := workbook(t, b)
	for at, want := range map[string]string{"Q6": "50024", "H6": "00000000000000000000014", "E7": "1965-04", "E8": "23833"} { // days since 1899-12-30
		raw, err := f.GetCellValue("カード進捗一覧", at, excelize.Options{RawCellValue: true})
		if err != nil || raw != want {
			t.Errorf("%s holds %q, %v; want %q", at, raw, err, want)
		}
	}
}

func TestCards_CP932(t *testing.T) {
	b, _ := written(t, listed(t, "髙﨑 花子", "山田～太郎"), sheet.CSVCP932, progress.Filter{})
	text, err := jptext.Decode(jptext.CP932, b)
	if err != nil {
		t.Fatal(err)
	}
	rows := records(t, text)
	if len(rows) != 3 || rows[2][2] != "髙﨑 花子" || rows[2][11] != "本庁 ＞ 保管庫 ＞ 棚A ＞ 箱 ＞ 1" {
		t.Errorf("rows %q", rows)
	}
}

// What CP932 does not have refuses the file and names the cards.
func TestCards_CP932RefusesWhatItWouldLose(t *testing.T) {
	db := listed(t, "𠮷田 花子", "山田 太郎", "葛\U000E0100城 次郎")
	_, err := report.Cards(t.Context(), db, &bytes.Buffer{}, sheet.CSVCP932, progress.Filter{}, "山田 通子", t.TempDir())
	testkit.WantFault(t, err, fault.Invalid, "report.not_encodable")
	e, _ := fault.As(err)
	var got [][4]string
	for _, d := range e.Details {
		got = append(got, [4]string{fmt.Sprint(d.Row), d.Column, d.Value, message.Text(d.Code, d.Args)})
	}
	want := [][4]string{
		{"2", "氏名", "葛\U000E0100", "A1B-000001 の文字「葛\U000E0100」（U+845B U+E0100）は Shift_JIS にありません。"},
		{"4", "氏名", "𠮷", "A1B-000003 の文字「𠮷」（U+20BB7）は Shift_JIS にありません。"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("details (-want +got):\n%s", diff)
	}
	if text := message.Of(err); !strings.Contains(text, "2 か所") || !strings.Contains(text, "CSV（UTF-8）") {
		t.Errorf("message %q", text)
	}
}

func TestCards_UnknownFormat(t *testing.T) {
	_, err := report.Cards(t.Context(), testkit.DB(t), &bytes.Buffer{}, "pdf", progress.Filter{}, "山田 通子", t.TempDir())
	testkit.WantFault(t, err, fault.Invalid, "report.unknown_format")
}
