package town

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Remove deletes a frozen municipality for good: every row, its log, its keys.
// The operator's own log keeps that it happened. Errors: fault.Conflict
// "town.not_frozen".
func (s *Service) Remove(ctx context.Context, actor store.Actor, tenant int) (rows int, err error) {
	defer fault.Add(&err, "town.Remove(%d)", tenant)
	var since string
	err = s.DB.For(tenant).Read(ctx, func(rx *store.Rx) (err error) {
		since, err = frozenAt(rx, tenant)
		return err
	})
	if err != nil {
		return 0, err
	}
	if since == "" {
		return 0, fault.New(fault.Conflict, "town.not_frozen", "tenant", strconv.Itoa(tenant))
	}
	if err := s.note(ctx, actor, "town.removal_begun", tenant, nil); err != nil {
		return 0, err
	}
	if rows, err = s.DB.For(tenant).DeleteTenant(ctx, actor); err != nil {
		return 0, err
	}
	if err := os.RemoveAll(s.keyDir(tenant)); err != nil {
		return rows, err
	}
	s.mu.Lock()
	delete(s.keys, tenant)
	s.mu.Unlock()
	return rows, s.note(ctx, actor, "town.removed", tenant, map[string]int{"rows": rows})
}

// Loaded notes in the operator's log that a municipality came from elsewhere.
func (s *Service) Loaded(ctx context.Context, actor store.Actor, tenant, rows int) error {
	return s.note(ctx, actor, "town.loaded", tenant, map[string]int{"rows": rows})
}

func (s *Service) note(ctx context.Context, actor store.Actor, action string, tenant int, detail any) error {
	return s.DB.For(0).Write(ctx, actor, func(tx *store.Tx) error {
		return audit.Append(tx, action, fmt.Sprintf("tenant/%d", tenant), detail)
	})
}
