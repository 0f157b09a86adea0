package site

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/booking/wish"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// The waiting list: one form with everything a wish has, and what became of it.

// mostWishDays bounds the lists of days on the form.
const mostWishDays = 62

// bands are the times of day that the form offers, by the end of their text.
var bands = map[string]wish.Band{"am": {ToMinute: 720}, "pm": {FromMinute: 720, ToMinute: 1020}, "eve": {FromMinute: 1020, ToMinute: 1440}}

var bandNames = []string{"am", "pm", "eve"}

// tick is a box of a form.
type tick struct {
	Value string
	Place place // of a window
	N     int   // of a weekday
	On    bool
}

// dayOption is a day of a list to choose from.
type dayOption struct {
	Day    jpdate.Day
	Chosen bool
}

type wishData struct {
	Procedures []procChoice // '' where there is nothing to choose
	Procs      []slot.Procedure
	Windows    []tick // none where there is only one
	From, To   []dayOption
	Weekdays   []tick
	Bands      []tick
	ByMail     bool // can be chosen
	Notify     wish.Notify
	NotifyNote string // key of a sentence where nothing can be chosen
	Fields     []field
	People     int
	PartyURL   string
	Hidden     [][2]string
	Note       string
	FreeURL    string
}

type wishedData struct {
	Windows    []place
	Procs      []slot.Procedure
	From, To   jpdate.Day
	Weekdays   []int
	Bands      []string
	People     int
	Notify     wish.Notify
	Since      string
	Note       string
	BookingURL string
}

// waiter is somebody who may wait: their wish, offer and booking, and the
// persons that they wait for.
type waiter struct {
	people
	wish    wish.Wish
	waits   bool
	offer   reserve.Booking
	offered bool
	now     reserve.Booking
	booked  bool
}

// waiter reads the visitor; found is false when the code has been withdrawn.
func (v *visit) waiter() (w waiter, found bool, err error) {
	if w.people, found, err = v.who(); err != nil || !found {
		return w, found, err
	}
	err = v.DB.Read(v.r.Context(), func(rx *store.Rx) (err error) {
		if w.wish, w.waits, err = wish.Of(rx, v.Tenant, w.own.Link); err != nil {
			return err
		}
		if w.offer, w.offered, err = v.offerOf(rx, w.own.Link); err != nil {
			return err
		}
		w.now, w.booked, err = reserve.LiveOf(rx, v.Tenant, w.own.Link)
		return err
	})
	return w, true, err
}

// offerOf is the offer that still waits for the answer of a code.
func (v *visit) offerOf(rx *store.Rx, link string) (b reserve.Booking, found bool, err error) {
	if b, found, err = reserve.OfferFor(rx, v.Tenant, link); err != nil || !found {
		return b, false, err
	}
	held, _, err := slot.ByID(rx, v.Tenant, b.SlotID)
	return b, opened{Booking: b, slot: held}.answerable(v.now), err
}

// guests are those that the wish is for: of a booking everybody in it, for whom
// codes were shown then, else the visitor and who comes along.
func (w waiter) guests(procs slot.Procs) (list []reserve.Guest) {
	if w.booked {
		for _, p := range w.now.Live() {
			list = append(list, reserve.Guest{Link: p.Link, Gen: p.Gen, Procs: p.Procs})
		}
		return list
	}
	for _, m := range w.all() {
		list = append(list, reserve.Guest{Link: m.Link, Gen: m.Gen, Procs: procs})
	}
	return list
}

// WishURL is where somebody can ask for times that are taken, ” where the
// municipality has no waiting list.
func (v *visit) wishURL(c choice, on ways) string {
	if !v.city.policy.WaitingList || !v.TakesCodes() || strings.HasPrefix(on.days, "/open") {
		return ""
	}
	c.slot, c.month, c.grouped, c.people = "", false, false, 0
	return v.path(c.at("/wish"))
}

// getWish shows the visitor's wish, or the form for one. An offer comes first.
func (v *visit) getWish() error { return v.showWish(http.StatusOK) }

