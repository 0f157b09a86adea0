// Package terms holds what a municipality words and decides by itself: how its
// residents sign in and what they may leave of themselves, the words of every
// label, the texts of its mails, notices on its pages and fields of its own.
// Each of these is one document per tenant with a version; a change is a new
// version, the old ones stay as history. What nobody has saved has its default.
// Writes table terms_document.
package terms

import (
	"encoding/json"
	"fmt"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Saved is one line of the history of a document.
type Saved struct {
	Version int    `json:"version"`
	At      string `json:"at"`
	By      string `json:"by"` // staff id
}

// Names of the documents.
const (
	PolicyDocument   = "policy"
	WordingDocument  = "wording"
	TemplateDocument = "templates"
	NoticeDocument   = "notices"
	FieldDocument    = "fields"
	ServerDocument   = "mail-server"
)

// History lists the versions of a document, newest first.
func History(rx *store.Rx, tenant int, document string) ([]Saved, error) {
	return selectHistory(rx, tenant, document)
}

// save makes v the next version of a document. seen is the version that the
// person saw. It writes the audit line; detail holds no texts.
func save(tx *store.Tx, tenant int, name string, seen int, v, detail any) (version int, err error) {
	now, err := versionOf(tx.Rx, tenant, name)
	if err != nil {
		return 0, err
	}
	if now != seen {
		return 0, fault.New(fault.Conflict, "terms.changed_meanwhile")
	}
	body, err := json.Marshal(v)
	if err != nil {
		return 0, err
	}
	n, err := insertVersion(tx, tenant, name, seen+1, string(body))
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, fault.New(fault.Conflict, "terms.changed_meanwhile")
	}
	return seen + 1, audit.Append(tx, "terms.saved", fmt.Sprintf("tenant/%d/terms/%s", tenant, name),
		map[string]any{"version": seen + 1, "changed": detail})
}
