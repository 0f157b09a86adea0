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
			findings = append(findings, m.finding(k))
		}
	}
	return findings
}

func (m match) finding(k key) Finding {
	f := Finding{Cluster: k.cluster, Runes: []rune(k.cluster), State: m.state, GaijiSet: k.gaijiSet}
	if m.state == OKBitmap {
		f.Pixels = m.source.Pixels
	}
	return f
}

// drawn reports whether the cluster can be printed without a decision.
func (m match) drawn() bool { return m.state == OK || m.state == OKBitmap }

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
// 外字 sources of its set only, outlines before bitmaps.
func (s *Set) plain(gaijiSet string, r rune) match {
	if selector(r) {
		return match{state: Missing}
	}
	if private(r) {
		if m := s.first(EUDC, gaijiSet, r); m.drawn() {
			return m
		}
		m := s.first(BDF, gaijiSet, r)
		if m.drawn() {
			m.state = OKBitmap
		}
		return m
	}
	m := s.first(Text, "", r)
	if !m.drawn() && r == '\u00A0' { // a font without it still has the space that it is as wide as
		return s.first(Text, "", ' ')
	}
	return m
}

// first asks the sources of one role and set in order.
func (s *Set) first(role Role, gaijiSet string, r rune) match {
	for _, source := range s.sources {
		if source.Role != role || source.GaijiSet != gaijiSet {
			continue
		}
		if gid, ok := source.glyph(r); ok {
			return match{OK, source, gid}
		}
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
	if m.drawn() {
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
