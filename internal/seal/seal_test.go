package seal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"iter"
	mrand "math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"kofu/internal/fault"
)

var now = time.Date(2026, 11, 24, 0, 30, 0, 0, time.UTC)

const week = "2026-12-01T00:30:00.000Z"

// world is a pair of sides that know each other.
type world struct {
	office, cloud *Secret
	recovery      *age.HybridIdentity
}

func newWorld(t testing.TB) world {
	t.Helper()
	office, err := NewSecret(Office, "7", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cloud, err := NewSecret(Cloud, "7", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	recovery, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return world{office, cloud, recovery}
}

func spool(t testing.TB) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func (w world) header() Header {
	return Header{Kind: Reservations, BundleID: "019abc", Epoch: "e1", Lo: 1, Hi: 3, Created: "2026-11-24T00:30:00.000Z", NotAfter: week, Class: "restricted"}
}

var events = []string{`{"at":"2026-11-24","seq":1,"t":"link.issue"}`, `{"seq":2,"t":"link.ready"}`, `{"seq":3,"t":"link.close"}`}

func lines(all ...string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, l := range all {
			if !yield([]byte(l), nil) {
				return
			}
		}
	}
}

func (w world) sealed(t testing.TB, h Header, all ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := Seal(&b, spool(t), h, w.office, w.cloud.Public(), w.recovery.Recipient().String(), lines(all...)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (w world) receiver() Receiver {
	return Receiver{Keys: []*Secret{w.cloud}, Senders: []Public{w.office.Public()}, Now: now}
}

// read opens a bundle and returns its lines.
func read(t testing.TB, file []byte, r Receiver) (*Bundle, []string, error) {
	t.Helper()
	b, err := Open(bytes.NewReader(file), int64(len(file)), spool(t), r)
	if err != nil {
		return nil, nil, err
	}
	var all []string
	err = b.Lines(func(line []byte) error {
		all = append(all, string(line))
		return nil
	})
	return b, all, err
}

func code(err error) string {
	e, ok := fault.As(err)
	if !ok {
		return fmt.Sprint(err)
	}
	return strings.TrimPrefix(e.Code, "seal.")
}

func TestBundle_ThereAndBack(t *testing.T) {
	w := newWorld(t)
	file := w.sealed(t, w.header(), events...)
	b, got, err := read(t, file, w.receiver())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(events, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	sum := sha256.Sum256(file)
	if b.SHA256 != base64.RawURLEncoding.EncodeToString(sum[:]) || b.N != 3 || b.From != Office || b.Tenant != "7" {
		t.Errorf("bundle = %+v", b)
	}
	for _, plain := range []string{"link", "payload", "seq", "office"} {
		if bytes.Contains(file, []byte(plain)) {
			t.Errorf("the file shows %q", plain)
		}
	}
}

func TestBundle_Empty(t *testing.T) {
	w := newWorld(t)
	_, got, err := read(t, w.sealed(t, w.header()), w.receiver())
	if err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

// The city's recovery key opens a bundle, somebody else's key does not.
func TestBundle_RecoveryKey(t *testing.T) {
	w := newWorld(t)
	file := w.sealed(t, w.header(), events...)
	if _, err := age.Decrypt(bytes.NewReader(file), w.recovery); err != nil {
		t.Errorf("recovery key: %v", err)
	}
	other := newWorld(t)
	r := w.receiver()
	r.Keys = []*Secret{other.cloud}
	if _, _, err := read(t, file, r); code(err) != "E-DECRYPT" {
		t.Errorf("a stranger's key: %v", err)
	}
}

// After a lost medium the old key still opens what was sent before, and a new
// sender key is believed only once it is pinned.
func TestBundle_Rotation(t *testing.T) {
	w := newWorld(t)
	file := w.sealed(t, w.header(), events...)
	rotated, err := w.cloud.Rotated()
	if err != nil {
		t.Fatal(err)
	}
	r := w.receiver()
	r.Keys = []*Secret{rotated, w.cloud}
	if _, _, err := read(t, file, r); err != nil {
		t.Errorf("with the old key at hand: %v", err)
	}
	r.Keys = []*Secret{rotated}
	if _, _, err := read(t, file, r); code(err) != "E-DECRYPT" {
		t.Errorf("without the old key: %v", err)
	}
	if rotated.Public().Fingerprint() == w.cloud.Public().Fingerprint() {
		t.Error("another key has the same fingerprint")
	}
}

// again seals a changed plaintext for the receiver, as anybody can who knows
// the public key.
func (w world) again(t testing.TB, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	recipient, err := age.ParseHybridRecipient(w.cloud.Public().Seal)
	if err != nil {
		t.Fatal(err)
	}
	out, err := age.Encrypt(&b, recipient)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := out.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (w world) plain(t testing.TB, file []byte) []byte {
	t.Helper()
	in, err := age.Decrypt(bytes.NewReader(file), w.cloud.open)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// resigned changes the header and signs it as the office would.
func (w world) resigned(t testing.TB, change func(*Header)) []byte {
	t.Helper()
	plain := w.plain(t, w.sealed(t, w.header(), events...))
	line, rest, _ := bytes.Cut(plain, []byte("\n"))
	payload := rest[:len(rest)-ed25519.SignatureSize]
	h, ok := parseHeader(line)
	if !ok {
		t.Fatal("the header cannot be read")
	}
	change(&h)
	line, err := h.canonical()
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(payload)
	signature := ed25519.Sign(w.office.sign, signed(line, digest[:]))
	return w.again(t, append(append(append(line, '\n'), payload...), signature...))
}

func TestBundle_EachRefusalHasItsCode(t *testing.T) {
	w := newWorld(t)
	good := w.sealed(t, w.header(), events...)
	plain := w.plain(t, good)
	stranger := newWorld(t)
	foreign := stranger
	foreign.cloud = w.cloud
	mirrored := w
	mirrored.office, mirrored.cloud = w.cloud, w.office

	for name, c := range map[string]struct {
		file []byte
		edit func(*Receiver)
		want string
	}{
		"larger than 64 MiB":       {file: make([]byte, SizeLimit+1), want: "E-SIZE"},
		"nothing":                  {file: nil, want: "E-DECRYPT"},
		"a picture":                {file: []byte("\x89PNG\r\n\x1a\n"), want: "E-DECRYPT"},
		"cut off":                  {file: good[:len(good)-1], want: "E-DECRYPT"},
		"something behind":         {file: append(bytes.Clone(good), 0), want: "E-DECRYPT"},
		"no header":                {file: w.again(t, []byte("hello")), want: "E-VERSION"},
		"header with a space":      {file: w.again(t, bytes.Replace(plain, []byte(`"v":1`), []byte(`"v": 1`), 1)), want: "E-VERSION"},
		"newer version":            {file: w.resigned(t, func(h *Header) { h.V = 2 }), want: "E-VERSION"},
		"unknown kind":             {file: w.resigned(t, func(h *Header) { h.Kind = "gift" }), want: "E-VERSION"},
		"unknown schema":           {file: w.resigned(t, func(h *Header) { h.Schema = 2 }), want: "E-VERSION"},
		"changed header":           {file: w.again(t, bytes.Replace(plain, []byte(`"hi":3`), []byte(`"hi":4`), 1)), want: "E-SIG"},
		"signed by a stranger":     {file: foreign.sealed(t, w.header(), events...), want: "E-SIG"},
		"no signature":             {file: w.again(t, plain[:len(plain)-ed25519.SignatureSize]), want: "E-SIG"},
		"of another municipality":  {file: w.resigned(t, func(h *Header) { h.Tenant = "8" }), want: "E-TENANT"},
		"for the office":           {file: w.resigned(t, func(h *Header) { h.To = Office }), want: "E-DIR"},
		"for another key":          {file: w.resigned(t, func(h *Header) { h.KidEnc = "0000000000000000" }), want: "E-DIR"},
		"digest of something else": {file: w.resigned(t, func(h *Header) { h.Digest = "AAAA" }), want: "E-DIGEST"},
		"other length":             {file: w.resigned(t, func(h *Header) { h.Length++ }), want: "E-DIGEST"},
		"expired":                  {file: good, edit: func(r *Receiver) { r.Now = now.AddDate(0, 0, 8) }, want: "E-EXPIRED"},
		"without an end":           {file: w.resigned(t, func(h *Header) { h.NotAfter = "" }), want: "E-EXPIRED"},
		"fewer lines than it says": {file: w.resigned(t, func(h *Header) { h.N = 4 }), want: "E-UNZIP"},
		"more lines than it says":  {file: w.resigned(t, func(h *Header) { h.N = 2 }), want: "E-UNZIP"},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.receiver()
			if c.edit != nil {
				c.edit(&r)
			}
			if _, _, err := read(t, c.file, r); code(err) != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	if _, _, err := read(t, good, w.receiver()); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

// A payload of many megabytes in a few kilobytes is not unpacked. The limit is
// made small here.
func TestBundle_Bomb(t *testing.T) {
	w := newWorld(t)
	line := strings.Repeat("0", lineLimit)
	var b bytes.Buffer
	_, err := Seal(&b, spool(t), w.header(), w.office, w.cloud.Public(), "", func(yield func([]byte, error) bool) {
		for range 100 {
			if !yield([]byte(line), nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := Open(&b, -1, spool(t), w.receiver())
	if err != nil {
		t.Fatal(err)
	}
	opened.unzip = 20 * lineLimit
	if err := opened.Lines(func([]byte) error { return nil }); code(err) != "E-UNZIP" {
		t.Errorf("got %v", err)
	}
}

// TB17, G-09: whatever is changed in a bundle, it is refused, whether outside
// or, by somebody who can seal, inside.
func TestTB17_MutationsAreRefused(t *testing.T) {
	w := newWorld(t)
	good := w.sealed(t, w.header(), events...)
	plain := w.plain(t, good)
	rounds := 10_000
	if testing.Short() {
		rounds = 1_000
	}
	random := mrand.New(mrand.NewPCG(1, 2))
	codes := [2]map[string]int{{}, {}} // outside, inside
	for i := range rounds {
		var file []byte
		if i%2 == 0 {
			file = mutated(random, good)
		} else {
			file = w.again(t, mutated(random, plain))
		}
		_, _, err := read(t, file, w.receiver())
		if err == nil {
			t.Fatalf("round %d: a changed bundle was taken", i)
		}
		codes[i%2][code(err)]++
	}
	// Outside nothing opens. Inside the frame is broken or the signature does not hold.
	for where, right := range []string{"E-DECRYPT", "E-VERSION E-SIG"} {
		for c := range codes[where] {
			if !slices.Contains(strings.Fields(right), c) {
				t.Errorf("refused with %s, want %s", c, right)
			}
		}
	}
	t.Logf("refused with %v", codes)
}

// mutated returns a copy that differs.
func mutated(random *mrand.Rand, from []byte) []byte {
	for {
		b := bytes.Clone(from)
		at := random.IntN(len(b))
		switch random.IntN(5) {
		case 0:
			b[at] ^= 1 << random.IntN(8)
		case 1:
			b = b[:at]
		case 2:
			b = append(b[:at], append([]byte{byte(random.IntN(256))}, b[at:]...)...)
		case 3:
			b = append(b[:at], b[at+1:]...)
		case 4:
			other := random.IntN(len(b))
			b[at], b[other] = b[other], b[at]
		}
		if !bytes.Equal(b, from) {
			return b
		}
	}
}

func TestSecret_ThereAndBack(t *testing.T) {
	w := newWorld(t)
	text, err := w.office.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	if back.Public() != w.office.Public() {
		t.Error("other keys came back")
	}
	if f := back.Public().Fingerprint(); len(f) != 39 || strings.Count(f, " ") != 7 {
		t.Errorf("fingerprint %q", f)
	}
	for _, bad := range []string{"", "{}", `{"party":"office","tenant":"7","verify":"x","seal":"y"}`} {
		if _, err := ParsePublic([]byte(bad)); code(err) != "bad_keys" {
			t.Errorf("ParsePublic(%q) = %v", bad, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	w := newWorld(f)
	f.Add(w.sealed(f, w.header(), events...))
	f.Fuzz(func(t *testing.T, file []byte) {
		if _, err := Open(bytes.NewReader(file), int64(len(file)), spool(t), w.receiver()); err != nil {
			if _, ok := fault.As(err); !ok {
				t.Errorf("a failure without a code: %v", err)
			}
		}
	})
}

// FuzzPlain changes what is inside the outer seal.
func FuzzPlain(f *testing.F) {
	w := newWorld(f)
	good := w.plain(f, w.sealed(f, w.header(), events...))
	f.Add(good)
	f.Fuzz(func(t *testing.T, plain []byte) {
		if _, _, err := read(t, w.again(t, plain), w.receiver()); err == nil && !bytes.Equal(plain, good) {
			t.Error("a bundle that nobody signed was taken")
		}
	})
}
