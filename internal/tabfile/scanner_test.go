package tabfile

import (
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kofu/internal/fault"
	"kofu/internal/jptext"
	"kofu/internal/message"
)

// scan cuts a file into texts, with the defect of a record in place of its fields.
func scan(t interface{ Fatalf(string, ...any) }, file io.Reader, breaks bool) (records [][]string, lines []int) {
	p := &Profile{Delimiter: ",", Quote: `"`, Breaks: breaks}
	s := newScanner(newSource(context.Background(), file, jptext.UTF8), p)
	for {
		rec, err := s.next()
		if err != nil {
			t.Fatalf("scan: %v", err)
		}
		if rec == nil {
			return records, lines
		}
		var fields []string
		for i := range rec.fields {
			fields = append(fields, string(rec.bytes(i, '"')))
		}
		if rec.defect != "" {
			fields = []string{rec.defect}
		}
		records, lines = append(records, fields), append(lines, rec.line)
	}
}

func TestScanner(t *testing.T) {
	for _, tc := range []struct {
		in     string
		breaks bool
		want   [][]string
		lines  []int
	}{
		{"a,b\r\nc,d", false, [][]string{{"a", "b"}, {"c", "d"}}, []int{1, 2}},
		{"a,\n,b\n", false, [][]string{{"a", ""}, {"", "b"}}, []int{1, 2}},
		{`"a,b","c""d",""` + "\r\n", false, [][]string{{"a,b", `c"d`, ""}}, []int{1}},
		{"\"a\r\nb\",c\nd,e", true, [][]string{{"a\r\nb", "c"}, {"d", "e"}}, []int{1, 3}},
		{"\"a\nb\",c\nd,e", false, [][]string{{"tabfile.quote_open"}, {"tabfile.quote_inside"}, {"d", "e"}}, []int{1, 2, 3}},
		{`"a"b,c` + "\nd", false, [][]string{{"tabfile.quote_inside"}, {"d"}}, []int{1, 2}},
		{`a"b,c` + "\nd", false, [][]string{{"tabfile.quote_inside"}, {"d"}}, []int{1, 2}},
		{`a,"b`, true, [][]string{{"tabfile.quote_open"}}, []int{1}},
		{`"a"`, true, [][]string{{"a"}}, []int{1}},
		{`"a",`, true, [][]string{{"a", ""}}, []int{1}},
		{"\"a\"\r", true, [][]string{{"a"}}, []int{1}},
		{"\n\na", false, [][]string{{""}, {""}, {"a"}}, []int{1, 2, 3}},
		{"", false, nil, nil},
	} {
		got, lines := scan(t, strings.NewReader(tc.in), tc.breaks)
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tc.in, diff)
		}
		if diff := cmp.Diff(tc.lines, lines); diff != "" {
			t.Errorf("lines of %q (-want +got):\n%s", tc.in, diff)
		}
	}
}

// TestScanner_ReadsWhatACSVWriterWrites takes encoding/csv as the measure.
func TestScanner_ReadsWhatACSVWriterWrites(t *testing.T) {
	field := rapid.StringMatching(`[ab"',\n 髙1]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.SliceOfN(field, 2, 4), 1, 6).Draw(t, "records")
		var file bytes.Buffer
		w := csv.NewWriter(&file)
		w.UseCRLF = rapid.Bool().Draw(t, "crlf")
		if err := w.WriteAll(want); err != nil {
			t.Fatalf("%v", err)
		}
		if w.UseCRLF { // the writer turns a line feed inside a field into CRLF as well
			for _, record := range want {
				for i := range record {
					record[i] = strings.ReplaceAll(record[i], "\n", "\r\n")
				}
			}
		}
		var in io.Reader = bytes.NewReader(file.Bytes())
		if rapid.Bool().Draw(t, "slow") {
			in = iotest.HalfReader(in)
		}
		got, _ := scan(t, in, true)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q (-want +got):\n%s", file.String(), diff)
		}
	})
}

func FuzzScanner(f *testing.F) {
	f.Add([]byte("a,\"b\r\nc\"\"\",d\n\"x"), true)
	f.Add([]byte("a\"b,c\n\"a\"b\r\n"), false)
	f.Fuzz(func(t *testing.T, b []byte, breaks bool) {
		if len(b) > MaxLine {
			return
		}
		whole, lines := scan(t, bytes.NewReader(b), breaks)
		slow, _ := scan(t, iotest.OneByteReader(bytes.NewReader(b)), breaks)
		if diff := cmp.Diff(whole, slow); diff != "" {
			t.Fatalf("%q depends on the pieces (-whole +byte by byte):\n%s", b, diff)
		}
		for i := 1; i < len(lines); i++ {
			if lines[i] <= lines[i-1] {
				t.Fatalf("%q: lines %v", b, lines)
			}
		}
	})
}

func TestLimits(t *testing.T) {
	p, _ := ByID(BuiltIn(), "notice_no_list")
	file := strings.Repeat("A1B-000123\r\n", 100)
	r := newReader(context.Background(), strings.NewReader(file), p, Sink{})
	r.maxRows = 99
	if _, err := r.run(); !fault.Is(err, fault.TooLarge, "tabfile.too_many_rows") || !strings.Contains(message.Of(err), "100行目") {
		t.Errorf("rows: %v", err)
	}
	r = newReader(context.Background(), strings.NewReader(file), p, Sink{})
	r.src.limit = 1 << 10
	if _, err := r.run(); !fault.Is(err, fault.TooLarge, "tabfile.file_too_large") {
		t.Errorf("size: %v", err)
	}
	if MaxFile != 512<<20 || MaxLine != 64<<10 || MaxField != 8<<10 || MaxRows != 5_000_000 {
		t.Error("a limit was changed")
	}
}

func TestBuiltIn_EveryTargetIsOneTheDomainsKnow(t *testing.T) {
	known := " lot_no shipped_on box_no box_seq notice_no application_id application_kind applied_on name address birth card_expires_on" +
		" has_certificate delivery_method remark resident_no household_no resident_kind resident_state event_date event_code kana name_roman" +
		" name_kanji_foreign former_surname alias alias_kana name_priority sex postal_code prefecture city town block building relation" +
		" stay_expires_on event_date_unknown event_date_note birth_unknown birth_note organization created_on count "
	for _, p := range BuiltIn() {
		all := p.Columns
		for _, r := range []*Record{p.Head, p.Tail} {
			if r != nil {
				all = append(all[:len(all):len(all)], r.Columns...)
			}
		}
		for _, c := range all {
			if c.Target != "" && !strings.Contains(known, " "+c.Target+" ") {
				t.Errorf("%s: target %q", p.ID, c.Target)
			}
		}
	}
}
