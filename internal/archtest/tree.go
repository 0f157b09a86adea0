package archtest

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// tree is a source tree in memory.
type tree struct {
	fset   *token.FileSet
	source []*source // Go files
	others []other   // migrations and the staff screens' own files
}

// source is one Go file.
type source struct {
	name string // slash-separated path from the root
	pkg  string // "delivery", "booking/site", "app/kofu", "frontend"
	test bool
	ast  *ast.File
	tag  string // the build constraint as text, or ""
}

type other struct {
	name string
	text string
}

// load reads app, internal, frontend and build below root. Folders named
// testdata, node_modules and dist hold no program of ours.
func load(root string) (*tree, error) {
	t := &tree{fset: token.NewFileSet()}
	for _, top := range []string{"app", "internal", "frontend", "build"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(name string, d fs.DirEntry, err error) error {
			switch {
			case os.IsNotExist(err) && name == filepath.Join(root, top):
				return nil
			case err != nil:
				return err
			case d.IsDir() && name != root && skipped(d.Name()):
				return filepath.SkipDir
			case d.IsDir():
				return nil
			}
			rel, err := filepath.Rel(root, name)
			if err != nil {
				return err
			}
			return t.add(name, filepath.ToSlash(rel))
		})
		if err != nil {
			return nil, err
		}
	}
	return t, nil
}

func skipped(dir string) bool {
	return dir == "testdata" || dir == "node_modules" || dir == "dist" || strings.HasPrefix(dir, ".")
}

func (t *tree) add(file, name string) error {
	switch path.Ext(name) {
	case ".go":
		parsed, err := parser.ParseFile(t.fset, file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		pkg := strings.TrimPrefix(path.Dir(name), "internal/")
		pkg = strings.TrimSuffix(pkg, "/gen") // a generator is part of the package it writes for
		t.source = append(t.source, &source{
			name: name, pkg: pkg, ast: parsed, tag: buildTag(parsed),
			test: strings.HasSuffix(name, "_test.go"),
		})
	case ".sql", ".ts", ".svelte":
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		t.others = append(t.others, other{name: name, text: string(b)})
	}
	return nil
}

func buildTag(f *ast.File) string {
	for _, group := range f.Comments {
		for _, c := range group.List {
			if c.Pos() > f.Package {
				return ""
			}
			if constraint.IsGoBuild(c.Text) {
				return strings.TrimSpace(strings.TrimPrefix(c.Text, "//go:build"))
			}
		}
	}
	return ""
}

func (t *tree) line(n ast.Node) int { return t.fset.Position(n.Pos()).Line }

// literals calls fn with every string literal of the file but import paths.
// Literals joined by + are one text; what is not a literal
// between them reads as "\x00".
func (s *source) literals(fn func(n ast.Node, text string)) {
	ast.Inspect(s.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BinaryExpr:
			if text, any := joined(n); any {
				fn(n, text)
				return false
			}
		case *ast.BasicLit:
			if text, ok := literal(n); ok {
				fn(n, text)
			}
		}
		return true
	})
}

func joined(e ast.Expr) (text string, any bool) {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		if e.Op != token.ADD {
			return "\x00", false
		}
		left, a := joined(e.X)
		right, b := joined(e.Y)
		return left + right, a || b
	case *ast.BasicLit:
		if text, ok := literal(e); ok {
			return text, true
		}
	}
	return "\x00", false
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}
