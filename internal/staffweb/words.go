package staffweb

import "kofu/internal/message"

// Word is the text of a code under a prefix, or the code when it has none.
func Word(prefix, code string) string {
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

// Choices are codes with their words.
func Choices(prefix string, codes []string) []Choice {
	list := make([]Choice, len(codes))
	for i, code := range codes {
		list[i] = Choice{code, Word(prefix, code)}
	}
	return list
}

// Tone is how good or bad an answer is: it chooses sound and colour, which
// never stand alone.
type Tone string

// The tones.
const (
	ToneOK    Tone = "ok"
	ToneSame  Tone = "same"
	ToneOther Tone = "other"
	ToneWarn  Tone = "warn"
	ToneError Tone = "error"
)
