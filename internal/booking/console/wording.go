package console

import (
	"maps"
	"net/http"
	"slices"

	"kofu/internal/booking/terms"
	"kofu/internal/booking/wording"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// Label is a text of the residents' pages in one language.
type Label struct {
	Key     string `json:"key"`
	Default string `json:"default"` // of the catalogue, in the language or the one that stands in
	In      string `json:"in"`      // the language of Default
	Own     string `json:"own"`     // the tenant's, empty without
}

// LabelDraft is a text that is to be seen as residents would see it.
type LabelDraft struct {
	Lang string `json:"lang"`
	Key  string `json:"key"`
	Text string `json:"text"`
}

// LabelShown is a text as HTML, with the readings of やさしい日本語 above their
// words, and the colour of the tenant's pages.
type LabelShown struct {
	HTML   string `json:"html"`
	Colour string `json:"colour"`
}

func (s *server) wordingRoutes() []gate.Route {
	return slices.Concat(
		[]gate.Route{
			{Pattern: "GET /api/labels", Permission: staff.MasterEdit, Handle: s.getLabels, Out: []Label{}},
			{Pattern: "POST /api/labels/preview", Permission: staff.MasterEdit, Handle: s.postLabelPreview, In: LabelDraft{}, Out: LabelShown{}},
		},
		document[terms.Wording]{
			path: "/api/wording", name: terms.WordingDocument, blank: func() terms.Wording { return terms.Wording{} },
			load: func(rx *store.Rx) (terms.Wording, error) { return terms.LoadWording(rx, s.Tenant) },
			save: func(tx *store.Tx, w terms.Wording) (terms.Wording, error) {
				return terms.SaveWording(tx, s.Tenant, w, w.Version)
			},
			version: func(w *terms.Wording) *int {
				if w.Texts == nil {
					w.Texts = map[string]map[string]string{}
				}
				return &w.Version
			},
		}.routes(s),
	)
}

// getLabels lists the texts of the parameter lang.
func (s *server) getLabels(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	lang := r.URL.Query().Get("lang")
	if !slices.Contains(terms.AllLanguages, lang) {
		return fault.New(fault.BadRequest, "gate.no_such_address")
	}
	return answer(s, w, r, func(rx *store.Rx) ([]Label, error) {
		list := []Label{}
		own, err := terms.LoadWording(rx, s.Tenant)
		for _, e := range own.Entries(lang) {
			list = append(list, Label(e))
		}
		return list, err
	})
}

// postLabelPreview shows a text before it is saved. An empty one is the default.
// Errors: as [terms.SaveWording].
func (s *server) postLabelPreview(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	in, err := staffweb.Decode[LabelDraft](r)
	if err != nil {
		return err
	}
	draft := terms.Wording{Texts: map[string]map[string]string{in.Lang: {}}}
	if in.Text != "" {
		draft.Texts[in.Lang][in.Key] = in.Text
	}
	if err := terms.CheckWording(draft); err != nil {
		return err
	}
	var out LabelShown
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		p, err := terms.LoadPolicy(rx, s.Tenant)
		out.Colour = p.Colour
		return err
	})
	if err != nil {
		return err
	}
	out.HTML = string(wording.BuiltIn().In(in.Lang, draft).HTML(in.Key))
	return staffweb.OK(w, out)
}

// MailVariable is a place in a mail.
type MailVariable struct {
	Code string `json:"code"`
	Name string `json:"name"` // as it stands between {{ and }}
	Must bool   `json:"must"` // the mail cannot do without
}

// MailForm is one mail in one language, as it would be sent, with what may stand
// in it.
type MailForm struct {
	Kind      terms.MailKind `json:"kind"`
	Label     string         `json:"label"`
	Lang      string         `json:"lang"`
	In        string         `json:"in"`  // the language of the text: another one may stand in
	Own       bool           `json:"own"` // the text is the tenant's
	Sheet     terms.Sheet    `json:"sheet"`
	Default   terms.Sheet    `json:"default"` // the built-in text, in the language or the one that stands in
	Variables []MailVariable `json:"variables"`
}

// MailForms are all mails of a language, with the version that a change names.
type MailForms struct {
	Version int        `json:"version"`
	Forms   []MailForm `json:"forms"`
}

// MailDraft is a text of a mail before it is saved. To is where a test goes.
type MailDraft struct {
	Kind  terms.MailKind `json:"kind"`
	Lang  string         `json:"lang"`
	Sheet terms.Sheet    `json:"sheet"`
	To    string         `json:"to,omitempty"`
}

// MailChange replaces the text of one mail in one language; an empty one resets
// it.
type MailChange struct {
	Version int            `json:"version"`
	Kind    terms.MailKind `json:"kind"`
	Lang    string         `json:"lang"`
	Sheet   terms.Sheet    `json:"sheet"`
}

