package site

import (
	"net/http"
	"strconv"
	"time"

	"kofu/internal/booking/door"
	"kofu/internal/booking/queue"
	"kofu/internal/fault"
)

// waitingData is the waiting room as somebody in it reads it.
type waitingData struct {
	Number  int
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

// waiting shows the waiting room; look is where its link leads.
func (v *visit) waiting(p queue.Place, look string) error {
	d := waitingData{Number: p.Number, Look: look, Minutes: strconv.Itoa(int((p.Wait + time.Minute - 1) / time.Minute))}
	if p.Starts.IsZero() {
		d.Ahead = strconv.Itoa(p.Ahead)
	} else {
		d.Starts = v.words.Argument(v.words.Instant(p.Starts))
	}
	v.code = "queue.waits"
	return v.page(http.StatusOK, "waiting", "waiting.title", d)
}
