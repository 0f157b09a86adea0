package console

import (
	"net/http"
	"slices"

	"kofu/internal/booking/find"
	"kofu/internal/booking/mail"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/terms"
	"kofu/internal/gate"
	"kofu/internal/jpdate"
	"kofu/internal/message"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// Reconciliation is what the exchange with the office did to residents' bookings.
type Reconciliation struct {
	From         string       `json:"from"`         // first day of the visits listed
	Unreconciled []SettledRow `json:"unreconciled"` // the office never saw them: nobody knows whether somebody came
	Cancelled    []SettledRow `json:"cancelled"`    // ended by the office
}

// SettledRow is a booking with how its resident heard of it.
type SettledRow struct {
	ID         string        `json:"id"`
	No         string        `json:"no"`
	Starts     string        `json:"starts"`
	WindowName string        `json:"windowName"`
	Via        string        `json:"via"`
	Persons    int           `json:"persons"`
	Procs      []string      `json:"procs"`
	Told       string        `json:"told"` // in words
	Tone       staffweb.Tone `json:"tone"`
}

// How far back the list goes, and how long it may be.
const (
	settledDays = 30
	settledMost = 500
)

func (s *server) reconcileRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/reconciliation", Permission: staff.BookingView, Handle: s.getReconciliation, Out: Reconciliation{}},
	}
}

func (s *server) getReconciliation(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	return answer(s, w, r, func(rx *store.Rx) (out Reconciliation, err error) {
		out.From = string(settledFrom(rx))
		if out.Unreconciled, err = s.settled(rx, r, reserve.Unreconciled); err != nil {
			return out, err
		}
		out.Cancelled, err = s.settled(rx, r, reserve.CancelledByOffice)
		return out, err
	})
}

func settledFrom(rx *store.Rx) jpdate.Day { return jpdate.Day(rx.Today()).AddDays(-settledDays) }

// settledFilter are the bookings in a state at the windows that the person may
// see.
func settledFilter(rx *store.Rx, r *http.Request, state reserve.State) find.Filter {
	f := find.Filter{States: []reserve.State{state}, DayFrom: settledFrom(rx), Limit: settledMost}
	session, _ := gate.SessionOf(r.Context())
	if windows, all := session.WindowsFor(staff.BookingView); !all {
		f.Windows = staffweb.OrEmpty(windows)
	}
	return f
}

func (s *server) settled(rx *store.Rx, r *http.Request, state reserve.State) ([]SettledRow, error) {
	rows := []SettledRow{}
	list, _, err := find.Search(rx, s.Tenant, settledFilter(rx, r, state))
	if err != nil {
		return nil, err
	}
	n, err := s.names(rx)
	if err != nil {
		return nil, err
	}
	calls, err := s.callsOf(rx)
	for _, b := range list {
		row := SettledRow{
			ID: b.ID, No: b.No, Starts: store.Stamp(b.Starts), WindowName: n.windows[b.WindowID], Via: message.Text("booking.via."+string(b.Via), nil),
			Persons: b.Persons, Procs: n.procs(b.Procs),
		}
		if row.Told, row.Tone, err = s.told(rx, b.ID, calls); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, err
}

// callsOf are the calls about bookings, done or not, the latest of each.
func (s *server) callsOf(rx *store.Rx) (map[string]mail.Task, error) {
	calls := map[string]mail.Task{}
	list, err := mail.Tasks(rx, s.Tenant, true)
	for _, task := range list {
		calls[task.BookingID] = task
	}
	return calls, err
}

// told says how the resident of a booking heard of its end: by a call, by the
// newest mail about it, or not at all.
func (s *server) told(rx *store.Rx, bookingID string, calls map[string]mail.Task) (string, staffweb.Tone, error) {
	word := func(key string) string { return message.Text("console.told."+key, nil) }
	if task, is := calls[bookingID]; is {
		if task.DoneAt != "" {
			return word("called"), staffweb.ToneOK, nil
		}
		return word("to_call"), staffweb.ToneWarn, nil
	}
	mails, err := mail.About(rx, s.Tenant, bookingID)
	if err != nil {
		return "", "", err
	}
	i := slices.IndexFunc(mails, func(m mail.Item) bool { return slices.Contains(endMails, m.Kind) })
	if i < 0 {
		return word("nobody"), staffweb.ToneOther, nil
	}
	state := mails[i].State
	return mailKind(mails[i].Kind) + ": " + staffweb.Word("mail.state.", string(state)), mailTones[state], nil
}

// endMails are the mails that tell of what the list is about.
var endMails = []terms.MailKind{terms.MailOfficeCancelled, terms.MailReplaced, terms.MailUnsettled}
