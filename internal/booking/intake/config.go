package intake

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"kofu/internal/booking/slot"
	"kofu/internal/booking/sync"
	"kofu/internal/booking/terms"
	"kofu/internal/booking/ulid"
	"kofu/internal/event"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// tellConfig tells the office of rules, windows and seats that are not as it was told
// last, and of slots that hold too many people. Each event replaces what it is about
// in full, so it does no harm to say one again.
func (n *End) tellConfig(tx *store.Tx) (told int, err error) {
	if err := tx.Lock(fmt.Sprintf("config/%d", n.Desk.Tenant)); err != nil {
		return 0, err
	}
	say := func(object string, body event.Body) error {
		text, err := event.Marshal(body)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(text)
		digest := base64.RawURLEncoding.EncodeToString(sum[:])
		same, err := toldBefore(tx.Rx, n.Desk.Tenant, object, digest)
		if err != nil || same {
			return err
		}
		told++
		if err := noteTold(tx, n.Desk.Tenant, object, digest); err != nil {
			return err
		}
		return sync.Put(tx, n.Desk.Tenant, ulid.New(tx.Now), body)
	}
	if err := n.tellRules(tx, say); err != nil {
		return told, err
	}
	windows, err := slot.Windows(tx.Rx, n.Desk.Tenant)
	if err != nil {
		return 0, err
	}
	for i, w := range windows {
		body := event.ConfigWindow{Window: w.ID, Name: w.Name, Owner: string(w.OfficeSeats), Order: i, Late: w.LateMinutes}
		if err := say("window/"+w.ID, body); err != nil {
			return told, err
		}
		if err := n.tellSeats(tx, w.ID, say); err != nil {
			return told, err
		}
	}
	return told, n.tellOver(tx, say)
}

// tellOver tells of slots that are taken beyond what they hold now (case 8), and
// of those that no longer are.
func (n *End) tellOver(tx *store.Tx, say func(string, event.Body) error) error {
	list, err := overs(tx.Rx, n.Desk.Tenant)
	if err != nil {
		return err
	}
	over := map[string]bool{}
	for _, e := range list {
		object := overObject(e)
		over[object] = true
		if err := say(object, e); err != nil {
			return err
		}
	}
	before, err := objectsTold(tx.Rx, n.Desk.Tenant, overPrefix)
	if err != nil {
		return err
	}
	for _, object := range before {
		if over[object] {
			continue
		}
		window, start, _ := strings.Cut(strings.TrimPrefix(object, overPrefix), " ")
		if err := say(object, event.CapacityOver{Window: window, Start: start}); err != nil {
			return err
		}
	}
	return nil
}

// overs are the slots that are taken beyond what they hold now.
func overs(rx *store.Rx, tenant int) (over []event.CapacityOver, err error) {
	list, err := slot.Over(rx, tenant)
	for _, s := range list {
		over = append(over, event.CapacityOver{Window: s.WindowID, Start: event.Start(s.Starts), Over: s.WebOver + s.OfficeOver})
	}
	return over, err
}

const overPrefix = "over/"

// overObject names a slot among what the office was told of.
func overObject(e event.CapacityOver) string { return overPrefix + e.Window + " " + e.Start }

// tellRules tells how many seats the procedures take, so that the office counts
// those of its bookings as we do.
func (n *End) tellRules(tx *store.Tx, say func(string, event.Body) error) error {
	city, _, err := slot.TenantByID(tx.Rx, n.Desk.Tenant)
	if err != nil {
		return err
	}
	policy, err := terms.LoadPolicy(tx.Rx, n.Desk.Tenant)
	if err != nil {
		return err
	}
	body := event.ConfigRules{PartyMax: city.PartyMax, SumUnits: policy.Units == "sum"}
	list, err := slot.ProcedureList(tx.Rx, n.Desk.Tenant)
	if err != nil {
		return err
	}
	for _, p := range list {
		body.Procs = append(body.Procs, event.ProcTerms{Svc: string(p.Code), Units: p.Units, Off: !p.On})
	}
	return say("rules", body)
}

// tellSeats tells of every day of a window from today on.
func (n *End) tellSeats(tx *store.Tx, windowID string, say func(string, event.Body) error) error {
	today := jpdate.Day(tx.Today())
	list, err := slot.Ahead(tx.Rx, n.Desk.Tenant, windowID, today)
	if err != nil {
		return err
	}
	var days []jpdate.Day
	of := map[jpdate.Day]*event.ConfigCapacity{}
	for _, s := range list {
		c := of[s.Day]
		if c == nil {
			c = &event.ConfigCapacity{Window: windowID, Date: string(s.Day)}
			of[s.Day], days = c, append(days, s.Day)
		}
		if !s.Open {
			continue
		}
		seats := event.SlotSeats{Start: event.Start(s.Starts), Min: s.Minutes, Web: s.WebCap, Office: s.OfficeCap}
		for _, p := range s.Procs.List() {
			seats.Procs = append(seats.Procs, string(p))
		}
		c.Slots = append(c.Slots, seats)
	}
	for _, d := range days {
		if err := say("capacity/"+windowID+"/"+string(d), *of[d]); err != nil {
			return err
		}
	}
	return nil
}
