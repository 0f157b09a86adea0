package terms

import (
	"strings"
	"unicode"
)

// Mailable reports whether a text is a mail address that can be written to:
// one local part and one domain, in ASCII, nothing else. The local part may
// break the RFC as addresses of Japanese carriers from before 2009 do: dots in
// a row, a dot before the @, a hyphen in front.
func Mailable(address string) bool {
	local, domain, ok := cut(address)
	return ok && len(address) <= 254 && localPart(local) && domainName(domain)
}

// cut divides at the last @.
func cut(address string) (local, domain string, ok bool) {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return "", "", false
	}
	return address[:i], address[i+1:], true
}

func localPart(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", r) })
}

// plain reports whether a character is an ASCII letter or digit.
func plain(r rune) bool {
	return r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func domainName(s string) bool {
	labels := strings.Split(s, ".")
	if len(s) > 253 || len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.ContainsFunc(l, func(r rune) bool { return !plain(r) && r != '-' }) {
			return false
		}
	}
	return true
}
