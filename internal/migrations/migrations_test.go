package migrations

import "testing"

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
