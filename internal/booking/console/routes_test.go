package console

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/webtest"
)

func TestRoutes(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		f := newFixture(t, db, clock)
		webtest.Routes(t, f.Browser, f.Server.routes(), nil)
	})
}

// The screens are compiled against this file: a type that changes in Go alone
// would break them without a word.
func TestTypes_OfTheScreensAreThoseOfTheServer(t *testing.T) {
	want, err := Types()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../../frontend/staff/src/booking/types.gen.ts")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("run «go generate ./internal/booking/console» (-want +got):\n%s", diff)
	}
}
