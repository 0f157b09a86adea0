package web

import (
	"net/http"

	"kofu/internal/gate"
	"kofu/internal/jpdate"
	"kofu/internal/listing"
	"kofu/internal/report"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

func (s *server) reportRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/reports", Permission: staff.CardView, Handle: s.getReports, Out: []staffweb.Choice{}},
		{Pattern: "GET /api/reports/{kind}", Permission: staff.CardView, Handle: s.getReport, Out: staffweb.ReportPage{}},
		{Pattern: "GET /api/reports/{kind}/file", Permission: staff.ListExport, Handle: s.getReportFile},
	}
}

func (s *server) getReports(w http.ResponseWriter, _ *http.Request, _ store.Actor) error {
	list := []staffweb.Choice{}
	for _, k := range report.Kinds {
		list = append(list, staffweb.Choice{Code: string(k), Label: k.Title()})
	}
	return staffweb.OK(w, list)
}

// reportOf makes the report that a request asks for.
func reportOf(rx *store.Rx, r *http.Request, by string) (listing.Document, error) {
	values := r.URL.Query()
	return report.Make(rx, report.Query{
		Kind: report.Kind(r.PathValue("kind")), From: jpdate.Day(values.Get("from")), Until: jpdate.Day(values.Get("until")), By: by,
	})
}

func (s *server) getReport(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	var d listing.Document
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		d, err = reportOf(rx, r, actor.Name)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, staffweb.ReportOf(d))
}

// getReportFile gives a report as a file or a print and records who took how
// many rows.
func (s *server) getReportFile(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	return s.sendList(w, r, actor, listFile{r.PathValue("kind"), s.listPress, func(tx *store.Tx, _ map[string]any) (listing.Document, error) {
		return reportOf(tx.Rx, r, actor.Name)
	}})
}
