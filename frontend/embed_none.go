//go:build no_ui

// Package frontend without screens, for builds that need no user interface.
package frontend

import "io/fs"

// Staff returns the built staff screens with index.html at the top. Under the
// build tag no_ui there are none and ok is false.
func Staff() (files fs.FS, ok bool) { return nil, false }
