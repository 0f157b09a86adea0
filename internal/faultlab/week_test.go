//go:build faultlab

package faultlab_test

import (
	"flag"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"kofu/internal/testkit"
)

var weeks = flag.Int("weeks", 1, "how many weeks with faults are lived through by each way")

const (
	wednesday  = "2026-12-02"
	thursday   = "2026-12-03"
	nextFriday = "2026-12-04"
	sunday     = "2026-12-06"
	after      = "2026-12-09"
)

// KT1000: the office and the booking service live through a week as two real
// programs. Bundles are lost, late, doubled, out of order and damaged, and the
// programs are killed while they write and apply them, by medium and by line, with
// either engine. The week ends as it does without any of that.
func TestKT1000_Week(t *testing.T) {
	base := newWeek(t, "")
	calm := base.fork(t, "calm")
	want := calm.live(safe{calm.pair})
	for _, state := range []string{"visited", "noshow", "cancelled_by_office", "cancelled", "again"} {
		if !strings.Contains(want, "|"+state+"|") {
			t.Errorf("nobody is %s at the end of the week:\n%s", state, want)
		}
	}
	for i := range *weeks {
		t.Run("by medium", func(t *testing.T) {
			w := base.fork(t, fmt.Sprintf("medium-%d", i))
			w.disturbed(&medium{pair: w.pair, deck: newDeck(t, mediumFates)}, want)
		})
	}
	for i := range *weeks - 1 { // a week alone goes to the server
		t.Run("by line", func(t *testing.T) {
			w := base.fork(t, fmt.Sprintf("line-%d", i))
			w.disturbed(newLine(w.pair, newDeck(t, lineFates)), want)
		})
	}
	t.Run("by line with PostgreSQL", func(t *testing.T) {
		w := newWeek(t, testkit.EmptyPostgres(t))
		w.disturbed(newLine(w.pair, newDeck(t, lineFates)), want)
	})
}

// disturbed lives through the week with faults and compares its end.
func (w *week) disturbed(c carrier, want string) {
	w.t.Helper()
	if got := w.live(c); got != want {
		w.t.Errorf("the week ends otherwise (- without faults, + with):\n%s", differs(want, got))
	}
	w.t.Log(c)
}

// carrier brings bundles across, as well as it can.
type carrier interface {
	trip() // once, and whatever may happen happens
	calm() // there and back without disturbance
}

// week is a pair with those who live in it.
type week struct{ *posted }

// newWeek brings both programs to the Friday before: codes are released and known,
// the office knows the window.
func newWeek(t *testing.T, dsn string) *week {
	t.Helper()
	p := inTheMail(t, dsn)
	p.ctl(nil, "exchange", "release", "--run", p.run, "--from", friday+"T10:00")
	p.at(friday, "10:30")
	p.byMedium()
	return &week{p}
}

// fork is a copy of the office and the booking service as they are, to live on
// from there. Only one lives at a time.
func (w *week) fork(t *testing.T, name string) *week {
	t.Helper()
	w.closeOffice()
	w.closeCloud()
	top := filepath.Join(filepath.Dir(w.usb), name)
	p := *w.pair
	p.t = t
	p.office, p.cloud, p.usb = filepath.Join(top, "office"), filepath.Join(top, "cloud"), filepath.Join(top, "usb")
	copyFolder(t, w.office, p.office)
	copyFolder(t, w.cloud, p.cloud)
	copyFolder(t, w.usb, p.usb)
	p.openCloud()
	return &week{&posted{&p, w.letters, w.run}}
}

// live lives through the week and returns how it ends.
func (w *week) live(c carrier) (end string) {
	w.t.Helper()
	nos := map[int]string{}
	w.monday(c, nos)
	w.tuesday(c, nos)
	w.wednesday(c, nos)
	w.thursday(c, nos)
	w.friday(c, nos)
	w.at(sunday, "15:00")
	w.phone(w.letters[18]).book(after, "09:00")
	c.trip()
	c.trip()
	w.settle()
	for range 4 {
		c.calm()
	}
	return w.end()
}

func (w *week) monday(c carrier, nos map[int]string) {
	w.t.Helper()
	w.at(monday, "09:00")
	c.trip()
	for i, hour := range []string{"09:00", "09:00", "09:30", "09:30", "10:00", "10:00"} {
		nos[i] = w.phone(w.letters[i]).book(wednesday, hour)
	}
	nos[6] = w.phone(w.letters[6]).book(thursday, "10:00", w.letters[7])
	nos[8] = w.phone(w.letters[8]).book(thursday, "09:00")
	nos[9] = w.phone(w.letters[9]).book(nextFriday, "11:00")
	nos[10] = w.phone(w.letters[10]).book(wednesday, "11:00")
	w.at(monday, "12:00")
	c.trip()
	w.at(monday, "13:00")
	nos[11] = w.openOffice().seat(w.letters[11].NoticeNo, wednesday, "11:30")
	nos[12] = w.openOffice().seat(w.letters[12].NoticeNo, thursday, "11:30")
	w.at(monday, "18:00")
	c.trip()
}

