package mail

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"kofu/internal/booking/terms"
	"kofu/internal/booking/wording"
	"kofu/internal/entry"
	"kofu/internal/jptext"
)

// LineWidth is the longest line: 38 full-width characters.
const LineWidth = 2 * 38

// Compose writes a mail in a language, or in the one that stands in for it,
// which it returns: places filled, lines broken, with the words that stand in
// every mail with a link.
func Compose(t *terms.Terms, l Letter) (s terms.Sheet, in string) {
	sheet, in := t.Templates.SheetFor(l.Kind, l.Lang)
	clean := map[string]string{}
	for code, value := range l.Values {
		clean[code] = oneLine(value)
	}
	clean[terms.VarAnswers] = entry.Visible(l.Values[terms.VarAnswers])
	s = sheet.Fill(clean)
	if len(l.Also) > 0 {
		s.Body += "\n\n" + terms.MailWord(in, terms.WordAlso)
	}
	for _, line := range l.Also {
		s.Body += "\n " + oneLine(line)
	}
	if strings.Contains(s.Body, "://") {
		s.Body = strings.TrimRight(s.Body, "\n") + "\n" + terms.MailWord(in, noteOf(l.Kind))
	}
	if in == wording.Easy {
		s.Subject, s.Body = wording.WithoutReadings(s.Subject), wording.WithoutReadings(s.Body)
	}
	return terms.Sheet{Subject: shorten(oneLine(s.Subject)), Body: wrap(s.Body)}, in
}

// noteOf is what stands beside the link of a mail.
func noteOf(kind terms.MailKind) string {
	switch kind {
	case terms.MailOffer, terms.MailConfirm, terms.MailReset:
		return terms.WordActionNote
	}
	return terms.WordLinkNote
}

// oneLine takes everything out of a value that could begin a line or hide.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(entry.Visible(s), func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == ' '
	}), " ")
}

// shorten brings a subject to its length: the name of the city in front goes
// first, because the receipt number stands at the end.
func shorten(s string) string {
	if utf8.RuneCountInString(s) > terms.LongestSubject {
		if _, rest, found := strings.Cut(s, "】"); found {
			s = rest
		}
	}
	if r := []rune(s); len(r) > terms.LongestSubject {
		s = string(r[:terms.LongestSubject-1]) + "…"
	}
	return strings.TrimSpace(s)
}

// wrap breaks lines that are too long: at a blank if there is one, else between
// characters, but never within an address, and no line begins with a stop or a
// closing bracket.
func wrap(text string) string {
	var out []string
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		out = append(out, wrapLine(strings.TrimRightFunc(line, unicode.IsSpace))...)
	}
	return strings.Join(out, "\n")
}

func wrapLine(line string) (out []string) {
	for jptext.Width(line) > LineWidth && !strings.Contains(line, "://") {
		at := breakAt(line)
		out = append(out, strings.TrimRightFunc(line[:at], unicode.IsSpace))
		line = strings.TrimLeftFunc(line[at:], unicode.IsSpace)
	}
	return append(out, line)
}

const neverFirst = "、。,.!?)」』】)]}・ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ"

// breakAt is the number of bytes that the first line takes.
func breakAt(line string) int {
	width, end, blank := 0, 0, 0
	for i, r := range line {
		if width += jptext.Width(string(r)); width > LineWidth {
			end = i
			break
		}
		if r == ' ' {
			blank = i + 1
		}
	}
	next, _ := utf8.DecodeRuneInString(line[end:])
	last, size := utf8.DecodeLastRuneInString(line[:end])
	switch {
	case latin(next) && latin(last) && blank > end/2:
		return blank
	case strings.ContainsRune(neverFirst, next) && end > size:
		return end - size
	}
	return end
}

func latin(r rune) bool { return r > ' ' && r < 0x250 }
