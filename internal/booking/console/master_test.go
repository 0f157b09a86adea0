package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/jpdate"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/webtest"
)

const master = "master.edit+opening.edit"

func jsonOf(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A document has its history; who saves over somebody else is told so, and a bad
// value is named by its field.
func TestMaster_PolicyWithHistory(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		p := ask[terms.Policy](t, f, "GET", "/api/policy", master, "", http.StatusOK)
		p.OfferHours, p.Colour = 48, "#004080"
		p = ask[terms.Policy](t, f, "PUT", "/api/policy", master, jsonOf(t, p), http.StatusOK)
		if p.Version != 1 || p.OfferHours != 48 {
			t.Errorf("%+v", p)
		}
		before := f.Content()
		stale := p
		stale.Version = 0
		webtest.WantProblem(t, f.Do("PUT", "/api/policy", master, jsonOf(t, stale)), http.StatusConflict, "settings.changed_meanwhile")
		bad := p
		bad.Colour = "#ffff00"
		w := f.Do("PUT", "/api/policy", master, jsonOf(t, bad))
		webtest.WantProblem(t, w, http.StatusUnprocessableEntity, "terms.bad_policy")
		if !strings.Contains(w.Body.String(), `"colour"`) {
			t.Error(w.Body)
		}
		if f.Content() != before {
			t.Error("a refused policy changed the database")
		}
		history := ask[[]Edition](t, f, "GET", "/api/policy/history", master, "", http.StatusOK)
		old := ask[terms.Policy](t, f, "GET", "/api/policy/history/1", master, "", http.StatusOK)
		if len(history) != 1 || history[0].By == "" || old.OfferHours != 48 {
			t.Errorf("%+v %+v", history, old)
		}
	})
}

// Period and hours of the site are those of the master.
func TestBK305_TownThroughTheConsole(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		town := ask[Town](t, f, "GET", "/api/town", master, "", http.StatusOK)
		town.FromMinute, town.UntilMinute, town.OpensOn, town.ClosesOn = 540, 1200, "2026-12-01", "2027-03-31"
		if got := ask[Town](t, f, "PUT", "/api/town", master, jsonOf(t, town), http.StatusOK); got != town {
			t.Errorf("%+v", got)
		}
		town.ClosesOn = "2026-11-01"
		webtest.WantProblem(t, f.Do("PUT", "/api/town", master, jsonOf(t, town)), http.StatusUnprocessableEntity, "slot.bad_tenant")
	})
}

func TestMaster_Procedure(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		list := ask[[]ProcedureForm](t, f, "GET", "/api/procedures", master, "", http.StatusOK)
		p := list[1]
		p.Units, p.Windows, p.Book = 2, []string{"W2"}, &Deadline{Days: 2, Minute: 720}
		ask[SlotReport](t, f, "PUT", "/api/procedures/"+string(p.Code), master, jsonOf(t, p), http.StatusOK)
		list = ask[[]ProcedureForm](t, f, "GET", "/api/procedures", master, "", http.StatusOK)
		if list[1].Units != 2 || len(list[1].Windows) != 1 || list[1].Book.Minute != 720 || list[0].Book != nil {
			t.Errorf("%+v", list[1])
		}
		p.Units = 0
		webtest.WantProblem(t, f.Do("PUT", "/api/procedures/"+string(p.Code), master, jsonOf(t, p)), http.StatusUnprocessableEntity, "slot.bad_procedure")
	})
}

// The master adds a field and takes it away; it stays for its answers.
func TestBK107_FieldsThroughTheConsole(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		body := `{"version":%d,"list":[%s]}`
		chair := `{"id":"wheelchair","kind":"checkbox","labels":{"ja":"車いすを使う"},"help":{},"options":[],"use":{"link":"hidden"},"longest":0,"pattern":"","order":1,"personal":"off","keepDays":0,"inList":true,"heading":"車いす","inMail":true,"deleted":false}`
		got := ask[terms.Fields](t, f, "PUT", "/api/fields", master, fmt.Sprintf(body, 0, chair), http.StatusOK)
		if len(got.List) != 1 || got.List[0].Label("en") != "車いすを使う" {
			t.Errorf("%+v", got)
		}
		before := f.Content()
		typed := strings.Replace(chair, `"checkbox"`, `"text"`, 1)
		webtest.WantProblem(t, f.Do("PUT", "/api/fields", master, fmt.Sprintf(body, 1, typed)), http.StatusUnprocessableEntity, "terms.bad_field")
		if f.Content() != before {
			t.Error("a refused field changed the database")
		}
		got = ask[terms.Fields](t, f, "PUT", "/api/fields", master, fmt.Sprintf(body, 1, ""), http.StatusOK)
		if len(got.List) != 1 || !got.List[0].Deleted || len(got.Shown(terms.PIIFull)) != 0 {
			t.Errorf("deleted %+v", got)
		}
	})
}

