//go:build load

package main

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestLoad_WaitingRoom: one municipality is offered 500 newcomers a second while
// its room lets 50 in. Those who are in get their pages with a p95 below 300 ms,
// and the neighbour, asked quietly, keeps its level of 100 ms. Run it alone:
//
//	go test -tags load -run TestLoad -v ./app/booking
func TestLoad_WaitingRoom(t *testing.T) {
	dir := prepared(t, "scheme = \"http\"\nroom_rate = 50\nroom_in_flight = 8\n",
		[]string{"tenant", "add", "--id", "1", "--host", "a.example.jp", "--name", "青葉市"},
		[]string{"tenant", "add", "--id", "2", "--host", "b.example.jp", "--name", "若葉町"})
	r := begin(t, dir, doors)
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 256, MaxConnsPerHost: 256}}
	ask := func(ctx context.Context, host, cookie string) (took time.Duration, text, cookies string) {
		begun := time.Now()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.addresses[residents]+"/ja/", nil)
		if err != nil {
			t.Error(err)
			return 0, "", ""
		}
		req.Host = host
		if cookie != "" {
			req.Header.Set("Cookie", cookie)
		}
		resp, err := client.Do(req)
		if err != nil {
			if ctx.Err() == nil {
				t.Error(err)
			}
			return 0, "", ""
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body) // a short page is no admission
		for _, c := range resp.Cookies() {
			cookies += c.Name + "=" + c.Value + "; "
		}
		return time.Since(begun), string(b), cookies
	}
	run(t, dir, "queue", "plan", "1", "--from", soon(0), "--at", soon(1), "--rate", "50")
	time.Sleep(time.Until(nextMinute()) + 200*time.Millisecond)

	const seconds = 20
	ctx, cancel := context.WithTimeout(t.Context(), (seconds+15)*time.Second)
	defer cancel()
	var mu sync.Mutex
	var in, neighbour []time.Duration
	waiting, offered, asked := 0, 0, 0
	var all sync.WaitGroup
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for begun := time.Now(); time.Since(begun) < seconds*time.Second; <-tick.C {
		all.Go(func() {
			took, text, ticket := ask(ctx, "a.example.jp", "")
			for strings.Contains(text, "順番をお待ちください") && ctx.Err() == nil { // looks again now and then
				mu.Lock()
				waiting++
				mu.Unlock()
				select {
				case <-ctx.Done():
				case <-time.After(5 * time.Second):
					took, text, _ = ask(ctx, "a.example.jp", ticket)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			offered++
			if text != "" && ctx.Err() == nil {
				in = append(in, took)
			}
		})
		asked++
		if asked%20 == 0 {
			all.Go(func() {
				took, _, _ := ask(ctx, "b.example.jp", "")
				mu.Lock()
				defer mu.Unlock()
				neighbour = append(neighbour, took)
			})
		}
	}
	all.Wait()
	slices.Sort(in)
	slices.Sort(neighbour)
	if len(in) == 0 || len(neighbour) == 0 {
		t.Fatalf("%d in, %d of the neighbour", len(in), len(neighbour))
	}
	p95 := func(list []time.Duration) time.Duration { return list[len(list)*95/100] }
	t.Logf("people %d, looks at the waiting room %d, in %d with p95 %s; neighbour %d with p95 %s", offered, waiting, len(in), p95(in), len(neighbour), p95(neighbour))
	if most := 50*(seconds+15) + 20; len(in) > most || len(in) < most/3 {
		t.Errorf("%d are in, at most %d may", len(in), most)
	}
	if p95(in) > 300*time.Millisecond {
		t.Errorf("p95 of those who are in: %s", p95(in))
	}
	if p95(neighbour) > 100*time.Millisecond {
		t.Errorf("p95 of the neighbour: %s", p95(neighbour))
	}
}

func nextMinute() time.Time { return time.Now().Truncate(time.Minute).Add(time.Minute) }

// soon is the beginning of a minute from now, as the console takes it.
func soon(minutes int) string {
	return time.Now().Truncate(time.Minute).Add(time.Duration(minutes) * time.Minute).In(time.FixedZone("", 9*3600)).Format("2006-01-02T15:04")
}
