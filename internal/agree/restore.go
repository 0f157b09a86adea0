package agree

import "kofu/internal/event"

// A database that was put back to an older state knows less than it has said.
// This is how it finds back:
//
//  1. The restored side begins a new epoch with a new log, whose first event is
//     log.restored. From then on, until it has taken in the snapshot, it is
//     recovering: no act that would write an event is carried out, and of the
//     peer's events it takes none but config.* (which replace in full) and what
//     stands between snapshot.begin with its epoch and snapshot.end. The numbers
//     of the others count as applied all the same: the snapshot holds what they
//     said.
//  2. The peer refuses the new epoch until somebody has accepted it, goes back to
//     what the restored side acknowledges, and answers log.restored with
//     snapshot.begin, everything that it holds (codes and when they were used
//     first, bookings of both sides with all registers of [Person], closed days,
//     slots that are over) and snapshot.end, all in one transaction; the config.*
//     that it owns it says anew. It works on meanwhile. Bundles of an earlier
//     epoch are refused from then on.
//  3. The restored side takes over all facts of the peer and, where it has lost
//     some ([Lost]), its own as the peer knows them, and no fact of its own where
//     it has lost none: then it writes its events after snapshot.begin's number
//     into the new log once more, in their order. Where it has lost some it says
//     anew what it owns and the snapshot does not hold (the number of a letter, a
//     first use), a day.closed with seen 0, so that nobody is accused. Bookings of
//     the booking service that come out of this without a new event have the
//     number 0, and so have closed days.
//  4. Then, still in the transaction of snapshot.end, what follows from the facts
//     is done again: the office judges every live booking and collects what
//     happened to cards; the booking service ends and settles with [Recheck] what
//     the office's facts end, and writes that down as always.
//  5. People compare the counts of snapshot.end with those of the database, and
//     work goes on.
//
// Two sides that were both put back at once cannot heal each other; the second
// one is restored when the first has found back.

// Lost reports whether the restored side has lost facts of its own: the peer
// knows of later ones, or of another history. Otherwise it only has to say the
// rest again.
func Lost(asked event.LogRestored, answer event.SnapshotBegin) bool {
	return answer.Was != asked.Was || answer.Seen > asked.Head
}

// Merge is a person of a booking after the snapshot. mine is what the restored
// side has, nil where it does not know the person; told is what the snapshot
// says; own says that the restored side owns the booking.
func Merge(side Side, mine *Person, told Person, own, lost bool) Person {
	if mine == nil || lost {
		return told
	}
	merged := *mine
	if !own {
		merged.Booked = told.Booked
	}
	if side == Cloud { // what the office has refused is ended by Recheck
		merged.Refused = told.Refused
	}
	merged.Visits[1-side] = told.Visits[1-side]
	return merged
}

// MergeLink is a code after the snapshot. The office owns codes.
func MergeLink(side Side, mine, told Link, lost bool) Link {
	if side == Office && !lost && mine.State != Unknown {
		return mine
	}
	return told
}

// Stand is what [Recheck] looks at.
type Stand struct {
	Link   Link
	Gen    int // for which the booking was made
	Svc    []string
	NoCode bool
	Own    bool // the person is expected in a booking of the office
	Closed bool // the day of the booking is closed
	Seen   bool // and the office saw the booking before
}

// Recheck is the booking service's, for the persons of its bookings after a
// snapshot and after a visit was taken back: what the office's facts end is
// ended, what they settle is settled. It returns whether something changed, and
// the procedures that stand.
func Recheck(p *Person, s Stand) (changed bool, svc []string) {
	svc = s.Svc
	dead := !s.NoCode && (s.Link.State == Withdrawn || s.Gen < s.Link.Gen || s.Own)
	if !s.NoCode && s.Link.State == Closed {
		svc = Others(s.Svc)
		dead = dead || len(svc) == 0
	}
	if p.Refused || dead {
		changed = p.End()
	}
	p.Refused = false
	if s.Closed && p.Settle(s.Seen) {
		changed = true
	}
	return changed, svc
}
