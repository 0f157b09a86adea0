package web

import (
	"slices"
	"strings"

	"kofu/internal/progress"
	"kofu/internal/staffweb"
)

var (
	offset = staffweb.Query{Name: "offset", Kind: "integer", Description: "rows to leave out"}
	limit  = staffweb.Query{Name: "limit", Kind: "integer", Description: "rows at most, 1 to 1000"}
	paging = []staffweb.Query{offset, limit}

	window  = staffweb.Query{Name: "window", Kind: "string", Description: "id of a window"}
	day     = staffweb.Query{Name: "day", Kind: "string", Description: "such as 2026-11-25"}
	picking = []staffweb.Query{day, window, {Name: "since", Kind: "string", Description: "only bookings that became known after this instant"}}

	cardFilter = []staffweb.Query{
		{Name: "status", Kind: "string", Description: "code of a status, such as READY"},
		{Name: "procedure", Kind: "string", Description: "state of the paperwork, such as RECEIVED"},
		{Name: "custody", Kind: "string", Description: "where the card is, such as VAULT"},
		{Name: "hold", Kind: "string", Description: "with this flag open, such as DEATH"},
		{Name: "lot", Kind: "integer", Description: "id of the delivery"},
		{Name: "place", Kind: "integer", Description: "id of a place; those below it count too"},
		{Name: "due", Kind: "string", Description: "notice (first letter due) or overdue (deadline passed)"},
		{Name: "q", Kind: "string", Description: "number, part of a name or reading, beginning of a number"},
		{Name: "sort", Kind: "string", Description: "one of " + strings.Join(progress.Sorts(), ", ")},
	}
)

// reportDays are the days of a report.
var reportDays = []staffweb.Query{
	{Name: "from", Kind: "string", Description: "first day, 2026-12-01"}, {Name: "until", Kind: "string", Description: "last day"},
}

// caseFilter chooses cases of the list 「要連絡」.
var caseFilter = []staffweb.Query{
	{Name: "state", Kind: "string", Description: "open (without it) or decided"}, {Name: "kind", Kind: "integer", Description: "number of the kind; 0 or none for all"},
}

// queries are the parameters of the routes that have any.
var queries = map[string][]staffweb.Query{
	"GET /api/cards":                   slices.Concat(cardFilter, paging),
	"GET /api/cards/export":            append(slices.Clone(cardFilter), staffweb.Query{Name: "format", Kind: "string", Description: "xlsx, csv or csv-cp932"}),
	"GET /api/cards/lookup":            {{Name: "code", Kind: "string", Description: "what was scanned or typed"}},
	"GET /api/deliveries/{id}/cards":   append(slices.Clone(paging), staffweb.Query{Name: "only", Kind: "string", Description: "missing or received"}),
	"GET /api/notices/due":             paging,
	"GET /api/reports/{kind}":          reportDays,
	"GET /api/reports/{kind}/file":     append(slices.Clone(reportDays), staffweb.Query{Name: "format", Kind: "string", Description: "xlsx, csv, csv-cp932 or pdf"}),
	"GET /api/imports":                 {limit},
	"GET /api/cases":                   caseFilter,
	"GET /api/cases/file":              append(slices.Clone(caseFilter), staffweb.Query{Name: "format", Kind: "string", Description: "xlsx, csv, csv-cp932 or pdf"}),
	"GET /api/exchange/carries":        carryFilter,
	"GET /api/exchange/carries/export": append(slices.Clone(carryFilter), staffweb.Query{Name: "format", Kind: "string", Description: "xlsx, csv, csv-cp932 or pdf"}),
	"GET /api/counter/visits":          {window, day},
	"GET /api/counter/visits/file": {
		window, day,
		{Name: "source", Kind: "string", Description: "office for the office seats alone"},
		{Name: "format", Kind: "string", Description: "xlsx, csv, csv-cp932 or pdf"},
	},
	"GET /api/counter/seats":              {window, day},
	"GET /api/counter/picks":              picking,
	"GET /api/counter/picks.pdf":          picking,
	"GET /api/print-runs/{id}/labels.pdf": {{Name: "volume", Kind: "integer", Description: "from 1, when a run has several files"}},
	"GET /api/print-runs/{id}/guides.pdf": {
		{Name: "volume", Kind: "integer", Description: "from 1, when a run has several files"},
	},
	"GET /api/print-runs/{id}/letters.pdf": {
		{Name: "volume", Kind: "integer", Description: "from 1, when a run has several files"},
	},
	"GET /api/places/labels.pdf": {{Name: "ids", Kind: "string", Description: "ids of places, with commas; none for all"}, {Name: "stock", Kind: "string", Description: "id of a label stock"}},
	"GET /api/audit.csv": {
		{Name: "from", Kind: "string", Description: "first day"},
		{Name: "to", Kind: "string", Description: "last day"},
		{Name: "actor", Kind: "string", Description: "id of an account"},
		{Name: "action", Kind: "string", Description: "code of an action"},
		{Name: "object", Kind: "string", Description: "such as card/12"},
	},
	"GET /api/audit": append(slices.Clone(paging),
		staffweb.Query{Name: "from", Kind: "string", Description: "first day"}, staffweb.Query{Name: "to", Kind: "string", Description: "last day"}, staffweb.Query{Name: "actor", Kind: "string", Description: "id of an account"},
		staffweb.Query{Name: "action", Kind: "string", Description: "code of an action"}, staffweb.Query{Name: "object", Kind: "string", Description: "such as card/12"}),
}
