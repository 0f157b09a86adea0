package console

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"kofu/internal/audit"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/terms"
	"kofu/internal/password"
	"kofu/internal/staff"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/webtest"
)

// looks are the notes of the access log as action and object, the oldest first.
func looks(t testing.TB, f *fixture) (list []string) {
	t.Helper()
	testkit.Read(t, f.DB, func(rx *store.Rx) error {
		all, _, err := audit.List(rx, audit.Filter{Limit: 1000})
		for _, one := range all {
			if strings.HasPrefix(one.Action, "access.") {
				list = append([]string{one.Action + " " + one.Object}, list...)
			}
		}
		return err
	})
	return list
}

// BK-403: opening one resident, booking or inquiry writes exactly one view
// record, by whatever route; a search writes one of what was asked for; what is
// refused or an act writes none.
func TestBK403_OneViewRecord(t *testing.T) {
	both(t, 3, func(t *testing.T, f *fixture, p people) {
		const as = clerk + "+inquiry.edit+resident.view" + fields
		b := booked(t, f, later, 0)
		q := ask[InquiryRow](t, f, "POST", "/api/inquiries", as, asked(link(0), "持ち物は?", "通知書です。"), http.StatusOK)
		byCode, byNo := fmt.Sprintf(`{"entry":%q}`, p.codes[0]), fmt.Sprintf(`{"entry":%q}`, b.No)
		person, booking := member.Object(tenant, link(0)), reserve.Object(tenant, b.ID)
		for _, c := range []struct {
			method, path, body string
			status             int
			want               string
		}{
			{"GET", "/api/bookings/" + b.ID, "", 200, "access.viewed " + booking},
			{"POST", "/api/find", byCode, 200, "access.viewed " + person},
			{"POST", "/api/find", byNo, 200, "access.viewed " + booking},
			{"POST", "/api/inquiries/call", byCode, 200, "access.viewed " + person},
			{"POST", "/api/inquiries/call", byNo, 200, "access.viewed " + booking},
			{"GET", "/api/inquiries/" + q.ID, "", 200, "access.viewed inquiry/" + q.ID},
			{"POST", "/api/arrivals", arrive(string(p.codes[0]), "W1", false), 200, "access.viewed " + person}, // of another day: not received
			{"POST", "/api/arrivals", arrive(b.No, "W1", true), 200, ""},                                       // the act is in the log
			{"POST", "/api/arrivals", arrive(b.No, "W1", false), 200, "access.viewed " + booking},              // here already
			{"POST", "/api/search", `{"no":"` + b.No + `"}`, 200, "access.searched screen/search"},
			{"POST", "/api/inquiries/search", `{"channel":"phone"}`, 200, "access.searched screen/inquiries"},
			{"GET", "/api/windows/W1/visits", "", 200, ""},
			{"GET", "/api/bookings/unknown", "", 404, ""},
			{"POST", "/api/find", `{"entry":"11-9999"}`, 404, ""},
		} {
			before := len(looks(t, f))
			if w := f.Do(c.method, c.path, as, c.body); w.Code != c.status {
				t.Fatalf("%s %s: %d %s", c.method, c.path, w.Code, w.Body)
			}
			got := strings.Join(looks(t, f)[before:], ", ")
			if got != c.want {
				t.Errorf("%s %s %s noted %q, want %q", c.method, c.path, c.body, got, c.want)
			}
		}
		before := len(looks(t, f))
		webtest.WantProblem(t, f.Do("GET", "/api/bookings/"+b.ID, "report.view", ""), http.StatusForbidden, "gate.forbidden")
		if n := len(looks(t, f)); n != before {
			t.Errorf("a refusal noted %d views", n-before)
		}
	})
}

