package visit_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/keyring"
	"kofu/internal/linkcode"
	"kofu/internal/notice"
	"kofu/internal/resident"
	"kofu/internal/scancode"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/visit"
)

// counter is a counter with one card on it, whose letter was posted, and
// another card in the vault.
type counter struct {
	t             *testing.T
	DB            *store.DB
	Ring          *keyring.Ring
	id, other     int64
	code, foreign linkcode.Code // of the letters of the two
}

const ours, others = "A1B-000001", "A1B-000002"

func newCounter(t *testing.T, change func(*card.Facts)) *counter {
	t.Helper()
	c := &counter{t: t, DB: testkit.DB(t), Ring: keyring.ForTest(1)}
	c.id, c.other = c.shelved(ours, 1, change), c.shelved(others, 2, nil)
	run, err := notice.Plan(t.Context(), notice.Office{DB: c.DB, Ring: c.Ring}, testkit.Clerk,
		notice.Order{Stock: "12up-84x42-aone-28187", StartCell: 1, Sort: notice.ByNumber})
	if err != nil {
		t.Fatal(err)
	}
	if run, err = notice.MarkReady(t.Context(), c.DB, testkit.Clerk, run.ID, nil); err != nil {
		t.Fatal(err)
	}
	if run, err = notice.Post(t.Context(), c.DB, testkit.Clerk, run.ID, "2026-11-24", false); err != nil {
		t.Fatal(err)
	}
	testkit.Read(t, c.DB, func(rx *store.Rx) error {
		pieces, err := notice.Pieces(rx, run.ID)
		if err != nil {
			return err
		}
		if c.code, err = notice.Code(rx, c.Ring, pieces[0]); err != nil {
			return err
		}
		c.foreign, err = notice.Code(rx, c.Ring, pieces[1])
		return err
	})
	c.do(c.id, card.ActPick, card.Input{})
	c.do(c.id, card.ActToCounter, card.Input{})
	return c
}

func (c *counter) shelved(no string, position int, change func(*card.Facts)) (id int64) {
	c.t.Helper()
	f := card.Facts{
		DeliveryID: 1, NoticeNo: no, Name: "山田 太郎", NameKey: "山田太郎", Address: "東京都千代田区三番町6番地3", Birth: "1965-04-01",
		ExpiresOn: "2036-04-01", ApplicationID: "12345678901234567890123", DeliveryMethod: "1",
	}
	if change != nil {
		change(&f)
	}
	if no == others {
		f.ApplicationID = "12345678901234567890124"
	}
	testkit.Write(c.t, c.DB, testkit.Clerk, func(tx *store.Tx) (err error) {
		id, err = card.List(tx, f, "")
		return err
	})
	for _, act := range []card.Act{card.ActReceive, card.ActInspect, card.ActPreset} {
		c.do(id, act, card.Input{})
	}
	c.do(id, card.ActShelve, card.Input{PlaceID: 7, Position: position})
	return id
}

func (c *counter) do(id int64, act card.Act, in card.Input) {
	c.t.Helper()
	testkit.Write(c.t, c.DB, testkit.Clerk, func(tx *store.Tx) error {
		_, err := card.Do(tx, id, act, in)
		return err
	})
}

func (c *counter) card(id int64) (out card.Card) {
	c.t.Helper()
	testkit.Read(c.t, c.DB, func(rx *store.Rx) (err error) {
		out, err = card.ByID(rx, id)
		return err
	})
	return out
}

func (c *counter) link(r resident.Resident) {
	c.t.Helper()
	testkit.Write(c.t, c.DB, testkit.Clerk, func(tx *store.Tx) error {
		has := resident.Fields(0).With(resident.State).With(resident.Birth).With(resident.StayExpiresOn)
		out, err := resident.Put(tx, 1, &resident.Row{Resident: r, Has: has})
		if err != nil {
			return err
		}
		return card.Link(tx, c.id, card.Person{ResidentID: out.ID})
	})
}

func (c *counter) lives(code linkcode.Code) (lives bool) {
	c.t.Helper()
	testkit.Read(c.t, c.DB, func(rx *store.Rx) (err error) {
		_, lives, _, err = notice.CardOfCode(rx, c.Ring, code)
		return err
	})
	return lives
}

// form is a form that nothing is missing from.
func (c *counter) form() visit.HandOver {
	return visit.HandOver{
		Seen: c.card(c.id).Version, CardScan: ours, NoticeScan: string(c.code), Receiver: visit.Self, Documents: []string{"holder_driver"},
		OldCards:  map[string]string{"notification": "collected", "juki": "none", "previous": "lost", "residence": "none"},
		PINMethod: "holder",
	}
}

