package reserve

import "time"

// Household says how the other persons of a household join a booking.
type Household string

// The ways. Persons of no household, too, can join by their codes.
const (
	NoHousehold Household = "off"
	EachCode    Household = "each_code" // every code is typed
	Tick        Household = "tick"      // one code is typed, the others are ticked
)

// Rules are what a municipality has decided about bookings. Whoever acts for it
// reads them from its policy. The zero value knows no household and no limits.
type Rules struct {
	SumUnits      bool // the procedures of one person are added up; otherwise the largest counts
	Household     Household
	ChangesPerDay int // of one booking by residents; 0 is no limit

	// For bookings without a code.
	Confirm                       time.Duration // in which the mail must be answered; 0 is the standard
	NoContact                     bool          // no personal data at all, so no mail can be asked for
	Unconfirmed                   bool          // then such bookings stand without a mail
	PerMail, PerPhone, PerAddress int           // bookings a day for one contact; 0 is the standard
}

// What holds where the rules say nothing.
const (
	StandardConfirm       = 30 * time.Minute
	StandardChangesPerDay = 5
	standardPerContact    = 2
	standardPerAddress    = 5
)

func or[T int | time.Duration](n, standard T) T {
	if n == 0 {
		return standard
	}
	return n
}
