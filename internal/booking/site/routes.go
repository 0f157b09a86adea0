package site

import "net/http"

// access says what a visitor must have done before a route serves them.
type access int

const (
	public access = iota + 1 // the same for everybody: no session is looked for, and caches may keep it
	anyone                   // session or none
	shown                    // a code has been shown
)

// route is one line of the route table: addresses without their language.
type route struct {
	pattern string
	access  access
	handle  func(*visit) error
	// again shows the form of a POST once more, with what was entered, when its
	// token does not fit.
	again func(*visit) error
}

func (s *site) routes() []route {
	return []route{
		{pattern: "GET /{$}", access: anyone, handle: (*visit).getStart},
		{pattern: "GET /language", access: anyone, handle: (*visit).getLanguage},
		{pattern: "GET /view", access: anyone, handle: (*visit).getView},
		{pattern: "GET /help", access: anyone, handle: (*visit).getHelp},
		{pattern: "GET /privacy", access: anyone, handle: (*visit).getPrivacy},
		{pattern: "GET /accessibility", access: anyone, handle: (*visit).getAccessibility},
		{pattern: "GET /free", access: public, handle: (*visit).getFree},
		{pattern: "GET /free/times", access: public, handle: (*visit).getFreeTimes},

		{pattern: "GET /code", access: anyone, handle: (*visit).getCode},
		{pattern: "POST /code", access: anyone, handle: (*visit).postCode, again: (*visit).codeAgain},
		{pattern: "POST /password", access: anyone, handle: (*visit).postPassword, again: (*visit).passwordAgain},
		{pattern: "GET /forgot", access: anyone, handle: (*visit).getForgot},
		{pattern: "POST /forgot", access: anyone, handle: (*visit).postForgot, again: (*visit).forgotAgain},
		{pattern: "GET /pin", access: anyone, handle: (*visit).getPIN},
		{pattern: "POST /pin", access: anyone, handle: (*visit).postPIN, again: (*visit).pinAgain},
		{pattern: "POST /end", access: shown, handle: (*visit).postEnd, again: (*visit).getStart},

		{pattern: "GET /next", access: shown, handle: (*visit).getNext},
		{pattern: "GET /notready", access: shown, handle: (*visit).getNotReady},
		{pattern: "GET /procedure", access: shown, handle: (*visit).getProcedure},
		{pattern: "GET /window", access: shown, handle: (*visit).getWindow},
		{pattern: "GET /party", access: shown, handle: (*visit).getParty},
		{pattern: "POST /party", access: shown, handle: (*visit).postParty, again: (*visit).partyAgain},
		{pattern: "POST /party/remove", access: shown, handle: (*visit).postRemove, again: (*visit).partyAgain},
		{pattern: "GET /days", access: shown, handle: (*visit).getDays},
		{pattern: "GET /times", access: shown, handle: (*visit).getTimes},
		{pattern: "GET /confirm", access: shown, handle: (*visit).getConfirm},
		{pattern: "POST /book", access: shown, handle: (*visit).postBook, again: (*visit).bookAgain},

		{pattern: "GET /wish", access: shown, handle: (*visit).getWish},
		{pattern: "POST /wish", access: shown, handle: (*visit).postWish, again: (*visit).wishAgain},
		{pattern: "POST /wish/withdraw", access: shown, handle: (*visit).postWithdraw, again: (*visit).wishAgain},

		{pattern: "GET /open", access: anyone, handle: (*visit).getOpen},
		{pattern: "GET /open/days", access: anyone, handle: (*visit).getOpenDays},
		{pattern: "GET /open/times", access: anyone, handle: (*visit).getOpenTimes},
		{pattern: "GET /open/confirm", access: anyone, handle: (*visit).getOpenConfirm},
		{pattern: "POST /open/book", access: anyone, handle: (*visit).postOpenBook, again: (*visit).openAgain},
		{pattern: "GET /key", access: anyone, handle: (*visit).getKey},
		{pattern: "POST /key", access: anyone, handle: (*visit).postKey, again: (*visit).keyAgain},
		{pattern: "GET /mail/{token}", access: anyone, handle: (*visit).getMail},
		{pattern: "POST /mail/{token}", access: anyone, handle: (*visit).postMail, again: (*visit).getMail},

		{pattern: "GET /b/{ref}", access: anyone, handle: (*visit).getBooking},
		{pattern: "GET /b/{ref}/kofu.ics", access: anyone, handle: (*visit).getCalendar},
		{pattern: "GET /b/{ref}/offer", access: shown, handle: (*visit).getOffer},
		{pattern: "POST /b/{ref}/accept", access: shown, handle: (*visit).postAccept, again: (*visit).offerAgain},
		{pattern: "POST /b/{ref}/decline", access: shown, handle: (*visit).postDecline, again: (*visit).offerAgain},
		{pattern: "GET /b/{ref}/days", access: shown, handle: (*visit).getMoveDays},
		{pattern: "GET /b/{ref}/times", access: shown, handle: (*visit).getMoveTimes},
		{pattern: "GET /b/{ref}/confirm", access: shown, handle: (*visit).getMoveConfirm},
		{pattern: "POST /b/{ref}/change", access: shown, handle: (*visit).postMove, again: (*visit).moveAgain},
		{pattern: "GET /b/{ref}/cancel", access: shown, handle: (*visit).getCancel},
		{pattern: "POST /b/{ref}/cancel", access: shown, handle: (*visit).postCancel, again: (*visit).cancelAgain},
		{pattern: "GET /b/{ref}/leave", access: shown, handle: (*visit).getLeave},
		{pattern: "POST /b/{ref}/leave", access: shown, handle: (*visit).postLeave, again: (*visit).leaveAgain},
	}
}

// routeTable builds the mux. GET routes answer HEAD as well.
func (s *site) routeTable() *http.ServeMux {
	mux := http.NewServeMux()
	for _, rt := range s.routes() {
		mux.HandleFunc(rt.pattern, rt.handler())
	}
	return mux
}
