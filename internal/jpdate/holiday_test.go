package jpdate

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHolidays_1955To2099 compares with testdata/holidays.txt, a list that two
// other implementations agree on where they overlap (1970–2050).
func TestHolidays_1955To2099(t *testing.T) {
	b, err := os.ReadFile("testdata/holidays.txt")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for year := 1955; year <= 2099; year++ {
		for _, h := range Holidays(year) {
			got = append(got, string(h.Day))
		}
	}
	if diff := cmp.Diff(strings.Fields(string(b)), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHolidays_2026To2028(t *testing.T) {
	for year, want := range map[int]string{
		2026: "1/1 1/12 2/11 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/20 8/11 9/21 9/22 9/23 10/12 11/3 11/23",
		2027: "1/1 1/11 2/11 2/23 3/21 3/22 4/29 5/3 5/4 5/5 7/19 8/11 9/20 9/23 10/11 11/3 11/23",
		2028: "1/1 1/10 2/11 2/23 3/20 4/29 5/3 5/4 5/5 7/17 8/11 9/18 9/22 10/9 11/3 11/23",
	} {
		var got []string
		for _, h := range Holidays(year) {
			_, month, day := h.Day.Parts()
			got = append(got, fmt.Sprintf("%d/%d", month, day))
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%d (-want +got):\n%s", year, diff)
		}
	}
}

func TestHolidays_Names(t *testing.T) {
	var c Calendar
	for day, want := range map[Day]string{
		"2026-05-06": "振替休日", "2026-09-22": "国民の休日", "2032-09-21": "国民の休日", "2020-07-24": "スポーツの日",
		"2019-10-14": "体育の日", "2018-12-23": "天皇誕生日", "2019-12-23": "", "2026-11-24": "", "2019-05-01": "天皇の即位の日",
	} {
		if got, _ := c.Holiday(day); got != want {
			t.Errorf("%s is %q, want %q", day, got, want)
		}
	}
}

func TestCalendar_BusinessDays(t *testing.T) {
	c := Calendar{
		Closed:   map[Day]string{"2026-11-25": "J-LIS maintenance"},
		Open:     map[Day]string{"2026-11-29": "Sunday opening"},
		Holidays: map[Day]string{"2026-11-26": "announced", "2026-11-03": ""},
	}
	for day, want := range map[Day]bool{
		"2026-11-20": true, "2026-11-21": false, "2026-11-22": false, "2026-11-23": false, "2026-11-24": true,
		"2026-11-25": false, "2026-11-26": false, "2026-11-27": true, "2026-11-29": true, "2026-11-03": true,
		"2026-12-28": true, "2026-12-29": false, "2026-12-31": false, "2027-01-01": false, "2027-01-03": false, "2027-01-04": true,
		"2026-02-30": false, "": false,
	} {
		if got := c.Business(day); got != want {
			t.Errorf("Business(%s) = %v, want %v", day, got, want)
		}
	}
	var law Calendar
	for _, tc := range []struct{ got, want Day }{
		{law.Next("2026-11-21"), "2026-11-24"},
		{law.Next("2026-12-29"), "2027-01-04"},
		{law.Previous("2026-11-23"), "2026-11-20"},
		{law.AddBusiness("2026-11-20", 1), "2026-11-24"},
		{law.AddBusiness("2026-11-24", -1), "2026-11-20"},
		{law.AddBusiness("2026-11-21", 0), "2026-11-21"},
		{law.Deadline("2026-11-24", 3), "2027-02-24"},
		{law.Deadline("2026-11-23", 3), "2027-02-24"}, // 02-23 is 天皇誕生日
		{law.Deadline("2026-11-30", 3), "2027-03-01"}, // 02-28 is a Sunday
		{law.Next(""), ""},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}
