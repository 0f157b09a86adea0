package jpdate

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kofu/internal/fault"
)

func TestParse(t *testing.T) {
	for _, tc := range []struct{ in, iso, code string }{
		{"19650401", "1965-04-01", ""},
		{"１９６５０４０１", "1965-04-01", ""},
		{"19450000", "1945", ""},
		{"19450400", "1945-04", ""},
		{"1945    ", "1945", ""},
		{"194504  ", "1945-04", ""},
		{"00000000", "", ""},
		{"0000000", "", ""},
		{"", "", ""},
		{"        ", "", ""},
		{"　　　　", "", ""},
		{"不詳", "", ""},
		{"1965-04-01", "1965-04-01", ""},
		{"1965/4/1", "1965-04-01", ""},
		{"1965-04-00", "1965-04", ""},
		{"1873-01-01", "1873-01-01", ""},
		{"S40.04.01", "1965-04-01", ""},
		{"s40. 4. 1", "1965-04-01", ""},
		{"Ｓ４０．０４．０１", "1965-04-01", ""},
		{"S20.00.00", "1945", ""},
		{"S20.  .  ", "1945", ""},
		{"S400401", "1965-04-01", ""},
		{"R1.05.01", "2019-05-01", ""},
		{"R01.05.01", "2019-05-01", ""},
		{"昭和40年 4月 1日", "1965-04-01", ""},
		{"昭和４０年　４月　１日", "1965-04-01", ""},
		{"令和元年5月1日", "2019-05-01", ""},
		{"令和　８年11月21日", "2026-11-21", ""},
		{"昭和２０年頃", "1945", ""},
		{"昭和20年4月頃", "1945-04", ""},
		{"昭和20年月日不詳", "1945", ""},
		{"昭和20年4月日不詳", "1945-04", ""},
		{"1965年4月1日", "1965-04-01", ""},
		{"明治33年1月1日", "1900-01-01", ""},
		{"3400401", "1965-04-01", ""},
		{"5010501", "2019-05-01", ""},
		{"3200000", "1945", ""},
		{"20240229", "2024-02-29", ""},
		// The first and the last day of every era.
		{"明治元年1月25日", "1868-01-25", ""},
		{"明治45年7月29日", "1912-07-29", ""},
		{"大正元年7月30日", "1912-07-30", ""},
		{"大正15年12月24日", "1926-12-24", ""},
		{"昭和元年12月25日", "1926-12-25", ""},
		{"昭和64年1月7日", "1989-01-07", ""},
		{"平成元年1月8日", "1989-01-08", ""},
		{"平成31年4月30日", "2019-04-30", ""},
		{"令和元年5月1日", "2019-05-01", ""},
		{"昭和64年", "1989", ""},
		{"平成31年5月1日", "", "date.era"},
		{"昭和64年1月8日", "", "date.era"},
		{"昭和65年", "", "date.era"},
		{"3640108", "", "date.era"},
		{"令和元年4月", "", "date.era_present"},
		{"平成0年1月1日", "", "date.year"},
		{"19650230", "", "date.day"},
		{"20230229", "", "date.day"},
		{"1965-02-30", "", "date.day"},
		{"19651301", "", "date.month"},
		{"19650012", "", "date.day_only"},
		{"00010101", "", "date.year"},
		{"99999999", "", "date.year"},
		{"8400401", "", "date.era_unknown"},
		{"X40.04.01", "", "date.era_unknown"},
		{"昭平40年4月1日", "", "date.era_unknown"},
		{"1965", "", "date.format"},
		{"196504", "", "date.format"},
		{"1965040", "", "date.month"}, // seven digits: 明治96年50月40日
		{"yesterday", "", "date.format"},
		{"1965-04-01x", "", "date.format"},
		{"4/1/1965", "", "date.format"},
	} {
		got, err := Parse(tc.in, Layouts()...)
		if tc.code != "" {
			if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || f.Code != tc.code {
				t.Errorf("Parse(%q) = %+v, %v; want %s", tc.in, got, err, tc.code)
			}
			continue
		}
		want := Date{ISO: tc.iso, Raw: tc.in, Precision: map[int]Precision{0: None, 4: Year, 7: Month, 10: Full}[len(tc.iso)]}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("Parse(%q): %v (-want +got):\n%s", tc.in, err, diff)
		}
	}
}

func TestParse_OnlyTheLayoutsOfTheProfile(t *testing.T) {
	if _, err := Parse("3400401", Compact, Dashed); !fault.Is(err, fault.Invalid, "date.format") {
		t.Errorf("era digits under a western profile: %v", err)
	}
	for _, l := range Layouts() {
		if d, err := Parse(l.Example(), l); !l.Known() || err != nil || d.ISO != "1965-04-01" {
			t.Errorf("%s: its example %q reads as %v, %v", l, l.Example(), d, err)
		}
	}
}

