package terms_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/fault"
	"kofu/internal/settings"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

const tenant = 1

// town adds municipality 1 and 2 and returns the view of the first.
func town(t testing.TB, db *store.DB) *store.DB {
	t.Helper()
	for id, host := range map[int]string{1: "a.example", 2: "b.example"} {
		err := slot.AddTenant(t.Context(), db.For(id), testkit.Supervisor, slot.Tenant{ID: id, Host: host, Name: "市", PartyMax: 4, UntilMinute: 1440})
		if err != nil {
			t.Fatal(err)
		}
	}
	return db.For(tenant)
}

func load(t testing.TB, db *store.DB, id int) (all *terms.Terms) {
	t.Helper()
	testkit.Read(t, db.For(id), func(rx *store.Rx) (err error) {
		all, err = terms.Load(rx, id)
		return err
	})
	return all
}

// detail returns the first detail of a refusal.
func detail(t testing.TB, err error) fault.Detail {
	t.Helper()
	e, ok := fault.As(err)
	if !ok || len(e.Details) == 0 {
		t.Fatalf("%v has no details", err)
	}
	return e.Details[0]
}

func TestPolicy(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		db = town(t, db)
		if diff := cmp.Diff(terms.DefaultPolicy(), load(t, db, tenant).Policy); diff != "" {
			t.Errorf("not the defaults:\n%s", diff)
		}
		save := func(change func(*terms.Policy), seen int) error {
			p := terms.DefaultPolicy()
			change(&p)
			return db.Write(t.Context(), testkit.Supervisor, func(tx *store.Tx) error {
				_, err := terms.SavePolicy(tx, tenant, p, seen)
				return err
			})
		}
		before := testkit.Dump(t, db)
		for field, change := range map[string]func(*terms.Policy){
			"authModes":      func(p *terms.Policy) { p.AuthModes = nil },
			"pii":            func(p *terms.Policy) { p.PII = "all" },
			"confirmMinutes": func(p *terms.Policy) { p.ConfirmMinutes = 0 },
			"offerHours":     func(p *terms.Policy) { p.OfferHours = 1 },
			"languages":      func(p *terms.Policy) { p.Languages = []string{"en", "ja"} },
			"colour":         func(p *terms.Policy) { p.Colour = "#ffff00" },
			"senderAddress":  func(p *terms.Policy) { p.SenderAddress = "a@example.jp\r\nBcc: b@example.jp" },
			"senderName":     func(p *terms.Policy) { p.SenderName = "市\r\nX: y" },
			"phone":          func(p *terms.Policy) { p.Phone = "○○課" },
		} {
			err := save(change, 0)
			testkit.WantFault(t, err, fault.Invalid, "terms.bad_policy")
			if got := detail(t, err).Column; got != field {
				t.Errorf("%s: the refusal names %s", field, got)
			}
		}
		for field, text := range map[string]func(*terms.Policy) *string{ // may be a 個人番号
			"hours":      func(p *terms.Policy) *string { return &p.Hours },
			"senderName": func(p *terms.Policy) *string { return &p.SenderName },
			"privacy":    func(p *terms.Policy) *string { return &p.Privacy },
		} {
			err := save(func(p *terms.Policy) { *text(p) = "番号 123456789018" }, 0)
			testkit.WantFault(t, err, fault.Invalid, "terms.bad_policy")
			if got := detail(t, err); got.Column != field || got.Value != "" {
				t.Errorf("%s: the refusal says %+v", field, got)
			}
		}
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("refused policies changed the database:\n%s", diff)
		}
		if err := save(func(p *terms.Policy) { p.ContactDays = 14 }, 0); err != nil {
			t.Fatal(err)
		}
		testkit.WantFault(t, save(func(*terms.Policy) {}, 0), fault.Conflict, "settings.changed_meanwhile")
		if got, other := load(t, db, tenant).Policy, load(t, db, 2).Policy; got.ContactDays != 14 || got.Version != 1 || other.ContactDays != 7 {
			t.Errorf("%+v, the neighbour %+v", got, other)
		}
	})
}

// A transaction of another municipality finds no document of this one.
func TestDocuments_OfTheTenantOnly(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		db = town(t, db)
		err := db.For(2).Read(t.Context(), func(rx *store.Rx) error {
			_, err := terms.LoadPolicy(rx, tenant)
			return err
		})
		if err == nil {
			t.Error("no error")
		}
	})
}

func saveWording(t testing.TB, db *store.DB, key, text string, seen int) error {
	t.Helper()
	return db.Write(t.Context(), testkit.Supervisor, func(tx *store.Tx) error {
		_, err := terms.SaveWording(tx, tenant, terms.Wording{Texts: map[string]map[string]string{"ja": {key: text}}}, seen)
		return err
	})
}

