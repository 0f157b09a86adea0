package bothsides_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/internal/agree"
	"kofu/internal/booking/contact"
	"kofu/internal/booking/front"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/card"
	"kofu/internal/counter"
	"kofu/internal/event"
	"kofu/internal/link"
	registry "kofu/internal/resident"
	"kofu/internal/seal"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// What is told of people on either side, none of which may be in a bundle.
var secrets = []string{
	canary, "夏南利", "亜子", "カナリア", "A1B-", "1965-04-01", "19650401", "canary@mail.example", "09012345678", "090-1234-5678",
	"本人の希望", "確認中", "窓口で確認", "代理人", "山田", "田中",
	hidden, "カクシダ", "秘町", "1970-05-02", "19700502", "千代田", "0000000099", "加害者", "支援", "shield", "protect",
}

const hidden = "隠田 護" // a resident under protection

var (
	twelveDigits = regexp.MustCompile(`(^|[^0-9A-Za-z_-])[0-9]{12}([^0-9A-Za-z_-]|$)`)
	epochs       = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
)

// opened reads bundles with the key of whom they are for.
type opened struct {
	desk
	met map[event.Type]int
}

// scan opens a bundle of a side and looks at every line of it.
func (o *opened) scan(from agree.Side, file []byte) {
	o.t.Helper()
	book := o.Cloud.Book
	if from == agree.Cloud {
		var err error
		book, err = o.Office.Book()
		o.must(err)
	}
	r, err := book.Receiver(o.Clock.Now())
	o.must(err)
	spool, err := os.CreateTemp(o.t.TempDir(), "spool")
	o.must(err)
	defer spool.Close()
	b, err := seal.Open(bytes.NewReader(file), int64(len(file)), spool, r)
	o.must(err)
	head, err := json.Marshal(b.Header)
	o.must(err)
	o.clean("header", string(head))
	o.must(b.Lines(func(line []byte) error {
		_, _, body, err := event.Decode(line)
		if err != nil {
			return err
		}
		o.met[body.Type()]++
		o.clean(string(body.Type()), string(line))
		var fields map[string]any
		if err := json.Unmarshal(line, &fields); err != nil {
			return err
		}
		allowed := fieldsOf(reflect.TypeOf(body))
		allowed["seq"], allowed["t"], allowed["at"] = true, true, true
		o.allowed(body.Type(), fields, allowed)
		return nil
	}))
	for _, secret := range secrets {
		if bytes.Contains(file, []byte(secret)) {
			o.t.Errorf("%q in the sealed file", secret)
		}
	}
}

// clean looks for what may be in no text.
func (o *opened) clean(where, text string) {
	o.t.Helper()
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			o.t.Errorf("%s: %q in %s", where, secret, text)
		}
	}
	if twelveDigits.MatchString(epochs.ReplaceAllString(text, "")) {
		o.t.Errorf("%s: twelve digits in %s", where, text)
	}
	if where != "config.window" && strings.ContainsFunc(text, func(r rune) bool { return r > '~' }) {
		o.t.Errorf("%s: words of people in %s", where, text)
	}
}

// allowed reports fields that the vocabulary does not have.
func (o *opened) allowed(t event.Type, value any, names map[string]bool) {
	o.t.Helper()
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			if !names[name] {
				o.t.Errorf("%s: field %s", t, name)
			}
			o.allowed(t, inner, names)
		}
	case []any:
		for _, inner := range v {
			o.allowed(t, inner, names)
		}
	}
}

// fieldsOf are the names that a kind of event can have, those of its parts
// included.
func fieldsOf(t reflect.Type) map[string]bool {
	names := map[string]bool{}
	for t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return names
	}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names[name] = true
		maps.Copy(names, fieldsOf(t.Field(i).Type))
	}
	return names
}

// round carries a bundle each way and scans both.
func (o *opened) round() {
	o.t.Helper()
	for range 3 {
		for _, from := range []agree.Side{agree.Office, agree.Cloud} {
			o.confirm()
			file, err := o.export(from)
			o.must(err)
			o.scan(from, file)
			if err := o.take(1-from, file); err != nil {
				o.acceptable(o.accept(1-from, file))
			}
		}
	}
	o.confirm()
}

// acceptable lets a gap pass, which the side that was put back asks for.
func (o *opened) acceptable(err error) { o.ok(err) }

// protect marks the holder of a card in the registry.
func (o *opened) protect(cardID int64, no string) {
	o.t.Helper()
	var all registry.Fields
	for f := registry.HouseholdNo; f <= registry.GaijiSet; f++ {
		all = all.With(f)
	}
	o.officeWrite(func(tx *store.Tx) error {
		r := registry.Resident{
			No: no, HouseholdNo: "0000000099", State: "1", Name: hidden, Kana: "カクシダ マモル", Birth: "1970-05-02", Address: "秘町9番地", PostalCode: "1020075",
		}
		if _, err := registry.Put(tx, 1, &registry.Row{Resident: r, Has: all}); err != nil {
			return err
		}
		made, _, err := registry.ByNo(tx.Rx, no)
		if err != nil {
			return err
		}
		if err := card.Link(tx, cardID, card.Person{ResidentID: made.ID}); err != nil {
			return err
		}
		return registry.Shield(tx, made.ID, registry.Mark{From: "2026-11-01", Until: "2027-10-31", Reason: "加害者からの避難"})
	})
}

