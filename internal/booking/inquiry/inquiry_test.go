package inquiry_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/inquiry"
	"kofu/internal/booking/member"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

const tenant = 1

var known = fmt.Sprintf("%016x", 7)

func office(t *testing.T, db *store.DB) {
	t.Helper()
	if err := slot.AddTenant(t.Context(), db, testkit.Supervisor, slot.Tenant{ID: tenant, Host: "yoyaku.example", Name: "甲府市", PartyMax: 4, UntilMinute: 1440, FewPercent: 25}); err != nil {
		t.Fatal(err)
	}
	mac := sha256.Sum256([]byte(known))
	if err := member.Import(t.Context(), db, testkit.Supervisor, tenant, []member.Member{{
		Link: known, Gen: 1, KeyID: "k1", CodeMAC: mac[:], Procs: "receive", State: member.Ready,
		From: testkit.Now.Add(-time.Hour), Until: testkit.Now.AddDate(0, 3, 0),
	}}); err != nil {
		t.Fatal(err)
	}
}

func asked(edit func(*inquiry.Inquiry)) inquiry.Inquiry {
	q := inquiry.Inquiry{At: testkit.Now, Channel: "phone", Categories: []string{"bring", "booking"}, Text: "持ち物は何ですか。\n通知書は届いています。"}
	if edit != nil {
		edit(&q)
	}
	return q
}

func save(t *testing.T, db *store.DB, q inquiry.Inquiry) inquiry.Inquiry {
	t.Helper()
	q, err := inquiry.Save(t.Context(), db, testkit.Clerk, tenant, q)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func search(t *testing.T, db *store.DB, f inquiry.Filter) (list []inquiry.Inquiry) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) error {
		found, total, err := inquiry.Search(rx, tenant, f)
		if total != len(found) {
			t.Errorf("%d of %d", len(found), total)
		}
		list = found
		return err
	})
	return list
}

// An anonymous inquiry counts in the statistics and has no link.
func TestBK701_Record(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db)
		anonymous := save(t, db, asked(nil))
		save(t, db, asked(func(q *inquiry.Inquiry) {
			q.Link, q.Channel, q.Categories, q.Result, q.FollowUp, q.Owner = known, "counter", []string{"bring"}, "call_back", "2026-11-27", "clerk"
		}))
		if anonymous.Link != "" || anonymous.Version != 1 {
			t.Errorf("anonymous: %+v", anonymous)
		}
		var counts []inquiry.Count
		testkit.Read(t, db, func(rx *store.Rx) (err error) {
			counts, err = inquiry.Counts(rx, tenant, inquiry.Filter{})
			return err
		})
		want := []inquiry.Count{{Day: "2026-11-24", Category: "booking", N: 1}, {Day: "2026-11-24", Category: "bring", N: 2}}
		if diff := cmp.Diff(want, counts); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if list := search(t, db, inquiry.Filter{Anonymous: true}); len(list) != 1 || list[0].ID != anonymous.ID || list[0].Link != "" {
			t.Errorf("anonymous ones: %+v", list)
		}
	})
}

func TestBK702_SearchByEachCondition(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		office(t, db)
		first := save(t, db, asked(func(q *inquiry.Inquiry) { q.Link = known }))
		clock.Advance(24 * time.Hour)
		second := save(t, db, asked(func(q *inquiry.Inquiry) {
			q.At, q.Channel, q.Categories, q.Result, q.Answer = testkit.Now.AddDate(0, 0, 1), "mail", []string{"lost"}, "answered", "再発行します。"
			q.FollowUp, q.Owner, q.WindowID = "2026-12-01", "s-2", "W1"
		}))
		for name, c := range map[string]struct {
			f    inquiry.Filter
			want []string
		}{
			"all":               {inquiry.Filter{}, []string{second.ID, first.ID}},
			"from":              {inquiry.Filter{From: "2026-11-25"}, []string{second.ID}},
			"to":                {inquiry.Filter{To: "2026-11-24"}, []string{first.ID}},
			"channel":           {inquiry.Filter{Channel: "mail"}, []string{second.ID}},
			"category":          {inquiry.Filter{Category: "booking"}, []string{first.ID}},
			"result":            {inquiry.Filter{Result: "answered"}, []string{second.ID}},
			"open":              {inquiry.Filter{Open: true}, []string{first.ID}},
			"code":              {inquiry.Filter{Link: known}, []string{first.ID}},
			"anonymous":         {inquiry.Filter{Anonymous: true}, []string{second.ID}},
			"owner":             {inquiry.Filter{Owner: "s-2"}, []string{second.ID}},
			"window":            {inquiry.Filter{Window: "W1"}, []string{second.ID}},
			"to follow up":      {inquiry.Filter{FollowUpBy: "2026-12-01"}, []string{second.ID}},
			"words":             {inquiry.Filter{Text: "再発行"}, []string{second.ID}},
			"two at once":       {inquiry.Filter{Channel: "phone", Category: "bring"}, []string{first.ID}},
			"two that no row":   {inquiry.Filter{Channel: "phone", Category: "lost"}, nil},
			"words that no row": {inquiry.Filter{Text: "%"}, nil},
		} {
			var got []string
			for _, q := range search(t, db, c.f) {
				got = append(got, q.ID)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

// A change names the version that was seen; the second of two is refused.
func TestSave_Change(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db)
		q := save(t, db, asked(nil))
		seen := q
		q.Result, q.Answer, q.Categories = "answered", "お答えしました。", []string{"other"}
		save(t, db, q)
		seen.Result = "complaint"
		before := testkit.Dump(t, db)
		_, err := inquiry.Save(t.Context(), db, testkit.Clerk, tenant, seen)
		testkit.WantFault(t, err, fault.Conflict, "inquiry.changed_meanwhile")
		seen.ID = "nothing"
		_, err = inquiry.Save(t.Context(), db, testkit.Clerk, tenant, seen)
		testkit.WantFault(t, err, fault.NotFound, "inquiry.unknown")
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("a refused change changed the database (-want +got):\n%s", diff)
		}
	})
}

