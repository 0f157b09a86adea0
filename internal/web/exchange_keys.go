package web

import (
	"io"
	"net/http"

	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/jpdate"
	"kofu/internal/message"
	"kofu/internal/paper"
	"kofu/internal/settings"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// NewExchangeKeys makes the keys of this side.
type NewExchangeKeys struct {
	Tenant string `json:"tenant"` // as the booking service counts its municipalities
}

// KeyConfirmation says that both fingerprints were compared.
type KeyConfirmation struct {
	Fingerprint string `json:"fingerprint"` // as it was shown
}

// ExchangeAddress is where the booking service listens.
type ExchangeAddress struct {
	Address string `json:"address"`
}

func (s *server) exchangeKeyRoutes() []gate.Route {
	const kpubLimit = 64 << 10
	return []gate.Route{
		{Pattern: "POST /api/exchange/keys", Permission: staff.ExchangeKeys, Handle: s.postKeys, In: NewExchangeKeys{}, Out: ExchangeState{}},
		{Pattern: "POST /api/exchange/keys/rotation", Permission: staff.ExchangeKeys, Handle: s.postRotation, Out: ExchangeState{}},
		{Pattern: "GET /api/exchange/keys/file", Permission: staff.ExchangeKeys, Handle: s.getKpub},
		{Pattern: "GET /api/exchange/keys.pdf", Permission: staff.ExchangeKeys, Handle: s.getKeysPDF},
		{Pattern: "POST /api/exchange/peer", Permission: staff.ExchangeKeys, Handle: s.postPeer, Out: ExchangeState{}, Limit: kpubLimit},
		{Pattern: "POST /api/exchange/peer/confirmation", Permission: staff.ExchangeKeys, Handle: s.postPeerConfirmation, In: KeyConfirmation{}, Out: ExchangeState{}},
		{Pattern: "POST /api/exchange/peer/rejection", Permission: staff.ExchangeKeys, Handle: s.postPeerRejection, Out: ExchangeState{}},
		{Pattern: "PUT /api/exchange/address", Permission: staff.ExchangeKeys, Handle: s.putExchangeAddress, In: ExchangeAddress{}, Out: ExchangeState{}},
	}
}

func (s *server) postKeys(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[NewExchangeKeys](r)
	if err != nil {
		return err
	}
	return s.replyExchange(w, r, actor, s.trades.one(func() error { return s.office().MakeKeys(r.Context(), actor, in.Tenant) }))
}

func (s *server) postRotation(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	return s.replyExchange(w, r, actor, s.trades.one(func() error { return s.office().Rotate(r.Context(), actor) }))
}

// getKpub answers with the public half of the own keys, for the other side.
func (s *server) getKpub(w http.ResponseWriter, _ *http.Request, _ store.Actor) error {
	name, file, err := s.office().Kpub()
	if err != nil {
		return err
	}
	return staffweb.Attach(w, "application/octet-stream", name, file)
}

// postPeer reads the public keys of the booking service.
func (s *server) postPeer(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	file, _, err := r.FormFile("file")
	if err != nil {
		return fault.New(fault.Invalid, "import.no_file").Because(err)
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return fault.New(fault.BadRequest, "import.bad_form").Because(err)
	}
	return s.replyExchange(w, r, actor, s.trades.one(func() error {
		_, err := s.office().Offer(r.Context(), actor, text)
		return err
	}))
}

func (s *server) postPeerConfirmation(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[KeyConfirmation](r)
	if err != nil {
		return err
	}
	return s.replyExchange(w, r, actor, s.trades.one(func() error {
		_, err := s.office().Confirm(r.Context(), actor, in.Fingerprint)
		return err
	}))
}

func (s *server) postPeerRejection(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	return s.replyExchange(w, r, actor, s.trades.one(func() error { return s.office().Reject(r.Context(), actor) }))
}

func (s *server) putExchangeAddress(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[ExchangeAddress](r)
	if err != nil {
		return err
	}
	return s.replyExchange(w, r, actor, s.trades.one(func() error { return s.office().SetAddress(r.Context(), actor, in.Address) }))
}

// getKeysPDF prints both fingerprints for the two who compare them.
func (s *server) getKeysPDF(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	book, err := s.office().Book()
	if err != nil {
		return err
	}
	keys, err := book.State()
	if err != nil {
		return err
	}
	if keys.Own == nil {
		return fault.New(fault.Conflict, "seal.no_keys")
	}
	word := func(code string) string { return message.Text("exchange.form."+code, nil) }
	form, err := s.form(r, actor, word("keys_title"), word("keys_intro"))
	if err != nil {
		return err
	}
	theirs := paper.FormPart{Heading: word("keys_theirs"), Text: word("keys_none")}
	other := keys.Peer
	if keys.Offered != nil {
		other = &keys.Offered.Public
	}
	if other != nil {
		theirs.Text, theirs.Code = "", &paper.FormCode{Label: word("fingerprint"), Text: other.Fingerprint(), Note: word("keys_theirs_note")}
	}
	sign := func(who string) []paper.Blank {
		return []paper.Blank{{Label: word(who), Share: 2}, {Label: word("same"), Share: 1.3}, {Label: word("day"), Share: 1.2}, {Label: word("signature"), Share: 2}}
	}
	form.Parts = []paper.FormPart{
		{Facts: []paper.Fact{{Label: word("tenant"), Text: keys.Own.Tenant}}},
		{Heading: word("keys_ours"), Code: &paper.FormCode{Label: word("fingerprint"), Text: keys.Own.Fingerprint(), Note: word("keys_ours_note")}},
		theirs,
		{Heading: word("keys_sign"), Text: word("keys_sign_text"), Lines: [][]paper.Blank{sign("first"), sign("second"), sign("counterpart")}},
	}
	form.Notes = []string{word("keys_note")}
	return staffweb.ServePDF(w, r, s.Spool, form.Title+".pdf", func(out *staffweb.SpoolFile) error { return form.Render(r.Context(), out) })
}

// form begins a form of this office.
func (s *server) form(r *http.Request, actor store.Actor, title, intro string) (f paper.Form, err error) {
	now := s.Clock()
	f = paper.Form{Title: title, Intro: intro, By: actor.Name, At: jpdate.Day(store.Day(now)).Japanese() + " " + now.In(store.Tokyo).Format("15:04")}
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		words, err := settings.Load(rx)
		f.Office = words.Organization.Name + " " + words.Organization.Section
		return err
	})
	if err != nil {
		return f, err
	}
	f.Press, err = s.lists.Press(now)
	return f, err
}
