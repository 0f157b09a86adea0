package member_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/member"
	"kofu/internal/fault"
	"kofu/internal/linkcode"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// BK-102: an unknown code gets the same answer in the same time as a withdrawn
// one and leaves no row but its count.
func TestBK102_UnknownAsWithdrawn(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		city(t, db, issued(code, link))
		err := db.Write(t.Context(), testkit.Clerk, func(tx *store.Tx) error {
			_, err := member.SetState(tx, tenant, link, 1, member.Withdrawn)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		before := testkit.Dump(t, db, "attempt_count")
		times := map[linkcode.Code][]time.Duration{}
		texts := map[string]bool{}
		for n := range 60 {
			c := []linkcode.Code{code, other}[n%2]
			from := netip.AddrFrom4([4]byte{203, 0, 113, byte(n)})
			if n >= 16 { // the budget of ten an hour for a code is spent
				break
			}
			begin := time.Now()
			_, err := signIn(t, db, c, birth, from)
			times[c] = append(times[c], time.Since(begin))
			testkit.WantFault(t, err, fault.Forbidden, "member.cannot_book")
			texts[err.Error()] = true
		}
		if len(texts) != 1 {
			t.Errorf("answers differ: %v", texts)
		}
		if diff := cmp.Diff(before, testkit.Dump(t, db, "attempt_count")); diff != "" {
			t.Errorf("a failure left more than its count:\n%s", diff)
		}
		middle := func(list []time.Duration) time.Duration { slices.Sort(list); return list[len(list)/2] }
		if d := (middle(times[code]) - middle(times[other])).Abs(); d > 20*time.Millisecond {
			t.Errorf("the medians differ by %s", d)
		}
	})
}

// BK-103 and BK-104: the code as people type it is the code; every other digit
// is a typing error and nothing is looked up; twelve digits are refused with
// their own message and leave no trace.
func TestBK103_BK104_WhatIsTyped(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		valid := linkcode.Code("4492018377502295")
		city(t, db, issued(valid, link))
		typed, err := linkcode.Parse("４４９２－０１８３ 7750 2295")
		if err != nil || typed != valid {
			t.Fatalf("%q, %v", typed, err)
		}
		if _, err := signIn(t, db, typed, birth, home); err != nil {
			t.Error(err)
		}
		for at := range valid {
			for d := '0'; d <= '9'; d++ {
				changed := []rune(string(valid))
				if changed[at] == d {
					continue
				}
				changed[at] = d
				if _, err := linkcode.Parse(string(changed)); !fault.Is(err, fault.Invalid, "linkcode.check") {
					t.Errorf("%s: %v", string(changed), err)
				}
			}
		}
		before := testkit.Dump(t, db)
		const number = "123456789018" // with the check digit of a 個人番号
		for _, text := range []string{number, "1234 5678 9018", "１２３４５６７８９０１８"} {
			_, err := linkcode.Parse(text)
			testkit.WantFault(t, err, fault.Invalid, "linkcode.my_number")
			if f, _ := fault.As(err); strings.Contains(fmt.Sprintf("%+v", f), "5678") {
				t.Errorf("the error repeats the number: %+v", f)
			}
		}
		if testkit.Dump(t, db) != before || strings.Contains(before, number) {
			t.Error("twelve digits came to rest")
		}
	})
}

func line(l, h, rest string) string { return l + "," + h + "," + rest + "\n" }

// BK-102: a file of codes is taken over as a whole, or not at all with every
// mistake named by row, column, value and reason.
func TestBK102_ParseFile(t *testing.T) {
	heading := strings.Join(member.Columns, ",") + "\n"
	h := base64.RawURLEncoding.EncodeToString(code.Hash(key))
	h2 := base64.RawURLEncoding.EncodeToString(other.Hash(key))
	good := "\ufeff" + heading +
		line(link, h, h+",k1,2,pin receive,W1 W2,2026-12-01T09:00,2027-03-31T17:00,g-1,2,0,en,ready") +
		line("00000000000000a2", h2, ",k1,1,renew,,2026-12-01T09:00,2027-03-31T17:00,,,1,,issued")
	list, err := member.ParseFile(strings.NewReader(good), keys)
	if err != nil {
		t.Fatal(err)
	}
	jst := func(y, m, d, hour int) time.Time {
		return time.Date(y, time.Month(m), d, hour, 0, 0, 0, store.Tokyo).UTC()
	}
	want := []member.Member{
		{
			Link: link, Gen: 2, KeyID: "k1", CodeMAC: code.Hash(key), BirthMAC: code.Hash(key), Procs: "pin receive", Windows: []string{"W1", "W2"},
			Group: "g-1", Ordinal: 2, From: jst(2026, 12, 1, 9), Until: jst(2027, 3, 31, 17), State: member.Ready, Lang: "en",
		},
		{
			Link: "00000000000000a2", Gen: 1, KeyID: "k1", CodeMAC: other.Hash(key), Procs: "renew", OfficeOnly: true,
			From: jst(2026, 12, 1, 9), Until: jst(2027, 3, 31, 17), State: member.Issued,
		},
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		city(t, db, list...)
		testkit.Read(t, db, func(rx *store.Rx) error {
			m, found, err := member.ByLink(rx, tenant, link)
			if !found || !m.Serves("W2") || m.Serves("W3") || m.Lang != "en" {
				t.Errorf("%+v", m)
			}
			return err
		})
	})

	bad := heading +
		line(link, h, ",k1,1,pin,,2026-12-01T09:00,2027-03-31T17:00,,,0,,ready") +
		line("xyz", "short", ",k9,0,dance,W2 W1,2026-12-01,2026-12-01T09:00,g-1,,2,,gone") +
		line(link, h, ",k1,1,pin,,2026-12-01T09:00,2026-11-01T09:00,,,0,,ready") + "one,two\n"
	_, err = member.ParseFile(strings.NewReader(bad), keys)
	testkit.WantFault(t, err, fault.Invalid, "member.bad_file")
	f, _ := fault.As(err)
	var got []string
	for _, d := range f.Details {
		got = append(got, fmt.Sprintf("%d %s %q %s", d.Row, d.Column, d.Value, d.Code))
	}
	wantDetails := []string{
		`3 link "xyz" member.file_link`, `3 key "k9" member.file_key`, `3 h "short" member.file_hash`, `3 gen "0" member.file_number`,
		`3 from "2026-12-01" member.file_time`, `3 office_only "2" member.file_flag`, `3 state "gone" member.file_state`,
		`3 svc "dance" member.file_procs`, `3 windows "W2 W1" member.file_windows`, `3 mem "" member.file_group`,
		`4 until "2026-11-01T09:00" member.file_period`, `4 link "` + link + `" member.file_twice`, `4 h "` + h + `" member.file_twice`,
		`5  "2" member.file_fields`,
	}
	if diff := cmp.Diff(wantDetails, got); diff != "" {
		t.Errorf("details (-want +got):\n%s", diff)
	}
	for _, text := range []string{"", heading, "link,h\n", heading + "\"", "\xff\xfe"} {
		if _, err := member.ParseFile(strings.NewReader(text), keys); !fault.Is(err, fault.Invalid, "member.bad_file") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseFile(f *testing.F) {
	f.Add([]byte(strings.Join(member.Columns, ",") + "\n0000000000000001,,,,,,,,,,,,,\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		list, err := member.ParseFile(bytes.NewReader(body), keys)
		if _, told := fault.As(err); err != nil && !told || err == nil && len(list) == 0 {
			t.Errorf("%d, %v", len(list), err)
		}
	})
}
