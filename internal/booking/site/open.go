package site

import (
	"net/http"
	"slices"
	"strings"

	"kofu/internal/booking/front"
	"kofu/internal/booking/mail"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/booking/visitor"
	"kofu/internal/fault"
	"kofu/internal/jptext"
	"kofu/internal/linkcode"
)

// Booking without a code from the office: procedures and people, window, day,
// time, a mail address. The booking has an access key of its own, shown once.

// OpenToAll reports whether somebody without a code can book.
func (v *visit) OpenToAll() bool { return v.city.policy.TakesKeys() && len(v.openProcedures("")) > 0 }

// TakesCodes reports whether there are residents with a code.
func (v *visit) TakesCodes() bool {
	return slices.ContainsFunc(v.city.policy.AuthModes, func(m terms.Mode) bool { return m != terms.AccessKey })
}

// openProcedures are those that can be booked without a code.
func (v *visit) openProcedures(chosen slot.Procs) (list []procChoice) {
	for _, t := range v.city.procedures {
		if t.On && t.Allows(string(terms.AccessKey)) {
			list = append(list, procChoice{Code: t.Code, Chosen: chosen.Has(t.Code)})
		}
	}
	return list
}

// openChoice is a choice with the number of people, and its ways. A choice that
// does not hold loses its window.
func (v *visit) openChoice() (choice, ways) {
	c := choiceOf(v.r.Form)
	if c.people = min(max(1, c.people), v.city.PartyMax); c.procs != "" {
		for _, p := range c.procs.List() {
			if !slices.ContainsFunc(v.openProcedures(""), func(one procChoice) bool { return one.Code == p }) {
				c.procs = ""
				break
			}
		}
	}
	windows := v.offered(c.procs)
	if c.procs == "" || !slices.ContainsFunc(windows, func(w slot.Window) bool { return w.ID == c.window }) {
		c.window, c.slot = "", ""
		if c.procs != "" && len(windows) == 1 {
			c.window = windows[0].ID
		}
	}
	return c, ways{days: "/open/days", times: "/open/times", pick: "/open/confirm", units: v.units(c.procs, c.people)}
}

type openData struct {
	List   []procChoice
	People []int
	Now    int
}

// getOpen asks for procedures and people.
func (v *visit) getOpen() error {
	if !v.OpenToAll() {
		return v.page(http.StatusOK, "message", "nav.book", messageData{Text: v.words.HTML("open.none")})
	}
	c := choiceOf(v.r.Form)
	if !v.r.Form.Has("ask") {
		return v.showOpen(http.StatusOK, c)
	}
	if c.procs == "" {
		return v.showOpen(http.StatusUnprocessableEntity, c, problem{Field: "procedures", Key: "error.procedure.none"})
	}
	return v.openOn()
}

func (v *visit) showOpen(status int, c choice, problems ...problem) error {
	d := openData{List: v.openProcedures(c.procs), Now: c.people}
	if len(d.List) == 1 {
		d.List[0].Chosen = true
	}
	for n := range v.city.PartyMax {
		d.People = append(d.People, n+1)
	}
	return v.page(status, "open", "open.title", d, problems...)
}

// openOn goes on to the first page on which something is left to choose.
func (v *visit) openOn() error {
	c, on := v.openChoice()
	switch {
	case c.procs == "":
		return v.redirect("/open")
	case c.window == "":
		list := v.windowChoices(v.offered(c.procs), c, func(c choice) string { return c.at(on.days) })
		return v.page(http.StatusOK, "window", "window.title", list)
	case c.slot == "":
		return v.redirect(c.at(on.days))
	}
	return v.redirect(c.at(on.pick))
}

func (v *visit) getOpenDays() error {
	c, on := v.openChoice()
	if c.window == "" || !v.OpenToAll() {
		return v.openOn()
	}
	d, err := v.days(c, on)
	if err != nil {
		return err
	}
	d.People = v.peopleText(c.people)
	return v.page(http.StatusOK, "days", "days.title", d)
}

