package site

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kofu/internal/booking/door"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/terms"
	"kofu/internal/booking/visitor"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/jptext"
	"kofu/internal/linkcode"
	"kofu/internal/mynumber"
	"kofu/internal/store"
)

// codeData is the form for a code.
type codeData struct {
	Code, Year, Month, Day string // as typed
	AskBirth               bool
	AskPassword            bool
	First                  bool   // accepted, and without a password yet
	To                     string // the page to go to afterwards, with what was chosen there
	Note                   string // key of a sentence above the form, or ''
	Eras                   []eraLine
}

// eraLine helps to turn a year of an era into one of the western calendar.
type eraLine struct {
	Letter       string
	Add, N, Year int
}

// asksBirth reports whether the tenant asks for the birth date.
func (v *visit) asksBirth() bool { return v.city.policy.Allows(terms.LinkBirth) }

// eraLines are the eras of people who are alive, with a year of each.
func eraLines() (lines []eraLine) {
	for _, era := range jpdate.Eras()[1:] {
		first, _, _ := era.From.Parts()
		n := 3
		lines = append(lines, eraLine{Letter: era.Letter, Add: first - 1, N: n, Year: first - 1 + n})
	}
	return lines
}

// typed reads the form as it came.
func (v *visit) typed() codeData {
	form := v.r.Form
	return codeData{
		Code: clip(form.Get("code")), Year: clip(form.Get("year")), Month: clip(form.Get("month")), Day: clip(form.Get("day")),
		To: local(form.Get("to")),
	}
}

// shown is the form as it is shown again.
func (d codeData) shown() codeData {
	for _, field := range []*string{&d.Code, &d.Year, &d.Month, &d.Day} {
		*field = refill(*field)
	}
	return d
}

// refill is what a field shows again of what was typed: nothing that may be a
// 個人番号.
func refill(s string) string {
	if mynumber.Shaped(s) || len(mynumber.Find(s)) > 0 {
		return ""
	}
	return s
}

// clip bounds what a field shows again.
func clip(s string) string {
	runes := []rune(s)
	return string(runes[:min(len(runes), 60)])
}

// local is an address of ours without its language, or ”.
func local(to string) string {
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n") {
		return ""
	}
	return to
}

func (v *visit) showCode(status int, d codeData, problems ...problem) error {
	d = d.shown()
	d.AskBirth, d.AskPassword = v.asksBirth(), v.asksPassword()
	d.Eras = eraLines()
	return v.page(status, "code", "code.title", d, problems...)
}

// getCode shows the form, filled in with the code of the letter's QR.
func (v *visit) getCode() error {
	query := v.r.URL.Query()
	if !v.TakesCodes() {
		return v.redirect("/open")
	}
	d := codeData{To: local(query.Get("to"))}
	if sealed := v.cookie(letterCookie); sealed != "" {
		d.Code = v.openLetter(sealed)
	}
	switch {
	case strings.HasPrefix(d.To, "/b/"):
		d.Note = "code.for_booking"
	case query.Get("again") != "":
		d.Note = "code.again"
	}
	if e := query.Get("letter"); e != "" {
		return v.showCode(http.StatusOK, d, problem{Field: "code", Key: letterProblem(e)})
	}
	return v.showCode(http.StatusOK, d)
}

func letterProblem(e string) string {
	if e == "my_number" {
		return "error.linkcode.my_number"
	}
	return "error.linkcode.check"
}

// letterAge is how long the code of a scanned letter waits in its cookie.
const letterAge = 30 * time.Minute

// letter takes the address of the letter's QR: it seals the code into a cookie
// and goes on to an address without it. Nothing is looked up yet.
func (v *visit) letter(code string) error {
	if v.r.Method != http.MethodGet && v.r.Method != http.MethodHead {
		return fault.New(fault.BadRequest, "gate.method")
	}
	parsed, err := linkcode.Parse(code)
	if err != nil {
		if fault.Is(err, fault.Invalid, "linkcode.my_number") {
			return v.redirect("/code?letter=my_number")
		}
		return v.redirect("/code?letter=check")
	}
	sealed, err := v.Ring.Seal("letter-cookie", store.Stamp(v.now.Truncate(letterAge)), string(parsed))
	if err != nil {
		return err
	}
	v.setCookie(letterCookie, sealed, letterAge)
	return v.redirect("/code")
}

// openLetter is the code in a cookie of the last half hour, or ”.
func (v *visit) openLetter(sealed string) string {
	for _, at := range []time.Time{v.now, v.now.Add(-letterAge)} {
		if code, err := v.Ring.Unseal("letter-cookie", store.Stamp(at.Truncate(letterAge)), sealed); err == nil {
			return linkcode.Code(code).Format()
		}
	}
	return ""
}

// codeAgain shows the form once more when it came without its token.
func (v *visit) codeAgain() error {
	return v.showCode(http.StatusForbidden, v.typed(), problem{Key: "confirm.expired"})
}

// postCode signs a resident in.
func (v *visit) postCode() error {
	d := v.typed()
	m, problems, status, err := v.signIn(&d)
	switch {
	case err != nil:
		return v.notEligible(err)
	case len(problems) > 0:
		return v.showCode(status, d, problems...)
	}
	if d.First {
		code, _ := linkcode.Parse(d.Code) // it was accepted
		sealed, err := v.sealFirst(m, code)
		if err != nil {
			return err
		}
		v.setCookie(letterCookie, "", 0)
		return v.firstPassword(http.StatusOK, sealed, d.To)
	}
	ctx := v.r.Context()
	if v.signedIn {
		if err := visitor.End(ctx, v.DB, resident, v.Tenant, v.session.Token); err != nil {
			return err
		}
	}
	session, err := visitor.Start(ctx, v.DB, resident, v.Tenant, m.Link, m.Gen)
	if err != nil {
		return err
	}
	v.begin(session)
	v.setCookie(letterCookie, "", 0)
	if n := door.NoticeOf(ctx); n.Kind == door.LooksUp {
		return v.waiting(n.Place, v.path("/next"))
	}
	return v.afterCode(m, d.To)
}

