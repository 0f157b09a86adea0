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
		s.openingRoutes(),
		s.calendarRoutes(),
		s.batchRoutes(),
		s.closingRoutes(),
		s.bookingRoutes(),
		s.contactRoutes(),
		s.passwordRoutes(),
		s.searchRoutes(),
		s.reportRoutes(),
		s.proxyRoutes(),
		s.receptionRoutes(),
		s.boardRoutes(),
		s.mailRoutes(),
		s.wishRoutes(),
		s.masterRoutes(),
		s.wordingRoutes(),
		s.templateRoutes(),
		s.mailServerRoutes(),
		s.inquiryRoutes(),
		s.exchangeRoutes(),
		s.exchangeKeyRoutes(),
		s.asideRoutes(),
		s.reconcileRoutes(),
		s.common.AuditRoutes(),
	)
}

// queries are the parameters of the routes that have any.
var queries = map[string][]staffweb.Query{
	"GET /api/windows/{window}/month":           {{Name: "month", Kind: "string", Description: "such as 2026-12"}},
	"GET /api/windows/{window}/days/{day}/plan": {{Name: "at", Kind: "string", Description: "instant at which it was planned so"}},
	"GET /api/windows/{window}/seats": {
		{Name: "from", Kind: "string", Description: "first day"}, {Name: "days", Kind: "integer", Description: "1 to 62"},
	},
	"GET /api/windows/{window}/visits":      {{Name: "day", Kind: "string", Description: "none for today"}},
	"GET /api/holidays":                     {{Name: "year", Kind: "integer", Description: "none for this one"}},
	"POST /api/holidays":                    {{Name: "dry", Kind: "integer", Description: "1 changes nothing"}},
	"POST /api/opening-files":               {{Name: "dry", Kind: "integer", Description: "1 changes nothing"}},
	"GET /api/labels":                       {{Name: "lang", Kind: "string", Description: "of the pages, such as ja-easy"}},
	"GET /api/mail-forms":                   {{Name: "lang", Kind: "string", Description: "of the mails"}},
	"GET /api/mail-forms/history/{version}": {{Name: "lang", Kind: "string", Description: "of the mails"}},
	"GET /api/mails":                        {{Name: "state", Kind: "string", Description: "none for all"}},
	"GET /api/phone-tasks":                  {{Name: "done", Kind: "integer", Description: "1 for the past too"}},
	"GET /api/reports/{kind}":               reportQueries,
	"GET /api/reports/{kind}/file":          append(reportQueries[:len(reportQueries):len(reportQueries)], staffweb.Query{Name: "format", Kind: "string", Description: "xlsx, csv or csv-cp932"}),
	"GET /api/reports/{kind}/print":         append(reportQueries[:len(reportQueries):len(reportQueries)], staffweb.Query{Name: "format", Kind: "string", Description: "pdf"}),
}

func (s *server) openAPIRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/openapi.json", Permission: staff.SignedIn, Handle: staffweb.OpenAPI(s.routes, s.Version, queries)},
	}
}

// reportQueries are the parameters of reports.
var reportQueries = []staffweb.Query{
	{Name: "from", Kind: "string", Description: "first day"},
	{Name: "until", Kind: "string", Description: "last day"},
	{Name: "window", Kind: "string", Description: "none for all of the person"},
	{Name: "grain", Kind: "string", Description: "none for the usual one"},
}
