package staff

import (
	"context"

	"kofu/internal/fault"
	"kofu/internal/store"
)

// Prove finds out who stands at the console: somebody with an account who signs in
// for one act and may do it. It counts as a sign-in, with all limits of guessing, and
// leaves no session. Errors: those of [SignIn]; fault.Forbidden
// "staff.must_change_password", "gate.forbidden".
func Prove(ctx context.Context, db *store.DB, h *Hasher, where Where, p Proof, may Permission) (_ store.Actor, err error) {
	defer fault.Add(&err, "staff.Prove")
	s, err := SignIn(ctx, db, h, where, p)
	if err != nil {
		return store.Actor{}, err
	}
	if err := SignOut(ctx, db, s); err != nil {
		return store.Actor{}, err
	}
	switch {
	case s.Account.MustChange:
		return store.Actor{}, fault.New(fault.Forbidden, "staff.must_change_password")
	case !s.May(may):
		return store.Actor{}, fault.New(fault.Forbidden, "gate.forbidden", "permission", string(may))
	}
	return s.Actor(), nil
}
