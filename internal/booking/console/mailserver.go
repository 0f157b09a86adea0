package console

import (
	"net/http"

	"kofu/internal/booking/mail"
	"kofu/internal/booking/terms"
	"kofu/internal/gate"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// MailServerForm is the server that takes the mails. Its password comes in and
// never goes out.
type MailServerForm struct {
	Version  int    `json:"version"`
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Security string `json:"security" ts:"'starttls' | 'tls' | 'plain'"`
	User     string `json:"user"`
	Password string `json:"password,omitempty"` // empty keeps the stored one
	Stored   bool   `json:"stored"`             // there is a password
}

func (s *server) mailServerRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/mail-server", Permission: staff.MasterEdit, Handle: s.getMailServer, Out: MailServerForm{}},
		{Pattern: "PUT /api/mail-server", Permission: staff.MasterEdit, Handle: s.putMailServer, In: MailServerForm{}, Out: MailServerForm{}},
		{Pattern: "GET /api/mail-server/history", Permission: staff.MasterEdit, Handle: s.editions(terms.ServerDocument), Out: []Edition{}},
		{Pattern: "POST /api/mail-server/test", Permission: staff.MasterEdit, Handle: s.postMailServerTest},
	}
}

func wireMailServer(m terms.MailServer) MailServerForm {
	return MailServerForm{Version: m.Version, Host: m.Host, Port: m.Port, Security: m.Security, User: m.User, Stored: m.Secret != ""}
}

func (s *server) getMailServer(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	var m terms.MailServer
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		m, err = terms.LoadMailServer(rx, s.Tenant)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, wireMailServer(m))
}

func (s *server) putMailServer(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[MailServerForm](r)
	if err != nil {
		return err
	}
	m := terms.MailServer{Host: in.Host, Port: in.Port, Security: in.Security, User: in.User}
	err = s.DB.Write(r.Context(), actor, func(tx *store.Tx) (err error) {
		m, err = mail.SaveServer(tx, s.Ring, s.Tenant, m, in.Password, in.Version)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, wireMailServer(m))
}

// postMailServerTest connects to the saved server and sends nothing.
func (s *server) postMailServerTest(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	if err := mail.Try(r.Context(), s.DB, s.Ring, s.Tenant, "", terms.Sheet{}); err != nil {
		return err
	}
	return staffweb.Done(w)
}