func (v *visit) wishAgain() error {
	return v.showWish(http.StatusForbidden, problem{Key: "confirm.expired"})
}

func (v *visit) showWish(status int, problems ...problem) error {
	if !v.city.policy.WaitingList {
		return notFound()
	}
	w, found, err := v.waiter()
	switch {
	case err != nil:
		return err
	case !found:
		return v.redirect("/code?again=1")
	case w.offered:
		return v.redirect("/b/" + v.desk.Ref(w.offer.ID))
	case w.waits:
		return v.page(status, "wished", "wish.title", v.wished(w), problems...)
	}
	c := choiceOf(v.r.Form)
	d := v.wishForm(w, c)
	if v.r.Form.Get("note") == "withdrawn" {
		d.Note = "wish.withdrawn"
	}
	return v.page(status, "wish", "wish.title", d, problems...)
}

// wishForm fills the form with what was sent, else with what was chosen before.
func (v *visit) wishForm(w waiter, c choice) wishData {
	form := v.r.Form
	sent := v.r.Method == http.MethodPost
	d := wishData{People: len(w.guests(c.procs)), Notify: wish.Notify(form.Get("notify")), ByMail: v.city.policy.TakesMail()}
	if w.booked {
		d.Procs = wish.Wish{Guests: w.guests("")}.Procs().List()
	} else {
		d.Procedures, d.Procs = v.wishProcedures(w, c)
		if v.city.PartyMax > 1 {
			d.PartyURL = v.path(c.at("/party"))
		}
		if len(d.Procedures) == 0 && len(d.Procs) == 1 {
			d.Hidden = choice{procs: slot.Procs(d.Procs[0])}.pairs()
		}
	}
	windows := v.offeredTo(w.own, "")
	for _, one := range windows {
		d.Windows = append(d.Windows, tick{Value: one.ID, Place: v.placeOf(one), On: slices.Contains(form["w"], one.ID)})
	}
	if len(d.Windows) == 1 {
		d.Windows = nil
	}
	from, to := v.wishSpan(windows)
	chosen := jpdate.Day(form.Get("from"))
	if !sent {
		chosen = max(from, c.day)
	}
	until := jpdate.Day(form.Get("to"))
	for day := from; day <= to; day = day.AddDays(1) {
		d.From = append(d.From, dayOption{day, day == chosen})
		d.To = append(d.To, dayOption{day, day == until || !sent && day == to})
	}
	for n := range 7 {
		d.Weekdays = append(d.Weekdays, tick{Value: strconv.Itoa(n), N: n, On: slices.Contains(form["wd"], strconv.Itoa(n))})
	}
	for _, name := range bandNames {
		d.Bands = append(d.Bands, tick{Value: name, On: slices.Contains(form["band"], name)})
	}
	d.Fields = v.reachFields()
	switch {
	case v.city.policy.PII == terms.PIIOff:
		d.NotifyNote = "wish.no_contact"
	case !d.ByMail:
		d.NotifyNote = "wish.phone_only"
	case d.Notify == "":
		d.Notify = wish.ByMail
	}
	return d
}

// wishProcedures are those to choose from, or the one there is.
func (v *visit) wishProcedures(w waiter, c choice) (list []procChoice, only []slot.Procedure) {
	for _, p := range v.procedures(w.own, c.procs) {
		if !p.Waiting {
			list = append(list, p)
		}
	}
	if len(list) == 1 {
		return nil, []slot.Procedure{list[0].Code}
	}
	return list, nil
}

// wishSpan are the first and the last day that can be wished.
func (v *visit) wishSpan(windows []slot.Window) (from, to jpdate.Day) {
	from = v.today()
	to = from
	for _, w := range windows {
		_, last := v.span(w)
		to = max(to, last)
	}
	return from, min(to, from.AddDays(mostWishDays-1))
}

