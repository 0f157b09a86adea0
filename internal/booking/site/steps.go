package site

import (
	"html/template"
	"net/http"
	"slices"
	"time"

	"kofu/internal/booking/member"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/wording"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// messageData is a page that only says something.
type messageData struct {
	Text template.HTML
}

func (v *visit) today() jpdate.Day { return jpdate.Day(store.Day(v.now)) }

// people are the members of the session: its owner and those who come along.
type people struct {
	own       member.Member
	party     []member.Member
	household []member.Member // of the owner, in the order of the letter
}

func (p people) all() []member.Member { return append([]member.Member{p.own}, p.party...) }

func (p people) has(link string) bool {
	return slices.ContainsFunc(p.all(), func(m member.Member) bool { return m.Link == link })
}

// who reads the members of the session. found is false when the code has been
// withdrawn meanwhile.
func (v *visit) who() (p people, found bool, err error) {
	err = v.DB.Read(v.r.Context(), func(rx *store.Rx) error {
		p = people{}
		if p.own, found, err = member.ByLink(rx, v.Tenant, v.session.Link); err != nil || !found {
			return err
		}
		for _, link := range v.session.Party {
			m, there, err := member.ByLink(rx, v.Tenant, link)
			if err != nil {
				return err
			}
			if there {
				p.party = append(p.party, m)
			}
		}
		p.household, err = member.Household(rx, v.Tenant, p.own.Group)
		return err
	})
	return p, found && p.own.Gen == v.session.Gen && alive(p.own, v.now), err
}

// alive reports whether a code can still book anything.
func alive(m member.Member, now time.Time) bool {
	return !m.OfficeOnly && (m.State == member.Ready || m.State == member.Issued) && now.Before(m.Until)
}

// procChoice is one procedure on offer.
type procChoice struct {
	Code    slot.Procedure
	Chosen  bool
	Waiting bool // the card is not ready
}

// procedures are those that a member may choose from.
func (v *visit) procedures(m member.Member, chosen slot.Procs) (list []procChoice) {
	for _, t := range v.city.procedures {
		if !t.On || !m.Procs.Has(t.Code) || !t.Allows(string(v.codeMode())) {
			continue
		}
		list = append(list, procChoice{t.Code, chosen.Has(t.Code), t.Code == slot.Receive && m.State != member.Ready})
	}
	return list
}

// next is the first page on which something is left to choose; where there is
// only one way, it is taken.
func (v *visit) next(c choice) (string, error) {
	p, found, err := v.who()
	if err != nil {
		return "", err
	}
	if !found {
		return "/code?again=1", nil
	}
	var open []slot.Procedure
	offered := v.procedures(p.own, c.procs)
	for _, one := range offered {
		if !one.Waiting {
			open = append(open, one.Code)
		}
	}
	all, err := slot.ParseProcs(open...)
	if err != nil {
		return "", err
	}
	switch {
	case len(open) == 0:
		return "/notready", nil
	case len(open) == 1 && len(offered) == 1: // beside one that has to wait, the page says so
		c.procs = all
	case c.procs == "" || !all.Covers(c.procs):
		c.procs = ""
		return c.at("/procedure"), nil
	}
	windows := v.offeredTo(p.own, c.procs)
	if !slices.ContainsFunc(windows, func(w slot.Window) bool { return w.ID == c.window }) {
		if len(windows) != 1 {
			c.window, c.slot = "", ""
			return c.at("/window"), nil
		}
		c.window = windows[0].ID
	}
	if !c.grouped && v.city.policy.GroupMode != "off" && v.city.PartyMax > 1 && len(p.household) > 1 {
		return c.at("/party"), nil
	}
	if c.slot != "" {
		return c.at("/confirm"), nil
	}
	return c.at("/days"), nil
}

// getNext takes up a choice that a page has added to.
func (v *visit) getNext() error {
	c := choiceOf(v.r.URL.Query())
	if v.r.URL.Query().Has("ask") && c.procs == "" {
		return v.showProcedures(http.StatusUnprocessableEntity, c, problem{Field: "procedures", Key: "error.procedure.none"})
	}
	next, err := v.next(c)
	if err != nil {
		return err
	}
	return v.redirect(next)
}

type procedureData struct {
	List []procChoice
	Rest [][2]string // what has been chosen otherwise
}

func (v *visit) getProcedure() error {
	return v.showProcedures(http.StatusOK, choiceOf(v.r.URL.Query()))
}

func (v *visit) showProcedures(status int, c choice, problems ...problem) error {
	p, found, err := v.who()
	if err != nil {
		return err
	}
	if !found {
		return v.redirect("/code?again=1")
	}
	d := procedureData{List: v.procedures(p.own, c.procs)}
	c.procs = ""
	d.Rest = c.pairs()
	return v.page(status, "procedure", "procedure.title", d, problems...)
}

type windowChoice struct {
	Place place
	From  jpdate.Day
	Until jpdate.Day
	URL   string
}

func (v *visit) getWindow() error {
	c := choiceOf(v.r.URL.Query())
	p, found, err := v.who()
	if err != nil || !found {
		return v.backOn(c, err)
	}
	list := v.windowChoices(v.offeredTo(p.own, c.procs), c, func(c choice) string { return c.at("/next") })
	return v.page(http.StatusOK, "window", "window.title", list)
}

func (v *visit) windowChoices(windows []slot.Window, c choice, to func(choice) string) (list []windowChoice) {
	for _, w := range windows {
		c.window = w.ID
		list = append(list, windowChoice{v.placeOf(w), w.OpensOn, w.ClosesOn, v.path(to(c))})
	}
	return list
}

func (v *visit) getNotReady() error {
	return v.page(http.StatusOK, "message", "notready.title", messageData{Text: v.words.HTML("notready.text")})
}

// place is a window as residents find it.
type place struct {
	Name, Address, Note, Hours template.HTML
	Phone, Map                 string
	name, address              string // as a calendar and a map take them
}

func (v *visit) placeOf(w slot.Window) place {
	text, own := w.In(v.lang), w.Texts[v.lang]
	if text.Phone == "" {
		text.Phone, text.PhoneHours = v.city.policy.Phone, v.city.policy.Hours
	}
	return place{
		Name: v.foreign(text.Name, own.Name != ""), Address: v.foreign(text.Address, own.Address != ""),
		Note: v.foreign(text.Note, own.Note != ""), Hours: v.foreign(text.PhoneHours, own.PhoneHours != ""),
		Phone: text.Phone, Map: w.MapLink,
		name: wording.WithoutReadings(text.Name), address: wording.WithoutReadings(text.Address),
	}
}
