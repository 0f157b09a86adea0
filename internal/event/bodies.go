package event

// Refusal is why the office does not accept a booking. It says nothing that the
// booking service does not know.
type Refusal string

// The refusals.
const (
	Withdrawn  Refusal = "withdrawn"  // the code is dead or stopped
	Superseded Refusal = "superseded" // the booking was made for an earlier card
	ClosedLink Refusal = "closed"     // the card was handed over or destroyed
	OfficeWins Refusal = "office"     // the same person has a booking of the office
)

// ConfigWindow is a window as the owner of the configuration describes it; replaces what was
// known of it.
type ConfigWindow struct {
	Window string `json:"window" form:"window"`
	Name   string `json:"name" form:"place"`
	Owner  string `json:"owner" form:"owner"`  // who gives its office seats away
	Order  int    `json:"order" form:"0-9999"` // in lists, ascending
	Late   int    `json:"late" form:"0-1440"`  // minutes after the end of a slot from which people count as missed
	Closed bool   `json:"closed,omitempty"`    // it is no more
}

// ProcTerms are the terms of a procedure.
type ProcTerms struct {
	Svc   string `json:"svc" form:"svc"`
	Units int    `json:"units" form:"1-99"` // seats that one person needs
	Off   bool   `json:"off,omitempty"`
}

// ConfigRules are what holds for all windows.
type ConfigRules struct {
	PartyMax int         `json:"party_max" form:"1-99"`
	SumUnits bool        `json:"sum_units,omitempty"` // the procedures of a person are added up; otherwise the largest counts
	Procs    []ProcTerms `json:"procs"`
}

// SlotSeats is one beginning of a window-day.
type SlotSeats struct {
	Start  string   `json:"start" form:"start"`
	Min    int      `json:"min" form:"1-1440"`
	Web    int      `json:"web" form:"0-9999"`
	Office int      `json:"office" form:"0-9999"`
	Procs  []string `json:"procs,omitempty" form:"svc"` // none for every procedure
}

// ConfigCapacity is one day of a window in full: what was known of the day is
// replaced, so that sending it again does no harm. No slots is a closed day.
type ConfigCapacity struct {
	Window string      `json:"window" form:"window"`
	Date   string      `json:"date" form:"day"`
	Slots  []SlotSeats `json:"slots"`
}

// LinkIssue makes a code known or, with the next generation, replaces it by that
// of the next card. A code is not ready until [LinkReady].
type LinkIssue struct {
	Link       string   `json:"link" form:"link"`
	Hash       string   `json:"h" form:"hash"`            // of the code
	BirthHash  string   `json:"hb,omitempty" form:"hash"` // of code and birth date; none where the code suffices
	Key        string   `json:"key" form:"key"`           // of both
	Gen        int      `json:"gen" form:"1-9999"`
	Svc        []string `json:"svc" form:"svc"`
	Windows    []string `json:"windows,omitempty" form:"window"` // in order; none for all
	BookFrom   string   `json:"book_from" form:"instant"`
	Until      string   `json:"until" form:"instant"`
	Group      string   `json:"grp,omitempty" form:"group"`
	Ordinal    int      `json:"mem,omitempty" form:"1-99"` // on the letter, with a group
	OfficeOnly bool     `json:"office_only,omitempty"`
	Lang       string   `json:"lang,omitempty" form:"lang"`
}

// OfLink is about one generation of a code.
type OfLink struct {
	Link string `json:"link" form:"link"`
	Gen  int    `json:"gen" form:"1-9999"`
}

type (
	// LinkReady says that the card can be collected.
	LinkReady OfLink
	// LinkHold stops a code until the next LinkReady.
	LinkHold OfLink
	// LinkWithdraw ends a code. Why stays at the office.
	LinkWithdraw OfLink
	// LinkClose ends a code whose card was handed over or destroyed.
	LinkClose OfLink
)

// LinkRekey gives a code a new number: the old letter is dead at once, what was
// booked stays.
type LinkRekey struct {
	Link      string `json:"link" form:"link"`
	Hash      string `json:"h" form:"hash"`
	BirthHash string `json:"hb,omitempty" form:"hash"`
	Key       string `json:"key" form:"key"`
}

// LinkFirstUsed says that somebody has signed in with the code: the letter has
// arrived.
type LinkFirstUsed struct {
	Link string `json:"link" form:"link"`
}

