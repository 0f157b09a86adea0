package site

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// However many ask for a page at once, it is made once for each state of what it
// shows; a page that could not be made is made again.
func TestFragments_MadeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f fragments
		var made atomic.Int64
		fail := errors.New("no seats can be read")
		ask := func(version string, problem error) {
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					body, err := f.page("/ja/free?w=W1", version, func() ([]byte, error) {
						made.Add(1)
						time.Sleep(time.Millisecond)
						return []byte("seats " + version), problem
					})
					if !errors.Is(err, problem) || err == nil && string(body) != "seats "+version {
						t.Errorf("%s: %q, %v", version, body, err)
					}
				})
			}
			all.Wait()
		}
		for _, c := range []struct {
			version string
			problem error
			made    int64
		}{{"1", nil, 1}, {"1", nil, 1}, {"2", fail, 2}, {"2", nil, 3}, {"2", nil, 3}, {"1", nil, 4}} {
			if ask(c.version, c.problem); made.Load() != c.made {
				t.Errorf("%+v: made %d times", c, made.Load())
			}
		}
	})
}
