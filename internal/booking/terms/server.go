package terms

import (
	"fmt"
	"regexp"
	"strings"

	"kofu/internal/fault"
	"kofu/internal/store"
)

// Ways to speak to the mail server.
const (
	StartTLS = "starttls" // plain first, then encrypted or not at all
	TLS      = "tls"
	Plain    = "plain" // only towards a server in the same place
)

// MailServer is the server that takes the tenant's mails.
type MailServer struct {
	Version  int    `json:"version"`
	Host     string `json:"host"` // empty: nothing is sent, mails wait
	Port     int    `json:"port"`
	Security string `json:"security"`
	User     string `json:"user"`   // empty: no sign-in
	Secret   string `json:"secret"` // the password, sealed by package mail
}

var hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)

// LoadMailServer returns the server that holds now.
func LoadMailServer(rx *store.Rx, tenant int) (s MailServer, err error) {
	s = MailServer{Port: 587, Security: StartTLS}
	version, err := newest(rx, tenant, ServerDocument, &s)
	s.Version = version
	return s, err
}

// SaveMailServer makes s the next version. A password is never sent in plain.
// Errors: fault.Invalid "terms.bad_server" with details; fault.Conflict
// "settings.changed_meanwhile".
func SaveMailServer(tx *store.Tx, tenant int, s MailServer, seen int) (_ MailServer, err error) {
	defer fault.Add(&err, "terms.SaveMailServer(%d)", tenant)
	s.Host = strings.ToLower(strings.TrimSpace(s.Host))
	var details []fault.Detail
	bad := func(field, code string) { details = append(details, fault.Detail{Code: code, Column: field}) }
	if s.Host != "" && !hostName.MatchString(s.Host) {
		bad("host", "terms.host")
	}
	if s.Port < 1 || s.Port > 65535 {
		details = append(details, fault.Detail{Code: "terms.range", Column: "port", Value: fmt.Sprint(s.Port), Args: fault.Args("low", "1", "high", "65535")})
	}
	if s.Security != StartTLS && s.Security != TLS && s.Security != Plain {
		bad("security", "terms.choice")
	}
	if s.Security == Plain && s.User != "" {
		bad("user", "terms.plain_password")
	}
	if strings.ContainsAny(s.User, "\r\n\x00") || len(s.User) > 254 {
		bad("user", "terms.text")
	}
	if len(details) > 0 {
		return MailServer{}, fault.New(fault.Invalid, "terms.bad_server").With(details...)
	}
	s.Version = 0
	s.Version, err = save(tx, tenant, ServerDocument, seen, s)
	return s, err
}
