package gate_test

import (
	"io/fs"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kofu/internal/gate"
)

// The browsers of our tests are told to overlook the policy of the pages, so
// this is where a policy of the screens that the headers do not name shows, and
// markup that no policy allows.
func TestPageHeaders_AllowTheMarkupOfTheScreens(t *testing.T) {
	h := http.Header{}
	gate.PageHeaders(h, "")
	_, named, _ := strings.Cut(h.Get("Content-Security-Policy"), "trusted-types ")
	named, _, _ = strings.Cut(named, ";")
	makes, raw := regexp.MustCompile(`createPolicy\('([^']+)'`), regexp.MustCompile(`\{@html [^}]*\}`)
	screens := os.DirFS("../../frontend/staff/src")
	found := 0
	err := fs.WalkDir(screens, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(screens, path)
		for _, m := range makes.FindAllStringSubmatch(string(text), -1) {
			if found++; !slices.Contains(strings.Fields(named), m[1]) {
				t.Errorf("%s makes the policy %s, which the headers do not name", path, m[1])
			}
		}
		for _, m := range raw.FindAllString(string(text), -1) {
			if !strings.HasPrefix(m, "{@html drawing(") {
				t.Errorf("%s: %s goes through no policy, browsers refuse it", path, m)
			}
		}
		if strings.Contains(string(text), "innerHTML") {
			t.Errorf("%s writes innerHTML past every policy, browsers refuse it", path)
		}
		return err
	})
	if err != nil || found == 0 {
		t.Errorf("%d policies in the screens, %v", found, err)
	}
}