// signIn checks code and birth date or password. What the resident can put right comes back
// as problems.
func (v *visit) signIn(d *codeData) (m member.Member, problems []problem, status int, err error) {
	code, err := linkcode.Parse(d.Code)
	if e, ok := fault.As(err); ok {
		problems = append(problems, v.problemOf("code", e))
	}
	birth := ""
	if v.asksBirth() {
		if birth, ok := birthOf(*d); birth == "" {
			key := "error.birth.bad"
			if !ok {
				key = "error.birth.empty"
			}
			problems = append(problems, problem{Field: "year", Key: key})
		}
		birth, _ = birthOf(*d)
	}
	if len(problems) > 0 {
		return m, problems, http.StatusUnprocessableEntity, nil
	}
	attempt := member.Attempt{Tenant: v.Tenant, Code: code, Birth: birth, Address: v.Address(v.r)}
	if v.asksPassword() {
		m, d.First, err = member.SignInWithPassword(v.r.Context(), v.DB, resident, v.Keys, v.Passwords, attempt, v.r.PostForm.Get("password"))
	} else {
		m, err = member.SignIn(v.r.Context(), v.DB, resident, v.Keys, attempt)
	}
	if e, ok := fault.As(err); ok && (e.Code == "member.cannot_book" || e.Kind == fault.TooMany) {
		v.code = e.Code
		q := v.problemOf("code", e)
		switch {
		case e.Code != "member.cannot_book" || v.asksBirth():
		case v.asksPassword():
			q.Key = "error.password.cannot_book"
		default:
			q.Key = "error.code.cannot_book"
		}
		return m, []problem{q}, statusOfKind[e.Kind], nil
	}
	return m, nil, 0, err
}

// birthOf is the birth date as YYYYMMDD; complete says whether all of its parts
// were given.
func birthOf(d codeData) (birth string, complete bool) {
	year, ok1 := number(d.Year)
	month, ok2 := number(d.Month)
	day, ok3 := number(d.Day)
	if !ok1 || !ok2 || !ok3 {
		return "", false
	}
	if year < 1868 || year > 2200 {
		return "", true
	}
	return jpdate.DayOf(year, month, day).Digits(), true
}

// number reads a small number as people type it.
func number(s string) (int, bool) {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, jptext.Narrow(s))
	n, err := strconv.Atoi(digits)
	return n, err == nil && len(digits) <= 4
}

// notEligible explains why a code cannot be used now. That is no mistake of the
// resident.
func (v *visit) notEligible(err error) error {
	if e, ok := fault.As(err); ok && e.Code == "member.not_yet" {
		v.code = e.Code
		return v.page(http.StatusOK, "message", "notyet.title", messageData{
			Text: v.words.HTML("notyet.text", "from", v.words.Argument(e.Args["from"])),
		})
	}
	return err
}

// afterCode leads to the resident's booking if there is one, else on to what
// they wanted.
func (v *visit) afterCode(m member.Member, to string) error {
	if strings.HasPrefix(to, "/b/") || strings.HasPrefix(to, "/wish") {
		return v.redirect(to)
	}
	var live, offer reserve.Booking
	booked, offered := false, false
	err := v.DB.Read(v.r.Context(), func(rx *store.Rx) (err error) {
		if offer, offered, err = v.offerOf(rx, m.Link); err != nil {
			return err
		}
		live, booked, err = reserve.LiveOf(rx, v.Tenant, m.Link)
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case offered:
		return v.redirect("/b/" + v.desk.Ref(offer.ID))
	case booked:
		return v.redirect("/b/" + v.desk.Ref(live.ID) + "?note=already")
	}
	var c choice
	if u, err := url.Parse(to); err == nil {
		c = choiceOf(u.Query())
	}
	next, err := v.next(c)
	if err != nil {
		return err
	}
	return v.redirect(next)
}

// askAgain asks for the code of a visitor without a session and keeps what they
// have chosen.
func (v *visit) askAgain() error {
	to := v.r.URL.Path
	if v.r.Method == http.MethodPost {
		to = choiceOf(v.r.Form).at(v.formPage())
	} else if q := v.r.URL.RawQuery; q != "" {
		to += "?" + q
	}
	if !v.TakesCodes() {
		return v.redirect("/key?to=" + url.QueryEscape(to))
	}
	return v.redirect("/code?again=1&to=" + url.QueryEscape(to))
}

// formPage is the page on which the form of a POST stands.
func (v *visit) formPage() string {
	path := v.r.URL.Path
	switch {
	case path == "/book":
		return "/confirm"
	case strings.HasSuffix(path, "/change"):
		return strings.TrimSuffix(path, "/change") + "/confirm"
	case path == "/party/remove":
		return "/party"
	case path == "/wish/withdraw":
		return "/wish"
	case strings.HasSuffix(path, "/accept"), strings.HasSuffix(path, "/decline"):
		return path[:strings.LastIndexByte(path, '/')] + "/offer"
	}
	return path
}

// postEnd ends the session, for those who share a phone or a PC.
func (v *visit) postEnd() error {
	if err := visitor.End(v.r.Context(), v.DB, resident, v.Tenant, v.session.Token); err != nil {
		return err
	}
	v.setCookie(sessionCookie, "", 0)
	return v.redirect("/")
}
