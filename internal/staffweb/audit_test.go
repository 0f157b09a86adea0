package staffweb

import (
	"testing"

	"kofu/internal/audit"
)

// Whoever reads the log sees who acted in words, also where that was no person
// who had signed in.
func TestAuditRow_WhoActedIsNoCode(t *testing.T) {
	for _, c := range []struct{ id, name, want string }{
		{"st-1", "山田 通子", "山田 通子"},
		{"anonymous", "", "サインイン前の人"},
		{"kofu-booking/mail", "kofu-booking", "予約サービス(自動)"},
		{"resident", "", "住民"},
		{"someone", "", "someone"},
	} {
		if got := auditRow(audit.Record{Actor: c.id, Name: c.name}).Actor; got != c.want {
			t.Errorf("%s: %q, want %q", c.id, got, c.want)
		}
	}
}