func TestJapanese(t *testing.T) {
	for in, want := range map[string]string{
		"19650401": "昭和40年4月1日", "20190501": "令和元年5月1日", "20190430": "平成31年4月30日", "19450400": "昭和20年4月",
		"19450000": "昭和20年", "19890000": "平成元年", "昭和２０年頃": "昭和20年", "不詳": "不詳", "": "", "18670101": "1867年1月1日",
	} {
		d, err := Parse(in, Layouts()...)
		if err != nil || d.Japanese() != want {
			t.Errorf("%q is written %q (%v), want %q", in, d.Japanese(), err, want)
		}
	}
	if got := Day("2026-11-21").Short(); got != "R08.11.21" {
		t.Errorf("Short = %q", got)
	}
	if got := Day("2026-11-21").WeekdayName(); got != "土" {
		t.Errorf("WeekdayName = %q", got)
	}
}

// TestWritingAndReadingAgree walks through every day of the years in which an era
// begins, and through all weekdays and days of the month in the others.
func TestWritingAndReadingAgree(t *testing.T) {
	for d := Day("1868-01-25"); d < "2100-01-01"; d = d.AddDays(1) {
		era, n, _ := EraOf(d)
		if n > 1 && era.To != "" && d.DaysUntil(era.To) > 366 || n > 2 && era.To == "" {
			d = d.AddDays(16)
			era, n, _ = EraOf(d)
		}
		_, month, day := d.Parts()
		digits := string(rune('0'+era.Code)) + d.Short()[1:3] + d.Digits()[4:]
		for _, text := range []string{d.Japanese(), d.Short(), d.Digits(), string(d), digits} {
			got, err := Parse(text, Layouts()...)
			if err != nil || got.ISO != string(d) {
				t.Fatalf("%s (%s %d, %d/%d) written %q reads as %+v, %v", d, era.Name, n, month, day, text, got, err)
			}
		}
	}
}

func TestDay_Arithmetic(t *testing.T) {
	for _, tc := range []struct{ got, want Day }{
		{Day("2026-11-30").AddMonths(3), "2027-02-28"},
		{Day("2026-11-24").AddMonths(3), "2027-02-24"},
		{Day("2024-01-31").AddMonths(1), "2024-02-29"},
		{Day("2026-03-31").AddMonths(-1), "2026-02-28"},
		{Day("2026-12-31").AddDays(1), "2027-01-01"},
		{Day("2026-02-30").AddDays(1), ""},
		{Day("").AddMonths(1), ""},
		{DayOf(2026, 2, 29), ""},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
	if n := Day("2026-11-21").DaysUntil("2027-01-01"); n != 41 {
		t.Errorf("DaysUntil = %d, want 41", n)
	}
	if Day("2026-2-3").Valid() || Day("2026-02-29").Valid() || !Day("2028-02-29").Valid() {
		t.Error("Valid is wrong")
	}
}

func TestAges(t *testing.T) {
	for _, tc := range []struct {
		birth Day
		age   int
		day   Day
	}{
		{"2011-11-22", 15, "2026-11-21"},
		{"2012-02-29", 15, "2027-02-28"},
		{"2012-02-29", 16, "2028-02-28"},
		{"2012-03-01", 15, "2027-02-28"},
		{"2006-04-01", 20, "2026-03-31"},
		{"2012-01-01", 15, "2026-12-31"},
	} {
		if got := Attains(tc.birth, tc.age); got != tc.day {
			t.Errorf("born %s: %d on %s, want %s", tc.birth, tc.age, got, tc.day)
		}
		if before, then := LegalAge(tc.birth, tc.day.AddDays(-1)), LegalAge(tc.birth, tc.day); before != tc.age-1 || then != tc.age {
			t.Errorf("born %s: %d the day before %s and %d then, want %d and %d", tc.birth, before, tc.day, then, tc.age-1, tc.age)
		}
	}
	if a, b := Age("2011-11-22", "2026-11-21"), Age("2011-11-22", "2026-11-22"); a != 14 || b != 15 {
		t.Errorf("満年齢 %d and %d, want 14 and 15", a, b)
	}
	if got := Under15("2011-11-22", "2026-11-20"); got != (Threshold{Below: true, Basis: "2026-11-21"}) {
		t.Errorf("Under15 = %+v", got)
	}
	if Under15("2011-11-22", "2026-11-21").Below || Under18("", "2026-11-21").Below {
		t.Error("under the age although it is reached or the birth unknown")
	}
	if LegalAge("2030-01-01", "2026-01-01") != -1 || LegalAge("", "2026-01-01") != -1 {
		t.Error("an age without a birth")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"19650401", "S40.04.01", "昭和40年 4月 1日", "3400401", "令和元年5月1日", "昭和２０年頃", "1945    ", "S20.  .  "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := Parse(s, Layouts()...)
		if err != nil {
			if f, ok := fault.As(err); !ok || !strings.HasPrefix(f.Code, "date.") {
				t.Fatalf("Parse(%q): %v", s, err)
			}
			return
		}
		if d.Raw != s {
			t.Fatalf("Parse(%q) keeps %q", s, d.Raw)
		}
		if d.Precision == Full && !Day(d.ISO).Valid() || d.Precision == None && d.ISO != "" {
			t.Fatalf("Parse(%q) = %+v", s, d)
		}
	})
}

func TestParse_RoundTripProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.StringMatching(`[ 　SHR0-9.年月日]{0,14}`).Draw(t, "raw")
		d, err := Parse(raw, Layouts()...)
		if err == nil && d.Raw != raw {
			t.Fatalf("%q became %q", raw, d.Raw)
		}
	})
}
