package frontend_test

import (
	"io/fs"
	"strings"
	"testing"

	"kofu/frontend"
)

// Screens are all or nothing: when the program says it has them, the page that
// starts them can be read, and it is that of the program.
func TestScreens_FirstPageCanBeReadWhenOffered(t *testing.T) {
	for name, c := range map[string]struct {
		screens func() (fs.FS, bool)
		title   string
	}{
		"appliance": {frontend.Staff, "<title>Kofu</title>"},
		"console":   {frontend.Console, "<title>Kofu 予約</title>"},
	} {
		files, ok := c.screens()
		if !ok {
			if files != nil {
				if _, err := fs.Stat(files, "index.html"); err == nil {
					t.Errorf("%s says there are no screens, but index.html is there", name)
				}
			}
			continue
		}
		page, err := fs.ReadFile(files, "index.html")
		if err != nil || !strings.Contains(string(page), c.title) {
			t.Errorf("%s offers screens with the first page %q, %v", name, page, err)
		}
	}
}
