package tabfile

import (
	"regexp"
	"strings"

	"kofu/internal/fault"
	"kofu/internal/jptext"
)

// noticeNo is the pattern of a 交付通知書番号 after folding. It is not unique
// over the years, only within a delivery.
var noticeNo = regexp.MustCompile(`^[0-9A-Z]{3}[0-9]{6}$`)

// lookAlike finds letters that are usually a misread digit.
var lookAlike = regexp.MustCompile(`[OI]`)

// ParseNoticeNo brings a 交付通知書番号, as typed, scanned or read from a file,
// into its stored form A1B-000123: full-width and lower-case letters are folded,
// hyphens and spaces dropped. doubtful says that it has a letter O or I, which is
// often a misread 0 or 1. The faults are notice_no.form, and notice_no.look_alike
// when only O or I in place of digits spoils the form.
func ParseNoticeNo(s string) (number string, doubtful bool, err error) {
	folded := strings.ToUpper(strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '‐', '‑', '–', '—', '―', 'ー', 'ｰ':
			return -1
		}
		return r
	}, jptext.Narrow(s)))
	if !noticeNo.MatchString(folded) {
		if len(folded) == 9 && noticeNo.MatchString(folded[:3]+digitsFor.Replace(folded[3:])) {
			return "", false, fault.New(fault.Invalid, "notice_no.look_alike", "value", show(s))
		}
		return "", false, fault.New(fault.Invalid, "notice_no.form", "value", show(s))
	}
	return folded[:3] + "-" + folded[3:], lookAlike.MatchString(folded[:3]), nil
}

var digitsFor = strings.NewReplacer("O", "0", "I", "1")
