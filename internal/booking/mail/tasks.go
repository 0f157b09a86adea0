package mail

import (
	"context"
	"fmt"

	"kofu/internal/audit"
	"kofu/internal/booking/terms"
	"kofu/internal/booking/ulid"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Reason says why somebody has to be called.
type Reason string

// The reasons for a call.
const (
	BecauseRejected Reason = "rejected"
	BecauseUnknown  Reason = "unknown"
	BecauseLimited  Reason = "limited"
	BecauseNoMail   Reason = "no_mail"
	BecauseAsked    Reason = "asked" // the resident asked to be called
)

// Task is a resident to be called.
type Task struct {
	ID        string         `json:"id"`
	BookingID string         `json:"bookingId"`
	Kind      terms.MailKind `json:"kind"` // of the mail that they did not get
	Reason    Reason         `json:"reason"`
	MadeAt    string         `json:"madeAt"`
	DoneAt    string         `json:"doneAt"`
	DoneBy    string         `json:"doneBy"`
}

// AddTask puts the resident of a booking on the list of those to be called. For
// the same booking and kind of mail there is one open task.
func AddTask(tx *store.Tx, tenant int, bookingID string, kind terms.MailKind, reason Reason) error {
	open, err := hasTask(tx.Rx, tenant, bookingID, kind)
	if err != nil || open {
		return err
	}
	return insertTask(tx, tenant, Task{ID: ulid.New(tx.Now), BookingID: bookingID, Kind: kind, Reason: reason})
}

// Tasks lists the open tasks, oldest first, or with done those of the past too.
func Tasks(rx *store.Rx, tenant int, done bool) ([]Task, error) { return selectTasks(rx, tenant, done) }

// TaskBooking returns the booking whose resident is to be called.
func TaskBooking(rx *store.Rx, tenant int, taskID string) (bookingID string, found bool, err error) {
	return selectTaskBooking(rx, tenant, taskID)
}

// Called says that the resident of a task was called. Errors: fault.Conflict
// "mail.task_done" when somebody else did, or there is no such task.
func Called(ctx context.Context, db *store.DB, actor store.Actor, tenant int, taskID string) (err error) {
	defer fault.Add(&err, "mail.Called(%d, %q)", tenant, taskID)
	return db.Write(ctx, actor, func(tx *store.Tx) error {
		n, err := finishTask(tx, tenant, taskID)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "mail.task_done")
		}
		return audit.Append(tx, "mail.called", fmt.Sprintf("tenant/%d/task/%s", tenant, taskID), struct{}{})
	})
}
