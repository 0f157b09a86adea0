package seal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/tls"
	"io"
	"testing"
)

// TB17: a bundle counts only from the other side: one that says it is ours, or that
// our own key has signed, is refused whatever is pinned. The sender that the header
// names is asked, also where several are known.
func TestTB17_OnlyFromTheOtherSide(t *testing.T) {
	w, stranger := newWorld(t), newWorld(t)
	mirrored := w
	mirrored.office = w.cloud
	for name, c := range map[string]struct {
		file    []byte
		senders []Public
		want    string
	}{
		"says that it is ours": {w.resigned(t, func(h *Header) { h.From = Cloud }), []Public{w.office.Public()}, "E-SIG"},
		"signed by ourselves":  {mirrored.sealed(t, w.header(), events...), []Public{w.cloud.Public()}, "E-DIR"},
		"the second sender":    {w.sealed(t, w.header(), events...), []Public{stranger.office.Public(), w.office.Public()}, "<nil>"},
	} {
		r := w.receiver()
		r.Senders = c.senders
		if _, _, err := read(t, c.file, r); code(err) != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

// TB17: a signature of the same key that was made for something else is none.
func TestTB17_SignatureIsForBundlesAlone(t *testing.T) {
	w := newWorld(t)
	plain := w.plain(t, w.sealed(t, w.header(), events...))
	body := plain[:len(plain)-ed25519.SignatureSize]
	line, payload, _ := bytes.Cut(body, []byte("\n"))
	digest := sha256.Sum256(payload)
	elsewhere := ed25519.Sign(w.office.sign, append(bytes.Clone(line), digest[:]...))
	if _, _, err := read(t, w.again(t, append(bytes.Clone(body), elsewhere...)), w.receiver()); code(err) != "E-SIG" {
		t.Errorf("got %v", err)
	}
}

// A file whose size nobody tells is not read beyond what is allowed, however well
// it is sealed.
func TestBundle_SizeThatNobodyTells(t *testing.T) {
	w := newWorld(t)
	file := w.again(t, make([]byte, SizeLimit+1))
	read := &counter{to: io.Discard, sum: sha256.New()}
	_, err := Open(io.TeeReader(bytes.NewReader(file), read), -1, spool(t), w.receiver())
	if code(err) != "E-SIZE" || read.n > SizeLimit+1 {
		t.Errorf("got %v after %d bytes", err, read.n)
	}
}

// KT1000: each connection shows its keys anew: one that was begun with a key that
// is taken back does not go on under another.
func TestKT1000_NoConnectionIsResumed(t *testing.T) {
	w := newWorld(t)
	listen, err := w.cloud.TLS([]Public{w.office.Public()})
	if err != nil {
		t.Fatal(err)
	}
	call, err := w.office.TLS([]Public{w.cloud.Public()})
	if err != nil {
		t.Fatal(err)
	}
	call.ClientSessionCache, call.SessionTicketsDisabled, call.ServerName = tls.NewLRUClientSessionCache(1), false, "exchange"
	for range 2 {
		near, far := pair(t)
		done := make(chan error, 1)
		go func() {
			conn := tls.Server(far, listen)
			_, err := io.CopyN(conn, conn, 1)
			done <- err
		}()
		conn := tls.Client(near, call)
		if _, err := conn.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if conn.ConnectionState().DidResume {
			t.Error("the second connection goes on with the keys of the first")
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}
