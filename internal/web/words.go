package web

import (
	"strconv"

	"kofu/internal/message"
)

// word is the text of a code under a prefix, or the code when it has none.
func word(prefix, code string) string {
	if code == "" || !message.Has(prefix+code) {
		return code
	}
	return message.Text(prefix+code, nil)
}

// Choice is one entry of a list to choose from.
type Choice struct {
	Code  string `json:"code"`
	Label string `json:"label"`
}

func choices(prefix string, codes []string) []Choice {
	list := make([]Choice, len(codes))
	for i, code := range codes {
		list[i] = Choice{code, word(prefix, code)}
	}
	return list
}

func itoa(n int) string { return strconv.Itoa(n) }
