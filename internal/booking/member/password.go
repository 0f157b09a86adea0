package member

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kofu/internal/audit"
	"kofu/internal/booking/visitor"
	"kofu/internal/fault"
	"kofu/internal/linkcode"
	"kofu/internal/mynumber"
	"kofu/internal/password"
	"kofu/internal/store"
)

const (
	shortest = 8
	longest  = 64
	// own is how many characters must remain of a password without what is tried
	// first.
	own = 4
	// waiting is who has to wait for a turn before others are sent away.
	waiting = 50
)

// NewPool bounds how many passwords of residents are computed at a time; all
// tenants of a program share it.
func NewPool() *password.Pool { return password.NewPool(waiting) }

// NewHasher returns the hasher of a tenant's residents. mac is a keyed hash under
// a secret of the tenant. Too many at a time are sent away with fault.Unavailable
// "member.busy".
func NewHasher(cost password.Cost, pool *password.Pool, mac func(text string) string) *password.Hasher {
	return password.New(cost, pool, "member.busy", mac)
}

// checkPassword refuses passwords that are short, long, the code itself, or tried
// first, and a 個人番号, which is kept in no form. There are no rules about kinds of
// characters. Errors: fault.Invalid "member.password_short", "…_long",
// "…_control", "…_my_number", "…_code", "…_common".
func checkPassword(text string, code linkcode.Code) error {
	plain := norm.NFKC.String(text)
	n := utf8.RuneCountInString(plain)
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, plain)
	switch {
	case n < shortest:
		return fault.New(fault.Invalid, "member.password_short")
	case n > longest:
		return fault.New(fault.Invalid, "member.password_long")
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }):
		return fault.New(fault.Invalid, "member.password_control")
	case mynumber.Shaped(plain), len(mynumber.Find(plain)) > 0:
		return fault.New(fault.Invalid, "member.password_my_number")
	case code != "" && strings.Contains(digits, string(code)):
		return fault.New(fault.Invalid, "member.password_code")
	case password.Guessable(plain, own):
		return fault.New(fault.Invalid, "member.password_common")
	}
	return nil
}

// SignInWithPassword finds the member of a code and its password; a.Birth is not
// asked. A code that has none yet signs in with any, and first is true: the
// resident chooses one then. Errors: fault.TooMany "member.locked" for
// fifteen minutes after ten wrong passwords for a code, whether there is such a
// code or not, "member.too_many"; fault.Forbidden "member.cannot_book", the same
// for an unknown code and a wrong password; fault.Unavailable "member.busy";
// fault.Conflict "member.not_yet".
func SignInWithPassword(ctx context.Context, db *store.DB, actor store.Actor, keys Keys, h *password.Hasher, a Attempt, text string) (m Member, first bool, err error) {
	defer fault.Add(&err, "member.SignInWithPassword(%d)", a.Tenant)
	leave, err := h.Enter(ctx)
	if err != nil {
		return Member{}, false, err
	}
	defer leave()
	try := passwordTry{keys: keys, attempt: a, subject: encode(a.Code.Hash(newest(keys)))}
	try.counters = []counter{{OfAddress, addressOf(keys, a.Address)}, {OfMinute, ""}, {OfDay, ""}}
	// The failure is counted before the password is compared, so that trying many
	// at once gains nothing; a right one takes it back.
	if err := db.Write(ctx, actor, func(tx *store.Tx) error { return try.charge(tx) }); err != nil {
		return Member{}, false, err
	}
	first = try.stored == "" && try.known
	right := h.Verify(try.stored, text) && try.known || first
	var refused error
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		refused = cannotBook()
		if right {
			refused = try.member.open(tx.Now)
		}
		if refused != nil && !fault.Is(refused, fault.Conflict, "member.not_yet") {
			return nil
		}
		if err := try.giveBack(tx); err != nil {
			return err
		}
		return try.member.arrived(tx, a.Tenant)
	})
	if err != nil || refused != nil {
		return Member{}, false, firstOf(err, refused)
	}
	return try.member, first, nil
}

// passwordTry is one attempt to sign in by a password.
type passwordTry struct {
	keys     Keys
	attempt  Attempt
	subject  string // of the lock
	counters []counter
	member   Member
	known    bool
	stored   string
}

func (p *passwordTry) charge(tx *store.Tx) error {
	if err := tx.Lock(fmt.Sprintf("password/%d/%s", p.attempt.Tenant, p.subject)); err != nil {
		return err
	}
	if err := PasswordLock.closed(tx.Rx, p.attempt.Tenant, ofPassword, p.subject); err != nil {
		return err
	}
	if err := spend(tx, p.attempt.Tenant, p.counters); err != nil {
		return err
	}
	var err error
	if p.member, p.known, err = look(tx.Rx, p.keys, p.attempt); err != nil {
		return err
	}
	if p.stored, err = passwordOf(tx.Rx, p.attempt.Tenant, p.member.Link); err != nil {
		return err
	}
	return PasswordLock.failed(tx, p.attempt.Tenant, ofPassword, p.subject)
}

func (p *passwordTry) giveBack(tx *store.Tx) error {
	if err := clearFailures(tx, p.attempt.Tenant, ofPassword, p.subject); err != nil {
		return err
	}
	return giveBack(tx, p.attempt.Tenant, p.counters)
}

// open refuses a code that may not book now.
func (m Member) open(now time.Time) error {
	if m.OfficeOnly || m.State != Issued && m.State != Ready || !now.Before(m.Until) {
		return cannotBook()
	}
	if now.Before(m.From) {
		return notYet(m.From)
	}
	return nil
}

