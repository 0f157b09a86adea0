package console

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"kofu/internal/booking/daylist"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/wish"
	"kofu/internal/testkit"
	"kofu/internal/webtest"
)

// ownOnly may do everything about bookings, at the own window W1 alone.
const ownOnly = "booking.view@own+booking.edit@own+booking.export@own+booking.print@own+reception.work@own+" +
	"resident.view@own+resident.reveal@own+inquiry.edit@own+report.view@own+report.export@own+report.print@own"

// BK-402: whoever works at W1 only neither opens, books, moves, searches, counts
// nor prints anything of W2.
func TestBK402_NothingOfAnotherWindow(t *testing.T) {
	both(t, 3, func(t *testing.T, f *fixture, p people) {
		here := booked(t, f, later, 0)
		there := booked(t, f, "W2@2026-12-08T09:00", 1)
		if _, err := daylist.Make(t.Context(), f.DB, testkit.Supervisor, tenant, f.Server.Press); err != nil {
			t.Fatal(err)
		}
		var lists []DayList
		for _, w := range []string{"W1", "W2"} {
			lists = ask[[]DayList](t, f, "GET", "/api/windows/"+w+"/day-lists", "booking.view", "", http.StatusOK)
		}
		const change = `{"token":"token-00000000000000000009","via":"phone","slotId":%q,"adjacent":false,"override":""}`
		for _, c := range []struct{ method, path, body string }{
			{"GET", "/api/bookings/" + there.ID, ""},
			{"POST", "/api/bookings/" + there.ID + "/contact/reveal", `{"reason":"電話"}`},
			{"POST", "/api/bookings/" + there.ID + "/change", fmt.Sprintf(change, "W1@2026-12-08T10:00")},
			{"POST", "/api/bookings/" + here.ID + "/change", fmt.Sprintf(change, "W2@2026-12-08T10:00")},
			{"POST", "/api/bookings/" + there.ID + "/cancel", `{"token":"token-00000000000000000008","via":"phone","ord":0,"override":""}`},
			{"POST", "/api/bookings/" + there.ID + "/reception", `{"act":"finish","persons":[],"oldCard":false,"handled":[],"memo":""}`},
			{"POST", "/api/bookings/" + there.ID + "/call", `{"counter":"1"}`},
			{"POST", "/api/bookings", bookJSON("own", "W2@2026-12-08T10:00", "web", "", 2)},
			{"POST", "/api/find", fmt.Sprintf(`{"entry":%q}`, there.No)},
			{"GET", "/api/windows/W2/seats?from=2026-12-08&days=1", ""},
			{"GET", "/api/windows/W2/visits", ""},
			{"GET", "/api/windows/W2/day-lists", ""},
			{"GET", "/api/windows/W2/day-lists/" + lists[0].Day, ""},
			{"GET", "/api/reports/visitors?from=2026-12-08&until=2026-12-08&window=W2", ""},
			{"GET", "/api/reports/visitors/file?from=2026-12-08&until=2026-12-08&window=W2&format=csv", ""},
			{"GET", "/api/reports/visitors/print?from=2026-12-08&until=2026-12-08&window=W2&format=pdf", ""},
		} {
			f.As(ownOnly)
			before := f.Content()
			webtest.WantProblem(t, f.Do(c.method, c.path, ownOnly, c.body), http.StatusForbidden, "gate.other_window")
			if f.Content() != before {
				t.Errorf("%s %s changed the database", c.method, c.path)
			}
		}
		for _, c := range []struct{ method, path, body string }{
			{"POST", "/api/search", `{}`},
			{"POST", "/api/search", `{"window":"W2"}`},
			{"POST", "/api/search", fmt.Sprintf(`{"code":%q}`, p.codes[1])},
			{"POST", "/api/search/file", `{"format":"csv"}`},
			{"POST", "/api/find", fmt.Sprintf(`{"entry":%q}`, p.codes[1])},
			{"POST", "/api/inquiries/call", fmt.Sprintf(`{"entry":%q}`, p.codes[1])},
			{"GET", "/api/reports/visitors?from=2026-12-08&until=2026-12-08", ""},
			{"GET", "/api/reports/visitors/file?from=2026-12-08&until=2026-12-08&format=csv", ""},
		} {
			w := f.Do(c.method, c.path, ownOnly, c.body)
			if w.Code != http.StatusOK || strings.Contains(w.Body.String(), there.No) {
				t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, w.Code, w.Body)
			}
			all := strings.NewReplacer("@own", "").Replace(ownOnly)
			if w := f.Do(c.method, c.path, all, c.body); !strings.Contains(w.Body.String(), there.No) {
				t.Errorf("who may everywhere does not see it by %s %s %s: %s", c.method, c.path, c.body, w.Body)
			}
		}
	})
}

