package console

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
		s.openAPIRoutes(),
		s.homeRoutes(),
		s.windowRoutes(),
		s.common.AccountRoutes(),
		s.common.AccessRoutes(),
		s.common.AuditRoutes(),
	)
}

// queries are the parameters of the routes that have any.
var queries = map[string][]staffweb.Query{}

func (s *server) openAPIRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/openapi.json", Permission: staff.SignedIn, Handle: staffweb.OpenAPI(s.routes, s.Version, queries)},
	}
}
