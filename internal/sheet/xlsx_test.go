package sheet_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"kofu/internal/fault"
	"kofu/internal/sheet"
)

var made = time.Date(2026, 11, 21, 10, 15, 0, 0, time.UTC)

func table(rows ...[]string) sheet.Table {
	return sheet.Table{
		Title: "交付待ち/一覧", Filter: "状態が「交付待ち」かつ A&B", AsOf: "令和8年11月21日 19時15分", By: "甲府花子", Made: made,
		Columns: []sheet.Column{
			{Heading: "通知番号", Kind: sheet.Code},
			{Heading: "氏名"},
			{Heading: "生年月日", Kind: sheet.Date},
			{Heading: "受領日時", Kind: sheet.DateTime},
			{Heading: "枚数", Kind: sheet.Int},
		},
		Rows: sheet.Rows(rows),
	}
}

func xlsx(t testing.TB, tab sheet.Table) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := sheet.WriteXLSX(&b, tab, sheet.XLSXOptions{TempDir: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t testing.TB, b []byte) *excelize.File {
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

var hostile = [][]string{
	{"0012", "=1+1", "2026-12-15", "2026-11-21T10:15:30.123Z", "1234567"},
	{"000000000001", "𠮷田 葛\U000E0100", "昭和不詳", "", "-5"},
	{"+81", "@SUM(A1)", "1899-12-31", "不明", ""},
	{"1e5", "-2+3\"&|'x", "1900-03-01", "2026-12-31T15:00:00.000Z", "約10"},
}

func TestWriteXLSX_ReadsBackAsWritten(t *testing.T) {
	f := open(t, xlsx(t, table(hostile...)))
	name := f.GetSheetName(0)
	if name != "交付待ち_一覧" {
		t.Errorf("worksheet %q", name)
	}
	rows, err := f.GetRows(name)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"交付待ち/一覧"},
		{"抽出条件:状態が「交付待ち」かつ A&B"},
		{"時点:令和8年11月21日 19時15分 出力者:甲府花子"},
		nil,
		{"通知番号", "氏名", "生年月日", "受領日時", "枚数"},
		{"0012", "=1+1", "2026年12月15日", "2026年11月21日 19:15", "1,234,567"},
		{"000000000001", "𠮷田 葛\U000E0100", "昭和不詳", "", "-5"},
		{"+81", "@SUM(A1)", "1899-12-31", "不明"},
		{"1e5", "-2+3\"&|'x", "1900年3月1日", "2027年1月1日 00:00", "約10"},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// Codes are string cells, days and counts are numbers; the serial number of
// 2026-12-15 is 46371 and 19:15:30 is 0.8024… of a day.
func TestWriteXLSX_CellTypes(t *testing.T) {
	f := open(t, xlsx(t, table(hostile...)))
	for cell, text := range map[string]bool{"A6": true, "B6": true, "C6": false, "D6": false, "E6": false, "C7": true, "E7": false, "E9": true} {
		got, err := f.GetCellType(f.GetSheetName(0), cell)
		if err != nil {
			t.Fatal(err)
		}
		if isText := got == excelize.CellTypeInlineString || got == excelize.CellTypeSharedString; isText != text {
			t.Errorf("%s has type %v", cell, got)
		}
	}
	for cell, want := range map[string]string{"C6": "46371", "E6": "1234567", "E7": "-5"} {
		got, err := f.GetCellValue(f.GetSheetName(0), cell, excelize.Options{RawCellValue: true})
		if err != nil || got != want {
			t.Errorf("%s = %q, %v, want %q", cell, got, err, want)
		}
	}
}

func TestWriteXLSX_NoFormulaNoLinkNoPerson(t *testing.T) {
	b := xlsx(t, table(hostile...))
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range r.File {
		part, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<f>", "<f ", "ddeLink", "externalLink", "oleLink"} {
			if bytes.Contains(text, []byte(bad)) {
				t.Errorf("%s contains %s", entry.Name, bad)
			}
		}
		if strings.HasPrefix(entry.Name, "docProps/") && bytes.Contains(text, []byte("花子")) {
			t.Errorf("%s names a person", entry.Name)
		}
	}
}

func TestWriteXLSX_Furniture(t *testing.T) {
	f := open(t, xlsx(t, table(hostile...)))
	name := f.GetSheetName(0)
	panes, err := f.GetPanes(name)
	if err != nil || !panes.Freeze || panes.YSplit != 5 {
		t.Errorf("panes %+v, %v", panes, err)
	}
	layout, err := f.GetPageLayout(name)
	if err != nil || *layout.Size != 9 || *layout.Orientation != "landscape" || *layout.FitToWidth != 1 || *layout.FitToHeight != 0 {
		t.Errorf("layout %+v, %v", layout, err)
	}
	props, err := f.GetSheetProps(name)
	if err != nil || props.FitToPage == nil || !*props.FitToPage {
		t.Errorf("sheet properties %+v, %v", props, err)
	}
	names := map[string]string{}
	for _, n := range f.GetDefinedName() {
		names[n.Name] = n.RefersTo
	}
	want := map[string]string{"_xlnm.Print_Titles": "'交付待ち_一覧'!$5:$5", "_xlnm._FilterDatabase": "'交付待ち_一覧'!$A$5:$E$9"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestWriteXLSX_RefusesWhatWouldBeCut(t *testing.T) {
	long := strings.Repeat("𠮷", 16384) // 32,768 UTF-16 units
	err := sheet.WriteXLSX(io.Discard, table([]string{"1", long, "", "", ""}), sheet.XLSXOptions{})
	e, ok := fault.As(err)
	if !ok || e.Code != "sheet.cell_too_long" || e.Details[0].Row != 2 || e.Details[0].Column != "氏名" {
		t.Errorf("got %v", err)
	}
	broken := errors.New("database is gone")
	tab := table()
	tab.Rows = iter.Seq2[[]string, error](func(yield func([]string, error) bool) { yield(nil, broken) })
	if err := sheet.WriteXLSX(io.Discard, tab, sheet.XLSXOptions{}); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	if err := sheet.WriteXLSX(io.Discard, table([]string{"1", "2"}), sheet.XLSXOptions{}); err == nil {
		t.Error("a row of two values for five columns was accepted")
	}
}

func TestWriteXLSX_LargeListLeavesNoFiles(t *testing.T) {
	dir := t.TempDir()
	tab := table()
	address := strings.Repeat("山", 4000)
	tab.Rows = func(yield func([]string, error) bool) {
		for range 2_000 { // 24 MB of XML: more than is kept in memory
			if !yield([]string{"0012", address, "2026-12-15", "2026-11-21T10:15:30.123Z", "1"}, nil) {
				return
			}
		}
	}
	var seen bool
	b := &bytes.Buffer{}
	if err := sheet.WriteXLSX(writerFunc(func(p []byte) (int, error) {
		entries, err := os.ReadDir(dir)
		seen = seen || len(entries) > 0
		if err != nil {
			return 0, err
		}
		return b.Write(p)
	}), tab, sheet.XLSXOptions{TempDir: dir}); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 || !seen {
		t.Errorf("temporary files: seen %v, left %v, %v", seen, entries, err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestFileName_WithoutFilterAndForbiddenSigns(t *testing.T) {
	got := sheet.FileName("交付待ち/一覧", made, sheet.XLSX)
	if want := "交付待ち_一覧_20261121-1915.xlsx"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// office converts a file with LibreOffice and returns the result's path.
func office(t testing.TB, path, filter string) string {
	t.Helper()
	out := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "soffice", "-env:UserInstallation=file://"+t.TempDir(), "--headless", "--convert-to", filter, "--outdir", out, path)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v\n%s\ninstall the Debian package libreoffice-calc", err, text)
	}
	files, err := filepath.Glob(filepath.Join(out, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("soffice made %v, %v", files, err)
	}
	return files[0]
}

func save(t testing.TB, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLibreOffice_OpensTheWorkbook(t *testing.T) {
	path := office(t, save(t, "list.xlsx", xlsx(t, table(hostile...))), "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSpace(string(b)), "\n")
	want := []string{
		"0012,=1+1,2026年12月15日,2026年11月21日 19:15,\"1,234,567\"",
		"000000000001,𠮷田 葛\U000E0100,昭和不詳,,-5",
		"+81,@SUM(A1),1899-12-31,不明,",
		"1e5,\"-2+3\"\"&|'x\",1900年3月1日,2027年1月1日 00:00,約10",
	}
	if diff := cmp.Diff(want, got[len(got)-len(want):]); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// UI-42: headings are read in full, at the side of their values: a column is as
// wide as its heading, up to a limit, and the row of headings as high as the
// longest needs; so are rows whose texts wrap.
func TestWriteXLSX_HeadingsAndTextsHaveRoom(t *testing.T) {
	var file bytes.Buffer
	table := sheet.Table{
		Title: "表", Columns: []sheet.Column{
			{Heading: "不来場率(%)", Kind: sheet.Decimal}, {Heading: "市役所本庁舎 1階 3番窓口の予約の数", Kind: sheet.Int}, {Heading: "備考", Kind: sheet.Text, Width: 14},
		},
		Rows: sheet.Rows([][]string{{"9.1", "3", "短い"}, {"9.1", "3", "ふたつの行に折り返される備考"}}),
	}
	if err := sheet.WriteXLSX(&file, table, sheet.XLSXOptions{}); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	name := f.GetSheetName(0)
	width := func(column string) float64 { w, _ := f.GetColWidth(name, column); return w }
	height := func(row int) float64 { h, _ := f.GetRowHeight(name, row); return h }
	if width("A") < 13 || width("B") < 22 || width("B") > 26 || width("C") != 14 {
		t.Errorf("columns are %v %v %v wide", width("A"), width("B"), width("C"))
	}
	if height(5) < 36 || height(6) >= 30 || height(7) < 36 {
		t.Errorf("rows are %v %v %v high", height(5), height(6), height(7))
	}
	for cell, want := range map[string]string{"A5": "right", "B5": "right", "C5": "left"} {
		id, err := f.GetCellStyle(name, cell)
		if err != nil {
			t.Fatal(err)
		}
		style, err := f.GetStyle(id)
		if err != nil || style.Alignment.Horizontal != want {
			t.Errorf("%s stands %v, want %s (%v)", cell, style.Alignment, want, err)
		}
	}
}