func (v *visit) getOpenTimes() error {
	c, on := v.openChoice()
	if c.window == "" || c.day == "" || !v.OpenToAll() {
		return v.openOn()
	}
	d, err := v.times(c, on)
	if err != nil {
		return err
	}
	d.People = v.peopleText(c.people)
	return v.page(http.StatusOK, "times", "times.title", d)
}

func (v *visit) getOpenConfirm() error { return v.showOpenConfirm(http.StatusOK, "") }

func (v *visit) openAgain() error {
	return v.showOpenConfirm(http.StatusForbidden, clip(v.r.PostForm.Get("once")), problem{Key: "confirm.expired"})
}

func (v *visit) showOpenConfirm(status int, once string, problems ...problem) error {
	c, on := v.openChoice()
	if c.window == "" || c.slot == "" || !v.OpenToAll() {
		return v.openOn()
	}
	s, found, err := v.slotOf(c.slot)
	if err != nil {
		return err
	}
	if !found || s.WindowID != c.window {
		c.slot = ""
		return v.redirect(c.at(on.days))
	}
	if once == "" {
		once = v.Once()
	}
	back := c
	back.slot, back.day = "", s.Day
	d := confirmData{
		Facts: v.factsOf(s, c.procs, c.people), Action: "/open/book", Hidden: c.pairs(), Once: once, Open: v.city.policy.TakesMail(),
		Change: map[string]string{"date": v.path(back.at(on.days)), "time": v.path(back.at(on.times))},
		Fields: v.fields(terms.AccessKey, v.r.PostForm),
	}
	return v.page(status, "confirm", "confirm.title", d, problems...)
}

// postOpenBook books and shows the access key. Sent again it shows the same one.
func (v *visit) postOpenBook() error {
	c, on := v.openChoice()
	if c.window == "" || c.slot == "" {
		return v.openOn()
	}
	k := front.Keyless{Lang: v.lang, MailKey: v.r.PostForm.Get("mail_key") == "1"}
	k.Contact, k.Answers = left(v.r.PostForm)
	k.Token, k.By = v.r.PostForm.Get("once"), reserve.By{Via: reserve.ByWeb}
	k.SlotID, k.Side, k.Adjacent, k.Keys, k.Address = c.slot, slot.Web, v.city.policy.Adjacent, v.Keys, v.Address(v.r)
	for range c.people {
		k.Guests = append(k.Guests, c.procs)
	}
	made, err := v.desk.BookKeyless(v.r.Context(), resident, k)
	if err != nil {
		if fault.Is(err, fault.TooMany, "booking.open_too_many") {
			v.code = "booking.open_too_many"
			return v.showOpenConfirm(http.StatusTooManyRequests, clip(k.Token), problem{Key: "error.booking.open_too_many"})
		}
		return v.refused(c, err, on, func(status int, q ...problem) error { return v.showOpenConfirm(status, clip(k.Token), q...) })
	}
	return v.showKey(made)
}

// showKey is the only page with the access key.
func (v *visit) showKey(made front.NewKey) error {
	b := made.Booking
	session, err := visitor.Start(v.r.Context(), v.DB, resident, v.Tenant, b.Persons[0].Link, b.Persons[0].Gen)
	if err != nil {
		return err
	}
	v.begin(session)
	o, err := v.opening(v.desk.Ref(b.ID))
	if err != nil {
		return err
	}
	d := v.bookingData(o)
	d.Key, d.Mail = made.Key.Format(), made.Mail == mail.Waiting
	title := "done.title"
	if b.State == reserve.Pending {
		title = "open.pending"
		d.ConfirmBy = v.words.Instant(b.Until)
	}
	return v.page(http.StatusOK, "booking", title, d)
}

// Opening a booking by its access key.

type keyData struct {
	Key, No string // as typed
	To      string
}

func (v *visit) getKey() error {
	return v.page(http.StatusOK, "key", "key.title", keyData{To: local(v.r.Form.Get("to"))})
}