// Overriding 受取 reaches what the console itself says; resetting restores it.
func TestBK801_WordingThroughTheConsole(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		key := terms.ProcedureKey(slot.Receive)
		name := func() string {
			return ask[Choices](t, f, "GET", "/api/choices", master, "", http.StatusOK).Procedures[0].Label
		}
		usual := name()
		shown := ask[LabelShown](t, f, "POST", "/api/labels/preview", master, fmt.Sprintf(`{"lang":"ja-easy","key":%q,"text":"予約(よやく)<b>"}`, key), http.StatusOK)
		if !strings.Contains(shown.HTML, "<rt>よやく</rt>") || strings.Contains(shown.HTML, "<b>") {
			t.Error(shown.HTML)
		}
		ask[terms.Wording](t, f, "PUT", "/api/wording", master, fmt.Sprintf(`{"version":0,"texts":{"ja":{%q:"カードの引き取り"}}}`, key), http.StatusOK)
		if name() != "カードの引き取り" {
			t.Error(name())
		}
		for _, l := range ask[[]Label](t, f, "GET", "/api/labels?lang=ja", master, "", http.StatusOK) {
			if (l.Own != "") != (l.Key == key) {
				t.Errorf("%+v", l)
			}
		}
		w := f.Do("PUT", "/api/wording", master, fmt.Sprintf(`{"version":1,"texts":{"ja":{%q:"{nonsense}"}}}`, key))
		webtest.WantProblem(t, w, http.StatusUnprocessableEntity, "terms.bad_wording")
		ask[terms.Wording](t, f, "PUT", "/api/wording", master, `{"version":1,"texts":{}}`, http.StatusOK)
		if name() != usual {
			t.Error(name())
		}
	})
}

// Without {{受付番号}} the mail is refused, and the error names it.
func TestBK802_MailThroughTheConsole(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		forms := ask[MailForms](t, f, "GET", "/api/mail-forms?lang=ja", master, "", http.StatusOK)
		booked := forms.Forms[0]
		if len(forms.Forms) != len(terms.MailKinds) || booked.Own || !booked.Variables[0].Must {
			t.Fatalf("%+v", booked)
		}
		change := MailChange{Kind: booked.Kind, Lang: "ja", Sheet: booked.Sheet}
		change.Sheet.Body = strings.ReplaceAll(booked.Sheet.Body, "{{受付番号}}", "")
		f.As(master)
		before := f.Content()
		w := f.Do("PUT", "/api/mail-forms", master, jsonOf(t, change))
		webtest.WantProblem(t, w, http.StatusUnprocessableEntity, "terms.bad_template")
		if !strings.Contains(w.Body.String(), "{{受付番号}}") {
			t.Error(w.Body)
		}
		if f.Content() != before {
			t.Error("a refused mail changed the database")
		}
		change.Sheet.Body = booked.Sheet.Body + "\n駐車場は北側です。"
		shown := ask[terms.Sheet](t, f, "POST", "/api/mail-forms/preview", master, jsonOf(t, MailDraft{Kind: change.Kind, Lang: "ja", Sheet: change.Sheet}), http.StatusOK)
		if strings.Contains(shown.Body, "{{") || !strings.Contains(shown.Body, "駐車場は北側です。") {
			t.Error(shown.Body)
		}
		forms = ask[MailForms](t, f, "PUT", "/api/mail-forms", master, jsonOf(t, change), http.StatusOK)
		if !forms.Forms[0].Own || forms.Version != 1 {
			t.Errorf("%+v", forms.Forms[0])
		}
		webtest.WantProblem(t, f.Do("PUT", "/api/mail-forms", master, jsonOf(t, change)), http.StatusConflict, "settings.changed_meanwhile")
		draft := MailDraft{Kind: change.Kind, Lang: "ja", Sheet: change.Sheet, To: "nobody"}
		webtest.WantProblem(t, f.Do("POST", "/api/mail-forms/test", master, jsonOf(t, draft)), http.StatusUnprocessableEntity, "terms.bad_template")
		ask[MailForms](t, f, "PUT", "/api/mail-forms", master, jsonOf(t, MailChange{Version: 1, Kind: change.Kind, Lang: "ja"}), http.StatusOK)
		old := ask[MailForms](t, f, "GET", "/api/mail-forms/history/1?lang=ja", master, "", http.StatusOK)
		history := ask[[]Edition](t, f, "GET", "/api/mail-forms/history", master, "", http.StatusOK)
		if !strings.Contains(old.Forms[0].Sheet.Body, "駐車場") || len(history) != 2 {
			t.Errorf("%+v %+v", old.Forms[0].Sheet, history)
		}
	})
}

