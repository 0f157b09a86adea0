package glyph

import "sort"

// cmap maps characters and variation sequences to glyph ids.
type cmap struct {
	groups   []group // format 12, sorted
	segments []segment
	ids      []byte // the format 4 subtable, for segments with an id array
	variants map[rune]variants
}

// group is a run of characters with consecutive glyph ids.
type group struct{ first, last, gid uint32 }

// segment is one segment of format 4. array is the position of its id array in
// the subtable, 0 if the glyph id is character plus delta.
type segment struct {
	first, last, delta uint16
	array              int
}

// variants holds the sequences of one selector.
type variants struct {
	usual []group // base characters whose ordinary glyph already is the variant
	own   map[rune]int
}

// readCmap takes the first format 12 and the first format 4 subtable for
// Unicode, and format 14.
func (f *sfnt) readCmap() error {
	b, err := f.table("cmap", 4)
	if err != nil {
		return err
	}
	count := int(u16(b, 2))
	if len(b) < 4+8*count {
		return damaged("cmap lists %d subtables in %d bytes", count, len(b))
	}
	for i := range count {
		entry := b[4+8*i:]
		platform, encoding, at := u16(entry, 0), u16(entry, 2), int64(u32(entry, 4))
		if platform != 0 && (platform != 3 || encoding != 1 && encoding != 10) {
			continue
		}
		if at+2 > int64(len(b)) {
			return damaged("cmap subtable at %d of %d", at, len(b))
		}
		if err := f.cmap.add(b[at:]); err != nil {
			return err
		}
	}
	if f.cmap.groups == nil && f.cmap.segments == nil {
		return damaged("no Unicode character map")
	}
	return nil
}

func (c *cmap) add(b []byte) error {
	switch format := u16(b, 0); {
	case format == 4 && c.segments == nil:
		return c.addSegments(b)
	case format == 12 && c.groups == nil:
		return c.addGroups(b)
	case format == 14 && c.variants == nil:
		return c.addVariants(b)
	}
	return nil
}

// addSegments reads format 4. The declared length is ignored: it wraps around
// in large fonts. Reads beyond the table are refused instead.
func (c *cmap) addSegments(b []byte) error {
	if len(b) < 16 {
		return damaged("cmap format 4 with %d bytes", len(b))
	}
	n := int(u16(b, 6)) / 2
	if len(b) < 16+8*n {
		return damaged("cmap format 4: %d segments in %d bytes", n, len(b))
	}
	c.segments, c.ids = make([]segment, n), b
	for i := range c.segments {
		s := segment{first: u16(b, 16+2*n+2*i), last: u16(b, 14+2*i), delta: u16(b, 16+4*n+2*i)}
		at := 16 + 6*n + 2*i
		if offset := int(u16(b, at)); offset != 0 && offset != 0xFFFF {
			s.array = at + offset
		}
		c.segments[i] = s
	}
	sort.SliceStable(c.segments, func(i, j int) bool { return c.segments[i].last < c.segments[j].last })
	return nil
}

func (c *cmap) addGroups(b []byte) error {
	if len(b) < 16 {
		return damaged("cmap format 12 with %d bytes", len(b))
	}
	groups, err := readGroups(b[16:], u32(b, 12), 12)
	if err != nil {
		return err
	}
	c.groups = groups
	return nil
}

// readGroups reads n groups of the width (12 bytes in format 12: first, last,
// glyph; 4 bytes in format 14: first in 3 bytes, additional count in 1).
func readGroups(b []byte, n uint32, width int) ([]group, error) {
	if int64(n)*int64(width) > int64(len(b)) {
		return nil, damaged("%d groups in %d bytes", n, len(b))
	}
	groups := make([]group, n)
	for i := range groups {
		if width == 12 {
			groups[i] = group{u32(b, 12*i), u32(b, 12*i+4), u32(b, 12*i+8)}
		} else {
			packed := u32(b, 4*i)
			groups[i] = group{packed >> 8, packed>>8 + packed&0xFF, 0}
		}
	}
	sort.SliceStable(groups, func(i, j int) bool { return groups[i].last < groups[j].last })
	return groups, nil
}

func (c *cmap) addVariants(b []byte) error {
	if len(b) < 10 {
		return damaged("cmap format 14 with %d bytes", len(b))
	}
	n := int64(u32(b, 6))
	if 10+11*n > int64(len(b)) {
		return damaged("cmap format 14: %d selectors in %d bytes", n, len(b))
	}
	c.variants = make(map[rune]variants, n)
	for i := range int(n) {
		entry := b[10+11*i:]
		v, err := readVariants(b, u32(entry, 3), u32(entry, 7))
		if err != nil {
			return err
		}
		c.variants[rune(u32(entry, 0)>>8)] = v
	}
	return nil
}

// readVariants reads the two tables of one selector; an offset of 0 means that
// there is none.
func readVariants(b []byte, usual, own uint32) (v variants, err error) {
	if usual != 0 {
		if int64(usual)+4 > int64(len(b)) {
			return v, damaged("default variants at %d of %d", usual, len(b))
		}
		if v.usual, err = readGroups(b[usual+4:], u32(b, int(usual)), 4); err != nil {
			return v, err
		}
	}
	if own == 0 {
		return v, nil
	}
	if int64(own)+4 > int64(len(b)) {
		return v, damaged("variants at %d of %d", own, len(b))
	}
	n := int64(u32(b, int(own)))
	if int64(own)+4+5*n > int64(len(b)) {
		return v, damaged("%d variants at %d of %d", n, own, len(b))
	}
	v.own = make(map[rune]int, n)
	for i := range int(n) {
		entry := b[int(own)+4+5*i:]
		v.own[rune(u32(entry, 0)>>8)] = int(u16(entry, 3))
	}
	return v, nil
}

// glyph returns the glyph id of r, 0 if the font has none.
func (c *cmap) glyph(r rune) int {
	if g, ok := find(c.groups, uint32(r)); ok {
		if gid := g.gid + uint32(r) - g.first; gid <= 0xFFFF && gid != 0 {
			return int(gid)
		}
	}
	if r > 0xFFFF {
		return 0
	}
	i := sort.Search(len(c.segments), func(i int) bool { return c.segments[i].last >= uint16(r) })
	if i == len(c.segments) || c.segments[i].first > uint16(r) {
		return 0
	}
	return c.segments[i].glyph(uint16(r), c.ids)
}

func (s segment) glyph(r uint16, ids []byte) int {
	if s.array == 0 {
		return int(r + s.delta)
	}
	at := s.array + 2*int(r-s.first)
	if at+2 > len(ids) {
		return 0
	}
	id := u16(ids, at)
	if id == 0 {
		return 0
	}
	return int(id + s.delta)
}

// variant returns the glyph id of base with selector, 0 if the font does not
// know the sequence.
func (c *cmap) variant(base, selector rune) int {
	v := c.variants[selector]
	if gid, ok := v.own[base]; ok {
		return gid
	}
	if _, ok := find(v.usual, uint32(base)); ok {
		return c.glyph(base)
	}
	return 0
}

func find(groups []group, r uint32) (group, bool) {
	i := sort.Search(len(groups), func(i int) bool { return groups[i].last >= r })
	if i == len(groups) || groups[i].first > r {
		return group{}, false
	}
	return groups[i], true
}
