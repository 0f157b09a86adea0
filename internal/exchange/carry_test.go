package exchange_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/event"
	"kofu/internal/exchange"
	"kofu/internal/testkit"
)

// KT-107: a bundle and its line of the register are taken in together. Where the
// line cannot be written, as here for a way that there is not, nothing is taken in.
func TestKT107_ABundleAndItsLineAreOneAct(t *testing.T) {
	w := newWorld(t)
	_, l := w.card()
	w.send()
	w.back() // the log has begun
	acts := map[string]func(exchange.Way) error{}
	w.Cloud.Say(placed(l))
	file := w.Cloud.Bundle()
	acts["import"] = func(way exchange.Way) error {
		_, err := w.Office.Import(t.Context(), testkit.Clerk, bytes.NewReader(file), way, exchange.Medium{No: "USB-007"})
		return err
	}
	acts["accept"] = func(way exchange.Way) error {
		w.Cloud.Renew(0)
		_, err := w.Office.Accept(t.Context(), testkit.Supervisor, bytes.NewReader(w.Cloud.Bundle()), way, exchange.Medium{No: "USB-007"})
		return err
	}
	for _, name := range []string{"import", "accept"} {
		before := testkit.Dump(t, w.DB)
		if err := acts[name]("pigeon"); err == nil || !strings.Contains(err.Error(), "way") {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(before, testkit.Dump(t, w.DB)); diff != "" {
			t.Errorf("%s: taken in without its line (-want +got):\n%s", name, diff)
		}
		must(t, acts[name](exchange.ByMedium))
		if c := w.register(exchange.CarryFilter{Direction: "in"})[0]; c.Way != exchange.ByMedium || c.No != "USB-007" || c.Verified || c.Size == 0 || len(c.SHA256) != 64 || c.By == "" {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// Whatever comes has a line, also what holds nothing new; what is refused has none.
func TestKT107_EveryBundleThatCameHasALine(t *testing.T) {
	w := newWorld(t)
	w.Cloud.Say(event.ConfigWindow{Window: "A", Name: "本庁 1番", Owner: "office", Order: 1, Late: 5})
	file := w.Cloud.Bundle()
	for range 2 {
		_, err := w.take(file)
		must(t, err)
	}
	w.Cloud.Renew(0)
	if _, err := w.take(w.Cloud.Bundle()); err == nil {
		t.Fatal("a new epoch is taken in")
	}
	lines := w.register(exchange.CarryFilter{Direction: "in"})
	if len(lines) != 2 || lines[0].BundleID != lines[1].BundleID || lines[0].Size != int64(len(file)) {
		t.Errorf("%+v", lines)
	}
}
