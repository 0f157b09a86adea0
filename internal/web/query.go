package web

import (
	"slices"
	"strings"

	"kofu/internal/progress"
)

// query is a parameter of an address, for the description of the interface.
type query struct{ name, kind, description string }

var (
	offset = query{"offset", "integer", "rows to leave out"}
	limit  = query{"limit", "integer", "rows at most, 1 to 1000"}
	paging = []query{offset, limit}

	cardFilter = []query{
		{"status", "string", "code of a status, such as READY"},
		{"procedure", "string", "state of the paperwork, such as RECEIVED"},
		{"custody", "string", "where the card is, such as VAULT"},
		{"hold", "string", "with this flag open, such as DEATH"},
		{"lot", "integer", "id of the delivery"},
		{"place", "integer", "id of a place; those below it count too"},
		{"due", "string", "notice (first letter due) or overdue (deadline passed)"},
		{"q", "string", "number, part of a name or reading, beginning of a number"},
		{"sort", "string", "one of " + strings.Join(progress.Sorts(), ", ")},
	}
)

// queries are the parameters of the routes that have any.
var queries = map[string][]query{
	"GET /api/cards":                      slices.Concat(cardFilter, paging),
	"GET /api/cards/export":               append(slices.Clone(cardFilter), query{"format", "string", "xlsx, csv or csv-cp932"}),
	"GET /api/cards/lookup":               {{"code", "string", "what was scanned or typed"}},
	"GET /api/deliveries/{id}/cards":      append(slices.Clone(paging), query{"only", "string", "missing or received"}),
	"GET /api/notices/due":                paging,
	"GET /api/imports":                    {limit},
	"GET /api/print-runs/{id}/labels.pdf": {{"volume", "integer", "from 1, when a run has several files"}},
	"GET /api/print-runs/{id}/letters.pdf": {
		{"volume", "integer", "from 1, when a run has several files"},
	},
	"GET /api/places/labels.pdf": {{"ids", "string", "ids of places, with commas; none for all"}, {"stock", "string", "id of a label stock"}},
	"GET /api/audit": append(slices.Clone(paging),
		query{"from", "string", "first day"}, query{"to", "string", "last day"}, query{"actor", "string", "id of an account"},
		query{"action", "string", "code of an action"}, query{"object", "string", "such as card/12"}),
}
