package press

import (
	"strings"

	"kofu/internal/booking/wording"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/message"
	"kofu/internal/notice"
	"kofu/internal/paper"
	"kofu/internal/settings"
	"kofu/internal/store"
)

// Guides reports whether the letters of an office go with a sheet about booking:
// it has a booking service.
func Guides(s settings.Settings) bool { return bookingURL(s) != "" }

func bookingURL(s settings.Settings) string { return strings.TrimSuffix(s.Notice.BookingURL, "/") }

// guideWords are the places of the steps and the texts of the residents' pages
// that stand in them, so that both always have the same words.
var guideWords = map[string]string{
	"start": "start.book", "code": "code.label", "birth": "code.birth", "next": "code.submit",
	"procedure": "procedure.title", "window": "window.title", "days": "days.title", "times": "times.title",
	"many": "state.mark.many", "few": "state.mark.few", "confirm": "confirm.title", "submit": "confirm.submit",
	"done": "done.title", "number": "booking.number", "change": "booking.change", "change_submit": "change.submit",
	"cancel": "booking.cancel", "cancel_submit": "cancel.submit",
}

// guideSteps are the texts of the steps in their order.
var guideSteps = []string{"press.guide_open", "press.guide_code", "press.guide_choose", "press.guide_day", "press.guide_time", "press.guide_confirm", "press.guide_done"}

// guides are the sheets (ログインID通知・操作手順書, BK-1002) of a run.
func (j *job) guides() (paper.Guides, []paper.Guide) {
	words := wording.BuiltIn().In(wording.Japanese, nil)
	args := fault.Args("url", shortURL(j.settings))
	for place, key := range guideWords {
		args[place] = words.Plain(key)
	}
	say := func(key string) string { return message.Text(key, args) }
	form := paper.GuideForm{
		Sender: j.form().Sender, Title: say("press.guide_title"), Intro: say("press.guide_intro"), Label: say("press.guide_label"), LinkNote: say("press.guide_scan"),
		Parts: []paper.GuidePart{
			{Heading: say("press.guide_book")},
			{Heading: say("press.guide_later"), Steps: []string{say("press.guide_change")}},
		},
		Closing: []string{words.Plain("help.my_number")},
	}
	for _, step := range guideSteps {
		form.Parts[0].Steps = append(form.Parts[0].Steps, say(step))
	}
	if p := j.settings.Pickup; p.Phone != "" {
		text := message.Text("press.guide_phone", fault.Args("phone", p.Phone))
		if p.Hours != "" {
			text += message.Text("press.guide_hours", fault.Args("hours", p.Hours))
		}
		form.Closing = append(form.Closing, text)
	}
	list := make([]paper.Guide, len(j.pieces))
	for i, p := range j.pieces {
		list[i] = paper.Guide{Key: pieceKey(p), Serial: j.addressee(p).Serial, Date: j.date(), NoticeNo: p.NoticeNo, Link: j.link(p)}
	}
	return paper.Guides{Press: j.press, Title: j.run.No, Form: form, Calibration: j.calibration()}, list
}

// date is the day of the run, on a reprint, too.
func (j *job) date() string {
	if at, err := store.ParseStamp(j.run.CreatedAt); err == nil {
		return jpdate.Day(store.Day(at)).Japanese()
	}
	return jpdate.Day(store.Day(j.press.Now)).Japanese()
}

// link is the way into the booking service that the papers of a piece show.
func (j *job) link(p notice.Piece) paper.Link {
	link := paper.Link{Code: j.codes[p.CardID], Phone: j.settings.Pickup.Phone}
	// Capitals keep the QR in its compact mode; host names do not care.
	if url := bookingURL(j.settings); url != "" {
		link.URL, link.Short = strings.ToUpper(url)+"/C/"+j.codes[p.CardID], shortURL(j.settings)
	}
	return link
}

func shortURL(s settings.Settings) string { return strings.TrimPrefix(bookingURL(s), "https://") }
