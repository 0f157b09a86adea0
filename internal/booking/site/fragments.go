package site

import (
	"sync"

	"golang.org/x/sync/singleflight"
)

// fragments keeps finished pages about free days for as long as what they show
// stays as it is, so that a refresh storm costs a look-up each.
type fragments struct {
	mu     sync.Mutex
	kept   map[string]fragment
	making singleflight.Group // whoever asks for a page that is being made waits for it
}

type fragment struct {
	version string // of what the page shows
	body    []byte
}

// mostFragments bounds the memory: pages with made-up dates push the others out.
const mostFragments = 2000

// page returns the page of a key that was made from the version; the first who
// asks for it makes it.
func (f *fragments) page(key, version string, render func() ([]byte, error)) ([]byte, error) {
	if body, kept := f.get(key, version); kept {
		return body, nil
	}
	made, err, _ := f.making.Do(version+" "+key, func() (any, error) {
		body, err := render()
		if err == nil {
			f.put(key, version, body)
		}
		return body, err
	})
	body, _ := made.([]byte) // nil with an error
	return body, err
}

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
