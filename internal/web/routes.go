package web

import (
	"slices"

	"kofu/internal/gate"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
)

// routes is the whole interface. Each file of the package adds its own group.
func (s *server) routes() []gate.Route {
	return slices.Concat(
		s.common.StartRoutes(),
		s.common.SetupRoutes(),
		s.openAPIRoutes(),
		s.importRoutes(),
		s.deliveryRoutes(),
		s.cardRoutes(),
		s.shieldRoutes(),
		s.placeRoutes(),
		s.noticeRoutes(),
		s.counterRoutes(),
		s.caseRoutes(),
		s.standingRoutes(),
		s.exchangeRoutes(),
		s.reportRoutes(),
		s.common.AccountRoutes(),
		s.settingsRoutes(),
		s.linkageRoutes(),
		s.stockRoutes(),
		s.common.AuditRoutes(),
	)
}

func (s *server) openAPIRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/openapi.json", Permission: staff.SignedIn, Handle: staffweb.OpenAPI(s.routes, s.Version, queries)},
	}
}
