package sheet_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"kofu/internal/fault"
	"kofu/internal/jptext"
	"kofu/internal/sheet"
)

func writeCSV(t testing.TB, o sheet.CSVOptions, rows ...[]string) ([]byte, sheet.CSVReport) {
	t.Helper()
	var b bytes.Buffer
	report, err := sheet.WriteCSV(&b, table(rows...), o)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), report
}

func TestWriteCSV_UTF8(t *testing.T) {
	got, report := writeCSV(t, sheet.CSVOptions{},
		[]string{"0012", "𠮷田\n\"花子\"", "2026-12-15", "2026-11-21T10:15:30.123Z", "-5"},
		[]string{"=1", " 山田,太郎", "不詳", "", "-x"},
	)
	want := "\uFEFF通知番号,氏名,生年月日,受領日時,枚数\r\n" +
		"0012,\"𠮷田\n\"\"花子\"\"\",2026-12-15,2026-11-21 19:15,-5\r\n" +
		"'=1,\" 山田,太郎\",不詳,,'-x\r\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if report.Rows != 2 {
		t.Errorf("%d rows", report.Rows)
	}
}

func TestWriteCSV_RawForOtherSystems(t *testing.T) {
	got, _ := writeCSV(t, sheet.CSVOptions{Raw: true}, []string{"=1", "＝x", "", "", ""})
	if !strings.HasSuffix(string(got), "\r\n=1,＝x,,,\r\n") {
		t.Errorf("got %q", got)
	}
}

// 髙 FBFC and the 外字 U+E000 F040 exist in CP932; 〜 is written as its twin.
func TestWriteCSV_CP932(t *testing.T) {
	got, report := writeCSV(t, sheet.CSVOptions{Encoding: jptext.CP932}, []string{"1", "髙\uE000〜表", "", "", ""})
	if !bytes.Contains(got, []byte("\r\n1,\xFB\xFC\xF0\x40\x81\x60\x95\x5C,,,\r\n")) {
		t.Errorf("got % X", got)
	}
	want := []sheet.Place{{Line: 2, Column: "氏名", Cluster: "〜", Written: "～"}}
	if diff := cmp.Diff(want, report.Twins); diff != "" {
		t.Errorf("twins (-want +got):\n%s", diff)
	}
}

func TestWriteCSV_RefusesWhatCP932LacksAndListsIt(t *testing.T) {
	var b bytes.Buffer
	_, err := sheet.WriteCSV(&b, table(
		[]string{"1", "山田", "", "", ""},
		[]string{"2", "𠮷田 葛\U000E0100", "", "", ""},
		[]string{"3", "André", "", "", ""},
	), sheet.CSVOptions{Encoding: jptext.CP932})
	e, ok := fault.As(err)
	if !ok || e.Code != "sheet.not_encodable" || e.Kind != fault.Invalid {
		t.Fatalf("got %v", err)
	}
	type place struct {
		row           int
		column, value string
	}
	var got []place
	for _, d := range e.Details {
		got = append(got, place{d.Row, d.Column, d.Value})
	}
	want := []place{{3, "氏名", "𠮷"}, {3, "氏名", "葛\U000E0100"}, {4, "氏名", "é"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(place{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if bytes.ContainsAny(b.Bytes(), "?") {
		t.Error("a question mark was written")
	}
}

func TestWriteCSV_DecidedReplacements(t *testing.T) {
	o := sheet.CSVOptions{Encoding: jptext.CP932, Replace: map[string]string{"𠮷": "吉", "葛\U000E0100": "葛"}}
	got, report := writeCSV(t, o, []string{"1", "𠮷田葛\U000E0100", "", "", ""})
	text, bad := jptext.Decode(jptext.CP932, got)
	if len(bad) > 0 || !strings.Contains(text, "\r\n1,吉田葛,,,\r\n") {
		t.Errorf("got %q, bad %v", text, bad)
	}
	want := []sheet.Place{{2, "氏名", "𠮷", "吉"}, {2, "氏名", "葛\U000E0100", "葛"}}
	if diff := cmp.Diff(want, report.Replaced); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, to := range []string{"〓", "", "?", "？", " ", "　", "𠮷"} {
		o.Replace["𠮷"] = to
		if _, err := sheet.WriteCSV(&bytes.Buffer{}, table(), o); !fault.Is(err, fault.Invalid, "sheet.replacement") {
			t.Errorf("replacement %q: got %v", to, err)
		}
	}
}

func TestGuard_RoundTripAndHarmless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("'=+-@\t\r\n\x00＝＋－＠−a山1"))).Draw(t, "text")
		guarded := sheet.Guard(text)
		if strings.ContainsRune("=+-@\t\r\n\x00＝＋－＠−", []rune(guarded + "a")[0]) {
			t.Fatalf("Guard(%q) = %q begins dangerously", text, guarded)
		}
		if got := sheet.Unguard(guarded); got != text {
			t.Fatalf("Unguard(Guard(%q)) = %q", text, got)
		}
		if text != "" && strings.ContainsRune("a山1", []rune(text)[0]) && guarded != text {
			t.Fatalf("Guard(%q) = %q", text, guarded)
		}
	})
}

func TestGuard_LeavesOrdinaryTextAlone(t *testing.T) {
	for _, text := range []string{"", "山田", "O'Brien", "'tHart", "1-2-3", "0012"} {
		if sheet.Guard(text) != text || sheet.Unguard(text) != text {
			t.Errorf("%q became %q and %q", text, sheet.Guard(text), sheet.Unguard(text))
		}
	}
}

// FuzzWriteCSV: whatever the values, another CSV reader finds the same fields.
func FuzzWriteCSV(f *testing.F) {
	f.Add("=1+1", "a,b\"c")
	f.Add(" x ", "山\n田")
	f.Fuzz(func(t *testing.T, a, b string) {
		if strings.Contains(a+b, "\r") { // encoding/csv joins CR LF on reading
			return
		}
		got, _ := writeCSV(t, sheet.CSVOptions{Raw: true}, []string{a, b, "", "", ""})
		r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(got, []byte("\uFEFF"))))
		r.FieldsPerRecord = 5
		rows, err := r.ReadAll()
		if err != nil || len(rows) != 2 || rows[1][0] != a || rows[1][1] != b {
			t.Fatalf("%q, %q read back as %q, %v", a, b, rows, err)
		}
	})
}

// A spreadsheet that opens the CSV must find no formula in it.
func TestLibreOffice_FindsNoFormulaInCSV(t *testing.T) {
	var rows [][]string
	for _, start := range []string{"=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", "－", "＠", "'=", "−"} {
		rows = append(rows, []string{start + "1+1", start + "SUM(A1:A2)", start + "2", start, start + "5"})
	}
	b, _ := writeCSV(t, sheet.CSVOptions{}, rows...)
	path := office(t, save(t, "list.csv", b), "xlsx")
	converted, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, converted)
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name)
		if err != nil || len(rows) < 14 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for y, row := range rows {
			for x := range row {
				cell, err := excelize.CoordinatesToCellName(x+1, y+1)
				if err != nil {
					t.Fatal(err)
				}
				if formula, err := f.GetCellFormula(name, cell); err != nil || formula != "" {
					t.Errorf("%s holds the formula %q, %v", cell, formula, err)
				}
			}
		}
	}
}
