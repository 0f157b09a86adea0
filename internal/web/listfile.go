package web

import (
	"net/http"
	"time"

	"kofu/internal/audit"
	"kofu/internal/listing"
	"kofu/internal/paper"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// listFile is a list that somebody takes away as a file or a print.
type listFile struct {
	name  string // in the log
	press func(time.Time) (paper.Press, error)
	// fill makes the document and notes what the log says beside its rows.
	fill func(tx *store.Tx, note map[string]any) (listing.Document, error)
}

// sendList gives a list in the format that is asked for and records who took how
// many rows.
func (s *server) sendList(w http.ResponseWriter, r *http.Request, actor store.Actor, l listFile) error {
	format := listing.Format(r.URL.Query().Get("format"))
	if err := format.Check(); err != nil {
		return err
	}
	var d listing.Document
	err := s.DB.Write(r.Context(), actor, func(tx *store.Tx) (err error) {
		note := map[string]any{}
		if d, err = l.fill(tx, note); err != nil {
			return err
		}
		d.By, d.Made = actor.Name, tx.Now
		note["format"], note["rows"] = format, d.Rows()
		return audit.Append(tx, "list.exported", "list/"+l.name, note)
	})
	if err != nil {
		return err
	}
	return staffweb.SendListing(w, r, d, format, l.press)
}

// listPress gives the fonts of lists on paper, with the city's own characters.
func (s *server) listPress(now time.Time) (paper.Press, error) {
	office, err := s.press()
	if err != nil {
		return paper.Press{}, err
	}
	set, heading := office.Fonts.Set()
	return paper.Press{Fonts: set, Heading: heading, Now: now}, nil
}
