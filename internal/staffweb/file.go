package staffweb

import (
	"errors"
	"mime"
	"net/http"
	"os"
)

// SpoolFile is a file under way in the spool folder, which is emptied at every
// start.
type SpoolFile = os.File

// ServeSpooled lets fill write a file and then answers with it: a failure in
// the middle becomes an error message instead of half a file.
func ServeSpooled(w http.ResponseWriter, r *http.Request, spool, contentType, name string, attachment bool, fill func(*SpoolFile) error) (err error) {
	f, err := os.CreateTemp(spool, "download-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	if err := fill(f); err != nil {
		return err
	}
	if _, err := f.Seek(0, 0); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	SetFileHeaders(w, contentType, name, attachment)
	http.ServeContent(w, r, "", info.ModTime(), f)
	return nil
}

// ServePDF is ServeSpooled for a PDF to look at.
func ServePDF(w http.ResponseWriter, r *http.Request, spool, name string, fill func(*SpoolFile) error) error {
	return ServeSpooled(w, r, spool, "application/pdf", name, false, fill)
}

// SetFileHeaders names the file as RFC 6266 wants it, so that Japanese names
// survive.
func SetFileHeaders(w http.ResponseWriter, contentType, name string, attachment bool) {
	kind := "inline"
	if attachment {
		kind = "attachment"
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Disposition", mime.FormatMediaType(kind, map[string]string{"filename": name}))
}
