package glyph

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Set is an ordered list of sources: the first one that draws a character wins.
// It may be used by several goroutines at once.
type Set struct {
	sources []*Source
	mu      sync.Mutex
	known   map[key]match
}

// match is the answer for one cluster: the glyph that draws it. base is set for
// VariantBaseOnly as well, but only a decision may use it.
type match struct {
	state  State
	source *Source
	gid    int
}

// NewSet returns a set of the sources in order of priority.
func NewSet(sources ...*Source) *Set {
	return &Set{sources: sources, known: map[key]match{}}
}

// Sources returns the sources in order of priority. A print job records their
// SHA-256, so that a reprint can prove which glyphs were used.
func (s *Set) Sources() []*Source { return append([]*Source(nil), s.sources...) }

// Check returns the clusters of the text that need a decision, each once, in
// order of appearance. gaijiSet tells what private use characters mean.
func (s *Set) Check(text, gaijiSet string) []Finding {
	var findings []Finding
	seen := map[string]bool{}
	for _, c := range clusters(text) {
		if seen[c] {
			continue
		}
		seen[c] = true
		k := keyOf(gaijiSet, c)
		if m := s.find(k); m.state != OK {
			findings = append(findings, finding(k, m.state))
		}
	}
	return findings
}

func finding(k key, state State) Finding {
	return Finding{Cluster: k.cluster, Runes: []rune(k.cluster), State: state, GaijiSet: k.gaijiSet}
}

// find looks a cluster up, once per set.
func (s *Set) find(k key) match {
	s.mu.Lock()
	m, ok := s.known[k]
	s.mu.Unlock()
	if ok {
		return m
	}
	m = s.search(k)
	s.mu.Lock()
	s.known[k] = m
	s.mu.Unlock()
	return m
}

func (s *Set) search(k key) match {
	runes := []rune(k.cluster)
	for _, r := range runes {
		if undrawable(r) {
			return match{state: Missing}
		}
	}
	switch {
	case len(runes) == 1:
		return s.plain(k.gaijiSet, runes[0])
	case len(runes) == 2 && selector(runes[1]):
		return s.variant(k.gaijiSet, runes[0], runes[1])
	case unicode.Is(unicode.Mn, runes[len(runes)-1]):
		return s.accented(k)
	}
	return match{state: Missing}
}

// plain finds a single character. A private use character is asked of the
// 外字 sources of its set only.
func (s *Set) plain(gaijiSet string, r rune) match {
	if selector(r) {
		return match{state: Missing}
	}
	for _, source := range s.sources {
		if private(r) != (source.Role == EUDC) || private(r) && source.GaijiSet != gaijiSet {
			continue
		}
		if gid, ok := source.glyph(r); ok {
			return match{OK, source, gid}
		}
	}
	if r == '\u00A0' { // a font without it still has the space that it is as wide as
		return s.plain(gaijiSet, ' ')
	}
	return match{state: Missing}
}

// variant finds a base character with a selector in any text font; if only the
// base is there, the state says so.
func (s *Set) variant(gaijiSet string, base, selector rune) match {
	if !private(base) {
		for _, source := range s.sources {
			if source.Role != Text {
				continue
			}
			if gid, ok := source.variant(base, selector); ok {
				return match{OK, source, gid}
			}
		}
	}
	m := s.plain(gaijiSet, base)
	if m.state == OK {
		m.state = VariantBaseOnly
	}
	return m
}

// accented finds a letter with non-spacing marks by its composed character.
// Only Latin, Greek, Cyrillic letters and kana are composed: composing would
// turn a compatibility kanji into another one. The text itself stays as it is.
func (s *Set) accented(k key) match {
	base, _ := utf8.DecodeRuneInString(k.cluster)
	if !unicode.In(base, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Hiragana, unicode.Katakana) {
		return match{state: Missing}
	}
	composed := []rune(norm.NFC.String(k.cluster))
	if len(composed) != 1 {
		return match{state: Missing}
	}
	return s.plain("", composed[0])
}
