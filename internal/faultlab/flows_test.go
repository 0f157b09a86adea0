//go:build faultlab

package faultlab_test

import (
	"net/http"
	"path/filepath"
	"testing"
)

// flows leads both programs through one exchange in which every bundle has
// something to say, and returns its four steps, each with the data before it. The
// clock stands still, so that what a step does is the same every time.
func (p *posted) flows() []flow {
	t, letters, run := p.t, p.letters, p.run
	t.Helper()
	p.setClock("2026-11-27T10:30:00+09:00")
	p.ctl(nil, "exchange", "release", "--run", run, "--from", friday+"T10:00")

	export := p.keep("export", p.office)
	first := p.export()
	p.closeCloud()
	take := p.keep("take", p.cloud)
	p.booking(nil, "exchange", "take", tenantNo, first)
	taken := p.keep("taken", p.cloud)

	p.openCloud()
	p.setClock("2026-11-27T11:00:00+09:00")
	for i, hour := range []string{"09:00", "09:30", "10:00", "10:30"} {
		p.phone(letters[i]).book("2026-12-0"+number(i+1), hour)
	}
	gone := p.phone(letters[0])
	gone.cancel()
	p.phone(letters[5]).signIn().want(http.StatusOK)
	o := p.openOffice()
	withdrawn := o.cardOf(letters[1].NoticeNo)
	o.must(o.post("/api/cards/"+number(int(withdrawn.ID))+"/acts", map[string]any{"act": "withdraw", "version": withdrawn.Version, "reason": "試験"}, nil))
	p.closeOffice()
	p.closeCloud()
	give := p.keep("give", p.cloud)
	second := p.give()
	imported := p.keep("import", p.office)
	p.ctl(nil, "exchange", "import", second)
	after := p.keep("imported", p.office)

	officeAll := func(dir string) string { return stateOf(ofOffice(p.t, dir), officeState, progressState, registerState) }
	cloudAll := func(dir string) string { return stateOf(ofCloud(p.t, dir), cloudState, progressState) }
	// What a side said it has made and sent may be one more after a kill.
	officeFacts := func(dir string) string { return stateOf(ofOffice(p.t, dir), officeState) }
	cloudFacts := func(dir string) string { return stateOf(ofCloud(p.t, dir), cloudState) }
	exportArgs := func(dir, usb string) []string {
		return []string{"exchange", "export", "--out", usb, "--data", dir, "--json"}
	}
	takeArgs := func(file string) func(dir, usb string) []string {
		return func(dir, _ string) []string { return []string{"exchange", "take", tenantNo, file, "--data", dir} }
	}
	giveArgs := func(dir, usb string) []string {
		return []string{"exchange", "give", tenantNo, "--out", usb, "--data", dir, "--json"}
	}
	importArgs := func(file string) func(dir, usb string) []string {
		return func(dir, _ string) []string { return []string{"exchange", "import", file, "--data", dir} }
	}
	same := func(what, got, want string) {
		p.t.Helper()
		if got != want {
			p.t.Errorf("%s ends in another state:\n%s", what, differs(want, got))
		}
	}
	peer := func(name, from string) string { // the other side as it was before
		dir := filepath.Join(p.t.TempDir(), name)
		copyData(p.t, from, dir)
		return dir
	}
	nothing := func(string, string) bool { return false }
	return []flow{
		{
			name: "office writes", program: "kofuctl", dir: export, args: exportArgs, state: officeFacts,
			before: officeFacts(export), after: officeFacts(export),
			left: func(dir, usb string) bool { return len(bundlesIn(p.t, usb, ofOffice(p.t, dir))) > 0 },
			next: func(dir, usb string) {
				var made struct{ File string }
				p.must(&made, "kofuctl", exportArgs(dir, usb)...)
				cloud := peer("cloud", take)
				p.must(nil, "kofu-booking", takeArgs(made.File)(cloud, "")...)
				same("the booking service", cloudFacts(cloud), cloudFacts(taken))
			},
		},
		{
			name: "booking service applies", program: "kofu-booking", dir: take, args: takeArgs(first), state: cloudAll,
			before: cloudAll(take), after: cloudAll(taken), left: nothing,
			next: func(dir, usb string) {
				p.must(nil, "kofu-booking", takeArgs(first)(dir, usb)...)
				same("the booking service", cloudFacts(dir), cloudFacts(taken))
			},
		},
		{
			name: "booking service writes", program: "kofu-booking", dir: give, args: giveArgs, state: cloudFacts,
			before: cloudFacts(give), after: cloudFacts(give),
			left: func(dir, usb string) bool { return len(bundlesIn(p.t, usb, ofCloud(p.t, dir))) > 0 },
			next: func(dir, usb string) {
				var made struct{ File string }
				p.must(&made, "kofu-booking", giveArgs(dir, usb)...)
				office := peer("office", imported)
				p.must(nil, "kofuctl", importArgs(made.File)(office, "")...)
				same("the office", officeFacts(office), officeFacts(after))
			},
		},
		{
			name: "office applies", program: "kofuctl", dir: imported, args: importArgs(second), state: officeAll,
			before: officeAll(imported), after: officeAll(after), left: nothing,
			next: func(dir, usb string) {
				p.must(nil, "kofuctl", importArgs(second)(dir, usb)...)
				same("the office", officeFacts(dir), officeFacts(after))
			},
		},
	}
}

// posted is a pair whose letters are in the mail, with its print run.
type posted struct {
	*pair
	letters []letter
	run     string
}

// prepared is one that no test touches, for copies; nil before the first.
var prepared *posted

// inTheMail brings both programs to where letters are in the mail and both sides
// know each other. With files it is done once for all tests.
func inTheMail(t *testing.T, dsn string) *posted {
	t.Helper()
	if dsn != "" {
		return newPosted(newPair(t, dsn))
	}
	if prepared == nil {
		made := newPosted(newPairIn(t, filepath.Join(made, "prepared"), ""))
		made.closeOffice()
		made.closeCloud()
		prepared = made
	}
	p := newPair(t, "")
	p.exchange = prepared.exchange
	copyFolder(t, prepared.office, p.office)
	copyFolder(t, prepared.cloud, p.cloud)
	p.at(friday, "09:00")
	p.openCloud()
	return &posted{p, prepared.letters, prepared.run}
}

func newPosted(p *pair) *posted {
	p.t.Helper()
	p.at(friday, "09:00")
	p.ctl(nil, "init")
	p.openOffice()
	p.serve()
	p.openWindow(2, 2)
	p.ceremony()
	c := p.city(24, friday)
	p.takeIn(&c)
	run, letters := p.printLetters()
	if len(letters) < 21 {
		p.t.Fatalf("%d letters", len(letters))
	}
	p.openOffice().posted(run, friday)
	return &posted{p, letters, run}
}

// keep copies a data folder as it is now.
func (p *pair) keep(name, from string) (dir string) {
	p.t.Helper()
	p.closeOffice()
	dir = filepath.Join(filepath.Dir(p.usb), "before-"+name)
	copyData(p.t, from, dir)
	return dir
}
