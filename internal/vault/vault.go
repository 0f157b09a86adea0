// Package vault knows the places where cards are kept (office › vault › shelf ›
// box › position), labels them, and puts cards into them by scan. Writes table
// place.
package vault

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"kofu/internal/audit"
	"kofu/internal/card"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/scancode"
	"kofu/internal/store"
)

// Kind is the level of a place.
type Kind string

// The levels, from the outside in. Cards lie in boxes only.
const (
	Office Kind = "office"
	Room   Kind = "vault"
	Shelf  Kind = "shelf"
	Box    Kind = "box"
)

var levels = []Kind{Office, Room, Shelf, Box}

// Place is one place with what lies in it.
type Place struct {
	ID       int64
	ParentID int64 // 0 for an office
	Kind     Kind
	Code     string // digits on its label
	Name     string
	Path     string // names from the office down
	Sort     string // walking order
	Capacity int    // positions of a box, 0 for the others
	Used     int    // taken positions of a box
}

// next returns the lowest free position of a box, false when it is full.
func (p Place) next(taken []int) (int, bool) {
	want := 1
	for _, n := range taken {
		if n > want {
			break
		}
		want = n + 1
	}
	return want, want <= p.Capacity
}

// New describes places to be made: Count of them, numbered when more than one.
type New struct {
	ParentID int64
	Kind     Kind
	Name     string
	Capacity int
	Count    int
}

const (
	maxCount    = 200
	maxCapacity = 1000
	longestName = 60 // characters; more does not fit on a label
)

// Add makes places below another. Errors: fault.Invalid "vault.name_missing", "vault.bad_name",
// "vault.bad_parent", "vault.bad_capacity", "vault.bad_count";
// fault.Conflict "vault.name_taken".
func Add(ctx context.Context, db *store.DB, actor store.Actor, n New) (made []Place, err error) {
	defer fault.Add(&err, "vault.Add")
	if err := n.check(); err != nil {
		return nil, err
	}
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		made, err = add(tx, n)
		return err
	})
	return made, err
}

func add(tx *store.Tx, n New) (made []Place, err error) {
	parent, err := parentOf(tx.Rx, n)
	if err != nil {
		return nil, err
	}
	for i := 1; i <= n.Count; i++ {
		p := Place{ParentID: n.ParentID, Kind: n.Kind, Name: n.Name, Capacity: n.Capacity}
		if n.Count > 1 {
			p.Name = fmt.Sprintf("%s%d", n.Name, i)
		}
		p.Path = p.Name
		if parent.ID != 0 {
			p.Path = parent.Path + " › " + p.Name
		}
		if p, err = insert(tx, p, parent.Sort); err != nil {
			return nil, err
		}
		made = append(made, p)
	}
	return made, audit.Append(tx, "place.added", fmt.Sprintf("place/%d", n.ParentID), map[string]any{"kind": n.Kind, "count": n.Count})
}

func (n *New) check() error {
	if n.Count == 0 {
		n.Count = 1
	}
	switch {
	case entry.Blank(n.Name):
		return fault.New(fault.Invalid, "vault.name_missing")
	case entry.Check(n.Name) != nil || utf8.RuneCountInString(n.Name) > longestName:
		return fault.New(fault.Invalid, "vault.bad_name", "max", fmt.Sprint(longestName))
	case !slices.Contains(levels, n.Kind):
		return fault.New(fault.Invalid, "vault.bad_parent")
	case n.Count < 1 || n.Count > maxCount:
		return fault.New(fault.Invalid, "vault.bad_count", "max", fmt.Sprint(maxCount))
	case n.Kind == Box && (n.Capacity < 1 || n.Capacity > maxCapacity):
		return fault.New(fault.Invalid, "vault.bad_capacity", "max", fmt.Sprint(maxCapacity))
	case n.Kind != Box && n.Capacity != 0:
		return fault.New(fault.Invalid, "vault.bad_capacity", "max", fmt.Sprint(maxCapacity))
	}
	return nil
}

// parentOf reads the place above and checks that it is of a higher level.
func parentOf(rx *store.Rx, n New) (Place, error) {
	if n.Kind == Office {
		if n.ParentID != 0 {
			return Place{}, fault.New(fault.Invalid, "vault.bad_parent")
		}
		return Place{}, nil
	}
	parent, err := ByID(rx, n.ParentID)
	if err != nil {
		return Place{}, err
	}
	if slices.Index(levels, parent.Kind) >= slices.Index(levels, n.Kind) {
		return Place{}, fault.New(fault.Invalid, "vault.bad_parent")
	}
	return parent, nil
}

