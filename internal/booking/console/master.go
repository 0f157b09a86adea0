package console

import (
	"net/http"
	"slices"

	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/gate"
	"kofu/internal/jpdate"
	"kofu/internal/settings"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// Edition is one version of what a municipality decides.
type Edition struct {
	Version int    `json:"version"`
	At      string `json:"at"`
	By      string `json:"by"` // name of who saved it
}

// Town is the municipality as the service knows it. Minutes are those of the
// day.
type Town struct {
	Name        string `json:"name"`
	Host        string `json:"host"` // fixed by the operator
	PartyMax    int    `json:"partyMax"`
	FromMinute  int    `json:"fromMinute"` // the site takes bookings from this minute
	UntilMinute int    `json:"untilMinute"`
	FewPercent  int    `json:"fewPercent"`
	OpensOn     string `json:"opensOn"` // first day on which it takes any, empty without a bound
	ClosesOn    string `json:"closesOn"`
}

// ProcedureForm is what a procedure can be booked on. A deadline that is null is
// that of the window.
type ProcedureForm struct {
	Code         slot.Procedure `json:"code"`
	Name         string         `json:"name"` // by the wording
	Place        int            `json:"place"`
	On           bool           `json:"on"`
	Windows      []string       `json:"windows"` // empty for everywhere
	Modes        []string       `json:"modes"`   // empty for the usual ones
	Units        int            `json:"units"`
	SystemCutoff int            `json:"systemCutoff"`
	Book         *Deadline      `json:"book"`
	Change       *Deadline      `json:"change"`
	Cancel       *Deadline      `json:"cancel"`
}

func (s *server) masterRoutes() []gate.Route {
	return slices.Concat(
		[]gate.Route{
			{Pattern: "GET /api/town", Permission: staff.MasterEdit, Handle: s.getTown, Out: Town{}},
			{Pattern: "PUT /api/town", Permission: staff.MasterEdit, Handle: s.putTown, In: Town{}, Out: Town{}},
			{Pattern: "GET /api/procedures", Permission: staff.MasterEdit, Handle: s.getProcedures, Out: []ProcedureForm{}},
			{Pattern: "PUT /api/procedures/{code}", Permission: staff.MasterEdit, Handle: s.putProcedure, In: ProcedureForm{}, Out: SlotReport{}},
		},
		document[terms.Policy]{
			path: "/api/policy", name: terms.PolicyDocument, blank: terms.DefaultPolicy,
			load: func(rx *store.Rx) (terms.Policy, error) { return terms.LoadPolicy(rx, s.Tenant) },
			save: func(tx *store.Tx, p terms.Policy) (terms.Policy, error) {
				return terms.SavePolicy(tx, s.Tenant, p, p.Version)
			},
			version: func(p *terms.Policy) *int { return &p.Version },
		}.routes(s),
		document[terms.Notices]{
			path: "/api/notices", name: terms.NoticeDocument, blank: func() terms.Notices { return terms.Notices{} },
			load: func(rx *store.Rx) (n terms.Notices, err error) { return terms.LoadNotices(rx, s.Tenant) },
			save: func(tx *store.Tx, n terms.Notices) (terms.Notices, error) {
				return terms.SaveNotices(tx, s.Tenant, n, n.Version)
			},
			version: func(n *terms.Notices) *int { n.List = staffweb.OrEmpty(n.List); return &n.Version },
		}.routes(s),
		document[terms.Fields]{
			path: "/api/fields", name: terms.FieldDocument, blank: func() terms.Fields { return terms.Fields{} },
			load: func(rx *store.Rx) (terms.Fields, error) { return terms.LoadFields(rx, s.Tenant) },
			save: func(tx *store.Tx, f terms.Fields) (terms.Fields, error) {
				return terms.SaveFields(tx, s.Tenant, f, f.Version)
			},
			version: wholeFields,
		}.routes(s),
	)
}

// wholeFields puts empty lists where there are none.
func wholeFields(f *terms.Fields) *int {
	f.List = staffweb.OrEmpty(f.List)
	for i := range f.List {
		one := &f.List[i]
		one.Options = staffweb.OrEmpty(one.Options)
		if one.Help == nil {
			one.Help = map[string]string{}
		}
		if one.Use == nil {
			one.Use = map[terms.Mode]terms.Use{}
		}
	}
	return &f.Version
}

// document is something that a municipality decides, with its history. A change
// names the version that was seen.
type document[T any] struct {
	path, name string
	blank      func() T
	load       func(*store.Rx) (T, error)
	save       func(*store.Tx, T) (T, error)
	version    func(*T) *int // where the version stands; makes lists of what is null
}

func (d document[T]) routes(s *server) []gate.Route {
	var none T
	return []gate.Route{
		{Pattern: "GET " + d.path, Permission: staff.MasterEdit, Out: none, Handle: func(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
			return d.answer(w, r, s, d.load)
		}},
		{Pattern: "PUT " + d.path, Permission: staff.MasterEdit, In: none, Out: none, Handle: func(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
			return d.put(w, r, s, actor)
		}},
		{Pattern: "GET " + d.path + "/history", Permission: staff.MasterEdit, Out: []Edition{}, Handle: s.editions(d.name)},
		{Pattern: "GET " + d.path + "/history/{version}", Permission: staff.MasterEdit, Out: none, Handle: func(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
			return d.answer(w, r, s, func(rx *store.Rx) (T, error) { return d.edition(rx, r) })
		}},
	}
}

func (d document[T]) answer(w http.ResponseWriter, r *http.Request, s *server, load func(*store.Rx) (T, error)) error {
	var v T
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		v, err = load(rx)
		return err
	})
	if err != nil {
		return err
	}
	d.version(&v)
	return staffweb.OK(w, v)
}

