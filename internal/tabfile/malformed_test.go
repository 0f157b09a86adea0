package tabfile_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/fault"
	"kofu/internal/jptext"
	"kofu/internal/message"
	"kofu/internal/tabfile"
)

var update = flag.Bool("update", false, "rewrite golden files")

// The parts that malformed files are made of.
const (
	j1Head = `"発送番号","発送日","箱番号","箱内連番","交付通知書番号","申請書ID","申請区分","受付年月日","氏名","住所","生年月日","カード有効期限","電子証明書有無","交付方式","摘要"` + "\r\n"
	j1Row  = `"20261118-01","20261118","001","0001","A1B-000123","12345678901234567890123","1","20261022","髙﨑 花子","○○市△△町一丁目2番3号","19650401","20360401","1","1",""` + "\r\n"
	raHead = "宛名番号,氏名,生年月日,異動事由,住所_方書\n"
	rbRow  = "0001234567,ﾀｶｻｷ ﾊﾅｺ,髙﨑 花子,2,19650400,20261102,K1,○○市△△町1-2-3\r\n"
	rbEnd  = "\"END\",000001\r\n"
)

func sjis(s string) []byte {
	b, missing := jptext.Encode(jptext.CP932, s)
	if missing != nil {
		panic(fmt.Sprint("fixture: ", missing))
	}
	return b
}

// swap is a good J1 file with one text replaced.
func swap(old, new string) []byte { return sjis(j1Head + strings.Replace(j1Row, old, new, 1)) }

// fixedFile is a J2 file of these records, padded.
func fixedFile(records ...string) []byte {
	var b []byte
	for _, r := range records {
		rec := sjis(r)
		b = append(b, rec...)
		b = append(b, bytes.Repeat([]byte(" "), max(0, 256-len(rec)))...)
		b = append(b, "\r\n"...)
	}
	return b
}

// numbers are n values of twelve digits with a valid check digit (of a rule that
// is public; nobody's numbers).
func numbers(n int) []string {
	var all []string
	for body := 11111111111; len(all) < n; body += 7919 {
		digits := fmt.Sprintf("%011d", body)
		sum := 0
		for i, w := range []int{6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2} {
			sum += int(digits[i]-'0') * w
		}
		check := 11 - sum%11
		if check > 9 {
			check = 0
		}
		all = append(all, fmt.Sprintf("%s%d", digits, check))
	}
	return all
}

func numberColumn(format string, n int) string {
	var b strings.Builder
	for i, number := range numbers(n) {
		fmt.Fprintf(&b, format, i+1, number)
	}
	return b.String()
}

type malformed struct {
	name, profile string
	file          []byte
}

const (
	j1 = "jlis_delivery_csv_v1"
	j2 = "jlis_delivery_fixed"
	j3 = "notice_no_list"
	ra = "registry_standard"
	rb = "registry_legacy_cp932"
	rd = "registry_fixed_hdt"
)

