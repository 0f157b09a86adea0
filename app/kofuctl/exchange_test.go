package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kofu/internal/event"
	"kofu/internal/exchange"
	"kofu/internal/office"
	"kofu/internal/peertest"
	"kofu/internal/program"
	"kofu/internal/seal"
	"kofu/internal/staff"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// console is a data folder whose booking service answers calls as a test says.
type console struct {
	t      *testing.T
	dir    string
	clock  *testkit.Clock
	cloud  *peertest.Peer
	answer func(w http.ResponseWriter)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newConsole goes through the ceremony on both sides.
func newConsole(t *testing.T) *console {
	t.Helper()
	clock := testkit.NewClock()
	c := &console{t: t, dir: t.TempDir(), clock: clock, cloud: peertest.NewService(t, testkit.DBAt(t, clock), "7", clock.Now)}
	c.answer = func(w http.ResponseWriter) { _, _ = w.Write(c.cloud.Bundle()) }
	c.cloud.Say(event.ConfigWindow{Window: "A", Name: "本庁 1番", Owner: "office", Order: 1, Late: 5})
	c.run(program.OK, "init")
	c.office(func(o exchange.Office) {
		must(t, o.MakeKeys(t.Context(), testkit.Supervisor, "7"))
		p, err := o.Offer(t.Context(), testkit.Clerk, c.cloud.Public())
		must(t, err)
		for _, a := range []store.Actor{testkit.Clerk, testkit.Supervisor} {
			_, err := o.Confirm(t.Context(), a, p.Fingerprint())
			must(t, err)
		}
		_, kpub, err := o.Kpub()
		must(t, err)
		c.cloud.Meet(kpub)
	})
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { c.answer(w) }))
	var err error
	s.TLS, err = c.cloud.Own().TLS([]seal.Public{c.cloud.Known()})
	must(t, err)
	s.StartTLS()
	t.Cleanup(s.Close)
	c.run(program.OK, "exchange", "keys", "--address", s.URL+"/exchange")
	return c
}

// run runs the program, which must end with this exit code.
func (c *console) run(code int, args ...string) (said, failed string) {
	c.t.Helper()
	var out, errs bytes.Buffer
	p := &Program{In: strings.NewReader(""), Out: &out, Err: &errs, Clock: c.clock.Now, Cost: staff.Cost{Memory: 64, Time: 1}}
	if got := p.Run(c.t.Context(), append([]string{"--data", c.dir}, args...)); got != code {
		c.t.Errorf("%v: exit code %d, want %d\n%s%s", args, got, code, &out, &errs)
	}
	return out.String(), errs.String()
}

// office uses the data folder between two runs.
func (c *console) office(use func(exchange.Office)) {
	c.t.Helper()
	o, err := office.Open(c.t.Context(), c.dir, office.Options{Clock: c.clock.Now, Existing: true})
	must(c.t, err)
	use(exchange.Office{DB: o.DB, Ring: o.Ring, Keys: o.Dir.Keys(), Spool: o.Dir.Spool()})
	must(c.t, o.Close())
}

// came is how each bundle came that stands in the register, the newest first.
func (c *console) came() (ways string) {
	c.t.Helper()
	c.office(func(o exchange.Office) {
		testkit.Read(c.t, o.DB, func(rx *store.Rx) error {
			list, err := exchange.Carries(rx, exchange.CarryFilter{Direction: "in"})
			for _, one := range list {
				ways += string(one.Way) + " "
			}
			return err
		})
	})
	return ways
}

// KT-1000: a booking service that says nothing yet is no success, whether or not it
// has taken our bundle in.
func TestKT1000_SyncSaysThatNothingWasAnswered(t *testing.T) {
	c := newConsole(t)
	c.run(program.OK, "exchange", "sync")
	for refused, want := range map[string]string{"": `"code":"kofuctl.silent"`, "relay.E-GAP": `"code":"courier.refused.relay.E-GAP"`} {
		c.answer = func(w http.ResponseWriter) {
			if refused != "" {
				w.Header().Set("Kofu-Refused", refused)
			}
			w.WriteHeader(http.StatusNoContent)
		}
		said, failed := c.run(program.Failed, "--json", "exchange", "sync")
		if !strings.Contains(said, `"silent": true`) || !strings.Contains(failed, want) || !strings.Contains(failed, "kofuctl.silent") {
			t.Errorf("%q: %s%s", refused, said, failed)
		}
		if _, failed := c.run(program.Failed, "exchange", "sync"); !strings.Contains(failed, "担当者が件数を確かめるまで返送しません") {
			t.Errorf("%q: %s", refused, failed)
		}
	}
}

// KT-1000: a call never accepts a booking service that was put back. Its answer is
// kept, said and accepted from there, and the register knows that it came by HTTPS.
func TestKT1000_SyncKeepsAnAnswerToBeAccepted(t *testing.T) {
	c := newConsole(t)
	c.run(program.OK, "exchange", "sync")
	c.cloud.Renew(0)
	c.run(program.BadUsage, "exchange", "sync", "--accept")
	if said, failed := c.run(program.Failed, "exchange", "sync"); !strings.Contains(said, "exchange import --accept "+c.dir) || !strings.Contains(failed, "E-EPOCH") {
		t.Errorf("%s%s", said, failed)
	}
	said, failed := c.run(program.Failed, "--json", "exchange", "sync")
	var kept struct {
		Answer, Created string
		N               int
	}
	must(t, json.Unmarshal([]byte(said), &kept))
	if kept.N != 1 || kept.Created == "" || !strings.Contains(failed, `"code":"relay.E-EPOCH"`) || c.came() != "https " {
		t.Fatalf("%s%s, came %q", said, failed, c.came())
	}
	c.run(program.Failed, "exchange", "import", kept.Answer)
	bundle, err := os.ReadFile(kept.Answer)
	must(t, err)
	copied := filepath.Join(t.TempDir(), filepath.Base(kept.Answer))
	must(t, os.WriteFile(copied, bundle, 0o600))
	c.office(func(o exchange.Office) {
		if way := o.WayOf(copied); way != exchange.ByFile {
			t.Errorf("a copy came by %s", way)
		}
	})
	c.run(program.OK, "exchange", "import", "--accept", kept.Answer)
	if got := c.came(); got != "https https " {
		t.Errorf("came %q", got)
	}
	c.run(program.OK, "exchange", "sync")
}
