package archtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/archtest"
)

// TestKofu checks the real tree.
func TestKofu(t *testing.T) {
	found, err := archtest.Check("../..", archtest.Kofu())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
}

// small is a set of rules for the trees in testdata.
var small = archtest.Rules{
	Module:  "kofu",
	Order:   []string{"fault", "store", "audit", "booking/slot", "card", "delivery", "booking/site", "web"},
	Writers: map[string]string{"card": "card", "delivery": "delivery"},
	SQL:     []string{"store"},
	Only: []archtest.Only{
		{Rule: "engines", Prefixes: []string{"database/sql"}, Packages: []string{"store"}},
		{Rule: "http", Prefixes: []string{"net/http"}, Packages: []string{"web", "app"}},
		{Rule: "window", Prefixes: []string{"github.com/wailsapp"}, Packages: []string{"app/kofu"}, Tag: "desktop || dev || bindings"},
	},
	Apart:   []archtest.Apart{{Packages: []string{"booking", "app/booking"}, Never: []string{"card"}}},
	Subset:  []string{"booking"},
	Words:   map[string]string{"fault": "a table of words"},
	HasText: func(code string) bool { return code == "card.known" },
}

// TestPlanted checks one small tree for each rule. Every tree holds places that
// keep the rule beside places that break it, and expect.txt lists exactly the
// latter.
func TestPlanted(t *testing.T) {
	trees, err := filepath.Glob("testdata/*")
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]bool{}
	for _, tree := range trees {
		t.Run(filepath.Base(tree), func(t *testing.T) {
			found, err := archtest.Check(tree, small)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, v := range found {
				rules[v.Rule] = true
				got.WriteString(v.String() + "\n")
			}
			want, err := os.ReadFile(filepath.Join(tree, "expect.txt"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
	for _, rule := range []string{"imports", "writers", "sqlfiles", "engines", "http", "window", "japanese", "codes", "apart", "subset"} {
		if !rules[rule] {
			t.Errorf("no tree in testdata breaks the rule %q", rule)
		}
	}
}

// TestWriters_Stale: a table that was taken away leaves the list of writers.
func TestWriters_Stale(t *testing.T) {
	rules := small
	rules.Writers = map[string]string{"card": "card", "delivery": "delivery", "gone": "card"}
	found, err := archtest.Check("testdata/codes", rules)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 || found[0].Rule != "writers" || !strings.Contains(found[0].Text, "gone") {
		t.Errorf("no complaint about table gone, but %v", found)
	}
}
