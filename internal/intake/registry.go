package intake

import (
	"strings"
	"time"

	"kofu/internal/card"
	"kofu/internal/jptext"
	"kofu/internal/resident"
	"kofu/internal/store"
	"kofu/internal/tabfile"
)

// registryRows takes people and their events over.
type registryRows struct {
	*worker
	has resident.Fields // what the columns of the file can fill
}

// fieldTargets are the targets of a profile that go into one field each.
var fieldTargets = map[string]resident.Field{
	"household_no": resident.HouseholdNo, "resident_kind": resident.Kind, "resident_state": resident.State,
	"name": resident.Name, "kana": resident.Kana, "name_roman": resident.NameRoman, "name_kanji_foreign": resident.NameKanji,
	"former_surname": resident.FormerSurname, "alias": resident.Alias, "alias_kana": resident.AliasKana,
	"name_priority": resident.NamePriority, "sex": resident.Sex, "relation": resident.Relation,
	"postal_code": resident.PostalCode, "building": resident.Building, "stay_expires_on": resident.StayExpiresOn,
}

// addressTargets are the parts of an address in the order in which they follow
// each other.
var addressTargets = []string{"address", "prefecture", "city", "town", "block"}

func (g *registryRows) finish() error { return g.link() }

func (g *registryRows) row(r tabfile.Row) error {
	row := g.personOf(r)
	return g.put(r.Line, &row)
}

func (g *registryRows) put(line int, row *resident.Row) error {
	out, err := resident.Put(g.tx, g.run.ID, row)
	if err != nil {
		return err
	}
	switch out.Change {
	case resident.New:
		g.counts.New++
	case resident.Changed:
		g.counts.Changed++
	default:
		g.counts.Unchanged++
	}
	if out.Event.ID != 0 {
		if err := g.event(out); err != nil {
			return err
		}
	}
	return g.silentEnd(line, row, out)
}

func fieldsOf(r tabfile.Row) resident.Fields {
	has := resident.Fields(0).With(resident.GaijiSet)
	for target, field := range fieldTargets {
		if r.Has(target) {
			has = has.With(field)
		}
	}
	for _, target := range addressTargets {
		if r.Has(target) {
			has = has.With(resident.Address)
		}
	}
	if r.Has("birth") {
		has = has.With(resident.Birth).With(resident.BirthRaw)
	}
	return has
}

// personOf reads a row. Texts go over exactly as the file has them; the parts
// of an address are joined without anything between.
func (g *registryRows) personOf(r tabfile.Row) resident.Row {
	if g.has == 0 {
		g.has = fieldsOf(r)
	}
	row := resident.Row{Has: g.has}
	row.No, row.GaijiSet = r.Text("resident_no"), g.gaiji
	for target, field := range fieldTargets {
		if g.has.Has(field) {
			*row.At(field) = r.Text(target)
		}
	}
	for _, target := range addressTargets {
		row.Address += r.Text(target)
	}
	birth := r.Date("birth")
	row.Birth, row.BirthRaw = birth.ISO, birth.Raw
	row.Event = resident.Event{Code: r.Text("event_code"), CodeRaw: r.Raw("event_code"), HappenedOn: r.Text("event_date")}
	g.dated(row.Event.HappenedOn)
	return row
}

// event lets a new event of a person open and close holds.
func (g *registryRows) event(out resident.Outcome) error {
	g.counts.Events++
	if out.Change == resident.New {
		return nil // nobody's card yet; link sees to those that become theirs
	}
	opened, closed, err := card.ApplyEvent(g.tx, g.registryEvent(out.Event, differences(out)), 0)
	g.counts.HoldsOpened += opened
	g.counts.HoldsClosed += closed
	return err
}

// differing says which of the basic data an event changed.
type differing struct{ name, address bool }

func differences(out resident.Outcome) differing {
	if out.Change != resident.Changed {
		return differing{}
	}
	a, b := out.Before, out.After
	return differing{
		name: a.Name != b.Name || a.NameRoman != b.NameRoman || a.NameKanji != b.NameKanji ||
			a.FormerSurname != b.FormerSurname || a.Alias != b.Alias,
		address: a.Address != b.Address || a.Building != b.Building,
	}
}

func (w *worker) registryEvent(e resident.Event, d differing) card.RegistryEvent {
	return card.RegistryEvent{
		ResidentID: e.ResidentID, EventID: e.ID, Code: e.Code, HappenedOn: e.HappenedOn,
		NameDiffers: d.name, AddressDiffers: d.address, Group: group(w.run.ID),
	}
}

// silentEnd warns of a person with a card who is no resident any more although
// the file names no event: no rule opens a hold then, a clerk has to look.
func (g *registryRows) silentEnd(line int, row *resident.Row, out resident.Outcome) error {
	if out.Change != resident.Changed || !ended(out.After.State) || ended(out.Before.State) || ends(row.Event.Code) {
		return nil
	}
	cards, err := card.OfResident(g.tx.Rx, out.ID)
	if err != nil || len(cards) == 0 {
		return err
	}
	g.found.warn(line, "", row.No, "registry.state_without_event", "notice", cards[0].NoticeNo)
	return nil
}

