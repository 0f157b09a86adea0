package event

// Each kind of event under its name.

// Type implements [Body].
func (ConfigWindow) Type() Type { return "config.window" }

// Type implements [Body].
func (ConfigRules) Type() Type { return "config.rules" }

// Type implements [Body].
func (ConfigCapacity) Type() Type { return "config.capacity" }

// Type implements [Body].
func (LinkIssue) Type() Type { return "link.issue" }

// Type implements [Body].
func (LinkReady) Type() Type { return "link.ready" }

// Type implements [Body].
func (LinkHold) Type() Type { return "link.hold" }

// Type implements [Body].
func (LinkWithdraw) Type() Type { return "link.withdraw" }

// Type implements [Body].
func (LinkRekey) Type() Type { return "link.rekey" }

// Type implements [Body].
func (LinkClose) Type() Type { return "link.close" }

// Type implements [Body].
func (LinkFirstUsed) Type() Type { return "link.first_used" }

// Type implements [Body].
func (BookingCreated) Type() Type { return "booking.created" }

// Type implements [Body].
func (BookingMoved) Type() Type { return "booking.moved" }

// Type implements [Body].
func (BookingLeft) Type() Type { return "booking.left" }

// Type implements [Body].
func (BookingCancelled) Type() Type { return "booking.cancelled" }

// Type implements [Body].
func (BookingMissed) Type() Type { return "booking.noshow_provisional" }

// Type implements [Body].
func (BookingNoShow) Type() Type { return "booking.noshow" }

// Type implements [Body].
func (BookingUnreconciled) Type() Type { return "booking.unreconciled" }

// Type implements [Body].
func (BookingOffice) Type() Type { return "booking.office" }

// Type implements [Body].
func (BookingRefused) Type() Type { return "booking.refused" }

// Type implements [Body].
func (VisitArrived) Type() Type { return "visit.arrived" }

// Type implements [Body].
func (VisitDone) Type() Type { return "visit.done" }

// Type implements [Body].
func (VisitAgain) Type() Type { return "visit.again" }

// Type implements [Body].
func (VisitUndo) Type() Type { return "visit.undo" }

// Type implements [Body].
func (DayClosed) Type() Type { return "day.closed" }

// Type implements [Body].
func (CapacityOver) Type() Type { return "capacity.over" }

// Type implements [Body].
func (LogRestored) Type() Type { return "log.restored" }

// Type implements [Body].
func (SnapshotBegin) Type() Type { return "snapshot.begin" }

// Type implements [Body].
func (SnapshotLink) Type() Type { return "snapshot.link" }

// Type implements [Body].
func (SnapshotBooking) Type() Type { return "snapshot.booking" }

// Type implements [Body].
func (SnapshotDay) Type() Type { return "snapshot.day" }

// Type implements [Body].
func (SnapshotEnd) Type() Type { return "snapshot.end" }
