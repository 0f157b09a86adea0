package site

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"kofu/internal/booking/slot"
	"kofu/internal/jpdate"
)

// dayList is how many days a page of the list has.
const dayList = 7

// dayLine is one day as residents see it: a mark that always comes with words.
type dayLine struct {
	Day   jpdate.Day
	N     int // of the month
	Mark  string
	Class string
	Words template.HTML
	URL   string // of its times; '' where nothing can be booked
}

type daysData struct {
	Place     place
	People    string
	From, To  jpdate.Day // of the page
	Until     jpdate.Day // last day that can be seen
	First     *dayLine   // the first free day, where the page does not show it
	None      bool       // no day can be booked at all
	List      []dayLine
	Weeks     [][]dayLine // of a month; days that are not shown have no mark
	Month     jpdate.Day
	Weekdays  []int // of the columns of a month
	Previous  string
	Next      string
	OtherView string
	IsMonth   bool
	Public    bool
	Keep      string // address of the booking that is being moved
	PartyURL  string
	WishURL   string // where to wait for a day
}

// board returns the seats of a window, for all parts of a page the same ones.
func (v *visit) board(window string) (slot.Window, *slot.Board, error) {
	w, found := v.city.window(window)
	if !found {
		return slot.Window{}, nil, notFound()
	}
	if v.seats == nil || v.seats.Window().ID != window {
		board, err := v.boards.Board(v.r.Context(), v.Tenant, window, v.now)
		if err != nil {
			return slot.Window{}, nil, err
		}
		v.seats = board
	}
	return w, v.seats, nil
}

// days makes the page about days on the ways given.
func (v *visit) days(c choice, on ways) (daysData, error) {
	w, board, err := v.board(c.window)
	if err != nil {
		return daysData{}, err
	}
	q := slot.Query{Tenant: v.Tenant, WindowID: w.ID, Procs: c.procs, Party: on.units}
	q.From, q.To = v.span(w)
	d := daysData{Place: v.placeOf(w), Until: q.To, IsMonth: c.month, WishURL: v.wishURL(c, on)}
	all := board.Days(q, v.now)
	first := slices.IndexFunc(all, free)
	d.None = first < 0
	at := c.day
	if at < q.From || at > q.To {
		at = all[max(0, first)].Day
	}
	view := c
	view.day, view.slot = at, ""
	if c.month {
		v.month(&d, all, view, on)
	} else {
		v.week(&d, all, view, on)
	}
	if !d.None && (all[first].Day < d.From || all[first].Day > d.To) {
		line := v.dayLine(c, on, all[first])
		d.First = &line
	}
	view.day, view.month = at, !c.month
	d.OtherView = v.path(view.at(on.days))
	return d, nil
}

// span are the first and the last day that a window shows.
func (v *visit) span(w slot.Window) (from, to jpdate.Day) {
	from = v.today()
	to = from.AddDays(w.HorizonDays)
	if w.OpensOn > from {
		from = w.OpensOn
	}
	if w.ClosesOn != "" && w.ClosesOn < to {
		to = w.ClosesOn
	}
	return from, max(from, to)
}

// week lists seven days.
func (v *visit) week(d *daysData, all []slot.Day, c choice, on ways) {
	i := max(0, slices.IndexFunc(all, func(day slot.Day) bool { return day.Day == c.day }))
	for _, day := range all[i:min(i+dayList, len(all))] {
		d.List = append(d.List, v.dayLine(c, on, day))
	}
	d.From, d.To = d.List[0].Day, d.List[len(d.List)-1].Day
	if i > 0 {
		c.day = all[max(0, i-dayList)].Day
		d.Previous = v.path(c.at(on.days))
	}
	if i+dayList < len(all) {
		c.day = all[i+dayList].Day
		d.Next = v.path(c.at(on.days))
	}
}

// month makes the table of a month, weeks beginning on Sunday.
func (v *visit) month(d *daysData, all []slot.Day, c choice, on ways) {
	year, m, _ := c.day.Parts()
	first := jpdate.DayOf(year, m, 1)
	last := first.AddMonths(1).AddDays(-1)
	d.Month, d.From, d.To = first, first, last
	byDay := map[jpdate.Day]dayLine{}
	for _, day := range all {
		if day.Day >= first && day.Day <= last {
			byDay[day.Day] = v.dayLine(c, on, day)
		}
	}
	for day := first.AddDays(-int(first.Weekday())); day <= last; {
		week := make([]dayLine, dayList)
		for i := range week {
			if day >= first && day <= last {
				_, _, n := day.Parts()
				week[i] = byDay[day]
				week[i].N = n
			}
			day = day.AddDays(1)
		}
		d.Weeks = append(d.Weeks, week)
	}
	for i := range dayList {
		d.Weekdays = append(d.Weekdays, i)
	}
	if all[0].Day < first {
		c.day = max(first.AddMonths(-1), all[0].Day)
		d.Previous = v.path(c.at(on.days))
	}
	if all[len(all)-1].Day > last {
		c.day = last.AddDays(1)
		d.Next = v.path(c.at(on.days))
	}
}

