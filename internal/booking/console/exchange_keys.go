package console

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kofu/internal/booking/intake"
	"kofu/internal/gate"
	"kofu/internal/qr"
	"kofu/internal/seal"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// ExchangeKeysPage is how far the exchange of keys with the office has come.
type ExchangeKeysPage struct {
	Tenant  string   `json:"tenant"`  // number of the municipality, which both sides use
	Own     *KeyCard `json:"own"`     // nil before the keys are made
	Peer    *KeyCard `json:"peer"`    // keys of the office that count
	Offered *KeyCard `json:"offered"` // keys of the office that were read and wait for two people
	Mine    bool     `json:"mine"`    // the person has compared the offered ones
	OwnOld  []string `json:"ownOld"`  // until when keys that were replaced still open
	PeerOld []string `json:"peerOld"`
	Codes   []string `json:"codes"` // ids of the keys of codes that have come
}

// KeyCard is the public half of the keys of one side.
type KeyCard struct {
	Fingerprint string   `json:"fingerprint"` // eight groups of four digits
	QR          string   `json:"qr"`          // of the fingerprint, SVG
	Since       string   `json:"since"`
	People      []string `json:"people"` // who have compared the fingerprints
}

// Compared says that the person has compared the fingerprint of the office with
// the one on its paper.
type Compared struct {
	Fingerprint string `json:"fingerprint"`
}

func (s *server) exchangeKeyRoutes() []gate.Route {
	const most = 64 << 10
	p := staff.ExchangeKeys
	return []gate.Route{
		{Pattern: "GET /api/exchange/keys", Permission: p, Handle: s.getExchangeKeys, Out: ExchangeKeysPage{}},
		{Pattern: "POST /api/exchange/keys", Permission: p, Handle: s.postExchangeKeys},
		{Pattern: "GET /api/exchange/keys/form", Permission: p, Handle: s.getExchangeForm},
		{Pattern: "GET /api/exchange/keys/file", Permission: p, Handle: s.getExchangeKeyFile},
		{Pattern: "POST /api/exchange/keys/rotate", Permission: p, Handle: s.postExchangeRotate},
		{Pattern: "POST /api/exchange/peer", Permission: p, Handle: s.postExchangePeer, Limit: most},
		{Pattern: "POST /api/exchange/peer/confirm", Permission: p, Handle: s.postExchangeConfirm, In: Compared{}},
		{Pattern: "POST /api/exchange/peer/reject", Permission: p, Handle: s.postExchangeReject},
	}
}

func (s *server) getExchangeKeys(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	end, err := s.End()
	if err != nil {
		return err
	}
	state, err := end.Book.State()
	if err != nil {
		return err
	}
	out := ExchangeKeysPage{
		Tenant: strconv.Itoa(s.Tenant), OwnOld: staffweb.OrEmpty(state.OwnOld), PeerOld: staffweb.OrEmpty(state.PeerOld),
		Codes: officeKeys(end),
	}
	var who map[string]string
	err = s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		who, _, err = s.operators(rx)
		return err
	})
	if err != nil {
		return err
	}
	if out.Own, err = keyCard(state.Own, state.OwnSince, nil, who); err != nil {
		return err
	}
	if out.Peer, err = keyCard(state.Peer, state.PeerSince, state.PeerPeople, who); err != nil {
		return err
	}
	if o := state.Offered; o != nil {
		out.Mine = slices.Contains(o.Confirmed, actor.ID)
		if out.Offered, err = keyCard(&o.Public, o.At, o.Confirmed, who); err != nil {
			return err
		}
	}
	return staffweb.OK(w, out)
}

// officeKeys are the ids of the keys of codes that the office has sent.
func officeKeys(end *intake.End) []string {
	ids := end.Codes.IDs()
	return staffweb.OrEmpty(slices.DeleteFunc(ids, func(id string) bool { return !strings.HasPrefix(id, "o") }))
}

func keyCard(p *seal.Public, since string, people []string, who map[string]string) (*KeyCard, error) {
	if p == nil {
		return nil, nil //nolint:nilnil // no keys, no card
	}
	k := &KeyCard{Fingerprint: p.Fingerprint(), Since: since, People: []string{}}
	for _, id := range people {
		name := who[id]
		if name == "" {
			name = id // said on the command line
		}
		k.People = append(k.People, name)
	}
	var err error
	k.QR, err = qr.SVG(k.Fingerprint)
	return k, err
}

func (s *server) postExchangeKeys(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	end, err := s.End()
	if err == nil {
		err = end.MakeKeys(r.Context(), actor)
	}
	if err != nil {
		return err
	}
	return staffweb.Done(w)
}

// getExchangeKeyFile gives our public keys for the office (.kpub).
func (s *server) getExchangeKeyFile(w http.ResponseWriter, _ *http.Request, _ store.Actor) error {
	end, err := s.End()
	if err != nil {
		return err
	}
	name, file, err := end.Public()
	if err != nil {
		return err
	}
	return staffweb.Attach(w, "application/octet-stream", name, file)
}

func (s *server) postExchangeRotate(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	end, err := s.End()
	if err == nil {
		err = end.Rotate(r.Context(), actor)
	}
	if err != nil {
		return err
	}
	return staffweb.Done(w)
}

// postExchangePeer reads the public keys of the office.
func (s *server) postExchangePeer(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	_, part, err := fileOf(r)
	if err != nil {
		return err
	}
	file, err := io.ReadAll(part)
	if err != nil {
		return err
	}
	end, err := s.End()
	if err == nil {
		_, err = end.Read(r.Context(), actor, file)
	}
	if err != nil {
		return err
	}
	return staffweb.Done(w)
}

// postExchangeConfirm says that the person has compared the fingerprints; two
// accounts make the keys count. Errors: those of [keybook.Book.Confirm].
func (s *server) postExchangeConfirm(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[Compared](r)
	if err != nil {
		return err
	}
	end, err := s.End()
	if err == nil {
		_, err = end.Confirm(r.Context(), actor, in.Fingerprint)
	}
	if err != nil {
		return err
	}
	return staffweb.Done(w)
}

func (s *server) postExchangeReject(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	end, err := s.End()
	if err == nil {
		err = end.Reject(r.Context(), actor)
	}
	if err != nil {
		return err
	}
	return staffweb.Done(w)
}
