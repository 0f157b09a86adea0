package lan

import (
	"bufio"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// firstByte is how long a new connection may take to say anything.
const firstByte = 10 * time.Second

// tlsHandshake is the first byte of every TLS connection.
const tlsHandshake = 0x16

// Split divides the connections of one listener: those that begin with a TLS
// handshake come out of secure, decrypted; all others out of plain, because
// people type http:// in front of a name. Closing either closes the listener.
func Split(inner net.Listener, config *tls.Config) (secure, plain net.Listener) {
	s := &splitter{inner: inner, done: make(chan struct{})}
	encrypted, clear := s.branch(), s.branch()
	go s.accept(encrypted, clear)
	return tls.NewListener(encrypted, config), clear
}

type splitter struct {
	inner net.Listener
	once  sync.Once
	done  chan struct{}
	err   error // why the listener ended; valid once done is closed
}

type branch struct {
	*splitter
	conns chan net.Conn
}

func (s *splitter) branch() *branch { return &branch{s, make(chan net.Conn)} }

func (s *splitter) accept(encrypted, clear *branch) {
	const shortest = 5 * time.Millisecond
	pause := shortest
	for {
		conn, err := s.inner.Accept()
		switch {
		case err == nil:
			pause = shortest
			go s.sort(conn, encrypted, clear)
		case errors.Is(err, net.ErrClosed):
			s.end(err)
			return
		default: // out of file handles, say: the next moment may be better
			select {
			case <-time.After(pause):
				pause = min(2*pause, time.Second)
			case <-s.done:
				return
			}
		}
	}
}

// sort waits for the first byte and hands the connection on.
func (s *splitter) sort(conn net.Conn, encrypted, clear *branch) {
	tooLate := time.AfterFunc(firstByte, func() { _ = conn.Close() })
	peeked := &peekedConn{Conn: conn, r: bufio.NewReaderSize(conn, 512)}
	first, err := peeked.r.Peek(1)
	if !tooLate.Stop() || err != nil {
		_ = conn.Close()
		return
	}
	to := clear
	if first[0] == tlsHandshake {
		to = encrypted
	}
	select {
	case to.conns <- peeked:
	case <-s.done:
		_ = conn.Close()
	}
}

func (s *splitter) end(err error) {
	s.once.Do(func() {
		s.err = err
		close(s.done)
	})
}

// Accept implements net.Listener.
func (b *branch) Accept() (net.Conn, error) {
	select {
	case conn := <-b.conns:
		return conn, nil
	case <-b.done:
		return nil, b.err
	}
}

// Close implements net.Listener.
func (b *branch) Close() error {
	b.end(net.ErrClosed)
	if err := b.inner.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil // the other branch was first
}

// Addr implements net.Listener.
func (b *branch) Addr() net.Addr { return b.inner.Addr() }

// peekedConn gives back the byte that was looked at.
type peekedConn struct {
	net.Conn
	r *bufio.Reader
}

// Read implements net.Conn.
func (c *peekedConn) Read(p []byte) (int, error) { return c.r.Read(p) }
