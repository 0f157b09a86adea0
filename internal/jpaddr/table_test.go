package jpaddr_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/jpaddr"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct{ postal, address, town, rest string }{
		{"1020075", "東京都千代田区三番町6-3", "東京都千代田区三番町", "6-3"},
		{"1020075", "千代田区三番町６番地３", "千代田区三番町", "６番地３"},
		{"1040032", "東京都中央区八丁堀2-8-1", "東京都中央区八丁堀", "2-8-1"},
		{"0670013", "江別市３条１丁目５", "江別市３条", "１丁目５"},
		{"0670013", "北海道江別市三条１丁目５", "北海道江別市三条", "１丁目５"},
		{"0600906", "北海道札幌市東区北6条東4丁目", "北海道札幌市東区北6条東", "4丁目"},
		{"0600906", "札幌市東区北六条東４丁目", "札幌市東区北六条東", "４丁目"},
		{"2730102", "鎌ヶ谷市右京塚　東3丁目", "鎌ヶ谷市右京塚", "　東3丁目"},
		{"2730102", "千葉県鎌ｹ谷市 右京塚1-1", "千葉県鎌ｹ谷市 右京塚", "1-1"},
		{"3501106", "川越市大字小室22-1", "川越市大字小室", "22-1"},
		{"6028064", "京都市上京区上長者町通堀川東入一町目１２３", "京都市上京区上長者町通堀川東入一町目", "１２３"},
		{"1000301", "東京都利島村１５３", "東京都利島村", "１５３"},
		{"5900016", "大阪府堺市中田出井町四丁目六番十九号", "大阪府堺市中田出井町", "四丁目六番十九号"}, // before 堺 had wards
	} {
		town, rest, ok := jpaddr.LoadNational().Split(c.postal, c.address)
		if !ok || town != c.town || rest != c.rest {
			t.Errorf("Split(%s, %s) = %q, %q, %v", c.postal, c.address, town, rest, ok)
		}
	}
	for _, c := range []struct{ postal, address string }{
		{"1020075", "東京都千代田区四番町6-3"}, {"9999999", "東京都千代田区三番町6-3"}, {"", "三番町"}, {"1020075", ""},
	} {
		if town, rest, ok := jpaddr.LoadNational().Split(c.postal, c.address); ok {
			t.Errorf("Split(%s, %s) = %q, %q", c.postal, c.address, town, rest)
		}
	}
}

func TestFindPostal(t *testing.T) {
	for _, c := range []struct{ address, postal string }{
		{"東京都千代田区三番町6-3", "1020075"},
		{"千代田区三番町6-3", "1020075"},
		{"東京都千代田区一ツ橋一丁目１番１号", "1000003"},
		{"東京都千代田区一ツ橋２丁目６", "1010003"},
		{"鎌ヶ谷市右京塚１", "2730102"},
		{"石川県金沢市大桑町ア２３", "9218046"},
		{"滋賀県犬上郡多賀町一円10", "5220317"},
		{"多賀町一円10", "5220317"},
		{"東京都利島村153", "1000301"},
		{"香川県仲多度郡琴平町500", "7660001"},
		{"香川県仲多度郡琴平町12", "7660002"},
		{"静岡県浜松市浜名区細江町気賀1", "4311305"},
	} {
		postal, _, ok := jpaddr.LoadNational().FindPostal(c.address)
		if !ok || postal != c.postal {
			t.Errorf("FindPostal(%s) = %q, %v, want %s: %v", c.address, postal, ok, c.postal, jpaddr.LoadNational().Candidates(c.address))
		}
	}
	for _, address := range []string{"", "存在市架空町1", "府中市", "一ツ橋", "東京都千代田区一ツ橋"} {
		if postal, town, ok := jpaddr.LoadNational().FindPostal(address); ok {
			t.Errorf("FindPostal(%q) = %q, %q", address, postal, town)
		}
	}
	if n := len(jpaddr.LoadNational().Candidates("東京都千代田区一ツ橋")); n != 2 {
		t.Errorf("%d candidates for a town with two codes, want 2", n)
	}
}

func TestCustomer_Reasons(t *testing.T) {
	table := jpaddr.LoadNational().With([]jpaddr.Town{{Postal: "1008798", Prefecture: "東京都", City: "千代田区", Name: "霞が関", Single: true}})
	for _, c := range []struct {
		postal, address, digits string
		why                     jpaddr.Reason
	}{
		{"102-0075", "東京都千代田区三番町6-3", "10200756-3", ""},
		{"１０２－００７５", "東京都千代田区三番町6-3", "10200756-3", ""},
		{"1000301", "東京都利島村153", "1000301153", ""}, // no town, but not ending in 00
		{"0600000", "札幌市中央区どこか1", "", jpaddr.RepresentativeCode},
		{"1020075", "東京都千代田区五番町1", "", jpaddr.TownNotFound},
		{"0999999", "東京都千代田区五番町1", "", jpaddr.UnknownCode},
		{"", "東京都千代田区五番町1", "", jpaddr.NoPostalCode},
		{"102007", "東京都千代田区五番町1", "", jpaddr.NoPostalCode},
		{"9808691", "仙台中央郵便局私書箱第215号", "9808691215", ""},
		{"1008798", "東京都千代田区霞が関1-3-2", "1008798", ""},
	} {
		got, why := table.Customer(c.postal, c.address)
		if got.Digits != c.digits || why != c.why {
			t.Errorf("Customer(%s, %s) = %q, %q, want %q, %q", c.postal, c.address, got.Digits, why, c.digits, c.why)
		}
	}
}

