package glyph

import (
	"os"
	"path/filepath"
	"slices"
)

// systemFonts are the folders in which installed fonts lie.
var systemFonts = []string{"/usr/share/fonts/truetype", "/usr/share/fonts/opentype", "/usr/share/fonts"}

// Locate looks for a font file in a folder, beside the program, then in the
// folders of installed fonts, each one level deep.
func Locate(dir, name string) (path string, found bool) {
	dirs := []string{dir}
	if program, err := os.Executable(); err == nil {
		dirs = append(dirs, filepath.Join(filepath.Dir(program), "fonts"))
	}
	for _, dir := range slices.Concat(dirs, systemFonts) {
		for _, pattern := range []string{filepath.Join(dir, name), filepath.Join(dir, "*", name)} {
			if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
				return found[0], true
			}
		}
	}
	return "", false
}
