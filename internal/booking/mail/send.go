package mail

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"time"

	"kofu/internal/audit"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/store"
)

const (
	lease    = 10 * time.Minute // a mail that is being sent is left alone so long
	giveUp   = 48 * time.Hour   // after which a mail that nobody takes is rejected
	batch    = 200              // mails in one run
	longWait = 2 * time.Hour    // between two tries
)

// Run is what one run of the sender did.
type Run struct {
	Sent, Rejected, Later int
	// Problem is the code of what kept the server away, "" if it was reached.
	Problem string
}

// Send sends what waits, each mail once: of several servers of the program one
// takes it. A mail that was not accepted is tried again after a while, longer
// each time; one that is refused for good makes somebody call. Without a server
// everything waits.
func Send(ctx context.Context, db *store.DB, actor store.Actor, ring *keyring.Ring, tenant int) (run Run, err error) {
	defer fault.Add(&err, "mail.Send(%d)", tenant)
	var due []dueRow
	var server terms.MailServer
	var sender Sender
	err = db.Read(ctx, func(rx *store.Rx) (err error) {
		if server, err = terms.LoadMailServer(rx, tenant); err != nil {
			return err
		}
		if sender, err = SenderOf(rx, tenant); err != nil {
			return err
		}
		due, err = selectDue(rx, tenant, store.Stamp(rx.Now), batch)
		return err
	})
	switch {
	case err != nil:
		return Run{}, err
	case len(due) == 0:
		return Run{}, nil
	case server.Host == "" || sender.Address == "":
		return Run{Problem: "mail.no_server", Later: len(due)}, nil
	}
	conn, err := dial(ctx, ring, tenant, server)
	if err != nil {
		return Run{Problem: codeOf(err), Later: len(due)}, nil //nolint:nilerr // what waits goes on waiting; the run says why
	}
	defer conn.close()
	for _, d := range due {
		o := outgoing{db, actor, ring, tenant, sender}
		state, err := o.one(ctx, conn, d)
		if err != nil {
			return run, err
		}
		switch state {
		case Sent:
			run.Sent++
		case Rejected, Unknown:
			run.Rejected++
		case Waiting:
			run.Later++
		}
		if conn.broken {
			run.Problem = "mail.broken_off"
			break
		}
	}
	return run, nil
}

// Sender is how the tenant's mails are signed.
type Sender struct{ Name, Address string }

// Domain is what residents must allow where a mail filter keeps mails away.
func (s Sender) Domain() string {
	_, domain, _ := strings.Cut(s.Address, "@")
	return domain
}

// SenderOf returns the sender of a tenant.
func SenderOf(rx *store.Rx, tenant int) (Sender, error) {
	p, err := terms.LoadPolicy(rx, tenant)
	if err != nil {
		return Sender{}, err
	}
	t, _, err := slot.TenantByID(rx, tenant)
	return Sender{cmp.Or(p.SenderName, t.Name), p.SenderAddress}, err
}

// outgoing is one mail on its way out.
type outgoing struct {
	db     *store.DB
	actor  store.Actor
	ring   *keyring.Ring
	tenant int
	sender Sender
}

func (o outgoing) one(ctx context.Context, conn *connection, d dueRow) (state State, err error) {
	var sealed string
	var at time.Time
	err = o.db.Write(ctx, o.actor, func(tx *store.Tx) (err error) {
		at = tx.Now
		sealed, err = claim(tx, o.tenant, d, store.Stamp(tx.Now.Add(lease)))
		return err
	})
	if err != nil || sealed == "" { // somebody else has it
		return None, err
	}
	plain, err := o.ring.Unseal("mail", sealedAt(o.tenant, d.id), sealed)
	if err != nil {
		return None, err
	}
	var e envelope
	if err := json.Unmarshal([]byte(plain), &e); err != nil {
		return None, err
	}
	result := conn.send(parcel{d.id, o.sender.Name, o.sender.Address, e.To, e.Subject, e.Body, at})
	return o.settle(ctx, d, result)
}

// settle writes down what the server said.
func (o outgoing) settle(ctx context.Context, d dueRow, result verdict) (state State, err error) {
	// The server has spoken: that is kept even when the program is being stopped.
	ctx = context.WithoutCancel(ctx)
	err = o.db.Write(ctx, o.actor, func(tx *store.Tx) error {
		state = result.state
		if state == Waiting {
			made, err := store.ParseStamp(d.madeAt)
			if err != nil {
				return err
			}
			if tx.Now.Sub(made) < giveUp {
				return postpone(tx, o.tenant, d.id, store.Stamp(tx.Now.Add(pause(d.tries))), result.answer)
			}
			state = Rejected
		}
		if err := finish(tx, o.tenant, d.id, state, result.answer); err != nil {
			return err
		}
		if state == Sent || d.bookingID == "" {
			return nil
		}
		return AddTask(tx, o.tenant, d.bookingID, d.kind, Reason(state))
	})
	return state, err
}

// pause is how long a mail waits after so many tries: 1, 2, 4 … minutes.
func pause(tries int) time.Duration {
	return min(longWait, time.Minute<<min(tries, 10))
}

// verdict is what became of one mail.
type verdict struct {
	state  State
	answer string
}

// judge turns the answer of a server into a verdict. Only a refusal for good
// ends a mail; at the receiver's address most of these say that there is none.
func judge(err error, atReceiver bool) verdict {
	if err == nil {
		return verdict{Sent, "250"}
	}
	var answer *textproto.Error
	if !errors.As(err, &answer) {
		return verdict{Waiting, ""}
	}
	v := verdict{Waiting, answerCode(answer)}
	if answer.Code >= 500 {
		v.state = Rejected
		if atReceiver && unknownAddress(v.answer) {
			v.state = Unknown
		}
	}
	return v
}

// answerCode keeps the numbers of an answer and none of its words, which may
// repeat the address.
func answerCode(e *textproto.Error) string {
	code := fmt.Sprint(e.Code)
	first, _, _ := strings.Cut(e.Msg, " ")
	if parts := strings.Split(first, "."); len(parts) == 3 && strings.Trim(first, "0123456789.") == "" && len(first) <= 9 {
		return code + " " + first
	}
	return code
}

func unknownAddress(answer string) bool {
	code, enhanced, found := strings.Cut(answer, " ")
	if found {
		return strings.HasPrefix(enhanced, "5.1.")
	}
	return code == "550" || code == "551" || code == "553"
}

// Forget removes what the limit of a day needed of addresses, two days later,
// and the traces of mails that are older than keep.
func Forget(ctx context.Context, db *store.DB, actor store.Actor, tenant int, keep time.Duration) (err error) {
	defer fault.Add(&err, "mail.Forget(%d)", tenant)
	return db.Write(ctx, actor, func(tx *store.Tx) error {
		receivers, err := forgetReceivers(tx, tenant, store.Stamp(tx.Now.Add(-2*24*time.Hour)))
		if err != nil {
			return err
		}
		mails, err := deleteOld(tx, tenant, store.Stamp(tx.Now.Add(-keep)))
		if err != nil {
			return err
		}
		tasks, err := deleteTasks(tx, tenant, store.Stamp(tx.Now.Add(-keep)))
		if err != nil || receivers+mails+tasks == 0 {
			return err
		}
		return audit.Append(tx, "mail.forgotten", fmt.Sprintf("tenant/%d", tenant),
			map[string]int64{"receivers": receivers, "mails": mails, "tasks": tasks})
	})
}
