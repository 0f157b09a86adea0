package console

import (
	"net/http"
	"slices"
	"time"

	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/jpdate"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// Pattern is one line of the weekly opening of a window. Without procedures it
// serves all.
type Pattern struct {
	Weekday     int              `json:"weekday"` // 0 is Sunday
	FromMinute  int              `json:"fromMinute"`
	ToMinute    int              `json:"toMinute"`
	SlotMinutes int              `json:"slotMinutes"`
	WebCap      int              `json:"webCap"`
	OfficeCap   int              `json:"officeCap"`
	Procs       []slot.Procedure `json:"procs"`
}

// Exception differs from the pattern on some days.
type Exception struct {
	ID          string           `json:"id"`
	WindowID    string           `json:"windowId"` // empty for all windows
	From        string           `json:"from"`
	To          string           `json:"to"`
	FromMinute  int              `json:"fromMinute"`
	ToMinute    int              `json:"toMinute"`
	Kind        slot.Kind        `json:"kind" ts:"'closed' | 'open' | 'capacity' | 'phone' | 'stopped'"`
	SlotMinutes int              `json:"slotMinutes"`
	WebCap      int              `json:"webCap"`
	OfficeCap   int              `json:"officeCap"`
	Procs       []slot.Procedure `json:"procs"`
	Reason      string           `json:"reason"`
	Batch       string           `json:"batch"` // the file or copy that made it
}

// PatternCopy names the window whose weekly pattern is taken over.
type PatternCopy struct {
	From string `json:"from"`
}

func (s *server) openingRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/windows/{window}/pattern", Permission: staff.OpeningEdit, Handle: s.getPattern, Out: []Pattern{}},
		{Pattern: "PUT /api/windows/{window}/pattern", Permission: staff.OpeningEdit, Handle: s.putPattern, In: []Pattern{}, Out: SlotReport{}},
		{Pattern: "POST /api/windows/{window}/pattern/copy", Permission: staff.OpeningEdit, Handle: s.postPatternCopy, In: PatternCopy{}, Out: SlotReport{}},
		{Pattern: "GET /api/windows/{window}/exceptions", Permission: staff.OpeningEdit, Handle: s.getExceptions, Out: []Exception{}},
		{Pattern: "POST /api/exceptions", Permission: staff.OpeningEdit, Handle: s.postException, In: Exception{}, Out: SlotReport{}},
		{Pattern: "DELETE /api/windows/{window}/exceptions/{id}", Permission: staff.OpeningEdit, Handle: s.deleteException, Out: SlotReport{}},
	}
}

func (s *server) getPattern(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	window := r.PathValue("window")
	if err := gate.AtWindow(r.Context(), window); err != nil {
		return err
	}
	return answer(s, w, r, func(rx *store.Rx) ([]Pattern, error) {
		list := []Pattern{}
		all, err := slot.Patterns(rx, s.Tenant, window)
		for _, p := range all {
			list = append(list, Pattern{
				int(p.Weekday), p.FromMinute, p.ToMinute, p.SlotMinutes, p.WebCap, p.OfficeCap, staffweb.OrEmpty(p.Procs.List()),
			})
		}
		return list, err
	})
}

func (s *server) putPattern(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	window := r.PathValue("window")
	if err := gate.AtWindow(r.Context(), window); err != nil {
		return err
	}
	in, err := staffweb.Decode[[]Pattern](r)
	if err != nil {
		return err
	}
	list := make([]slot.Pattern, len(in))
	for i, p := range in {
		procs, err := slot.ParseProcs(p.Procs...)
		if err != nil {
			return err
		}
		list[i] = slot.Pattern{
			Weekday: time.Weekday(p.Weekday), FromMinute: p.FromMinute, ToMinute: p.ToMinute, SlotMinutes: p.SlotMinutes,
			WebCap: p.WebCap, OfficeCap: p.OfficeCap, Procs: procs,
		}
	}
	report, err := slot.SetPattern(r.Context(), s.DB, actor, s.Tenant, window, list)
	if err != nil {
		return err
	}
	return staffweb.OK(w, slotReport(report))
}

func (s *server) postPatternCopy(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	window := r.PathValue("window")
	if err := gate.AtWindow(r.Context(), window); err != nil {
		return err
	}
	in, err := staffweb.Decode[PatternCopy](r)
	if err != nil {
		return err
	}
	report, err := slot.CopyPattern(r.Context(), s.DB, actor, s.Tenant, in.From, window)
	if err != nil {
		return err
	}
	return staffweb.OK(w, slotReport(report))
}

// getExceptions lists those from today on.
func (s *server) getExceptions(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	window := r.PathValue("window")
	if err := gate.AtWindow(r.Context(), window); err != nil {
		return err
	}
	return answer(s, w, r, func(rx *store.Rx) ([]Exception, error) {
		list := []Exception{}
		all, err := slot.Exceptions(rx, s.Tenant, window, jpdate.Day(rx.Today()))
		for _, e := range all {
			list = append(list, wireException(e))
		}
		return list, err
	})
}

func wireException(e slot.Exception) Exception {
	return Exception{
		ID: e.ID, WindowID: e.WindowID, From: string(e.From), To: string(e.To), FromMinute: e.FromMinute, ToMinute: e.ToMinute,
		Kind: e.Kind, SlotMinutes: e.SlotMinutes, WebCap: e.WebCap, OfficeCap: e.OfficeCap, Procs: staffweb.OrEmpty(e.Procs.List()),
		Reason: e.Reason, Batch: e.Batch,
	}
}

func (e Exception) slot() (slot.Exception, error) {
	procs, err := slot.ParseProcs(e.Procs...)
	return slot.Exception{
		WindowID: e.WindowID, From: jpdate.Day(e.From), To: jpdate.Day(e.To), FromMinute: e.FromMinute, ToMinute: e.ToMinute,
		Kind: e.Kind, SlotMinutes: e.SlotMinutes, WebCap: e.WebCap, OfficeCap: e.OfficeCap, Procs: procs, Reason: e.Reason,
	}, err
}

func (s *server) postException(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[Exception](r)
	if err != nil {
		return err
	}
	if err := gate.AtWindow(r.Context(), in.WindowID); err != nil { // all windows are nobody's own
		return err
	}
	e, err := in.slot()
	if err != nil {
		return err
	}
	_, report, err := slot.AddException(r.Context(), s.DB, actor, s.Tenant, e)
	if err != nil {
		return err
	}
	return staffweb.Reply(w, http.StatusCreated, slotReport(report))
}

func (s *server) deleteException(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	window, id := r.PathValue("window"), r.PathValue("id")
	if err := gate.AtWindow(r.Context(), window); err != nil {
		return err
	}
	var all []slot.Exception
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		all, err = slot.Exceptions(rx, s.Tenant, window, "")
		return err
	})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(e slot.Exception) bool { return e.ID == id })
	if i < 0 {
		return fault.New(fault.NotFound, "slot.exception_unknown")
	}
	if err := gate.AtWindow(r.Context(), all[i].WindowID); err != nil { // one for all windows
		return err
	}
	report, err := slot.RemoveException(r.Context(), s.DB, actor, s.Tenant, id)
	if err != nil {
		return err
	}
	return staffweb.OK(w, slotReport(report))
}
