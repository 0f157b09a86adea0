// Package archtest keeps the rules of the architecture. It reads the source
// tree and reports every place that breaks one:
//
//   - imports: packages stand in one ordered list, and a package imports only
//     packages before it;
//   - writers: each table has exactly one package whose SQL changes it;
//   - sqlfiles: SQL stands only in files named sql.go or *_sql.go;
//   - engines, http, window: the database engines, net/http and Wails are
//     imported only where [Rules] says;
//   - japanese: no Japanese text in string literals, for texts for people live
//     in the message catalogue, templates and seeds;
//   - codes: every code of a message has a text in the catalogue;
//   - apart: some packages never link some others, however far the way;
//   - subset: SQL for both engines keeps to what both understand, and names the
//     tenant.
//
// The rules of Kofu itself are [Kofu]. The test of this package checks the real
// tree, and small trees in testdata each of which breaks one rule on purpose.
package archtest

import (
	"cmp"
	"fmt"
	"slices"
)

// Rules is what a tree is checked against. Package names are folders below
// internal ("booking/site") unless they begin with "app/".
type Rules struct {
	Module  string            // module path, the prefix of our own imports
	Order   []string          // packages of internal, from the ground up
	Writers map[string]string // table → the one package that writes it
	SQL     []string          // packages whose SQL may stand in any file
	Only    []Only            // imports that are allowed in few places
	Apart   []Apart           // packages that never link others
	Subset  []string          // packages whose SQL runs on both engines, for many tenants
	Words   map[string]string // package or file with Japanese words → reason
	Seeds   map[string]string // package or file with Japanese sentences → reason
	HasText func(code string) bool
}

// Only allows imports that begin with one of Prefixes in Packages alone, and
// there, if Tag is set, only in files that carry that build constraint.
type Only struct {
	Rule     string
	Prefixes []string
	Packages []string
	Tag      string
}

// Violation is one place that breaks a rule.
type Violation struct {
	Rule string
	File string // slash-separated, relative to the root
	Line int    // 0 when the whole file or tree is meant
	Text string
}

// String formats the violation like a compiler's message.
func (v Violation) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", v.File, v.Line, v.Rule, v.Text)
}

// Check reads the tree at root and returns every violation of the rules,
// sorted by place.
func Check(root string, rules Rules) ([]Violation, error) {
	t, err := load(root)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", root, err)
	}
	var all []Violation
	for _, rule := range []func(*tree, Rules) []Violation{imports, only, writers, sqlFiles, japanese, codes, apart, subset} {
		all = append(all, rule(t, rules)...)
	}
	slices.SortFunc(all, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Text, b.Text))
	})
	return all, nil
}
