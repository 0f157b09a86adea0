package card

import (
	"fmt"

	"kofu/internal/store"
)

// RegistryEvent is an 異動 of a resident as the registry file reports it.
type RegistryEvent struct {
	ResidentID int64
	EventID    int64  // resident_event.id, the source of the holds it opens
	Code       string // 異動事由 01–59
	HappenedOn string // day as far as known; a moving-out may lie in the future
	Group      string // the import
	// Differs says which of the basic data differ from before the event, for
	// the corrections 42–44, which mean something only then.
	NameDiffers, AddressDiffers bool
}

// What the registry events 異動事由 mean for an undelivered card: which flag
// they raise, and whether it stops. Corrections depend on what differs.
var eventHolds = map[string]struct {
	flag     Flag
	severity Severity
	dated    bool // begins on the day of the event, which may lie ahead
}{
	"21": {MovedOut, Stop, true},
	"22": {MovedOut, Stop, true},
	"23": {Death, Stop, false},
	"24": {MissingInRegistry, Stop, false},
	"25": {MissingInRegistry, Stop, false},
	"26": {MissingInRegistry, Stop, false},
	"41": {AddressChanged, Warn, false},
	"45": {NumberChanged, Stop, false},
	"46": {NumberChanged, Stop, false},
	"47": {NumberChanged, Stop, false},
	"48": {NumberChanged, Stop, false},
	"49": {NumberChanged, Stop, false},
	"54": {NameChanged, Warn, false},
	"55": {NameChanged, Warn, false},
	"56": {NameChanged, Warn, false},
	"57": {NameChanged, Warn, false},
	"58": {NameChanged, Warn, false},
}

// cancels maps the codes for 異動の取消し to the codes they take back.
var cancels = map[string]func(code string) bool{
	"09": func(code string) bool { return code >= "01" && code <= "08" },
	"28": func(code string) bool { return code >= "21" && code <= "27" },
	"59": func(code string) bool { return code >= "41" && code <= "58" },
}

// mailMethod is 申請時来庁方式: the card itself is mailed, so that a changed
// name or address stops it.
const mailMethod = "2"

// holdsFor returns the holds that the event asks for on a card.
func holdsFor(e RegistryEvent, c Card) []Hold {
	var holds []Hold
	add := func(flag Flag, severity Severity, from string) {
		if severity == Warn && c.DeliveryMethod == mailMethod {
			severity = Stop
		}
		holds = append(holds, Hold{CardID: c.ID, Flag: flag, Severity: severity, Reason: e.Code, FromDay: from, Source: sourceOf(e.EventID)})
	}
	switch e.Code {
	case "42", "43", "44":
		if e.AddressDiffers {
			add(AddressChanged, Warn, "")
		}
		if e.NameDiffers {
			add(NameChanged, Warn, "")
		}
	default:
		if rule, ok := eventHolds[e.Code]; ok {
			from := ""
			if rule.dated {
				from = e.HappenedOn
			}
			add(rule.flag, rule.severity, from)
		}
	}
	return holds
}

func sourceOf(eventID int64) string { return fmt.Sprintf("resident_event/%d", eventID) }

// ApplyEvent opens the holds that a registry event asks for on every card of
// the resident that is still the city's business, or closes those that a
// cancelled event had opened. The same event twice changes nothing. With
// onlyCard it concerns that card alone, for a card linked later.
func ApplyEvent(tx *store.Tx, e RegistryEvent, onlyCard int64) (opened, closed int, err error) {
	cards, err := cardsOfResident(tx.Rx, e.ResidentID)
	if err != nil {
		return 0, 0, err
	}
	for _, c := range cards {
		if c.final() || onlyCard != 0 && c.ID != onlyCard {
			continue
		}
		o, err := applyTo(tx, e, c)
		if err != nil {
			return opened, closed, err
		}
		n, err := cancelOn(tx, e, c.ID)
		if err != nil {
			return opened, closed, err
		}
		opened, closed = opened+o, closed+n
	}
	return opened, closed, nil
}

func applyTo(tx *store.Tx, e RegistryEvent, c Card) (opened int, err error) {
	seen, err := hadHold(tx.Rx, c.ID, sourceOf(e.EventID))
	if err != nil || seen {
		return 0, err
	}
	for _, h := range holdsFor(e, c) {
		change, err := openHold(tx, c, h, e.Group)
		if err != nil {
			return opened, err
		}
		c = change.Card
		opened++
	}
	return opened, nil
}

// cancelOn closes the holds of the newest event that the code takes back. What
// the clerk opened stays.
func cancelOn(tx *store.Tx, e RegistryEvent, cardID int64) (closed int, err error) {
	takesBack, ok := cancels[e.Code]
	if !ok {
		return 0, nil
	}
	holds, err := HoldsOf(tx.Rx, cardID)
	if err != nil {
		return 0, err
	}
	source := ""
	for _, h := range holds { // newest first
		if h.ClosedAt != "" || h.Source == byStaff || !takesBack(h.Reason) {
			continue
		}
		if source == "" {
			source = h.Source
		}
		if h.Source != source {
			continue
		}
		if _, err := closeHold(tx, h, e.Code, e.Group); err != nil {
			return closed, err
		}
		closed++
	}
	return closed, nil
}

// RetractEvents closes the holds that came from the given registry events,
// when their import is undone, and returns how many.
func RetractEvents(tx *store.Tx, eventIDs []int64, why, group string) (int, error) {
	closed := 0
	for _, id := range eventIDs {
		holds, err := openHoldsFrom(tx.Rx, sourceOf(id))
		if err != nil {
			return closed, err
		}
		for _, h := range holds {
			if _, err := closeHold(tx, h, why, group); err != nil {
				return closed, err
			}
			closed++
		}
	}
	return closed, nil
}

// Person is what a card takes over from the registry once it is linked.
type Person struct {
	ResidentID int64
	Kana       string // for sorting and calling
}

// Link joins a card to its holder in the registry.
func Link(tx *store.Tx, cardID int64, p Person) error { return setResident(tx, cardID, p) }

// Unlink takes the registry away from a card, when an import is undone.
func Unlink(tx *store.Tx, cardID int64) error { return setResident(tx, cardID, Person{}) }
