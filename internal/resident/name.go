package resident

// Preference is the city's choice of the name on mail to people with a 通称.
type Preference string

// The choices.
const (
	AsRegistered Preference = ""      // by 氏名優先区分 of the person
	AliasFirst   Preference = "alias" // 通称優先
	LegalFirst   Preference = "legal" // 本名優先
	Both         Preference = "both"  // 併記
)

// NameForMail is the name to print on an envelope, in the characters of the
// registry. With AsRegistered the person's 氏名優先区分 decides:
//
//	01 kanji   02 letters   03 kanji and letters   04 letters and kanji
//	05–08 as 01–04, then the 通称   09 the 通称   10–13 the 通称, then as 01–04
//
// The second of two kinds of name stands in full-width parentheses. A part
// that the person does not have is left out; without any code it is the name.
func NameForMail(r Resident, prefer Preference) string {
	order := priorityOrder(r.NamePriority)
	legal := r.legalName(order)
	switch {
	case r.Alias == "" || r.Alias == legal:
		return legal
	case legal == "":
		return r.Alias
	}
	switch prefer {
	case AliasFirst:
		return r.Alias
	case LegalFirst:
		return legal
	case Both:
		return inParentheses(legal, r.Alias)
	}
	switch code := r.NamePriority; {
	case code >= "05" && code <= "08":
		return inParentheses(legal, r.Alias)
	case code == "09":
		return r.Alias
	case code >= "10" && code <= "13":
		return inParentheses(r.Alias, legal)
	}
	return legal
}

func inParentheses(first, second string) string { return first + "（" + second + "）" }

// priorityOrder is the part of 氏名優先区分 that speaks of kanji and letters:
// 1 kanji, 2 letters, 3 kanji and letters, 4 letters and kanji, 0 not said.
func priorityOrder(code string) int {
	switch code {
	case "01", "05", "10":
		return 1
	case "02", "06", "11":
		return 2
	case "03", "07", "12":
		return 3
	case "04", "08", "13":
		return 4
	}
	return 0
}

// legalName is the name without 通称. Files without columns of their own for
// kanji and letters carry the whole name in 氏名.
func (r Resident) legalName(order int) string {
	kanji, roman := r.NameKanji, r.NameRoman
	if kanji == "" && r.Name != roman {
		kanji = r.Name
	}
	if roman == "" || kanji == "" {
		return kanji + roman
	}
	switch order {
	case 1:
		return kanji
	case 2:
		return roman
	case 3:
		return inParentheses(kanji, roman)
	case 4:
		return inParentheses(roman, kanji)
	}
	if r.Name != "" {
		return r.Name
	}
	return roman
}
