package mail

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"strings"
	"time"
	"unicode"

	"kofu/internal/booking/terms"
	"kofu/internal/fault"
)

// parcel is one mail as the server gets it.
type parcel struct {
	id       string // unique, of letters and digits
	fromName string
	from, to string
	subject  string
	body     string
	at       time.Time
}

// build writes the message: these headers and no others, one receiver, plain
// text. Whatever could begin another header is refused. Errors: fault.Invalid
// "mail.bad_letter".
func (p parcel) build() ([]byte, error) {
	for _, s := range []string{p.id, p.fromName, p.from, p.to, p.subject} {
		if strings.ContainsFunc(s, unicode.IsControl) || strings.ContainsAny(s, "\u2028\u2029") {
			return nil, fault.New(fault.Invalid, "mail.bad_letter")
		}
	}
	if !terms.Mailable(p.from) || !terms.Mailable(p.to) || p.id == "" || strings.ContainsFunc(p.id, func(r rune) bool {
		return r > 0x7F || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		return nil, fault.New(fault.Invalid, "mail.bad_letter")
	}
	_, domain, _ := strings.Cut(p.from, "@")
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("From", strings.TrimSpace(encoded(p.fromName)+" <"+path(p.from)+">"))
	header("To", "<"+path(p.to)+">")
	header("Subject", encoded(p.subject))
	header("Date", p.at.Format(time.RFC1123Z))
	header("Message-ID", "<"+p.id+"@"+domain+">")
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "base64")
	header("Auto-Submitted", "auto-generated")
	b.WriteString("\r\n")
	text := base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(strings.TrimRight(p.body, "\n")+"\n", "\n", "\r\n")))
	for len(text) > 0 {
		n := min(76, len(text))
		b.WriteString(text[:n] + "\r\n")
		text = text[n:]
	}
	return b.Bytes(), nil
}

// encoded writes a text for a header, on as many lines as it needs.
func encoded(s string) string {
	return strings.ReplaceAll(mime.BEncoding.Encode("utf-8", s), "?= =?", "?=\r\n =?")
}

// path is a mail address as servers want it. A local part that breaks the rules
// of RFC 5321, as old addresses of Japanese carriers do, is quoted.
func path(address string) string {
	i := strings.LastIndexByte(address, '@')
	local, domain := address[:i], address[i+1:]
	if strings.HasPrefix(local, ".") || strings.HasPrefix(local, "-") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return `"` + local + `"@` + domain
	}
	return address
}
