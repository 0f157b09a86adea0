package web

import (
	"net/http"

	"kofu/internal/counter"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// ClosingRow is a day of a window that is open, or today.
type ClosingRow struct {
	WindowID string      `json:"windowId"`
	Window   string      `json:"window"`
	Day      string      `json:"day"`
	Counts   VisitCounts `json:"counts"`
	ClosedAt string      `json:"closedAt"`
	ClosedBy string      `json:"closedBy"`
}

// ClosingRequest closes a day of a window.
type ClosingRequest struct {
	WindowID string `json:"windowId"`
	Day      string `json:"day"`
}

// DayClosed is what a close did.
type DayClosed struct {
	Came   int `json:"came"`
	NoShow int `json:"noShow"`
}

// getClosing lists today and the days before that nobody has closed.
func (s *server) getClosing(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	out := []ClosingRow{}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		windows, err := openWindows(rx)
		if err != nil {
			return err
		}
		for _, one := range windows {
			days, err := counter.OpenDays(rx, one.ID)
			if err != nil {
				return err
			}
			for _, day := range append(days, rx.Today()) {
				row, err := closingRow(rx, one, day)
				if err != nil {
					return err
				}
				out = append(out, row)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

func closingRow(rx *store.Rx, w counter.Window, day string) (row ClosingRow, err error) {
	row = ClosingRow{WindowID: w.ID, Window: w.Name, Day: day}
	list, err := counter.OnDay(rx, w.ID, day)
	if err != nil {
		return row, err
	}
	v, err := newVisits(rx, list)
	if err != nil {
		return row, err
	}
	for _, b := range list {
		row.Counts.add(v.row(rx, b))
	}
	c, _, err := counter.ClosingOf(rx, w.ID, day)
	row.ClosedAt, row.ClosedBy = c.At, c.By
	return row, err
}

func (s *server) postClosing(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[ClosingRequest](r)
	if err != nil {
		return err
	}
	var c counter.Closed
	err = s.DB.Write(r.Context(), actor, func(tx *store.Tx) (err error) {
		c, err = counter.CloseDay(tx, in.WindowID, in.Day)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, DayClosed{Came: c.Came, NoShow: c.NoShow})
}
