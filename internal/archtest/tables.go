package archtest

import (
	"fmt"
	"go/ast"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	createTable = regexp.MustCompile(`(?i)\bCREATE\s+(?:VIRTUAL\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?"?([a-z0-9_]+)`)
	sqlComment  = regexp.MustCompile(`--[^\n]*`)
	// A changing statement and its target. Of «ON CONFLICT … DO UPDATE SET»
	// and «FOR UPDATE» the first group is set: these name no table.
	changes = regexp.MustCompile(`\b(DO\s+|FOR\s+)?(?:(?:INSERT\s+(?:OR\s+[A-Z]+\s+)?|REPLACE\s+)INTO|UPDATE(?:\s+OR\s+(?:ABORT|FAIL|IGNORE|REPLACE|ROLLBACK))?|DELETE\s+FROM)\s*("?[a-z0-9_]+|[\x00%]|$)`)
	// The beginning of a statement, as our SQL is written: keywords in capitals.
	statement = regexp.MustCompile(`(?s)^\s*(?:SELECT\s|INSERT\s+(?:OR\s+[A-Z]+\s+)?INTO\b|UPDATE\s+\S+\s+SET\b|DELETE\s+FROM\b|REPLACE\s+INTO\b|WITH\s+(?:RECURSIVE\s+)?\w+.*\bAS\b|CREATE\s+(?:VIRTUAL\s+|TEMP\s+)?(?:TABLE|INDEX|TRIGGER|VIEW)\b|ALTER\s+TABLE\b|DROP\s+TABLE\b|PRAGMA\s)`)
)

// writers checks that every table of the migrations has a writer, that no
// other package's SQL changes it, and that no changing statement hides its
// table from this test.
func writers(t *tree, rules Rules) []Violation {
	var found []Violation
	tables := map[string]bool{}
	for _, o := range t.others {
		if path.Ext(o.name) != ".sql" {
			continue
		}
		text := sqlComment.ReplaceAllString(o.text, "")
		for _, m := range createTable.FindAllStringSubmatch(text, -1) {
			table := strings.ToLower(m[1])
			tables[table] = true
			if rules.Writers[table] == "" {
				found = append(found, Violation{"writers", o.name, 0, fmt.Sprintf("table %s has no writer", table)})
			}
		}
	}
	for _, table := range slices.Sorted(maps.Keys(rules.Writers)) {
		if !tables[table] && !madeInGo(t, table) {
			found = append(found, Violation{"writers", "", 0, fmt.Sprintf("the writers name table %s, which no migration makes", table)})
		}
	}
	for _, s := range t.source {
		if s.test || s.pkg == "archtest" {
			continue
		}
		s.literals(func(n ast.Node, text string) {
			for _, m := range changes.FindAllStringSubmatch(text, -1) {
				if v := changedBy(s.pkg, m, rules); v != "" {
					found = append(found, Violation{"writers", s.name, t.line(n), v})
				}
			}
		})
	}
	return found
}

// changedBy returns what is wrong with package pkg making the change m.
func changedBy(pkg string, m []string, rules Rules) string {
	if m[1] != "" || slices.Contains(rules.SQL, pkg) {
		return ""
	}
	table := strings.Trim(m[2], `"`)
	switch {
	case table == "" || table == "\x00" || table == "%":
		return "the table of a changing statement must stand in the statement"
	case rules.Writers[table] == "":
		return fmt.Sprintf("%s changes %s, which has no writer", pkg, table)
	case rules.Writers[table] != pkg:
		return fmt.Sprintf("%s changes %s, which only %s may write", pkg, table, rules.Writers[table])
	}
	return ""
}

// madeInGo reports whether a table is made by SQL in Go, as store's own table
// of migrations must be, or the engine's shadow of it.
func madeInGo(t *tree, table string) bool {
	var made bool
	for _, s := range t.source {
		if s.test {
			continue
		}
		s.literals(func(_ ast.Node, text string) {
			for _, m := range createTable.FindAllStringSubmatch(text, -1) {
				made = made || m[1] == table
			}
		})
	}
	return made
}

// sqlFiles checks that statements stand in sql.go or *_sql.go.
func sqlFiles(t *tree, rules Rules) []Violation {
	var found []Violation
	for _, s := range t.source {
		base := path.Base(s.name)
		if s.test || base == "sql.go" || strings.HasSuffix(base, "_sql.go") || slices.Contains(rules.SQL, s.pkg) {
			continue
		}
		s.literals(func(n ast.Node, text string) {
			if statement.MatchString(text) {
				found = append(found, Violation{"sqlfiles", s.name, t.line(n), "SQL belongs in sql.go or *_sql.go"})
			}
		})
	}
	return found
}
