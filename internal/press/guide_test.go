package press_test

import (
	"io/fs"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"kofu/frontend"
	"kofu/internal/booking/member"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/wording"
	"kofu/internal/fault"
	"kofu/internal/linkcode"
	"kofu/internal/notice"
	"kofu/internal/press"
	"kofu/internal/settings"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// buttons are the texts that residents press on the way that the sheet tells.
var buttons = []string{"start.book", "code.submit", "confirm.submit", "booking.change", "change.submit", "booking.cancel", "cancel.submit"}

// titles are what stands above the pages and fields of that way.
var titles = []string{"code.label", "code.birth", "procedure.title", "window.title", "days.title", "times.title", "confirm.title", "done.title", "booking.number"}

var printedCode = regexp.MustCompile(`\d{4}-\d{4}-\d{4}-\d{4}`)

// Each person of a run gets a sheet with their login, by which they sign in at
// the booking service, and steps that name the buttons and pages as these are.
func TestBK1002_LoginAndSteps(t *testing.T) {
	o := newOffice(t)
	o.set(func(s *settings.Settings) { s.Notice.BookingURL = "https://yoyaku.kirigahara.example.jp/" })
	o.due("鈴木 一郎", tokyo)
	o.due("山田 花子", tokyo)
	run := o.render(o.plan())
	path, text := o.pdf(run, press.GuidesPart)
	_, letters := o.pdf(run, press.LettersPart)

	pages := publicPages(t)
	words := wording.BuiltIn().In(wording.Japanese, nil)
	for _, key := range append(append([]string{}, buttons...), titles...) {
		if !strings.Contains(text, "「"+squeezed(words.Plain(key))+"」") {
			t.Errorf("the steps do not name %s, %q", key, words.Plain(key))
		}
	}
	for _, key := range buttons {
		if !strings.Contains(pages, `T "`+key+`"`) {
			t.Errorf("no page has the button %s", key)
		}
	}
	if strings.Contains(text, "鈴木") || strings.Contains(text, "{") || !strings.Contains(text, "ログインID通知・操作手順書") {
		t.Errorf("text %q", text)
	}
	if got := strings.Fields(tool(t, "pdftotext", path, "-")); strings.Count(strings.Join(got, " "), "2026-1124-01-000") != 2 {
		t.Error("the serial numbers of the letters do not stand on the sheets")
	}

	printed := printedCode.FindAllString(text, -1)
	if len(printed) != 2 || printed[0] == printed[1] {
		t.Fatalf("codes %q", printed)
	}
	for _, one := range printed {
		if !strings.Contains(letters, one) {
			t.Errorf("%s is not the code of the letter", one)
		}
	}
	if got, want := strings.TrimSpace(codes(t, path, "1")), "HTTPS://YOYAKU.KIRIGAHARA.EXAMPLE.JP/C/"+strings.ReplaceAll(printed[0], "-", ""); got != want {
		t.Errorf("the QR says %q, want %q", got, want)
	}
	signsIn(t, printed[0])
}

// signsIn enters a printed code at a booking service that has its hashes.
func signsIn(t *testing.T, printed string) {
	t.Helper()
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		keys, actor := member.Keys{"k1": []byte("0123456789abcdef0123456789abcdef")}, testkit.Supervisor
		err := slot.AddTenant(t.Context(), db, actor, slot.Tenant{ID: 1, Host: "a.example", Name: "霧ヶ原市", PartyMax: 4, UntilMinute: 1440})
		if err != nil {
			t.Fatal(err)
		}
		code, err := linkcode.Parse(printed)
		if err != nil {
			t.Fatal(err)
		}
		m := member.Member{
			Link: "00000000000000a1", Gen: 1, KeyID: "k1", CodeMAC: code.Hash(keys["k1"]), BirthMAC: code.HashWithBirth(keys["k1"], "19650401"),
			Procs: "receive", From: testkit.Now.Add(-time.Hour), Until: testkit.Now.AddDate(0, 3, 0), State: member.Ready,
		}
		if err := member.Import(t.Context(), db, actor, 1, []member.Member{m}); err != nil {
			t.Fatal(err)
		}
		in, err := member.SignIn(t.Context(), db.For(1), actor, keys, member.Attempt{Tenant: 1, Code: code, Birth: "19650401", Address: netip.MustParseAddr("192.0.2.1")})
		if err != nil || in.Link != m.Link {
			t.Errorf("signed in as %q, %v", in.Link, err)
		}
	})
}

// publicPages are the templates of the residents' pages.
func publicPages(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	files := frontend.Public()
	names, err := fs.Glob(files, "page/*.html")
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}

// Without a booking service there is nothing to sign in to.
func TestGuides_OnlyWithABookingService(t *testing.T) {
	o := newOffice(t)
	o.due("鈴木 一郎", tokyo)
	run := o.render(o.plan())
	o.refused(fault.NotFound, "press.no_volume", func() error {
		_, err := o.File(t.Context(), run.ID, press.GuidesPart, 1, o.Spool)
		return err
	})
	if run.State != notice.Ready {
		t.Errorf("the run is %s", run.State)
	}
}
