package exchange_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/testkit"
)

// KT-107: a bundle that has its name, but whose folder could not be synced, was not
// verified: it goes.
func TestKT107_FolderNotSynced(t *testing.T) {
	w := newWorld(t)
	w.card()
	var was unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &was))
	w.Office.Watch = func(s exchange.Step) {
		if s.Doing == exchange.Syncing { // nothing more is opened from here on: no folder either
			must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 0, Max: was.Max}))
		}
	}
	dir := t.TempDir()
	_, _, err := w.Office.ExportTo(t.Context(), testkit.Clerk, w.Office.Export, dir, exchange.ByMedium, exchange.Medium{})
	must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &was))
	testkit.WantFault(t, err, fault.Unavailable, "exchange.medium_failed")
	if got, list := files(t, dir), w.register(exchange.CarryFilter{}); len(got) != 0 || len(list) != 0 {
		t.Errorf("left %v, register %v", got, list)
	}
}
