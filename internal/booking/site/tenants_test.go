package site_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/site"
	"kofu/internal/booking/slot"
	"kofu/internal/testkit"
)

// TB-18: every route of another municipality's pages, with the session, the form
// tokens and the booking of this one, even where both had the same keys: it shows
// nothing of the booking, treats nobody as signed in and changes nothing.
func TestTB18_EveryRouteOfAnotherTenant(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		visitors := map[string]*someone{"signed in": w.someone().book(0, "9時30分"), "with the address only": w.someone(), "another resident": w.someone().signIn(1)}
		ref := strings.Split(strings.Split(visitors["signed in"].at, "?")[0], "/")[3]
		b, _ := w.bookingOf(0)
		token := ""
		for name, v := range visitors {
			if v.get("/ja/b/" + ref); name == "signed in" {
				token = tokenOf(v)
			}
		}
		second := w.db.For(2)
		w.must(slot.AddTenant(t.Context(), second, testkit.Supervisor, slot.Tenant{ID: 2, Host: "yoyaku.hokuto.example", Name: "北杜市", PartyMax: 4, UntilMinute: 1440}))
		w.build(func(d *site.Deps) { d.DB, d.Tenant = second, 2 })
		before := w.dump()
		for who, v := range visitors {
			for _, pattern := range site.Patterns() {
				method, path, _ := strings.Cut(pattern, " ")
				path = "/ja" + strings.NewReplacer("{$}", "", "{ref}", ref, "{token}", "r-"+ref).Replace(path)
				var form url.Values
				if method == http.MethodPost {
					form = url.Values{"token": {token}, "once": {"0123456789abcdef0123"}, "s": {"W1@2026-11-26T09:00"}, "code": {string(codes[0])}, "n": {"0"}}
				}
				cookies := map[string]string{}
				for name, value := range v.cookies {
					cookies[name] = value
				}
				v.request(method, path, form)
				v.cookies = cookies // whatever it has said
				if v.page.StatusCode >= 500 || strings.Contains(v.body, b.No) || strings.Contains(v.body, "9時30分") {
					t.Errorf("%s, %s: %d\n%.400s", who, pattern, v.page.StatusCode, v.body)
				}
				if strings.Contains(path, "/b/") && v.page.StatusCode == http.StatusOK {
					t.Errorf("%s, %s: the booking of another municipality is answered", who, pattern)
				}
			}
		}
		if diff := cmp.Diff(before, w.dump()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