func (w *week) tuesday(c carrier, nos map[int]string) {
	w.t.Helper()
	w.at(tuesday, "09:00")
	c.trip()
	w.phone(w.letters[1]).cancel()
	w.phone(w.letters[2]).move(thursday, "09:30")
	w.at(tuesday, "12:00")
	c.trip()
	// Case 3: one books on the web, and the office by phone without knowing it.
	w.at(tuesday, "13:00")
	nos[13] = w.phone(w.letters[13]).book(thursday, "11:00")
	o := w.openOffice()
	nos[13] = o.seat(w.letters[13].NoticeNo, thursday, "10:30")
	// Case 1: the card of somebody who has booked is withdrawn.
	o.act(w.letters[3].NoticeNo, map[string]any{"act": "withdraw", "reason": "試験"})
	o.act(w.letters[14].NoticeNo, map[string]any{"act": "hold", "severity": "STOP", "reason": "試験"})
	w.at(tuesday, "18:00")
	c.trip()
	w.heal(c)
}

func (w *week) wednesday(c carrier, nos map[int]string) {
	w.t.Helper()
	w.at(wednesday, "08:10")
	w.phone(w.letters[4]).cancel() // case 4: comes all the same
	w.phone(w.letters[15]).book(nextFriday, "10:00")
	o := w.openOffice()
	for _, i := range []int{0, 4, 5, 10, 11} {
		o.must(o.pick(wednesday, w.letters[i].NoticeNo))
	}
	w.at(wednesday, "09:05")
	w.visit(0, nos[0])
	w.at(wednesday, "10:05")
	w.visit(4, nos[4])
	// Case 7: somebody with a booking that the office does not know walks in.
	o = w.openOffice()
	if result, _ := o.arrive(w.letters[15].NoticeNo); result != "none" {
		w.t.Errorf("somebody without a booking is %q", result)
	}
	o.walkIn(w.letters[15].NoticeNo)
	// Case 6: late, and by then missed for the booking service.
	w.at(wednesday, "11:45")
	w.settle()
	w.visit(10, nos[10])
	w.visit(11, w.letters[11].NoticeNo)
	w.at(wednesday, "12:30")
	c.trip()
	w.at(wednesday, "13:00")
	w.openOffice().closeDay(wednesday) // 5 has not come
	w.at(wednesday, "18:00")
	c.trip()
	w.heal(c)
}

func (w *week) thursday(c carrier, nos map[int]string) {
	w.t.Helper()
	w.at(thursday, "08:30")
	o := w.openOffice()
	for _, i := range []int{2, 6, 7, 8, 12, 13} {
		o.must(o.pick(thursday, w.letters[i].NoticeNo))
	}
	o.actOn(nos[12], "leave", w.letters[12].NoticeNo) // rings up: does not come
	o.release(w.letters[14].NoticeNo)
	c.trip()
	w.at(thursday, "09:35")
	w.visit(2, nos[2])
	o = w.openOffice()
	o.undoLast(w.letters[2].NoticeNo) // handed over by mistake, and then after all
	o.handOver(w.letters[2].NoticeNo)
	w.at(thursday, "10:10")
	w.visit(6, nos[6])
	o = w.openOffice()
	o.actOn(nos[6], "again", w.letters[7].NoticeNo) // lacks a document
	w.visit(13, nos[13])
	w.at(thursday, "11:00")
	nos[16] = w.phone(w.letters[16]).book(nextFriday, "09:00")
	nos[17] = w.phone(w.letters[17]).book(nextFriday, "09:30")
	c.trip()
	w.at(thursday, "13:00")
	w.openOffice().closeDay(thursday) // 8 has not come
	w.at(thursday, "18:00")
	c.trip()
	w.heal(c)
}

func (w *week) friday(c carrier, nos map[int]string) {
	w.t.Helper()
	w.at(nextFriday, "08:30")
	c.trip()
	o := w.openOffice()
	for _, i := range []int{9, 16, 17} {
		o.must(o.pick(nextFriday, w.letters[i].NoticeNo))
	}
	w.at(nextFriday, "09:05")
	w.visit(16, nos[16])
	w.at(nextFriday, "11:05")
	w.visit(9, nos[9])
	w.at(nextFriday, "13:00")
	w.openOffice().closeDay(nextFriday) // 17 has not come
	c.trip()
	w.at(nextFriday, "18:00")
	c.trip()
}

// visit checks somebody in by what they show and hands their card over.
func (w *week) visit(i int, entry string) {
	w.t.Helper()
	o := w.openOffice()
	if result, _ := o.arrive(entry); result != "arrived" {
		w.t.Errorf("%d with %s is %q", i, entry, result)
	}
	o.handOver(w.letters[i].NoticeNo)
}

// heal is what a clerk does who sees that bundles are missing: the day before
// people come, the exchange is repeated until it has gone through.
func (w *week) heal(c carrier) {
	w.t.Helper()
	c.calm()
	c.calm()
	w.settle()
}

