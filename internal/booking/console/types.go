package console

import "kofu/internal/staffweb"

//go:generate go run ./gen ../../../frontend/staff/src/booking/types.gen.ts

// Types writes the types of the interface in TypeScript.
func Types() (string, error) {
	return staffweb.Types("go generate ./internal/booking/console", Deps{}.server().routes())
}
