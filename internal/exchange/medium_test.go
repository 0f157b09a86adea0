package exchange_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/relay"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func (w *world) register(f exchange.CarryFilter) (list []exchange.Carry) {
	w.t.Helper()
	testkit.Read(w.t, w.DB, func(rx *store.Rx) (err error) {
		list, err = exchange.Carries(rx, f)
		return err
	})
	return list
}

// made counts the bundles of this side that left.
func (w *world) made() (n int) {
	w.t.Helper()
	testkit.Read(w.t, w.DB, func(rx *store.Rx) error {
		list, err := relay.Bundles(rx, 100)
		n = len(list)
		return err
	})
	return n
}

func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// KT-107: a bundle goes to a medium step by step, is read back and compared, and
// then stands in the register with who answers for it.
func TestKT107_WriteVerifyRegister(t *testing.T) {
	w := newWorld(t)
	w.card()
	dir := t.TempDir()
	var steps []exchange.Doing
	w.Office.Watch = func(s exchange.Step) {
		if len(steps) == 0 || steps[len(steps)-1] != s.Doing {
			steps = append(steps, s.Doing)
		}
		if s.Done > s.Total {
			t.Errorf("%+v", s)
		}
	}
	m := exchange.Medium{No: "USB-007", Approval: "R8-12", Approver: "課長 佐藤"}
	c, path, err := w.Office.ExportTo(t.Context(), testkit.Clerk, w.Office.Export, dir, exchange.ByMedium, m)
	must(t, err)
	if want := []exchange.Doing{exchange.Making, exchange.Writing, exchange.Syncing, exchange.Checking}; !slices.Equal(steps, want) {
		t.Errorf("steps %v, want %v", steps, want)
	}
	if got := files(t, dir); !slices.Equal(got, []string{c.File}) || path != filepath.Join(dir, c.File) {
		t.Errorf("on the medium: %v", got)
	}
	file, err := os.ReadFile(path)
	must(t, err)
	w.deliver(file)
	list := w.register(exchange.CarryFilter{Direction: "out"})
	if len(list) != 1 || list[0] != c || !c.Verified || c.Ejected || c.Medium != m || c.Size != int64(len(file)) || c.N != 2 || c.By != testkit.Clerk.Name {
		t.Errorf("register %+v", list)
	}
	must(t, w.Office.Ejected(t.Context(), testkit.Clerk, c.ID))
	if list := w.register(exchange.CarryFilter{}); !list[0].Ejected {
		t.Error("the register does not know that the medium was let go")
	}
	testkit.WantFault(t, w.Office.Ejected(t.Context(), testkit.Clerk, c.ID+1), fault.NotFound, "exchange.no_carry")
}

// Only what was written to a medium was read back from one: a file for a browser
// comes from our own disk, and who takes a bundle in has written none.
func TestKT107_OnlyAMediumIsVerified(t *testing.T) {
	w := newWorld(t)
	w.card()
	for way, want := range map[exchange.Way]bool{exchange.ByMedium: true, exchange.ByFile: false} {
		c, _, err := w.Office.ExportTo(t.Context(), testkit.Clerk, w.Office.Export, t.TempDir(), way, exchange.Medium{})
		if must(t, err); c.Verified != want {
			t.Errorf("%s: verified %t", way, c.Verified)
		}
	}
	for _, way := range []exchange.Way{exchange.ByMedium, exchange.ByFile, exchange.ByHTTPS} {
		_, err := w.Office.Import(t.Context(), testkit.Clerk, bytes.NewReader(w.Cloud.Bundle()), way, exchange.Medium{})
		must(t, err)
		if c := w.register(exchange.CarryFilter{Direction: "in"})[0]; c.Way != way || c.Verified {
			t.Errorf("in by %s: %+v", way, c)
		}
	}
}

