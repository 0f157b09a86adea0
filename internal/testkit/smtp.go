package testkit

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Mail is one that a [Sink] has taken: the commands as they were sent, and the
// message with its headers.
type Mail struct {
	From, To string // as in the dialogue, with their brackets
	Text     string
	TLS      bool
	User     string // who signed in, '' without
}

// Sink is a small mail server that keeps what it gets.
type Sink struct {
	Host string
	Port int

	// Answer, if set, answers a command in place of the sink: a line such as
	// "550 5.1.1 no such user", or "" to go on as usual. "DATA." stands for the end
	// of a message. It is set before the first mail.
	Answer func(command, argument string) string
	// StartTLS offers encryption; with it User and Password must sign in if set.
	StartTLS       bool
	Implicit       bool // encrypted from the first byte
	User, Password string

	mu     sync.Mutex
	mails  []Mail
	dialog []string

	listener    net.Listener
	certificate tls.Certificate
}

// NewSink starts a mail server on this machine that ends with the test.
// Encrypted it shows the certificate of [TrustSinks].
func NewSink(t testing.TB, set func(*Sink)) *Sink {
	t.Helper()
	s := &Sink{Host: "127.0.0.1"}
	if set != nil {
		set(s)
	}
	if s.StartTLS || s.Implicit {
		s.Host = "localhost"
		var err error
		if s.certificate, err = sinkCertificate(); err != nil {
			t.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if s.Implicit {
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{s.certificate}, MinVersion: tls.VersionTLS12})
	}
	s.listener = listener
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	s.Port, _ = strconv.Atoi(port)
	var sessions sync.WaitGroup
	sessions.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			sessions.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close() // the test is over
		sessions.Wait()
	})
	return s
}

// Stop ends the server before the test does: it can be reached no more.
func (s *Sink) Stop() { _ = s.listener.Close() }

// Mails returns what has arrived so far.
func (s *Sink) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail{}, s.mails...)
}

// Dialogue returns every command that has arrived so far.
func (s *Sink) Dialogue() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.dialog...)
}

// session is one connection to a sink.
type session struct {
	sink *Sink
	conn net.Conn
	in   *bufio.Reader
	mail Mail
}

func (s *Sink) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second)) //nolint:forbidigo // a real connection
	e := &session{sink: s, conn: conn, in: bufio.NewReader(conn)}
	e.mail.TLS = s.Implicit
	e.say("220 sink ready")
	for e.command() {
	}
}

func (e *session) say(line string) { _, _ = e.conn.Write([]byte(line + "\r\n")) }

func (e *session) line() (string, bool) {
	line, err := e.in.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err == nil
}

// command answers one command and reports whether the session goes on.
func (e *session) command() bool {
	line, ok := e.line()
	if !ok {
		return false
	}
	s := e.sink
	s.mu.Lock()
	s.dialog = append(s.dialog, line)
	s.mu.Unlock()
	verb, argument, _ := strings.Cut(line, " ")
	verb = strings.ToUpper(verb)
	if s.Answer != nil {
		if answer := s.Answer(verb, argument); answer != "" {
			e.say(answer)
			return true
		}
	}
	switch verb {
	case "EHLO", "HELO":
		e.hello()
	case "STARTTLS":
		e.say("220 go on")
		conn := tls.Server(e.conn, &tls.Config{Certificates: []tls.Certificate{s.certificate}, MinVersion: tls.VersionTLS12})
		e.conn, e.in, e.mail.TLS = conn, bufio.NewReader(conn), true
	case "AUTH":
		return e.signIn(argument)
	case "MAIL":
		from, _, _ := strings.Cut(strings.TrimPrefix(argument, "FROM:"), " ")
		e.mail.From = from
		e.say("250 2.1.0 ok")
	case "RCPT":
		e.mail.To = strings.TrimPrefix(argument, "TO:")
		e.say("250 2.1.5 ok")
	case "DATA":
		return e.data()
	case "QUIT":
		e.say("221 bye")
		return false
	default:
		e.say("250 ok")
	}
	return true
}

func (e *session) hello() {
	lines := []string{"250-sink", "250-8BITMIME"}
	if e.sink.StartTLS && !e.mail.TLS {
		lines = append(lines, "250-STARTTLS")
	}
	if e.sink.User != "" {
		lines = append(lines, "250-AUTH PLAIN")
	}
	e.say(strings.Join(append(lines, "250 ENHANCEDSTATUSCODES"), "\r\n"))
}

func (e *session) signIn(argument string) bool {
	_, response, _ := strings.Cut(argument, " ")
	plain, err := base64.StdEncoding.DecodeString(response)
	parts := strings.Split(string(plain), "\x00")
	if err != nil || len(parts) != 3 || parts[1] != e.sink.User || parts[2] != e.sink.Password {
		e.say("535 5.7.8 no")
		return true
	}
	e.mail.User = parts[1]
	e.say("235 2.7.0 ok")
	return true
}

func (e *session) data() bool {
	e.say("354 go on")
	var text strings.Builder
	for {
		line, ok := e.line()
		if !ok {
			return false
		}
		if line == "." {
			break
		}
		text.WriteString(strings.TrimPrefix(line, ".") + "\r\n")
	}
	if e.sink.Answer != nil {
		if answer := e.sink.Answer("DATA.", ""); answer != "" {
			e.say(answer)
			return true
		}
	}
	mail := e.mail
	mail.Text = text.String()
	e.sink.mu.Lock()
	e.sink.mails = append(e.sink.mails, mail)
	e.sink.mu.Unlock()
	e.say("250 2.0.0 taken")
	return true
}

// sinkCertificate is that of every sink of a test process.
var sinkCertificate = sync.OnceValues(func() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sink"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), //nolint:forbidigo // the TLS library looks at the real clock
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
})

// TrustSinks makes this process trust the certificate of its sinks. It is called
// in TestMain, before anything connects, and returns what removes the file.
func TrustSinks() (remove func(), err error) {
	certificate, err := sinkCertificate()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "kofu-sink-")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "sink.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
	if err := os.WriteFile(path, block, 0o600); err != nil {
		return nil, err
	}
	return func() { _ = os.RemoveAll(dir) }, os.Setenv("SSL_CERT_FILE", path)
}
