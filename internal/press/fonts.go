// Package press turns print runs into paper: it lays the pieces of a run out
// with the fonts of the office, reports what a person must decide first, and
// renders labels and letters. It joins packages notice and paper, knows no
// HTTP, and writes no tables of its own.
package press

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/glyph"
	"kofu/internal/message"
)

// The text fonts in the order in which they are asked. IPAmj Mincho has nearly
// every registered character with its variants; BIZ UD Mincho adds the variants
// that keyboards type. Headings are in BIZ UD Gothic.
var (
	textFonts    = []string{"ipamjm.ttf", "BIZUDMincho-Regular.ttf", "BIZUDGothic-Regular.ttf"}
	headingFonts = []string{"BIZUDGothic-Regular.ttf", "BIZUDPGothic-Regular.ttf"}
)

const maxEUDC = 64 << 20 // bytes

// Fonts are the fonts of the office: text fonts, and one EUDC file per gaiji
// set, which lie in the folder eudc below the fonts folder of the data folder.
// It is safe for concurrent use.
type Fonts struct {
	dir string

	mu      sync.Mutex
	set     *glyph.Set
	heading *glyph.Source
}

// OpenFonts opens the fonts. dir is the fonts folder of the data folder; text
// fonts are looked for there, beside the program, and among the installed ones.
// Error: fault.Unavailable "press.no_font".
func OpenFonts(dir string) (_ *Fonts, err error) {
	defer fault.Add(&err, "press.OpenFonts")
	f := &Fonts{dir: dir}
	if err := os.MkdirAll(f.eudcDir(), 0o700); err != nil {
		return nil, err
	}
	return f, f.load()
}

func (f *Fonts) eudcDir() string { return filepath.Join(f.dir, "eudc") }

func (f *Fonts) load() error {
	sources, err := f.openText()
	if err != nil {
		return err
	}
	files, err := os.ReadDir(f.eudcDir())
	if err != nil {
		return err
	}
	for _, file := range files {
		gaijiSet, ok := setOfFile(file.Name())
		if !ok {
			continue
		}
		s, err := glyph.OpenFile(filepath.Join(f.eudcDir(), file.Name()), glyph.EUDC, gaijiSet)
		if err != nil {
			return err
		}
		sources = append(sources, s)
	}
	heading, err := f.find(headingFonts)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set, f.heading = glyph.NewSet(sources...), heading
	return nil
}

func (f *Fonts) openText() (sources []*glyph.Source, err error) {
	for _, name := range textFonts {
		path, ok := glyph.Locate(f.dir, name)
		if !ok {
			continue
		}
		s, err := glyph.OpenFile(path, glyph.Text, "")
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	if len(sources) == 0 {
		return nil, fault.New(fault.Unavailable, "press.no_font", "names", strings.Join(textFonts, "、"), "dir", f.dir)
	}
	return sources, nil
}

// find opens the first font of the names that is there; none is no failure.
func (f *Fonts) find(names []string) (*glyph.Source, error) {
	for _, name := range names {
		if path, ok := glyph.Locate(f.dir, name); ok {
			return glyph.OpenFile(path, glyph.Text, "")
		}
	}
	return nil, nil
}

// Set returns the fonts for names, addresses and text.
func (f *Fonts) Set() (*glyph.Set, *glyph.Source) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.set, f.heading
}

// Font describes one font for lists and for the record of a print run.
type Font struct {
	Name     string `json:"name"`
	Role     string `json:"role"`
	GaijiSet string `json:"gaijiSet"`
	SHA256   string `json:"sha256"`
	Glyphs   int    `json:"glyphs"`
}

// List describes the fonts in the order in which they are asked.
func (f *Fonts) List() []Font {
	set, _ := f.Set()
	return describe(set)
}

func describe(set *glyph.Set) []Font {
	list := make([]Font, 0, len(set.Sources()))
	for _, s := range set.Sources() {
		list = append(list, Font{Name: nameOf(s.Name, s.GaijiSet), Role: string(s.Role), GaijiSet: s.GaijiSet, SHA256: s.SHA256, Glyphs: s.Glyphs})
	}
	return list
}

