package seal

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"time"

	"filippo.io/age"

	"kofu/internal/fault"
)

// Limits of what is opened, in bytes.
const (
	SizeLimit         = 64 << 20
	SnapshotSizeLimit = 4 << 30
	unzipLimit        = 512 << 20
	snapshotUnzip     = 16 << 30
	lineLimit         = 64 << 10
)

// signatureLabel stands before what is signed, so that a signature of a bundle
// is good for nothing else.
const signatureLabel = "kofu bundle v1\n"

// Spool is a place for bytes under way: a file of the spool folder, or memory.
type Spool interface {
	io.Reader
	io.Writer
	io.Seeker
}

// Seal writes a bundle with the lines to dst, signed by from for the receiver to
// and, where it is not empty, the city's recovery key. It fills in what follows
// from keys and payload; the other fields of h are the caller's. The spool is
// empty at first. It returns the header as written.
func Seal(dst io.Writer, spool Spool, h Header, from *Secret, to Public, recovery string, lines iter.Seq2[[]byte, error]) (_ Header, err error) {
	defer fault.Add(&err, "seal.Seal(%s)", h.BundleID)
	own := from.Public()
	if err := to.check(); err != nil {
		return Header{}, err
	}
	h.V, h.Schema = Version, Schema
	h.Tenant, h.From, h.To = own.Tenant, own.Party, to.Party
	h.KidSig, h.KidEnc = own.KidSig(), to.KidEnc()
	digest, err := pack(spool, &h, lines)
	if err != nil {
		return Header{}, err
	}
	recipients, err := recipientsOf(to.Seal, recovery)
	if err != nil {
		return Header{}, err
	}
	line, err := h.canonical()
	if err != nil {
		return Header{}, err
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return Header{}, err
	}
	out, err := age.Encrypt(dst, recipients...)
	if err != nil {
		return Header{}, err
	}
	for _, part := range []io.Reader{
		bytes.NewReader(line), bytes.NewReader([]byte("\n")), spool,
		bytes.NewReader(ed25519.Sign(from.sign, signed(line, digest))),
	} {
		if _, err := io.Copy(out, part); err != nil {
			return Header{}, err
		}
	}
	return h, out.Close()
}

// pack writes the payload into the spool and its measures into the header.
func pack(spool io.Writer, h *Header, lines iter.Seq2[[]byte, error]) (digest []byte, err error) {
	count := &counter{to: spool, sum: sha256.New()}
	zip := gzip.NewWriter(count)
	h.N = 0
	for line, err := range lines {
		if err != nil {
			return nil, err
		}
		if len(line) > lineLimit || bytes.ContainsAny(line, "\r\n") {
			return nil, fmt.Errorf("event %d cannot be written as a line", h.N+1)
		}
		h.N++
		if _, err := zip.Write(append(line, '\n')); err != nil {
			return nil, err
		}
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	digest = count.sum.Sum(nil)
	h.Length, h.Digest = count.n, base64.RawURLEncoding.EncodeToString(digest)
	return digest, nil
}

func recipientsOf(texts ...string) (list []age.Recipient, err error) {
	for _, text := range texts {
		if text == "" {
			continue
		}
		r, err := age.ParseHybridRecipient(text)
		if err != nil {
			return nil, fault.New(fault.Invalid, "seal.bad_keys").Because(err)
		}
		list = append(list, r)
	}
	return list, nil
}

func signed(header, digest []byte) []byte {
	return append(append([]byte(signatureLabel), header...), digest...)
}

type counter struct {
	to  io.Writer
	sum hash.Hash
	n   int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.n += int64(n)
	c.sum.Write(p[:n])
	return n, err
}

// Receiver is what opening needs: the own keys, old ones for a while too, and
// whom to believe.
type Receiver struct {
	Keys    []*Secret // the newest first
	Senders []Public  // of the other side, the newest first
	Now     time.Time
	Large   bool // a snapshot is expected and may be larger
}

// Bundle is an opened bundle whose signature is right. Its payload lies in the
// spool and is read by [Bundle.Lines].
type Bundle struct {
	Header
	SHA256 string // of the file, base64url: what the acknowledgement names
	Size   int64  // of the file

	payload io.ReadSeeker
	unzip   int64
}

// Open stages a bundle in the spool and verifies all of it before it returns;
// nothing of it may be used earlier. size is that of the file in bytes, −1 where
// it is not known beforehand. Errors, in the order of the checks, all
// fault.Invalid: "seal.E-SIZE", "seal.E-DECRYPT", "seal.E-VERSION", "seal.E-SIG",
// "seal.E-TENANT", "seal.E-DIR", "seal.E-DIGEST", "seal.E-EXPIRED". Whether its
// epoch and numbers fit the receiver's log is for the caller to say.
func Open(src io.Reader, size int64, spool Spool, r Receiver) (_ *Bundle, err error) {
	defer fault.Add(&err, "seal.Open")
	if len(r.Keys) == 0 {
		return nil, fault.New(fault.Conflict, "seal.no_keys")
	}
	limit := int64(SizeLimit)
	if r.Large {
		limit = SnapshotSizeLimit
	}
	if size > limit {
		return nil, refuse("E-SIZE")
	}
	file := &counter{to: io.Discard, sum: sha256.New()}
	sized := &limited{from: io.TeeReader(src, file), left: limit}
	staged, err := stage(sized, spool, r.Keys)
	switch {
	case sized.over:
		return nil, refuse("E-SIZE")
	case err != nil:
		return nil, err
	}
	b := &Bundle{Header: staged.header, unzip: unzipLimit, payload: spool}
	if r.Large {
		b.unzip = snapshotUnzip
	}
	if err := staged.verify(r); err != nil {
		return nil, err
	}
	b.SHA256, b.Size = base64.RawURLEncoding.EncodeToString(file.sum.Sum(nil)), file.n
	return b, nil
}

func refuse(code string) *fault.Error { return fault.New(fault.Invalid, "seal."+code) }

// limited is a reader that notices when there is more than allowed.
type limited struct {
	from io.Reader
	left int64
	over bool
}

var errOver = errors.New("larger than allowed")

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		n, err := l.from.Read(make([]byte, 1))
		if n > 0 {
			l.over = true
			return 0, errOver
		}
		return 0, err
	}
	n, err := l.from.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}

