package frontend_test

import (
	"io/fs"
	"testing"

	"kofu/frontend"
)

// Screens are all or nothing: when the program says it has them, the page that
// starts them can be read.
func TestStaff_IndexCanBeReadWhenOffered(t *testing.T) {
	files, ok := frontend.Staff()
	if !ok {
		if files == nil {
			return
		}
		if _, err := fs.Stat(files, "index.html"); err == nil {
			t.Fatal("Staff says there are no screens, but index.html is there")
		}
		return
	}
	if _, err := fs.ReadFile(files, "index.html"); err != nil {
		t.Fatalf("Staff offers screens without index.html: %v", err)
	}
}
