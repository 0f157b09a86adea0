package site

import (
	"sync"
	"time"
)

// fragments keeps finished pages about free days for as long as the board that
// they show, so that a refresh storm costs a look-up each.
type fragments struct {
	mu   sync.Mutex
	kept map[string]fragment
}

type fragment struct {
	made time.Time // of the board
	body []byte
}

// mostFragments bounds the memory: pages with made-up dates push the others out.
const mostFragments = 2000

// get returns the page of a key if it was made from the board of the instant.
func (f *fragments) get(key string, made time.Time) ([]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	one, ok := f.kept[key]
	return one.body, ok && one.made.Equal(made)
}

func (f *fragments) put(key string, made time.Time, body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kept == nil || len(f.kept) >= mostFragments {
		f.kept = map[string]fragment{}
	}
	f.kept[key] = fragment{made, body}
}
