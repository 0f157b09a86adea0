package terms_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kofu/internal/booking/terms"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// named gives a field what all have.
func named(f terms.Field) terms.Field {
	f.Labels = map[string]string{"ja": "項目" + f.ID, "en": "Field " + f.ID}
	if f.Personal == "" {
		f.Personal = terms.PIIContact
		if f.Kind.Choice() {
			f.Personal = terms.PIIOff
		}
	}
	return f
}

var options = []terms.Option{
	{Value: "a", Labels: map[string]string{"ja": "甲", "en": "A"}}, {Value: "b", Labels: map[string]string{"ja": "乙"}},
}

func allFields() terms.Fields {
	return terms.Fields{List: []terms.Field{
		named(terms.Field{ID: "text", Kind: terms.KindText, Longest: 5, Order: 1}),
		named(terms.Field{ID: "kana", Kind: terms.KindKana, Order: 2}),
		named(terms.Field{ID: "digits", Kind: terms.KindDigits, Longest: 20, Order: 3}),
		named(terms.Field{ID: "tel", Kind: terms.KindTel, Order: 4}),
		named(terms.Field{ID: "mail", Kind: terms.KindMail, Order: 5}),
		named(terms.Field{ID: "date", Kind: terms.KindDate, Order: 6}),
		named(terms.Field{ID: "area", Kind: terms.KindTextarea, Order: 7}),
		named(terms.Field{ID: "select", Kind: terms.KindSelect, Options: options, Order: 8}),
		named(terms.Field{ID: "radio", Kind: terms.KindRadio, Options: options, Order: 9}),
		named(terms.Field{ID: "boxes", Kind: terms.KindCheckbox, Options: options, Order: 10}),
		named(terms.Field{ID: "wheelchair", Kind: terms.KindCheckbox, InMail: true, InList: true, Order: 11}),
		named(terms.Field{
			ID: "consent", Kind: terms.KindConsent, Order: 12,
			Use: map[terms.Mode]terms.Use{terms.LinkBirth: terms.Required, terms.AccessKey: terms.Hidden},
		}),
		named(terms.Field{ID: "postal", Kind: terms.KindText, Pattern: "postal", Order: 13}),
	}}
}

func saveFields(t testing.TB, db *store.DB, f terms.Fields, seen int) error {
	t.Helper()
	return db.Write(t.Context(), testkit.Supervisor, func(tx *store.Tx) error {
		_, err := terms.SaveFields(tx, tenant, f, seen)
		return err
	})
}

