package keybook_test

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"kofu/internal/keybook"
	"kofu/internal/seal"
)

// rotating names the key folder in which this test program is another one, that
// replaces its key so many times.
const (
	rotating = "KOFU_TEST_ROTATING"
	times    = 15
)

func TestMain(m *testing.M) {
	dir := os.Getenv(rotating)
	if dir == "" {
		os.Exit(m.Run())
	}
	for range times {
		b, err := keybook.Open(dir, seal.Office)
		if err == nil {
			err = b.Rotate(now)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// KT-1000: the servers of the booking service and kofu-booking beside them may change
// the keys at once. None undoes what another one has written.
func TestKT1000_ThreeProgramsOnOneFolder(t *testing.T) {
	dir := t.TempDir()
	must(t, open(t, dir, seal.Office).Make("7", now, rand.Reader))
	self, err := os.Executable()
	must(t, err)
	const many = 3
	var programs sync.WaitGroup
	for range many {
		programs.Go(func() {
			c := exec.CommandContext(t.Context(), self) //nolint:gosec // this test
			c.Env = append(os.Environ(), rotating+"="+dir)
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%v %s", err, out)
			}
		})
	}
	programs.Wait()
	s, err := open(t, dir, seal.Office).State()
	must(t, err)
	if len(s.OwnOld) != many*times {
		t.Errorf("%d of %d replaced keys are kept", len(s.OwnOld), many*times)
	}
}
