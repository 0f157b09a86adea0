//go:build !no_ui

// Package frontend carries the built screens inside the program: the staff
// screens of both programs as Vite left them in staff/dist. Built files are not in the
// repository; with none built, or under the build tag no_ui, Staff and
// Console hold no page and the programs say so instead of serving an empty screen.
package frontend

import (
	"embed"
	"io/fs"
)

//go:embed all:staff/dist
var staff embed.FS

// Staff returns the built screens of the appliance with index.html at the top.
// ok is false when no screens were built into the program.
func Staff() (files fs.FS, ok bool) { return screens("index.html") }

// Console returns the built screens of the booking console in the same way.
func Console() (files fs.FS, ok bool) { return screens("booking.html") }

// screens are the built files with the page of one program as index.html.
func screens(page string) (files fs.FS, ok bool) {
	files, err := fs.Sub(staff, "staff/dist")
	if err != nil {
		return nil, false
	}
	_, err = fs.Stat(files, page)
	return program{files, page}, err == nil
}

// program shows the files of a build as one program sees them.
type program struct {
	fs.FS
	page string
}

// Open implements fs.FS.
func (p program) Open(name string) (fs.File, error) {
	if name == "index.html" {
		name = p.page
	}
	return p.FS.Open(name)
}
