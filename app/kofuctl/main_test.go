package main

import (
	"context"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"kofu/internal/message"
	"kofu/internal/office"
	"kofu/internal/staff"
	"kofu/internal/testkit"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"kofuctl": func() {
			p := &Program{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Clock: testkit.NewClock().Now, Cost: staff.Cost{Memory: 64, Time: 1}}
			os.Exit(p.Run(context.Background(), os.Args[1:]))
		},
	})
}

// The scripts run the whole program and read like a manual page.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"running": running,
			"append":  appendBytes,
		},
		RequireExplicitExec: true,
	})
}

// running DIR: Kofu runs on the data folder until the script ends.
func running(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: running DIR")
	}
	o, err := office.Open(context.Background(), ts.MkAbs(args[0]), office.Options{Clock: testkit.NewClock().Now})
	ts.Check(err)
	ts.Defer(func() { ts.Check(o.Close()) })
}

// append FILE HEX: adds bytes that a script cannot hold.
func appendBytes(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: append FILE HEX")
	}
	b, err := hex.DecodeString(args[1])
	ts.Check(err)
	name := ts.MkAbs(args[0])
	old, err := os.ReadFile(name)
	ts.Check(err)
	ts.Check(os.WriteFile(name, append(old, b...), 0o600))
}

// Every code that the program says must have a text.
func TestCodes_HaveTexts(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"(kofuctl\.[a-z_]+)"`).FindAllStringSubmatch(string(b), -1) {
			found++
			if !message.Has(m[1]) {
				t.Errorf("%s: %q has no text", name, m[1])
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d codes found", found)
	}
}