func TestSave_Refuses(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db)
		before := testkit.Dump(t, db)
		for name, c := range map[string]struct {
			edit   func(*inquiry.Inquiry)
			column string
		}{
			"way":               {func(q *inquiry.Inquiry) { q.Channel = "pigeon" }, "channel"},
			"no category":       {func(q *inquiry.Inquiry) { q.Categories = nil }, "categories"},
			"unknown category":  {func(q *inquiry.Inquiry) { q.Categories = []string{"weather"} }, "categories"},
			"result":            {func(q *inquiry.Inquiry) { q.Result = "?" }, "result"},
			"tomorrow":          {func(q *inquiry.Inquiry) { q.At = testkit.Now.Add(time.Hour) }, "at"},
			"no such day":       {func(q *inquiry.Inquiry) { q.FollowUp = "2026-02-30" }, "followUp"},
			"too long":          {func(q *inquiry.Inquiry) { q.Text = strings.Repeat("あ", inquiry.Longest+1) }, "text"},
			"individual number": {func(q *inquiry.Inquiry) { q.Answer = "番号は 123456789018 です" }, "answer"},
			"over two lines":    {func(q *inquiry.Inquiry) { q.Text = "123456\n789018" }, "text"},
			"invisible":         {func(q *inquiry.Inquiry) { q.Text = "a\u202eb" }, "text"},
		} {
			_, err := inquiry.Save(t.Context(), db, testkit.Clerk, tenant, asked(c.edit))
			testkit.WantFault(t, err, fault.Invalid, "inquiry.invalid")
			f, _ := fault.As(err)
			if len(f.Details) != 1 || f.Details[0].Column != c.column {
				t.Errorf("%s: details %+v", name, f.Details)
			}
		}
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("a refused inquiry changed the database (-want +got):\n%s", diff)
		}
	})
}

// A retired choice is offered no more and stays readable; one that is in use
// cannot go.
func TestChoices(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db)
		var c inquiry.Choices
		testkit.Read(t, db, func(rx *store.Rx) (err error) {
			c, err = inquiry.LoadChoices(rx)
			return err
		})
		c.Categories[0].Retired = true
		c.Categories = append(c.Categories, inquiry.Choice{Code: "parking", Name: "駐車場"})
		c.Templates[0].Text = "駐車場は庁舎の北側です。"
		testkit.Write(t, db, testkit.Supervisor, func(tx *store.Tx) (err error) {
			c, err = inquiry.SaveChoices(tx, c, 0)
			return err
		})
		save(t, db, asked(func(q *inquiry.Inquiry) { q.Categories = []string{"parking"} }))
		_, err := inquiry.Save(t.Context(), db, testkit.Clerk, tenant, asked(nil)) // with the retired one
		testkit.WantFault(t, err, fault.Invalid, "inquiry.invalid")
		if c.Categories.Name("booking") != "予約のしかた" {
			t.Errorf("the retired one is called %q", c.Categories.Name("booking"))
		}
		for name, change := range map[string]func(*inquiry.Choices){
			"one less": func(c *inquiry.Choices) { c.Categories = c.Categories[1:] },
			"twelve digits": func(c *inquiry.Choices) {
				c.Channels = append(c.Channels, inquiry.Choice{Code: "x", Name: "123456789018"})
			},
			"and in a title":  func(c *inquiry.Choices) { c.Templates[0].Title = "123456789018" },
			"and in its text": func(c *inquiry.Choices) { c.Templates[0].Text = "123456789018" },
		} {
			bad := c
			bad.Templates = slices.Clone(c.Templates)
			change(&bad)
			before := testkit.Dump(t, db)
			err = db.Write(t.Context(), testkit.Supervisor, func(tx *store.Tx) error {
				_, err := inquiry.SaveChoices(tx, bad, c.Version)
				return err
			})
			testkit.WantFault(t, err, fault.Invalid, "inquiry.bad_choices")
			if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
				t.Errorf("%s: changed (-want +got):\n%s", name, diff)
			}
		}
	})
}

// After the retention of codes the inquiry still counts.
func TestForget(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		office(t, db)
		save(t, db, asked(func(q *inquiry.Inquiry) { q.Link = known }))
		testkit.Write(t, db, testkit.Supervisor, func(tx *store.Tx) error {
			n, err := inquiry.Forget(tx, tenant, store.Stamp(testkit.Now.Add(time.Hour)))
			if n != 1 {
				t.Errorf("%d were made anonymous", n)
			}
			return err
		})
		if list := search(t, db, inquiry.Filter{}); len(list) != 1 || list[0].Link != "" {
			t.Errorf("left: %+v", list)
		}
	})
}
