package migrations

import (
	"regexp"
	"strings"
	"testing"
)

func TestCheckNumbers(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []string
		ok    bool
	}{
		{"in order", []string{"0001_audit.sql", "0002_staff.sql"}, true},
		{"a gap", []string{"0001_audit.sql", "0003_staff.sql"}, false},
		{"used twice", []string{"0001_audit.sql", "0002_a.sql", "0002_b.sql"}, false},
		{"out of form", []string{"0001-audit.sql"}, false},
	} {
		if err := checkNumbers(c.files); (err == nil) != c.ok {
			t.Errorf("%s: checkNumbers = %v", c.name, err)
		}
	}
}

func TestAppliance_NumbersHaveNoGaps(t *testing.T) {
	if _, err := Appliance(); err != nil {
		t.Fatal(err)
	}
}

// Both engines read these migrations: SQLite's STRICT knows no type beyond
// these two that PostgreSQL knows too, and only the program makes keys.
func TestBooking_OnlyWhatBothEnginesKnow(t *testing.T) {
	files, err := Booking() // the shared ones included
	if err != nil {
		t.Fatal(err)
	}
	comment := regexp.MustCompile(`--[^\n]*`)
	column := regexp.MustCompile(`(?m)^ {4}[a-z_]+ +([A-Z]+)`)
	foreign := regexp.MustCompile(`(?i)\b(AUTOINCREMENT|SERIAL|IDENTITY|STRICT|WITHOUT ROWID|PRAGMA|now|datetime|COLLATE|CREATE TRIGGER|OR (IGNORE|REPLACE))\b`)
	columns := 0
	for _, file := range files {
		text := comment.ReplaceAllString(file.SQL, "")
		for _, m := range column.FindAllStringSubmatch(text, -1) {
			columns++
			if m[1] != "TEXT" && m[1] != "INTEGER" {
				t.Errorf("%s: a column is %s", file.Name, m[1])
			}
		}
		if m := foreign.FindString(text); m != "" {
			t.Errorf("%s: %s is not for both engines", file.Name, m)
		}
		for _, line := range strings.Split(text, "\n") {
			if strings.HasPrefix(line, ") ") {
				t.Errorf("%s: a table ends with %q, store adds what an engine wants there", file.Name, line)
			}
		}
	}
	if columns < 140 {
		t.Errorf("only %d columns were looked at", columns)
	}
}
