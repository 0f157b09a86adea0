package console

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"time"

	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/keybook"
	"kofu/internal/listing"
	"kofu/internal/message"
	"kofu/internal/paper"
	"kofu/internal/seal"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// getExchangeForm gives the paper on which two people compare the fingerprints;
// it is signed and kept. Errors: fault.Conflict "seal.no_keys".
func (s *server) getExchangeForm(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	end, err := s.End()
	if err != nil {
		return err
	}
	keys, err := end.Book.State()
	if err != nil {
		return err
	}
	if keys.Own == nil {
		return fault.New(fault.Conflict, "seal.no_keys")
	}
	return s.sendForm(w, r, actor, func(*store.Rx) (paper.Form, error) { return comparing(keys), nil })
}

// getBundleForm gives the paper that goes with the medium of a bundle of ours.
// Errors: fault.NotFound "relay.bundle_unknown".
func (s *server) getBundleForm(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	return s.sendForm(w, r, actor, func(rx *store.Rx) (paper.Form, error) {
		list, err := s.bundles(rx)
		if err != nil {
			return paper.Form{}, err
		}
		i := slices.IndexFunc(list, func(b BundleRow) bool { return b.ID == r.PathValue("id") && b.Direction == "out" })
		if i < 0 {
			return paper.Form{}, fault.New(fault.NotFound, "relay.bundle_unknown")
		}
		return carrying(list[i]), nil
	})
}

// sendForm answers with a paper of the municipality, to save.
func (s *server) sendForm(w http.ResponseWriter, r *http.Request, actor store.Actor, form func(*store.Rx) (paper.Form, error)) error {
	var d paper.Form
	var made time.Time
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		if d, err = form(rx); err != nil {
			return err
		}
		t, err := s.tenant(rx)
		d.Office, d.By, d.At, made = t.Name, actor.Name, listing.Document{Made: rx.Now}.AsOf(), rx.Now
		return err
	})
	if err != nil {
		return err
	}
	if d.Press, err = s.Press(made); err != nil {
		return err
	}
	var pdf bytes.Buffer
	if err := d.Render(r.Context(), &pdf); err != nil {
		return err
	}
	return staffweb.Attach(w, "application/pdf", d.Title+"_"+string(jpdate.Day(store.Day(made)))+".pdf", pdf.Bytes())
}

func formWord(key string) string { return message.Text("bexchange.form."+key, nil) }

// comparing is the paper of the ceremony: both fingerprints, and who compared
// them.
func comparing(keys keybook.State) paper.Form {
	office := keys.Peer
	if keys.Offered != nil {
		office = &keys.Offered.Public
	}
	d := paper.Form{
		Title: formWord("title"), Intro: formWord("intro"), Notes: []string{formWord("note_1"), formWord("note_2")},
		Parts: []paper.FormPart{{Facts: []paper.Fact{{Label: formWord("tenant"), Text: keys.Own.Tenant}}}, printOf("cloud", keys.Own), printOf("office", office)},
	}
	people := paper.FormPart{Heading: formWord("people")}
	for _, role := range []string{"cloud_1", "cloud_2", "office_1", "office_2"} {
		people.Lines = append(people.Lines, []paper.Blank{{Label: formWord(role), Share: 4}, {Label: formWord("sign"), Share: 3}, {Label: formWord("at"), Share: 2}, {Label: formWord("same"), Share: 2}})
	}
	d.Parts = append(d.Parts, people)
	return d
}

// printOf is the fingerprint of a side, or room to write it down.
func printOf(side string, p *seal.Public) paper.FormPart {
	if p == nil {
		return paper.FormPart{Heading: formWord(side), Lines: [][]paper.Blank{{{Label: formWord("by_hand"), Share: 1}}}}
	}
	return paper.FormPart{Heading: formWord(side), Code: &paper.FormCode{Label: formWord("fingerprint"), Text: p.Fingerprint()}}
}

// carrying is the paper that goes with a medium (搬送記録票).
func carrying(b BundleRow) paper.Form {
	at, _ := store.ParseStamp(b.At) // our own register writes instants
	facts := []paper.Fact{
		{Label: formWord("bundle"), Text: b.ID},
		{Label: formWord("file"), Text: b.File},
		{Label: formWord("way"), Text: formWord("way_out")},
		{Label: formWord("content"), Text: message.Text("bexchange.form.events", fault.Args("kind", b.Kind, "n", strconv.Itoa(b.Events)))},
		{Label: formWord("sum"), Text: b.Sum, Strong: true},
		{Label: formWord("made"), Text: at.In(store.Tokyo).Format("2006-01-02 15:04") + "　" + b.By},
	}
	line := func(keys ...string) (blanks []paper.Blank) {
		for _, key := range keys {
			blanks = append(blanks, paper.Blank{Label: formWord(key), Share: 1})
		}
		return blanks
	}
	return paper.Form{
		Title: formWord("carry"), Intro: formWord("carry_intro"), Notes: []string{formWord("carry_note_1"), formWord("carry_note_2")},
		Parts: []paper.FormPart{
			{Heading: formWord("carry_what"), Facts: facts},
			{Heading: formWord("carry_who"), Lines: [][]paper.Blank{
				line("medium", "approver"), line("out_at", "out_by"), line("in_at", "in_by"), line("checked", "wiped"),
			}},
		},
	}
}
