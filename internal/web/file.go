package web

import (
	"errors"
	"mime"
	"net/http"
	"os"
)

// spoolFile is a file under way in the spool folder, which is emptied at every
// start.
type spoolFile = os.File

// serveSpooled lets fill write a file and then answers with it: a failure in
// the middle becomes an error message instead of half a file.
func serveSpooled(w http.ResponseWriter, r *http.Request, spool, contentType, name string, attachment bool, fill func(*spoolFile) error) (err error) {
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
	setFileHeaders(w, contentType, name, attachment)
	http.ServeContent(w, r, "", info.ModTime(), f)
	return nil
}

func servePDF(w http.ResponseWriter, r *http.Request, spool, name string, fill func(*spoolFile) error) error {
	return serveSpooled(w, r, spool, "application/pdf", name, false, fill)
}

// setFileHeaders names the file as RFC 6266 wants it, so that Japanese names
// survive.
func setFileHeaders(w http.ResponseWriter, contentType, name string, attachment bool) {
	kind := "inline"
	if attachment {
		kind = "attachment"
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Disposition", mime.FormatMediaType(kind, map[string]string{"filename": name}))
}
