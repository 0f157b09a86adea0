//go:build faultlab

package faultlab_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// parcel is what a made-up city gets from J-LIS.
type parcel struct {
	list, registry, scans, font string // files
	lot                         string
	box                         string // code of the place for the cards
}

// city writes the files of a made-up city with a parcel of so many cards.
func (p *pair) city(cards int, today string) parcel {
	p.t.Helper()
	dir := filepath.Join(p.usb, "city")
	p.ctl(nil, "sample", "city", "--population", "300", "--cards", fmt.Sprint(cards), "--today", today, "--out", dir)
	one := func(pattern string) string {
		p.t.Helper()
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(found) == 0 {
			p.t.Fatalf("the city has no %s (%v)", pattern, err)
		}
		return found[0]
	}
	c := parcel{list: one("納品一覧_*.csv"), registry: one("住記抽出_*.csv"), scans: one("通知書番号_*.txt"), font: one("EUDC.TTE")}
	c.lot = strings.TrimSuffix(strings.TrimPrefix(filepath.Base(c.scans), "通知書番号_"), ".txt")
	return c
}

// takeIn imports the parcel's list and the register, and scans its cards into the
// vault.
func (p *pair) takeIn(c *parcel) {
	p.t.Helper()
	p.ctl(nil, "import", c.list)
	p.ctl(nil, "import", c.registry)
	p.ctl(nil, "scan", "receive", "--lot", c.lot, c.scans)
	p.ctl(nil, "scan", "inspect", c.scans)
	p.ctl(nil, "scan", "preset", c.scans)
	parent := ""
	for _, kind := range []string{"office", "vault", "shelf", "box"} {
		var made []struct{ Code string }
		args := []string{"places", "add", "--kind", kind, "--name", kind}
		if parent != "" {
			args = append(args, "--parent", parent)
		}
		if kind == "box" {
			args = append(args, "--capacity", "100")
		}
		p.ctl(&made, args...)
		parent = made[0].Code
	}
	c.box = parent
	p.ctl(nil, "scan", "shelve", "--place", c.box, c.scans)
	p.ctl(nil, "fonts", "add", c.font)
}

var (
	noticeNo   = regexp.MustCompile(`\bK[0-9A-Z]{2}-\d{6}\b`)
	printedRef = regexp.MustCompile(`\b\d{4}[- ]\d{4}[- ]\d{4}[- ]\d{4}\b`)
)

// printLetters makes the letters that are due, reads them as whoever opens the
// envelope would, and returns the print run and the letters in their order.
func (p *pair) printLetters() (run string, letters []letter) {
	p.t.Helper()
	var printed struct{ Run string }
	out := filepath.Join(p.usb, "letters.pdf")
	p.ctl(&printed, "print", "notices", "--out", out, "--missing-glyph", "hold-out")
	text, err := exec.CommandContext(p.t.Context(), "pdftotext", "-layout", out, "-").Output()
	if err != nil {
		p.t.Fatal(err)
	}
	births := map[string]string{}
	for _, c := range p.cards() {
		births[c.NoticeNo] = c.Birth
	}
	for page := range strings.SplitSeq(string(text), "\f") {
		no, code := noticeNo.FindString(page), printedRef.FindString(page)
		if no == "" || code == "" {
			continue
		}
		letters = append(letters, letter{NoticeNo: no, Code: code, Birth: births[no]})
	}
	return printed.Run, letters
}

// cardLine is a card as kofuctl lists it.
type cardLine struct {
	ID                             int64
	NoticeNo, Birth, Status        string
	Procedure, Custody, Place, Box string
}

func (p *pair) cards() []cardLine {
	p.t.Helper()
	var list struct{ Rows []cardLine }
	p.ctl(&list, "cards", "list", "--limit", "500")
	return list.Rows
}

// posted says that the letters of a run are in the mail.
func (o *program) posted(run, day string) {
	o.t.Helper()
	var runs []struct {
		ID int64
		No string
	}
	o.must(o.get("/api/print-runs", &runs))
	for _, r := range runs {
		if r.No == run {
			o.must(o.post(fmt.Sprintf("/api/print-runs/%d/posted", r.ID), map[string]string{"postedOn": day}, nil))
			return
		}
	}
	o.t.Fatalf("there is no print run %s", run)
}

// cardOf finds a card by what is scanned.
func (o *program) cardOf(code string) (c struct {
	ID, Version int64
	Custody     string
},
) {
	o.t.Helper()
	var found struct{ ID int64 }
	o.must(o.get("/api/cards/lookup?code="+code, &found))
	o.must(o.get(fmt.Sprintf("/api/cards/%d", found.ID), &c))
	return c
}

// handOver gives a card to its holder at the counter.
func (o *program) handOver(notice string) {
	o.t.Helper()
	c := o.cardOf(notice)
	path := fmt.Sprintf("/api/cards/%d/", c.ID)
	if c.Custody == "PICKED" {
		o.must(o.post(path+"acts", map[string]any{"act": "to_counter", "version": c.Version}, &c))
	}
	o.must(o.post(path+"handover", map[string]any{
		"version": c.Version, "cardScan": notice, "noticeScan": notice, "receiver": "self", "documents": []string{"holder_driver"}, "pinMethod": "holder",
		"oldCards": map[string]string{"notification": "collected", "juki": "none", "previous": "none", "residence": "none"},
	}, nil))
}

// booked is a booking as the screens of the counter show it.
type booked struct {
	BK, No, State, Start, Day string
	Persons                   []struct {
		Ord             int
		NoticeNo, State string
	}
}

// arrive receives who is scanned at the window.
func (o *program) arrive(entry string) (result string, b booked) {
	o.t.Helper()
	var answer struct {
		Result  string
		Booking *booked
	}
	o.must(o.post("/api/counter/arrivals", map[string]any{"windowId": windowID, "entry": entry, "here": true}, &answer))
	if answer.Booking != nil {
		b = *answer.Booking
	}
	return answer.Result, b
}

// pick fetches a card for the next day, or the one given.
func (o *program) pick(day, notice string) error {
	return o.post("/api/counter/picks", map[string]string{"day": day, "code": notice}, nil)
}

// closeDay closes the window for a day.
func (o *program) closeDay(day string) {
	o.t.Helper()
	o.must(o.post("/api/counter/closing", map[string]string{"windowId": windowID, "day": day}, nil))
}

// save keeps what the office downloads.
func (o *program) save(path, file string) {
	o.t.Helper()
	answer, err := o.client.Get(o.base + path)
	if err != nil {
		o.t.Fatal(err)
	}
	defer answer.Body.Close()
	f, err := os.Create(file)
	if err != nil {
		o.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.ReadFrom(answer.Body); err != nil || answer.StatusCode != 200 {
		o.t.Fatalf("%s: %d %v", path, answer.StatusCode, err)
	}
}