func (c *counter) give(h visit.HandOver) (visit.Record, error) { return c.giveAs(testkit.Clerk, h) }

func (c *counter) giveAs(actor store.Actor, h visit.HandOver) (r visit.Record, err error) {
	err = c.DB.Join(c.t.Context(), actor, func(tx *store.Tx) (err error) {
		r, err = visit.Give(tx, c.Ring, c.id, h)
		return err
	})
	return r, err
}

// refused expects the fault, and that nothing has changed.
func (c *counter) refused(actor store.Actor, h visit.HandOver, kind fault.Kind, code string) fault.Error {
	c.t.Helper()
	before := testkit.Dump(c.t, c.DB)
	_, err := c.giveAs(actor, h)
	testkit.WantFault(c.t, err, kind, code)
	if diff := cmp.Diff(before, testkit.Dump(c.t, c.DB)); diff != "" {
		c.t.Errorf("a refused hand-over changed the database (-want +got):\n%s", diff)
	}
	e, _ := fault.As(err)
	return *e
}

func TestGive(t *testing.T) {
	c := newCounter(t, nil)
	h := c.form()
	r, err := c.give(h)
	if err != nil {
		t.Fatal(err)
	}
	want := visit.Record{
		ID: r.ID, CardID: c.id, EventID: r.EventID, At: store.Stamp(testkit.Now), By: testkit.Clerk.Name, Receiver: visit.Self,
		Documents: h.Documents, OldCards: h.OldCards, PINMethod: "holder",
	}
	var stored visit.Record
	testkit.Read(t, c.DB, func(rx *store.Rx) (err error) {
		stored, _, err = visit.OfCard(rx, c.id)
		return err
	})
	for _, got := range []visit.Record{r, stored} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("record (-want +got):\n%s", diff)
		}
	}
	if got := c.card(c.id); got.Procedure != card.HandedOver || got.Custody != card.WithHolder || got.HandedOverOn != "2026-11-24" {
		t.Errorf("card %+v", got.State)
	}
	if c.lives(c.code) || !c.lives(c.foreign) {
		t.Error("the hand-over does not end the code of its letter, and that alone")
	}
	c.refused(testkit.Clerk, h, fault.Conflict, "card.changed_meanwhile")
}

// Whatever the scanner reads from card and letter, as long as both are the
// right ones.
func TestGive_EveryCodeOfCardAndLetter(t *testing.T) {
	for _, codes := range [][2]func(*counter) string{
		{func(*counter) string { return "ａ１ｂ０００００１" }, func(c *counter) string { return c.code.Format() }},
		{func(c *counter) string { return scancode.CardTag(c.id) }, func(*counter) string { return "a1b000001" }},
		{func(*counter) string { return "12345678901234567890123" }, func(c *counter) string { return scancode.CardTag(c.id) }},
	} {
		c := newCounter(t, nil)
		h := c.form()
		h.CardScan, h.NoticeScan = codes[0](c), codes[1](c)
		if _, err := c.give(h); err != nil {
			t.Errorf("card %q, letter %q: %v", h.CardScan, h.NoticeScan, err)
		}
	}
}

// The guards in the order of the office. Each case also breaks every rule that
// comes after its own, so that the answer shows the order.
func TestGive_GuardsInOrder(t *testing.T) {
	broken := visit.HandOver{CardScan: others, NoticeScan: others}
	expired := func(f *card.Facts) { f.ExpiresOn = "2026-11-23" }
	stay := resident.Resident{No: "0001", State: "1", StayExpiresOn: "2026-11-23"}
	for _, step := range []struct {
		code  string
		kind  fault.Kind
		actor store.Actor
		facts func(*card.Facts)
		make  func(*counter) visit.HandOver
	}{
		{"card.changed_meanwhile", fault.Conflict, testkit.Contractor, expired, func(c *counter) visit.HandOver {
			c.hold()
			h := broken
			h.Seen = 1
			return h
		}},
		{"card.stopped", fault.Conflict, testkit.Contractor, expired, func(c *counter) visit.HandOver {
			c.hold()
			c.do(c.id, card.ActShelve, card.Input{PlaceID: 7, Position: 1})
			return broken
		}},
		{"card.not_at_counter", fault.Conflict, testkit.Contractor, expired, func(c *counter) visit.HandOver {
			c.do(c.id, card.ActShelve, card.Input{PlaceID: 7, Position: 1})
			return broken
		}},
		{"card.expired", fault.Conflict, testkit.Contractor, expired, func(*counter) visit.HandOver { return broken }},
		{"card.employees_only", fault.Conflict, testkit.Contractor, nil, func(*counter) visit.HandOver { return broken }},
		{"visit.wrong_card", fault.Conflict, testkit.Clerk, nil, func(c *counter) visit.HandOver { c.link(stay); return broken }},
		{"visit.wrong_notice", fault.Conflict, testkit.Clerk, nil, func(c *counter) visit.HandOver {
			c.link(stay)
			return visit.HandOver{CardScan: ours, NoticeScan: others}
		}},
		{"visit.stay_expired", fault.Conflict, testkit.Clerk, nil, func(c *counter) visit.HandOver {
			c.link(stay)
			return visit.HandOver{CardScan: ours, NoticeScan: ours}
		}},
		{"visit.incomplete", fault.Invalid, testkit.Clerk, nil, func(*counter) visit.HandOver {
			return visit.HandOver{CardScan: ours, NoticeScan: ours}
		}},
	} {
		t.Run(step.code, func(t *testing.T) {
			c := newCounter(t, step.facts)
			c.refused(step.actor, step.make(c), step.kind, step.code)
		})
	}
}