func (s *server) templateRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/mail-forms", Permission: staff.MasterEdit, Handle: s.getMailForms, Out: MailForms{}},
		{Pattern: "PUT /api/mail-forms", Permission: staff.MasterEdit, Handle: s.putMailForm, In: MailChange{}, Out: MailForms{}},
		{Pattern: "GET /api/mail-forms/history", Permission: staff.MasterEdit, Handle: s.editions(terms.TemplateDocument), Out: []Edition{}},
		{Pattern: "GET /api/mail-forms/history/{version}", Permission: staff.MasterEdit, Handle: s.getMailEdition, Out: MailForms{}},
		{Pattern: "POST /api/mail-forms/preview", Permission: staff.MasterEdit, Handle: s.postMailPreview, In: MailDraft{}, Out: terms.Sheet{}},
		{Pattern: "POST /api/mail-forms/test", Permission: staff.MasterEdit, Handle: s.postMailTest, In: MailDraft{}},
	}
}

// mailForms are the mails of a language by the tenant's texts.
func mailForms(t terms.Templates, lang string) MailForms {
	out := MailForms{Version: t.Version, Forms: []MailForm{}}
	for _, kind := range terms.MailKinds {
		f := MailForm{Kind: kind, Label: staffweb.Word("mail.kind.", string(kind)), Lang: lang}
		f.Sheet, f.In = t.SheetFor(kind, lang)
		_, f.Own = t.Sheets[kind][lang]
		f.Default, _ = terms.Templates{}.SheetFor(kind, lang)
		must := kind.Mandatory()
		for _, code := range kind.Allowed() {
			f.Variables = append(f.Variables, MailVariable{code, terms.VariableName(code), slices.Contains(must, code)})
		}
		slices.SortStableFunc(f.Variables, func(a, b MailVariable) int { return ord(b.Must) - ord(a.Must) })
		out.Forms = append(out.Forms, f)
	}
	return out
}

func ord(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// replyMailForms answers with the mails of the parameter lang.
func (s *server) replyMailForms(w http.ResponseWriter, r *http.Request, lang string, load func(*store.Rx) (terms.Templates, error)) error {
	if !slices.Contains(terms.AllLanguages, lang) {
		return fault.New(fault.BadRequest, "gate.no_such_address")
	}
	var t terms.Templates
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		t, err = load(rx)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, mailForms(t, lang))
}

func (s *server) templates(rx *store.Rx) (terms.Templates, error) {
	return terms.LoadTemplates(rx, s.Tenant)
}

func (s *server) getMailForms(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	return s.replyMailForms(w, r, r.URL.Query().Get("lang"), s.templates)
}

func (s *server) getMailEdition(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	n, err := staffweb.PathNumber(r, "version")
	if err != nil {
		return err
	}
	return s.replyMailForms(w, r, r.URL.Query().Get("lang"), func(rx *store.Rx) (terms.Templates, error) { return terms.TemplatesAt(rx, n) })
}

func (s *server) putMailForm(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[MailChange](r)
	if err != nil {
		return err
	}
	err = s.DB.Write(r.Context(), actor, func(tx *store.Tx) error {
		t, err := s.templates(tx.Rx)
		if err != nil {
			return err
		}
		next := terms.Templates{Sheets: map[terms.MailKind]map[string]terms.Sheet{}}
		for kind, sheets := range t.Sheets {
			next.Sheets[kind] = maps.Clone(sheets)
		}
		if next.Sheets[in.Kind] == nil {
			next.Sheets[in.Kind] = map[string]terms.Sheet{}
		}
		next.Sheets[in.Kind][in.Lang] = in.Sheet
		_, err = terms.SaveTemplates(tx, s.Tenant, next, in.Version)
		return err
	})
	if err != nil {
		return err
	}
	return s.replyMailForms(w, r, in.Lang, s.templates)
}

func (s *server) postMailPreview(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	in, err := staffweb.Decode[MailDraft](r)
	if err != nil {
		return err
	}
	if err := terms.CheckSheet(in.Kind, in.Lang, in.Sheet); err != nil {
		return err
	}
	sheet, err := s.desk.Preview(r.Context(), in.Kind, in.Lang, in.Sheet)
	if err != nil {
		return err
	}
	return staffweb.OK(w, sheet)
}

// postMailTest sends a draft to an address, which is kept nowhere.
func (s *server) postMailTest(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	in, err := staffweb.Decode[MailDraft](r)
	if err != nil {
		return err
	}
	if err := terms.CheckSheet(in.Kind, in.Lang, in.Sheet); err != nil {
		return err
	}
	if !terms.Mailable(in.To) {
		return fault.New(fault.Invalid, "terms.bad_template").With(fault.Detail{Code: "terms.mail", Column: "to"})
	}
	if err := s.desk.TryMail(r.Context(), in.Kind, in.Lang, in.Sheet, in.To); err != nil {
		return err
	}
	return staffweb.Done(w)
}
