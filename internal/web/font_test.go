package web

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"testing"

	"kofu/internal/glyph"
)

// gaijiFile is an EUDC file with one character, without the tables that
// browsers ask for.
func gaijiFile(t *testing.T) []byte {
	t.Helper()
	box := glyph.Contour{{X: 20, Y: 0, On: true}, {X: 20, Y: 200, On: true}, {X: 230, Y: 200, On: true}, {X: 230, Y: 0, On: true}}
	font, err := glyph.BuildFont(glyph.FontSpec{
		Name: "EUDC", UnitsPerEm: 256, OmitOptional: true,
		Glyphs: []glyph.OutlineGlyph{{Rune: 0xE000, Advance: 256, Contours: []glyph.Contour{box}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return font
}

func (f *fixture) registerGaiji(set string, font []byte) {
	f.T.Helper()
	body := &bytes.Buffer{}
	form := multipart.NewWriter(body)
	if err := form.WriteField("gaijiSet", set); err != nil {
		f.T.Fatal(err)
	}
	part, err := form.CreateFormFile("file", "EUDC.TTE")
	if err != nil {
		f.T.Fatal(err)
	}
	if _, err := part.Write(font); err != nil {
		f.T.Fatal(err)
	}
	if err := form.Close(); err != nil {
		f.T.Fatal(err)
	}
	r := f.Request(http.MethodPost, "/api/fonts", "settings.manage", body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	if w := f.Send(r); w.Code != http.StatusCreated {
		f.T.Fatalf("%d %s", w.Code, w.Body)
	}
}

// The same private-use character is another one in another set, so a screen
// gets the glyphs of the set that it asks for and never those of another.
func TestScreenFont_OfItsGaijiSetAlone(t *testing.T) {
	f := newFixture(t)
	f.registerGaiji("住基", gaijiFile(t))
	path := func(set string) string { return "/api/fonts/screen.ttf?set=" + url.QueryEscape(set) }
	for set, glyphs := range map[string]int{"住基": 2, "J-LIS": 1, "": 1} { // with the one for missing characters
		w := f.Do(http.MethodGet, path(set), "card.view", "")
		font := w.Body.Bytes()
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "font/ttf" {
			t.Fatalf("%q: %d %v", set, w.Code, w.Header())
		}
		source, err := glyph.Open("screen.ttf", bytes.NewReader(font), int64(len(font)), glyph.EUDC, "?")
		if err != nil {
			t.Fatal(err)
		}
		if source.Glyphs != glyphs {
			t.Errorf("%q: %d glyphs, want %d", set, source.Glyphs, glyphs)
		}
	}
	first := f.Do(http.MethodGet, path("住基"), "card.view", "")
	again := f.Request(http.MethodGet, path("住基"), "card.view", nil)
	again.Header.Set("If-None-Match", first.Header().Get("ETag"))
	if w := f.Send(again); w.Code != http.StatusNotModified || w.Header().Get("Cache-Control") != "private, no-cache" {
		t.Errorf("unchanged font: %d %v", w.Code, w.Header())
	}
	if w := f.Do(http.MethodGet, path("住基"), "", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("without a session: %d", w.Code)
	}
}