// reachFields are the fields for how to reach somebody.
func (v *visit) reachFields() (list []field) {
	for _, f := range v.fields(v.codeMode(), v.r.PostForm) {
		if f.ID == "c_mail" || f.ID == "c_phone" {
			f.Required = false
			f.Hint = v.words.HTML("wish." + strings.TrimPrefix(f.ID, ofContact) + "_hint")
			if !v.city.policy.TakesMail() {
				f.Hint = ""
			}
			list = append(list, f)
		}
	}
	return list
}

// wished is a wish as its owner reads it.
func (v *visit) wished(w waiter) wishedData {
	own := w.wish
	d := wishedData{
		Procs: own.Procs().List(), From: own.From, To: own.To, People: len(own.Guests), Notify: own.Notify,
		Since: v.words.Instant(own.MadeAt),
	}
	for _, id := range own.Windows {
		if one, known := v.city.window(id); known {
			d.Windows = append(d.Windows, v.placeOf(one))
		}
	}
	for _, day := range own.Weekdays {
		d.Weekdays = append(d.Weekdays, int(day))
	}
	for _, name := range bandNames {
		if slices.Contains(own.Bands, bands[name]) {
			d.Bands = append(d.Bands, name)
		}
	}
	if v.r.Form.Get("note") == "done" {
		d.Note = "wish.done"
	}
	if w.booked {
		d.BookingURL = v.path("/b/" + v.desk.Ref(w.now.ID))
	}
	return d
}

// postWish puts the visitor on the waiting list. Sent twice, they are on it once.
func (v *visit) postWish() error {
	if !v.city.policy.WaitingList {
		return notFound()
	}
	w, found, err := v.waiter()
	switch {
	case err != nil:
		return err
	case !found:
		return v.askAgain()
	case w.waits || w.offered:
		return v.redirect("/wish")
	}
	form := v.r.PostForm
	c := choiceOf(form)
	if c.procs == "" && !w.booked {
		return v.showWish(http.StatusUnprocessableEntity, problem{Field: "procedures", Key: "error.procedure.none"})
	}
	asked := wish.Wish{
		From: jpdate.Day(form.Get("from")), To: jpdate.Day(form.Get("to")), Guests: w.guests(c.procs),
		Notify: wish.Notify(form.Get("notify")), Lang: v.lang,
	}
	for _, one := range v.offeredTo(w.own, "") {
		if slices.Contains(form["w"], one.ID) || len(form["w"]) == 0 && len(w.own.Windows) > 0 {
			asked.Windows = append(asked.Windows, one.ID)
		}
	}
	for _, text := range form["wd"] {
		if n, ok := number(text); ok && n < 7 {
			asked.Weekdays = append(asked.Weekdays, time.Weekday(n))
		}
	}
	for _, name := range bandNames {
		if slices.Contains(form["band"], name) {
			asked.Bands = append(asked.Bands, bands[name])
		}
	}
	if !v.city.policy.TakesMail() {
		asked.Notify = wish.ByPhone
	}
	contact, _ := left(form)
	if asked.Notify == wish.ByPhone && v.city.policy.PII != terms.PIIOff && contact.Phone == "" {
		return v.showWish(http.StatusUnprocessableEntity, problem{Field: "c_phone", Key: "error.wish.phone"})
	}
	if _, err = v.desk.Wish(v.r.Context(), resident, asked, contact); err != nil {
		return v.wishRefused(err)
	}
	return v.redirect("/wish?note=done")
}

func (v *visit) wishRefused(err error) error {
	e, ok := fault.As(err)
	if !ok || statusOfKind[e.Kind] == 0 || e.Kind == fault.Unavailable {
		return err
	}
	v.code = e.Code
	switch e.Code {
	case "wish.bad":
		return v.showWish(http.StatusUnprocessableEntity, problem{Field: "from", Key: "error.wish.bad"})
	case "booking.mail_needed":
		return v.showWish(http.StatusUnprocessableEntity, problem{Field: "c_mail", Key: "error.wish.mail"})
	case "terms.answers":
		return v.showWish(http.StatusUnprocessableEntity, v.fieldProblems(e, v.codeMode())...)
	case "front.no_waiting_list":
		return notFound()
	}
	return v.showWish(statusOfKind[e.Kind], v.problemOf("", e))
}

