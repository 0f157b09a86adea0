package archtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// imports checks that packages import only packages before them in the order.
// Tests may import anything: they stand beside the order, not in it.
func imports(t *tree, rules Rules) []Violation {
	var found []Violation
	unknown := map[string]bool{}
	for _, s := range t.source {
		if s.test || strings.HasPrefix(s.name, "app/") || !strings.HasPrefix(s.name, "internal/") {
			continue
		}
		own := slices.Index(rules.Order, s.pkg)
		if own < 0 {
			if !unknown[s.pkg] {
				unknown[s.pkg] = true
				found = append(found, Violation{"imports", s.name, 1, fmt.Sprintf("package %q has no place in the order", s.pkg)})
			}
			continue
		}
		for _, spec := range s.ast.Imports {
			target, ours := ourImport(spec.Path.Value, rules.Module)
			if !ours || target == "frontend" || target == s.pkg {
				continue
			}
			if at := slices.Index(rules.Order, target); at < 0 || at >= own {
				found = append(found, Violation{"imports", s.name, t.line(spec), fmt.Sprintf("%s imports %s, which does not stand before it", s.pkg, target)})
			}
		}
	}
	return found
}

// ourImport returns the package name of an import of our own module.
func ourImport(quoted, module string) (string, bool) {
	p, err := strconv.Unquote(quoted)
	if err != nil {
		return "", false
	}
	p, ours := strings.CutPrefix(p, module+"/")
	return strings.TrimPrefix(p, "internal/"), ours
}

// only checks the imports that few packages may have. Tests are free: they ask
// over HTTP, and tamper with the file behind the program's back.
func only(t *tree, rules Rules) []Violation {
	var found []Violation
	for _, s := range t.source {
		for _, spec := range s.ast.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				continue
			}
			for _, o := range rules.Only {
				if !slices.ContainsFunc(o.Prefixes, func(prefix string) bool { return p == prefix || strings.HasPrefix(p, prefix+"/") }) {
					continue
				}
				switch {
				case !slices.ContainsFunc(o.Packages, func(pkg string) bool { return within(s.pkg, pkg) }):
					if !s.test {
						found = append(found, Violation{o.Rule, s.name, t.line(spec), fmt.Sprintf("%s may not import %s", s.pkg, p)})
					}
				case o.Tag != "" && s.tag != o.Tag:
					found = append(found, Violation{o.Rule, s.name, t.line(spec), fmt.Sprintf("%s needs the build constraint %s", p, o.Tag)})
				}
			}
		}
	}
	return found
}

// within reports whether name is dir or lies below it.
func within(name, dir string) bool {
	return name == dir || strings.HasPrefix(name, dir+"/")
}