// A word of the tenant's own stands on its pages only, and reset brings the
// built-in one back, through the cache too.
func TestBK801_Wording(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		db = town(t, db)
		cache := terms.NewCache(tenant)
		label := func(lang string) (text string) {
			testkit.Read(t, db, func(rx *store.Rx) error {
				all, err := cache.Load(rx)
				if err == nil {
					text = all.Words(lang).Plain(terms.ProcedureKey(slot.Receive))
				}
				return err
			})
			return text
		}
		builtin, english := label("ja"), label("en")
		if err := saveWording(t, db, "procedure.receive", "お渡し", 0); err != nil {
			t.Fatal(err)
		}
		if got := label("ja"); got != "お渡し" {
			t.Errorf("own word: %q", got)
		}
		if got := label("en"); got != english {
			t.Errorf("the other language changed to %q", got)
		}
		if got := load(t, db, 2).Words("ja").Plain("procedure.receive"); got != builtin {
			t.Errorf("the neighbour's word changed to %q", got)
		}
		if err := saveWording(t, db, "procedure.receive", builtin, 1); err != nil {
			t.Fatal(err)
		}
		if got := label("ja"); got != builtin {
			t.Errorf("after reset: %q", got)
		}
		for _, e := range load(t, db, tenant).Wording.Entries("ja") {
			if e.Own != "" || e.Default == "" {
				t.Errorf("entry %+v", e)
			}
		}
		before := testkit.Dump(t, db)
		for key, code := range map[string]string{"no.such.key": "terms.key_unknown"} {
			err := saveWording(t, db, key, "x", 2)
			testkit.WantFault(t, err, fault.Invalid, "terms.bad_wording")
			if got := detail(t, err).Code; got != code {
				t.Errorf("%s: %s", key, got)
			}
		}
		for text, code := range map[string]string{"{nobody}様": "terms.place_unknown", "番号 123456789018": "terms.text"} {
			err := saveWording(t, db, "procedure.receive", text, 2)
			testkit.WantFault(t, err, fault.Invalid, "terms.bad_wording")
			if got := detail(t, err).Code; got != code {
				t.Errorf("%s: %s", text, got)
			}
		}
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("refused words changed the database:\n%s", diff)
		}
		var history []settings.Change
		testkit.Read(t, db, func(rx *store.Rx) (err error) {
			history, err = settings.DocumentHistory(rx, terms.WordingDocument)
			return err
		})
		if len(history) != 2 {
			t.Errorf("history %+v", history)
		}
	})
}

func saveSheet(t testing.TB, db *store.DB, kind terms.MailKind, s terms.Sheet, seen int) error {
	t.Helper()
	return db.Write(t.Context(), testkit.Supervisor, func(tx *store.Tx) error {
		_, err := terms.SaveTemplates(tx, tenant, terms.Templates{Sheets: map[terms.MailKind]map[string]terms.Sheet{kind: {"ja": s}}}, seen)
		return err
	})
}

// Every built-in text of every language could be saved as it is.
func TestBK802_BuiltInTextsAreGood(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		db = town(t, db)
		texts := 0
		all := terms.Templates{Sheets: map[terms.MailKind]map[string]terms.Sheet{}}
		for _, kind := range terms.MailKinds {
			all.Sheets[kind] = map[string]terms.Sheet{}
			for _, lang := range terms.AllLanguages {
				s, found := terms.DefaultSheet(kind, lang)
				if !found {
					if lang == "ja" || lang == "ja-easy" || lang == "en" {
						t.Errorf("no text for %s in %s", kind, lang)
					}
					continue
				}
				texts++
				s.Body += "\n。" // else it would count as reset
				all.Sheets[kind][lang] = s
			}
		}
		testkit.Write(t, db, testkit.Supervisor, func(tx *store.Tx) error {
			_, err := terms.SaveTemplates(tx, tenant, all, 0)
			if e, ok := fault.As(err); ok {
				t.Errorf("%+v", e.Details)
			}
			return err
		})
		if texts < 33 {
			t.Errorf("%d texts", texts)
		}
	})
}

