// Package daylist makes a paper of everybody who comes on the next open day of
// each window, so that the day can begin when nothing else works (BK-906). It is
// made in the evening before and kept for 14 days. It holds receipt numbers,
// times, persons, procedures and states, and nothing of a person. Writes table
// day_list.
package daylist

import (
	"bytes"
	"context"
	"encoding/base64"
	"time"

	"kofu/internal/audit"
	"kofu/internal/booking/report"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/listing"
	"kofu/internal/message"
	"kofu/internal/paper"
	"kofu/internal/store"
)

// KeptDays is how many days after it was made a list is kept; it is gone from
// the beginning of the day after them.
const KeptDays = 14

// tooOld is the instant before which lists have gone.
func tooOld(rx *store.Rx) string {
	year, month, day := rx.Now.In(store.Tokyo).Date()
	return store.Stamp(time.Date(year, month, day-KeptDays, 0, 0, 0, 0, store.Tokyo))
}

// List is a list that was made.
type List struct {
	Day      jpdate.Day
	WindowID string
	MadeAt   time.Time
	Visits   int
}

// made is a list with its PDF.
type made struct {
	List
	pdf []byte
}

// Make makes the lists of the next open day of each window and removes those
// that are too old. A list that is there is made anew. Errors: those of the
// fonts.
func Make(ctx context.Context, db *store.DB, actor store.Actor, tenant int, press func(time.Time) (paper.Press, error)) (n int, err error) {
	defer fault.Add(&err, "daylist.Make(%d)", tenant)
	docs := map[List]listing.Document{}
	err = db.Read(ctx, func(rx *store.Rx) error {
		windows, err := slot.Windows(rx, tenant)
		if err != nil {
			return err
		}
		for _, w := range windows {
			day, found, err := nextOpen(rx, tenant, w.ID)
			if err != nil {
				return err
			}
			if !found || !w.OpenOn(day) {
				continue
			}
			d, err := report.Make(rx, tenant, report.Query{Kind: report.Visitors, From: day, Until: day, Windows: []slot.Window{w}, By: message.Text("daylist.by", nil)})
			if err != nil {
				return err
			}
			d.Title = message.Text("daylist.title", nil)
			d.Notes = append(d.Notes, message.Text("daylist.note", nil))
			forHand(d.Sections)
			docs[List{Day: day, WindowID: w.ID, MadeAt: rx.Now, Visits: d.Rows()}] = d
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	var lists []made
	for l, d := range docs { // papers are drawn outside of transactions
		var pdf bytes.Buffer
		if err := d.Write(ctx, &pdf, listing.PDF, press); err != nil {
			return 0, err
		}
		lists = append(lists, made{l, pdf.Bytes()})
	}
	return len(lists), keep(ctx, db, actor, tenant, lists)
}

// Room for what people write on the paper, in mm.
const roomForTime, roomForNotes = 24, 62

// forHand adds columns in which people write who came and what was done, while
// nothing else works.
func forHand(sections []listing.Section) {
	for i := range sections {
		s := &sections[i]
		s.Columns = append(s.Columns,
			listing.Column{Heading: message.Text("daylist.came", nil), Room: roomForTime},
			listing.Column{Heading: message.Text("daylist.done", nil), Room: roomForTime},
			listing.Column{Heading: message.Text("daylist.notes", nil), Room: roomForNotes})
		for r, row := range s.Rows {
			s.Rows[r] = append(row, "", "", "")
		}
		if s.Total != nil {
			s.Total = append(s.Total, "", "", "")
		}
	}
}

func keep(ctx context.Context, db *store.DB, actor store.Actor, tenant int, lists []made) error {
	return db.Write(ctx, actor, func(tx *store.Tx) error {
		gone, err := deleteBefore(tx, tenant, tooOld(tx.Rx))
		if err != nil {
			return err
		}
		for _, one := range lists {
			if err := put(tx, tenant, one); err != nil {
				return err
			}
		}
		return audit.Append(tx, "daylist.made", "day_list", map[string]any{"lists": len(lists), "removed": gone})
	})
}

// Of returns the lists of a window that can still be had, the latest day first.
func Of(rx *store.Rx, tenant int, windowID string) ([]List, error) {
	return lists(rx, tenant, windowID, tooOld(rx))
}

// PDF returns a list. Error: fault.NotFound "daylist.unknown".
func PDF(rx *store.Rx, tenant int, windowID string, day jpdate.Day) (pdf []byte, visits int, err error) {
	text, visits, err := pdfOf(rx, tenant, windowID, day, tooOld(rx))
	if err != nil {
		return nil, 0, err
	}
	pdf, err = base64.RawURLEncoding.DecodeString(text)
	return pdf, visits, err
}
