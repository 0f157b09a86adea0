package city_test

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/city"
	"kofu/internal/glyph"
	"kofu/internal/jptext"
	"kofu/internal/mynumber"
	"kofu/internal/settings"
	"kofu/internal/store"
	"kofu/internal/tabfile"
	"kofu/internal/testkit"
)

var update = flag.Bool("update", false, "rewrite testdata/files.txt")

var today = time.Date(2026, 11, 23, 22, 0, 0, 0, time.UTC) // Tuesday, 24 November, in Japan

func town(t testing.TB, cfg city.Config) *city.City {
	t.Helper()
	cfg.Today = today
	c, err := city.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func text(t testing.TB, enc jptext.Encoding, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	s, bad := jptext.Decode(enc, b.Bytes())
	if len(bad) > 0 {
		t.Fatalf("bytes that are not %s at %d", enc, bad[0].Offset)
	}
	return s
}

func registry(t testing.TB, enc jptext.Encoding, write func(io.Writer, city.Night) error, night city.Night) [][]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(text(t, enc, func(w io.Writer) error { return write(w, night) })))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// The list of sizes and hashes was made once; another machine, another release
// of Go or a careless change shows here.
func TestWriteAll_SameSeedSameBytes(t *testing.T) {
	dir := t.TempDir()
	files, err := town(t, city.Config{Population: 3000, Seed: 7}).WriteAll(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, f := range files {
		info, err := os.Stat(filepath.Join(dir, f.Name))
		if err != nil || info.Size() != f.Size {
			t.Errorf("%s: size %v, error %v; want %d", f.Name, info, err, f.Size)
		}
		if f.Profile == "" {
			continue // fonts: their bytes are the business of package glyph
		}
		fmt.Fprintf(&got, "%s %d %s %s\n", f.SHA256, f.Size, f.Name, f.Profile)
	}
	golden := filepath.Join("testdata", "files.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestNew_AnotherSeedOtherPeople(t *testing.T) {
	a, b := town(t, city.Config{Population: 200, Seed: 1}), town(t, city.Config{Population: 200, Seed: 2})
	if text(t, jptext.CP932, func(w io.Writer) error { return a.WriteRB(w, city.FirstNight) }) ==
		text(t, jptext.CP932, func(w io.Writer) error { return b.WriteRB(w, city.FirstNight) }) {
		t.Error("two seeds give the same people")
	}
}

func TestNew_Refuses(t *testing.T) {
	for name, cfg := range map[string]city.Config{
		"too small":      {Population: 99, Today: today},
		"no day":         {Population: 100},
		"too many cards": {Population: 100, Cards: 100, Today: today},
		"negative":       {Population: 100, Cards: -1, Today: today},
	} {
		if _, err := city.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Every file must pass its import profile without a rejected row, whatever the
// size of the city.
func TestWriteAll_ImportsWithoutRejectedRow(t *testing.T) {
	for _, population := range []int{100, 4_000} {
		dir := t.TempDir()
		files, err := town(t, city.Config{Population: population, Seed: uint64(population)}).WriteAll(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if f.Profile == "" {
				continue
			}
			profile, ok := tabfile.ByID(tabfile.BuiltIn(), f.Profile)
			if !ok {
				t.Fatalf("no profile %q", f.Profile)
			}
			report := read(t, filepath.Join(dir, f.Name), profile)
			if report.Rows == 0 || report.Rejected > 0 || report.Accepted != report.Rows {
				t.Errorf("%s: %d rows, %d accepted, %d rejected: %v", f.Name, report.Rows, report.Accepted, report.Rejected, head(report.Findings))
			}
			if got := detect(t, filepath.Join(dir, f.Name)); got != f.Profile {
				t.Errorf("%s is taken for %q, want %q", f.Name, got, f.Profile)
			}
		}
	}
}

func head(list []tabfile.Finding) []tabfile.Finding { return list[:min(5, len(list))] }

func read(t *testing.T, path string, p tabfile.Profile) tabfile.Report {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	report, err := tabfile.Read(t.Context(), f, p, tabfile.Sink{})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return report
}

func detect(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	candidates, _, err := tabfile.DetectFile(filepath.Base(path), f, tabfile.BuiltIn())
	if err != nil || len(candidates) == 0 {
		t.Fatalf("%s: no profile fits, error %v", path, err)
	}
	return candidates[0].ID
}

func TestRegistry_EveryEdgeCaseIsThere(t *testing.T) {
	c := town(t, city.Config{Population: 100, Seed: 3})
	old := text(t, jptext.CP932, func(w io.Writer) error { return c.WriteRB(w, city.FirstNight) })
	standard := text(t, jptext.UTF8, func(w io.Writer) error { return c.WriteRA(w, city.FirstNight) })
	for what, pattern := range map[string]string{
		"born 1873":             `,18730101,`,
		"born in 明治":            `,19111103,`,
		"born in 令和元年":          `,20190501,`,
		"leap day":              `,19960229,`,
		"month unknown":         `,19450000,`,
		"day unknown":           `,19650400,`,
		"住所不定":                  `,住所不定,`,
		"a hundred letters":     `,DE LA [A-Z ]{94},`,
		"no kana":               `\d{10},,四月一日`,
		"byte traps":            `表能構曽噂 髙﨑黑`,
		"event in the future":   `,20261203,T3,`,
		"外字 for plane 2":        "\uE000田 \uE005太",
		"only the 通称":           `,ｱｵｷ ｱｲ,青木 愛,`,
		"trailer":               `"END",000100\r\n$`,
		"200 characters of 方書":  `　特別養護.{187}二階東側二〇五号室,`,
		"half-width voice mark": `ﾀﾞ`,
	} {
		if !regexp.MustCompile(pattern).MatchString(old) {
			t.Errorf("R-B: %s is missing", what)
		}
	}
	for what, pattern := range map[string]string{
		"unknown month in words":    `,,1,昭和20年頃,`,
		"unknown day in words":      `,,1,昭和40年4月頃,`,
		"plane 2":                   `𠮷田 𠀋太`,
		"通称":                        `,LI NA,,LI NA,李 娜,,青木 愛,アオキ アイ,09,`,
		"line break in quotes":      "\"特別養護[^\"]{187}\n二階東側二〇五号室\"",
		"postal code with hyphen":   `,000-00\d\d,`,
		"postal code without":       `,00000\d\d,`,
		"end of the period of stay": `,2028-11-24\n`,
	} {
		if !regexp.MustCompile(pattern).MatchString(standard) {
			t.Errorf("R-A: %s is missing", what)
		}
	}
}

func TestRegistry_FrequenciesOfNames(t *testing.T) {
	c := town(t, city.Config{Population: 20_000, Seed: 11})
	rows := registry(t, jptext.CP932, c.WriteRB, city.FirstNight)
	common, private := 0, 0
	for _, r := range rows[:len(rows)-1] {
		if strings.HasPrefix(r[2], "佐藤 ") {
			common++
		}
		if strings.ContainsFunc(r[2], inPrivateUse) {
			private++
		}
	}
	within(t, "佐藤", float64(common)/20_000, 0.025, 0.035)
	within(t, "外字", float64(private)/20_000, 0.0015, 0.005)
}

func within(t *testing.T, what string, got, low, high float64) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s: %.4f of all, want %.4f to %.4f", what, got, low, high)
	}
}

func inPrivateUse(r rune) bool { return r >= 0xE000 && r <= 0xF8FF }

// What stands in the files must be in the font.
func TestGaiji_CharactersOfTheFiles(t *testing.T) {
	c := town(t, city.Config{Population: 10_000, Seed: 5})
	known, seen := string(city.Gaiji()), map[rune]bool{}
	for _, r := range text(t, jptext.CP932, func(w io.Writer) error { return c.WriteRB(w, city.FirstNight) }) {
		if inPrivateUse(r) {
			seen[r] = true
			if !strings.ContainsRune(known, r) {
				t.Errorf("U+%04X is no 外字 of the city", r)
			}
		}
	}
	if len(seen) < 5 {
		t.Errorf("only %d different 外字 in the file", len(seen))
	}
	standard := text(t, jptext.UTF8, func(w io.Writer) error { return c.WriteRA(w, city.FirstNight) })
	for _, want := range []string{"𠮷", "𠀋"} {
		if !strings.Contains(standard, want) {
			t.Errorf("R-A lacks %+q", want)
		}
	}
}

func TestFont_DrawsEveryGaiji(t *testing.T) {
	for _, old := range []bool{false, true} {
		b, err := city.Font(old)
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Contains(b[:400], []byte("OS/2")); got == old {
			t.Errorf("old %v: table OS/2 %v", old, got)
		}
		source, err := glyph.Open("EUDC.TTE", bytes.NewReader(b), int64(len(b)), glyph.EUDC, city.GaijiSet)
		if err != nil {
			t.Fatal(err)
		}
		all := string(city.Gaiji())
		if found := glyph.NewSet(source).Check(all, city.GaijiSet); len(found) > 0 {
			t.Errorf("old %v: not drawn: %v", old, found)
		}
		if found := glyph.NewSet(source).Check("\uE700", city.GaijiSet); len(found) != 1 {
			t.Errorf("old %v: draws a character that no file has", old)
		}
	}
}

func TestDeliveries_CardsBelongToResidents(t *testing.T) {
	c := town(t, city.Config{Population: 8_000, Seed: 9})
	holders := map[string]int{}
	rows := registry(t, jptext.CP932, c.WriteRB, city.FirstNight)
	for _, r := range rows[:len(rows)-1] {
		holders[r[2]+"|"+r[4]]++
	}
	numbers, boxes := map[string]bool{}, map[string]bool{}
	single, several, none := 0, 0, 0
	for _, lot := range c.Deliveries() {
		if len(lot.Cards) != 500 {
			t.Errorf("delivery %s has %d cards, want 500", lot.LotNo, len(lot.Cards))
		}
		for _, k := range lot.Cards {
			if !regexp.MustCompile(`^[0-9A-Z]{3}-[0-9]{6}$`).MatchString(k.NoticeNo) || numbers[k.NoticeNo] {
				t.Errorf("number %q has the wrong form or is there twice", k.NoticeNo)
			}
			numbers[k.NoticeNo], boxes[lot.LotNo+k.Box] = true, true
			if len(k.ApplicationID) != 23 {
				t.Errorf("申請書ID %q", k.ApplicationID)
			}
			switch n := holders[k.Name+"|"+k.Birth]; n {
			case 0:
				none++
			case 1:
				single++
			default:
				several++
			}
		}
	}
	if len(boxes) != 15 {
		t.Errorf("%d boxes, want 15", len(boxes))
	}
	if single < 1425 || several < 1 || none < 15 || none > 75 {
		t.Errorf("%d cards with one resident, %d with several, %d with none; want about 1,450, a few, about 40", single, several, none)
	}
}

func TestDeliveries_NewestBeforeToday(t *testing.T) {
	lots := town(t, city.Config{Population: 1000, Deliveries: 3}).Deliveries()
	var got []string
	for _, lot := range lots {
		got = append(got, lot.LotNo)
	}
	// 24 November 2026 is a Tuesday.
	if diff := cmp.Diff([]string{"20261109-01", "20261116-01", "20261123-01"}, got); diff != "" {
		t.Errorf("lots (-want +got):\n%s", diff)
	}
}

func TestNextNight_OneInAHundredChanges(t *testing.T) {
	const population = 10_000
	c := town(t, city.Config{Population: population, Seed: 13})
	before := registry(t, jptext.CP932, c.WriteRB, city.FirstNight)
	after := registry(t, jptext.CP932, c.WriteRB, city.NextNight)
	first := map[string]string{}
	for _, r := range before[:len(before)-1] {
		first[r[0]] = strings.Join(r, ",")
	}
	changed, events, order := map[string]bool{}, map[string]int{}, map[string][]string{}
	newcomers := 0
	for _, r := range after[:len(after)-1] {
		old, known := first[r[0]]
		if !known {
			newcomers++
		} else if old != strings.Join(r, ",") {
			changed[r[0]] = true
			events[r[6]]++
		}
		order[r[0]] = append(order[r[0]], r[6])
	}
	within(t, "changed residents", float64(len(changed))/population, 0.008, 0.018)
	if newcomers != population/500 {
		t.Errorf("%d newcomers, want %d", newcomers, population/500)
	}
	for _, code := range []string{"S1", "T3", "T4", "K1", "K2", "K3", "U1", "U4", "H4", "45", "C2", "C3"} {
		if events[code] == 0 {
			t.Errorf("nobody has event %s: %v", code, events)
		}
	}
	for no, codes := range order {
		if len(codes) == 2 && codes[1] != "C2" && codes[1] != "C3" || len(codes) > 2 {
			t.Errorf("resident %s: %v; want an event and its cancellation", no, codes)
		}
	}
	diff := registry(t, jptext.UTF8, c.WriteRA, city.NextNight)
	if rows := len(diff) - 1; rows < len(changed) || rows > 2*len(changed)+newcomers {
		t.Errorf("R-A of the next night has %d rows for %d changed and %d new residents", rows, len(changed), newcomers)
	}
}

func TestFiles_NoIndividualNumber(t *testing.T) {
	c := town(t, city.Config{Population: 5000, Seed: 17})
	for _, rows := range [][][]string{
		registry(t, jptext.UTF8, c.WriteRA, city.FirstNight),
		registry(t, jptext.CP932, c.WriteRB, city.FirstNight),
	} {
		for _, row := range rows {
			for _, value := range row {
				if mynumber.Cell(value) || mynumber.Heading(value) != mynumber.Harmless {
					t.Errorf("%q looks like a 個人番号", value)
				}
			}
		}
	}
}

func TestSettings_CanBeSaved(t *testing.T) {
	db := testkit.DB(t)
	testkit.Write(t, db, testkit.Supervisor, func(tx *store.Tx) error {
		_, err := settings.Save(tx, city.Settings(), 0)
		return err
	})
	for _, town := range city.Towns() {
		if !strings.HasPrefix(town.Postal, "000") || utf8.RuneCountInString(town.Postal) != 7 {
			t.Errorf("postal code %q could be a real one", town.Postal)
		}
	}
}

func BenchmarkWriteRB(b *testing.B) {
	c := town(b, city.Config{Population: 100_000, Seed: 7})
	b.ReportAllocs()
	for b.Loop() {
		if err := c.WriteRB(io.Discard, city.FirstNight); err != nil {
			b.Fatal(err)
		}
	}
}