// nameOf is the name of a font for people: that of its file, but the files of
// 外字 are named for file systems.
func nameOf(file, gaijiSet string) string {
	if gaijiSet == "" {
		return file
	}
	return message.Text("press.gaiji_font", map[string]string{"set": gaijiSet})
}

// Screen returns the 外字 of a gaiji set as a font for screens, and its tag,
// which changes with the font. A set without a file has a font without
// characters.
func (f *Fonts) Screen(gaijiSet string) (font []byte, tag string, err error) {
	f.mu.Lock() // held while the file is read: AddEUDC closes files
	defer f.mu.Unlock()
	var source *glyph.Source
	for _, s := range f.set.Sources() {
		if s.Role == glyph.EUDC && s.GaijiSet == gaijiSet {
			source, tag = s, s.SHA256
		}
	}
	font, err = source.WebFont()
	return font, tag, err
}

// longestSet is the longest name of a gaiji set, in characters. It becomes a
// file name, in which a character takes up to six bytes.
const longestSet = 40

// AddEUDC takes the 外字 of a gaiji set over; an earlier file of the set goes.
// The file is read whole and checked before it replaces anything. Errors:
// fault.Invalid of package glyph, "press.no_gaiji_set", "press.bad_gaiji_set", fault.TooLarge
// "press.eudc_too_large".
func (f *Fonts) AddEUDC(r io.Reader, gaijiSet string) (_ Font, err error) {
	defer fault.Add(&err, "press.AddEUDC")
	if gaijiSet = strings.TrimSpace(gaijiSet); gaijiSet == "" {
		return Font{}, fault.New(fault.Invalid, "press.no_gaiji_set")
	}
	if err := entry.Check(gaijiSet); err != nil || utf8.RuneCountInString(gaijiSet) > longestSet {
		return Font{}, fault.New(fault.Invalid, "press.bad_gaiji_set", "max", strconv.Itoa(longestSet)).Because(err)
	}
	partial, err := f.receive(r)
	if err != nil {
		return Font{}, err
	}
	defer func() { _ = os.Remove(partial) }() // gone already when all went well
	probe, err := glyph.OpenFile(partial, glyph.EUDC, gaijiSet)
	if e, ok := fault.As(err); ok { // who sent the file does not know our name of it
		return Font{}, fault.New(e.Kind, e.Code, "name", gaijiSet).Because(err)
	}
	if err != nil {
		return Font{}, err
	}
	added := Font{Name: nameOf("", gaijiSet), Role: string(probe.Role), GaijiSet: gaijiSet, SHA256: probe.SHA256, Glyphs: probe.Glyphs}
	if err := probe.Close(); err != nil {
		return Font{}, err
	}
	if err := f.replace(partial, fileOfSet(gaijiSet)); err != nil {
		return Font{}, err
	}
	return added, f.load()
}

func (f *Fonts) receive(r io.Reader) (path string, err error) {
	file, err := os.CreateTemp(f.eudcDir(), "incoming-*.partial")
	if err != nil {
		return "", err
	}
	n, err := io.Copy(file, io.LimitReader(r, maxEUDC+1))
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil && n > maxEUDC {
		err = fault.New(fault.TooLarge, "press.eudc_too_large", "max", fmt.Sprint(maxEUDC>>20))
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}

// replace closes the set's present file first, because Windows does not rename
// over an open one.
func (f *Fonts) replace(partial, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.set.Sources() {
		if s.Role == glyph.EUDC && s.Name == name {
			if err := s.Close(); err != nil {
				return err
			}
		}
	}
	return os.Rename(partial, filepath.Join(f.eudcDir(), name))
}

// The file of a gaiji set is named after it, safely for every file system.
func fileOfSet(gaijiSet string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(gaijiSet)) + ".tte"
}

func setOfFile(name string) (string, bool) {
	encoded, ok := strings.CutSuffix(name, ".tte")
	if !ok {
		return "", false
	}
	set, err := base64.RawURLEncoding.DecodeString(encoded)
	return string(set), err == nil
}
