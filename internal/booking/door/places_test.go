package door_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kofu/internal/booking/door"
)

// hall is a service whose answers wait until they are let go.
type hall struct {
	places *door.Places
	meter  door.Meter
	ask    map[int]http.Handler

	mu     sync.Mutex
	order  []int // the municipality of each request that got a place
	inside map[int]int
	most   map[int]int // at a time; 0: of all
	busy   int
	ended  int
	leave  chan struct{}
}

func newHall(limit, share int) *hall {
	h := &hall{places: door.NewPlaces(limit, share, time.Now), ask: map[int]http.Handler{}, inside: map[int]int{}, most: map[int]int{}, leave: make(chan struct{})}
	for tenant := 1; tenant <= 3; tenant++ {
		h.ask[tenant] = h.places.Wrap(tenant, &h.meter, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.answer(tenant, w, r) }))
	}
	return h
}

func (h *hall) answer(tenant int, w http.ResponseWriter, r *http.Request) {
	if door.NoticeOf(r.Context()).Kind == door.Busy {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	h.mu.Lock()
	h.order = append(h.order, tenant)
	for _, of := range []int{0, tenant} {
		h.inside[of]++
		h.most[of] = max(h.most[of], h.inside[of])
	}
	h.mu.Unlock()
	<-h.leave
	h.mu.Lock()
	h.inside[0]--
	h.inside[tenant]--
	h.mu.Unlock()
}

// come sends requests for municipalities, one after the other.
func (h *hall) come(ctx context.Context, tenants ...int) {
	for _, tenant := range tenants {
		go func() {
			w := httptest.NewRecorder()
			h.ask[tenant].ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
			h.mu.Lock()
			defer h.mu.Unlock()
			h.ended++
			if w.Code == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "10" {
				h.busy++
			}
		}()
		synctest.Wait()
	}
}

// let lets so many answers go.
func (h *hall) let(n int) {
	for range n {
		h.leave <- struct{}{}
		synctest.Wait()
	}
}

func (h *hall) want(t *testing.T, busy int, order ...int) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Equal(h.order, order) || h.busy != busy {
		t.Errorf("got places: %v, not %v; %d busy, not %d", h.order, order, h.busy, busy)
	}
}

// Whoever comes later from another municipality does not stand behind a crowd.
func TestPlaces_Turns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(1, 1)
		h.come(t.Context(), 1, 1, 1, 1, 2, 2, 3)
		h.let(7)
		h.want(t, 0, 1, 2, 3, 1, 2, 1, 1)
	})
}

// One municipality never uses more than its share, all together never more than
// there is, and whoever leaves makes room.
func TestPlaces_Share(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(3, 2)
		h.come(t.Context(), 1, 1, 1, 2, 2)
		h.want(t, 0, 1, 1, 2)
		h.let(2)
		h.let(3)
		if h.ended != 5 || h.most[0] != 3 || h.most[1] != 2 {
			t.Errorf("%d answers, %v at a time", h.ended, h.most)
		}
	})
}

// A request that finds no place within half a second is told so; one that is given
// up leaves the line, and neither keeps a place.
func TestPlaces_Patience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(1, 1)
		h.come(t.Context(), 1, 1)
		gone, leave := context.WithCancel(t.Context())
		h.come(gone, 1)
		leave()
		synctest.Wait()
		h.want(t, 1, 1)
		time.Sleep(499 * time.Millisecond)
		h.want(t, 1, 1)
		time.Sleep(time.Millisecond)
		synctest.Wait()
		h.want(t, 2, 1)
		h.come(t.Context(), 1)
		h.let(2)
		h.want(t, 2, 1, 1)
	})
}

// Pages that are built anew, as after a change of the name, use up the same share.
func TestPlaces_BuiltAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(2, 1)
		h.come(t.Context(), 1)
		h.ask[1] = h.places.Wrap(1, &h.meter, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.answer(1, w, r) }))
		h.come(t.Context(), 1)
		h.want(t, 0, 1)
		h.let(2)
		h.want(t, 0, 1, 1)
	})
}

