package wording_test

import (
	"regexp"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"kofu/internal/booking/wording"
)

func catalogue(t *testing.T) *wording.Catalogue {
	t.Helper()
	c, err := wording.Load(fstest.MapFS{
		"text/ja.toml":      {Data: []byte(`a = "日本語 {x}"` + "\n" + `b = "二"` + "\n" + `c = "三"`)},
		"text/ja-easy.toml": {Data: []byte(`a = "予約(よやく) |2人(ふたり) <b> {x}"` + "\n" + `b = "二(に)"`)},
		"text/vi.toml":      {Data: []byte(`a = "mot {x}"`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A language falls back to easy Japanese and then to Japanese, never to another
// one; what is in another language than the page says so.
func TestWords_Fallback(t *testing.T) {
	c := catalogue(t)
	for _, tc := range []struct{ lang, key, want string }{
		{"vi", "a", "mot &lt;i&gt;"},
		{"vi", "b", `<span lang="ja"><ruby>二<rp>(</rp><rt>に</rt><rp>)</rp></ruby></span>`},
		{"vi", "c", `<span lang="ja">三</span>`},
		{"ja-easy", "c", "三"},
		{"ja", "a", "日本語 &lt;i&gt;"},
		{"ja", "missing", "missing"},
	} {
		if got := string(c.In(tc.lang, nil).HTML(tc.key, "x", "<i>")); got != tc.want {
			t.Errorf("%s %s: %s, want %s", tc.lang, tc.key, got, tc.want)
		}
	}
}

func TestWords_Readings(t *testing.T) {
	w := catalogue(t).In(wording.Easy, nil)
	want := `<ruby>予約<rp>(</rp><rt>よやく</rt><rp>)</rp></ruby> <ruby>2人<rp>(</rp><rt>ふたり</rt><rp>)</rp></ruby> &lt;b&gt; `
	if got := string(w.HTML("a", "x", "")); got != want {
		t.Errorf("HTML: %s", got)
	}
	if got := w.Plain("a", "x", "!"); got != "予約 2人 <b> !" {
		t.Errorf("Plain: %s", got)
	}
}

type own map[string]string

func (o own) Text(lang, key string) (string, bool) {
	text, ok := o[lang+"/"+key]
	return text, ok
}

// A text of the municipality stands before the built-in one of the same
// language, and behind the built-in one of a nearer language.
func TestWords_Overrides(t *testing.T) {
	c := catalogue(t)
	o := own{"ja/a": "市の文", "ja/c": "市の三"}
	for _, tc := range []struct{ lang, key, want string }{{"ja", "a", "市の文"}, {"vi", "a", "mot {x}"}, {"ja-easy", "c", "市の三"}} {
		if got := c.In(tc.lang, o).Plain(tc.key); got != tc.want {
			t.Errorf("%s %s: %s, want %s", tc.lang, tc.key, got, tc.want)
		}
	}
}

func TestWords_Dates(t *testing.T) {
	at := time.Date(2026, 12, 15, 1, 30, 0, 0, time.UTC)
	for _, tc := range []struct{ lang, full, short, instant string }{
		{"ja", "2026年(令和8年)12月15日(火曜日)", "12月15日(火)", "12月15日(火) 10時30分"},
		{"en", "Tuesday, 15 December 2026 (Reiwa 8)", "Tue 15 December", "10:30 on Tue 15 December"},
	} {
		w := wording.BuiltIn().In(tc.lang, nil)
		if got := w.Date("2026-12-15"); got != tc.full {
			t.Errorf("%s: %s", tc.lang, got)
		}
		if got := w.ShortDate("2026-12-15"); got != tc.short {
			t.Errorf("%s: %s", tc.lang, got)
		}
		if got := w.Instant(at); got != tc.instant {
			t.Errorf("%s: %s", tc.lang, got)
		}
	}
	w := wording.BuiltIn().In("ja", nil)
	for value, want := range map[string]string{
		"2026-12-01 09:00": "12月1日(火) 9時", "2026-12-01": "12月1日(火)", "24:00": "24時", "10:30": "10時30分", "055-237-0000": "055-237-0000", "3": "3",
	} {
		if got := w.Argument(value); got != want {
			t.Errorf("Argument(%q) = %q, want %q", value, got, want)
		}
	}
	if got := w.Date("2019-05-01"); got != "2019年(令和元年)5月1日(水曜日)" {
		t.Errorf("first year of an era: %s", got)
	}
}

// No language has a key that Japanese has not.
func TestBuiltIn_Keys(t *testing.T) {
	c := wording.BuiltIn()
	for _, lang := range c.Languages() {
		for _, key := range c.Keys(lang) {
			if _, ok := c.Text("ja", key); !ok {
				t.Errorf("%s: %s is no key", lang, key)
			}
		}
		if c.In(lang, nil).Has("no.such.key") {
			t.Error("a key out of nothing")
		}
	}
}

// Every language has every text with the places of the Japanese one. Those that
// use other letters repeat none of its words.
func TestBK903_Texts(t *testing.T) {
	c := wording.BuiltIn()
	place, kana := regexp.MustCompile(`\{[a-z]+\}`), regexp.MustCompile(`[\p{Hiragana}\p{Katakana}]`)
	places := func(text string) []string {
		all := place.FindAllString(text, -1)
		slices.Sort(all)
		return slices.Compact(all)
	}
	for _, lang := range c.Languages() {
		for _, key := range c.Keys("ja") {
			ja, _ := c.Text("ja", key)
			text, ok := c.Text(lang, key)
			if !ok || text == "" && key != "meta.checked" {
				t.Errorf("%s: %s is missing", lang, key)
			}
			if lang != "ja-easy" && !slices.Equal(places(text), places(ja)) { // easy Japanese may say less
				t.Errorf("%s: %s has the places %v, want %v", lang, key, places(text), places(ja))
			}
			if lang != "ja" && lang != "ja-easy" && kana.MatchString(text) {
				t.Errorf("%s: %s is not translated: %s", lang, key, text)
			}
		}
	}
}