// The password of the mail server comes in, is sealed and never goes out.
func TestBK802_MailServer(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		body := `{"version":0,"host":"mail.kofu.example","port":587,"security":"starttls","user":"yoyaku","password":"hunter2-long","stored":false}`
		m := ask[MailServerForm](t, f, "PUT", "/api/mail-server", master, body, http.StatusOK)
		if !m.Stored || m.Password != "" || m.Version != 1 || strings.Contains(f.Content(), "hunter2") {
			t.Errorf("%+v", m)
		}
		w := f.Do("PUT", "/api/mail-server", master, strings.Replace(body, "587", "0", 1))
		webtest.WantProblem(t, w, http.StatusUnprocessableEntity, "terms.bad_server")
		if strings.Contains(f.Log.String(), "hunter2") {
			t.Error("the password is in the log")
		}
	})
}

// A notice shows between its times, in Japanese where the reader's language has
// no text.
func TestBK803_NoticeThroughTheConsole(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		body := `{"version":0,"list":[{"id":"n1","pages":["top"],"from":"2026-12-01 00:00","until":"2026-12-03 24:00","texts":{"ja":"年末はこみます。"}}]}`
		n := ask[terms.Notices](t, f, "PUT", "/api/notices", master, body, http.StatusOK)
		for at, want := range map[string]int{"2026-11-30T14:59:59Z": 0, "2026-11-30T15:00:00Z": 1, "2026-12-03T14:59:59Z": 1, "2026-12-03T15:00:00Z": 0} {
			moment, err := time.Parse(time.RFC3339, at)
			if err != nil {
				t.Fatal(err)
			}
			if got := n.Show(moment, terms.PageTop, "en"); len(got) != want {
				t.Errorf("%s: %v", at, got)
			}
		}
		w := f.Do("PUT", "/api/notices", master, `{"version":1,"list":[{"id":"n1","pages":["top"],"from":"2026-12-04 00:00","until":"2026-12-03 24:00","texts":{"ja":"x"}}]}`)
		webtest.WantProblem(t, w, http.StatusUnprocessableEntity, "terms.bad_notice")
		if !strings.Contains(w.Body.String(), `"until"`) {
			t.Error(w.Body)
		}
	})
}

// A list of holidays is shown before it is taken over; business days follow it.
func TestBK804_HolidaysThroughTheConsole(t *testing.T) {
	both(t, 0, func(t *testing.T, f *fixture, _ people) {
		var file strings.Builder
		file.WriteString("国民の祝日・休日月日,国民の祝日・休日名称\n")
		for _, h := range jpdate.Holidays(2026) {
			year, month, day := h.Day.Parts()
			fmt.Fprintf(&file, "%d/%d/%d,%s\n", year, month, day, h.Name)
		}
		file.WriteString("2026/12/28,臨時の休日\n")
		f.As(master)
		before := f.Content()
		var dry, done Holidays
		read(t, upload(t, f, "/api/holidays?dry=1", master, "syukujitsu.csv", file.String()), http.StatusOK, &dry)
		if len(dry.Added) != 1 || dry.Added[0].Day != "2026-12-28" || f.Content() != before {
			t.Errorf("dry %+v", dry)
		}
		beforeFourth := func() (day jpdate.Day) {
			testkit.Read(t, f.DB, func(rx *store.Rx) error {
				c, err := slot.CalendarOf(rx, tenant, "W1")
				day = c.AddBusiness("2027-01-04", -1)
				return err
			})
			return day
		}
		if got := beforeFourth(); got != "2026-12-28" {
			t.Errorf("one business day before 1/4 is %s", got)
		}
		read(t, upload(t, f, "/api/holidays?dry=0", master, "syukujitsu.csv", file.String()), http.StatusOK, &done)
		if got := beforeFourth(); got != "2026-12-25" {
			t.Errorf("with a holiday on 12/28 it is %s", got)
		}
	})
}