// BK-403: where the municipality asks for a reason, a record opens with one only.
func TestBK403_ReasonWhereAsked(t *testing.T) {
	both(t, 1, func(t *testing.T, f *fixture, p people) {
		b := booked(t, f, later, 0)
		testkit.Write(t, f.DB, testkit.Supervisor, func(tx *store.Tx) error {
			_, err := staff.SaveAccess(tx, staff.Access{IdleMinutes: 30, ReasonScreens: []string{screenBooking}}, 0, netip.Addr{})
			return err
		})
		open := func(method, path, body, reason string) (code int, text string) {
			r := f.Request(method, path, clerk, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set(reasonHeader, url.PathEscape(reason))
			w := f.Send(r)
			return w.Code, w.Body.String()
		}
		for _, c := range [][3]string{
			{"GET", "/api/bookings/" + b.ID, ""}, {"POST", "/api/find", fmt.Sprintf(`{"entry":%q}`, p.codes[0])},
		} {
			code, text := open(c[0], c[1], c[2], " ")
			if code != http.StatusUnprocessableEntity || !strings.Contains(text, "accesslog.reason_missing") || strings.Contains(text, b.No) {
				t.Errorf("%s without a reason: %d %s", c[1], code, text)
			}
			if code, text = open(c[0], c[1], c[2], "本人から電話"); code != http.StatusOK || !strings.Contains(text, b.No) {
				t.Errorf("%s with a reason: %d %s", c[1], code, text)
			}
		}
		if n := strings.Count(testkit.Dump(t, f.DB), "本人から電話"); n != 2 || strings.Contains(f.Log.String(), "本人") {
			t.Errorf("the reason stands %d times in the database", n)
		}
	})
}

// BK-106: staff tell a number, for a reason, with the permission and where the
// municipality works so; it stands nowhere and the one before it is dead.
func TestBK106_NumberForAPassword(t *testing.T) {
	both(t, 1, func(t *testing.T, f *fixture, p people) {
		const may = "booking.edit+password.edit"
		body := fmt.Sprintf(`{"link":%q,"reason":"窓口で運転免許証を確認"}`, link(0))
		webtest.WantProblem(t, f.Do("POST", "/api/reset-numbers", may, body), http.StatusConflict, "console.no_reset_numbers")
		version := 0
		policy := func(resetBy string) {
			testkit.Write(t, f.DB, testkit.Supervisor, func(tx *store.Tx) error {
				p := terms.DefaultPolicy()
				p.AuthModes, p.ResetBy = []terms.Mode{terms.LinkPassword}, resetBy
				_, err := terms.SavePolicy(tx, tenant, p, version)
				version++
				return err
			})
		}
		policy("post")
		webtest.WantProblem(t, f.Do("POST", "/api/reset-numbers", may, body), http.StatusConflict, "console.no_reset_numbers")
		policy("pin")
		before := testkit.Dump(t, f.DB, "audit", "audit_body", "audit_hash", "audit_pending", "staff_session")
		for _, c := range []struct {
			as, body string
			status   int
			code     string
		}{
			{"booking.edit", body, http.StatusForbidden, "gate.forbidden"},
			{may, fmt.Sprintf(`{"link":%q,"reason":" "}`, link(0)), http.StatusUnprocessableEntity, "accesslog.reason_missing"},
			{may, `{"link":"nobody","reason":"窓口"}`, http.StatusNotFound, "member.unknown"},
		} {
			webtest.WantProblem(t, f.Do("POST", "/api/reset-numbers", c.as, c.body), c.status, c.code)
		}
		if strings.Contains(testkit.Dump(t, f.DB), "reset_issued") || strings.Count(before, "member_reset") != strings.Count(testkit.Dump(t, f.DB), "member_reset") {
			t.Error("a refusal issued a number")
		}
		looked := len(looks(t, f))
		first := ask[ResetNumber](t, f, "POST", "/api/reset-numbers", may, body, http.StatusOK)
		second := ask[ResetNumber](t, f, "POST", "/api/reset-numbers", may, body, http.StatusOK)
		if len(first.PIN) != 6 || second.Until != store.Stamp(testkit.Now.Add(member.PINLasts)) {
			t.Errorf("%+v %+v", first, second)
		}
		if got := looks(t, f)[looked:]; len(got) != 2 || got[1] != "access.revealed "+member.Object(tenant, link(0)) {
			t.Errorf("noted %v", got)
		}
		dump := testkit.Dump(t, f.DB)
		if strings.Contains(dump, second.PIN) || strings.Contains(f.Log.String(), second.PIN) || !strings.Contains(dump, "運転免許証") {
			t.Error("the number stands somewhere, or the reason nowhere")
		}
		cheap := member.NewHasher(password.Cost{Memory: 64, Time: 1}, member.NewPool(), func(text string) string { return text })
		use := func(pin string) error {
			return member.ResetByPIN(t.Context(), f.DB, testkit.Supervisor, f.Server.codes(), cheap, member.Attempt{
				Tenant: tenant, Code: p.codes[0], Address: netip.MustParseAddr("192.0.2.1"),
			}, pin, "correct horse battery")
		}
		if first.PIN != second.PIN && use(first.PIN) == nil {
			t.Error("the number before still works")
		}
		if err := use(second.PIN); err != nil {
			t.Error(err)
		}
		if use(second.PIN) == nil {
			t.Error("the number works twice")
		}
	})
}

// Who works with inquiries at the own windows neither finds, opens, changes nor
// exports those of others; a file needs both permissions.
func TestBK402_InquiriesOfOwnWindows(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		at := func(window string) string {
			return strings.Replace(asked("", "持ち物は?", "通知書です。"), `"windowId":"W1"`, fmt.Sprintf(`"windowId":%q`, window), 1)
		}
		ids := map[string]string{}
		for _, window := range []string{"W1", "W2", ""} {
			ids[window] = ask[InquiryRow](t, f, "POST", "/api/inquiries", caller, at(window), http.StatusOK).ID
		}
		const own = "inquiry.edit@own+booking.export"
		list := ask[InquiryList](t, f, "POST", "/api/inquiries/search", own, `{}`, http.StatusOK)
		if list.Total != 2 || list.Counts[0].Count != 2 {
			t.Errorf("finds %+v", list)
		}
		webtest.WantProblem(t, f.Do("GET", "/api/inquiries/"+ids["W2"], own, ""), http.StatusForbidden, "gate.other_window")
		webtest.WantProblem(t, f.Do("POST", "/api/inquiries", own, at("W2")), http.StatusForbidden, "gate.other_window")
		for _, window := range []string{"W1", "W2"} { // neither from nor to another window
			change := strings.Replace(at(map[string]string{"W1": "W2", "W2": "W1"}[window]), `"version":0`, `"version":1`, 1)
			webtest.WantProblem(t, f.Do("PUT", "/api/inquiries/"+ids[window], own, change), http.StatusForbidden, "gate.other_window")
		}
		w := f.Do("POST", "/api/inquiries/file", own, `{"format":"csv"}`)
		if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "南出張所") || !strings.Contains(w.Body.String(), "本庁 1番窓口") {
			t.Errorf("the file: %d %s", w.Code, w.Body)
		}
		webtest.WantProblem(t, f.Do("POST", "/api/inquiries/file", "booking.export", `{"format":"csv"}`), http.StatusForbidden, "gate.forbidden")
	})
}

