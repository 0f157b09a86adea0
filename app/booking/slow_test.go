package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// slowClients opens connections that say the beginning of a request and then
// nothing.
func slowClients(t *testing.T, address string, n int, begin string) (list []net.Conn) {
	t.Helper()
	for range n {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if _, err := io.WriteString(c, begin); err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
	}
	return list
}

// TB-11: clients that do not finish their headers or their form keep nobody else
// from being served, of the same municipality neither, and lose their connection.
// Those who do not read the answer: see package door.
func TestTB11_SlowClients(t *testing.T) {
	dir := prepared(t, "scheme = \"http\"\n", []string{"tenant", "add", "--id", "1", "--host", "a.example.jp", "--name", "青葉市"})
	r := begin(t, dir, doors)
	served := func(what string) {
		t.Helper()
		begun := time.Now()
		status, text := r.get(residents, "a.example.jp", "/ja/")
		if took := time.Since(begun); status != 200 || !strings.Contains(text, "青葉市") || took > 2*time.Second {
			t.Errorf("%s: %d after %s", what, status, took)
		}
	}
	served("nobody slow")
	const many = 200 // eight times the share of a municipality
	headers := slowClients(t, r.addresses[residents], many, "GET /ja/ HTTP/1.1\r\nHost: a.example.jp\r\nX-A: ")
	served("slow headers")
	body := "code=4492"
	slowClients(t, r.addresses[residents], many, fmt.Sprintf(
		"POST /ja/code HTTP/1.1\r\nHost: a.example.jp\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 400\r\n\r\n%s", body))
	// The server has taken all of them in when it has answered ten more requests.
	for range 10 {
		served("slow forms")
	}
	deadline := time.Now().Add(headerTime + 10*time.Second)
	for _, c := range headers[:10] {
		_ = c.SetReadDeadline(deadline)
		if _, err := io.ReadAll(c); err != nil {
			t.Errorf("a slow client is still there: %v", err)
		}
	}
	served("afterwards")
}