func (c *counter) hold() {
	c.t.Helper()
	testkit.Write(c.t, c.DB, testkit.Clerk, func(tx *store.Tx) error {
		_, err := card.OpenHold(tx, c.id, card.Stop, "確認中")
		return err
	})
}

func TestGive_TheLastDayOfTheStay(t *testing.T) {
	c := newCounter(t, nil)
	c.link(resident.Resident{No: "0001", State: "1", StayExpiresOn: "2026-11-24"})
	if _, err := c.give(c.form()); err != nil {
		t.Error(err)
	}
}

func TestGive_CardAndLetter(t *testing.T) {
	c := newCounter(t, nil)
	dead := c.code
	for _, s := range []struct {
		what   string
		change func(*visit.HandOver)
		kind   fault.Kind
		code   string
	}{
		{"no card", func(h *visit.HandOver) { h.CardScan = "" }, fault.Conflict, "visit.wrong_card"},
		{"another card", func(h *visit.HandOver) { h.CardScan = scancode.CardTag(c.other) }, fault.Conflict, "visit.wrong_card"},
		{"an unknown card", func(h *visit.HandOver) { h.CardScan = scancode.CardTag(999) }, fault.Conflict, "visit.wrong_card"},
		{"a 個人番号 as card", func(h *visit.HandOver) { h.CardScan = "621498320257" }, fault.Invalid, "scan.individual_number"},
		{"a 個人番号 as letter", func(h *visit.HandOver) { h.NoticeScan = "６２１４-９８３２-０２５７" }, fault.Invalid, "scan.individual_number"},
		{"the link code as card", func(h *visit.HandOver) { h.CardScan = string(c.code) }, fault.Conflict, "visit.wrong_card"},
		{"another's link code", func(h *visit.HandOver) { h.NoticeScan = string(c.foreign) }, fault.Conflict, "visit.wrong_notice"},
		{"an unknown link code", func(h *visit.HandOver) { h.NoticeScan = "1234567890123452" }, fault.Conflict, "visit.wrong_notice"},
		{"another's letter", func(h *visit.HandOver) { h.NoticeScan = others }, fault.Conflict, "visit.wrong_notice"},
		{"another's tag", func(h *visit.HandOver) { h.NoticeScan = scancode.CardTag(c.other) }, fault.Conflict, "visit.wrong_notice"},
		{"something else", func(h *visit.HandOver) { h.NoticeScan = "https://example.jp/" }, fault.Conflict, "visit.wrong_notice"},
		{"no letter, no reason", func(h *visit.HandOver) { h.NoticeScan = "" }, fault.Invalid, "visit.no_notice"},
		{"no letter, a reason of one's own", func(h *visit.HandOver) { h.NoticeScan, h.WalkIn = "", "forgot" }, fault.Invalid, "visit.no_notice"},
	} {
		t.Run(s.what, func(t *testing.T) {
			h := c.form()
			s.change(&h)
			c.refused(testkit.Clerk, h, s.kind, s.code)
		})
	}
	second, err := notice.Plan(t.Context(), notice.Office{DB: c.DB, Ring: c.Ring}, testkit.Clerk,
		notice.Order{Cards: []int64{c.id}, Stock: "12up-84x42-aone-28187", StartCell: 1, Sort: notice.ByNumber})
	if err != nil || second.Pieces != 1 {
		t.Fatal(err, second)
	}
	h := c.form()
	h.NoticeScan = string(dead)
	c.refused(testkit.Clerk, h, fault.Conflict, "visit.wrong_notice")
}

