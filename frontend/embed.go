//go:build !no_ui

// Package frontend carries the built screens inside the program: the staff
// screens as Vite left them in staff/dist. Built files are not in the
// repository; with none built, or under the build tag no_ui, Staff holds no
// page and the programs say so instead of serving an empty screen.
package frontend

import (
	"embed"
	"io/fs"
)

//go:embed all:staff/dist
var staff embed.FS

// Staff returns the built staff screens with index.html at the top. ok is
// false when no screens were built into the program.
func Staff() (files fs.FS, ok bool) {
	files, err := fs.Sub(staff, "staff/dist")
	if err != nil {
		return nil, false
	}
	_, err = fs.Stat(files, "index.html")
	return files, err == nil
}