// What is read back differs from what was made: the file goes, and nothing stands
// in the register.
func TestKT107_VerificationFails(t *testing.T) {
	w := newWorld(t)
	w.card()
	dir := t.TempDir()
	lying := func(ctx context.Context, actor store.Actor, dst io.Writer) (exchange.Bundle, error) {
		b, err := w.Office.Export(ctx, actor, dst)
		if err != nil {
			return b, err
		}
		_, err = dst.Write([]byte("a bit that fell over"))
		return b, err
	}
	_, _, err := w.Office.ExportTo(t.Context(), testkit.Clerk, lying, dir, exchange.ByMedium, exchange.Medium{})
	testkit.WantFault(t, err, fault.Unavailable, "exchange.not_verified")
	if got, list := files(t, dir), w.register(exchange.CarryFilter{}); len(got) != 0 || len(list) != 0 {
		t.Errorf("left %v, register %v", got, list)
	}
}

// A medium that is not there, or goes while it is written: no register line, no
// file left, and for the former no bundle either.
func TestKT107_MediumGone(t *testing.T) {
	w := newWorld(t)
	w.card()
	dir := filepath.Join(t.TempDir(), "medium")
	_, _, err := w.Office.ExportTo(t.Context(), testkit.Clerk, w.Office.Export, dir, exchange.ByMedium, exchange.Medium{})
	testkit.WantFault(t, err, fault.Unavailable, "exchange.medium_gone")
	if w.made() != 0 {
		t.Error("a bundle was made for a medium that is not there")
	}
	must(t, os.Mkdir(dir, 0o700))
	pulled := func(ctx context.Context, actor store.Actor, dst io.Writer) (exchange.Bundle, error) {
		b, err := w.Office.Export(ctx, actor, dst)
		must(t, os.RemoveAll(dir))
		return b, err
	}
	_, _, err = w.Office.ExportTo(t.Context(), testkit.Clerk, pulled, dir, exchange.ByMedium, exchange.Medium{})
	testkit.WantFault(t, err, fault.Unavailable, "exchange.medium_failed")
	if list := w.register(exchange.CarryFilter{}); len(list) != 0 {
		t.Errorf("register %v", list)
	}
	if spool := files(t, w.Office.Spool); len(spool) != 0 {
		t.Errorf("left in the spool: %v", spool)
	}
}

// A text that may hold a number which nobody may store is refused before anything
// leaves.
func TestKT107_NoTwelveDigitsOnTheForm(t *testing.T) {
	w := newWorld(t)
	_, _, err := w.Office.ExportTo(t.Context(), testkit.Clerk, w.Office.Export, t.TempDir(), exchange.ByMedium, exchange.Medium{Approver: "1234 5678 9018"})
	testkit.WantFault(t, err, fault.Invalid, "entry.my_number")
	if w.made() != 0 {
		t.Error("a bundle was made")
	}
}

// The register is asked by direction, way and time.
func TestKT107_RegisterFilter(t *testing.T) {
	w := newWorld(t)
	w.card()
	for _, c := range []exchange.Carry{
		{BundleID: "a", Direction: "out", Way: exchange.ByFile}, {BundleID: "b", Direction: "out", Way: exchange.ByHTTPS}, {BundleID: "c", Direction: "in", Way: exchange.ByFile},
	} {
		_, err := w.Office.Register(t.Context(), testkit.Clerk, c)
		must(t, err)
	}
	now := store.Stamp(w.Clock.Now())
	for want, f := range map[string]exchange.CarryFilter{
		"cba": {}, "ba": {Direction: "out"}, "ca": {Way: exchange.ByFile}, "c": {Direction: "in", Way: exchange.ByFile}, "cb": {Limit: 2}, "": {From: "2027"},
		"cba ": {From: now}, " ": {Until: now},
	} {
		got := ""
		for _, c := range w.register(f) {
			got += c.BundleID
		}
		if want := strings.TrimSpace(want); got != want {
			t.Errorf("%+v: %q, want %q", f, got, want)
		}
	}
}
