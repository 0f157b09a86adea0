package site

import (
	"net/http"
	"slices"
	"time"

	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// opened is a booking that an address names, with its first slot.
type opened struct {
	reserve.Booking
	Ref  string
	slot slot.Slot
	// offer says that the booking is or was an offer of the waiting list.
	offer bool
}

func unknownBooking() error { return fault.New(fault.NotFound, "booking.unknown") }

// open reads the booking of the address. An address that this service has not
// made is as unknown as one of a booking that is not there.
func (v *visit) open() (opened, error) { return v.opening(v.r.PathValue("ref")) }

func (v *visit) opening(ref string) (o opened, err error) {
	o.Ref = ref
	id, ok := v.desk.BookingOf(o.Ref)
	if !ok {
		return o, unknownBooking()
	}
	err = v.DB.Read(v.r.Context(), func(rx *store.Rx) error {
		found := false
		if o.Booking, found, err = reserve.ByID(rx, v.Tenant, id); err != nil {
			return err
		}
		if !found {
			return unknownBooking()
		}
		if o.slot, _, err = slot.ByID(rx, v.Tenant, o.SlotID); err != nil {
			return err
		}
		o.offer, err = v.wasOffer(rx, o.Booking)
		return err
	})
	return o, err
}

// wasOffer tells an offer from a booking that waited for its mail: only these
// have an access key.
func (v *visit) wasOffer(rx *store.Rx, b reserve.Booking) (bool, error) {
	if b.State != reserve.Expired {
		return b.State == reserve.Offered, nil
	}
	for _, p := range b.Persons {
		if m, known, err := member.ByLink(rx, v.Tenant, p.Link); err != nil || known && m.IsKey {
			return false, err
		}
	}
	return true, nil
}

// mine is open for somebody who has shown the code of one of its persons.
func (v *visit) mine() (o opened, link string, err error) {
	if o, err = v.open(); err != nil {
		return o, "", err
	}
	link, ok := v.memberOf(o.Booking)
	if !ok {
		return o, "", unknownBooking()
	}
	return o, link, nil
}

// procs are those of everybody in the booking.
func (o opened) procs() slot.Procs {
	persons := o.Live()
	if len(persons) == 0 {
		persons = o.Persons
	}
	var list []slot.Procedure
	for _, p := range persons {
		list = append(list, p.Procs.List()...)
	}
	procs, err := slot.ParseProcs(list...)
	if err != nil {
		return ""
	}
	return procs
}

// live reports whether the booking still stands and its time has not passed.
func (o opened) live(now time.Time) bool { return o.State == reserve.Active && o.Starts.After(now) }

// overdue reports whether the time in which it had to be confirmed has passed.
func (o opened) overdue(now time.Time) bool {
	return !o.Until.IsZero() && (!now.Before(o.Until) || o.slot.Ended)
}

type bookingData struct {
	Facts              facts
	No                 string
	Ref                string
	Note               string // what has just happened: done, changed, cancelled, left or already
	State              string // key of a sentence about a booking that does not stand any more, or ''
	Live               bool
	MayChange          bool
	MayCancel          bool
	ChangeBy, CancelBy string
	MayLeave           bool
	ByPhone            bool   // made by the office, which alone moves and ends it
	Late               int    // minutes after which others go first
	Mail               bool   // a mail is on its way
	Key                string // access key, shown once
	ConfirmBy          string // until when a mail must be answered
	WishURL            string // where to wait for another time
}

// Sentences about what has just happened, and the titles they give the page.
var noteTitles = map[string]string{
	"done": "done.title", "changed": "done.changed", "cancelled": "done.cancelled", "left": "done.left", "already": "booking.title",
	"declined": "booking.title",
}

// getBooking shows a booking to whoever has its address, which cannot be
// guessed. It can be kept as a bookmark; it names nobody.
func (v *visit) getBooking() error {
	o, err := v.open()
	if err != nil {
		return err
	}
	if o.answerable(v.now) {
		return v.showOffer(http.StatusOK, o)
	}
	d := v.bookingData(o)
	title := "booking.title"
	note := v.r.URL.Query().Get("note")
	switch {
	case note == "already" && d.Live, note == "done" && d.Live, note == "changed" && d.Live,
		note == "cancelled" && !d.Live, note == "left", note == "declined" && o.State == reserve.Cancelled:
		d.Note = note
		title = noteTitles[note]
		d.Mail = v.r.URL.Query().Has("mail")
	}
	if d.Note == "declined" {
		d.State = "offer.declined"
	}
	return v.page(http.StatusOK, "booking", title, d)
}

func (v *visit) bookingData(o opened) bookingData {
	people := len(o.Live())
	if people == 0 {
		people = len(o.Persons)
	}
	until := o.slot.Until(o.procs())
	d := bookingData{
		Facts: v.factsOf(o.slot, o.procs(), people), No: o.No, Ref: o.Ref, Live: o.live(v.now),
		ChangeBy: v.words.Instant(until.Change), CancelBy: v.words.Instant(until.Cancel),
	}
	d.Facts.Starts = o.Starts
	if w, found := v.city.window(o.WindowID); found {
		d.Late = w.LateMinutes
	}
	d.ByPhone = o.Theirs
	d.MayChange = d.Live && !o.Theirs && v.now.Before(until.Change)
	d.MayCancel = d.Live && !o.Theirs && v.now.Before(until.Cancel)
	d.MayLeave = d.MayCancel && len(o.Live()) > 1
	if _, own := v.memberOf(o.Booking); own && d.MayChange {
		d.WishURL = v.wishURL(choice{}, ways{})
	}
	switch {
	case d.Live:
	case o.offer:
		d.State = "offer.over"
	case o.State == reserve.Active:
		d.State = "booking.state.past"
	case o.State == reserve.Pending && o.overdue(v.now): // before it is cleared away
		d.State = "booking.state.expired"
	case v.words.Has("booking.state." + string(o.State)):
		d.State = "booking.state." + string(o.State)
	default:
		d.State = "booking.state.past"
	}
	return d
}

// Moving a booking: the same pages about days, times and what has been chosen,
// below the booking's address.

// moving is the choice and the ways of somebody who moves a booking.
func (v *visit) moving() (o opened, link string, c choice, on ways, err error) {
	if o, link, err = v.mine(); err != nil {
		return o, link, c, on, err
	}
	c = choiceOf(v.r.Form)
	c.procs, c.window, c.grouped = "", o.WindowID, false
	base := "/b/" + o.Ref
	on = ways{days: base + "/days", times: base + "/times", pick: base + "/confirm", units: v.units(o.procs(), len(o.Live())), own: o.SlotID}
	return o, link, c, on, nil
}

func (v *visit) getMoveDays() error {
	o, _, c, on, err := v.moving()
	if err != nil {
		return err
	}
	if d := v.bookingData(o); !d.MayChange {
		return v.redirect("/b/" + o.Ref)
	}
	c.procs = o.procs()
	d, err := v.days(c, on)
	if err != nil {
		return err
	}
	d.People, d.Keep = v.peopleText(len(o.Live())), v.path("/b/"+o.Ref)
	return v.page(http.StatusOK, "days", "change.title", d)
}

func (v *visit) getMoveTimes() error {
	o, _, c, on, err := v.moving()
	if err != nil {
		return err
	}
	c.procs = o.procs()
	d, err := v.times(c, on)
	if err != nil {
		return err
	}
	d.People, d.Keep = v.peopleText(len(o.Live())), v.path("/b/"+o.Ref)
	return v.page(http.StatusOK, "times", "times.title", d)
}

func (v *visit) getMoveConfirm() error { return v.showMove(http.StatusOK, "") }

func (v *visit) showMove(status int, once string, problems ...problem) error {
	o, _, c, on, err := v.moving()
	if err != nil {
		return err
	}
	s, found, err := v.slotOf(c.slot)
	if err != nil {
		return err
	}
	if !found || s.WindowID != o.WindowID {
		return v.redirect(on.days)
	}
	if once == "" {
		once = v.Once()
	}
	before := v.bookingData(o).Facts
	back := choice{window: o.WindowID, day: s.Day}
	return v.page(status, "confirm", "change.confirm", confirmData{
		Facts: v.factsOf(s, o.procs(), len(o.Live())), Before: &before, Action: "/b/" + o.Ref + "/change",
		Hidden: [][2]string{{"s", s.ID}}, Once: once,
		Change: map[string]string{"date": v.path(back.at(on.days)), "time": v.path(back.at(on.times))},
		Keep:   v.path("/b/" + o.Ref),
	}, problems...)
}

func (v *visit) moveAgain() error {
	return v.showMove(http.StatusForbidden, clip(v.r.PostForm.Get("once")), problem{Key: "confirm.expired"})
}

// postMove moves the booking, or leaves it as it is.
func (v *visit) postMove() error {
	o, link, c, on, err := v.moving()
	if err != nil {
		return err
	}
	token := v.r.PostForm.Get("once")
	act := reserve.Act{Token: token, BookingID: o.ID, By: reserve.By{Via: reserve.ByWeb, Link: link}}
	_, err = v.desk.Change(v.r.Context(), resident, act, c.slot, v.city.policy.Adjacent)
	if err == nil {
		return v.redirect("/b/" + o.Ref + "?note=changed")
	}
	if v.ended(err) {
		return v.showBooking(err)
	}
	c.procs = o.procs()
	return v.refused(c, err, on, func(status int, q ...problem) error { return v.showMove(status, clip(token), q...) })
}

// ended reports whether an act was refused because of the booking itself.
func (v *visit) ended(err error) bool {
	return fault.Is(err, fault.Conflict, "booking.gone") || fault.Is(err, fault.Conflict, "booking.deadline") ||
		fault.Is(err, fault.Conflict, "booking.of_office") ||
		fault.Is(err, fault.Conflict, "booking.token_reused") || fault.Is(err, fault.BadRequest, "booking.bad_token")
}

// showBooking shows a booking as it is now, with why an act on it was refused.
func (v *visit) showBooking(refusal error) error {
	e, ok := fault.As(refusal)
	if !ok {
		return refusal
	}
	v.code = e.Code
	now, err := v.open()
	if err != nil {
		return err
	}
	d := v.bookingData(now)
	if e.Code == "booking.offer_late" {
		d.State = "" // says the same
	}
	return v.page(statusOfKind[e.Kind], "booking", "booking.title", d, v.problemOf("", e))
}

// endData is the second screen before a booking ends.
type endData struct {
	Facts   facts
	Action  string
	Once    string
	Keep    string
	Reasons []string
}

var cancelReasons = []string{"date", "other_way", "mistake", "other"}

func (v *visit) getCancel() error { return v.showEnd(http.StatusOK, "cancel") }
func (v *visit) getLeave() error  { return v.showEnd(http.StatusOK, "leave") }

func (v *visit) showEnd(status int, act string, problems ...problem) error {
	o, _, err := v.mine()
	if err != nil {
		return err
	}
	data := v.bookingData(o)
	if !data.MayCancel || act == "leave" && !data.MayLeave {
		return v.redirect("/b/" + o.Ref)
	}
	d := endData{Facts: data.Facts, Action: "/b/" + o.Ref + "/" + act, Once: v.Once(), Keep: v.path("/b/" + o.Ref)}
	if v.city.policy.CancelReason && act == "cancel" {
		d.Reasons = cancelReasons
	}
	return v.page(status, act, act+".title", d, problems...)
}

func (v *visit) cancelAgain() error {
	return v.showEnd(http.StatusForbidden, "cancel", problem{Key: "confirm.expired"})
}

func (v *visit) leaveAgain() error {
	return v.showEnd(http.StatusForbidden, "leave", problem{Key: "confirm.expired"})
}

// postCancel ends the booking for everybody in it.
func (v *visit) postCancel() error {
	return v.end("cancelled", func(a reserve.Act, _ string) error {
		reason := v.r.PostForm.Get("reason")
		if !slices.Contains(cancelReasons, reason) {
			reason = ""
		}
		_, err := v.desk.Cancel(v.r.Context(), resident, a, reason)
		return err
	})
}

// postLeave takes the visitor out of the booking; the others keep it.
func (v *visit) postLeave() error {
	return v.end("left", func(a reserve.Act, link string) error {
		_, err := v.desk.Leave(v.r.Context(), resident, a, link)
		return err
	})
}

func (v *visit) end(note string, act func(a reserve.Act, link string) error) error {
	o, link, err := v.mine()
	if err != nil {
		return err
	}
	err = act(reserve.Act{Token: v.r.PostForm.Get("once"), BookingID: o.ID, By: reserve.By{Via: reserve.ByWeb, Link: link}}, link)
	switch {
	case err == nil:
		return v.redirect("/b/" + o.Ref + "?note=" + note)
	case v.ended(err):
		return v.showBooking(err)
	}
	return err
}
