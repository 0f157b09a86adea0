package web

import (
	"slices"

	"kofu/internal/gate"
)

// routes is the whole interface. Each file of the package adds its own group.
func (s *server) routes() []gate.Route {
	return slices.Concat(
		s.startRoutes(),
		s.importRoutes(),
		s.staffRoutes(),
		s.settingsRoutes(),
		s.auditRoutes(),
	)
}