// ChoosePassword gives a code its first password. Errors: those of the rules for
// passwords (fault.Invalid "member.password_short" and so on); fault.Conflict
// "member.password_set" when it has one; fault.Unavailable "member.busy".
func ChoosePassword(ctx context.Context, db *store.DB, actor store.Actor, h *password.Hasher, tenant int, link string, code linkcode.Code, text string) (err error) {
	defer fault.Add(&err, "member.ChoosePassword(%d, %q)", tenant, link)
	if err := checkPassword(text, code); err != nil {
		return err
	}
	hash, err := hashInTurn(ctx, h, text)
	if err != nil {
		return err
	}
	return db.Write(ctx, actor, func(tx *store.Tx) error {
		n, err := insertPassword(tx, tenant, link, hash)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "member.password_set")
		}
		return audit.Append(tx, "member.password_chosen", Object(tenant, link), nil)
	})
}

func hashInTurn(ctx context.Context, h *password.Hasher, text string) (string, error) {
	leave, err := h.Enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return h.Hash(text), nil
}

// How long a permission to choose a new password lasts.
const (
	ResetLasts = 60 * time.Minute
	PINLasts   = 24 * time.Hour
)

// ResetToken is a permission to choose a new password, once, within an hour. The
// caller sends it to the mail address that is registered for the code. Earlier
// ones for the code are dead.
func ResetToken(tx *store.Tx, tenant int, keys Keys, link string) (token string, err error) {
	token = rand.Text()
	return token, issueReset(tx, tenant, link, "mail", resetMAC(keys, token), ResetLasts)
}

// ResetPIN is a permission that staff tell a resident who has shown who they
// are: six digits, good with the code, once, within a day.
func ResetPIN(tx *store.Tx, tenant int, keys Keys, link string) (pin string, err error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	pin = fmt.Sprintf("%06d", n)
	return pin, issueReset(tx, tenant, link, "pin", pinMAC(keys, link, pin), PINLasts)
}

func resetMAC(keys Keys, token string) string { return Subject(keys, "reset", token) }

func pinMAC(keys Keys, link, pin string) string { return Subject(keys, "pin", link+"\x00"+pin) }

func issueReset(tx *store.Tx, tenant int, link, kind, mac string, lasts time.Duration) error {
	if err := deleteResets(tx, tenant, link); err != nil {
		return err
	}
	if err := insertReset(tx, tenant, link, kind, mac, tx.Now.Add(lasts)); err != nil {
		return err
	}
	return audit.Append(tx, "member.reset_issued", Object(tenant, link), map[string]string{"kind": kind})
}

// ResetOpen reports whether the token of a mail can still be used. Asking uses
// nothing up.
func ResetOpen(rx *store.Rx, tenant int, keys Keys, token string) (bool, error) {
	_, found, err := reset(rx, tenant, resetMAC(keys, token), "mail")
	return found, err
}

// ResetPassword chooses a new password by the token of a mail; the token is used
// up and the sessions of the code end. Errors: those of the rules for passwords; fault.Conflict
// "member.reset_dead" when it is unknown, used or older than an hour;
// fault.Unavailable "member.busy".
func ResetPassword(ctx context.Context, db *store.DB, actor store.Actor, keys Keys, h *password.Hasher, tenant int, token, text string) (err error) {
	defer fault.Add(&err, "member.ResetPassword(%d)", tenant)
	if err := checkPassword(text, ""); err != nil {
		return err
	}
	hash, err := hashInTurn(ctx, h, text)
	if err != nil {
		return err
	}
	return db.Write(ctx, actor, func(tx *store.Tx) error {
		link, used, err := useReset(tx, tenant, resetMAC(keys, token), "mail")
		if err != nil {
			return err
		}
		if !used {
			return fault.New(fault.Conflict, "member.reset_dead")
		}
		return replace(tx, tenant, link, hash)
	})
}

// replace gives a code another password. Whoever came in by the old one is out.
func replace(tx *store.Tx, tenant int, link, hash string) error {
	if err := putPassword(tx, tenant, link, hash); err != nil {
		return err
	}
	if err := visitor.EndOf(tx, tenant, link); err != nil {
		return err
	}
	return audit.Append(tx, "member.password_chosen", Object(tenant, link), nil)
}

// ResetByPIN chooses a new password by the code and the PIN that staff have
// told; the sessions of the code end. Wrong ones count as wrong passwords. Errors: those of
// [SignInWithPassword], of the rules for passwords, and fault.Conflict
// "member.reset_dead" for an unknown code as for a wrong or old PIN.
func ResetByPIN(ctx context.Context, db *store.DB, actor store.Actor, keys Keys, h *password.Hasher, a Attempt, pin, text string) (err error) {
	defer fault.Add(&err, "member.ResetByPIN(%d)", a.Tenant)
	if err := checkPassword(text, a.Code); err != nil {
		return err
	}
	hash, err := hashInTurn(ctx, h, text)
	if err != nil {
		return err
	}
	try := passwordTry{keys: keys, attempt: a, subject: encode(a.Code.Hash(newest(keys)))}
	try.counters = []counter{{OfAddress, addressOf(keys, a.Address)}, {OfMinute, ""}, {OfDay, ""}}
	var refused error // committed all the same: a failure must stay counted
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		refused = nil
		if err := try.charge(tx); err != nil {
			return err
		}
		link, used, err := useReset(tx, a.Tenant, pinMAC(keys, try.member.Link, norm.NFKC.String(pin)), "pin")
		if err != nil {
			return err
		}
		if !used || !try.known || link != try.member.Link {
			refused = fault.New(fault.Conflict, "member.reset_dead")
			return nil
		}
		if err := try.giveBack(tx); err != nil {
			return err
		}
		return replace(tx, a.Tenant, link, hash)
	})
	return firstOf(err, refused)
}