// While one municipality is alone, its requests go straight through, in its share;
// a minute after another has asked they do again.
func TestPlaces_Alone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := door.NewPlaces(2, 1, time.Now)
		for i, c := range []struct {
			tenant   int
			straight bool
			later    time.Duration
		}{
			{0, true, 0},
			{0, true, 0},
			{1, false, time.Second},
			{0, false, 0},
			{0, false, 59 * time.Second},
			{0, false, time.Second},
			{0, true, 0},
		} {
			if got := places.Free(c.tenant); got != c.straight {
				t.Errorf("%d: straight through: %t", i, got)
			}
			time.Sleep(c.later)
		}
	})
}

// Even alone nobody goes past those who wait, nor in where all places are taken.
func TestPlaces_AloneInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(1, 1)
		h.come(t.Context(), 2)
		h.come(t.Context(), 1) // is told that the service is busy
		time.Sleep(company)
		h.come(t.Context(), 1)
		h.want(t, 1, 2)
		h.let(2)
		h.want(t, 1, 2, 1)
	})
	synctest.Test(t, func(t *testing.T) {
		places := door.NewPlaces(1, 1, time.Now)
		var order []string
		out := make(chan struct{})
		h := places.Wrap(1, &door.Meter{}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			order = append(order, r.URL.Path)
			if r.URL.Path == "/first" {
				<-out
			}
		}))
		ask := func(path string) {
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		}
		go func() { ask("/first"); ask("/third") }() // at once, as a browser does
		synctest.Wait()
		go ask("/second")
		synctest.Wait()
		close(out)
		synctest.Wait()
		if want := []string{"/first", "/second", "/third"}; !slices.Equal(order, want) {
			t.Errorf("%v", order)
		}
	})
}

// A place is given back whatever becomes of its request: one that ends in a panic,
// and one that gets its place in the very moment in which it gives up.
func TestPlaces_NoneIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := door.NewPlaces(1, 1, time.Now)
		served := 0
		h := places.Wrap(1, &door.Meter{}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if door.NoticeOf(r.Context()).Kind == door.Busy {
				return
			}
			served++
			if r.URL.Path == "/panic" {
				panic("as a page does")
			}
			time.Sleep(500 * time.Millisecond) // as long as the next one is patient
		}))
		ask := func(path string) {
			defer func() { _ = recover() }()
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		}
		ask("/panic")
		for range 100 {
			go ask("/")
			go ask("/") // the first leaves when this one gives up
			synctest.Wait()
			time.Sleep(2 * time.Second)
		}
		if served <= 100 {
			t.Errorf("%d requests of 200 found a place", served)
		}
		before := served
		ask("/")
		if served != before+1 {
			t.Error("the place is lost")
		}
	})
}

// company is how long the service remembers that another municipality has asked.
const company = time.Minute

// Requests that only compute are answered one after the other, as they come to run.
// Even then somebody of another municipality is not the last, unless nobody of it
// has asked for long.
func TestPlaces_Computing(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const crowd = 200
	places := door.NewPlaces(20, 10, time.Now)
	var mu sync.Mutex
	var order []int
	ask := map[int]http.Handler{}
	for tenant := range 2 {
		ask[tenant] = places.Wrap(tenant, &door.Meter{}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, tenant)
		}))
	}
	for tenant := range 2 {
		ask[tenant].ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	}
	order = nil
	var all sync.WaitGroup
	for i := range crowd + 2 {
		all.Go(func() {
			tenant := 0
			if i == crowd {
				tenant = 1
			}
			ask[tenant].ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		})
	}
	all.Wait()
	if at := slices.Index(order, 1); at < 0 || at > crowd/2 {
		t.Errorf("somebody else came as number %d of %d", at+1, len(order))
	}
}
