package paper

import (
	"strings"
	"sync"
	"time"

	"kofu/internal/fault"
	"kofu/internal/glyph"
)

// listFonts are the fonts of lists, in the order in which they are asked.
var listFonts = []string{"BIZUDGothic-Regular.ttf", "BIZUDPGothic-Regular.ttf", "ipamjm.ttf"}

// Shelf finds the fonts of lists when the first one is printed. It is safe for
// concurrent use.
type Shelf struct {
	Dir string // asked before the folder beside the program and the installed fonts

	mu  sync.Mutex
	set *glyph.Set
}

// Press is what a print of lists needs. Error: fault.Unavailable
// "press.no_font".
func (f *Shelf) Press(now time.Time) (Press, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.set == nil {
		var sources []*glyph.Source
		for _, name := range listFonts {
			path, found := glyph.Locate(f.Dir, name)
			if !found {
				continue
			}
			source, err := glyph.OpenFile(path, glyph.Text, "")
			if err != nil {
				return Press{}, err
			}
			sources = append(sources, source)
		}
		if len(sources) == 0 {
			return Press{}, fault.New(fault.Unavailable, "press.no_font", "names", strings.Join(listFonts, "、"), "dir", f.Dir)
		}
		f.set = glyph.NewSet(sources...)
	}
	return Press{Fonts: f.set, Now: now}, nil
}