// BK-502: what reception can write down is a list of the municipality; a retired
// line stays readable and is offered no more.
func TestBK502_HandledIsTheListOfTheMunicipality(t *testing.T) {
	both(t, 2, func(t *testing.T, f *fixture, p people) {
		b := booked(t, f, today9, 0, 1)
		ask[ArrivalResult](t, f, "POST", "/api/arrivals", clerk, arrive(b.No, "W1", false), http.StatusOK)
		finish := func(person int, code string) string {
			return fmt.Sprintf(`{"act":"finish","persons":[%d],"oldCard":false,"handled":[%q],"memo":""}`, person, code)
		}
		path := "/api/bookings/" + b.ID + "/reception"
		ask[BookingRow](t, f, "POST", path, clerk, finish(1, "delivered"), http.StatusOK)
		c := ask[InquiryChoices](t, f, "GET", "/api/inquiry-choices", master, "", http.StatusOK)
		for i := range c.Handled {
			c.Handled[i].Retired = c.Handled[i].Code == "delivered"
		}
		c.Handled = append(c.Handled, InquiryChoice{Code: "photo", Name: "写真の撮影"})
		ask[InquiryChoices](t, f, "PUT", "/api/inquiry-choices", master, jsonOf(t, c), http.StatusOK)
		webtest.WantProblem(t, f.Do("POST", path, clerk, finish(2, "delivered")), http.StatusUnprocessableEntity, "booking.bad_handled")
		done := ask[BookingRow](t, f, "POST", path, clerk, finish(2, "photo"), http.StatusOK)
		if done.Persons[0].Handled[0] != "カード交付" || done.Persons[1].Handled[0] != "写真の撮影" {
			t.Errorf("%+v", done.Persons)
		}
		w := f.Do("GET", "/api/handled", clerk, "")
		if !strings.Contains(w.Body.String(), "写真の撮影") || strings.Contains(w.Body.String(), "カード交付") {
			t.Errorf("offered: %s", w.Body)
		}
	})
}
