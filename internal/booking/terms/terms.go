// Package terms holds what a municipality words and decides by itself: how its
// residents sign in and what they may leave of themselves, the words of every
// label, the texts of its mails, notices on its pages and fields of its own.
// Each of these is one document of package settings with a version; a change is
// a new version, the old ones stay as history. What nobody has saved has its
// default. Transactions are those of the tenant's own view of the database.
// Writes no table of its own.
package terms

import (
	"fmt"
	"maps"
	"sync"

	"kofu/internal/booking/wording"
	"kofu/internal/settings"
	"kofu/internal/store"
)

// Names of the documents, for their history.
const (
	PolicyDocument   = "booking.policy"
	WordingDocument  = "booking.wording"
	TemplateDocument = "booking.mails"
	NoticeDocument   = "booking.notices"
	FieldDocument    = "booking.fields"
	ServerDocument   = "booking.mail-server"
)

// newest reads a document of a tenant into v, which holds its defaults.
func newest(rx *store.Rx, tenant int, name string, v any) (version int, err error) {
	if rx.Tenant != tenant {
		return 0, fmt.Errorf("%s of tenant %d in a transaction of tenant %d", name, tenant, rx.Tenant)
	}
	return settings.LoadDocument(rx, name, v)
}

// save makes v the next version of a document. seen is the version that the
// person saw.
func save(tx *store.Tx, tenant int, name string, seen int, v any) (version int, err error) {
	if tx.Tenant != tenant {
		return 0, fmt.Errorf("%s of tenant %d in a transaction of tenant %d", name, tenant, tx.Tenant)
	}
	return settings.SaveDocument(tx, name, seen, v, nil)
}

// Terms are all documents of a tenant as they hold together.
type Terms struct {
	Policy    Policy
	Wording   Wording
	Templates Templates
	Notices   Notices
	Fields    Fields
}

// Words are the texts of the tenant in a language.
func (t *Terms) Words(lang string) wording.Words { return wording.BuiltIn().In(lang, t.Wording) }

// Load reads the terms of a tenant.
func Load(rx *store.Rx, tenant int) (t *Terms, err error) {
	t = &Terms{}
	if t.Policy, err = LoadPolicy(rx, tenant); err != nil {
		return nil, err
	}
	if t.Wording, err = LoadWording(rx, tenant); err != nil {
		return nil, err
	}
	if t.Templates, err = LoadTemplates(rx, tenant); err != nil {
		return nil, err
	}
	if t.Notices, err = LoadNotices(rx, tenant); err != nil {
		return nil, err
	}
	t.Fields, err = LoadFields(rx, tenant)
	return t, err
}

// Cache keeps the terms of one tenant in memory until a document changes, by
// whatever server. It is safe for concurrent use.
type Cache struct {
	tenant int

	mu       sync.Mutex
	versions map[string]int
	terms    *Terms
}

// NewCache returns the cache of a tenant.
func NewCache(tenant int) *Cache { return &Cache{tenant: tenant} }

// Load returns the terms that hold in the transaction. The result is shared:
// nobody changes it.
func (c *Cache) Load(rx *store.Rx) (*Terms, error) {
	now, err := settings.Versions(rx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.terms != nil && maps.Equal(c.versions, now) {
		return c.terms, nil
	}
	t, err := Load(rx, c.tenant)
	if err != nil {
		return nil, err
	}
	c.terms, c.versions = t, now
	return t, nil
}
