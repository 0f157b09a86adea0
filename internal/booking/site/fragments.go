package site

import "sync"

// fragments keeps finished pages about free days for as long as what they show
// stays as it is, so that a refresh storm costs a look-up each.
type fragments struct {
	mu   sync.Mutex
	kept map[string]fragment
}

type fragment struct {
	version string // of what the page shows
	body    []byte
}

// mostFragments bounds the memory: pages with made-up dates push the others out.
const mostFragments = 2000

// get returns the page of a key if it was made from the version.
func (f *fragments) get(key, version string) ([]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	one, ok := f.kept[key]
	return one.body, ok && one.version == version
}

func (f *fragments) put(key, version string, body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kept == nil || len(f.kept) >= mostFragments {
		f.kept = map[string]fragment{}
	}
	f.kept[key] = fragment{version, body}
}
