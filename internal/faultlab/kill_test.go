//go:build faultlab

package faultlab_test

import (
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"kofu/internal/faultlab"
)

var (
	rounds = flag.Int("rounds", 50, "how often the program is killed")
	seed   = flag.Uint64("seed", 0, "repeats a run; 0 takes a new one")
)

// TestKill imports and scans until the program is killed, starts it again and
// compares, round after round on the same data folder.
func TestKill(t *testing.T) {
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("%d rounds, -seed %d", *rounds, *seed)
	chance := rand.New(rand.NewPCG(*seed, 1))
	binary := build(t)
	dir := t.TempDir()

	p := launch(t, binary, dir)
	p.setUp()
	lab := newLab(t, dir)
	for round := range *rounds {
		lab.work(p, moments[round%len(moments)], chance)
		p = launch(t, binary, dir)
		p.signIn()
		lab.compareWorked(p)
		p.idle()
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
	lab.compareAll(p)
	lab.mustHaveWorked(*rounds)
	p.checkBalance()
	p.stop()
	verify(t, dir)
	t.Log(lab)
}

// TestKill_Control puts an old copy of the data in place of the killed
// program's: the comparison must notice what is lost.
func TestKill_Control(t *testing.T) {
	binary := build(t)
	dir := t.TempDir()
	p := launch(t, binary, dir)
	p.setUp()
	p.stop()
	before := filepath.Join(t.TempDir(), "kofu.db")
	copyFile(t, filepath.Join(dir, "kofu.db"), before)

	p = launch(t, binary, dir)
	p.signIn()
	lab := newLab(t, dir)
	l := lab.nextLot()
	if err := errors.Join(lab.importLot(p, l), lab.importNight(p)); err != nil {
		t.Fatal(err)
	}
	p.kill()
	for _, name := range []string{"kofu.db-wal", "kofu.db-shm"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	copyFile(t, before, filepath.Join(dir, "kofu.db"))
	p = launch(t, binary, dir)
	p.signIn()
	if found := faultlab.Breaches(l.Lot, p.see(l)); len(found) == 0 {
		t.Error("a lost import went unnoticed")
	}
	if found := faultlab.RegisterBreaches(lab.register, seeRegister(t, dir)); len(found) == 0 {
		t.Error("a lost night went unnoticed")
	}
}

// build makes the program without a window.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "kofu")
	c := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "kofu/app/kofu")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
