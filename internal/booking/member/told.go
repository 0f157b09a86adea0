package member

import (
	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Issue registers a code as the office issues it, or replaces what was known of
// it. Errors: fault.Invalid "member.bad_record"; fault.Conflict
// "member.code_twice" when another person has the code,
// "member.older_generation".
func Issue(tx *store.Tx, tenant int, m Member) error {
	state := m.State
	m.State = Issued // what check knows of new ones
	if err := m.check(); err != nil {
		return err
	}
	m.State = state
	if err := freeCode(tx.Rx, tenant, m.Link, m.CodeMAC); err != nil {
		return err
	}
	n, err := put(tx, tenant, m)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "member.older_generation", "link", m.Link)
	}
	return err
}

// Rekey gives a code a new number because the letter was lost: who has the old
// one can do nothing with it from now on, and a password that was chosen with it
// is forgotten. What was booked stays. Errors: fault.NotFound "member.unknown";
// fault.Conflict "member.code_twice".
func Rekey(tx *store.Tx, tenant int, m Member) error {
	if err := freeCode(tx.Rx, tenant, m.Link, m.CodeMAC); err != nil {
		return err
	}
	n, err := setCode(tx, tenant, m)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.NotFound, "member.unknown")
	}
	if err := deletePassword(tx, tenant, m.Link); err != nil {
		return err
	}
	return audit.Append(tx, "member.rekeyed", Object(tenant, m.Link), map[string]string{"key": m.KeyID})
}

// freeCode refuses a code that another person has.
func freeCode(rx *store.Rx, tenant int, link string, mac []byte) error {
	for _, kind := range []string{"code", "key"} {
		other, found, err := byCode(rx, tenant, mac, kind)
		if err != nil {
			return err
		}
		if found && other.Link != link {
			return fault.New(fault.Conflict, "member.code_twice")
		}
	}
	return nil
}

// All returns every code of a letter, in the order of the pseudonyms.
func All(rx *store.Rx, tenant int) ([]Member, error) { return selectCodes(rx, tenant) }
