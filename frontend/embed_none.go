//go:build no_ui

// Package frontend without screens, for builds that need no user interface.
package frontend

import "io/fs"

// Staff returns the built screens of the appliance. Under the build tag no_ui
// there are none and ok is false.
func Staff() (files fs.FS, ok bool) { return nil, false }

// Console returns the built screens of the booking console, see Staff.
func Console() (files fs.FS, ok bool) { return nil, false }
