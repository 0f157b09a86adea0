package desk

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"kofu/internal/fault"
	"kofu/internal/message"
)

// maxRequest is more than any request of this package needs, in bytes.
const maxRequest = 64 << 10

// saveAs lets the person choose a file and writes the answer of a GET into it.
// The file appears only when the answer is complete.
func (d *Desk) saveAs(w http.ResponseWriter, r *http.Request) {
	var ask struct{ URL, Name string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&ask); err != nil {
		refuse(w, fault.New(fault.BadRequest, "desk.bad_source"))
		return
	}
	get, err := d.source(r, ask.URL)
	if err != nil {
		refuse(w, err)
		return
	}
	if !plainName(ask.Name) {
		refuse(w, fault.New(fault.Invalid, "desk.bad_name", "name", ask.Name))
		return
	}
	file, err := d.choose(ask.Name)
	switch {
	case err != nil:
		refuse(w, err)
	case file == "":
		reply(w, http.StatusOK, map[string]string{"path": ""})
	default:
		d.save(w, get, file)
	}
}

// source makes the GET whose answer is saved. Only our own data can be asked
// for, and with the session of the request.
func (d *Desk) source(r *http.Request, address string) (*http.Request, error) {
	u, err := url.Parse(address)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/api/") || strings.Contains(u.Path, "..") {
		return nil, fault.New(fault.Invalid, "desk.bad_source")
	}
	get, err := http.NewRequestWithContext(r.Context(), http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	get.RequestURI, get.Host, get.RemoteAddr, get.TLS = u.RequestURI(), r.Host, r.RemoteAddr, r.TLS
	get.Header = r.Header.Clone()
	for _, name := range []string{"Content-Length", "Content-Type", "Accept-Encoding", "Range"} {
		get.Header.Del(name)
	}
	return get, nil
}

// plainName reports whether name is a file name without parts of a path.
func plainName(name string) bool {
	return name != "" && len(name) <= 200 && name != "." && name != ".." && !strings.ContainsAny(name, "/\\:*?\"<>|\x00")
}

func (d *Desk) choose(name string) (string, error) {
	dialogs := d.native()
	if dialogs == nil {
		return "", fault.New(fault.Forbidden, "desk.window_only")
	}
	d.dialog.Lock()
	defer d.dialog.Unlock()
	return dialogs.SaveAs(message.Text("desk.save_title", nil), name)
}

func (d *Desk) save(w http.ResponseWriter, get *http.Request, file string) {
	part := file + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		refuse(w, fault.New(fault.Unavailable, "desk.save_failed", "path", file).Because(err))
		return
	}
	answer := &fileAnswer{header: http.Header{}, file: f}
	d.options.Data.ServeHTTP(answer, get)
	err = errors.Join(answer.err, f.Sync(), f.Close())
	if answer.status != http.StatusOK || err != nil || get.Context().Err() != nil {
		_ = os.Remove(part)
		if answer.status != http.StatusOK && answer.status != 0 {
			answer.passOn(w)
			return
		}
		refuse(w, fault.New(fault.Unavailable, "desk.save_failed", "path", file).Because(err))
		return
	}
	if err := os.Rename(part, file); err != nil {
		_ = os.Remove(part)
		refuse(w, fault.New(fault.Unavailable, "desk.save_failed", "path", file).Because(err))
		return
	}
	reply(w, http.StatusOK, map[string]string{"path": filepath.Clean(file)})
}

// fileAnswer writes a good answer into a file and keeps any other in memory.
type fileAnswer struct {
	header http.Header
	file   io.Writer
	status int
	refuse strings.Builder
	err    error
}

// Header implements http.ResponseWriter.
func (a *fileAnswer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *fileAnswer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements http.ResponseWriter.
func (a *fileAnswer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if a.status != http.StatusOK {
		return a.refuse.Write(p)
	}
	n, err := a.file.Write(p)
	a.err = errors.Join(a.err, err)
	return n, err
}

func (a *fileAnswer) passOn(w http.ResponseWriter) {
	for _, name := range []string{"Content-Type", "Cache-Control"} {
		w.Header().Set(name, a.header.Get(name))
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.refuse.String())
}

// status of an answer that refuses, by the kind of the failure.
var status = map[fault.Kind]int{
	fault.BadRequest: http.StatusBadRequest, fault.Invalid: http.StatusUnprocessableEntity,
	fault.Forbidden: http.StatusForbidden, fault.NotFound: http.StatusNotFound, fault.Unavailable: http.StatusServiceUnavailable,
}

// refuse answers with the text of err in the form of all error answers.
func refuse(w http.ResponseWriter, err error) {
	code, number := "internal", http.StatusInternalServerError
	if e, ok := fault.As(err); ok && status[e.Kind] != 0 {
		code, number = e.Code, status[e.Kind]
	} else {
		slog.Error("an end point of the window failed", "error", err)
	}
	reply(w, number, map[string]string{"code": code, "message": message.Of(err)})
}

func reply(w http.ResponseWriter, number int, answer any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(number)
	_ = json.NewEncoder(w).Encode(answer)
}
