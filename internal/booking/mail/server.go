package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"kofu/internal/booking/terms"
	"kofu/internal/booking/ulid"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/store"
)

const dialTimeout = 20 * time.Second

// SaveServer makes s the next version of the tenant's mail server. An empty
// password keeps the one that is stored, as long as the user stays the same.
// Errors: those of [terms.SaveMailServer].
func SaveServer(tx *store.Tx, ring *keyring.Ring, tenant int, s terms.MailServer, password string, seen int) (terms.MailServer, error) {
	before, err := terms.LoadMailServer(tx.Rx, tenant)
	if err != nil {
		return terms.MailServer{}, err
	}
	s.Secret = ""
	switch {
	case password != "":
		if s.Secret, err = ring.Seal("mail-server", serverAt(tenant), password); err != nil {
			return terms.MailServer{}, err
		}
	case s.User != "" && s.User == before.User && s.Host == before.Host:
		s.Secret = before.Secret
	}
	return terms.SaveMailServer(tx, tenant, s, seen)
}

func serverAt(tenant int) string { return fmt.Sprintf("mail-server/%d", tenant) }

// connection is a session with a server.
type connection struct {
	client *smtp.Client
	broken bool
}

// dial connects, encrypts and signs in. Errors are for [codeOf].
func dial(ctx context.Context, ring *keyring.Ring, tenant int, s terms.MailServer) (*connection, error) {
	options := []gomail.Option{gomail.WithPort(s.Port), gomail.WithTimeout(dialTimeout), gomail.WithoutSMTPUTF8()}
	switch s.Security {
	case terms.StartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case terms.TLS:
		options = append(options, gomail.WithSSL())
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if s.User != "" {
		password, err := ring.Unseal("mail-server", serverAt(tenant), s.Secret)
		if err != nil {
			return nil, err
		}
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.User), gomail.WithPassword(password))
	}
	c, err := gomail.NewClient(s.Host, options...)
	if err != nil {
		return nil, err
	}
	client, err := c.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return nil, err
	}
	return &connection{client: client}, nil
}

func (c *connection) close() {
	if err := c.client.Quit(); err != nil {
		_ = c.client.Close() // it is gone; nothing is lost with it
	}
}

// send hands one mail over. After a failure the session is brought back to its
// beginning; if that fails too it is broken.
func (c *connection) send(p parcel) verdict {
	text, err := p.build()
	if err != nil {
		return verdict{Rejected, ""}
	}
	if err := c.client.UpdateDeadline(dialTimeout); err != nil {
		c.broken = true
		return verdict{Waiting, ""}
	}
	v := c.hand(p, text)
	if v.state != Sent && c.client.Reset() != nil {
		c.broken = true
	}
	return v
}

func (c *connection) hand(p parcel, text []byte) verdict {
	if err := c.client.Mail("<" + path(p.from) + ">"); err != nil {
		return senderRefused(judge(err, false))
	}
	if err := c.client.Rcpt("<" + path(p.to) + ">"); err != nil {
		return judge(err, true)
	}
	w, err := c.client.Data()
	if err != nil {
		return judge(err, false)
	}
	if _, err := w.Write(text); err != nil {
		_ = w.Close()
		return verdict{Waiting, ""}
	}
	return judge(w.Close(), false)
}

// senderRefused: a server that does not take our sender is set up wrongly; the
// mails wait until somebody mends that.
func senderRefused(v verdict) verdict {
	return verdict{Waiting, v.answer}
}

// codeOf names what kept us from the server.
func codeOf(err error) string {
	var answer *textproto.Error
	var timeout net.Error
	var dns *net.DNSError
	var record tls.RecordHeaderError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &dns):
		return "mail.no_such_host"
	case errors.As(err, &certificate), errors.As(err, &record):
		return "mail.tls"
	case errors.As(err, &answer) && (answer.Code == 535 || answer.Code == 534 || answer.Code == 530):
		return "mail.sign_in"
	case errors.As(err, &answer):
		return "mail.refused"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "mail.timeout"
	}
	return "mail.no_connection"
}

// Try connects to a server, and, where to is an address, sends it a mail of
// the given text. It stores nothing. Errors: fault.Conflict "mail.no_server";
// fault.Unavailable with the code of what failed: "mail.no_such_host",
// "mail.tls", "mail.sign_in", "mail.refused", "mail.timeout",
// "mail.no_connection", "mail.not_taken"; fault.Invalid "mail.bad_letter".
func Try(ctx context.Context, db *store.DB, ring *keyring.Ring, tenant int, to string, text terms.Sheet) (err error) {
	defer fault.Add(&err, "mail.Try(%d)", tenant)
	var server terms.MailServer
	var sender Sender
	var now time.Time
	err = db.Read(ctx, func(rx *store.Rx) (err error) {
		now = rx.Now
		if server, err = terms.LoadMailServer(rx, tenant); err != nil {
			return err
		}
		sender, err = SenderOf(rx, tenant)
		return err
	})
	if err != nil {
		return err
	}
	if server.Host == "" {
		return fault.New(fault.Conflict, "mail.no_server")
	}
	conn, err := dial(ctx, ring, tenant, server)
	if err != nil {
		return fault.New(fault.Unavailable, codeOf(err)).Because(err)
	}
	defer conn.close()
	if to == "" {
		return nil
	}
	p := parcel{ulid.New(now), sender.Name, sender.Address, to, text.Subject, text.Body, now}
	if _, err := p.build(); err != nil {
		return err
	}
	if v := conn.send(p); v.state != Sent {
		return fault.New(fault.Unavailable, "mail.not_taken", "answer", v.answer)
	}
	return nil
}