// Removing a mandatory variable is refused with its name; so are unknown ones.
func TestBK802_VariablesAreChecked(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		db = town(t, db)
		original, _ := terms.DefaultSheet(terms.MailBooked, "ja")
		before := testkit.Dump(t, db)
		for _, kind := range terms.MailKinds {
			sheet, _ := terms.DefaultSheet(kind, "ja")
			for _, code := range kind.Mandatory() {
				name := "{{" + terms.VariableName(code) + "}}"
				without := terms.Sheet{Subject: sheet.Subject, Body: strings.ReplaceAll(sheet.Body, name, "")}
				err := saveSheet(t, db, kind, without, 0)
				testkit.WantFault(t, err, fault.Invalid, "terms.bad_template")
				if d := detail(t, err); d.Code != "terms.variable_missing" || d.Args["variable"] != name || d.Column != string(kind)+"/ja" {
					t.Errorf("%s without %s: %+v", kind, name, d)
				}
			}
		}
		for body, code := range map[string]string{
			"{{氏名}}様": "terms.variable_unknown", "{{アクセスキー}}": "terms.variable_unknown", "https://x.example": "terms.one_url",
			"{{予約確認URL}}": "terms.one_url", "{{受付番号": "terms.braces", "123456789018": "terms.text",
		} {
			err := saveSheet(t, db, terms.MailBooked, terms.Sheet{Subject: original.Subject, Body: original.Body + "\n" + body}, 0)
			testkit.WantFault(t, err, fault.Invalid, "terms.bad_template")
			if d := detail(t, err); d.Code != code {
				t.Errorf("%s: %+v", body, d)
			}
		}
		for _, subject := range []string{"", "予約\r\nBcc: a@example.jp", strings.Repeat("長", 31)} {
			err := saveSheet(t, db, terms.MailBooked, terms.Sheet{Subject: subject, Body: original.Body}, 0)
			testkit.WantFault(t, err, fault.Invalid, "terms.bad_template")
		}
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("refused texts changed the database:\n%s", diff)
		}
		wide := terms.Sheet{Subject: original.Subject, Body: strings.ReplaceAll(original.Body, "{{年月日(曜)}}", "{{年月日（曜）}}")}
		if err := saveSheet(t, db, terms.MailBooked, wide, 0); err != nil {
			t.Errorf("wide brackets: %v", err)
		}
		if err := saveSheet(t, db, terms.MailBooked, original, 1); err != nil {
			t.Fatal(err)
		}
		testkit.Read(t, db, func(rx *store.Rx) error {
			first, err := terms.TemplatesAt(rx, 1)
			if s := first.Sheets[terms.MailBooked]["ja"]; s.Body != wide.Body {
				t.Errorf("the first version has %q", s.Body)
			}
			return err
		})
		if sheet, in := load(t, db, tenant).Templates.SheetFor(terms.MailBooked, "vi"); in != "ja-easy" || sheet.Body == "" {
			t.Errorf("Vietnamese is read in %s", in)
		}
	})
}

// A notice appears and disappears at its moments, in the reader's language or
// the one that stands in for it.
func TestBK803_Notices(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		db = town(t, db)
		testkit.Write(t, db, testkit.Supervisor, func(tx *store.Tx) error {
			_, err := terms.SaveNotices(tx, tenant, terms.Notices{List: []terms.Notice{{
				ID: "n1", Pages: []string{terms.PageTop, terms.PageDone}, From: "2026-12-01 00:00", Until: "2026-12-03 24:00",
				Texts: map[string]string{"ja": "休みます", "ja-easy": "やすみです", "en": "Closed"},
			}}}, 0)
			return err
		})
		cache := terms.NewCache(tenant)
		at := func(moment, page, lang string) (text string) {
			when, err := time.ParseInLocation("2006-01-02 15:04:05", moment, store.Tokyo)
			if err != nil {
				t.Fatal(err)
			}
			clock.Advance(when.Sub(clock.Now()))
			testkit.Read(t, db, func(rx *store.Rx) error {
				all, err := cache.Load(rx)
				if err != nil {
					return err
				}
				for _, s := range all.Notices.Show(rx.Now, page, lang) {
					text += s.Lang + ":" + s.Text
				}
				return nil
			})
			return text
		}
		for _, c := range []struct{ moment, page, lang, want string }{
			{"2026-11-30 23:59:59", "top", "ja", ""},
			{"2026-12-01 00:00:00", "top", "ja", "ja:休みます"},
			{"2026-12-01 00:00:00", "done", "en", "en:Closed"},
			{"2026-12-01 00:00:00", "top", "vi", "ja-easy:やすみです"},
			{"2026-12-01 00:00:00", "closed", "ja", ""},
			{"2026-12-03 23:59:59", "top", "ja-easy", "ja-easy:やすみです"},
			{"2026-12-04 00:00:00", "top", "ja", ""},
		} {
			if got := at(c.moment, c.page, c.lang); got != c.want {
				t.Errorf("%s %s %s: %q, want %q", c.moment, c.page, c.lang, got, c.want)
			}
		}
		for _, n := range []terms.Notice{
			{ID: "x", Pages: []string{"top"}, From: "2026-12-01 25:00", Texts: map[string]string{"ja": "a"}},
			{ID: "x", Pages: []string{"top"}, From: "2026-12-02 00:00", Until: "2026-12-01 24:00", Texts: map[string]string{"ja": "a"}},
			{ID: "x", Pages: []string{"top"}, Texts: map[string]string{"en": "a"}},
			{ID: "x", Pages: []string{"inner"}, Texts: map[string]string{"ja": "a"}},
			{ID: "x", Pages: []string{"top"}, Texts: map[string]string{"ja": "a", "xx": "b"}},
			{ID: "x", Pages: []string{"top"}, Texts: map[string]string{"ja": "番号 123456789018"}},
		} {
			err := db.Write(t.Context(), testkit.Supervisor, func(tx *store.Tx) error {
				_, err := terms.SaveNotices(tx, tenant, terms.Notices{List: []terms.Notice{n}}, 1)
				return err
			})
			testkit.WantFault(t, err, fault.Invalid, "terms.bad_notice")
		}
	})
}
