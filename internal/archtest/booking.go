package archtest

import (
	"fmt"
	"go/ast"
	"regexp"
	"slices"
	"strings"
)

// Apart keeps packages from linking others, however far the way: what runs on
// the internet must not even contain the code that knows residents by name.
type Apart struct {
	Packages []string // and those below them
	Never    []string
}

// apart follows the imports of every package that must stay apart.
func apart(t *tree, rules Rules) []Violation {
	imports := map[string][]string{}
	for _, s := range t.source {
		for _, target := range ourImports(s, rules.Module) {
			if !s.test && !slices.Contains(imports[s.pkg], target) {
				imports[s.pkg] = append(imports[s.pkg], target)
			}
		}
	}
	var found []Violation
	for _, a := range rules.Apart {
		for _, s := range t.source {
			if s.test || !slices.ContainsFunc(a.Packages, func(p string) bool { return within(s.pkg, p) }) {
				continue
			}
			for _, spec := range s.ast.Imports {
				target, ours := ourImport(spec.Path.Value, rules.Module)
				if way := wayTo(imports, target, a.Never, nil); ours && way != nil {
					found = append(found, Violation{"apart", s.name, t.line(spec), fmt.Sprintf("%s must not link %s, but %s",
						s.pkg, way[len(way)-1], strings.Join(append([]string{s.pkg}, way...), " imports "))})
				}
			}
		}
	}
	return found
}

func ourImports(s *source, module string) (targets []string) {
	for _, spec := range s.ast.Imports {
		if target, ours := ourImport(spec.Path.Value, module); ours {
			targets = append(targets, target)
		}
	}
	return targets
}

// wayTo returns the packages on the way from one to a forbidden one, both
// included, or nil.
func wayTo(imports map[string][]string, from string, never, seen []string) []string {
	if slices.Contains(never, from) {
		return []string{from}
	}
	for _, next := range imports[from] {
		if slices.Contains(seen, next) {
			continue
		}
		if way := wayTo(imports, next, never, append(seen, from)); way != nil {
			return append([]string{from}, way...)
		}
	}
	return nil
}

var (
	// Statements of the booking service name the tenant: in a condition, as the
	// first column that is written, or by looking for it.
	ofTenant = regexp.MustCompile(`\(tenant,|\btenant = |\bFROM tenant WHERE host = `)
	// What only one engine understands, or what means something else on the other.
	oneEngine = regexp.MustCompile(`\bFOR\s+(?:NO KEY )?(?:UPDATE|SHARE)\b|\bSKIP LOCKED\b|(?i:pg_\w+|\bnow\s*\(|\bcurrent_(?:timestamp|date|time)\b|\b(?:datetime|strftime|julianday|date)\s*\()|\bGREATEST\b|\bLEAST\b|\b(?:MAX|MIN)\s*\([^()]*,|\bILIKE\b|\bLIKE\b|\bAUTOINCREMENT\b|\bSERIAL\b|\bINSERT\s+OR\b|\bREPLACE\s+INTO\b|::|\bAS\s*\(\s*(?:INSERT|UPDATE|DELETE)\b`)
)

// subset checks the SQL of packages that run on both engines and serve many
// tenants.
func subset(t *tree, rules Rules) []Violation {
	var found []Violation
	for _, s := range t.source {
		if s.test || !slices.ContainsFunc(rules.Subset, func(p string) bool { return within(s.pkg, p) }) {
			continue
		}
		s.literals(func(n ast.Node, text string) {
			if !statement.MatchString(text) {
				return
			}
			if !ofTenant.MatchString(text) {
				found = append(found, Violation{"subset", s.name, t.line(n), "the statement does not name the tenant"})
			}
			if m := oneEngine.FindString(text); m != "" {
				found = append(found, Violation{"subset", s.name, t.line(n), fmt.Sprintf("%q is not for both engines", m)})
			}
		})
	}
	return found
}
