package find

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"kofu/internal/audit"
	"kofu/internal/booking/ulid"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Saved is a search that somebody keeps.
type Saved struct {
	ID     string
	Owner  string // staff id
	Name   string
	Shared bool // everybody may use it
	Filter Filter
}

// longestName is the longest name of a search, in characters.
const longestName = 60

// Keep keeps a search for the actor. Errors: fault.Invalid "find.name",
// "find.filter"; those of entry.Check.
func Keep(ctx context.Context, db *store.DB, actor store.Actor, tenant int, s Saved) (_ Saved, err error) {
	defer fault.Add(&err, "find.Keep(%d)", tenant)
	s.Name, s.Owner = strings.TrimSpace(s.Name), actor.ID
	if s.Name == "" || utf8.RuneCountInString(s.Name) > longestName {
		return Saved{}, fault.New(fault.Invalid, "find.name", "max", strconv.Itoa(longestName)).With(fault.Detail{Code: "find.name", Column: "name"})
	}
	if err := entry.Check(s.Name); err != nil {
		return Saved{}, err
	}
	if err := s.Filter.Check(); err != nil {
		return Saved{}, err
	}
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		s.ID = ulid.New(tx.Now)
		if err := insertFilter(tx, tenant, s); err != nil {
			return err
		}
		return audit.Append(tx, "find.kept", "saved_filter/"+s.ID, map[string]any{"shared": s.Shared})
	})
	return s, err
}

// Drop removes a search of the actor. Errors: fault.NotFound "find.unknown" also
// for those of others.
func Drop(ctx context.Context, db *store.DB, actor store.Actor, tenant int, id string) (err error) {
	defer fault.Add(&err, "find.Drop(%d, %q)", tenant, id)
	return db.Write(ctx, actor, func(tx *store.Tx) error {
		n, err := deleteFilter(tx, tenant, id, actor.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "find.unknown")
		}
		return audit.Append(tx, "find.dropped", "saved_filter/"+id, nil)
	})
}

// List returns the searches that somebody may use: their own and the shared
// ones, by name.
func List(rx *store.Rx, tenant int, staffID string) ([]Saved, error) {
	return filters(rx, tenant, staffID)
}