// free tells whether somebody can book on a day.
func free(day slot.Day) bool { return day.State == slot.Many || day.State == slot.Few }

func (v *visit) dayLine(c choice, on ways, day slot.Day) dayLine {
	l := dayLine{Day: day.Day, Mark: v.mark(day.State), Class: string(day.State), Words: v.stateWords(day.State, day.OpensOn, day.Reason)}
	if free(day) {
		c.day, c.slot = day.Day, ""
		l.URL = v.path(c.at(on.times))
	}
	return l
}

// mark is the sign of a state, which never stands without its words.
func (v *visit) mark(state slot.State) string { return v.words.Plain("state.mark." + string(state)) }

// stateWords says in words what a mark means.
func (v *visit) stateWords(state slot.State, opens jpdate.Day, reason string) template.HTML {
	switch {
	case state == slot.Later && opens != "":
		return v.words.HTML("state.later", "day", v.words.ShortDate(opens))
	case state == slot.Later:
		state = slot.Past
	case state == slot.Shut && reason != "":
		return v.words.HTML("state.shut_reason", "reason", reason)
	}
	return v.words.HTML("state." + string(state))
}

// timeLine is one slot as residents see it.
type timeLine struct {
	Starts time.Time
	Mark   string
	Class  string
	Words  template.HTML
	URL    string
}

type timesData struct {
	Place        place
	People       string
	Day          jpdate.Day
	List         []timeLine
	Free         bool
	Alternatives []alternative
	DaysURL      string
	Keep         string
	WishURL      string // where to wait for a time of the day
}

// alternative is a free time near the one that was wanted.
type alternative struct {
	Day    jpdate.Day
	Starts time.Time
	URL    string
}

// times makes the page about the times of a day.
func (v *visit) times(c choice, on ways) (timesData, error) {
	w, board, err := v.board(c.window)
	if err != nil {
		return timesData{}, err
	}
	if from, to := v.span(w); c.day < from || c.day > to {
		return timesData{}, notFound()
	}
	q := slot.Query{Tenant: v.Tenant, WindowID: w.ID, Procs: c.procs, Party: on.units, From: c.day, To: c.day}
	d := timesData{Place: v.placeOf(w), Day: c.day}
	for _, t := range board.Times(q, v.now) {
		l := timeLine{Starts: t.Starts, Mark: v.mark(t.State), Class: string(t.State), Words: v.stateWords(t.State, t.OpensOn, "")}
		switch {
		case t.SlotID == on.own:
			l.Mark, l.Words = "", v.words.HTML("change.before")
		case t.State == slot.Many || t.State == slot.Few:
			pick := c
			pick.day, pick.slot = "", t.SlotID
			l.URL = v.pickURL(on, pick)
			d.Free = true
		}
		d.List = append(d.List, l)
	}
	days := c
	days.slot = ""
	d.DaysURL = v.path(days.at(on.days))
	if !d.Free {
		d.WishURL = v.wishURL(c, on)
		d.Alternatives = v.alternatives(board, w, c, on, time.Time{})
	}
	return d, nil
}

// mostAlternatives are offered when what was wanted is full.
const mostAlternatives = 3

// alternatives are the free times nearest to the wanted one: of the same day if
// there are any, else of the next days.
func (v *visit) alternatives(board *slot.Board, w slot.Window, c choice, on ways, wanted time.Time) (list []alternative) {
	q := slot.Query{Tenant: v.Tenant, WindowID: w.ID, Procs: c.procs, Party: on.units, From: c.day, To: c.day}
	_, last := v.span(w)
	add := func(day jpdate.Day) {
		q.From, q.To = day, day
		for _, t := range board.Times(q, v.now) {
			if (t.State == slot.Many || t.State == slot.Few) && !t.Starts.Equal(wanted) && t.SlotID != on.own { // the board may be a moment old
				pick := c
				pick.day, pick.slot = "", t.SlotID
				list = append(list, alternative{day, t.Starts, v.pickURL(on, pick)})
			}
		}
	}
	add(c.day)
	q.From, q.To = c.day.AddDays(1), last
	for _, day := range board.FreeDays(q, v.now, mostAlternatives) {
		if len(list) >= mostAlternatives {
			break
		}
		add(day.Day)
	}
	if !wanted.IsZero() {
		slices.SortStableFunc(list, func(a, b alternative) int {
			return int(a.Starts.Sub(wanted).Abs() - b.Starts.Sub(wanted).Abs())
		})
	}
	list = list[:min(len(list), mostAlternatives)]
	slices.SortFunc(list, func(a, b alternative) int { return a.Starts.Compare(b.Starts) })
	return list
}

