package console

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"kofu/internal/testkit"
	"kofu/internal/webtest"
)

const caller = "inquiry.edit+booking.view+booking.export"

func asked(link, text, answer string) string {
	return fmt.Sprintf(`{"version":0,"at":"","channel":"phone","categories":["bring"],"result":"answered","windowId":"W1","text":%q,"answer":%q,"link":%q,"followUp":"","owner":""}`, text, answer, link)
}

// An anonymous inquiry counts in the statistics and has no link.
func TestBK701_ThroughTheConsole(t *testing.T) {
	both(t, 1, func(t *testing.T, f *fixture, _ people) {
		q := ask[InquiryRow](t, f, "POST", "/api/inquiries", caller, asked("", "持ち物は?", "通知書です。"), http.StatusOK)
		list := ask[InquiryList](t, f, "POST", "/api/inquiries/search", caller, `{"anonymous":true}`, http.StatusOK)
		if q.Link != "" || list.Total != 1 || len(list.Counts) != 1 || list.Counts[0].Count != 1 || list.Counts[0].Category != "bring" {
			t.Errorf("%+v %+v", q, list)
		}
		change := strings.Replace(asked("", "持ち物は?", "通知書と本人確認書類です。"), `"version":0`, `"version":1`, 1)
		if q = ask[InquiryRow](t, f, "PUT", "/api/inquiries/"+q.ID, caller, change, http.StatusOK); q.Version != 2 {
			t.Errorf("%+v", q)
		}
		before := f.Content()
		webtest.WantProblem(t, f.Do("PUT", "/api/inquiries/"+q.ID, caller, change), http.StatusConflict, "inquiry.changed_meanwhile")
		webtest.WantProblem(t, f.Do("POST", "/api/inquiries", caller, `{"version":0,"at":"","channel":"","categories":[],"result":"","windowId":"","text":"","answer":"","link":"","followUp":"","owner":""}`),
			http.StatusUnprocessableEntity, "inquiry.invalid")
		webtest.WantProblem(t, f.Do("POST", "/api/inquiries", caller, asked("no-such-link", "x", "")), http.StatusNotFound, "member.unknown")
		if f.Content() != before {
			t.Error("a refused inquiry changed the database")
		}
	})
}

// A code shows its two bookings and three inquiries at once; a template that was
// edited is saved as it was sent.
func TestBK702_CallAndFile(t *testing.T) {
	both(t, 2, func(t *testing.T, f *fixture, p people) {
		first := booked(t, f, later, 0)
		ask[BookingRow](t, f, "POST", "/api/bookings/"+first.ID+"/cancel", clerk, fmt.Sprintf(`{"token":"cancel-of-the-first-%020d","via":"phone","ord":0,"override":"試験"}`, 1), http.StatusOK)
		booked(t, f, "W1@2026-12-08T09:30", 0)
		booked(t, f, "W1@2026-12-08T10:00", 1)
		template := ask[InquiryOffer](t, f, "GET", "/api/inquiries/offer", caller, "", http.StatusOK).Choices.Templates[0]
		for n := range 3 {
			ask[InquiryRow](t, f, "POST", "/api/inquiries", caller, asked(link(0), fmt.Sprintf("質問%d", n), template.Text+"お待ちしています。"), http.StatusOK)
		}
		ask[InquiryRow](t, f, "POST", "/api/inquiries", caller, asked(link(1), "=1+1", ""), http.StatusOK)
		call := ask[PhoneCall](t, f, "POST", "/api/inquiries/call", caller, fmt.Sprintf(`{"entry":%q}`, p.codes[0].Format()), http.StatusOK)
		if len(call.Bookings) != 2 || len(call.Inquiries) != 3 || call.Inquiries[0].Answer != template.Text+"お待ちしています。" {
			t.Errorf("%d bookings, %d inquiries %+v", len(call.Bookings), len(call.Inquiries), call.Inquiries)
		}
		byNumber := ask[PhoneCall](t, f, "POST", "/api/inquiries/call", caller, fmt.Sprintf(`{"entry":%q}`, first.No), http.StatusOK)
		if len(byNumber.Bookings) != 2 || len(byNumber.Inquiries) != 3 {
			t.Errorf("by number: %+v", byNumber)
		}
		for _, format := range []string{"csv", "csv-cp932", "xlsx"} {
			w := f.Do("POST", "/api/inquiries/file", caller, fmt.Sprintf(`{"text":"質問","format":%q}`, format))
			if w.Code != http.StatusOK {
				t.Fatal(w.Body)
			}
			if format != "csv" {
				continue
			}
			rows, err := csv.NewReader(strings.NewReader(w.Body.String())).ReadAll()
			if err != nil || len(rows) != 4 || strings.Contains(w.Body.String(), link(0)) {
				t.Errorf("%v %v", rows, err)
			}
		}
		if !strings.Contains(testkit.Dump(t, f.DB), "access.exported") {
			t.Error("the file is not in the log")
		}
	})
}

func TestBK702_Choices(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		c := ask[InquiryChoices](t, f, "GET", "/api/inquiry-choices", master, "", http.StatusOK)
		c.Templates[0].Text = "持ち物は交付通知書です。"
		c.Channels[0].Retired = true
		c = ask[InquiryChoices](t, f, "PUT", "/api/inquiry-choices", master, jsonOf(t, c), http.StatusOK)
		if c.Version != 1 || !c.Channels[0].Retired {
			t.Errorf("%+v", c)
		}
		c.Channels = c.Channels[1:]
		webtest.WantProblem(t, f.Do("PUT", "/api/inquiry-choices", master, jsonOf(t, c)), http.StatusUnprocessableEntity, "inquiry.bad_choices")
		old := ask[InquiryChoices](t, f, "GET", "/api/inquiry-choices/history/1", master, "", http.StatusOK)
		if old.Templates[0].Text != "持ち物は交付通知書です。" {
			t.Errorf("%+v", old)
		}
	})
}
