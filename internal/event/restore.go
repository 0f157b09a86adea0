package event

// LogRestored is the first event of a log whose database was put back to an
// older state. It asks for a snapshot.
type LogRestored struct {
	Was  string `json:"was" form:"epoch"`               // epoch in which the log went on before
	Head int64  `json:"head" form:"0-9007199254740991"` // its last number that the database still knows
}

// SnapshotBegin opens the answer to a [LogRestored]: everything that this side
// holds, as package agree says. Between begin and end a [CapacityOver] is one of
// all that there are, whichever side says it.
type SnapshotBegin struct {
	For  string `json:"for" form:"epoch"`               // epoch of the log that asked
	Was  string `json:"was" form:"epoch"`               // epoch heard before
	Seen int64  `json:"seen" form:"0-9007199254740991"` // its last event applied here
}

// SnapshotLink is a code.
type SnapshotLink struct {
	Link       string   `json:"link" form:"link"`
	Hash       string   `json:"h" form:"hash"`
	BirthHash  string   `json:"hb,omitempty" form:"hash"`
	Key        string   `json:"key" form:"key"`
	Gen        int      `json:"gen" form:"1-9999"`
	State      string   `json:"state" form:"link.state"`
	Svc        []string `json:"svc" form:"svc"`
	Windows    []string `json:"windows,omitempty" form:"window"`
	BookFrom   string   `json:"book_from" form:"instant"`
	Until      string   `json:"until" form:"instant"`
	Group      string   `json:"grp,omitempty" form:"group"`
	Ordinal    int      `json:"mem,omitempty" form:"1-99"`
	OfficeOnly bool     `json:"office_only,omitempty"`
	Lang       string   `json:"lang,omitempty" form:"lang"`
	Used       string   `json:"used,omitempty" form:"instant"` // when somebody signed in with it first; none for never, as far as known
}

// Standing is a person of a booking with all that is known: what the owner of
// the booking says, whether the office has refused it, and what each side has
// written down of a visit.
type Standing struct {
	Link    string   `json:"link" form:"link"`
	Gen     int      `json:"gen" form:"1-9999"`
	Svc     []string `json:"svc" form:"svc"`
	Start   string   `json:"start,omitempty" form:"start"`
	Units   int      `json:"units,omitempty" form:"1-999"`
	NoCode  bool     `json:"nocode,omitempty"`
	Booked  string   `json:"booked" form:"booked"`
	Refused bool     `json:"refused,omitempty"`
	Office  string   `json:"at_office,omitempty" form:"visit"`
	Cloud   string   `json:"at_cloud,omitempty" form:"visit"`
}

// SnapshotBooking is a booking of either side as the other one knows it.
type SnapshotBooking struct {
	Booking string     `json:"bk" form:"booking"`
	Office  bool       `json:"office,omitempty"` // made by the office
	No      string     `json:"no,omitempty" form:"receipt"`
	Members []Standing `json:"members"` // also those who have left
	Window  string     `json:"window" form:"window"`
	Start   string     `json:"start" form:"start"`
	Min     int        `json:"min" form:"1-1440"`
	Party   int        `json:"party" form:"0-99"`
	Units   int        `json:"units" form:"0-999"`
	Seat    string     `json:"seat" form:"seat"`
	Via     string     `json:"via" form:"via"`
	Lang    string     `json:"lang,omitempty" form:"lang"`
	Late    bool       `json:"late,omitempty"` // the office saw it only after it had closed the day
}

// SnapshotDay is a day that the office has closed.
type SnapshotDay struct {
	Window string `json:"window" form:"window"`
	Date   string `json:"date" form:"day"`
	Seen   int64  `json:"seen" form:"0-9007199254740991"`
}

// SnapshotEnd closes the answer with its counts, which people compare before
// work goes on.
type SnapshotEnd struct {
	For      string `json:"for" form:"epoch"`
	Links    int    `json:"links" form:"0-99999999"`
	Bookings int    `json:"bookings" form:"0-99999999"`
	Days     int    `json:"days" form:"0-99999999"`
}
