package main

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"kofu/internal/fault"
	"kofu/internal/password"
)

// TB-11: passwords are computed two at a time in the whole program, not for each
// municipality: while the pool is full, the staff of every one are sent away.
func TestTB11_OnePoolOfPasswords(t *testing.T) {
	var pool *password.Pool
	r := begin(t, prepared(t, "scheme = \"http\"\n",
		[]string{"tenant", "add", "--id", "1", "--host", "a.example.jp", "--staff-host", "staff.a.example.jp", "--name", "青葉市"},
		[]string{"tenant", "add", "--id", "2", "--host", "b.example.jp", "--staff-host", "staff.b.example.jp", "--name", "若葉町"},
	), func(p Parts) (Behind, error) {
		pool = p.StaffPool
		return doors(p)
	})
	signIn := func(host string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.addresses[staffDoor]+"/api/session",
			strings.NewReader(`{"login":"nobody","password":"nothing"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	hosts := []string{"staff.a.example.jp", "staff.b.example.jp"}
	for _, host := range hosts {
		if status := signIn(host); status >= http.StatusInternalServerError {
			t.Fatalf("%s: %d", host, status)
		}
	}
	h := password.New(password.Cost{Memory: 64, Time: 1}, pool, "test.busy", func(text string) string { return text })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range 22 { // two computing, twenty waiting
		go func() {
			if leave, err := h.Enter(ctx); err == nil {
				<-ctx.Done()
				leave()
			}
		}()
	}
	eventually(t, func() bool {
		soon, stop := context.WithCancel(ctx)
		stop()
		leave, err := h.Enter(soon)
		if err == nil {
			leave()
		}
		return fault.Is(err, fault.Unavailable, "test.busy")
	})
	for _, host := range hosts {
		if status := signIn(host); status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d while the pool is full", host, status)
		}
	}
}
