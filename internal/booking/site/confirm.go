package site

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"kofu/internal/booking/front"
	"kofu/internal/booking/mail"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// facts are a visit as pages show it, booked or not.
type facts struct {
	Day    jpdate.Day
	Starts time.Time
	Place  place
	Procs  []slot.Procedure
	People int
}

func (v *visit) factsOf(s slot.Slot, procs slot.Procs, people int) facts {
	w, _ := v.city.window(s.WindowID)
	return facts{Day: s.Day, Starts: s.Starts, Place: v.placeOf(w), Procs: procs.List(), People: people}
}

type confirmData struct {
	Facts  facts
	Before *facts // of the booking that is moved
	Action string // address of the form, without the language
	Hidden [][2]string
	Once   string
	Change map[string]string // part → address of the page where it can be changed
	Keep   string
	Fields []field // what may be left with the booking
	Open   bool    // without a code
}

// slotOf reads a slot by its id.
func (v *visit) slotOf(id string) (s slot.Slot, found bool, err error) {
	err = v.DB.Read(v.r.Context(), func(rx *store.Rx) error {
		s, found, err = slot.ByID(rx, v.Tenant, id)
		return err
	})
	return s, found, err
}

// getConfirm shows what is about to be booked. Nothing is booked yet.
func (v *visit) getConfirm() error { return v.showConfirm(http.StatusOK, "") }

// codeMode is the mode of somebody with a code: of several the one that asks for
// most.
func (v *visit) codeMode() terms.Mode { return v.city.policy.CodeMode() }

func (v *visit) showConfirm(status int, once string, problems ...problem) error {
	c, on, err := v.booking()
	if err != nil || c.window == "" || c.slot == "" {
		return v.backOn(c, err)
	}
	s, found, err := v.slotOf(c.slot)
	if err != nil {
		return err
	}
	if !found || s.WindowID != c.window {
		c.slot = ""
		return v.backOn(c, nil)
	}
	if once == "" {
		once = v.Once()
	}
	day, time := c, c
	day.slot, day.day = "", s.Day
	time.slot, time.day = "", s.Day
	d := confirmData{
		Facts: v.factsOf(s, c.procs, len(v.session.People())), Action: "/book", Hidden: c.pairs(), Once: once,
		Change: map[string]string{"date": v.path(day.at(on.days)), "time": v.path(time.at(on.times))},
		Fields: v.fields(v.codeMode(), v.r.PostForm),
	}
	if len(v.offered(c.procs)) > 1 {
		other := choice{procs: c.procs, grouped: c.grouped}
		d.Change["place"] = v.path(other.at("/window"))
	}
	return v.page(status, "confirm", "confirm.title", d, problems...)
}

// bookAgain shows the page once more when its form came without its token.
func (v *visit) bookAgain() error {
	return v.showConfirm(http.StatusForbidden, clip(v.r.PostForm.Get("once")), problem{Key: "confirm.expired"})
}

// postBook books. Sent twice, it leads to the same booking.
func (v *visit) postBook() error {
	c := choiceOf(v.r.PostForm)
	p, found, err := v.who()
	if err != nil {
		return err
	}
	if !found {
		return v.askAgain()
	}
	r := front.Request{Lang: v.lang}
	r.Contact, r.Answers = left(v.r.PostForm)
	r.Mode = string(v.codeMode())
	r.Token, r.By = v.r.PostForm.Get("once"), reserve.By{Via: reserve.ByWeb, Link: p.own.Link}
	r.SlotID, r.Side, r.Adjacent = c.slot, slot.Web, v.city.policy.Adjacent
	for _, m := range p.all() {
		r.Guests = append(r.Guests, reserve.Guest{Link: m.Link, Gen: m.Gen, Procs: c.procs})
	}
	done, err := v.desk.BookIt(v.r.Context(), resident, r)
	switch {
	case err == nil:
		return v.redirect("/b/" + v.desk.Ref(done.Booking.ID) + "?note=done" + mailNote(done.Mail))
	case fault.Is(err, fault.Conflict, "booking.exists"):
		return v.exists(p)
	}
	return v.refused(c, err, ways{days: "/days", times: "/times", pick: "/confirm", units: v.units(c.procs, len(p.all()))},
		func(status int, q ...problem) error { return v.showConfirm(status, clip(r.Token), q...) })
}