func malformedFiles() []malformed {
	utf16, _ := jptext.Encode(jptext.UTF16LE, "\uFEFF"+j1Head+j1Row)
	head, data, tail := "1999999202611180000001", "2A1B000123123456789012345678901231", "90000001"
	return []malformed{
		// Nothing to read.
		{"empty file", j1, nil},
		{"only the end mark of CP/M", j1, []byte("\x1a")},
		{"heading only", j1, sjis(j1Head)},
		{"trailer only", rb, []byte("\"END\",000000\r\n")},
		{"header and trailer only", j2, fixedFile("1999999202611180000000", "90000000")},
		// Encodings.
		{"UTF-8 under a CP932 profile", j1, []byte(j1Head + j1Row)},
		{"UTF-8 with mark under a CP932 profile", j1, []byte("\uFEFF" + j1Head + j1Row)},
		{"mark before CP932", j1, append([]byte("\xEF\xBB\xBF"), sjis(j1Head+j1Row)...)},
		{"UTF-16 under a CP932 profile", j1, utf16},
		{"CP932 under a UTF-8 profile", ra, sjis(raHead + "0001234567,髙﨑 花子,1965-04-01,41,\n")},
		{"UTF-16 under a UTF-8 profile", ra, utf16},
		{"EUC-like bytes in a name", j1, bytes.Replace(sjis(j1Head+j1Row), sjis("花"), []byte("\xFD\xFE"), 1)},
		{"half a character at the end of a field", j1, bytes.Replace(sjis(j1Head+j1Row), sjis("花子"), []byte("\x89"), 1)},
		{"bad bytes in a date", j1, bytes.Replace(sjis(j1Head+j1Row), []byte("19650401"), []byte("196504\xFF\xFF"), 1)},
		{"broken UTF-8 in a name", ra, []byte(raHead + "0001234567,髙\xE3\x81花子,1965-04-01,41,\n")},
		// Control characters.
		{"NUL in a name", j1, swap("髙﨑 花子", "髙﨑\x00花子")},
		{"bell in a remark", j1, swap(`"1","1",""`, `"1","1","x\a"`[:9]+"\a\"")},
		{"tab in an address", j1, swap("○○市", "○○市\t")},
		{"carriage return alone", j1, swap("髙﨑 花子", "髙﨑\r花子")},
		{"line ends of an old Mac", rb, bytes.ReplaceAll(sjis(rbRow+rbEnd), []byte("\r\n"), []byte("\r"))},
		{"end mark in the middle", j1, append(append(sjis(j1Head+j1Row), 0x1A), sjis(j1Row)...)},
		{"NUL in a fixed record", j2, fixedFile(head, data+"\x00", tail)},
		{"mark of direction in a name", ra, []byte(raHead + "0001234567,髙﨑\u202E花子,1965-04-01,41,\n")},
		// Headings.
		{"no heading row", j1, sjis(j1Row)},
		{"a heading is missing", j1, sjis(strings.Replace(j1Head+j1Row, `"発送日",`, "", 1))},
		{"a heading twice", j1, sjis(strings.Replace(j1Head, "摘要", "氏名", 1) + j1Row)},
		{"a heading too many", j1, sjis(strings.Replace(j1Head, `"摘要"`, `"摘要","電話"`, 1) + strings.Replace(j1Row, `""`, `"","x"`, 1))},
		{"an unknown heading of the registry", ra, []byte("宛名番号,氏名,好きな色\n0001234567,髙﨑 花子,青\n")},
		{"個人番号 by heading", ra, []byte("宛名番号,氏名,個人番号\n0001234567,髙﨑 花子,\n")},
		{"マイナンバー by heading, half-width", ra, []byte("宛名番号,氏名,ﾏｲﾅﾝﾊﾞｰ\n0001234567,髙﨑 花子,\n")},
		{"住民票コード by heading", ra, []byte("宛名番号,住民票コード,氏名\n0001234567,,髙﨑 花子\n")},
		{"個人番号 heading without headings expected", rb, sjis("番号,個人番号,氏名,性別,生年月日,異動年月日,異動事由,住所\r\n" + rbRow + rbEnd)},
		// 個人番号 by content.
		{"個人番号 in a column without a name for it", ra, []byte("宛名番号,氏名,地区管理コード1\n" + numberColumn("%010d,髙﨑 花子,%s\n", 25))},
		{"個人番号 instead of the 宛名番号", rb, sjis(numberColumn("%[2]s,ﾀｶｻｷ ﾊﾅｺ,髙﨑 花子,2,19650400,20261102,K1,○○市%[1]d\r\n", 20))},
		{"個人番号 in a number list", j3, []byte(numberColumn("%[2]s\r\n", 20))},
		{"個人番号 in full-width digits", ra, []byte("宛名番号,氏名,住所_方書\n" + strings.NewReplacer("0", "０", "1", "１", "2", "２", "3", "３", "4", "４", "5", "５", "6", "６", "7", "７", "8", "８", "9", "９").Replace(numberColumn("%010d,髙﨑,%s\n", 20)))},
		{"個人番号 inside a remark", j1, swap(`"1","1",""`, `"1","1","番号 621498320257 確認"`)},
		// Rows.
		{"a field too few", j1, swap(`"20261118","001"`, `"001"`)},
		{"a field too many", j1, swap(`"001"`, `"001","x"`)},
		{"ten columns where nine are allowed", rb, sjis(strings.Replace(rbRow, "\r\n", ",1234567,x\r\n", 1) + rbEnd)},
		{"quote inside a field", j1, swap("髙﨑 花子", `髙﨑 "花"子`)},
		{"quote never closed", j1, swap(`"1","1",""`, `"1","1","x`)},
		{"required value blank", j1, swap("A1B-000123", "　 ")},
		{"no name at all", ra, []byte("宛名番号,氏名,通称\n0001234567,,\n")},
		{"no 宛名番号", rb, sjis(strings.Replace(rbRow, "0001234567", "", 1) + rbEnd)},
		{"letters in a number", rb, sjis(strings.Replace(rbRow, "0001234567", "00012345A7", 1) + rbEnd)},
		{"number too long", rb, sjis(strings.Replace(rbRow, "0001234567", "00012345670001234567", 1) + rbEnd)},
		{"申請書ID without its leading zero", j1, swap("12345678901234567890123", "2345678901234567890123")},
		{"申請書ID as a spreadsheet shows it", j1, swap("12345678901234567890123", "1.23457E+22")},
		{"notice number of another form", j1, swap("A1B-000123", "A1B-12")},
		{"letter O in the digits of a notice number", j1, swap("A1B-000123", "A1B-OOO123")},
		{"letter O in the prefix of a notice number", j1, swap("A1B-000123", "AOB-000123")},
		{"a flag that is neither 0 nor 1", j1, swap(`"20360401","1"`, `"20360401","Y"`)},
		{"unknown code", j1, swap(`"1","20261022"`, `"8","20261022"`)},
		{"unknown vendor code", rb, sjis(strings.Replace(rbRow, "K1", "ZZ", 1) + rbEnd)},
		{"postal code of six digits", rb, sjis(strings.Replace(rbRow, "\r\n", ",123-456\r\n", 1) + rbEnd)},
		{"value too long", j1, swap("髙﨑 花子", strings.Repeat("寿", 201))},
		{"field beyond 8 KiB", j1, swap("髙﨑 花子", strings.Repeat("a", 9000))},
		{"line beyond 64 KiB", j1, swap("髙﨑 花子", strings.Repeat("a", 70000))},
		{"no line end in 300 KB", j3, bytes.Repeat([]byte("A1B-000123,"), 30000)},
		// Dates.
		{"30 February", j1, swap("19650401", "19650230")},
		{"month 13", j1, swap("19650401", "19651301")},
		{"day without month", j1, swap("19650401", "19650012")},
		{"year 0001", j1, swap("19650401", "00010401")},
		{"date in another form", j1, swap("19650401", "S40.4.1")},
		{"date with a time", j1, swap("20261118\",\"001", "2026-11-18 10:00\",\"001")},
		// Counts and trailers.
		{"trailer missing", rb, sjis(rbRow)},
		{"trailer count wrong", rb, sjis(rbRow + rbRow + rbEnd)},
		{"trailer count no number", rb, sjis(rbRow + "\"END\",x\r\n")},
		{"rows after the trailer", rb, sjis(rbRow + rbEnd + rbRow)},
		{"header record missing", j2, fixedFile(data, tail)},
		{"header count wrong", j2, fixedFile("1999999202611180000002", data, tail)},
		{"header count no number", j2, fixedFile("199999920261118000000x", data, tail)},
		{"header date impossible", j2, fixedFile("1999999202613180000001", data, tail)},
		{"trailer record missing", j2, fixedFile(head, data)},
		{"trailer record count wrong", j2, fixedFile(head, data, "90000002")},
		{"records after the trailer record", j2, fixedFile(head, data, tail, data)},
		{"unknown record mark", j2, fixedFile(head, "3A1B000124", tail)},
		// Record lengths.
		{"record too short", j2, []byte("1999999202611180000001\r\n2A1B000123\r\n90000001\r\n")},
		{"record too long", j2, bytes.Replace(fixedFile(head, data, tail), []byte("2A1B"), []byte("2 A1B"), 1)},
		{"file cut in the last record", j2, fixedFile(head, data, tail)[:600]},
		{"J2 under the profile of R-D", rd, fixedFile(head, data, tail)},
		{"converted to UTF-8, so records grew", rd, []byte("1" + strings.Repeat("髙", 500))},
	}
}

