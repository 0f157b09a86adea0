package glyph

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"kofu/internal/fault"
)

// errPostScript is a font with PostScript outlines, which no derived font can
// take over.
var errPostScript = errors.New("font: PostScript outlines")

// Source is one opened font file. It reads outlines from the file when they
// are needed, so the reader must stay open and unchanged; it may be used by
// several goroutines at once.
type Source struct {
	Name     string // as given to Open, for lists and logs
	Role     Role
	GaijiSet string // the set whose 外字 an EUDC or BDF source draws
	SHA256   string // of the whole file, hexadecimal
	Glyphs   int
	Pixels   int // dots per em of a BDF source, otherwise 0
	font     *sfnt
	file     io.Closer
	mu       sync.Mutex
	drawn    map[int]bool // glyphs found to show something, or not
}

// Open reads a TrueType file (.ttf, .tte) or the first face of a TrueType
// collection (.ttc). A Text source has no gaiji set, an EUDC source needs one.
//
// Failures: glyph.too_large, glyph.postscript_outlines, glyph.damaged and
// glyph.gaiji_set, each with the name of the file.
func Open(name string, r io.ReaderAt, size int64, role Role, gaijiSet string) (_ *Source, err error) {
	defer fault.Add(&err, "glyph.Open(%q)", name)
	if (role == EUDC) != (gaijiSet != "") || role != EUDC && role != Text {
		return nil, fault.New(fault.Invalid, "glyph.gaiji_set", "name", name)
	}
	if size > maxFile {
		return nil, fault.New(fault.TooLarge, "glyph.too_large", "name", name)
	}
	f, err := openSfnt(r, size)
	if errors.Is(err, errPostScript) {
		return nil, fault.New(fault.Invalid, "glyph.postscript_outlines", "name", name)
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "glyph.damaged", "name", name).Because(err)
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(r, 0, size)); err != nil {
		return nil, err
	}
	return &Source{
		Name: name, Role: role, GaijiSet: gaijiSet, SHA256: hex.EncodeToString(hash.Sum(nil)),
		Glyphs: f.glyphs, font: f, drawn: map[int]bool{},
	}, nil
}

func sum(b []byte) string {
	hash := sha256.Sum256(b)
	return hex.EncodeToString(hash[:])
}

// OpenFile opens the font file at path like [Open], under the file's name. The
// file stays open until [Source.Close].
func OpenFile(path string, role Role, gaijiSet string) (_ *Source, err error) {
	defer fault.Add(&err, "glyph.OpenFile(%q)", filepath.Base(path))
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	stat, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	s, err := Open(stat.Name(), file, stat.Size(), role, gaijiSet)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	s.file = file
	return s, nil
}

// Close closes the file of a source that [OpenFile] opened.
func (s *Source) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// draws reports whether the glyph shows something. A glyph that cannot be read
// does not.
func (s *Source) draws(gid int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok := s.drawn[gid]
	if !ok {
		contours, err := s.font.outline(gid)
		known = err == nil && visible(contours)
		s.drawn[gid] = known
	}
	return known
}

// glyph returns the glyph of r if it may be drawn for that character.
func (s *Source) glyph(r rune) (int, bool) {
	gid := s.font.cmap.glyph(r)
	if gid == 0 || gid >= s.font.glyphs {
		return 0, false
	}
	if blankAllowed(r) {
		return gid, true
	}
	return gid, s.draws(gid)
}

// variant returns the glyph of base with a variation selector.
func (s *Source) variant(base, selector rune) (int, bool) {
	gid := s.font.cmap.variant(base, selector)
	if gid == 0 || gid >= s.font.glyphs {
		return 0, false
	}
	return gid, s.draws(gid)
}

// shape returns a glyph ready for a derived font, condensed to percent of its
// width. Ordinary glyphs of text fonts keep their hinting instructions; those
// of 外字 files and all changed ones come without, because the bytecode of an
// operator's file has no business in a document.
func (s *Source) shape(gid, percent int) (entry, error) {
	record, err := s.font.record(gid)
	if err != nil {
		return entry{}, err
	}
	xMin := xMin(record)
	advance, bearing := s.font.metric(gid, xMin)
	if s.Role == Text && percent == 100 && len(record) >= 12 && i16(record, 0) > 0 {
		return entry{advance: advance, bearing: bearing, data: record}, nil
	}
	contours, err := s.font.outline(gid)
	if err != nil {
		return entry{}, err
	}
	shift := bearing - xMin // viewers move an outline so that it begins at its bearing
	contours = mapped(contours, func(x, y int) (int, int) { return condensed(x+shift, percent), y })
	data, err := encode(contours)
	if err != nil {
		return entry{}, err
	}
	e := entry{advance: condensed(advance, percent), data: data}
	if len(data) > 0 {
		e.bearing = int(i16(data, 2))
	}
	return e, nil
}

func condensed(x, percent int) int { return round(float64(x) * float64(percent) / 100) }

// hints returns the tables that hinting instructions need.
func (s *Source) hints() map[string][]byte {
	tables := map[string][]byte{}
	if s.Role != Text {
		return tables
	}
	for _, tag := range []string{"cvt ", "fpgm", "prep"} {
		if b, err := s.font.table(tag, 1); err == nil {
			tables[tag] = b
		}
	}
	return tables
}

// postScriptName makes a font name of the file's name: letters and digits.
func (s *Source) postScriptName() string {
	base, _, _ := strings.Cut(s.Name, ".")
	name := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, base)
	if name == "" {
		return string(s.Role)
	}
	return name
}