// unreleased prints the letter of a resident who was protected before. Its code is
// left out.
func (o *opened) unreleased() (runID int64) {
	o.t.Helper()
	var place int64
	o.officeRead(func(rx *store.Rx) error {
		c, err := card.ByID(rx, o.cardOf(0).CardID)
		place = c.PlaceID
		return err
	})
	id := o.newCard(place, residents+1)
	o.protect(id, "0000000098")
	runID = o.letters(id)
	if got := o.release(runID); got != (link.Released{LeftOut: 1}) {
		o.t.Errorf("a protected resident is released: %+v", got)
	}
	return runID
}

// asOthers lets the city decide that protected residents book as all others do.
func (o *opened) asOthers(runID int64) {
	o.t.Helper()
	o.officeWrite(func(tx *store.Tx) error {
		p, version, err := link.LoadPolicy(tx.Rx)
		if err != nil {
			return err
		}
		p.Shielded = "as_others"
		_, err = link.SavePolicy(tx, p, version)
		return err
	})
	if got := o.release(runID); got != (link.Released{Issued: 1}) {
		o.t.Errorf("a protected resident as all others: %+v", got)
	}
}

// TB10: a bundle opened with the right keys, of either side and after a restore of
// either side, holds no name, address, birth date, phone, number of a card, word of
// a clerk or mark of protection: only fields of the vocabulary.
func TestTB10_OpenedBundlesOfBothSides(t *testing.T) {
	d := desk{&actors{pair: newPair(t, "sqlite")}}
	o := &opened{desk: d, met: map[event.Type]int{}}
	d.closeOffice()
	old, err := os.ReadFile(d.path("office", "kofu.db"))
	d.must(err)
	d.openOffice()
	var dump bytes.Buffer
	d.must(d.Cloud.Desk.DB.DumpTenant(t.Context(), &dump))

	who := contact.Contact{Mail: "canary@mail.example", Phone: "09012345678"} // all that is asked for by default
	unprinted := o.unreleased()
	booked, err := d.Cloud.Desk.Book(t.Context(), testkit.Clerk, front.Request{Lang: "ja", Contact: who, Request: reserve.Request{
		Token: d.token(), By: reserve.By{Via: reserve.ByPhone, Override: "窓口で確認"}, SlotID: window + "@" + first, Side: slot.Office,
		Guests: []reserve.Guest{{Link: d.links[0], Gen: 1, Procs: "receive"}, {Link: d.links[1], Gen: 1, Procs: "receive renew"}},
	}})
	d.must(err)
	web, gone := d.web(second, "receive", 2), d.web(second, "receive", 3)
	d.phone(later, 4)
	cancelled, party := d.web(later, "receive", 5), d.party([]slot.Procs{"receive", "renew"}, 6, 7)
	d.signIn(6)
	o.round()
	d.cancel(cancelled, 5)
	d.leaves(party, 6)
	fewer := d.lower(first[:10], 1, 1)
	o.round()
	d.raise(fewer)
	o.protect(d.cardOf(7).CardID, "0000000099")
	d.withdraw(3)
	d.officeWrite(func(tx *store.Tx) error { return hold(tx, d.cardOf(2).CardID) })
	d.newLetter(d.cardOf(5).CardID)
	d.give(d.cardOf(4).CardID)
	d.phone(later, 6)
	_, err = d.Cloud.Desk.Change(t.Context(), testkit.Clerk, reserve.Act{
		Token: d.token(), BookingID: booked.ID, By: reserve.By{Via: reserve.ByPhone, Override: "代理人"},
	}, window+"@"+second, false)
	d.must(err)
	o.round()
	d.want(party, "cancelled+cancelled_by_office", "")
	o.asOthers(unprinted)
	o.round()
	d.web(second, "receive", 5) // of which the office does not hear before it closes the day
	d.to(instant(first).Add(31 * time.Minute))
	visit := reserve.Visit{Tenant: tenant, BookingID: booked.ID, Links: []string{d.links[0]}, WindowID: window}
	d.cloudWrite(func(tx *store.Tx) error { _, err := reserve.Arrive(tx, visit); return err })
	d.cloudWrite(func(tx *store.Tx) error {
		_, err := reserve.Finish(tx, visit, reserve.Handled{OldCard: true, Codes: []string{"card"}, Memo: "カナリアの代理人"})
		return err
	})
	d.do(web, counter.ActArrive, counter.ActAgain, counter.ActUndo, counter.ActFinish)
	d.to(instant(first).Add(10 * time.Hour))
	_, err = reserve.MarkMissed(t.Context(), d.Cloud.Desk.DB, testkit.Clerk, tenant)
	d.must(err)
	d.close(first[:10])
	o.round()

	d.closeOffice() // put back
	d.write("office", map[string][]byte{"kofu.db": old})
	d.openOffice()
	d.must(d.Office.Restored(t.Context(), testkit.Supervisor))
	o.round()
	d.Clock.Advance(time.Hour)
	d.openCloud(dump.Bytes())
	d.must(d.Cloud.Restored(t.Context(), testkit.Supervisor))
	o.round()
	d.want(gone, "cancelled_by_office", "")

	for _, b := range event.Bodies {
		if o.met[b.Type()] == 0 {
			t.Errorf("no %s was looked at, of %v", b.Type(), slices.Sorted(maps.Keys(o.met)))
		}
	}
}