func (v *visit) keyAgain() error {
	d := keyData{Key: clip(v.r.PostForm.Get("key")), No: clip(v.r.PostForm.Get("no")), To: local(v.r.PostForm.Get("to"))}
	return v.showKeyForm(http.StatusForbidden, d, problem{Key: "confirm.expired"})
}

func (v *visit) showKeyForm(status int, d keyData, problems ...problem) error {
	d.Key, d.No = refill(d.Key), refill(d.No)
	return v.page(status, "key", "key.title", d, problems...)
}

// postKey opens the booking of an access key. It is asked for the receipt
// number too, but opens without it.
func (v *visit) postKey() error {
	d := keyData{Key: clip(v.r.PostForm.Get("key")), No: clip(v.r.PostForm.Get("no")), To: local(v.r.PostForm.Get("to"))}
	refuse := func(status int, e *fault.Error) error {
		v.code = e.Code
		q := v.problemOf("key", e)
		if e.Code == "linkcode.check" {
			q.Key = "error.key.check"
		}
		return v.showKeyForm(status, d, q)
	}
	key, err := linkcode.ParseKey(d.Key)
	if e, ok := fault.As(err); ok {
		return refuse(http.StatusUnprocessableEntity, e)
	}
	b, link, err := reserve.SignInByKey(v.r.Context(), v.DB, resident, v.Keys, member.KeyAttempt{Tenant: v.Tenant, Key: key, Address: v.Address(v.r)},
		strings.TrimSpace(jptext.Narrow(d.No)))
	if e, ok := fault.As(err); ok && (e.Code == "booking.key_unknown" || e.Kind == fault.TooMany) {
		return refuse(statusOfKind[e.Kind], e)
	}
	if err != nil {
		return err
	}
	session, err := visitor.Start(v.r.Context(), v.DB, resident, v.Tenant, link, 1)
	if err != nil {
		return err
	}
	v.begin(session)
	page := "/b/" + v.desk.Ref(b.ID)
	if strings.HasPrefix(d.To, page+"/") {
		page = d.To
	}
	return v.redirect(page)
}

// Links of mails. Opening one changes nothing; its button does.

type mailData struct {
	Facts  facts
	Action string
}

func (v *visit) getMail() error {
	token := v.r.PathValue("token")
	if reset, ok := front.ResetOf(token); ok {
		return v.getReset(reset)
	}
	id, ok := v.desk.ConfirmOf(token)
	if !ok {
		return v.deadLink()
	}
	o, err := v.opening(v.desk.Ref(id))
	if err != nil {
		return err
	}
	if o.State != reserve.Pending || o.overdue(v.now) {
		return v.redirect("/b/" + o.Ref)
	}
	return v.page(http.StatusOK, "mail", "mail.title", mailData{v.bookingData(o).Facts, "/mail/" + token})
}

func (v *visit) deadLink() error {
	return v.page(http.StatusNotFound, "message", "mail.dead", messageData{Text: v.words.HTML("mail.dead_text")})
}

// postMail makes a booking certain whose mail has arrived.
func (v *visit) postMail() error {
	token := v.r.PathValue("token")
	if reset, ok := front.ResetOf(token); ok {
		return v.postReset(reset)
	}
	b, err := v.desk.Confirm(v.r.Context(), resident, token)
	if e, ok := fault.As(err); ok {
		id, known := v.desk.ConfirmOf(token)
		if !known {
			return v.deadLink()
		}
		o, opened := v.opening(v.desk.Ref(id))
		if opened != nil {
			return opened
		}
		v.code = e.Code
		d := v.bookingData(o)
		d.State = "" // the problem says it
		return v.page(statusOfKind[e.Kind], "booking", "booking.title", d, v.problemOf("", e))
	}
	if err != nil {
		return err
	}
	return v.redirect("/b/" + v.desk.Ref(b.ID) + "?note=done")
}
