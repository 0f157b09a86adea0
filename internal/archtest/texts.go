package archtest

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"strings"
	"unicode"
)

// sentence recognises a Japanese sentence by its stops and its verb endings.
var sentence = regexp.MustCompile(`[\p{Hiragana}\p{Katakana}\p{Han}]。|です|ます|ません|ました|でした|ください`)

// japanese checks that string literals hold no Japanese. Packages with tables
// of Japanese words, which [Rules] names with the reason, may hold words but no
// sentence. A character literal is not a text.
func japanese(t *tree, rules Rules) []Violation {
	var found []Violation
	for _, s := range t.source {
		if s.test || s.pkg == "archtest" || excepted(s, rules.Seeds) {
			continue
		}
		s.literals(func(n ast.Node, text string) {
			switch {
			case sentence.MatchString(text):
				found = append(found, Violation{"japanese", s.name, t.line(n), fmt.Sprintf("the sentence %q belongs in the message catalogue", text)})
			case strings.ContainsFunc(text, isJapanese) && !excepted(s, rules.Words):
				found = append(found, Violation{"japanese", s.name, t.line(n), fmt.Sprintf("the text %q belongs in the message catalogue", text)})
			}
		})
	}
	return found
}

func isJapanese(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

func excepted(s *source, list map[string]string) bool {
	return list[s.pkg] != "" || list[s.name] != ""
}

// frontCode finds the codes that the staff screens ask the catalogue for.
var frontCode = regexp.MustCompile(`\btext\(\s*['"]([^'"]+)['"]`)

// codes checks that every code written out in Go or in the staff screens has a
// text. Codes that are put together while running are the business of the
// package's own test.
func codes(t *tree, rules Rules) []Violation {
	if rules.HasText == nil {
		return nil
	}
	var found []Violation
	for _, s := range t.source {
		if s.test {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			for _, code := range codesOf(n) {
				if !rules.HasText(code) {
					found = append(found, Violation{"codes", s.name, t.line(n), fmt.Sprintf("code %q has no text", code)})
				}
			}
			return true
		})
	}
	for _, o := range t.others {
		if path.Ext(o.name) == ".sql" || strings.HasSuffix(o.name, ".test.ts") {
			continue
		}
		for _, m := range frontCode.FindAllStringSubmatchIndex(o.text, -1) {
			if code := o.text[m[2]:m[3]]; !rules.HasText(code) {
				line := 1 + strings.Count(o.text[:m[0]], "\n")
				found = append(found, Violation{"codes", o.name, line, fmt.Sprintf("code %q has no text", code)})
			}
		}
	}
	return found
}

// codesOf returns the codes of fault.New(kind, "code"), message.Text("code", …)
// and of composite literals fault.Detail{Code: "code"}, fault.Error{…} and
// []fault.Detail{{Code: "code"}}.
func codesOf(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.CallExpr:
		switch name := selector(n.Fun); {
		case name == "fault.New" && len(n.Args) >= 2:
			return literals(n.Args[1])
		case name == "message.Text" && len(n.Args) >= 1:
			return literals(n.Args[0])
		}
	case *ast.CompositeLit:
		if array, ok := n.Type.(*ast.ArrayType); ok && selector(array.Elt) == "fault.Detail" {
			var all []string
			for _, e := range n.Elts {
				if elided, ok := e.(*ast.CompositeLit); ok && elided.Type == nil {
					all = append(all, codeField(elided)...)
				}
			}
			return all
		}
		if name := selector(n.Type); name == "fault.Detail" || name == "fault.Error" {
			return codeField(n)
		}
	}
	return nil
}

func codeField(lit *ast.CompositeLit) []string {
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "Code" {
				return literals(kv.Value)
			}
		}
	}
	return nil
}

func literals(e ast.Expr) []string {
	if text, ok := literal(e); ok {
		return []string{text}
	}
	return nil
}

func selector(e ast.Expr) string {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	pkg, ok := sel.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return pkg.Name + "." + sel.Sel.Name
}
