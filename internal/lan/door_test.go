package lan

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"kofu/internal/gate"
)

func ips(s string) []net.IP { return []net.IP{net.ParseIP(s)} }

func hello() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, gate.DoorOf(r.Context()).Name+r.URL.Path)
	})
}

// TestDoor runs one table of requests over both doors.
func TestDoor(t *testing.T) {
	a := open(t, t.TempDir(), newMachine().options())
	native := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "native") })
	doors := map[string]Door{"desk": DeskDoor("18443", native, nil), "lan": OfficeDoor(a)}
	tests := []struct {
		name   string
		method string
		host   string // "" is a host of the door
		path   string
		header map[string]string
		desk   int
		lan    int
	}{
		{name: "page", path: "/", desk: 200, lan: 200},
		{name: "foreign name", host: "evil.example.com", path: "/", desk: 421, lan: 421},
		{name: "foreign name in the port's place", host: "evil.example.com:127", path: "/", desk: 421, lan: 421},
		{name: "no name", host: "-", path: "/", desk: 421, lan: 421},
		{name: "office name", host: "kofu.local:8443", path: "/", desk: 421, lan: 200},
		{name: "office name in capitals", host: "KOFU.LOCAL.", path: "/", desk: 421, lan: 200},
		{name: "own post", method: "POST", path: "/api/x", header: map[string]string{"Sec-Fetch-Site": "same-origin"}, desk: 200, lan: 200},
		{name: "foreign post", method: "POST", path: "/api/x", header: map[string]string{"Sec-Fetch-Site": "cross-site"}, desk: 403, lan: 403},
		{name: "foreign origin", method: "POST", path: "/api/x", header: map[string]string{"Origin": "https://evil.example.com"}, desk: 403, lan: 403},
		{name: "foreign post to the window", method: "POST", path: "/desk/quit", header: map[string]string{"Sec-Fetch-Site": "cross-site"}, desk: 403, lan: 403},
	}
	hosts := map[string]string{"desk": "127.0.0.1:18443", "lan": "192.168.10.5:8443"}
	for _, tt := range tests {
		for name, door := range doors {
			t.Run(tt.name+" "+name, func(t *testing.T) {
				r := httptest.NewRequest(tt.method, tt.path, nil)
				r.Host = hosts[name]
				if tt.host != "" {
					r.Host = strings.TrimPrefix(tt.host, "-")
				}
				for k, v := range tt.header {
					r.Header.Set(k, v)
				}
				w := httptest.NewRecorder()
				door.Wrap(hello()).ServeHTTP(w, r)
				want := map[string]int{"desk": tt.desk, "lan": tt.lan}[name]
				if w.Code != want {
					t.Fatalf("status %d, want %d: %s", w.Code, want, w.Body)
				}
				if want == 200 && w.Body.String() != name+tt.path {
					t.Errorf("answer %q", w.Body)
				}
				if want != 200 {
					checkRefusal(t, w.Body.Bytes())
				}
			})
		}
	}
}

// A browser on the window's door is told apart from the window.
func TestDoor_Window(t *testing.T) {
	isWindow := func(r *http.Request) bool { return r.Header.Get("Cookie") != "" }
	d := DeskDoor("18443", nil, isWindow)
	h := d.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		want := gate.Door{Name: "lan", CookieName: "kofu18443"}
		if isWindow(r) {
			want.Name = "desk"
		}
		if got := gate.DoorOf(r.Context()); got != want {
			t.Errorf("door %+v, want %+v", got, want)
		}
	}))
	for _, cookie := range []string{"", "kofudesk18443=x"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = "127.0.0.1:18443"
		if cookie != "" {
			r.Header.Set("Cookie", cookie)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}

func checkRefusal(t *testing.T, body []byte) {
	t.Helper()
	var answer struct{ Code, Message string }
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if answer.Code == "" || answer.Message == answer.Code {
		t.Errorf("refused with %+v", answer)
	}
}

func TestDoor_OwnPaths(t *testing.T) {
	a := open(t, t.TempDir(), newMachine().options())
	native := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "native") })
	get := func(d Door, host, path string) string {
		r := httptest.NewRequest("GET", path, nil)
		r.Host = host
		w := httptest.NewRecorder()
		d.Wrap(hello()).ServeHTTP(w, r)
		return w.Body.String()
	}
	if got := get(DeskDoor("1", native, nil), "localhost:1", "/desk/enter"); got != "native" {
		t.Errorf("desk door answers %q", got)
	}
	if got := get(OfficeDoor(a), "localhost", "/desk/enter"); got != "lan/desk/enter" {
		t.Errorf("the office door knows native paths: %q", got)
	}
	if got := get(OfficeDoor(a), "localhost", "/ca.crt"); got != string(a.DER()) {
		t.Errorf("ca.crt is %q", got)
	}
	desk, office := DeskDoor("18444", nil, nil), OfficeDoor(a)
	if desk.CookieName != "kofu18444" || desk.Secure || office.CookieName != "__Host-kofu" || !office.Secure {
		t.Errorf("cookies %q %v, %q %v", desk.CookieName, desk.Secure, office.CookieName, office.Secure)
	}
}

