package openfile_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"kofu/internal/booking/openfile"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/jptext"
	"kofu/internal/testkit"
)

const headings = "窓口コード,日付,開始,終了,枠分,Web定員,窓口定員,休止,理由\r\n"

const rows = "W1,2026/12/8,9:00,12:00,15,3,1,,\r\n" +
	"Ｗ１,令和8年12月9日,１３：００,15:30,30,2,0,0,\r\n" +
	"W1,20261210,,,,,,休止,議会のため\r\n" +
	"W1,2026-12-11,10:00,11:00,,,,1,\"研修, 会議\"\r\n"

func lines() []slot.Line {
	return []slot.Line{
		{Row: 2, WindowID: "W1", Day: "2026-12-08", FromMinute: 540, ToMinute: 720, SlotMinutes: 15, WebCap: 3, OfficeCap: 1},
		{Row: 3, WindowID: "W1", Day: "2026-12-09", FromMinute: 780, ToMinute: 930, SlotMinutes: 30, WebCap: 2},
		{Row: 4, WindowID: "W1", Day: "2026-12-10", ToMinute: 1440, Closed: true, Reason: "議会のため"},
		{Row: 5, WindowID: "W1", Day: "2026-12-11", FromMinute: 600, ToMinute: 660, Closed: true, Reason: "研修, 会議"},
	}
}

func read(t testing.TB, body []byte) ([]slot.Line, error) {
	t.Helper()
	return openfile.Read(t.Context(), bytes.NewReader(body))
}

func cp932(t testing.TB, text string) []byte {
	t.Helper()
	b, bad := jptext.Encode(jptext.CP932, text)
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	return b
}

// workbook makes an xlsx file whose cells are what Excel makes of typed values.
func workbook(t testing.TB, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, row := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.SetSheetRow("Sheet1", cell, &row); err != nil {
			t.Fatal(err)
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func headingRow() []any {
	var row []any
	for _, h := range strings.Split(strings.TrimSpace(headings), ",") {
		row = append(row, h)
	}
	return row
}

// BK-306: CSV in UTF-8 with or without BOM, CP932, and xlsx.
func TestBK306_FormsOfFile(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 12, d, 0, 0, 0, 0, time.UTC) }
	clock := func(minute int) float64 { return float64(minute) / 1440 }
	for name, body := range map[string][]byte{
		"UTF-8":          []byte(headings + rows),
		"UTF-8 with BOM": []byte("\uFEFF" + headings + rows),
		"CP932":          cp932(t, headings+rows),
		"xlsx": workbook(t, headingRow(),
			[]any{"W1", day(8), clock(540), clock(720), 15, 3, 1},
			[]any{"W1", "2026/12/9", "13:00", "15:30", "30", "2", 0, 0},
			[]any{"W1", day(10), nil, nil, nil, nil, nil, "休止", "議会のため"},
			[]any{"W1", "2026-12-11", clock(600), clock(660), nil, nil, nil, 1, "研修, 会議"}),
	} {
		got, err := read(t, body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(lines(), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// BK-306: a bad row is named with row, column, value and reason.
func TestBK306_BadRows(t *testing.T) {
	for bad, want := range map[string]fault.Detail{
		"W1,2026/2/30,9:00,12:00,15,3,1,,":             {Code: "openfile.day", Row: 3, Column: "日付", Value: "2026/2/30"},
		"W1,2026年12月,9:00,12:00,15,3,1,,":              {Code: "openfile.day", Row: 3, Column: "日付", Value: "2026年12月"},
		"W1,2026/12/8,9時,12:00,15,3,1,,":               {Code: "openfile.time", Row: 3, Column: "開始", Value: "9時"},
		"W1,2026/12/8,9:00,24:30,15,3,1,,":             {Code: "openfile.time", Row: 3, Column: "終了", Value: "24:30"},
		"W1,2026/12/8,9:00,12:00,15,三,1,,":             {Code: "openfile.number", Row: 3, Column: "Web定員", Value: "三"},
		"W1,2026/12/8,9:00,12:00,,3,1,,":               {Code: "openfile.number", Row: 3, Column: "枠分"},
		"W1,2026/12/8,9:00,12:00,15,3,1,たぶん,":          {Code: "openfile.closed", Row: 3, Column: "休止", Value: "たぶん"},
		",2026/12/8,9:00,12:00,15,3,1,,":               {Code: "tabfile.required", Row: 3, Column: "窓口コード"},
		"W1,2026/12/8,9:00,12:00,15,3,1":               {Code: "tabfile.columns", Row: 3, Args: map[string]string{"want": "9", "got": "7"}},
		"W1,2026/12/8,9:00,12:00,15,3,-1,,":            {Code: "openfile.number", Row: 3, Column: "窓口定員", Value: "-1"},
		"W1,2026/12/8,9:00,12:00,15,3,1,,\"a\u202Eb\"": {Code: "tabfile.invisible", Row: 3, Column: "理由", Value: "a\uFFFDb"},
	} {
		good, _, _ := strings.Cut(rows, "\r\n")
		_, err := read(t, []byte(headings+good+"\r\n"+bad+"\r\n"))
		testkit.WantFault(t, err, fault.Invalid, "openfile.bad_rows")
		if f, ok := fault.As(err); ok {
			if diff := cmp.Diff([]fault.Detail{want}, f.Details, cmp.Transformer("args", func(m map[string]string) int { return len(m) })); diff != "" {
				t.Errorf("%s (-want +got):\n%s", bad, diff)
			}
		}
	}
}

func TestRead_Refusals(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		kind fault.Kind
		code string
	}{
		"no heading row": {rows, fault.Invalid, "tabfile.heading_missing"},
		"empty":          {"", fault.Invalid, "tabfile.empty"},
		"no rows":        {headings, fault.Invalid, "tabfile.no_rows"},
		"no workbook":    {"PK\x03\x04 and nothing", fault.Invalid, "openfile.not_xlsx"},
		"too many rows":  {headings + strings.Repeat("W1,2026/12/8,9:00,12:00,15,3,1,,\r\n", 20_001), fault.TooLarge, "openfile.too_many_rows"},
		"too large":      {strings.Repeat("x", 10<<20+1), fault.TooLarge, "openfile.too_large"},
	} {
		_, err := read(t, []byte(c.body))
		if !fault.Is(err, c.kind, c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A number of somebody never comes back in a message.
func TestRead_RepeatsNoMyNumber(t *testing.T) {
	_, err := read(t, []byte(headings+"W1,123456789018,9:00,12:00,15,3,1,,\r\n"))
	testkit.WantFault(t, err, fault.Invalid, "openfile.bad_rows")
	if f, _ := fault.As(err); strings.Contains(f.Details[0].Value, "123456789018") {
		t.Errorf("%+v", f.Details)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(headings + rows))
	f.Add([]byte("\uFEFF" + headings + rows))
	f.Add(cp932(f, headings+rows))
	f.Add(workbook(f, headingRow(), []any{"W1", 46364, 0.375, 0.5, 15, 3, 1}))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, body []byte) {
		list, err := read(t, body)
		if err != nil {
			if _, known := fault.As(err); !known {
				t.Errorf("a failure that nobody can act on: %v", err)
			}
			return
		}
		for _, l := range list {
			if !l.Day.Valid() || l.FromMinute < 0 || l.ToMinute > 1440 || l.SlotMinutes < 0 || l.WebCap < 0 || l.OfficeCap < 0 || l.Row < 2 {
				t.Errorf("%+v", l)
			}
		}
	})
}
