package site_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"kofu/internal/booking/member"
	"kofu/internal/booking/site"
	"kofu/internal/booking/terms"
	"kofu/internal/testkit"
)

var serve = flag.String("serve", "", "address on which TestServe shows the pages, such as 127.0.0.1:8099")

// TestServe shows the pages of the tests' town to a browser until it is
// stopped: go test -run TestServe ./internal/booking/site -args -serve 127.0.0.1:8099.
// Without an address it only looks whether the pages come up.
func TestServe(t *testing.T) {
	clock := testkit.NewClock()
	w := newTown(t, testkit.BookingDB(t, clock), clock)
	w.window("W2", "市民センター", 1)
	w.policy(func(p *terms.Policy) {
		p.Phone, p.Hours, p.GroupMode = "0120-00-0000", "平日 8:30から17:15まで", "tick"
	})
	for i := range 3 {
		w.issue(i, func(m *member.Member) {
			m.Group, m.Ordinal = "house", i+1
			if i == 0 {
				m.Procs = "pin receive"
			}
		})
	}
	w.build(func(d *site.Deps) { d.Secure = false })
	w.someone().get("/").want(http.StatusOK)
	if *serve == "" {
		return
	}
	for _, code := range codes {
		fmt.Fprintln(os.Stderr, code.Format(), birth)
	}
	server := &http.Server{Addr: *serve, Handler: w.handler, ReadHeaderTimeout: time.Second}
	t.Fatal(server.ListenAndServe())
}
