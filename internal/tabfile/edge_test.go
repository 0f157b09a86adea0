package tabfile_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/jptext"
	"kofu/internal/message"
	"kofu/internal/tabfile"
)

// raRow reads one row of a registry file with these headings.
func raRow(t *testing.T, headings, row string) (map[string]string, map[string]jpdate.Date, tabfile.Report) {
	t.Helper()
	texts, dates := map[string]string{}, map[string]jpdate.Date{}
	report, err := tabfile.Read(t.Context(), strings.NewReader(headings+"\n"+row+"\n"), profile(t, ra), tabfile.Sink{Row: func(r tabfile.Row) error {
		for _, target := range r.Targets() {
			texts[target] = r.Text(target)
			dates[target] = r.Date(target)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return texts, dates, report
}

func TestRegistry_TheSampleRow(t *testing.T) {
	got, dates, report := raRow(t,
		"宛名番号,世帯番号,住民種別,住民状態,異動年月日,異動年月日_不詳フラグ,異動年月日_不詳表記,異動事由,氏名,氏名_フリガナ,性別,生年月日,住所_町字,住所_番地号表記,住所_方書",
		"0001234567,0000765432,1,1,2026-11-02,0,,41,𠮷田 花子,ヨシダ ハナコ,2,1965-04-01,△△町一丁目,2番3号,\"△△ハイツ\n101号室\"")
	want := map[string]string{
		"resident_no": "0001234567", "household_no": "0000765432", "resident_kind": "1", "resident_state": "1", "event_date": "2026-11-02",
		"event_date_unknown": "0", "event_date_note": "", "event_code": "41", "name": "𠮷田 花子", "kana": "ヨシダ ハナコ", "sex": "2",
		"birth": "1965-04-01", "town": "△△町一丁目", "block": "2番3号", "building": "△△ハイツ\n101号室",
	}
	if diff := cmp.Diff(want, got); diff != "" || report.FindingsTotal != 0 {
		t.Errorf("findings %v (-want +got):\n%s", report.Findings, diff)
	}
	if d := dates["birth"]; d != (jpdate.Date{ISO: "1965-04-01", Precision: jpdate.Full, Raw: "1965-04-01"}) {
		t.Errorf("birth %+v", d)
	}
}

func TestRegistry_UnknownDates(t *testing.T) {
	const headings = "宛名番号,氏名,生年月日,生年月日_不詳フラグ,生年月日_不詳表記"
	for _, tc := range []struct {
		value, flag, note string
		want              jpdate.Date
	}{
		{"1965-04-01", "0", "", jpdate.Date{ISO: "1965-04-01", Precision: jpdate.Full, Raw: "1965-04-01"}},
		{"1945-01-01", "1", "昭和２０年頃", jpdate.Date{ISO: "1945", Precision: jpdate.Year, Raw: "昭和２０年頃"}},
		{"", "1", "昭和20年4月頃", jpdate.Date{ISO: "1945-04", Precision: jpdate.Month, Raw: "昭和20年4月頃"}},
		{"", "1", "不詳", jpdate.Date{Precision: jpdate.None, Raw: "不詳"}},
		{"", "", "推定80歳", jpdate.Date{Precision: jpdate.None, Raw: "推定80歳"}},
		{"1945-04-00", "1", "", jpdate.Date{ISO: "1945-04", Precision: jpdate.Month, Raw: "1945-04-00"}},
		{"1945-01-01", "1", "", jpdate.Date{Precision: jpdate.None, Raw: "1945-01-01"}},
		{"1919-05-00", "0", "", jpdate.Date{ISO: "1919-05", Precision: jpdate.Month, Raw: "1919-05-00"}},
	} {
		texts, dates, _ := raRow(t, headings, "1,x,"+tc.value+","+tc.flag+","+tc.note)
		if diff := cmp.Diff(tc.want, dates["birth"]); diff != "" || texts["birth"] != tc.want.ISO {
			t.Errorf("%q %q %q gives text %q (-want +got):\n%s", tc.value, tc.flag, tc.note, texts["birth"], diff)
		}
	}
}

func TestRegistry_EdgeRows(t *testing.T) {
	long := strings.Repeat("ア", 199) + "\n"
	for _, tc := range []struct{ name, headings, row, target, want string }{
		{"通称 only", "宛名番号,氏名,通称", "1,,安田 安", "alias", "安田 安"},
		{"romaji of 100 characters", "宛名番号,氏名,氏名_外国人ローマ字", "1,," + strings.Repeat("A", 100), "name_roman", strings.Repeat("A", 100)},
		{"方書 of 200 characters with a line break", "宛名番号,氏名,住所_方書", "1,x,\"" + long + "\"", "building", long},
		{"blank kana", "宛名番号,氏名,氏名_フリガナ", "1,x,", "kana", ""},
		{"住所不定", "宛名番号,氏名,住所_町字", "1,x,住所不定", "town", "住所不定"},
		{"postal code with hyphen", "宛名番号,氏名,住所_郵便番号", "1,x,999-0001", "postal_code", "9990001"},
		{"postal code without", "宛名番号,氏名,住所_郵便番号", "1,x,９９９０００１", "postal_code", "9990001"},
		{"chained 続柄", "宛名番号,氏名,続柄コード1,続柄コード2", "1,x,20,20", "relation", "2020"},
		{"明治", "宛名番号,氏名,生年月日", "1,x,1873-01-05", "birth", "1873-01-05"},
		{"future event", "宛名番号,氏名,異動年月日", "1,x,2099-01-01", "event_date", "2099-01-01"},
		{"IVS and private use kept", "宛名番号,氏名", "1,辻\U000E0100\uE123", "name", "辻\U000E0100\uE123"},
		{"spaces of a name kept", "宛名番号,氏名", "1, 山田　太郎 ", "name", " 山田　太郎 "},
		{"compatibility kanji kept", "宛名番号,氏名", "1,\uFA19谷", "name", "\uFA19谷"},
		{"half-width heading", "宛名番号,氏名_ﾌﾘｶﾞﾅ,氏名", "1,ヤマダ,x", "kana", "ヤマダ"},
		{"quotes doubled", "宛名番号,氏名", "1,\"a \"\"b\"\" c\"", "name", "a \"b\" c"},
		{"leading zeros and width", "宛名番号,氏名", "０００１２,x", "resident_no", "00012"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, _, report := raRow(t, tc.headings, tc.row)
			if got[tc.target] != tc.want || report.FindingsTotal != 0 {
				t.Errorf("%q, findings %v; want %q", got[tc.target], report.Findings, tc.want)
			}
		})
	}
}

func TestRead_LineEndsAndEndMark(t *testing.T) {
	for name, file := range map[string]string{
		"CRLF": rbRow + rbEnd, "LF": strings.ReplaceAll(rbRow+rbEnd, "\r", ""), "no last line end": rbRow + `"END",000001`,
		"end mark": rbRow + rbEnd + "\x1a", "end mark without line end": rbRow + "\"END\",000001\x1a\x1a", "blank lines": "\r\n" + rbRow + "\r\n" + rbEnd + "\r\n\r\n",
	} {
		rows, report, err := read(t, profile(t, rb), sjis(file))
		if err != nil || len(rows) != 1 || report.FindingsTotal != 0 || rows[0]["event_code"] != "41" {
			t.Errorf("%s: rows %v, %v", name, rows, err)
		}
	}
}

func TestLegacy_RawCodeAndHeadingRow(t *testing.T) {
	heading := "宛名番号,氏名カナ,氏名,性別,生年月日,異動年月日,異動事由,住所\r\n"
	seen := 0
	_, err := tabfile.Read(t.Context(), bytes.NewReader(sjis(heading+rbRow+rbEnd)), profile(t, rb), tabfile.Sink{Row: func(r tabfile.Row) error {
		seen++
		if r.Line != 2 || r.Text("event_code") != "41" || r.Text("event_code_raw") != "K1" || r.Raw("event_code") != "K1" || !r.Has("postal_code") || r.Has("town") {
			t.Errorf("line %d, code %q, raw %q", r.Line, r.Text("event_code"), r.Text("event_code_raw"))
		}
		return nil
	}})
	if err != nil || seen != 1 {
		t.Errorf("%d rows, %v", seen, err)
	}
}

func TestFixed_TheSampleRecords(t *testing.T) {
	// With only the fields of the published sample, the header fills in.
	file := fixedFile("1999999202611180000001", "2A1B000123123456789012345678901231", "90000001")
	want := []map[string]string{{"notice_no": "A1B-000123", "application_id": "12345678901234567890123", "application_kind": "1", "shipped_on": "2026-11-18", "lot_no": "20261118"}}
	for name, b := range map[string][]byte{"CRLF": file, "LF": bytes.ReplaceAll(file, []byte("\r\n"), []byte("\n")), "none": bytes.ReplaceAll(file, []byte("\r\n"), nil), "end mark": append(bytes.Clone(file), 0x1A)} {
		rows, report, err := read(t, profile(t, j2), b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, rows); diff != "" || report.Header["organization"] != "999999" || report.Header["count"] != "0000001" {
			t.Errorf("%s: header %v (-want +got):\n%s", name, report.Header, diff)
		}
	}
}

func TestFixed_OffsetsAreBytesAndACutCharacterIsReported(t *testing.T) {
	b := specimen(t, rd)
	at := bytes.Index(b, sjis("髙﨑　花子"))
	b[at+58], b[at+59] = ' ', 0x82 // the first half of a character in the last byte of 氏名
	rows, report, err := read(t, profile(t, rd), b)
	if err != nil || len(rows) != 8 || report.FindingsTotal != 1 || report.Findings[0].Column != "氏名" || report.Findings[0].Code != "tabfile.bad_bytes_kept" {
		t.Fatalf("%v, report %+v", err, report)
	}
	if rows[0]["sex"] != "2" || rows[0]["birth"] != "1965-04-01" {
		t.Errorf("the fields after it moved: %v", rows[0])
	}
}

func TestRead_KeepsTheBytesOfANameThatIsNoText(t *testing.T) {
	file := bytes.Replace(sjis(j1Head+j1Row), sjis("花子"), []byte("\xFD\x42"), 1)
	_, err := tabfile.Read(t.Context(), bytes.NewReader(file), profile(t, j1), tabfile.Sink{Row: func(r tabfile.Row) error {
		if want := append(sjis("髙﨑 "), 0xFD, 0x42); !bytes.Equal(r.BadBytes("name"), want) || r.Text("name") != "髙﨑 \uFFFDB" {
			t.Errorf("name %q, bytes % X", r.Text("name"), r.BadBytes("name"))
		}
		if r.BadBytes("address") != nil {
			t.Error("bytes of a clean value")
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
}

const warekiProfile = `
id = "wareki"
name = "spreadsheet with eras"
kind = "registry"
encoding = "utf16le"
delimiter = "\t"
titles = 3
[trailer]
mark = "合計"
optional = true
[[column]]
heading = "宛名番号"
target = "resident_no"
type = "digits"
[[column]]
heading = "氏名"
target = "name"
[[column]]
heading = "姓"
target = "name"
join = "・"
[[column]]
heading = "生年月日"
target = "birth"
type = "date"
formats = ["gyy.MM.dd", "ggyy年M月d日", "Gyymmdd"]
[[column]]
heading = "区分"
target = "kind"
type = "code"
cut = [2, 1]
`

func TestProfile_OfACityWithErasTitlesAndUTF16(t *testing.T) {
	p, err := tabfile.ParseProfile([]byte(warekiProfile))
	if err != nil {
		t.Fatal(err)
	}
	text := "\uFEFF住民異動一覧表\r\n令和8年11月分\r\n抽出日 R8.11.20\r\n" +
		"1234567\t\uE123田 太郎\t𠮷\tS40.04.01\tA1\r\n1234568\tb\t\t昭和40年 4月 1日\tB2\r\n1234569\tc\t\t3400401\tC3\r\n合計\t3件\t\t\t\r\n"
	file, _ := jptext.Encode(jptext.UTF16LE, text)
	rows, report, err := read(t, p, file)
	want := []map[string]string{
		{"resident_no": "1234567", "name": "\uE123田 太郎・𠮷", "birth": "1965-04-01", "kind": "1"},
		{"resident_no": "1234568", "name": "b", "birth": "1965-04-01", "kind": "2"},
		{"resident_no": "1234569", "name": "c", "birth": "1965-04-01", "kind": "3"},
	}
	if diff := cmp.Diff(want, rows); diff != "" || err != nil || report.FindingsTotal != 0 {
		t.Errorf("%v, findings %v (-want +got):\n%s", err, report.Findings, diff)
	}
	// A lone surrogate and half a character at the end are bad bytes, not text.
	broken := bytes.Replace(file, []byte{0x42, 0xD8, 0xB7, 0xDF}, []byte{0x42, 0xD8, 0x41, 0x00}, 1)
	if _, report, err := read(t, p, broken); err != nil || report.FindingsTotal != 1 || report.Findings[0].Code != "tabfile.bad_bytes_kept" {
		t.Errorf("lone surrogate: %v, %v", report.Findings, err)
	}
}

func TestParseProfile_RefusesWhatCannotWork(t *testing.T) {
	for name, change := range map[string][2]string{
		"no id": {`id = "wareki"`, ``}, "kind": {`"registry"`, `"other"`}, "encoding": {`"utf16le"`, `"latin1"`}, "delimiter": {`"\t"`, `"|"`},
		"type": {`type = "code"`, `type = "float"`}, "format": {`"Gyymmdd"`, `"dd.MM.yy"`}, "cut": {`[2, 1]`, `[0, 1]`},
		"accept": {`titles = 3`, `accept = ["utf8"]`}, "table": {`cut = [2, 1]`, `table = "none"`}, "heading": {`heading = "区分"`, ``}, "個人番号": {`"区分"`, `"個人番号"`}, "fixed without length": {`delimiter = "\t"`, ``}, "no TOML": {`id =`, `id`},
	} {
		if _, err := tabfile.ParseProfile([]byte(strings.Replace(warekiProfile, change[0], change[1], 1))); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestNumberList_InTheEncodingsOfEditors(t *testing.T) {
	want := []map[string]string{{"notice_no": "A1B-000123"}, {"notice_no": "A1B-000124"}}
	text := "交付通知書番号,メモ\r\nＡ１Ｂ－０００１２３,済\r\nA1B-000124\r\n"
	for name, file := range map[string][]byte{"UTF-8": []byte(text), "UTF-8 with mark": []byte("\uFEFF" + text), "CP932": sjis(text), "ASCII with mark": []byte("\uFEFFA1B-000123\nA1B-000124\n")} {
		rows, report, err := read(t, profile(t, j3), file)
		if diff := cmp.Diff(want, rows); diff != "" || err != nil || report.FindingsTotal != 0 || (report.Encoding == jptext.CP932) != (name == "CP932") {
			t.Errorf("%s: %v, %+v (-want +got):\n%s", name, err, report, diff)
		}
	}
}

func TestProfile_ItsTOMLIsReadBack(t *testing.T) {
	for _, want := range tabfile.BuiltIn() {
		b, err := want.TOML()
		if err != nil {
			t.Fatal(err)
		}
		got, err := tabfile.ParseProfile(b)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", want.ID, err, diff)
		}
	}
}

func TestTexts_OfDatesInFiles(t *testing.T) {
	for code := range message.All() {
		if strings.HasPrefix(code, "date.") && !message.Has("tabfile."+code) {
			t.Errorf("no text for tabfile.%s", code)
		}
	}
}

func TestRead_AnyPiecesGiveTheSame(t *testing.T) {
	for id := range specimens {
		want, _, err := read(t, profile(t, id), specimen(t, id))
		if err != nil {
			t.Fatal(err)
		}
		var got []map[string]string
		_, err = tabfile.Read(t.Context(), iotest.OneByteReader(bytes.NewReader(specimen(t, id))), profile(t, id), tabfile.Sink{Row: func(r tabfile.Row) error {
			row := map[string]string{}
			for _, target := range r.Targets() {
				if text := r.Text(target); text != "" {
					row[target] = text
				}
			}
			got = append(got, row)
			return nil
		}})
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", id, err, diff)
		}
	}
}

func TestRead_ManyFindings(t *testing.T) {
	file := sjis(j1Head + strings.Repeat(strings.Replace(j1Row, "19650401", "19651301", 1), 1500))
	all := 0
	report, err := tabfile.Read(t.Context(), bytes.NewReader(file), profile(t, j1), tabfile.Sink{Finding: func(tabfile.Finding) error {
		all++
		return nil
	}})
	if err != nil || len(report.Findings) != 1000 || report.FindingsTotal != 1500 || all != 1500 || report.Rejected != 1500 || len(report.Sample) != tabfile.SampleRows {
		t.Errorf("%v, kept %d of %d, told %d", err, len(report.Findings), report.FindingsTotal, all)
	}
	if last := report.Findings[999]; last.Row != 1001 {
		t.Errorf("finding 1000 is at line %d, want 1001", last.Row)
	}
}

func TestRead_StopsWhenTheSinkOrTheContextSaysSo(t *testing.T) {
	file := sjis(j1Head + strings.Repeat(j1Row, 100))
	full := errors.New("full")
	_, err := tabfile.Read(t.Context(), bytes.NewReader(file), profile(t, j1), tabfile.Sink{Row: func(tabfile.Row) error { return full }})
	if !errors.Is(err, full) {
		t.Errorf("sink: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tabfile.Read(gone, bytes.NewReader(file), profile(t, j1), tabfile.Sink{}); !errors.Is(err, context.Canceled) {
		t.Errorf("context: %v", err)
	}
	if _, err := tabfile.Read(t.Context(), iotest.ErrReader(io.ErrUnexpectedEOF), profile(t, j1), tabfile.Sink{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("reader: %v", err)
	}
}

// noise is 200 MB of random bytes; it counts what was taken.
type noise struct {
	r     *rand.Rand
	taken int
	clean bool // only bytes that are no control characters
}

func (n *noise) Read(p []byte) (int, error) {
	if n.taken >= 200<<20 {
		return 0, io.EOF
	}
	n.r.Read(p)
	if n.clean {
		for i := range p {
			p[i] |= 0x40
		}
	}
	n.taken += len(p)
	return len(p), nil
}

func TestRead_GarbageIsRefusedAfterABoundedRead(t *testing.T) {
	for id := range specimens {
		for _, clean := range []bool{false, true} {
			n := &noise{r: rand.New(rand.NewSource(1)), clean: clean}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := tabfile.Read(t.Context(), n, profile(t, id), tabfile.Sink{})
			runtime.ReadMemStats(&after)
			if f, ok := fault.As(err); !ok || !strings.HasPrefix(f.Code, "tabfile.") {
				t.Errorf("%s: %v", id, err)
			}
			if n.taken > 2<<20 || after.TotalAlloc-before.TotalAlloc > 16<<20 {
				t.Errorf("%s: took %d bytes and %d bytes of memory to refuse garbage", id, n.taken, after.TotalAlloc-before.TotalAlloc)
			}
		}
	}
}

func TestParseNoticeNo(t *testing.T) {
	for _, tc := range []struct {
		in, want string
		doubtful bool
		code     string
	}{
		{"A1B-000123", "A1B-000123", false, ""},
		{"a1b000123", "A1B-000123", false, ""},
		{"Ａ１Ｂ－０００１２３", "A1B-000123", false, ""},
		{" A1B 000 123 ", "A1B-000123", false, ""},
		{"Ａ１Ｂー０００１２３", "A1B-000123", false, ""},
		{"OIB-000123", "OIB-000123", true, ""},
		{"A1B-00O123", "", false, "notice_no.look_alike"},
		{"A1B-00012", "", false, "notice_no.form"},
		{"", "", false, "notice_no.form"},
		{"A1B-0001234", "", false, "notice_no.form"},
		{"あ1B-000123", "", false, "notice_no.form"},
		{"621498320257", "", false, "notice_no.form"},
	} {
		got, doubtful, err := tabfile.ParseNoticeNo(tc.in)
		if got != tc.want || doubtful != tc.doubtful || (tc.code == "") != (err == nil) || tc.code != "" && !fault.Is(err, fault.Invalid, tc.code) {
			t.Errorf("ParseNoticeNo(%q) = %q, %v, %v", tc.in, got, doubtful, err)
		}
		if f, ok := fault.As(err); ok && strings.Contains(f.Args["value"], "621498320257") {
			t.Error("the fault repeats a 個人番号")
		}
	}
}

func FuzzRead(f *testing.F) {
	for id := range specimens {
		f.Add(specimen(f, id))
	}
	for _, m := range malformedFiles() {
		if len(m.file) < 2000 {
			f.Add(m.file)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, p := range tabfile.BuiltIn() {
			rows := 0
			report, err := tabfile.Read(t.Context(), bytes.NewReader(b), p, tabfile.Sink{
				Row: func(tabfile.Row) error { rows++; return nil },
				Finding: func(f tabfile.Finding) error {
					if f.Code == "" || f.Row < 1 {
						t.Fatalf("finding %+v", f)
					}
					return nil
				},
			})
			if err != nil {
				if _, ok := fault.As(err); !ok {
					t.Fatalf("%s: %v", p.ID, err)
				}
				continue
			}
			if rows != report.Accepted || report.Accepted+report.Rejected != report.Rows || rows > bytes.Count(b, []byte("\n"))+1 && !p.Fixed() {
				t.Fatalf("%s: %d rows, report %+v", p.ID, rows, report)
			}
		}
	})
}