func TestWith_LeavesTheTableAsItIs(t *testing.T) {
	national := jpaddr.LoadNational()
	own := jpaddr.Town{Postal: "9990101", Prefecture: "架空県", City: "交付市", Name: "本町"}
	table := national.With([]jpaddr.Town{own})
	if postal, town, ok := table.FindPostal("架空県交付市本町一丁目2番3号"); postal != "9990101" || town != "本町" || !ok {
		t.Errorf("FindPostal = %q, %q, %v", postal, town, ok)
	}
	if got, why := table.Customer("9990101", "交付市本町一丁目2番3号"); got.Digits != "99901011-2-3" {
		t.Errorf("Customer = %q, %q", got.Digits, why)
	}
	// A town that a real city adds for itself stands beside those of the country.
	more := table.With([]jpaddr.Town{{Postal: "1020075", Prefecture: "東京都", City: "千代田区", Name: "三番町新地"}})
	if got := more.Towns("1020075"); len(got) != 2 {
		t.Errorf("Towns = %v", got)
	}
	if town, rest, ok := more.Split("1020075", "千代田区三番町新地1-2"); town != "千代田区三番町新地" || rest != "1-2" || !ok {
		t.Errorf("Split = %q, %q, %v", town, rest, ok)
	}
	if postal, town, ok := more.FindPostal("千代田区三番町新地1-2"); postal != "1020075" || town != "三番町新地" || !ok {
		t.Errorf("FindPostal = %q, %q, %v", postal, town, ok)
	}
	if city, _ := more.City("架空県交付市本町"); city != "架空県交付市" || more.Len() != national.Len()+2 {
		t.Errorf("City = %q, %d rows", city, more.Len())
	}
	if _, _, ok := national.FindPostal("架空県交付市本町1"); ok || len(national.Towns("9990101")) != 0 {
		t.Error("With changed the table it started from")
	}
	if diff := cmp.Diff([]jpaddr.Town{own}, table.Towns("999-0101")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Every town of the country with a house number splits behind the town.
func TestSplit_EveryTown(t *testing.T) {
	table, bad := jpaddr.LoadNational(), 0
	seen := map[string]bool{}
	n := 0
	for town := range table.All() {
		key := town.Postal + town.City + town.Name
		if seen[key] {
			continue
		}
		seen[key] = true
		n++
		whole := town.Prefecture + town.City + town.Name
		got, rest, ok := table.Split(town.Postal, whole+"１２番地３")
		if !ok || got != whole || rest != "１２番地３" {
			bad++
			if bad < 10 {
				t.Logf("%s %s: %q, %q, %v", town.Postal, whole, got, rest, ok)
			}
		}
	}
	if n < 110_000 || bad > 0 {
		t.Errorf("%d of %d towns split wrongly", bad, n)
	}
}

func TestSortKey(t *testing.T) {
	table := jpaddr.LoadNational()
	want := []string{
		"東京都千代田区三番町2-1", "東京都千代田区三番町6-3", "東京都千代田区三番町6-3-101", "東京都千代田区三番町6-20", "東京都千代田区三番町10-1A2", "東京都千代田区三番町10-1B1",
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, func(a, b string) int {
		return strings.Compare(table.SortKey("1020075", a), table.SortKey("1020075", b))
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if table.SortKey("1020075", want[0]) >= table.SortKey("1020076", "東京都千代田区五番町1") || table.SortKey("9990000", "x") >= table.SortKey("", "x") {
		t.Error("the postal code does not come first")
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("1020075", "東京都千代田区三番町6-3")
	f.Add("6028064", "京都市上京区上長者町通堀川東入ﾞ一町目")
	f.Add("\xff", "\xff大字")
	f.Fuzz(func(t *testing.T, postal, address string) {
		table := jpaddr.LoadNational()
		if town, rest, ok := table.Split(postal, address); ok && town+rest != address {
			t.Errorf("Split(%q, %q) = %q, %q", postal, address, town, rest)
		}
		table.FindPostal(address)
		table.SortKey(postal, address)
	})
}

func TestCity(t *testing.T) {
	for address, want := range map[string]string{
		"東京都千代田区三番町6-3": "東京都千代田区", "多賀町一円10": "多賀町", "札幌市東区北六条": "札幌市東区",
		"鎌ヶ谷市　右京塚": "鎌ヶ谷市", "架空市1": "", "": "",
	} {
		city, rest := jpaddr.LoadNational().City(address)
		if city != want || city+rest != address {
			t.Errorf("City(%s) = %q, %q", address, city, rest)
		}
	}
}
