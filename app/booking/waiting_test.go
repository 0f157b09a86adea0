package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"kofu/internal/store"
)

// browser keeps cookies, as a phone does.
type browser struct {
	t *testing.T
	c *http.Client
}

func newBrowser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, &http.Client{Jar: jar, Timeout: 10 * time.Second}}
}

func (b *browser) open(r *running, path string) string {
	b.t.Helper()
	_, port, _ := strings.Cut(r.addresses[residents], ":")
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, "http://localhost:"+port+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	resp, err := b.c.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

var ticketNumber = regexp.MustCompile(`<dd class="number">(\d+)</dd>`)

// TB-11: before an announced opening people get numbers, in their own language,
// and keep them over a restart; help and the form for the code stay open; when the
// room is closed everybody is in. The ticket goes to this host only.
func TestTB11_WaitingRoom(t *testing.T) {
	dir := prepared(t, "scheme = \"http\"\n", []string{"tenant", "add", "--id", "1", "--host", "localhost", "--name", "青葉市"})
	start := time.Now().Add(20 * time.Minute).In(store.Tokyo).Format("2006-01-02T15:04")
	run(t, dir, "queue", "plan", "1", "--at", start)
	r := begin(t, dir, doors)
	first, second := newBrowser(t), newBrowser(t)
	one, two := ticketNumber.FindStringSubmatch(first.open(r, "/ja/")), ticketNumber.FindStringSubmatch(second.open(r, "/en/free"))
	if one == nil || two == nil || one[1] == two[1] {
		t.Fatalf("numbers %v and %v", one, two)
	}
	if text := second.open(r, "/en/free"); !strings.Contains(text, "Please wait for your turn") || !strings.Contains(text, "drawn by lot") || ticketNumber.FindStringSubmatch(text)[1] != two[1] {
		t.Error("reloading changed the ticket")
	}
	for path, want := range map[string]string{"/ja/help": "使い方", "/ja/code": "予約番号"} {
		if text := first.open(r, path); !strings.Contains(text, want) || strings.Contains(text, "順番をお待ちください") {
			t.Errorf("%s waits", path)
		}
	}
	r.stop()
	r = begin(t, dir, doors)
	// The port is another one now; the cookies of a host belong to all its ports.
	if again := ticketNumber.FindStringSubmatch(first.open(r, "/ja/")); again == nil || again[1] != one[1] {
		t.Errorf("after a restart: %v, before %v", again, one)
	}
	u := &url.URL{Scheme: "http", Host: "localhost"}
	if len(first.c.Jar.Cookies(u)) == 0 {
		t.Error("no cookie")
	}
	run(t, dir, "queue", "end", "1")
	eventually(t, func() bool { return !strings.Contains(first.open(r, "/ja/"), "順番をお待ちください") })
}
