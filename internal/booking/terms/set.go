package terms

import (
	"sync"

	"kofu/internal/store"
)

// Terms are all documents of a tenant as they hold together.
type Terms struct {
	Policy    Policy
	Words     *Words
	Templates Templates
	Notices   Notices
	Fields    Fields
}

// Cache keeps the terms of one tenant in memory until a document changes, by
// whatever server. It is safe for concurrent use.
type Cache struct {
	tenant    int
	catalogue Catalogue

	mu       sync.Mutex
	versions map[string]int
	terms    *Terms
}

// NewCache returns a cache over the built-in texts.
func NewCache(tenant int, c Catalogue) *Cache { return &Cache{tenant: tenant, catalogue: c} }

// Catalogue returns the built-in texts.
func (c *Cache) Catalogue() Catalogue { return c.catalogue }

// Load returns the terms that hold in the transaction. The result is shared:
// nobody changes it.
func (c *Cache) Load(rx *store.Rx) (*Terms, error) {
	now, err := versions(rx, c.tenant)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.terms != nil && same(c.versions, now) {
		return c.terms, nil
	}
	t, err := c.read(rx)
	if err != nil {
		return nil, err
	}
	c.terms, c.versions = t, now
	return t, nil
}

func same(a, b map[string]int) bool {
	if len(a) != len(b) {
		return false
	}
	for name, version := range a {
		if b[name] != version {
			return false
		}
	}
	return true
}

func (c *Cache) read(rx *store.Rx) (t *Terms, err error) {
	t = &Terms{}
	if t.Policy, err = LoadPolicy(rx, c.tenant); err != nil {
		return nil, err
	}
	wording, err := LoadWording(rx, c.tenant)
	if err != nil {
		return nil, err
	}
	t.Words = NewWords(c.catalogue, wording)
	if t.Templates, err = LoadTemplates(rx, c.tenant); err != nil {
		return nil, err
	}
	if t.Notices, err = LoadNotices(rx, c.tenant); err != nil {
		return nil, err
	}
	t.Fields, err = LoadFields(rx, c.tenant)
	return t, err
}
