package card

import (
	"slices"

	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Act is something done to a card, the name of an event.
type Act string

// The acts of the common trunk.
const (
	ActList           Act = "listed"
	ActReceive        Act = "received"
	ActReportMissing  Act = "reported_missing"
	ActInspect        Act = "inspected"
	ActFailInspection Act = "inspect_failed"
	ActPreset         Act = "preset"
	ActShelve         Act = "shelved"
	ActPick           Act = "picked"
	ActToCounter      Act = "to_counter"
	ActPrint          Act = "notice_printed"
	ActPost           Act = "notice_posted"
	ActUnprint        Act = "notice_cancelled"
	ActUnpost         Act = "posting_undone"
	ActHandOver       Act = "handed_over"
	ActWithdraw       Act = "withdrawn"
	ActVoid           Act = "voided"
	ActUndo           Act = "undone"
	ActHold           Act = "hold_opened"
	ActRelease        Act = "hold_closed"
)

// Input is what an act brings along. Unused fields stay empty.
type Input struct {
	Seen     int    // version that the clerk saw; 0 when the act names no screen
	Reason   string // 理由
	Group    string // joins the events of one bulk act, import or print run
	PlaceID  int64  // ActShelve
	Position int    // ActShelve
	Day      string // ActPost: day of posting
	Deadline string // ActPost: 受取期限 printed on the letter
	Restore  State  // ActUnprint, ActUnpost: the notice as it was before
}

// rule says when an act is legal and what it makes of the card. This table is
// the one place where transitions are allowed.
type rule struct {
	from    []Procedure                // legal before
	custody []Custody                  // legal before; empty means anywhere
	reason  bool                       // a reason must be given
	stops   bool                       // refused while a hold stops the card
	guard   func(Card, Input, guarded) // further conditions
	apply   func(*State, Input, *store.Rx)
}

// guarded collects what a guard objects to; the first objection counts.
type guarded struct {
	rx     *store.Rx
	actor  store.Actor
	refuse func(code string, args ...string)
}

var (
	inHand   = []Custody{OnDesk, Vault, Picked, Counter}
	workable = []Procedure{Received, Inspected, InspectFailed, Preset, Ready, Notified, Withdrawn}
)

var rules = map[Act]rule{
	ActReceive: {
		from: []Procedure{Listed, Missing, Withdrawn}, custody: []Custody{Expected, NeverArrived},
		apply: func(s *State, _ Input, rx *store.Rx) {
			if s.Procedure != Withdrawn { // given up before it came: it stays so, but it is here
				s.Procedure = Received
			}
			s.Custody, s.ReceivedOn = OnDesk, rx.Today()
		},
	},
	ActReportMissing: {
		from:  []Procedure{Listed},
		apply: func(s *State, _ Input, _ *store.Rx) { s.Procedure, s.Custody = Missing, NeverArrived },
	},
	ActInspect: {
		from: []Procedure{Received, InspectFailed}, custody: inHand,
		apply: func(s *State, _ Input, _ *store.Rx) { s.Procedure = Inspected },
	},
	ActFailInspection: {
		from: []Procedure{Received, Inspected, Preset}, custody: inHand, reason: true,
		apply: func(s *State, _ Input, _ *store.Rx) { s.Procedure = InspectFailed },
	},
	ActPreset: {
		from: []Procedure{Inspected}, custody: inHand,
		apply: func(s *State, _ Input, rx *store.Rx) { s.Procedure = Preset; s.becomeReady(rx) },
	},
	ActShelve: {
		from: workable, custody: inHand, guard: guardPlace,
		apply: func(s *State, in Input, rx *store.Rx) {
			s.Custody, s.PlaceID, s.Position = Vault, in.PlaceID, in.Position
			s.becomeReady(rx)
		},
	},
	ActPick: {
		from: workable, custody: []Custody{Vault},
		apply: func(s *State, _ Input, _ *store.Rx) { s.leaveVault(Picked) },
	},
	ActToCounter: {
		from: []Procedure{Ready, Notified}, custody: []Custody{Picked}, stops: true,
		apply: func(s *State, _ Input, _ *store.Rx) { s.Custody = Counter },
	},
	ActPrint: {
		from: []Procedure{Ready, Notified}, custody: inHand, stops: true,
		apply: func(s *State, _ Input, _ *store.Rx) { s.Notice = Printed },
	},
	ActPost: {
		from: []Procedure{Ready, Notified}, custody: inHand, guard: guardPrinted,
		apply: func(s *State, in Input, _ *store.Rx) {
			s.Procedure, s.Notice, s.NoticeOn, s.Deadline = Notified, Posted, in.Day, in.Deadline
		},
	},
	ActUnprint: {
		from: workable, guard: guardPending,
		apply: func(s *State, in Input, _ *store.Rx) { s.Notice = in.Restore.Notice },
	},
	ActUnpost: {
		from: []Procedure{Notified},
		apply: func(s *State, in Input, _ *store.Rx) {
			s.Procedure, s.Notice = in.Restore.Procedure, in.Restore.Notice
			s.NoticeOn, s.Deadline = in.Restore.NoticeOn, in.Restore.Deadline
		},
	},
	ActHandOver: {
		from: []Procedure{Ready, Notified}, stops: true, guard: guardHandOver,
		apply: func(s *State, _ Input, rx *store.Rx) {
			s.Procedure, s.Custody, s.HandedOverOn = HandedOver, WithHolder, rx.Today()
		},
	},
	ActWithdraw: {
		from:   []Procedure{Listed, Received, Missing, Inspected, InspectFailed, Preset, Ready, Notified},
		reason: true,
		apply:  func(s *State, _ Input, _ *store.Rx) { s.Procedure = Withdrawn },
	},
	ActVoid: {
		from:   []Procedure{Listed},
		reason: true,
		apply:  func(s *State, _ Input, _ *store.Rx) { s.Procedure = Voided },
	},
}

// becomeReady makes a card that is set up and lies in the vault 交付可能,
// whichever of the two came last.
func (s *State) becomeReady(rx *store.Rx) {
	if s.Procedure == Preset && s.Custody == Vault {
		s.Procedure, s.ReadyOn = Ready, rx.Today()
	}
}

func (s *State) leaveVault(to Custody) {
	s.Custody, s.PlaceID, s.Position = to, 0, 0
}

func guardPlace(_ Card, in Input, g guarded) {
	if in.PlaceID == 0 || in.Position < 1 {
		g.refuse("card.no_place")
	}
}

func guardPrinted(c Card, in Input, g guarded) {
	switch {
	case c.Notice != Printed:
		g.refuse("card.not_printed")
	case in.Day == "" || in.Deadline == "":
		g.refuse("card.no_posting_day")
	}
}

func guardPending(c Card, _ Input, g guarded) {
	if c.Notice != Printed {
		g.refuse("card.not_printed")
	}
}

// guardHandOver keeps the order of the office: where the card is, whether it
// is still valid, and who hands it over. Holds come before it in check.
func guardHandOver(c Card, _ Input, g guarded) {
	switch {
	case c.Custody != Counter:
		g.refuse("card.not_at_counter")
	case c.ExpiresOn != "" && c.ExpiresOn < g.rx.Today():
		g.refuse("card.expired", "day", c.ExpiresOn)
	case !g.actor.Employee:
		g.refuse("card.employees_only")
	}
}

// check decides whether the act is legal on the card. The refusal says which
// guard objects and what to do.
func check(rx *store.Rx, actor store.Actor, c Card, act Act, in Input) error {
	r, ok := rules[act]
	if !ok {
		return fault.New(fault.Invalid, "card.unknown_act")
	}
	if in.Seen != 0 && in.Seen != c.Version {
		return fault.New(fault.Conflict, "card.changed_meanwhile")
	}
	if !slices.Contains(r.from, c.Procedure) {
		return fault.New(fault.Conflict, "card.wrong_state", "state", "@procedure."+string(c.Procedure))
	}
	if r.reason && entry.Blank(in.Reason) {
		return fault.New(fault.Invalid, "card.reason_missing")
	}
	if err := entry.Check(in.Reason); err != nil {
		return err
	}
	if r.stops {
		if err := refuseWhileStopped(rx, c); err != nil {
			return err
		}
	}
	if len(r.custody) > 0 && !slices.Contains(r.custody, c.Custody) {
		return fault.New(fault.Conflict, "card.wrong_custody", "custody", "@custody."+string(c.Custody))
	}
	var refusal error
	if r.guard != nil {
		r.guard(c, in, guarded{rx: rx, actor: actor, refuse: func(code string, args ...string) {
			if refusal == nil {
				refusal = fault.New(fault.Conflict, code, args...)
			}
		}})
	}
	return refusal
}

// Check tells whether the act would be accepted, without doing it.
func Check(rx *store.Rx, actor store.Actor, c Card, act Act, in Input) error {
	return check(rx, actor, c, act, in)
}
