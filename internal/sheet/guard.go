package sheet

import "strings"

// formulaStarts are the first characters that make a spreadsheet calculate a
// CSV field (OWASP ASVS 1.2.10), their full-width twins, which Japanese
// spreadsheets take for the same, and the minus sign, which becomes one of them
// in CP932.
const formulaStarts = "=+-@\t\r\n\x00＝＋－＠−"

// Guard puts an apostrophe before a text that a spreadsheet would take for a
// formula. A text that looks guarded already gets one more, so that [Unguard]
// always gives the original back.
func Guard(text string) string {
	if dangerous(strings.TrimLeft(text, "'")) {
		return "'" + text
	}
	return text
}

// Unguard takes away the apostrophe that [Guard] put.
func Unguard(text string) string {
	if rest, ok := strings.CutPrefix(text, "'"); ok && dangerous(strings.TrimLeft(rest, "'")) {
		return rest
	}
	return text
}

func dangerous(text string) bool {
	for _, r := range text {
		return strings.ContainsRune(formulaStarts, r)
	}
	return false
}
