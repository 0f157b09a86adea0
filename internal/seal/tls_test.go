package seal

import (
	"crypto/rand"
	"crypto/tls"
	"io"
	"net"
	"testing"
	"time"

	"kofu/internal/fault"
)

// KT1000: each side talks to the pinned key of the other one and to nobody else,
// whoever calls and whoever listens.
func TestKT1000_TLSWithPinnedKeys(t *testing.T) {
	w, stranger := newWorld(t), newWorld(t)
	otherCity, err := NewSecret(Cloud, "8", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	office, cloud := w.office.Public(), w.cloud.Public()
	rotated, err := w.cloud.Rotated()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name             string
		caller, listener *Secret
		of, by           []Public // whom the caller and the listener expect
		good             bool
	}{
		{"the two sides", w.office, w.cloud, []Public{cloud}, []Public{office}, true},
		{"a new opening key", w.office, rotated, []Public{cloud}, []Public{office}, true},
		{"one of two keys", w.office, w.cloud, []Public{stranger.cloud.Public(), cloud}, []Public{stranger.office.Public(), office}, true},
		{"a stranger calls", stranger.office, w.cloud, []Public{cloud}, []Public{office}, false},
		{"a stranger listens", w.office, stranger.cloud, []Public{cloud}, []Public{office}, false},
		{"nobody is pinned", w.office, w.cloud, []Public{cloud}, nil, false},
		{"the own side", w.cloud, w.cloud, []Public{cloud}, []Public{cloud}, false},
		{"another city", w.office, otherCity, []Public{otherCity.Public()}, []Public{office}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := talk(t, c.caller, c.listener, c.of, c.by)
			if c.good && err != nil {
				t.Errorf("the connection failed: %v", err)
			}
			if !c.good && !fault.Is(err, fault.Forbidden, "seal.wrong_peer") {
				t.Errorf("the connection ended with %v", err)
			}
		})
	}
}

// KT1000: somebody without a certificate, or with an older TLS, gets no answer.
func TestKT1000_TLSNeedsACertificateAndVersion13(t *testing.T) {
	w := newWorld(t)
	settings, err := w.cloud.TLS([]Public{w.office.Public()})
	if err != nil {
		t.Fatal(err)
	}
	for name, caller := range map[string]*tls.Config{
		"no certificate": {InsecureSkipVerify: true},
		"TLS 1.2":        {InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, Certificates: certificates(t, w.office)},
	} {
		near, far := pair(t)
		failed := make(chan error, 1)
		go func() {
			failed <- tls.Server(far, settings).HandshakeContext(t.Context())
			far.Close()
		}()
		conn := tls.Client(near, caller)
		_, _ = conn.Write([]byte("x"))
		_, _ = conn.Read(make([]byte, 1))
		if err := <-failed; err == nil {
			t.Errorf("%s: the handshake succeeded", name)
		}
	}
}

func certificates(t *testing.T, s *Secret) []tls.Certificate {
	t.Helper()
	own, err := s.certificate()
	if err != nil {
		t.Fatal(err)
	}
	return []tls.Certificate{own}
}

// pair is a connection with its two ends.
func pair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if near, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []net.Conn{near, far} {
		t.Cleanup(func() { c.Close() })
		if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	return near, far
}

// talk sends a byte there and back and returns the refusal of whoever refused.
func talk(t *testing.T, caller, listener *Secret, of, by []Public) error {
	t.Helper()
	call, err := caller.TLS(of)
	if err != nil {
		t.Fatal(err)
	}
	listen, err := listener.TLS(by)
	if err != nil {
		t.Fatal(err)
	}
	near, far := pair(t)
	answered := make(chan error, 1)
	go func() {
		defer far.Close()
		conn := tls.Server(far, listen)
		if err := conn.HandshakeContext(t.Context()); err != nil {
			answered <- err
			return
		}
		_, err := io.CopyN(conn, conn, 1)
		answered <- err
	}()
	conn := tls.Client(near, call)
	err = conn.HandshakeContext(t.Context())
	if err == nil {
		if _, err = conn.Write([]byte("x")); err == nil {
			_, err = conn.Read(make([]byte, 1))
		}
	}
	near.Close()
	if refusal := <-answered; fault.Is(refusal, fault.Forbidden, "seal.wrong_peer") {
		return refusal
	}
	return err
}