// serve starts both servers of the office door on one port.
func serve(t *testing.T, a *Authority) net.Addr {
	t.Helper()
	inner, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	door := OfficeDoor(a)
	secure, plain := Split(inner, a.TLS())
	servers := []*http.Server{{Handler: door.Wrap(hello())}, {Handler: ToTLS(door)}}
	ended := make(chan error, 2)
	go func() { ended <- servers[0].Serve(secure) }()
	go func() { ended <- servers[1].Serve(plain) }()
	t.Cleanup(func() {
		for _, s := range servers {
			_ = s.Shutdown(context.Background())
		}
		for range servers {
			if err := <-ended; !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
				t.Error(err)
			}
		}
	})
	return inner.Addr()
}

func client(a *Authority, highest uint16) *http.Client {
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	return &http.Client{
		Transport: &http.Transport{
			ForceAttemptHTTP2: true,
			TLSClientConfig:   &tls.Config{RootCAs: roots, MaxVersion: highest, Time: func() time.Time { return now }},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func TestServe(t *testing.T) {
	a := open(t, t.TempDir(), newMachine().options())
	addr := serve(t, a)

	// One who connects and says nothing holds nobody up.
	silent, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()

	c := client(a, 0)
	defer c.CloseIdleConnections()
	tests := []struct {
		url      string
		status   int
		location string
	}{
		{"https://" + addr.String() + "/cards", 200, ""},
		{"http://" + addr.String() + "/cards?q=1", 301, "https://" + addr.String() + "/cards?q=1"},
		{"http://" + addr.String() + "/api/cards", 403, ""},
	}
	for _, tt := range tests {
		r, err := c.Get(tt.url)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		if r.StatusCode != tt.status || r.Header.Get("Location") != tt.location {
			t.Errorf("%s: %d to %q", tt.url, r.StatusCode, r.Header.Get("Location"))
		}
		if r.TLS != nil && (r.Proto != "HTTP/2.0" || r.TLS.Version != tls.VersionTLS13) {
			t.Errorf("%s: %s over TLS %x", tt.url, r.Proto, r.TLS.Version)
		}
	}
}

// A password typed into a page that was opened with http:// gets no answer.
func TestServe_PlainPost(t *testing.T) {
	a := open(t, t.TempDir(), newMachine().options())
	addr := serve(t, a)
	c := client(a, 0)
	defer c.CloseIdleConnections()
	r, err := c.Post("http://"+addr.String()+"/login", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != 403 {
		t.Errorf("status %d", r.StatusCode)
	}
}

func TestServe_OldTLS(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		o := newMachine().options()
		o.AllowTLS12 = allowed
		a := open(t, t.TempDir(), o)
		c := client(a, tls.VersionTLS12)
		r, err := c.Get("https://" + serve(t, a).String() + "/")
		if err == nil {
			_ = r.Body.Close()
		}
		c.CloseIdleConnections()
		if (err == nil) != allowed {
			t.Errorf("TLS 1.2 allowed %v, got error %v", allowed, err)
		}
	}
}

func TestConnection(t *testing.T) {
	a := open(t, t.TempDir(), newMachine().options())
	c, err := a.Connection("8443")
	if err != nil {
		t.Fatal(err)
	}
	if c.URLs[0] != "https://counter-1.city.internal:8443/" || c.CAURL != "/ca.crt" || c.Fingerprint != a.Fingerprint() {
		t.Errorf("connection %+v", c)
	}
	if got, want := readQR(t, c.QRSVG), "https://192.168.10.5:8443/"; got != want {
		t.Errorf("the QR code says %q, want %q", got, want)
	}
}

var rect = regexp.MustCompile(`<rect x="(\d+)" y="(\d+)" width="(\d+)" height="1"/>`)

// readQR paints the rectangles and reads them with a decoder of another hand.
func readQR(t *testing.T, svg string) string {
	t.Helper()
	const scale = 4
	size := regexp.MustCompile(`viewBox="0 0 (\d+)`).FindStringSubmatch(svg)
	side, err := strconv.Atoi(size[1])
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewGray(image.Rect(0, 0, side*scale, side*scale))
	for i := range img.Pix {
		img.Pix[i] = 0xff
	}
	for _, m := range rect.FindAllStringSubmatch(svg, -1) {
		x, _ := strconv.Atoi(m[1])
		y, _ := strconv.Atoi(m[2])
		w, _ := strconv.Atoi(m[3])
		for px := x * scale; px < (x+w)*scale; px++ {
			for py := y * scale; py < (y+1)*scale; py++ {
				img.SetGray(px, py, color.Gray{})
			}
		}
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result.GetText()
}

// A closed listener ends both branches and wakes whoever waits.
func TestSplit_Close(t *testing.T) {
	a := open(t, t.TempDir(), newMachine().options())
	inner, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	secure, plain := Split(inner, a.TLS())
	ended := make(chan error, 2)
	for _, l := range []net.Listener{secure, plain} {
		go func() { _, err := l.Accept(); ended <- err }()
	}
	if err := secure.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-ended; err == nil {
			t.Error("a closed listener accepted")
		}
	}
}
