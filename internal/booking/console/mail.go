package console

import (
	"net/http"
	"slices"

	"kofu/internal/booking/mail"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/terms"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// MailCount is how many mails are in a state.
type MailCount struct {
	State mail.State    `json:"state"`
	Label string        `json:"label"`
	Tone  staffweb.Tone `json:"tone"`
	Count int           `json:"count"`
}

// MailRow is a mail in the outbox. Neither address nor text ever leaves it.
type MailRow struct {
	ID         string        `json:"id"`
	BookingID  string        `json:"bookingId"`
	No         string        `json:"no"`   // of the booking
	Kind       string        `json:"kind"` // in words
	Lang       string        `json:"lang"`
	StateLabel string        `json:"stateLabel"`
	Tone       staffweb.Tone `json:"tone"`
	Tries      int           `json:"tries"`
	MadeAt     string        `json:"madeAt"`
	DoneAt     string        `json:"doneAt"`
	Answer     string        `json:"answer"` // of the server
}

// Outbox is the newest mails with the counts of all.
type Outbox struct {
	Counts []MailCount `json:"counts"`
	Rows   []MailRow   `json:"rows"`
}

// PhoneTask is a resident to be called.
type PhoneTask struct {
	ID        string `json:"id"`
	BookingID string `json:"bookingId"`
	No        string `json:"no"`
	Kind      string `json:"kind"`   // of the mail that they did not get, in words
	Reason    string `json:"reason"` // in words
	MadeAt    string `json:"madeAt"`
	DoneAt    string `json:"doneAt"`
}

var mailTones = map[mail.State]staffweb.Tone{
	mail.Waiting: staffweb.ToneOther, mail.Sent: staffweb.ToneOK, mail.Rejected: staffweb.ToneError, mail.Unknown: staffweb.ToneError,
	mail.Limited: staffweb.ToneWarn, mail.Stuck: staffweb.ToneWarn,
}

var mailStates = []mail.State{mail.Waiting, mail.Stuck, mail.Sent, mail.Rejected, mail.Unknown, mail.Limited}

func (s *server) mailRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/mails", Permission: staff.BookingView, Handle: s.getMails, Out: Outbox{}},
		{Pattern: "GET /api/phone-tasks", Permission: staff.BookingView, Handle: s.getPhoneTasks, Out: []PhoneTask{}},
		{Pattern: "POST /api/phone-tasks/{id}/called", Permission: staff.BookingEdit, Handle: s.postCalled},
	}
}

// numbers are the receipt numbers of bookings at windows that the person may
// see.
func (s *server) numbers(rx *store.Rx, r *http.Request, ids ...string) (map[string]string, error) {
	session, _ := gate.SessionOf(r.Context())
	nos := map[string]string{"": ""}
	for _, id := range ids {
		if _, known := nos[id]; known {
			continue
		}
		b, found, err := reserve.ByID(rx, s.Tenant, id)
		if err != nil {
			return nil, err
		}
		if found && session.MayAt(staff.BookingView, b.WindowID) {
			nos[id] = b.No
		}
	}
	return nos, nil
}

// mailWindows are the windows about whose bookings the person may see mails.
func mailWindows(r *http.Request) mail.Windows {
	session, _ := gate.SessionOf(r.Context())
	windows, all := session.WindowsFor(staff.BookingView)
	if all {
		return nil
	}
	return staffweb.OrEmpty(windows)
}

// getMails lists the newest mails, those of the parameter state alone.
func (s *server) getMails(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	const most = 200
	state := mail.State(r.URL.Query().Get("state"))
	if state != mail.None && !slices.Contains(mailStates, state) {
		return fault.New(fault.BadRequest, "gate.no_such_address")
	}
	return answer(s, w, r, func(rx *store.Rx) (Outbox, error) {
		out := Outbox{Counts: []MailCount{}, Rows: []MailRow{}}
		counts, err := mail.Counts(rx, s.Tenant, mailWindows(r))
		if err != nil {
			return out, err
		}
		for _, each := range mailStates {
			out.Counts = append(out.Counts, MailCount{each, staffweb.Word("mail.state.", string(each)), mailTones[each], counts[each]})
		}
		list, err := mail.List(rx, s.Tenant, state, mailWindows(r), most)
		if err != nil {
			return out, err
		}
		var ids []string
		for _, m := range list {
			ids = append(ids, m.BookingID)
		}
		nos, err := s.numbers(rx, r, ids...)
		for _, m := range list {
			if no, may := nos[m.BookingID]; may {
				out.Rows = append(out.Rows, MailRow{
					m.ID, m.BookingID, no, mailKind(m.Kind), m.Lang, staffweb.Word("mail.state.", string(m.State)), mailTones[m.State],
					m.Tries, m.MadeAt, m.DoneAt, m.Answer,
				})
			}
		}
		return out, err
	})
}

func mailKind(k terms.MailKind) string { return staffweb.Word("mail.kind.", string(k)) }

// getPhoneTasks lists who is to be called, with done=1 those who were, too.
func (s *server) getPhoneTasks(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	return answer(s, w, r, func(rx *store.Rx) (list []PhoneTask, err error) {
		list, err = s.phoneTasks(rx, r, r.URL.Query().Get("done") == "1")
		return list, err
	})
}

func (s *server) phoneTasks(rx *store.Rx, r *http.Request, done bool) ([]PhoneTask, error) {
	out := []PhoneTask{}
	list, err := mail.Tasks(rx, s.Tenant, done)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, t := range list {
		ids = append(ids, t.BookingID)
	}
	nos, err := s.numbers(rx, r, ids...)
	for _, t := range list {
		if no, may := nos[t.BookingID]; may {
			out = append(out, PhoneTask{
				t.ID, t.BookingID, no, mailKind(t.Kind), staffweb.Word("mail.reason.", string(t.Reason)), t.MadeAt, t.DoneAt,
			})
		}
	}
	return out, err
}

// postCalled ticks off a call about a booking at a window where the person may.
func (s *server) postCalled(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		id, found, err := mail.TaskBooking(rx, s.Tenant, r.PathValue("id"))
		if err != nil || !found { // then there is nobody to be called
			return err
		}
		b, found, err := reserve.ByID(rx, s.Tenant, id)
		if err != nil || !found {
			return err
		}
		return gate.AtWindow(r.Context(), b.WindowID)
	})
	if err != nil {
		return err
	}
	if err := mail.Called(r.Context(), s.DB, actor, s.Tenant, r.PathValue("id")); err != nil {
		return err
	}
	return staffweb.Done(w)
}