// Member is one person of a booking.
type Member struct {
	Link   string   `json:"link" form:"link"`
	Gen    int      `json:"gen" form:"1-9999"`
	Svc    []string `json:"svc" form:"svc"`
	Units  int      `json:"units,omitempty" form:"1-999"`   // seats that the person takes
	Start  string   `json:"start,omitempty" form:"start"`   // where it differs from that of the booking
	NoCode bool     `json:"nocode,omitempty"`               // without a code of the office: the pseudonym stands for this booking alone
	Booked string   `json:"booked,omitempty" form:"booked"` // what the owner says, visits aside; none for active
}

// Placed is a booking of the booking service in its place.
type Placed struct {
	Booking string   `json:"bk" form:"booking"`
	Was     string   `json:"was,omitempty" form:"booking"` // the booking that this one replaces, which is over
	No      string   `json:"no" form:"receipt"`
	Members []Member `json:"members"` // those who have not left
	Window  string   `json:"window" form:"window"`
	Start   string   `json:"start" form:"start"`
	Min     int      `json:"min" form:"1-1440"`
	Party   int      `json:"party" form:"1-99"`
	Units   int      `json:"units" form:"1-999"`
	Seat    string   `json:"seat" form:"seat"` // from which it takes them
	Via     string   `json:"via" form:"via"`
	Lang    string   `json:"lang,omitempty" form:"lang"`
}

type (
	// BookingCreated is a new booking.
	BookingCreated Placed
	// BookingMoved replaces what was known of the place and the members of a booking.
	BookingMoved Placed
)

// OfBooking is about one person of a booking, or about everybody. Visits name the
// person, for one side may know of people who were there all the same.
type OfBooking struct {
	Booking string `json:"bk" form:"booking"`
	Link    string `json:"link,omitempty" form:"link"` // none for everybody who is in it
}

type (
	// BookingMissed says that people are not there by the end of the slot. They may
	// still come.
	BookingMissed OfBooking
	// BookingNoShow says that people did not come, for good.
	BookingNoShow OfBooking
	// BookingUnreconciled says that the office never saw the booking: nobody knows.
	BookingUnreconciled OfBooking
)

type (
	// VisitArrived says that people are here.
	VisitArrived OfBooking
	// VisitDone says that people have what they came for.
	VisitDone OfBooking
	// VisitAgain says that people have to come again.
	VisitAgain OfBooking
	// VisitUndo takes back the last step of people who came.
	VisitUndo OfBooking
)

// BookingLeft says that one person has left a booking that goes on without.
type BookingLeft struct {
	Booking string `json:"bk" form:"booking"`
	Link    string `json:"link" form:"link"`
	By      string `json:"by" form:"by"`
}

// BookingCancelled says that a booking is over for everybody. Both sides say it
// of their own bookings.
type BookingCancelled struct {
	Booking string `json:"bk" form:"booking"`
	By      string `json:"by" form:"by"`
}

// BookingOffice is a booking that the office made from its own seats, or moved:
// it replaces what was known of the booking.
type BookingOffice struct {
	Booking string   `json:"bk" form:"booking"`
	No      string   `json:"no,omitempty" form:"receipt"`
	Members []Member `json:"members"`
	Window  string   `json:"window" form:"window"`
	Start   string   `json:"start" form:"start"`
	Min     int      `json:"min" form:"1-1440"`
	Party   int      `json:"party" form:"1-99"`
	Units   int      `json:"units" form:"1-999"`
	Via     string   `json:"via" form:"via"`
}

// BookingRefused says that the office does not accept a booking of the booking
// service for a person, or for everybody.
type BookingRefused struct {
	Booking string  `json:"bk" form:"booking"`
	Link    string  `json:"link,omitempty" form:"link"`
	Code    Refusal `json:"code" form:"refusal"`
}

// DayClosed ends a day of a window at the office.
type DayClosed struct {
	Window string `json:"window" form:"window"`
	Date   string `json:"date" form:"day"`
	Seen   int64  `json:"seen" form:"0-9007199254740991"` // highest event of the booking service applied before
}

// CapacityOver says by how many seats a slot is taken beyond what it holds now;
// 0 when it is no longer.
type CapacityOver struct {
	Window string `json:"window" form:"window"`
	Start  string `json:"start" form:"start"`
	Over   int    `json:"over" form:"0-9999"`
}
