package console

import (
	"net/http"
	"net/url"

	"kofu/internal/accesslog"
	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/fault"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// answer reads in one transaction and sends what was read.
func answer[T any](s *server, w http.ResponseWriter, r *http.Request, read func(*store.Rx) (T, error)) error {
	var out T
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		out, err = read(rx)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

// record is [answer] for what stands in the log when it is looked at, and for
// acts.
func record[T any](s *server, w http.ResponseWriter, r *http.Request, actor store.Actor, act func(*store.Tx) (T, error)) error {
	var out T
	err := s.DB.Write(r.Context(), actor, func(tx *store.Tx) (err error) {
		out, err = act(tx)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

// reasonHeader carries why somebody opens a record, percent-encoded, where the
// municipality asks for it. Addresses are kept in logs, so it stands in none.
const reasonHeader = "X-Kofu-Reason"

// screenBooking is the code of all screens that show one booking, or what is
// known of one code.
const screenBooking = "booking"

// viewed notes that somebody has opened one record. Errors: those of
// [accesslog.Viewed].
func viewed(tx *store.Tx, r *http.Request, object string) error {
	reason, err := url.PathUnescape(r.Header.Get(reasonHeader))
	if err != nil {
		return fault.New(fault.BadRequest, "accesslog.reason_missing")
	}
	return accesslog.Viewed(tx, accesslog.Look{Screen: screenBooking, Object: object, Reason: reason})
}

// viewed notes that somebody has opened what an entry leads to.
func (f found) viewed(tx *store.Tx, r *http.Request, tenant int) error {
	if f.member != nil {
		return viewed(tx, r, member.Object(tenant, f.member.Link))
	}
	return viewed(tx, r, reserve.Object(tenant, f.list[0].ID))
}
