package site

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"kofu/internal/booking/contact"
	"kofu/internal/booking/front"
	"kofu/internal/booking/member"
	"kofu/internal/booking/terms"
	"kofu/internal/booking/visitor"
	"kofu/internal/fault"
	"kofu/internal/jptext"
	"kofu/internal/linkcode"
	"kofu/internal/store"
)

// Passwords: the first one after the code, and a new one by the link of a mail or
// by the number that staff tell.

// asksPassword reports whether residents with a code have a password.
func (v *visit) asksPassword() bool { return v.codeMode() == terms.LinkPassword }

// passwordData is a form for a new password.
type passwordData struct {
	Action string // of the form, without the language
	Intro  string // key of a sentence, or ''
	Code   string // as typed
	PIN    string
	ByPIN  bool // code and number are asked for
	Mail   bool // an address may be left for the day the password is forgotten
	Value  string
	Hidden [][2]string
}

// firstLasts is how long somebody may take to choose their first password, as
// the code of a scanned letter waits.
const firstLasts = letterAge

// sealFirst carries a code that has been accepted over to the form for its first
// password.
func (v *visit) sealFirst(m member.Member, code linkcode.Code) (string, error) {
	return v.Ring.Seal("first-password", store.Stamp(v.now.Truncate(firstLasts)), m.Link+" "+strconv.Itoa(m.Gen)+" "+string(code))
}

func (v *visit) openFirst(sealed string) (link string, gen int, code linkcode.Code, ok bool) {
	for _, at := range []time.Time{v.now, v.now.Add(-firstLasts)} {
		text, err := v.Ring.Unseal("first-password", store.Stamp(at.Truncate(firstLasts)), sealed)
		parts := strings.Fields(text)
		if err != nil || len(parts) != 3 {
			continue
		}
		gen, err = strconv.Atoi(parts[1])
		return parts[0], gen, linkcode.Code(parts[2]), err == nil
	}
	return "", 0, "", false
}

// firstPassword asks for the first password of a code.
func (v *visit) firstPassword(status int, sealed, to string, problems ...problem) error {
	d := passwordData{
		Action: "/password", Intro: "password.intro", Mail: v.city.policy.TakesMail(), Value: refill(clip(v.r.PostForm.Get("c_mail"))),
		Hidden: [][2]string{{"sealed", sealed}, {"to", to}},
	}
	return v.page(status, "password", "password.title", d, problems...)
}

func (v *visit) passwordAgain() error {
	return v.firstPassword(http.StatusForbidden, v.r.PostForm.Get("sealed"), local(v.r.PostForm.Get("to")), problem{Key: "confirm.expired"})
}

// twice is the password that was typed twice.
func (v *visit) twice() (text string, problems []problem) {
	text = v.r.PostForm.Get("password")
	if text != v.r.PostForm.Get("again") {
		problems = []problem{{Field: "again", Key: "error.password.differ"}}
	}
	return text, problems
}

// passwordProblem is what is wrong with a password, nil for another error.
func (v *visit) passwordProblem(err error) []problem {
	if e, ok := fault.As(err); ok && e.Kind == fault.Invalid && strings.HasPrefix(e.Code, "member.password_") {
		v.code = e.Code
		if e.Code == "member.password_my_number" {
			return []problem{{Field: "password", Key: "help.my_number"}}
		}
		return []problem{v.problemOf("password", e)}
	}
	return nil
}

// postPassword gives a code its first password and signs its owner in.
func (v *visit) postPassword() error {
	sealed, to := v.r.PostForm.Get("sealed"), local(v.r.PostForm.Get("to"))
	link, gen, code, ok := v.openFirst(sealed)
	if !ok || !v.asksPassword() {
		return v.redirect("/code?again=1")
	}
	text, problems := v.twice()
	address := strings.TrimSpace(v.r.PostForm.Get("c_mail"))
	if _, err := contact.CheckContact(v.city.terms, contact.Contact{Mail: address}); v.city.policy.TakesMail() && err != nil {
		if e, ok := fault.As(err); ok {
			problems = append(problems, v.fieldProblems(e, v.codeMode())...)
		}
	}
	if len(problems) > 0 {
		return v.firstPassword(http.StatusUnprocessableEntity, sealed, to, problems...)
	}
	ctx := v.r.Context()
	err := member.ChoosePassword(ctx, v.DB, resident, v.Passwords, v.Tenant, link, code, text)
	if q := v.passwordProblem(err); q != nil {
		return v.firstPassword(http.StatusUnprocessableEntity, sealed, to, q...)
	}
	if fault.Is(err, fault.Conflict, "member.password_set") {
		return v.showCode(http.StatusConflict, codeData{To: to}, problem{Field: "password", Key: "password.set_already"})
	}
	if err != nil {
		return err
	}
	if address != "" && v.city.policy.TakesMail() {
		if err := v.desk.RegisterMail(ctx, resident, link, address); err != nil {
			return err
		}
	}
	session, err := visitor.Start(ctx, v.DB, resident, v.Tenant, link, gen)
	if err != nil {
		return err
	}
	v.begin(session)
	return v.afterCode(member.Member{Link: link, Gen: gen}, to)
}

// forgotData is the page for who has forgotten their password.
type forgotData struct {
	Code, Mail string // as typed
	ByMail     bool
	ByPIN      bool
}

