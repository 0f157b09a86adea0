package console

import (
	"net/http"
	"slices"
	"strings"

	"kofu/internal/accesslog"
	"kofu/internal/booking/daylist"
	"kofu/internal/booking/report"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/jpdate"
	"kofu/internal/listing"
	"kofu/internal/message"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// ReportChoice is a report that can be chosen.
type ReportChoice struct {
	Code   report.Kind       `json:"code"`
	Label  string            `json:"label"`
	Grains []staffweb.Choice `json:"grains"`
}

// DayList is a paper of the next open day.
type DayList struct {
	Day    string `json:"day"`
	MadeAt string `json:"madeAt"`
	Visits int    `json:"visits"`
}

func (s *server) reportRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/reports", Permission: staff.ReportView, Handle: s.getReports, Out: []ReportChoice{}},
		{Pattern: "GET /api/reports/{kind}", Permission: staff.ReportView, Handle: s.getReport, Out: staffweb.ReportPage{}},
		{Pattern: "GET /api/reports/{kind}/file", Permission: staff.ReportExport, Handle: s.getReportFile},
		{Pattern: "GET /api/reports/{kind}/print", Permission: staff.ReportPrint, Handle: s.getReportFile},
		{Pattern: "GET /api/windows/{window}/day-lists", Permission: staff.BookingView, Handle: s.getDayLists, Out: []DayList{}},
		{Pattern: "GET /api/windows/{window}/day-lists/{day}", Permission: staff.BookingView, Handle: s.getDayList},
	}
}

func (s *server) getReports(w http.ResponseWriter, _ *http.Request, _ store.Actor) error {
	list := []ReportChoice{}
	for _, k := range report.Kinds {
		one := ReportChoice{Code: k, Label: k.Title(), Grains: []staffweb.Choice{}}
		for _, g := range k.Grains() {
			one.Grains = append(one.Grains, staffweb.Choice{Code: string(g), Label: message.Text("breport.grain."+string(g), nil)})
		}
		list = append(list, one)
	}
	return staffweb.OK(w, list)
}

// reportQuery reads which report is asked for, within the windows of the person.
func (s *server) reportQuery(rx *store.Rx, r *http.Request, by string) (report.Query, error) {
	values := r.URL.Query()
	q := report.Query{
		Kind: report.Kind(r.PathValue("kind")), From: jpdate.Day(values.Get("from")), Until: jpdate.Day(values.Get("until")),
		Grain: report.Grain(values.Get("grain")), By: by,
	}
	session, _ := gate.SessionOf(r.Context())
	all, err := slot.Windows(rx, s.Tenant)
	if err != nil {
		return q, err
	}
	q.Windows = slices.DeleteFunc(slices.Clone(all), func(w slot.Window) bool { return !session.MayWindow(w.ID) })
	if id := values.Get("window"); id != "" {
		if err := gate.AtWindow(r.Context(), id); err != nil {
			return q, err
		}
		q.Windows = slices.DeleteFunc(q.Windows, func(w slot.Window) bool { return w.ID != id })
		return q, nil
	}
	q.All = len(q.Windows) == len(all)
	return q, nil
}

func (s *server) getReport(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	var d listing.Document
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		q, err := s.reportQuery(rx, r, actor.Name)
		if err != nil {
			return err
		}
		d, err = report.Make(rx, s.Tenant, q)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, staffweb.ReportOf(d))
}

// getReportFile gives a report as a file, or as a print.
func (s *server) getReportFile(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	format := listing.Format(r.URL.Query().Get("format"))
	if err := format.Check(); err != nil {
		return err
	}
	if session, _ := gate.SessionOf(r.Context()); (format == listing.PDF) != (session.Asked == staff.ReportPrint) {
		return fault.New(fault.Invalid, "report.unknown_format", "format", string(format))
	}
	var d listing.Document
	err := s.DB.Write(r.Context(), actor, func(tx *store.Tx) error {
		q, err := s.reportQuery(tx.Rx, r, actor.Name)
		if err != nil {
			return err
		}
		if d, err = report.Make(tx.Rx, s.Tenant, q); err != nil {
			return err
		}
		ids := make([]string, len(q.Windows))
		for i, window := range q.Windows {
			ids[i] = window.ID
		}
		look := accesslog.Look{Screen: "reports", Rows: d.Rows(), Condition: map[string]string{
			"kind": string(q.Kind), "from": string(q.From), "until": string(q.Until), "grain": string(q.Grain), "windows": strings.Join(ids, " "),
		}}
		if format == listing.PDF {
			return accesslog.Printed(tx, look)
		}
		return accesslog.Exported(tx, look)
	})
	if err != nil {
		return err
	}
	return staffweb.SendListing(w, r, d, format, s.Press)
}

func (s *server) getDayLists(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	window := r.PathValue("window")
	if err := gate.AtWindow(r.Context(), window); err != nil {
		return err
	}
	list := []DayList{}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		all, err := daylist.Of(rx, s.Tenant, window)
		for _, one := range all {
			list = append(list, DayList{string(one.Day), store.Stamp(one.MadeAt), one.Visits})
		}
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, list)
}

func (s *server) getDayList(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	window, day := r.PathValue("window"), jpdate.Day(r.PathValue("day"))
	if err := gate.AtWindow(r.Context(), window); err != nil {
		return err
	}
	var pdf []byte
	err := s.DB.Write(r.Context(), actor, func(tx *store.Tx) (err error) {
		visits := 0
		if pdf, visits, err = daylist.PDF(tx.Rx, s.Tenant, window, day); err != nil {
			return err
		}
		return accesslog.Printed(tx, accesslog.Look{Screen: "daylist", Rows: visits, Condition: map[string]string{"window": window, "day": string(day)}})
	})
	if err != nil {
		return err
	}
	staffweb.SetFileHeaders(w, "application/pdf", message.Text("daylist.title", nil)+"_"+window+"_"+string(day)+".pdf", true)
	_, err = w.Write(pdf)
	return err
}