// Shelved is the outcome of shelving one card.
type Shelved struct {
	Change   card.Change
	Place    Place
	Position int
	Again    bool // it lay there before: nothing was changed
}

// Shelve puts the card that was scanned at the lowest free position of the
// place. A card that lies there already keeps its position, because the one
// who scans it twice does not move it. Errors: fault.Invalid "scan.individual_number", fault.NotFound
// "vault.card_unknown", fault.Conflict "vault.full", "vault.no_box",
// "vault.card_ambiguous" and the guards of the card.
func Shelve(ctx context.Context, db *store.DB, actor store.Actor, placeCode, cardCode string) (s Shelved, err error) {
	defer fault.Add(&err, "vault.Shelve")
	err = db.Join(ctx, actor, func(tx *store.Tx) error {
		if s.Place, err = ByLabel(tx.Rx, placeCode); err != nil {
			return err
		}
		c, err := inHand(tx.Rx, cardCode)
		if err != nil {
			return err
		}
		if c.Custody == card.Vault && c.PlaceID == s.Place.ID {
			s.Change, s.Position, s.Again = card.Change{Before: c.State, Card: c}, c.Position, true
			return nil
		}
		s, err = PutAway(tx, c.ID, s.Place)
		return err
	})
	return s, err
}

// PutAway puts a card at the lowest free position of a box.
func PutAway(tx *store.Tx, cardID int64, p Place) (s Shelved, err error) {
	if p.Kind != Box {
		return s, fault.New(fault.Conflict, "vault.no_box", "place", p.Path)
	}
	taken, err := card.Occupied(tx.Rx, p.ID)
	if err != nil {
		return s, err
	}
	position, free := p.next(taken)
	if !free {
		return s, fault.New(fault.Conflict, "vault.full", "place", p.Path, "capacity", fmt.Sprint(p.Capacity))
	}
	change, err := card.Do(tx, cardID, card.ActShelve, card.Input{PlaceID: p.ID, Position: position})
	if err != nil {
		return s, err
	}
	p.Used = len(taken) + 1
	return Shelved{Change: change, Place: p, Position: position},
		audit.Append(tx, "card.shelved", fmt.Sprintf("card/%d", cardID), map[string]any{"place": p.ID, "position": position})
}

// inHand finds the one card with the code that the city has in its hands.
func inHand(rx *store.Rx, entry string) (card.Card, error) {
	code := scancode.Read(entry)
	if code.Kind == scancode.IndividualNumber {
		return card.Card{}, fault.New(fault.Invalid, "scan.individual_number")
	}
	found, err := card.Find(rx, code)
	if err != nil {
		return card.Card{}, err
	}
	held := slices.DeleteFunc(slices.Clone(found), func(c card.Card) bool { return !c.Held() })
	switch {
	case len(held) == 1:
		return held[0], nil
	case len(held) > 1:
		return card.Card{}, fault.New(fault.Conflict, "vault.card_ambiguous", "count", fmt.Sprint(len(held)))
	case len(found) > 0: // listed but not received, or gone already: the guard says which
		return found[0], nil
	}
	return card.Card{}, fault.New(fault.NotFound, "vault.card_unknown", "code", code.Text)
}

// PutBack returns a card to the box in which it last lay, at its old position
// if that is free. Errors: fault.Conflict "vault.no_former_place".
func PutBack(tx *store.Tx, cardID int64, seen int) (s Shelved, err error) {
	placeID, position, err := LastPlace(tx.Rx, cardID)
	if err != nil {
		return s, err
	}
	p, err := ByID(tx.Rx, placeID)
	if err != nil {
		return s, err
	}
	taken, err := card.Occupied(tx.Rx, p.ID)
	if err != nil {
		return s, err
	}
	if slices.Contains(taken, position) {
		return PutAway(tx, cardID, p)
	}
	change, err := card.Do(tx, cardID, card.ActShelve, card.Input{Seen: seen, PlaceID: p.ID, Position: position})
	if err != nil {
		return s, err
	}
	return Shelved{Change: change, Place: p, Position: position},
		audit.Append(tx, "card.shelved", fmt.Sprintf("card/%d", cardID), map[string]any{"place": p.ID, "position": position})
}

// LastPlace looks through the history of the card for the last box it lay in.
// Error: fault.Conflict "vault.no_former_place".
func LastPlace(rx *store.Rx, cardID int64) (placeID int64, position int, err error) {
	events, err := card.EventsOf(rx, cardID)
	if err != nil {
		return 0, 0, err
	}
	for _, e := range slices.Backward(events) {
		if s := e.After(); s.PlaceID != 0 {
			return s.PlaceID, s.Position, nil
		}
	}
	return 0, 0, fault.New(fault.Conflict, "vault.no_former_place")
}