// Every type takes what it should, and nothing else.
func TestBK107_Answers(t *testing.T) {
	fields := allFields()
	for _, c := range []struct{ id, in, want, code string }{
		{"text", " あいう ", "あいう", ""},
		{"text", "あいうえおか", "", "entry.too_long"},
		{"text", "１２３４５６７８９０１８", "", "entry.my_number"},
		{"kana", "やまだ タロウ", "やまだ タロウ", ""},
		{"kana", "山田", "", "terms.answer_form"},
		{"digits", "１２３ 4", "1234", ""},
		{"digits", "12a", "", "terms.answer_form"},
		{"digits", "1234 5678 9012", "", "entry.my_number"}, // whatever its check digit
		{"tel", "０９０-１２３４-５６７８", "090-1234-5678", ""},
		{"tel", "+81-90-1234-5678", "+81-90-1234-5678", ""},
		{"tel", "＋８１ 90 1234 5673", "+819012345673", ""}, // although its check digit fits
		{"tel", "+63-917-123-4567", "+63-917-123-4567", ""},
		{"tel", "+621498320257", "", "entry.my_number"},
		{"tel", "6214-9832-0257", "", "entry.my_number"},
		{"tel", "819012345678", "", "entry.my_number"},
		{"tel", "123", "", "terms.answer_form"},
		{"mail", "a..b.@docomo.example", "a..b.@docomo.example", ""},
		{"mail", "a@b", "", "terms.answer_form"},
		{"mail", "a@example.jp,b@example.jp", "", "terms.answer_form"},
		{"date", "2026-12-01", "2026-12-01", ""},
		{"date", "2026-02-30", "", "terms.answer_form"},
		{"area", "一行目\r\n二行目", "一行目\n二行目", ""},
		{"area", "電話は +819012345673 です", "電話は +819012345673 です", ""},
		{"area", "番号は ６２１４ ９８３２ ０２５７ です", "", "entry.my_number"},
		{"select", "a", "a", ""},
		{"select", "c", "", "terms.answer_form"},
		{"radio", "a\nb", "", "terms.answer_form"},
		{"boxes", "a\nb", "a\nb", ""},
		{"boxes", "a\nc", "", "terms.answer_form"},
		{"wheelchair", "1", "1", ""},
		{"wheelchair", "yes", "", "terms.answer_form"},
		{"postal", "400-8585", "400-8585", ""},
		{"postal", "4008", "", "terms.answer_form"},
		{"nobody", "x", "", "terms.answer_not_asked"},
	} {
		clean, err := fields.Check(terms.LinkBirth, terms.PIIContact, map[string]string{c.id: c.in, "consent": terms.Ticked}, false)
		if c.code == "" {
			if err != nil || clean[c.id] != c.want {
				t.Errorf("%s %q: %q, %v", c.id, c.in, clean[c.id], err)
			}
			continue
		}
		testkit.WantFault(t, err, fault.Invalid, "terms.answers")
		if d := detail(t, err); d.Code != c.code || d.Column != c.id || d.Value != "" {
			t.Errorf("%s %q: %+v", c.id, c.in, d)
		}
	}
	_, err := fields.Check(terms.LinkBirth, terms.PIIContact, nil, false)
	testkit.WantFault(t, err, fault.Invalid, "terms.answers") // the consent
	if _, err := fields.Check(terms.LinkBirth, terms.PIIContact, nil, true); err != nil {
		t.Errorf("staff: %v", err)
	}
	_, err = fields.Check(terms.AccessKey, terms.PIIContact, map[string]string{"consent": terms.Ticked}, false)
	testkit.WantFault(t, err, fault.Invalid, "terms.answers") // hidden in this mode
}

// BK-108: at level off every typed field is refused; only choices are left.
func TestBK108_FieldsOfPersonalDataAreRefused(t *testing.T) {
	fields := allFields()
	for _, f := range fields.List {
		answer := map[terms.Kind]string{
			terms.KindText: "あ", terms.KindKana: "あ", terms.KindDigits: "1", terms.KindTel: "03-1234-5678", terms.KindMail: "a@example.jp",
			terms.KindDate: "2000-01-01", terms.KindTextarea: "あ", terms.KindSelect: "a", terms.KindRadio: "a", terms.KindCheckbox: terms.Ticked,
		}[f.Kind]
		if f.ID == "boxes" {
			answer = "a"
		}
		if f.ID == "postal" {
			answer = "400-8585"
		}
		_, err := fields.Check(terms.LinkPassword, terms.PIIOff, map[string]string{f.ID: answer}, false)
		if refused := err != nil; refused != (f.Personal != terms.PIIOff) {
			t.Errorf("%s: %v", f.ID, err)
		}
	}
}

