package web

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The screens are compiled against this file: a type that changes in Go alone
// would break them without a word.
func TestTypes_OfTheScreensAreThoseOfTheServer(t *testing.T) {
	want, err := Types()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../frontend/staff/src/types.gen.ts")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("run «go generate ./internal/web» (-want +got):\n%s", diff)
	}
}