func (d document[T]) put(w http.ResponseWriter, r *http.Request, s *server, actor store.Actor) error {
	v, err := staffweb.Decode[T](r)
	if err != nil {
		return err
	}
	err = s.DB.Write(r.Context(), actor, func(tx *store.Tx) (err error) {
		v, err = d.save(tx, v)
		return err
	})
	if err != nil {
		return err
	}
	d.version(&v)
	return staffweb.OK(w, v)
}

// edition is the version that a path names.
func (d document[T]) edition(rx *store.Rx, r *http.Request) (v T, err error) {
	n, err := staffweb.PathNumber(r, "version")
	if err != nil {
		return v, err
	}
	v = d.blank()
	err = settings.LoadVersion(rx, d.name, n, &v)
	*d.version(&v) = n
	return v, err
}

// editions lists the versions of a document, the newest first.
func (s *server) editions(name string) gate.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
		list := []Edition{}
		err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
			all, err := settings.DocumentHistory(rx, name)
			if err != nil {
				return err
			}
			people, err := s.accounts(rx)
			for _, c := range all {
				list = append(list, Edition{c.Version, c.At, people.name(c.By)})
			}
			return err
		})
		if err != nil {
			return err
		}
		return staffweb.OK(w, list)
	}
}

// accounts are the names of accounts by their ids.
type accounts map[string]string

func (s *server) accounts(rx *store.Rx) (accounts, error) {
	p := accounts{}
	all, err := staff.List(rx, s.common.Hasher)
	for _, a := range all {
		p[a.ID] = a.Name
	}
	return p, err
}

// name is that of an account, or the id of somebody without one.
func (p accounts) name(id string) string {
	if name, known := p[id]; known {
		return name
	}
	return id
}

func (s *server) getTown(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	var t slot.Tenant
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		t, err = s.tenant(rx)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, Town{t.Name, t.Host, t.PartyMax, t.FromMinute, t.UntilMinute, t.FewPercent, string(t.OpensOn), string(t.ClosesOn)})
}

func (s *server) putTown(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[Town](r)
	if err != nil {
		return err
	}
	var t slot.Tenant
	err = s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		t, err = s.tenant(rx)
		return err
	})
	if err != nil {
		return err
	}
	t.Name, t.PartyMax, t.FromMinute, t.UntilMinute, t.FewPercent = in.Name, in.PartyMax, in.FromMinute, in.UntilMinute, in.FewPercent
	t.OpensOn, t.ClosesOn = jpdate.Day(in.OpensOn), jpdate.Day(in.ClosesOn)
	if err := slot.SaveTenant(r.Context(), s.DB, actor, t); err != nil {
		return err
	}
	return s.getTown(w, r, actor)
}

func (s *server) getProcedures(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	list := []ProcedureForm{}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		t, err := terms.Load(rx, s.Tenant)
		if err != nil {
			return err
		}
		all, err := slot.ProcedureList(rx, s.Tenant)
		for _, p := range all {
			list = append(list, ProcedureForm{
				Code: p.Code, Name: procedureName(t, p.Code), Place: p.Place, On: p.On, Windows: staffweb.OrEmpty(p.Windows),
				Modes: staffweb.OrEmpty(p.Modes), Units: p.Units, SystemCutoff: p.SystemCutoff,
				Book: (*Deadline)(p.Book), Change: (*Deadline)(p.Change), Cancel: (*Deadline)(p.Cancel),
			})
		}
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, list)
}

func (s *server) putProcedure(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[ProcedureForm](r)
	if err != nil {
		return err
	}
	report, err := slot.SaveProcedure(r.Context(), s.DB, actor, s.Tenant, slot.ProcedureTerms{
		Code: slot.Procedure(r.PathValue("code")), Place: in.Place, On: in.On, Windows: in.Windows, Modes: in.Modes, Units: in.Units,
		SystemCutoff: in.SystemCutoff, Book: (*slot.Deadline)(in.Book), Change: (*slot.Deadline)(in.Change), Cancel: (*slot.Deadline)(in.Cancel),
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, slotReport(report))
}
