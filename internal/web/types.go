package web

import "kofu/internal/staffweb"

//go:generate go run ./gen ../../frontend/staff/src/types.gen.ts

// Types writes the types of the interface in TypeScript.
func Types() (string, error) {
	return staffweb.Types("go generate ./internal/web", (&server{common: &staffweb.Staff{}}).routes())
}
