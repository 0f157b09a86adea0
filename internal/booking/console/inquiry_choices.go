package console

import (
	"net/http"

	"kofu/internal/booking/inquiry"
	"kofu/internal/settings"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// InquiryChoice is one line of a list of the form.
type InquiryChoice struct {
	Code    string `json:"code"`
	Name    string `json:"name"`
	Retired bool   `json:"retired"`
}

// InquiryTemplate is a prepared answer.
type InquiryTemplate struct {
	Code  string `json:"code"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// InquiryChoices are the lists of the form.
type InquiryChoices struct {
	Version    int               `json:"version"`
	Handled    []InquiryChoice   `json:"handled"`
	Channels   []InquiryChoice   `json:"channels"`
	Categories []InquiryChoice   `json:"categories"`
	Results    []InquiryChoice   `json:"results"`
	Templates  []InquiryTemplate `json:"templates"`
}

func wireChoices(c inquiry.Choices) InquiryChoices {
	list := func(l inquiry.List) []InquiryChoice {
		out := []InquiryChoice{}
		for _, one := range l {
			out = append(out, InquiryChoice(one))
		}
		return out
	}
	out := InquiryChoices{c.Version, list(c.Handled), list(c.Channels), list(c.Categories), list(c.Results), []InquiryTemplate{}}
	for _, t := range c.Templates {
		out.Templates = append(out.Templates, InquiryTemplate(t))
	}
	return out
}

func (c InquiryChoices) domain() (out inquiry.Choices) {
	list := func(l []InquiryChoice) (out inquiry.List) {
		for _, one := range l {
			out = append(out, inquiry.Choice(one))
		}
		return out
	}
	out = inquiry.Choices{Handled: list(c.Handled), Channels: list(c.Channels), Categories: list(c.Categories), Results: list(c.Results)}
	for _, t := range c.Templates {
		out.Templates = append(out.Templates, inquiry.Template(t))
	}
	return out
}

func (s *server) getInquiryChoices(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	return s.replyChoices(w, r, inquiry.LoadChoices)
}

func (s *server) getInquiryChoicesAt(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	n, err := staffweb.PathNumber(r, "version")
	if err != nil {
		return err
	}
	return s.replyChoices(w, r, func(rx *store.Rx) (c inquiry.Choices, err error) {
		err = settings.LoadVersion(rx, inquiry.Document, n, &c)
		c.Version = n
		return c, err
	})
}

func (s *server) replyChoices(w http.ResponseWriter, r *http.Request, load func(*store.Rx) (inquiry.Choices, error)) error {
	return answer(s, w, r, func(rx *store.Rx) (InquiryChoices, error) {
		c, err := load(rx)
		return wireChoices(c), err
	})
}

func (s *server) putInquiryChoices(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[InquiryChoices](r)
	if err != nil {
		return err
	}
	return record(s, w, r, actor, func(tx *store.Tx) (InquiryChoices, error) {
		c, err := inquiry.SaveChoices(tx, in.domain(), in.Version)
		return wireChoices(c), err
	})
}