// stagedBundle is a bundle whose outer seal is open.
type stagedBundle struct {
	line      []byte
	header    Header
	known     bool // the header can be read
	digest    []byte
	length    int64
	signature []byte
}

// stage decrypts everything into the spool, the signature apart.
func stage(src io.Reader, spool Spool, keys []*Secret) (s stagedBundle, err error) {
	identities := make([]age.Identity, len(keys))
	for i, k := range keys {
		identities[i] = k.open
	}
	plain, err := age.Decrypt(src, identities...)
	if err != nil {
		return s, refuse("E-DECRYPT").Because(err)
	}
	in := bufio.NewReaderSize(plain, headerLimit)
	line, err := in.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF) {
		return s, refuse("E-DECRYPT").Because(err)
	}
	s.line = bytes.Clone(bytes.TrimSuffix(line, []byte("\n")))
	s.header, s.known = parseHeader(s.line)
	held := &tail{to: &counter{to: spool, sum: sha256.New()}}
	if _, err := io.Copy(held, in); err != nil {
		if held.failed != nil {
			return s, held.failed // the spool, not the bundle
		}
		return s, refuse("E-DECRYPT").Because(err)
	}
	// Only now is it certain that nothing was cut off or changed.
	s.digest, s.length, s.signature = held.to.sum.Sum(nil), held.to.n, held.last
	return s, nil
}

// tail passes everything on but the last bytes, which are the signature.
type tail struct {
	to     *counter
	last   []byte
	failed error
}

func (t *tail) Write(p []byte) (int, error) {
	t.last = append(t.last, p...)
	if over := len(t.last) - ed25519.SignatureSize; over > 0 {
		if _, err := t.to.Write(t.last[:over]); err != nil {
			t.failed = err
			return 0, err
		}
		t.last = append(t.last[:0], t.last[over:]...)
	}
	return len(p), nil
}

func (s stagedBundle) verify(r Receiver) error {
	h := s.header
	if !s.known || h.V != Version || h.Schema != Schema || !h.Kind.known() {
		return refuse("E-VERSION")
	}
	if !s.signedBy(r.Senders) {
		return refuse("E-SIG")
	}
	own := r.Keys[0].Public()
	recipient := false
	for _, k := range r.Keys {
		recipient = recipient || k.Public().KidEnc() == h.KidEnc
	}
	switch {
	case h.Tenant != own.Tenant:
		return refuse("E-TENANT")
	case h.To != own.Party || h.From == own.Party || !recipient:
		return refuse("E-DIR")
	case h.Length != s.length || h.Digest != base64.RawURLEncoding.EncodeToString(s.digest):
		return refuse("E-DIGEST")
	case h.expired(r.Now):
		return refuse("E-EXPIRED")
	}
	return nil
}

// signedBy asks the pinned key that the header names, and no other.
func (s stagedBundle) signedBy(senders []Public) bool {
	for _, p := range senders {
		key, err := p.verify()
		if err == nil && p.KidSig() == s.header.KidSig && p.Party == s.header.From {
			return ed25519.Verify(key, signed(s.line, s.digest), s.signature)
		}
	}
	return false
}

// Lines calls fn for each line of the payload. Errors: fault.Invalid
// "seal.E-UNZIP" when it cannot be unpacked, is larger than allowed or does not
// have the number of lines that the header says; those of fn. The caller applies
// what it read only when Lines has returned without error.
func (b *Bundle) Lines(fn func(line []byte) error) (err error) {
	defer fault.Add(&err, "seal.Lines(%s)", b.BundleID)
	if _, err := b.payload.Seek(0, io.SeekStart); err != nil {
		return err
	}
	zip, err := gzip.NewReader(bufio.NewReader(io.LimitReader(b.payload, b.Length)))
	if err != nil {
		return refuse("E-UNZIP").Because(err)
	}
	in := bufio.NewScanner(&limited{from: zip, left: b.unzip})
	in.Buffer(make([]byte, 0, 4<<10), lineLimit+1)
	n := 0
	for in.Scan() {
		if n++; n > b.N {
			return refuse("E-UNZIP")
		}
		if err := fn(in.Bytes()); err != nil {
			return err
		}
	}
	if in.Err() != nil || n != b.N {
		return refuse("E-UNZIP").Because(in.Err())
	}
	return nil
}
