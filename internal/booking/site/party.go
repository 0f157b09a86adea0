package site

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/visitor"
	"kofu/internal/store"
)

// partyData is the page about those who come along.
type partyData struct {
	Code      codeData
	Others    []companion // added so far
	Household []companion // of one letter, to tick
	Each      string      // ordinals of the household whose codes must be typed
	Max       int
	Full      bool
	Hidden    [][2]string
	NextURL   string
}

// companion is one person beside the visitor. Nobody has a name here.
type companion struct {
	Link    string
	Ordinal int // on the letter, or in the order in which they were added
	Ticked  bool
	Off     bool // cannot be chosen; why is not said
}

func (v *visit) getParty() error { return v.showParty(http.StatusOK, codeData{}) }

func (v *visit) partyAgain() error {
	return v.showParty(http.StatusForbidden, v.typed(), problem{Key: "confirm.expired"})
}

func (v *visit) showParty(status int, typed codeData, problems ...problem) error {
	c := choiceOf(v.r.Form)
	p, found, err := v.who()
	if err != nil {
		return err
	}
	if !found || v.city.PartyMax < 2 {
		return v.backOn(c, nil)
	}
	typed = typed.shown()
	typed.AskBirth, typed.AskPassword, typed.Eras = v.asksBirth(), v.asksPassword(), eraLines()
	c.grouped = true
	d := partyData{Code: typed, Max: v.city.PartyMax, Full: len(p.all()) >= v.city.PartyMax, Hidden: c.pairs(), NextURL: v.path(c.at("/next"))}
	for i, m := range p.party {
		d.Others = append(d.Others, companion{Link: m.Link, Ordinal: ordinal(m, p.own, i+2)})
	}
	switch v.city.policy.GroupMode {
	case "tick":
		d.Household, err = v.ticks(c, p)
	case "each_code":
		var list []string
		for _, m := range p.household {
			if !p.has(m.Link) {
				list = append(list, v.words.Plain("party.person", "n", strconv.Itoa(m.Ordinal)))
			}
		}
		d.Each = strings.Join(list, v.words.Plain("list.comma"))
	}
	if err != nil {
		return err
	}
	return v.page(status, "party", "party.title", d, problems...)
}

// ordinal names a companion: by the letter where it is the same one.
func ordinal(m, own member.Member, place int) int {
	if m.Group != "" && m.Group == own.Group {
		return m.Ordinal
	}
	return place
}

// ticks are the others of the household with a box each. Who is booked already,
// not ready or stopped cannot be ticked.
func (v *visit) ticks(c choice, p people) (list []companion, err error) {
	err = v.DB.Read(v.r.Context(), func(rx *store.Rx) error {
		list = nil
		for _, m := range p.household {
			if m.Link == p.own.Link {
				continue
			}
			ok, err := v.fits(rx, c, m)
			if err != nil {
				return err
			}
			list = append(list, companion{Link: m.Link, Ordinal: m.Ordinal, Ticked: ok && p.has(m.Link), Off: !ok})
		}
		return nil
	})
	return list, err
}

// fits reports whether somebody of the household can book what was chosen.
func (v *visit) fits(rx *store.Rx, c choice, m member.Member) (bool, error) {
	if !alive(m, v.now) || v.now.Before(m.From) || !m.Procs.Covers(c.procs) || c.procs.Has("receive") && m.State != member.Ready {
		return false, nil
	}
	_, booked, err := reserve.LiveOf(rx, v.Tenant, m.Link)
	return !booked, err
}

// postParty adds somebody by their code, or takes up the ticks of the household.
func (v *visit) postParty() error {
	c := choiceOf(v.r.Form)
	p, found, err := v.who()
	if err != nil || !found {
		return v.backOn(c, err)
	}
	if v.r.PostForm.Get("ticks") != "" {
		return v.takeTicks(c, p)
	}
	d := v.typed()
	m, problems, status, err := v.signIn(&d)
	switch {
	case err != nil:
		return v.notEligible(err)
	case len(problems) > 0:
		return v.showParty(status, d, problems...)
	case p.has(m.Link):
		return v.showParty(http.StatusConflict, codeData{}, problem{Field: "code", Key: "party.already"})
	case len(p.all()) >= v.city.PartyMax:
		return v.showParty(http.StatusConflict, codeData{}, problem{Field: "code", Key: "error.booking.party_max", Args: []string{"max", strconv.Itoa(v.city.PartyMax)}})
	}
	ok := false
	err = v.DB.Read(v.r.Context(), func(rx *store.Rx) error {
		ok, err = v.fits(rx, c, m)
		return err
	})
	if err != nil {
		return err
	}
	if !ok {
		return v.showParty(http.StatusConflict, codeData{}, problem{Field: "code", Key: "party.cannot"})
	}
	return v.setParty(c, append(slices.Clone(v.session.Party), m.Link))
}

// takeTicks makes those of the household who are ticked the party, beside the
// ones that were added by their codes.
func (v *visit) takeTicks(c choice, p people) error {
	boxes, err := v.ticks(c, p)
	if err != nil {
		return err
	}
	party := slices.DeleteFunc(slices.Clone(v.session.Party), func(link string) bool {
		return slices.ContainsFunc(p.household, func(m member.Member) bool { return m.Link == link })
	})
	for _, box := range boxes {
		if !box.Off && slices.Contains(v.r.PostForm["mem"], strconv.Itoa(box.Ordinal)) {
			party = append(party, box.Link)
		}
	}
	if v.city.policy.GroupMode != "tick" {
		party = v.session.Party
	}
	if len(party)+1 > v.city.PartyMax {
		return v.showParty(http.StatusConflict, codeData{}, problem{Field: "people", Key: "error.booking.party_max", Args: []string{"max", strconv.Itoa(v.city.PartyMax)}})
	}
	if err := visitor.SetParty(v.r.Context(), v.DB, resident, v.Tenant, v.session, party); err != nil {
		return err
	}
	c.grouped = true
	return v.redirect(c.at("/next"))
}

// postRemove takes somebody out of the party again.
func (v *visit) postRemove() error {
	n, err := strconv.Atoi(v.r.PostForm.Get("n"))
	party := slices.Clone(v.session.Party)
	if err == nil && n >= 0 && n < len(party) {
		party = slices.Delete(party, n, n+1)
	}
	return v.setParty(choiceOf(v.r.Form), party)
}

func (v *visit) setParty(c choice, party []string) error {
	if err := visitor.SetParty(v.r.Context(), v.DB, resident, v.Tenant, v.session, party); err != nil {
		return err
	}
	return v.redirect(c.at("/party"))
}
