package web

import (
	"net/http"
	"time"

	"kofu/internal/counter"
	"kofu/internal/fault"
	"kofu/internal/link"
	"kofu/internal/notice"
	"kofu/internal/relay"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// Release is how far the codes of a print run have come on their way to the
// booking service, and what making them known would do. Why a letter is left out is
// said of none in particular: that would tell who is protected.
type Release struct {
	Ready      bool              `json:"ready"`    // there is a key to hash codes with
	New        int               `json:"new"`      // codes that would become known
	Again      int               `json:"again"`    // known ones whose terms would be replaced
	LeftOut    int               `json:"leftOut"`  // letters that invite nobody to book
	Released   int               `json:"released"` // codes of this run
	Sent       int               `json:"sent"`     // of those in a bundle
	Arrived    int               `json:"arrived"`  // of those acknowledged
	From       string            `json:"from"`     // days that are proposed
	Until      string            `json:"until"`
	Procedures []staffweb.Choice `json:"procedures"`
	Windows    []CounterWindow   `json:"windows"`
}

// ReleaseRequest makes the codes of a print run known.
type ReleaseRequest struct {
	From       string   `json:"from"`  // first day of booking
	Until      string   `json:"until"` // last day
	Procedures []string `json:"procedures"`
	Windows    []string `json:"windows"` // none for all
}

func (s *server) getRelease(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	return s.replyRelease(w, r, id)
}

func (s *server) postRelease(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	in, err := staffweb.Decode[ReleaseRequest](r)
	if err != nil {
		return err
	}
	from, err := dayStart(in.From)
	if err != nil {
		return err
	}
	until, err := dayStart(in.Until)
	if err != nil {
		return err
	}
	if _, err := counter.ParseProcs(in.Procedures...); err != nil {
		return err
	}
	if err := s.checkWindows(r, in.Windows); err != nil {
		return err
	}
	keys, err := s.exchange().Links()
	if err != nil {
		return err
	}
	terms := link.Terms{From: from, Until: until.AddDate(0, 0, 1), Svc: in.Procedures, Windows: in.Windows}
	if _, err := link.Release(r.Context(), s.DB, keys, actor, id, terms); err != nil {
		return err
	}
	return s.replyRelease(w, r, id)
}

// checkWindows refuses windows that there are none of.
func (s *server) checkWindows(r *http.Request, ids []string) error {
	return s.DB.Read(r.Context(), func(rx *store.Rx) error {
		for _, id := range ids {
			if _, err := counter.WindowByID(rx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// dayStart is the beginning of a day in Japan.
func dayStart(day string) (time.Time, error) {
	at, err := time.ParseInLocation(time.DateOnly, day, store.Tokyo)
	if err != nil {
		return at, fault.New(fault.Invalid, "link.bad_day").Because(err)
	}
	return at, nil
}

// replyRelease answers with the codes of a run as they stand now.
func (s *server) replyRelease(w http.ResponseWriter, r *http.Request, id int64) error {
	keys, err := s.exchange().Links()
	if err != nil {
		return err
	}
	var out Release
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		out, err = releaseOf(rx, keys, id)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

func releaseOf(rx *store.Rx, keys link.Keys, id int64) (out Release, err error) {
	run, err := notice.ByID(rx, id)
	if err != nil {
		return out, err
	}
	would, err := link.Preview(rx, keys, id)
	if err != nil {
		return out, err
	}
	state, err := relay.Load(rx)
	if err != nil {
		return out, err
	}
	reached, err := link.ReachedOf(rx, id, state.Sent, state.Acked)
	if err != nil {
		return out, err
	}
	_, _, ready := keys.Codes.Newest()
	out = Release{
		Ready: ready, New: would.Issued, Again: would.Again, LeftOut: would.LeftOut,
		Released: reached.Released, Sent: reached.Sent, Arrived: reached.Arrived,
		From: rx.Today(), Until: run.Deadline, Procedures: procedureChoices(), Windows: []CounterWindow{},
	}
	windows, err := openWindows(rx)
	for _, one := range windows {
		out.Windows = append(out.Windows, CounterWindow{one.ID, one.Name, string(one.Seats)})
	}
	return out, err
}
