package frontend

import (
	"embed"
	"io/fs"
)

//go:embed all:public
var public embed.FS

// Public returns the residents' pages: templates in page/*.html, the style sheet
// style.css and the texts of each language in text/<language>.toml. They are
// sources, so every build has them.
func Public() fs.FS {
	files, err := fs.Sub(public, "public")
	if err != nil {
		panic(err) //nolint:forbidigo // an embedded folder that is not there: the program does not build
	}
	return files
}