func (v *visit) getForgot() error {
	if !v.asksPassword() {
		return notFound()
	}
	return v.showForgot(http.StatusOK)
}

func (v *visit) showForgot(status int, problems ...problem) error {
	p := v.city.policy
	d := forgotData{
		Code: refill(v.typed().Code), Mail: refill(clip(v.r.PostForm.Get("c_mail"))), ByMail: p.TakesMail(), ByPIN: p.ResetBy == "pin",
	}
	return v.page(status, "forgot", "forgot.title", d, problems...)
}

func (v *visit) forgotAgain() error {
	return v.showForgot(http.StatusForbidden, problem{Key: "confirm.expired"})
}

// postForgot answers the same whether the address is known or not.
func (v *visit) postForgot() error {
	if !v.asksPassword() || !v.city.policy.TakesMail() {
		return notFound()
	}
	var problems []problem
	code, err := linkcode.Parse(v.r.PostForm.Get("code"))
	if e, ok := fault.As(err); ok {
		problems = append(problems, v.problemOf("code", e))
	}
	address := strings.TrimSpace(v.r.PostForm.Get("c_mail"))
	if !terms.Mailable(address) {
		problems = append(problems, problem{Field: "c_mail", Key: "error.terms.answer_form", Args: []string{"field", v.labelOf(contact.Mail)}})
	}
	if len(problems) > 0 {
		return v.showForgot(http.StatusUnprocessableEntity, problems...)
	}
	err = v.desk.ForgotPassword(v.r.Context(), resident, front.Forgot{
		Keys: v.Keys, Code: code, Mail: address, Address: v.Address(v.r), Lang: v.lang,
	})
	if e, ok := fault.As(err); ok && e.Kind == fault.TooMany {
		v.code = e.Code
		return v.showForgot(http.StatusTooManyRequests, v.problemOf("", e))
	}
	if err != nil {
		return err
	}
	return v.page(http.StatusOK, "message", "forgot.done", messageData{Text: v.words.HTML("forgot.done_text")})
}

// A new password by the number that staff tell.

func (v *visit) getPIN() error {
	if !v.asksPassword() || v.city.policy.ResetBy != "pin" {
		return notFound()
	}
	return v.showPIN(http.StatusOK)
}

func (v *visit) showPIN(status int, problems ...problem) error {
	d := passwordData{Action: "/pin", ByPIN: true, Code: refill(v.typed().Code)}
	return v.page(status, "password", "pin.title", d, problems...)
}

func (v *visit) pinAgain() error {
	return v.showPIN(http.StatusForbidden, problem{Key: "confirm.expired"})
}

func (v *visit) postPIN() error {
	if !v.asksPassword() || v.city.policy.ResetBy != "pin" {
		return notFound()
	}
	text, problems := v.twice()
	code, err := linkcode.Parse(v.r.PostForm.Get("code"))
	if e, ok := fault.As(err); ok {
		problems = append([]problem{v.problemOf("code", e)}, problems...)
	}
	if len(problems) > 0 {
		return v.showPIN(http.StatusUnprocessableEntity, problems...)
	}
	pin := strings.TrimSpace(jptext.Narrow(v.r.PostForm.Get("pin")))
	err = member.ResetByPIN(v.r.Context(), v.DB, resident, v.Keys, v.Passwords, member.Attempt{
		Tenant: v.Tenant, Code: code, Address: v.Address(v.r),
	}, pin, text)
	if q := v.passwordProblem(err); q != nil {
		return v.showPIN(http.StatusUnprocessableEntity, q...)
	}
	if e, ok := fault.As(err); ok && (e.Kind == fault.TooMany || e.Code == "member.reset_dead") {
		v.code = e.Code
		return v.showPIN(statusOfKind[e.Kind], v.problemOf("pin", e))
	}
	if err != nil {
		return err
	}
	return v.changedPassword()
}

func (v *visit) changedPassword() error {
	return v.page(http.StatusOK, "code", "password.changed", codeData{
		Note: "password.changed_text", AskPassword: true, Eras: eraLines(),
	})
}

// A new password by the link of a mail. Opening the link uses nothing up.

func (v *visit) getReset(token string) error { return v.showReset(http.StatusOK, token) }

func (v *visit) showReset(status int, token string, problems ...problem) error {
	open := false
	err := v.DB.Read(v.r.Context(), func(rx *store.Rx) (err error) {
		open, err = member.ResetOpen(rx, v.Tenant, v.Keys, token)
		return err
	})
	if err != nil {
		return err
	}
	if !open {
		return v.deadLink()
	}
	return v.page(status, "password", "password.reset_title", passwordData{Action: "/mail/" + v.r.PathValue("token")}, problems...)
}

func (v *visit) postReset(token string) error {
	text, problems := v.twice()
	if len(problems) > 0 {
		return v.showReset(http.StatusUnprocessableEntity, token, problems...)
	}
	err := member.ResetPassword(v.r.Context(), v.DB, resident, v.Keys, v.Passwords, v.Tenant, token, text)
	if q := v.passwordProblem(err); q != nil {
		return v.showReset(http.StatusUnprocessableEntity, token, q...)
	}
	if fault.Is(err, fault.Conflict, "member.reset_dead") {
		v.code = "member.reset_dead"
		return v.deadLink()
	}
	if err != nil {
		return err
	}
	return v.changedPassword()
}
