package web

import (
	"net/http"

	"kofu/internal/counter"
	"kofu/internal/staffweb"
	"kofu/internal/store"
	"kofu/internal/visit"
)

// HandoverRequest is what the counter clerk fills in.
type HandoverRequest struct {
	Version      int               `json:"version"`
	CardScan     string            `json:"cardScan"`
	NoticeScan   string            `json:"noticeScan,omitempty"`
	WalkInReason string            `json:"walkInReason,omitempty"`
	Receiver     string            `json:"receiver" ts:"'self' | 'legal' | 'proxy'"`
	ProxyReason  string            `json:"proxyReason,omitempty"`
	Documents    []string          `json:"documents"`
	OldCards     map[string]string `json:"oldCards"`
	PINMethod    string            `json:"pinMethod" ts:"'holder' | 'staff' | 'face'"`
}

// HandoverDocument is a paper of the form.
type HandoverDocument struct {
	Code       string `json:"code"`
	Label      string `json:"label"`
	Group      string `json:"group"`
	GroupLabel string `json:"groupLabel"`
}

// HandoverForm is everything to choose from at the counter.
type HandoverForm struct {
	Documents      []HandoverDocument `json:"documents"`
	ProxyReasons   []staffweb.Choice  `json:"proxyReasons"`
	OldCards       []staffweb.Choice  `json:"oldCards"`
	OldCardAnswers []staffweb.Choice  `json:"oldCardAnswers"`
	WalkInReasons  []staffweb.Choice  `json:"walkInReasons"`
	PINMethods     []staffweb.Choice  `json:"pinMethods"`
	Receivers      []staffweb.Choice  `json:"receivers"`
}

func (s *server) getHandoverForm(w http.ResponseWriter, _ *http.Request, _ store.Actor) error {
	form := HandoverForm{
		ProxyReasons: staffweb.Choices("proxy_reason.", visit.ProxyReasons), OldCards: staffweb.Choices("old_card.", visit.OldCards),
		OldCardAnswers: staffweb.Choices("old_card_answer.", visit.OldCardAnswers), WalkInReasons: staffweb.Choices("walk_in.", visit.WalkInReasons),
		PINMethods: staffweb.Choices("pin_method.", visit.PINMethods),
		Receivers:  staffweb.Choices("receiver.", []string{string(visit.Self), string(visit.Legal), string(visit.Proxy)}),
	}
	for _, d := range visit.Documents() {
		form.Documents = append(form.Documents, HandoverDocument{d.Code, staffweb.Word("document.", d.Code), d.Group, staffweb.Word("document_group.", d.Group)})
	}
	return staffweb.OK(w, form)
}

func (s *server) postHandover(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	in, err := staffweb.Decode[HandoverRequest](r)
	if err != nil {
		return err
	}
	err = s.DB.Join(r.Context(), actor, func(tx *store.Tx) error {
		_, err := counter.Give(tx, s.Ring, id, visit.HandOver{
			Seen: in.Version, CardScan: in.CardScan, NoticeScan: in.NoticeScan, WalkIn: in.WalkInReason, Receiver: visit.Receiver(in.Receiver),
			ProxyReason: in.ProxyReason, Documents: in.Documents, OldCards: in.OldCards, PINMethod: in.PINMethod,
		})
		return err
	})
	if err != nil {
		return err
	}
	return s.replyCard(w, r, actor, id)
}