// A field is added and deleted without restart; deleted it stays for its
// answers.
func TestBK107_FieldsComeAndGo(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		db = town(t, db)
		cache := terms.NewCache(tenant)
		read := func() (f terms.Fields) {
			testkit.Read(t, db, func(rx *store.Rx) error {
				all, err := cache.Load(rx)
				f = all.Fields
				return err
			})
			return f
		}
		if len(read().List) != 0 {
			t.Fatal("fields from the beginning")
		}
		if err := saveFields(t, db, allFields(), 0); err != nil {
			t.Fatal(err)
		}
		if got := len(read().On(terms.AccessKey, terms.PIIContact)); got != 12 {
			t.Errorf("%d fields on the form", got)
		}
		rest := allFields()
		rest.List = rest.List[1:]
		if err := saveFields(t, db, rest, 1); err != nil {
			t.Fatal(err)
		}
		gone, known := read().ByID("text")
		if !known || !gone.Deleted || slices.ContainsFunc(read().Shown(terms.PIIFull), func(f terms.Field) bool { return f.ID == "text" }) {
			t.Errorf("%+v", gone)
		}
		before := testkit.Dump(t, db)
		for column, change := range map[string]func(*terms.Field){
			"id":       func(f *terms.Field) { f.ID = "Umlaut ä" },
			"kind":     func(f *terms.Field) { f.Kind = terms.KindTextarea },
			"personal": func(f *terms.Field) { f.Personal = terms.PIIOff },
			"labels":   func(f *terms.Field) { f.Labels = nil },
			"pattern":  func(f *terms.Field) { f.Pattern = "(" },
			"longest":  func(f *terms.Field) { f.Longest = 501 },
			"options":  func(f *terms.Field) { f.Kind = terms.KindSelect },
			"inMail":   func(f *terms.Field) { f.InMail = true },
			"heading":  func(f *terms.Field) { f.Heading = "a\nb" },
			"keepDays": func(f *terms.Field) { f.KeepDays = -1 },
		} {
			f := rest
			f.List = slices.Clone(rest.List)
			change(&f.List[0])
			err := saveFields(t, db, f, 2)
			testkit.WantFault(t, err, fault.Invalid, "terms.bad_field")
			if d := detail(t, err); d.Column != column {
				t.Errorf("%s: %+v", column, d)
			}
		}
		for column, change := range map[string]func(f *terms.Field, number string){ // may be a 個人番号
			"labels":  func(f *terms.Field, number string) { f.Labels = map[string]string{"ja": number} },
			"help":    func(f *terms.Field, number string) { f.Help = map[string]string{"ja": number} },
			"heading": func(f *terms.Field, number string) { f.Heading = number },
			"options": func(f *terms.Field, number string) {
				*f = terms.Field{ID: "new", Kind: terms.KindSelect, Personal: terms.PIIOff, Labels: map[string]string{"ja": "a"}, Options: []terms.Option{{Value: number, Labels: map[string]string{"ja": "b"}}}}
			},
		} {
			f := rest
			f.List = slices.Clone(rest.List)
			change(&f.List[0], "123456789018")
			err := saveFields(t, db, f, 2)
			testkit.WantFault(t, err, fault.Invalid, "terms.bad_field")
			if d := detail(t, err); d.Column != column {
				t.Errorf("twelve digits: %s: %+v", column, d)
			}
		}
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("refused fields changed the database:\n%s", diff)
		}
	})
}

func TestField_Say(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		db = town(t, db)
		all := load(t, db, tenant)
		fields := allFields()
		for _, c := range []struct{ id, lang, answer, want string }{
			{"boxes", "ja", "a\nb", "甲 / 乙"}, {"boxes", "en", "a\nb", "A / 乙"}, {"wheelchair", "ja", "1", "はい"}, {"text", "en", "x", "x"},
		} {
			f, _ := fields.ByID(c.id)
			if got := f.Say(c.answer, all.Words(c.lang)); got != c.want {
				t.Errorf("%s in %s: %q, want %q", c.id, c.lang, got, c.want)
			}
		}
	})
}

// Whatever is typed, nothing that reads as twelve digits gets through, and a
// refusal never repeats it.
func TestBK107_NeverTwelveDigits(t *testing.T) {
	fields := allFields()
	ids := slices.Sorted(maps.Keys(map[string]bool{"text": true, "kana": true, "digits": true, "tel": true, "mail": true, "date": true, "area": true}))
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`[0-9]{12}`).Draw(t, "digits")
		var b strings.Builder
		for i, d := range digits {
			b.WriteRune(rapid.SampledFrom([]rune{d, d - '0' + '０'}).Draw(t, "width"))
			if i%4 == 3 {
				b.WriteString(rapid.SampledFrom([]string{"", " ", "-", "　"}).Draw(t, "gap"))
			}
		}
		id := rapid.SampledFrom(ids).Draw(t, "field")
		clean, err := fields.Check(terms.LinkPassword, terms.PIIFull, map[string]string{id: b.String()}, false)
		if err == nil {
			t.Fatalf("%s took %q as %q", id, b.String(), clean[id])
		}
		if strings.Contains(err.Error(), digits) {
			t.Fatalf("%v repeats it", err)
		}
	})
}

func FuzzMailable(f *testing.F) {
	for _, s := range []string{"a@example.jp", "a..b.@docomo.example", "-x@ezweb.example", `"a b"@x.jp`, "a@b@c.jp", "a@-x.jp", "a\r\n@x.jp", "@x.jp"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if terms.Mailable(s) && (strings.ContainsAny(s, " \t\r\n\"<>(),;:\\\x00") || strings.Count(s, "@") != 1 || len(s) > 254) {
			t.Errorf("%q is taken", s)
		}
	})
}
