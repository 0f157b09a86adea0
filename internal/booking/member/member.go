// Package member holds what the booking service knows of a resident: keyed
// hashes of the link code, and of code and birth date together, which
// procedures it may book, between which instants, for which household token,
// and whether the card is ready. No name, no address, no birth date and no
// 個人番号 ever comes to rest here; the pseudonym of a resident is random. Wrong
// codes are counted against budgets before anything is looked up. Writes tables
// member, member_password, member_reset, attempt_count and attempt_lock.
package member

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"kofu/internal/audit"
	"kofu/internal/booking/slot"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// State says whether a code may book.
type State string

// The states of a code.
const (
	Issued    State = "issued"    // posted; the card is not ready, other procedures may be booked
	Ready     State = "ready"     // the card can be collected
	Held      State = "held"      // stopped by the office for a while
	Withdrawn State = "withdrawn" // dead, also after a re-issue
	Done      State = "closed"    // handed over or destroyed
)

// Member is one resident as the service knows them.
type Member struct {
	Link       string // random pseudonym, the same at the office
	Gen        int    // generation of the card
	KeyID      string // of the key under which the hashes were made
	CodeMAC    []byte
	BirthMAC   []byte // of code and birth date; empty where the code alone suffices
	Procs      slot.Procs
	Windows    []string // at which the code can be booked, in order; empty for all
	Group      string   // household token, '' without one
	Ordinal    int      // of the person on the letter, 0 without a household
	OfficeOnly bool     // must be booked by the office
	From       time.Time
	Until      time.Time
	State      State
	Lang       string // of the letter, '' for the tenant's
	IsKey      bool   // stands for the access key of a booking without a code
	OpenedAt   string // instant of the first sign-in: the letter has arrived; '' before
	LastEvent  string // in the log for the office, or later
}

// Serves reports whether the code can be booked at a window.
func (m Member) Serves(windowID string) bool {
	return len(m.Windows) == 0 || slices.Contains(m.Windows, windowID)
}

func (m Member) check() error {
	bad := fault.New(fault.Invalid, "member.bad_record", "link", m.Link)
	if len(m.Link) != 16 || m.Gen < 1 || m.KeyID == "" || len(m.CodeMAC) != 32 || len(m.BirthMAC) != 0 && len(m.BirthMAC) != 32 ||
		m.Procs == "" || !m.From.Before(m.Until) || m.Ordinal < 0 || (m.Group == "") != (m.Ordinal == 0) {
		return bad
	}
	if m.State != Issued && m.State != Ready || m.IsKey || !slices.IsSorted(m.Windows) {
		return bad
	}
	sorted, err := slot.ParseProcs(m.Procs.List()...)
	if err != nil {
		return err
	}
	if sorted != m.Procs {
		return bad
	}
	return nil
}

// Import registers or replaces members, all or nothing: only codes that the
// office has issued can book. Errors: fault.Invalid "member.bad_record",
// fault.Conflict "member.older_generation", "member.code_twice".
func Import(ctx context.Context, db *store.DB, actor store.Actor, tenant int, members []Member) (err error) {
	defer fault.Add(&err, "member.Import(%d)", tenant)
	for _, m := range members {
		if err := m.check(); err != nil {
			return err
		}
	}
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		for _, m := range members {
			n, err := put(tx, tenant, m)
			if err != nil {
				return err
			}
			if n == 0 {
				return fault.New(fault.Conflict, "member.older_generation", "link", m.Link)
			}
		}
		return audit.Append(tx, "member.imported", fmt.Sprintf("tenant/%d", tenant), map[string]int{"members": len(members)})
	})
	if store.IsUnique(err) {
		return fault.New(fault.Conflict, "member.code_twice").Because(err)
	}
	return err
}

// SetState changes what a code of a generation may do and reports whether there
// is such a code. The one who calls it writes the audit line and looks after
// the bookings.
func SetState(tx *store.Tx, tenant int, link string, gen int, state State) (bool, error) {
	return setState(tx, tenant, link, gen, state)
}

// MarkReady says that the card can be collected. Errors: fault.NotFound
// "member.unknown".
func MarkReady(ctx context.Context, db *store.DB, actor store.Actor, tenant int, link string, gen int) (err error) {
	defer fault.Add(&err, "member.MarkReady(%d, %q)", tenant, link)
	return db.Write(ctx, actor, func(tx *store.Tx) error {
		found, err := setState(tx, tenant, link, gen, Ready)
		if err != nil {
			return err
		}
		if !found {
			return fault.New(fault.NotFound, "member.unknown")
		}
		return audit.Append(tx, "member.ready", Object(tenant, link), map[string]int{"gen": gen})
	})
}

// Object names a member in the log.
func Object(tenant int, link string) string { return fmt.Sprintf("tenant/%d/member/%s", tenant, link) }

// Claim is one person who is about to book.
type Claim struct {
	Link   string
	Gen    int
	Procs  slot.Procs
	Office bool   // the office books: beyond the dates and for those who must be booked by it
	Event  string // with which the member is marked, see [Mark]
}

// Use locks a member until the transaction ends and checks that they may book
// now. Callers that use several go in ascending order of their links. Errors:
// fault.Forbidden "member.cannot_book", the same for an unknown code, a withdrawn
// one and one that only the office may book; fault.Conflict "member.not_yet",
// "member.not_ready", "member.procedure".
func Use(tx *store.Tx, tenant int, c Claim) (Member, error) {
	m, used, err := use(tx, tenant, c)
	if err != nil {
		return Member{}, err
	}
	if !used {
		m, found, err := ByLink(tx.Rx, tenant, c.Link)
		if err != nil {
			return Member{}, err
		}
		if !found || m.Gen != c.Gen {
			return Member{}, cannotBook()
		}
		return Member{}, m.refusal(tx.Now, c)
	}
	if !m.Procs.Covers(c.Procs) {
		return Member{}, fault.New(fault.Conflict, "member.procedure")
	}
	return m, nil
}

// Mark locks a member until the transaction ends, notes that the log for the
// office holds an event of theirs, and returns the last of those known: the one
// given or a later one. Callers go in ascending order of the links. Errors:
// fault.NotFound "member.unknown".
func Mark(tx *store.Tx, tenant int, link, event string) (last string, err error) {
	return mark(tx, tenant, link, event)
}

func (m Member) refusal(now time.Time, c Claim) error {
	if m.State != Ready && m.State != Issued || !c.Office && (m.OfficeOnly || !now.Before(m.Until)) {
		return cannotBook()
	}
	if !c.Office && now.Before(m.From) {
		return notYet(m.From)
	}
	return fault.New(fault.Conflict, "member.not_ready")
}

func cannotBook() error { return fault.New(fault.Forbidden, "member.cannot_book") }

func notYet(from time.Time) error {
	return fault.New(fault.Conflict, "member.not_yet", "from", from.In(store.Tokyo).Format("2006-01-02 15:04"))
}

func encode(mac []byte) string { return base64.RawURLEncoding.EncodeToString(mac) }