// pickURL is where a slot leads: to the page that checks it, or first to the
// code.
func (v *visit) pickURL(on ways, c choice) string {
	if on.pick == "/code" {
		return v.path("/code?to=" + url.QueryEscape(c.at("/confirm")))
	}
	return v.path(c.at(on.pick))
}

// getDays and getTimes are the pages of somebody who has shown a code.
func (v *visit) getDays() error {
	c, on, err := v.booking()
	if err != nil || c.window == "" {
		return v.backOn(c, err)
	}
	d, err := v.days(c, on)
	if err != nil {
		return err
	}
	d.People = v.peopleText(len(v.session.People()))
	if v.city.PartyMax > 1 {
		c.day, c.slot = "", ""
		d.PartyURL = v.path(c.at("/party"))
	}
	return v.page(http.StatusOK, "days", "days.title", d)
}

func (v *visit) getTimes() error {
	c, on, err := v.booking()
	if err != nil || c.window == "" || c.day == "" {
		return v.backOn(c, err)
	}
	d, err := v.times(c, on)
	if err != nil {
		return err
	}
	d.People = v.peopleText(len(v.session.People()))
	return v.page(http.StatusOK, "times", "times.title", d)
}

// backOn leads somebody whose choice is not complete to the page that asks for
// the rest.
func (v *visit) backOn(c choice, err error) error {
	if err != nil {
		return err
	}
	next, err := v.next(c)
	if err != nil {
		return err
	}
	return v.redirect(next)
}

func (v *visit) peopleText(n int) string {
	if n <= 1 {
		return ""
	}
	return v.words.Plain("party.count", "n", strconv.Itoa(n))
}

// booking is the choice of somebody who is about to book, and their ways. A
// choice that does not hold (any more) loses its window.
func (v *visit) booking() (choice, ways, error) {
	c := choiceOf(v.r.Form)
	p, found, err := v.who()
	if err != nil {
		return c, ways{}, err
	}
	ok := found && c.procs != "" && p.own.Procs.Covers(c.procs) &&
		slices.ContainsFunc(v.offeredTo(p.own, c.procs), func(w slot.Window) bool { return w.ID == c.window })
	if !ok {
		c.window, c.slot = "", ""
	}
	return c, ways{days: "/days", times: "/times", pick: "/confirm", units: v.units(c.procs, len(p.all()))}, nil
}

// units are the seats that so many people need in one slot.
func (v *visit) units(procs slot.Procs, people int) int {
	one := slot.Units(v.city.procedures, procs, v.city.policy.Units == "sum")
	if v.city.policy.Adjacent {
		return one
	}
	return one * max(1, people)
}

// Pages about free days for everybody. Caches may keep them for a few seconds.

// seconds that a cache may show a page about free days, and how long it may go
// on while it fetches a new one.
const cacheControl = "max-age=5, stale-while-revalidate=30"

func (v *visit) getFree() error {
	c := choiceOf(v.r.URL.Query())
	windows := v.offered(c.procs)
	if _, found := v.city.window(c.window); !found {
		if len(windows) != 1 {
			list := v.windowChoices(windows, choice{procs: c.procs}, func(c choice) string { return c.at("/free") })
			body, err := v.render("window", "free.window", list)
			if err != nil {
				return err
			}
			return v.shared(body)
		}
		c.window = windows[0].ID
	}
	return v.fragment(c, func() ([]byte, error) {
		d, err := v.days(c, v.freely(c))
		if err != nil {
			return nil, err
		}
		d.Public = true
		return v.render("days", "free.title", d)
	})
}

func (v *visit) getFreeTimes() error {
	c := choiceOf(v.r.URL.Query())
	return v.fragment(c, func() ([]byte, error) {
		d, err := v.times(c, v.freely(c))
		if err != nil {
			return nil, err
		}
		return v.render("times", "free.title", d)
	})
}

// freely are the ways of somebody who only looks.
func (v *visit) freely(c choice) ways {
	return ways{days: "/free", times: "/free/times", pick: "/code", units: v.units(c.procs, 1)}
}

// fragment answers with a page that is made once for each state of the board
// and of the municipality. Making it reads nothing more, so that nobody waits for
// the database of somebody who has left.
func (v *visit) fragment(c choice, render func() ([]byte, error)) error {
	_, board, err := v.board(c.window)
	if err != nil {
		return err
	}
	size, high := v.viewing()
	key := v.lang + " " + size + " " + v.r.URL.Path + "?" + v.r.URL.RawQuery
	if high {
		key = "high " + key
	}
	body, err := v.fragments.page(key, board.Version+" "+v.city.version, render)
	if err != nil {
		return err
	}
	return v.shared(body)
}

// shared answers with a page that is the same for everybody with the same text
// size and colours.
func (v *visit) shared(body []byte) error {
	scope := "public, "
	if v.cookie(viewCookie) != "" {
		scope = "private, "
	}
	v.w.Header().Set("Cache-Control", scope+cacheControl)
	v.w.Header().Set("Vary", "Cookie")
	return v.html(http.StatusOK, body)
}
