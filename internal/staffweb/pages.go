package staffweb

import (
	"bytes"
	_ "embed"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"kofu/internal/gate"
)

//go:embed noscreens.html
var noScreens []byte

// pages serves the built staff screens. Every path that is no file is the
// business of the screens themselves.
type pages struct {
	files fs.FS
	index []byte
}

// Pages serves the built screens, whose first page is index.html. With nil or
// empty files it says that there are none.
func Pages(files fs.FS) (http.Handler, error) {
	p := &pages{files: files, index: noScreens}
	if files != nil {
		index, err := fs.ReadFile(files, "index.html")
		switch {
		case err == nil:
			p.index = index
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	// Windows takes these from its registry, where anything may stand.
	for ext, kind := range map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".woff2": "font/woff2", ".svg": "image/svg+xml"} {
		if err := mime.AddExtensionType(ext, kind); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// ServeHTTP implements http.Handler.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if p.file(w, r, name) {
		return
	}
	if strings.HasPrefix(name, "assets/") || path.Ext(name) != "" && name != "index.html" {
		w.WriteHeader(http.StatusNotFound) // a file of another build: the page in its place would confuse
		return
	}
	gate.PageHeaders(w.Header(), "")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.index))
}

// file serves a file of the build, if there is one. Those below assets/ carry
// a digest in their names and never change.
func (p *pages) file(w http.ResponseWriter, r *http.Request, name string) bool {
	if p.files == nil || name == "" || name == "index.html" || !fs.ValidPath(name) {
		return false
	}
	content, err := fs.ReadFile(p.files, name)
	if err != nil { // not there, or a folder
		return false
	}
	w.Header().Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, "assets/") {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
	return true
}