// settle waits until what runs beside the requests has looked at the clock.
func (w *week) settle() {
	w.t.Helper()
	<-time.After(2500 * time.Millisecond)
}

var pseudonym = regexp.MustCompile(`\b[0-9a-f]{16}\b`)

// end is what both sides hold, with notice numbers for pseudonyms and without
// receipt numbers, of which a server that is killed may leave some out.
func (w *week) end() string {
	w.t.Helper()
	w.closeOffice()
	office := ofOffice(w.t, w.office)
	names := map[string]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(office("SELECT link.link, card.notice_no FROM link JOIN card ON card.id = link.card_id")), "\n") {
		link, no, _ := strings.Cut(line, "|")
		names[link] = no
	}
	both := "office\n" + stateOf(office, officeState) + "\nbooking service\n" + stateOf(ofCloud(w.t, w.cloud), cloudState)
	verify(w.t, w.office)
	w.booking(nil, "check", tenantNo)
	w.booking(nil, "verify-log", tenantNo)
	w.closeCloud()
	lines := strings.Split(pseudonym.ReplaceAllStringFunc(both, func(link string) string {
		if no, known := names[link]; known {
			return no
		}
		return link
	}), "\n")
	for i, line := range lines {
		lines[i] = receipt.ReplaceAllString(line, "#")
	}
	w.agreed(lines)
	return strings.Join(sorted(lines), "\n")
}

// agreed checks that nothing is left under way between the sides.
func (w *week) agreed(lines []string) {
	w.t.Helper()
	var s struct {
		State struct{ Acked, Sent, Applied, Need, PeerNeed int64 }
	}
	w.ctl(&s, "exchange", "status")
	if s.State.Acked != s.State.Sent || s.State.Need != 0 || s.State.PeerNeed != 0 {
		w.t.Errorf("not all is acknowledged: %+v", s.State)
	}
	for _, line := range lines {
		if strings.HasPrefix(line, "aside|") {
			w.t.Errorf("set aside: %s", line)
		}
	}
}

// seat books an office seat by phone and returns the number.
func (o *program) seat(notice, day, hour string) (no string) {
	o.t.Helper()
	var b booked
	o.must(o.post("/api/counter/bookings", map[string]any{
		"windowId": windowID, "start": day + "T" + hour + ":00+09:00", "via": "phone",
		"guests": []map[string]any{{"cardId": o.cardOf(notice).ID, "procs": []string{"receive"}}},
	}, &b))
	return b.No
}

// act performs an act on a card.
func (o *program) act(notice string, in map[string]any) {
	o.t.Helper()
	c := o.cardOf(notice)
	in["version"] = c.Version
	o.must(o.post(fmt.Sprintf("/api/cards/%d/acts", c.ID), in, nil))
}

// actOn performs an act of reception on one person of a booking of today.
func (o *program) actOn(no, act, notice string) {
	o.t.Helper()
	var day struct{ Rows []booked }
	o.must(o.get("/api/counter/visits?window="+windowID, &day))
	for _, b := range day.Rows {
		for _, p := range b.Persons {
			if b.No == no && p.NoticeNo == notice {
				o.must(o.post("/api/counter/bookings/"+b.BK+"/acts", map[string]any{"act": act, "persons": []int{p.Ord}}, nil))
				return
			}
		}
	}
	o.t.Errorf("%s with %s is not on today's list", no, notice)
}

// walkIn receives somebody without a booking and hands the card over.
func (o *program) walkIn(notice string) {
	o.t.Helper()
	o.must(o.post("/api/counter/walk-ins", map[string]any{"windowId": windowID, "cardId": o.cardOf(notice).ID, "procs": []string{"receive"}}, nil))
	o.act(notice, map[string]any{"act": "pick"})
	o.handOver(notice)
}

// release ends the hold of a card.
func (o *program) release(notice string) {
	o.t.Helper()
	var page struct {
		HoldList []struct {
			ID       int64
			ClosedAt string
		}
	}
	o.must(o.get(fmt.Sprintf("/api/cards/%d", o.cardOf(notice).ID), &page))
	for _, h := range page.HoldList {
		if h.ClosedAt == "" {
			o.act(notice, map[string]any{"act": "release_hold", "holdId": h.ID, "reason": "試験"})
		}
	}
}

// undoLast takes the newest act on a card back.
func (o *program) undoLast(notice string) {
	o.t.Helper()
	var page struct {
		Events []struct {
			ID       int64
			Undoable bool
		}
	}
	o.must(o.get(fmt.Sprintf("/api/cards/%d", o.cardOf(notice).ID), &page))
	newest := int64(0)
	for _, e := range page.Events {
		if e.Undoable {
			newest = max(newest, e.ID)
		}
	}
	o.must(o.call(http.MethodPost, fmt.Sprintf("/api/events/%d/undo", newest), "application/json", jsonBody(map[string]string{"reason": "試験"}), nil))
}