// ended reports whether 住民状態 says that the person is no resident any more.
func ended(state string) bool { return state != "" && state != "1" }

// ends reports whether 異動事由 is one of 消除.
func ends(code string) bool { return code >= "21" && code <= "28" }

// loose is a card without a person.
type loose struct {
	id                                       int64
	noticeNo, key, birth, address, appliedOn string
}

// link joins cards that have no person yet to the one person of the registry
// with this name and birth date. Of several the one at the card's address is
// meant; where that does not tell either, nobody is chosen.
func (w *worker) link() error {
	var waiting []loose
	err := card.Unlinked(w.tx.Rx, func(c card.Card) error {
		waiting = append(waiting, loose{c.ID, c.NoticeNo, c.NameKey, c.Birth, c.Address, c.AppliedOn})
		return nil
	})
	if err != nil {
		return err
	}
	for _, c := range waiting {
		linked, err := w.linkOne(c)
		if err != nil {
			return err
		}
		if linked {
			w.counts.Linked++
		} else {
			w.counts.Unlinked++
		}
	}
	return nil
}

func (w *worker) linkOne(c loose) (bool, error) {
	if c.key == "" || c.birth == "" {
		return false, nil
	}
	people, err := resident.ByName(w.tx.Rx, c.key, c.birth)
	if err != nil || len(people) == 0 {
		return false, err
	}
	wholeDay := len(c.birth) == len(time.DateOnly)
	if at := livingAt(people, c.address); len(at) == 1 {
		people = at
	} else if !wholeDay {
		return false, nil // a year alone does not tell one person from another
	}
	if len(people) > 1 {
		w.found.warn(0, "", c.noticeNo, "registry.match_ambiguous", "numbers", numbers(people))
		return false, nil
	}
	person := people[0]
	if err := card.Link(w.tx, c.id, card.Person{ResidentID: person.ID, Kana: person.Kana}); err != nil {
		return false, err
	}
	if err := saveLink(w.tx, w.run.ID, c.id); err != nil {
		return false, err
	}
	return true, w.catchUp(c, person)
}

// livingAt returns those who live at the address, which J-LIS writes without
// the prefecture and either with 方書 or without.
func livingAt(people []resident.Resident, address string) (found []resident.Resident) {
	key := jptext.SearchKey(address)
	for _, p := range people {
		if key != "" && (strings.HasSuffix(jptext.SearchKey(p.Address), key) || strings.HasSuffix(jptext.SearchKey(p.Address+p.Building), key)) {
			found = append(found, p)
		}
	}
	return found
}

func numbers(people []resident.Resident) (list string) {
	for i, p := range people {
		if i > 0 {
			list += ", "
		}
		list += p.No
	}
	return list
}

// catchUp lets what happened to the person since the application act on a card
// that was joined only now.
func (w *worker) catchUp(c loose, person resident.Resident) error {
	events, err := resident.Events(w.tx.Rx, person.ID)
	if err != nil {
		return err
	}
	acted := false
	for _, e := range events {
		if e.HappenedOn < c.appliedOn && e.HappenedOn != "" {
			continue
		}
		opened, closed, err := card.ApplyEvent(w.tx, w.registryEvent(e, differing{}), c.id)
		if err != nil {
			return err
		}
		w.counts.HoldsOpened += opened
		w.counts.HoldsClosed += closed
		acted = acted || opened > 0
	}
	if ended(person.State) && !acted {
		w.found.warn(0, "", person.No, "registry.state_without_event", "notice", c.noticeNo)
	}
	return nil
}

// undoRegistry brings people, links and holds back to before the import.
func undoRegistry(tx *store.Tx, run Run, reason string) error {
	events, err := resident.EventsOf(tx.Rx, run.ID)
	if err != nil {
		return err
	}
	if _, err := card.ReopenGroup(tx, group(run.ID)); err != nil {
		return err
	}
	if _, err := card.RetractEvents(tx, events, reason, group(run.ID)); err != nil {
		return err
	}
	if err := unlinkRemoved(tx, run); err != nil {
		return err
	}
	_, err = resident.Undo(tx, run.ID)
	return err
}

// unlinkRemoved takes cards off the people who go, whoever joined them.
func unlinkRemoved(tx *store.Tx, run Run) error {
	linked, err := linkedBy(tx.Rx, run.ID)
	if err != nil {
		return err
	}
	for _, id := range linked {
		if err := card.Unlink(tx, id); err != nil {
			return err
		}
	}
	for after := int64(0); ; {
		going, err := resident.AddedBy(tx.Rx, run.ID, after)
		if err != nil || len(going) == 0 {
			return err
		}
		for _, id := range going {
			if err := unlinkAll(tx, id); err != nil {
				return err
			}
		}
		after = going[len(going)-1]
	}
}

func unlinkAll(tx *store.Tx, residentID int64) error {
	cards, err := card.OfResident(tx.Rx, residentID)
	if err != nil {
		return err
	}
	for _, c := range cards {
		if err := card.Unlink(tx, c.ID); err != nil {
			return err
		}
	}
	return nil
}