// mailNote tells the next page that a mail is on its way.
func mailNote(state mail.State) string {
	if state == mail.Waiting {
		return "&mail=1"
	}
	return ""
}

// exists leads to the booking that one of the guests has already, if it is the
// visitor's own; of another it is only said that there is one.
func (v *visit) exists(p people) error {
	var live reserve.Booking
	booked := false
	err := v.DB.Read(v.r.Context(), func(rx *store.Rx) (err error) {
		live, booked, err = reserve.LiveOf(rx, v.Tenant, p.own.Link)
		return err
	})
	if err != nil {
		return err
	}
	if booked {
		return v.redirect("/b/" + v.desk.Ref(live.ID) + "?note=already")
	}
	v.code = "booking.exists"
	return v.showParty(http.StatusConflict, codeData{}, problem{Field: "people", Key: "party.exists"})
}

// refused shows why a slot could not be taken: other times of the same day
// where one of them may help, else the page with its problem.
func (v *visit) refused(c choice, err error, on ways, again func(int, ...problem) error) error {
	e, ok := fault.As(err)
	if !ok {
		return err
	}
	v.code = e.Code
	q := v.problemOf("", e)
	switch e.Code {
	case "slot.full", "slot.few_left", "slot.closed", "slot.no_neighbours", "slot.procedure", "slot.deadline", "slot.not_open_yet",
		"slot.phone_only":
		return v.otherTimes(c, on, q)
	case "slot.unknown":
		c.slot = ""
		return v.otherTimes(c, on, q)
	case "booking.closed_hours", "booking.closed_period":
		return again(http.StatusConflict, q)
	case "booking.bad_token", "booking.bad_request", "booking.token_reused", "booking.party_max", "booking.same_slot",
		"booking.mode", "booking.too_many_changes", "booking.state", "member.not_ready", "member.not_yet", "member.procedure", "member.window":
		return again(statusOfKind[e.Kind], q)
	case "terms.answers", "booking.mail_needed", "booking.no_contact", "contact.birth", "contact.not_taken":
		return again(http.StatusUnprocessableEntity, v.fieldProblems(e, v.codeMode())...)
	}
	return err
}

// otherTimes shows the times of the day that was wanted, with up to three that
// are free near it, and says what stands: nothing yet, or the booking as before.
func (v *visit) otherTimes(c choice, on ways, q problem) error {
	if q.Then = "confirm.nothing"; on.own != "" {
		q.Then = "change.nothing"
	}
	s, found, err := v.slotOf(c.slot)
	if err != nil {
		return err
	}
	c.day, c.slot = v.today(), ""
	if found {
		c.day = s.Day
	}
	d, err := v.times(c, on)
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.NotFound {
		return v.backOn(choice{procs: c.procs, window: c.window, grouped: c.grouped}, nil)
	}
	if err != nil {
		return err
	}
	w, board, err := v.board(c.window)
	if err != nil {
		return err
	}
	d.List = slices.DeleteFunc(d.List, func(l timeLine) bool { return found && l.Starts.Equal(s.Starts) })
	d.Alternatives = v.alternatives(board, w, c, on, s.Starts)
	d.People = v.peopleText(len(v.session.People()))
	return v.page(http.StatusConflict, "times", "times.title", d, q)
}

// memberOf is the code under which the visitor acts in a booking: the one that
// has been shown, if it is in it.
func (v *visit) memberOf(b reserve.Booking) (link string, ok bool) {
	ok = slices.ContainsFunc(b.Persons, func(p reserve.Person) bool { return p.Link == v.session.Link })
	return v.session.Link, v.signedIn && ok
}