func TestGive_WalkIn(t *testing.T) {
	for _, reason := range visit.WalkInReasons {
		c := newCounter(t, nil)
		h := c.form()
		h.NoticeScan, h.WalkIn = "", reason
		if r, err := c.give(h); err != nil || r.WalkIn != reason {
			t.Errorf("%s: %+v, %v", reason, r, err)
		}
	}
}

func gapsOf(e fault.Error) (codes []string) {
	for _, d := range e.Details {
		codes = append(codes, d.Code)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

func TestGive_Papers(t *testing.T) {
	adult, child, elder := "1965-04-01", "2015-04-01", "1950-01-01"
	for _, s := range []struct {
		what      string
		birth     string
		receiver  visit.Receiver
		reason    string
		documents string
		want      []string // nil: handed over
	}{
		{"one of class B", adult, visit.Self, "", "holder_health", []string{"visit.holder_not_identified"}},
		{"the same paper twice", adult, visit.Self, "", "holder_health holder_health", []string{"visit.holder_not_identified"}},
		{"two of class B", adult, visit.Self, "", "holder_health holder_pension", nil},
		{"the receiver's papers only", adult, visit.Self, "", "receiver_driver", []string{"visit.holder_not_identified"}},
		{"a paper of one's own", adult, visit.Self, "", "holder_driver holder_point_card", []string{"visit.unknown_document"}},
		{"nobody", adult, "", "", "holder_driver", []string{"visit.no_receiver"}},
		{"somebody", adult, "neighbour", "", "holder_driver", []string{"visit.no_receiver"}},
		{"a child alone", child, visit.Self, "", "holder_passport", []string{"visit.under_age"}},
		{"the day before the 15th birthday", "2011-11-25", visit.Self, "", "holder_driver", nil}, // 年齢計算: attained today
		{"two days before the 15th birthday", "2011-11-26", visit.Self, "", "holder_driver", []string{"visit.under_age"}},
		{"birth date not known to the day", "2015-04", visit.Self, "", "holder_driver", nil},
		{"a child with a parent", child, visit.Legal, "", "holder_health holder_medical receiver_driver paper_family", nil},
		{"a parent without papers", child, visit.Legal, "", "holder_passport", []string{"visit.family_not_proved", "visit.receiver_not_identified"}},
		{"a proxy with everything", adult, visit.Proxy, "P06", "holder_driver receiver_driver paper_reply paper_mandate paper_hindrance", nil},
		{"a proxy with nothing", adult, visit.Proxy, "", "holder_driver", []string{
			"visit.no_mandate", "visit.no_proxy_reason", "visit.receiver_not_identified",
		}},
		{"a proxy without reply", adult, visit.Proxy, "P06", "holder_driver receiver_driver paper_mandate paper_hindrance", []string{"visit.no_mandate"}},
		{"too busy", adult, visit.Proxy, "work", "holder_driver receiver_driver paper_reply paper_mandate paper_hindrance", []string{"visit.no_proxy_reason"}},
		{"ill without proof", adult, visit.Proxy, "P08", "holder_driver receiver_driver paper_reply paper_mandate", []string{"visit.hindrance_not_proved"}},
		{"old by birth date", elder, visit.Proxy, "P05", "holder_driver receiver_driver paper_reply paper_mandate", nil},
		{"not so old", adult, visit.Proxy, "P05", "holder_driver receiver_driver paper_reply paper_mandate", []string{"visit.reason_not_by_age"}},
		{"a pupil by birth date", child, visit.Proxy, "P03", "holder_passport receiver_driver paper_reply paper_mandate", nil},
		{"no pupil", adult, visit.Proxy, "P03", "holder_driver receiver_driver paper_reply paper_mandate", []string{"visit.reason_not_by_age"}},
	} {
		t.Run(s.what, func(t *testing.T) {
			c := newCounter(t, func(f *card.Facts) { f.Birth = s.birth })
			h := c.form()
			h.Receiver, h.ProxyReason, h.Documents = s.receiver, s.reason, strings.Fields(s.documents)
			if s.want != nil {
				if diff := cmp.Diff(s.want, gapsOf(c.refused(testkit.Clerk, h, fault.Invalid, "visit.incomplete"))); diff != "" {
					t.Errorf("gaps (-want +got):\n%s", diff)
				}
				return
			}
			if _, err := c.give(h); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestGive_TheRegistryKnowsTheAge(t *testing.T) {
	c := newCounter(t, nil)
	c.link(resident.Resident{No: "0001", State: "1", Birth: "2015-04-01"})
	e := c.refused(testkit.Clerk, c.form(), fault.Invalid, "visit.incomplete")
	if len(e.Details) != 1 || e.Details[0].Code != "visit.under_age" || e.Details[0].Args["age"] != "11" {
		t.Errorf("details %+v", e.Details)
	}
}

func TestGive_OldCardsAndPIN(t *testing.T) {
	c := newCounter(t, nil)
	for _, kind := range visit.OldCards {
		for _, answer := range []string{"", "perhaps"} {
			h := c.form()
			h.OldCards = maps.Clone(h.OldCards)
			h.OldCards[kind] = answer
			e := c.refused(testkit.Clerk, h, fault.Invalid, "visit.incomplete")
			if len(e.Details) != 1 || e.Details[0].Code != "visit.old_card_unanswered" || e.Details[0].Value != kind {
				t.Errorf("%s=%q: %+v", kind, answer, e.Details)
			}
		}
	}
	for _, method := range []string{"", "1234"} {
		h := c.form()
		h.PINMethod = method
		if got := gapsOf(c.refused(testkit.Clerk, h, fault.Invalid, "visit.incomplete")); !slices.Equal(got, []string{"visit.no_pin_method"}) {
			t.Errorf("PIN method %q: %v", method, got)
		}
	}
	h := c.form() // what is not asked for is not kept
	h.OldCards["pin"], h.WalkIn, h.ProxyReason = "1234", "4321 5678", "9876"
	if _, err := c.give(h); err != nil {
		t.Fatal(err)
	}
	dump := testkit.Dump(t, c.DB)
	for _, secret := range []string{`"pin":"1234"`, "4321 5678", "9876"} {
		if strings.Contains(dump, secret) {
			t.Errorf("%s is kept in the database", secret)
		}
	}
}

func TestUndo(t *testing.T) {
	c := newCounter(t, nil)
	before := c.card(c.id).State
	undo := func(actor store.Actor, act card.Act, u card.Undoing) error {
		return c.DB.Write(t.Context(), actor, func(tx *store.Tx) error {
			events, err := card.EventsOf(tx.Rx, c.id)
			if err != nil {
				return err
			}
			for _, e := range slices.Backward(events) {
				if e.Act == act {
					_, err := visit.Undo(tx, e, u)
					return err
				}
			}
			return nil
		})
	}
	testkit.WantFault(t, undo(testkit.Clerk, card.ActToCounter, card.Undoing{}), fault.Conflict, "card.undo_not_last") // the last act, but no hand-over
	r, err := c.give(c.form())
	if err != nil {
		t.Fatal(err)
	}
	dump := testkit.Dump(t, c.DB)
	testkit.WantFault(t, undo(testkit.Clerk, card.ActHandOver, card.Undoing{Reason: "別の方"}), fault.Forbidden, "card.undo_handover_supervisor")
	testkit.WantFault(t, undo(testkit.Supervisor, card.ActHandOver, card.Undoing{Any: true}), fault.Invalid, "card.reason_missing")
	if diff := cmp.Diff(dump, testkit.Dump(t, c.DB)); diff != "" {
		t.Errorf("a refused undo changed the database (-want +got):\n%s", diff)
	}
	if err := undo(testkit.Supervisor, card.ActHandOver, card.Undoing{Any: true, Reason: "別の方"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, c.card(c.id).State); diff != "" {
		t.Errorf("card (-want +got):\n%s", diff)
	}
	if !c.lives(c.code) {
		t.Error("the code of the letter is dead")
	}
	testkit.Read(t, c.DB, func(rx *store.Rx) error {
		if _, ok, err := visit.OfCard(rx, c.id); ok || err != nil {
			t.Errorf("the record still counts: %v", err)
		}
		return nil
	})
	again, err := c.give(c.form())
	if err != nil || again.ID == r.ID {
		t.Fatalf("the right holder: %+v, %v", again, err)
	}
	_, table, _ := strings.Cut(testkit.Dump(t, c.DB), "-- visit\n")
	table, _, _ = strings.Cut(table, "-- ")
	if rows := strings.Count(strings.TrimSpace(table), "\n") + 1; rows != 2 {
		t.Errorf("%d hand-overs on record, want both:\n%s", rows, table)
	}
}
