package site

import (
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kofu/internal/booking/door"
	"kofu/internal/booking/queue"
	"kofu/internal/fault"
)

// waitingData is the waiting room as somebody in it reads it.
type waitingData struct {
	Number  string
	Ahead   string // people before them, '' before the start
	Starts  string // when people are admitted, '' once they are
	Minutes string // expected
	Look    string // address of the next look
}

// noticed shows what the door has to say instead of the page that was asked for.
func (v *visit) noticed(n door.Notice) (shown bool, err error) {
	switch n.Kind {
	case door.Waits:
		look := v.path("/")
		if v.r.Method == http.MethodGet || v.r.Method == http.MethodHead {
			look = v.r.URL.RequestURI()
		}
		return true, v.waiting(n.Place, look)
	case door.Busy:
		return true, fault.New(fault.Unavailable, "door.busy")
	case door.Frozen:
		return true, v.page(http.StatusServiceUnavailable, "message", "frozen.title", messageData{Text: v.words.HTML("frozen.text")})
	}
	return false, nil
}

// inGeneral is what a page of the waiting room shows instead of the figures and
// addresses of one person.
var inGeneral = waitingData{Number: "kofu-number", Ahead: "kofu-ahead", Minutes: "kofu-minutes", Look: "/kofu-look"}

// waiting shows the waiting room; look is where its link leads. All who wait read
// the same page but for a few figures and addresses, so it is made once for each
// language and view and these are put in.
func (v *visit) waiting(p queue.Place, look string) error {
	d := inGeneral
	if !p.Starts.IsZero() {
		d.Ahead, d.Starts = "", v.words.Argument(v.words.Instant(p.Starts))
	}
	key := "waiting " + v.lang + " " + page{visit: v}.Classes() + " " + d.Starts
	version := v.city.at.String()
	body, err := v.fragments.page(key, version, func() ([]byte, error) {
		general := *v
		general.r = &http.Request{Method: http.MethodGet, URL: &url.URL{Path: v.path(d.Look)}}
		return general.render("waiting", "waiting.title", d)
	})
	if err != nil {
		return err
	}
	v.code = "queue.waits"
	return v.html(http.StatusOK, []byte(strings.NewReplacer(
		d.Number, strconv.Itoa(p.Number),
		inGeneral.Ahead, strconv.Itoa(p.Ahead),
		d.Minutes, strconv.Itoa(int((p.Wait+time.Minute-1)/time.Minute)),
		url.QueryEscape(d.Look), template.HTMLEscapeString(url.QueryEscape(page{visit: v}.Here())),
		d.Look, template.HTMLEscapeString(look),
	).Replace(string(body))))
}