// postWithdraw takes the wish off the list.
func (v *visit) postWithdraw() error {
	w, found, err := v.waiter()
	if err != nil || !found || !w.waits {
		return v.backToWish(err)
	}
	err = wish.Withdraw(v.r.Context(), v.DB, resident, v.Tenant, w.wish.ID, w.own.Link)
	if fault.Is(err, fault.Conflict, "wish.over") || fault.Is(err, fault.NotFound, "wish.unknown") {
		return v.backToWish(nil)
	}
	if err != nil {
		return err
	}
	return v.redirect("/wish?note=withdrawn")
}

func (v *visit) backToWish(err error) error {
	if err != nil {
		return err
	}
	return v.redirect("/wish")
}

// Offers. The page of a booking that is offered asks whether it shall be one.

type offerData struct {
	Facts facts
	Until string
	Now   *facts // of the booking that the visitor has
	Ref   string
	May   bool // the visitor has shown the code
	Once  string
}

// getOffer is the page of an offer for those who have shown their code.
func (v *visit) getOffer() error {
	o, _, err := v.mine()
	if err != nil {
		return err
	}
	if !o.answerable(v.now) {
		return v.redirect("/b/" + o.Ref)
	}
	return v.showOffer(http.StatusOK, o)
}

// answerable reports whether an offer still waits for an answer.
func (o opened) answerable(now time.Time) bool {
	return o.State == reserve.Offered && !o.overdue(now)
}

func (v *visit) showOffer(status int, o opened, problems ...problem) error {
	link, may := v.memberOf(o.Booking)
	d := offerData{
		Facts: v.factsOf(o.slot, o.procs(), len(o.Live())), Until: v.words.Instant(o.Until), Ref: o.Ref, May: may, Once: v.Once(),
	}
	d.Facts.Starts = o.Starts
	if may {
		var live reserve.Booking
		booked := false
		err := v.DB.Read(v.r.Context(), func(rx *store.Rx) (err error) {
			live, booked, err = reserve.LiveOf(rx, v.Tenant, link)
			return err
		})
		if err != nil {
			return err
		}
		if booked {
			now, err := v.opening(v.desk.Ref(live.ID))
			if err != nil {
				return err
			}
			f := v.bookingData(now).Facts
			d.Now = &f
		}
	}
	return v.page(status, "offer", "offer.title", d, problems...)
}

func (v *visit) offerAgain() error {
	o, _, err := v.mine()
	if err != nil {
		return err
	}
	if !o.answerable(v.now) {
		return v.redirect("/b/" + o.Ref)
	}
	return v.showOffer(http.StatusForbidden, o, problem{Key: "confirm.expired"})
}

// postAccept makes an offer the visitor's booking; the one they had ends with it.
func (v *visit) postAccept() error {
	return v.reply("done", func(a reserve.Act) error {
		_, err := v.desk.Accept(v.r.Context(), resident, a)
		return err
	})
}

// postDecline gives the seats back.
func (v *visit) postDecline() error {
	return v.reply("declined", func(a reserve.Act) error {
		_, err := v.desk.Decline(v.r.Context(), resident, a)
		return err
	})
}

func (v *visit) reply(note string, act func(reserve.Act) error) error {
	o, link, err := v.mine()
	if err != nil {
		return err
	}
	err = act(reserve.Act{Token: v.r.PostForm.Get("once"), BookingID: o.ID, By: reserve.By{Via: reserve.ByWeb, Link: link}})
	if err == nil {
		return v.redirect("/b/" + o.Ref + "?note=" + note)
	}
	e, ok := fault.As(err)
	if !ok || statusOfKind[e.Kind] == 0 || e.Kind == fault.Unavailable {
		return err
	}
	if fault.Is(err, fault.Conflict, "booking.offer_late") || v.ended(err) || !o.answerable(v.now) {
		return v.showBooking(err)
	}
	v.code = e.Code
	return v.showOffer(statusOfKind[e.Kind], o, v.problemOf("", e))
}
