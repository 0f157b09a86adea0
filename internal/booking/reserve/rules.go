package reserve

import "kofu/internal/booking/slot"

// Household says how the other persons of a household join a booking.
type Household string

// The ways. Persons of no household, too, can join by their codes.
const (
	NoHousehold Household = "off"
	EachCode    Household = "each_code" // every code is typed
	Tick        Household = "tick"      // one code is typed, the others are ticked
)

// Rules are what a municipality has decided about bookings. Whoever books for
// it reads them from its policy. The zero value is one unit a person and no
// household.
type Rules struct {
	Units     map[slot.Procedure]int // that one person takes of a slot; 1 where missing
	SumUnits  bool                   // of several procedures of a person count all, not the largest
	Household Household
}
