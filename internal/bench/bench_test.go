package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	if os.Getenv(emptyVariable) != "" || os.Getenv(crowdVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// Everything that is measured runs once at a thousandth of its size, with the
// checks of its answers; no time is judged.
func TestSmoke(t *testing.T) {
	if os.Getenv("KOFU_TEST_POSTGRES") == "" {
		t.Fatal("needs a PostgreSQL server of its own: internal/testkit/postgres.sh")
	}
	dir := t.TempDir()
	program, figures := filepath.Join(dir, "kofu-booking"), filepath.Join(dir, "bench.json")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", program, "../../app/booking")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for engines, goals := range map[string]string{"sqlite,postgres": "G18,G19", "sqlite": "G21,rush,queue,storm"} {
		var out bytes.Buffer
		_, err := run(t.Context(), []string{"-scale", "1000", "-pairs", "1", "-goal", goals, "-engine", engines, "-program", program, "-json", figures}, &out)
		if err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		text, err := os.ReadFile(figures) //nolint:gosec // our own folder
		var r report
		if err == nil {
			err = json.Unmarshal(text, &r)
		}
		if err != nil {
			t.Fatal(err)
		}
		for goal := range strings.SplitSeq(goals, ",") {
			if !strings.Contains(string(text), `"`+goal+`"`) {
				t.Errorf("no figure for %s in\n%s", goal, out.String())
			}
		}
		t.Log(out.String())
	}
}

func TestVerdict(t *testing.T) {
	for want, r := range map[string]result{
		"reached":          {Ratio: 0.8, Want: 0.7, AtLeast: true},
		"missed":           {Ratio: 0.5, Want: 0.7, Alarm: 0.4, AtLeast: true},
		"alarm":            {Ratio: 5, Want: 2, Alarm: 4},
		"busy, not judged": {Ratio: 900, Want: 300, Wall: true},
		"not judged":       {Missing: true},
	} {
		if got := r.verdict(); got != want {
			t.Errorf("%+v is %s", r, got)
		}
	}
}
