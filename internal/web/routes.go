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
		s.deliveryRoutes(),
		s.cardRoutes(),
		s.placeRoutes(),
		s.noticeRoutes(),
		s.staffRoutes(),
		s.settingsRoutes(),
		s.stockRoutes(),
		s.auditRoutes(),
	)
}