// The waiting list and the phone list of the own windows.
func TestBK402_WaitingListOfOwnWindows(t *testing.T) {
	both(t, 2, func(t *testing.T, f *fixture, _ people) {
		var ids []string
		for i, window := range []string{"W1", "W2"} {
			one, err := wish.Put(t.Context(), f.DB, testkit.Supervisor, tenant, wish.Wish{
				Windows: []string{window}, Notify: wish.ByPhone, Lang: "ja", From: "2026-12-07", To: "2026-12-11", Guests: []reserve.Guest{{Link: link(i), Gen: 1, Procs: "receive"}},
			})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, one.ID)
		}
		list := ask[[]WishRow](t, f, "GET", "/api/wishes", ownOnly, "", http.StatusOK)
		if len(list) != 1 || list[0].ID != ids[0] {
			t.Errorf("%+v", list)
		}
		webtest.WantProblem(t, f.Do("POST", "/api/wishes/"+ids[1]+"/withdraw", ownOnly, ""), http.StatusForbidden, "gate.other_window")
		webtest.WantProblem(t, f.Do("POST", "/api/wishes/"+ids[1]+"/answer", ownOnly, `{"token":"t","accept":true}`), http.StatusForbidden, "gate.other_window")
	})
}

// Office seats are given away where they belong: not here, when the appliance
// has them.
func TestBK501_OfficeSeatsElsewhere(t *testing.T) {
	both(t, 1, func(t *testing.T, f *fixture, _ people) {
		w := windowTerms("W1", "本庁 1番窓口")
		w.OfficeSeats = slot.AtOffice
		if _, err := slot.SaveWindow(t.Context(), f.DB, testkit.Supervisor, tenant, w); err != nil {
			t.Fatal(err)
		}
		webtest.WantProblem(t, f.Do("POST", "/api/bookings", clerk, bookJSON("1", later, "office", "", 0)), http.StatusConflict, "console.office_seats_elsewhere")
		ask[BookingRow](t, f, "POST", "/api/bookings", clerk, bookJSON("2", later, "web", "", 0), http.StatusOK)
	})
}

// BK-402, BK-403: a file needs the permission of files and a print that of
// prints; each that goes out is noted once with its rows.
func TestBK403_FilesAndPrints(t *testing.T) {
	both(t, 3, func(t *testing.T, f *fixture, _ people) {
		for n := range 3 {
			booked(t, f, later, n)
		}
		if _, err := daylist.Make(t.Context(), f.DB, testkit.Supervisor, tenant, f.Server.Press); err != nil {
			t.Fatal(err)
		}
		day := ask[[]DayList](t, f, "GET", "/api/windows/W1/day-lists", "booking.view", "", http.StatusOK)[0].Day
		const report = "?from=2026-12-08&until=2026-12-08&format="
		for _, c := range []struct{ method, path, body, as, want string }{
			{"POST", "/api/search/file", `{"format":"csv"}`, "booking.export", "access.exported screen/search"},
			{"POST", "/api/search/file", `{"format":"xlsx"}`, "booking.export", "access.exported screen/search"},
			{"POST", "/api/search/print", `{"format":"pdf"}`, "booking.print", "access.printed screen/search"},
			{"POST", "/api/search/file", `{"format":"pdf"}`, "booking.export", ""},
			{"POST", "/api/search/print", `{"format":"csv"}`, "booking.print", ""},
			{"POST", "/api/search/file", `{"format":"csv"}`, "booking.print", ""},
			{"POST", "/api/search/print", `{"format":"pdf"}`, "booking.export", ""},
			{"GET", "/api/reports/seats/file" + report + "csv", "", "report.export", "access.exported screen/reports"},
			{"GET", "/api/reports/seats/print" + report + "pdf", "", "report.print", "access.printed screen/reports"},
			{"GET", "/api/reports/seats/file" + report + "pdf", "", "report.export", ""},
			{"GET", "/api/reports/seats/print" + report + "csv", "", "report.print", ""},
			{"GET", "/api/reports/seats/file" + report + "csv", "", "report.print", ""},
			{"GET", "/api/windows/W1/day-lists/" + day, "", "booking.view", "access.printed screen/daylist"},
			{"POST", "/api/inquiries/file", `{"format":"csv"}`, "inquiry.edit+booking.export", "access.exported screen/inquiries"},
		} {
			f.As(c.as)
			before := len(looks(t, f))
			w := f.Do(c.method, c.path, c.as, c.body)
			got := strings.Join(looks(t, f)[before:], ", ")
			if got != c.want || (w.Code == http.StatusOK) != (c.want != "") {
				t.Errorf("%s %s %s as %s: %d, noted %q, want %q", c.method, c.path, c.body, c.as, w.Code, got, c.want)
			}
			if strings.Contains(c.body, `"csv"`) && c.path == "/api/search/file" && w.Code == http.StatusOK && strings.Count(w.Body.String(), "\n") < 5 {
				t.Errorf("heading, three bookings and the total: %s", w.Body)
			}
		}
	})
}
