package link_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/event"
	"kofu/internal/link"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func mustStamp(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := store.ParseStamp(text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// bare takes out of events what is random in each.
func bare(list []event.Body) (left []event.Body) {
	for _, b := range list {
		switch e := b.(type) {
		case event.LinkIssue:
			e.Link, e.Hash, e.BirthHash, e.Group = "", "", "", ""
			left = append(left, e)
		case event.LinkReady:
			e.Link = ""
			left = append(left, e)
		case event.LinkWithdraw:
			e.Link = ""
			left = append(left, e)
		default:
			left = append(left, b)
		}
	}
	return left
}

// TB-10: what leaves the office of a protected resident and of an unprotected
// twin differs only in random codes, where the city lets it leave at all.
func TestTB10_TwinsDifferOnlyInTheCode(t *testing.T) {
	o := newOffice(t)
	o.policy(func(p *link.Policy) { p.Shielded = "as_others" })
	plain, hidden := o.card("0001", "H1"), o.card("0002", "H2")
	o.shield(hidden, true)
	log := o.posted(plain, hidden)
	if len(log) != 4 {
		t.Fatalf("log: %v", types(log))
	}
	if diff := cmp.Diff(bare(log[:2]), bare(log[2:])); diff != "" {
		t.Errorf("the twins differ:\n%s", diff)
	}
	if got := o.collect(); len(got) != 0 {
		t.Errorf("later: %v", types(got))
	}
}

// TB-10, PR-09: by default nothing leaves of a protected resident, and the rest
// is what would leave if there were no such person.
func TestTB10_NothingLeavesAndNothingIsMissing(t *testing.T) {
	run := func(with bool) []event.Body {
		o := newOffice(t)
		cards := []int64{o.card("0001", "H1"), o.card("0003", "H2"), o.card("0004", "H2")}
		if with {
			hidden := o.card("0002", "H1")
			o.shield(hidden, true)
			cards = append(cards, hidden)
		}
		log := o.posted(cards...)
		ordinals := []int{}
		for _, b := range log {
			if e, is := b.(event.LinkIssue); is {
				ordinals = append(ordinals, e.Ordinal)
			}
		}
		slices.Sort(ordinals)
		if !slices.Equal(ordinals, []int{0, 1, 2}) {
			t.Errorf("ordinals %v", ordinals)
		}
		slices.SortFunc(log, func(a, b event.Body) int { return ordinalOf(a) - ordinalOf(b) })
		return bare(log)
	}
	if diff := cmp.Diff(run(false), run(true)); diff != "" {
		t.Errorf("without and with the protected resident:\n%s", diff)
	}
}

func ordinalOf(b event.Body) int {
	if e, is := b.(event.LinkIssue); is {
		return e.Ordinal
	}
	return 100
}

// A mark that is set later takes the code back, which looks like any withdrawal;
// when it ends the code lives again.
func TestTB10_TheMarkComesLater(t *testing.T) {
	o := newOffice(t)
	id := o.card("0001", "")
	o.posted(id)
	o.shield(id, true)
	if diff := cmp.Diff([]event.Body{event.LinkWithdraw{Gen: 1}}, bare(o.collect())); diff != "" {
		t.Errorf("marked (-want +got):\n%s", diff)
	}
	if got := o.collect(); len(got) != 0 {
		t.Errorf("said twice: %v", types(got))
	}
	o.shield(id, false)
	if got := types(o.collect()); !slices.Equal(got, []string{"link.issue", "link.ready"}) {
		t.Errorf("mark taken off: %v", got)
	}
}

// Nobody learns from the order of the log in which order the letters were made.
func TestTB10_OrderOfTheLogIsRandom(t *testing.T) {
	o := newOffice(t)
	var cards []int64
	for i := range 12 {
		cards = append(cards, o.card(string(rune('A'+i)), ""))
	}
	log := o.posted(cards...)
	var links []string
	for _, b := range log {
		if e, is := b.(event.LinkIssue); is {
			links = append(links, e.Link)
		}
	}
	if len(links) != 12 || !slices.IsSorted(links) {
		t.Errorf("order of the log: %v", links)
	}
	counts := map[string]int{}
	testkit.Read(t, o.DB, func(rx *store.Rx) (err error) {
		counts, err = link.Counts(rx)
		return err
	})
	if counts["ready"] != 12 {
		t.Errorf("counts %v", counts)
	}
}
