package glyph

// bitmap is a black-and-white picture, rows from the top.
type bitmap struct {
	width, height int
	set           []bool
}

// at reports whether the pixel at column x, height y above the bottom is set.
func (b bitmap) at(x, y int) bool {
	return x >= 0 && x < b.width && y >= 0 && y < b.height && b.set[(b.height-1-y)*b.width+x]
}

// The directions of an edge; the next one is a turn to the right.
const (
	up = iota
	right
	down
	left
)

// trace returns the outlines of the set pixels in pixel units: outer lines
// clockwise, holes counter-clockwise, corners only. Nothing is smoothed: a
// rounded corner can turn one variant of a kanji into another.
func trace(b bitmap) []Contour {
	edges := b.edges()
	var contours []Contour
	for y := range b.height + 1 {
		for x := range b.width + 1 {
			for edges[y*(b.width+1)+x] != 0 {
				contours = append(contours, follow(edges, b.width+1, x, y))
			}
		}
	}
	return contours
}

// edges returns for each grid point the directions of the edges that begin
// there, one bit each: every set pixel is walked around clockwise, leaving out
// the sides that it shares with another set pixel.
func (b bitmap) edges() []byte {
	stride := b.width + 1
	edges := make([]byte, stride*(b.height+1))
	for y := range b.height {
		for x := range b.width {
			if !b.at(x, y) {
				continue
			}
			if !b.at(x-1, y) {
				edges[y*stride+x] |= 1 << up
			}
			if !b.at(x, y+1) {
				edges[(y+1)*stride+x] |= 1 << right
			}
			if !b.at(x+1, y) {
				edges[(y+1)*stride+x+1] |= 1 << down
			}
			if !b.at(x, y-1) {
				edges[y*stride+x+1] |= 1 << left
			}
		}
	}
	return edges
}

// follow takes one closed line out of the edges. Where two pixels touch at a
// corner it turns right, so that each keeps its own outline.
func follow(edges []byte, stride, x, y int) Contour {
	direction := up
	for edges[y*stride+x]&(1<<direction) == 0 {
		direction++
	}
	var c Contour
	for {
		c = append(c, Point{x, y, true})
		for { // along a straight stretch
			edges[y*stride+x] &^= 1 << direction
			x += [4]int{0, 1, 0, -1}[direction]
			y += [4]int{1, 0, -1, 0}[direction]
			here := edges[y*stride+x]
			if turn := (direction + 1) % 4; here&(1<<turn) != 0 {
				direction = turn
				break
			}
			if here&(1<<direction) != 0 {
				continue
			}
			if turn := (direction + 3) % 4; here&(1<<turn) != 0 {
				direction = turn
				break
			}
			return c // back at the start
		}
	}
}
