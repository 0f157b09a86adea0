//go:build faultlab

package faultlab_test

import (
	"encoding/json"
	"flag"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kofu/internal/testkit"
)

var browser = flag.Bool("browser", false, "the resident of the story books in Chromium, 360 px wide, without JavaScript; KOFU_SHOTS keeps pictures")

// The days of the story: letters go out on a Friday, the resident books on Monday
// and comes on Tuesday.
const (
	friday  = "2026-11-27"
	monday  = "2026-11-30"
	tuesday = "2026-12-01"
)

// KT1000: the whole way of a card with two real programs, by a medium, from the
// parcel to a code that is dead. `make story` prints its steps.
func TestKT1000_Story(t *testing.T) { story(t, newPair(t, ""), (*pair).byMedium) }

// KT1000: the same by the outgoing call, with PostgreSQL.
func TestKT1000_StoryByLine(t *testing.T) {
	story(t, newPair(t, testkit.EmptyPostgres(t)), func(p *pair) { p.ctl(nil, "exchange", "sync") })
}

func story(t *testing.T, p *pair, exchange func(*pair)) {
	step := func(format string, args ...any) { t.Helper(); t.Logf(format, args...) }

	p.at(friday, "09:00")
	p.ctl(nil, "init")
	p.openOffice()
	p.serve()
	p.openWindow(2, 2)
	step("Both programs have their first administrator; the booking service knows the municipality and its window.")

	p.ceremony()
	step("Keys are made on both sides; two people on each have compared the fingerprints, each with their own password; the keys of the codes are across.")

	c := p.city(12, friday)
	p.takeIn(&c)
	step("The parcel %s is imported, scanned and shelved.", c.lot)

	run, letters := p.printLetters()
	if len(letters) < 10 {
		t.Fatalf("%d letters can be read", len(letters))
	}
	o := p.openOffice()
	o.posted(run, friday)
	step("%d letters with codes are printed (run %s) and posted.", len(letters), run)

	var released struct{ Issued, LeftOut int }
	p.ctl(&released, "exchange", "release", "--run", run, "--from", friday+"T10:00")
	if released.Issued != len(letters) {
		t.Errorf("%d codes are released, %d letters printed", released.Issued, len(letters))
	}
	me := p.phone(letters[0])
	me.signIn().want(http.StatusForbidden, cannotBook)
	p.at(friday, "10:30")
	exchange(p)
	step("%d codes are released; a bundle has gone out and the booking service has taken it.", released.Issued)

	p.at(monday, "10:00")
	no := p.bookOnPhone(me, tuesday, "09:30")
	if no == "" || me.scripts() {
		t.Errorf("the page with the number %q has a script: %v", no, me.scripts())
	}
	step("A resident has booked Tuesday 9:30 on a small phone without JavaScript; the number is %s.", no)

	p.at(monday, "16:00")
	exchange(p)
	o = p.openOffice()
	var list struct {
		Day  string
		Rows []struct{ NoticeNo, Start, No, Problem string }
	}
	o.must(o.get("/api/counter/picks", &list))
	if list.Day != tuesday || len(list.Rows) != 1 || list.Rows[0].NoticeNo != letters[0].NoticeNo || list.Rows[0].No != no || list.Rows[0].Problem != "" {
		t.Fatalf("tomorrow's pick list is %+v, not %s at %s", list, letters[0].NoticeNo, no)
	}
	paper := filepath.Join(p.usb, "picks.pdf")
	o.save("/api/counter/picks.pdf", paper)
	if b, err := os.ReadFile(paper); err != nil || !strings.HasPrefix(string(b), "%PDF-") {
		t.Errorf("the pick list on paper: %v", err)
	}
	o.must(o.pick("", letters[0].NoticeNo))
	step("The bundle back is in; tomorrow's pick list has the card, and it is fetched from the vault.")

	p.at(tuesday, "09:25")
	o = p.openOffice()
	if result, b := o.arrive(no); result != "arrived" || b.No != no {
		t.Fatalf("the check-in says %q of %+v", result, b)
	}
	step("The resident is checked in with the number.")
	o.handOver(letters[0].NoticeNo)
	if got := o.cardOf(letters[0].NoticeNo); got.Custody == "COUNTER" {
		t.Errorf("the card is still at the counter: %+v", got)
	}
	step("The card is handed over.")

	me.signIn().want(http.StatusOK)
	p.at(tuesday, "12:30")
	o = p.openOffice()
	o.closeDay(tuesday)
	exchange(p)
	me = p.phone(letters[0])
	me.signIn().want(http.StatusForbidden, cannotBook)
	for _, word := range []string{"受け取り済", "交付済", "失効", "無効"} {
		if strings.Contains(me.text(), word) {
			t.Errorf("the refusal tells the reason %q:\n%s", word, me.text())
		}
	}
	p.phone(letters[1]).signIn().want(http.StatusOK)
	step("The next bundle has closed the code: the sign-in is refused with the usual words and no reason. Other codes work.")

	p.closeOffice()
	verify(t, p.office)
	p.booking(nil, "check", tenantNo)
	p.booking(nil, "verify-log", tenantNo)
	p.closeCloud()
	step("Both audit logs verify, both programs ended in good order.")
}

// cannotBook is what everybody reads whose code is not good, whatever the reason.
const cannotBook = "この番号では予約できません。番号と生まれた日を確かめて、それでもできないときはお電話ください。"

// bookOnPhone books in a browser of the width of a small phone if there is to be
// one, else by pages and forms alone.
func (p *pair) bookOnPhone(r *resident, day, hour string) (no string) {
	p.t.Helper()
	if !*browser {
		return r.book(day, hour)
	}
	_, port, err := net.SplitHostPort(p.served.listeners["residents"])
	if err != nil {
		p.t.Fatal(err)
	}
	order, err := json.Marshal(map[string]string{
		"port": port, "host": publicHost, "code": r.Code, "birth": r.Birth, "slot": windowID + "@" + day + "T" + hour, "shots": os.Getenv("KOFU_SHOTS"),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	c := exec.CommandContext(p.t.Context(), "node", "../../frontend/staff/e2e/phone.mjs", string(order)) //nolint:gosec // ours
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		p.t.Fatalf("the phone: %v", err)
	}
	return string(out)
}

// phones tells the phones of the residents apart.
var phones int

// phone is the browser of somebody with a letter.
func (p *pair) phone(l letter) *resident {
	phones++
	return &resident{t: p.t, client: p.clientTo("residents"), from: "192.0.2." + number(phones%250+1), letter: l}
}