// outcome reads a file and says what a clerk would be told.
func outcome(t *testing.T, m malformed) string {
	t.Helper()
	var told []string
	report, err := tabfile.Read(t.Context(), bytes.NewReader(m.file), profile(t, m.profile), tabfile.Sink{Finding: func(f tabfile.Finding) error {
		told = append(told, fmt.Sprintf("%s: %s", f.Severity, message.OfDetail(f.Detail())))
		return nil
	}})
	if err == nil {
		return strings.Join(append(told, fmt.Sprintf("rows %d, accepted %d, rejected %d", report.Rows, report.Accepted, report.Rejected)), "\n")
	}
	f, ok := fault.As(err)
	if !ok {
		t.Fatalf("not a fault: %v", err)
	}
	if len(f.Details) != 1 || message.OfDetail(f.Details[0]) != message.Of(err) {
		t.Errorf("the refusal %v and its detail %v say different things", f, f.Details)
	}
	return "refused: " + message.Of(err)
}

// TestMalformed reads the golden file as a clerk would: each text names the row,
// the column and the value as far as there are any, the reason, and what to do.
func TestMalformed(t *testing.T) {
	const golden = "testdata/malformed.golden"
	var got strings.Builder
	for _, m := range malformedFiles() {
		text := outcome(t, m)
		fmt.Fprintf(&got, "-- %s (%s) --\n%s\n", m.name, m.profile, text)
		if strings.Contains(text, "{") || strings.Contains(text, "tabfile.") {
			t.Errorf("%s: a place of the text is not filled or has no text: %s", m.name, text)
		}
		if strings.HasSuffix(text, "accepted 1, rejected 0") && !strings.Contains(text, "warn") {
			t.Errorf("%s: nothing was found", m.name)
		}
	}
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestMalformed_NoNumberLeaves searches everything that comes out of a file for
// the 個人番号 that was planted in it.
func TestMalformed_NoNumberLeaves(t *testing.T) {
	planted := append(numbers(25), "621498320257")
	for _, m := range malformedFiles() {
		var out strings.Builder
		report, err := tabfile.Read(t.Context(), bytes.NewReader(m.file), profile(t, m.profile), tabfile.Sink{
			Finding: func(f tabfile.Finding) error {
				fmt.Fprintf(&out, "%+v\n", f)
				return nil
			},
			Row: func(r tabfile.Row) error {
				if !strings.Contains(m.name, "instead of") && !strings.Contains(m.name, "full-width") && !strings.Contains(m.name, "without a name") {
					for _, target := range r.Targets() {
						fmt.Fprintf(&out, "%s %s\n", r.Text(target), r.Raw(target))
					}
				}
				return nil
			},
		})
		fmt.Fprintf(&out, "%+v %v", report, err)
		if f, ok := fault.As(err); ok {
			fmt.Fprintf(&out, "%+v", *f)
		}
		for _, number := range planted {
			if strings.Contains(out.String(), number) {
				t.Errorf("%s: a number came out", m.name)
			}
		}
	}
}
