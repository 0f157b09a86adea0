package glyph

import (
	"fmt"
	"strings"
)

// A boxed code stands where no glyph exists and a person will write the
// character by hand: a ruled box of one em that holds the code points in
// hexadecimal digits of 5×7 dots.

// boxEm is the em of box glyphs, boxBottom how far the box reaches below the
// baseline.
const (
	boxEm     = 2000
	boxBottom = -240
	boxRule   = 50
	boxMargin = 60
	// boxMaxCodes keeps the dots of a hostile cluster visible; text extraction
	// still returns all codes.
	boxMaxCodes = 6
)

// digits are the dots of 0–9 and A–F, row by row from the top, the high bit of
// five at the left.
var digits = [16][7]byte{
	{0x0E, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0E},
	{0x04, 0x0C, 0x04, 0x04, 0x04, 0x04, 0x0E},
	{0x0E, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1F},
	{0x1F, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0E},
	{0x02, 0x06, 0x0A, 0x12, 0x1F, 0x02, 0x02},
	{0x1F, 0x10, 0x1E, 0x01, 0x01, 0x11, 0x0E},
	{0x06, 0x08, 0x10, 0x1E, 0x11, 0x11, 0x0E},
	{0x1F, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08},
	{0x0E, 0x11, 0x11, 0x0E, 0x11, 0x11, 0x0E},
	{0x0E, 0x11, 0x11, 0x0F, 0x01, 0x02, 0x0C},
	{0x0E, 0x11, 0x11, 0x1F, 0x11, 0x11, 0x11},
	{0x1E, 0x11, 0x11, 0x1E, 0x11, 0x11, 0x1E},
	{0x0E, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0E},
	{0x1C, 0x12, 0x11, 0x11, 0x11, 0x12, 0x1C},
	{0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x1F},
	{0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x10},
}

// box returns the outline of the box with the codes of the runes.
func box(runes []rune) []Contour {
	top, right := boxBottom+boxEm-boxMargin, boxEm-boxMargin
	bottom, left := boxBottom+boxMargin, boxMargin
	contours := []Contour{
		rectangle(left, bottom, right, top),
		hole(left+boxRule, bottom+boxRule, right-boxRule, top-boxRule),
	}
	lines := boxLines(runes[:min(len(runes), boxMaxCodes)])
	longest := 0
	for _, line := range lines {
		longest = max(longest, len(line))
	}
	const inner = boxEm - 2*boxMargin - 4*boxRule
	dot := min(inner/(6*longest-1), inner/(8*len(lines)-1))
	y := boxBottom + boxEm/2 + dot*(8*len(lines)-1)/2
	for _, line := range lines {
		x := boxEm/2 - dot*(6*len(line)-1)/2
		for _, digit := range line {
			contours = append(contours, dots(digit, x, y, dot)...)
			x += 6 * dot
		}
		y -= 8 * dot
	}
	return contours
}

// boxLines breaks a lone code into two lines («E1/23») and gives each code of
// a sequence a line of its own.
func boxLines(runes []rune) [][]int {
	var lines [][]int
	for _, r := range runes {
		var line []int
		for _, c := range fmt.Sprintf("%04X", r) {
			line = append(line, strings.IndexRune("0123456789ABCDEF", c))
		}
		lines = append(lines, line)
	}
	if len(lines) == 1 {
		half := (len(lines[0]) + 1) / 2
		lines = [][]int{lines[0][:half], lines[0][half:]}
	}
	return lines
}

// dots draws one digit with its upper left corner at x, y. Runs of dots become
// one rectangle each; rows overlap a little, since touching rectangles leave
// hairlines on screens.
func dots(digit, x, y, dot int) []Contour {
	var contours []Contour
	for row, bits := range digits[digit] {
		for col := 0; col < 5; col++ {
			from := col
			for col < 5 && bits&(0x10>>col) != 0 {
				col++
			}
			if col > from {
				top := y - row*dot
				contours = append(contours, rectangle(x+from*dot, top-dot-dot/10, x+col*dot, top))
			}
		}
	}
	return contours
}
