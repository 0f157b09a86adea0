package press_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/glyph"
	"kofu/internal/linkcode"
	"kofu/internal/message"
	"kofu/internal/notice"
	"kofu/internal/press"
	"kofu/internal/scancode"
	"kofu/internal/settings"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

const (
	tokyo   = "東京都千代田区三番町6番地3"
	gaiji   = "\ue000"         // in the 外字 of the sample city
	strange = "\ue756"         // in no font
	katsura = "葛\U000e0100"    // the form of 葛城, which BIZ UD draws and IPAmj does not
	nothing = "葛\U000e01ef"    // a variant that nobody has registered
	plane2  = "\U00020bb7"     // 𠮷, plane 2
	roman   = "NGUYEN THI ANH" // 氏名 of a foreign resident
)

func TestPreflight_CharactersWithoutAGlyph(t *testing.T) {
	o := newOffice(t)
	o.eudc("juki", false)
	o.due("山"+strange+" 太郎", tokyo)
	o.due(katsura+"城 "+gaiji, tokyo)
	o.due(plane2+"田 髙志", tokyo)
	o.due(nothing+"城 花子", "東京都千代田区三番町"+strange+"荘")
	o.due(roman, tokyo)
	run := o.plan()
	want := map[string]glyph.State{
		"A1B-000001 name U+E756": glyph.Missing, "A1B-000004 name U+845B U+E01EF": glyph.VariantBaseOnly, "A1B-000004 address U+E756": glyph.Missing,
	}
	report := o.preflight(run)
	if diff := cmp.Diff(want, states(report)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if report.Undecided() != 3 || report.Sheets != 1 {
		t.Errorf("%d undecided on %d sheets", report.Undecided(), report.Sheets)
	}
	for _, g := range report.Glyphs {
		if g.Codepoint == "U+E756" && g.CP932 != "F9FB" { // the last but one of the 1,880 user-defined characters
			t.Errorf("U+E756 is called %q in CP932", g.CP932)
		}
		if g.State == glyph.VariantBaseOnly && !slices.Equal(g.Candidates, []string{"葛"}) {
			t.Errorf("candidates %q", g.Candidates)
		}
	}
	for _, act := range []func() error{
		func() error { return o.MayRender(t.Context(), run.ID) },
		func() error {
			_, err := o.Render(t.Context(), testkit.Clerk, run.ID, o.Spool, nil)
			return err
		},
	} {
		e := o.refused(fault.Conflict, "press.undecided", act)
		if len(e.Details) != 3 {
			t.Fatalf("%d details", len(e.Details))
		}
		d := e.Details[0]
		args := map[string]string{"value": d.Value}
		for k, v := range d.Args {
			args[k] = v
		}
		const want = "A1B-000001 山" + strange + " 太郎 さんの氏名にある「" + strange + "」(U+E756)はどのフォントにもない文字です。外字フォントを登録するか、扱いを決めてください。"
		if got := message.Fill(message.Text(d.Code, nil), args); got != want {
			t.Errorf("message %q, want %q", got, want)
		}
	}
	if files, err := os.ReadDir(o.Spool); err != nil || len(files) != 0 {
		t.Errorf("%d files in the spool folder, %v", len(files), err)
	}
}

// Each decision releases the run in its own way, and so does the font.
func TestDecisions(t *testing.T) {
	for _, c := range []struct {
		kind, substitute string
		want             string // in the text of the labels
		pieces           int
	}{
		{notice.BoxCode, "", "山U+E756太郎様", 2},
		{notice.Substitute, "崎", "山崎太郎様", 2},
		{notice.HoldOut, "", "", 1},
	} {
		t.Run(c.kind, func(t *testing.T) {
			o := newOffice(t)
			bad := o.due("山"+strange+" 太郎", tokyo)
			o.due("鈴木 一郎", tokyo)
			run := o.plan()
			o.decide(run, o.preflight(run).Glyphs[0].Key, c.kind, c.substitute)
			if r := o.preflight(run); r.Undecided() != 0 || len(r.Glyphs) != 1 || r.Glyphs[0].Decision != c.kind {
				t.Errorf("after the decision: %+v", r.Glyphs)
			}
			if run = o.render(run); run.State != notice.Ready || run.Pieces != c.pieces {
				t.Errorf("run %+v", run)
			}
			_, labels := o.pdf(run, press.LabelsPart)
			_, letters := o.pdf(run, press.LettersPart)
			for _, text := range []string{labels, letters} {
				if !strings.Contains(text, "鈴木一郎様") || c.want != "" && !strings.Contains(text, c.want) {
					t.Errorf("%q is not in %q", c.want, text)
				}
				if c.pieces == 1 && strings.Contains(text, "太郎") {
					t.Error("the piece that was held out is printed")
				}
			}
			if c.kind == notice.BoxCode && !strings.Contains(labels, "U+E756") { // on the list of what is to be completed by hand
				t.Errorf("no code in %q", labels)
			}
			if held := run.Excluded; c.kind == notice.HoldOut && (len(held) != 1 || held[0].CardID != bad || held[0].Code != "notice.held_out") {
				t.Errorf("excluded %+v", held)
			}
		})
	}
	t.Run("font", func(t *testing.T) {
		o := newOffice(t)
		o.due("山"+gaiji+" 太郎", tokyo)
		run := o.plan()
		if r := o.preflight(run); r.Undecided() != 1 {
			t.Errorf("%+v", r.Glyphs)
		}
		o.eudc("kosei", false) // another system's 外字 mean other characters
		if r := o.preflight(run); r.Undecided() != 1 {
			t.Errorf("%+v", r.Glyphs)
		}
		o.eudc("juki", true)
		if _, text := o.pdf(o.render(run), press.LabelsPart); !strings.Contains(text, "山"+gaiji+"太郎様") {
			t.Error(text)
		}
	})
}

// A substitute that nothing draws either must not lock the run.
func TestDecide_SubstituteWithoutAGlyph(t *testing.T) {
	o := newOffice(t)
	o.due("山"+strange+" 太郎", tokyo)
	run := o.plan()
	key := o.preflight(run).Glyphs[0].Key
	o.refused(fault.Invalid, "glyph.substitute_missing", func() error {
		return o.Decide(t.Context(), testkit.Clerk, run.ID, []notice.Decision{{Key: key, Kind: notice.Substitute, Substitute: strange}})
	})
	o.refused(fault.Invalid, "notice.bad_decision", func() error {
		return o.Decide(t.Context(), testkit.Clerk, run.ID, []notice.Decision{{Key: key, Kind: "blank"}})
	})
}

func TestPreflight_TheFormItself(t *testing.T) {
	o := newOffice(t)
	o.set(func(s *settings.Settings) { s.Notice.Title = "カード" + strange + "のお知らせ" })
	o.due("山田 太郎", tokyo)
	o.due("鈴木 一郎", tokyo)
	run := o.plan()
	g := o.preflight(run).Glyphs
	if len(g) != 1 || g[0].CardID != 0 || g[0].Name != "(文面)" || g[0].Field != "text" {
		t.Fatalf("findings %+v", g)
	}
	o.decide(run, g[0].Key, notice.HoldOut, "")
	o.refused(fault.Conflict, "press.undecided", func() error { return o.MayRender(t.Context(), run.ID) })
	o.decide(run, g[0].Key, notice.Substitute, "交付")
	if _, text := o.pdf(o.render(run), press.LettersPart); strings.Count(text, "カード交付のお知らせ") != 2 {
		t.Error(text)
	}
}

func TestRender_OverflowIsLeftOutAndListed(t *testing.T) {
	o := newOffice(t)
	long := o.due("山田 太郎", tokyo+strings.Repeat("特別養護老人ホーム社会福祉法人交付会ひかりの里", 12))
	o.due("鈴木 一郎", tokyo)
	run := o.plan()
	report := o.preflight(run)
	if len(report.Overflow) != 1 || report.Overflow[0].CardID != long || report.Overflow[0].Field != "address" {
		t.Errorf("overflow %+v", report.Overflow)
	}
	run = o.render(run)
	if diff := cmp.Diff([]notice.Exclusion{{CardID: long, Code: "notice.overflow"}}, run.Excluded); diff != "" || run.Pieces != 1 {
		t.Errorf("%d pieces, excluded (-want +got):\n%s", run.Pieces, diff)
	}
	if _, text := o.pdf(run, press.LabelsPart); strings.Contains(text, "山田太郎") || !strings.Contains(text, "0002/0002") {
		t.Errorf("labels: %q", text) // the number of the second piece is not moved up
	}
	alone := newOffice(t)
	alone.due("山田 太郎", tokyo+strings.Repeat("特別養護老人ホーム社会福祉法人交付会ひかりの里", 12))
	last := alone.plan()
	_, err := alone.Render(t.Context(), testkit.Clerk, last.ID, alone.Spool, nil)
	testkit.WantFault(t, err, fault.Conflict, "press.nothing_left")
}

func TestRender_EveryTextVerbatim(t *testing.T) {
	o := newOffice(t)
	o.eudc("juki", false)
	o.set(func(s *settings.Settings) { s.Notice.BookingURL = "https://yoyaku.example.lg.jp/" })
	people := [][2]string{
		{"山田　太郎", tokyo},
		{katsura + "城 " + gaiji + "子", "東京都中央区八丁堀二丁目８番１号 八丁堀グランドハイツ１２０３号室"},
		{plane2 + "田 髙﨑", "北海道札幌市東区北六条東４丁目１番地２３"},
		{roman + "（高井　静）", "埼玉県川越市大字小室２２番地１"},
	}
	var ids []int64
	for _, p := range people {
		ids = append(ids, o.due(p[0], p[1]))
	}
	run := o.render(o.plan())
	_, labels := o.pdf(run, press.LabelsPart)
	path, letters := o.pdf(run, press.LettersPart)
	for _, text := range []string{labels, letters} {
		at := 0
		for _, p := range people {
			for _, want := range []string{p[1], p[0] + "様"} {
				n := strings.Index(text[at:], squeezed(want))
				if n < 0 {
					t.Fatalf("%q is not in %q", want, text[at:])
				}
				at += n
			}
		}
	}
	for _, want := range []string{"交付通知書管理票(先頭)", "交付通知書管理票(末尾)", run.No, "山田通子", "令和9年2月24日", "yoyaku.example.lg.jp"} {
		if !strings.Contains(letters, squeezed(want)) {
			t.Errorf("no %q in the letters", want)
		}
	}
	if strings.Contains(labels, "管理票") {
		t.Error("a control sheet costs a sheet of labels")
	}
	code := o.code(run, ids[1])
	got := codes(t, path, "3") // behind the control sheet
	for _, want := range []string{"HTTPS://YOYAKU.EXAMPLE.LG.JP/C/" + string(code), scancode.CardTag(ids[1])} {
		if !slices.Contains(strings.Fields(got), want) {
			t.Errorf("codes %q lack %q", got, want)
		}
	}
	if !strings.Contains(letters, squeezed(code.Format())) {
		t.Error("the letter does not show its code")
	}
}

func (o *office) code(run notice.Run, id int64) (code linkcode.Code) {
	o.t.Helper()
	testkit.Read(o.t, o.DB, func(rx *store.Rx) error {
		pieces, err := notice.Pieces(rx, run.ID)
		for _, p := range pieces {
			if err == nil && p.CardID == id {
				code, err = notice.Code(rx, o.Ring, p)
			}
		}
		return err
	})
	return code
}

// Without a booking service the letter still bears its number.
func TestRender_WithoutBooking(t *testing.T) {
	o := newOffice(t)
	id := o.due("山田 太郎", tokyo)
	run := o.render(o.plan())
	path, text := o.pdf(run, press.LettersPart)
	code := o.code(run, id)
	if !strings.Contains(text, "お問い合わせ番号") || !strings.Contains(text, code.Format()) || strings.Contains(text, "予約") {
		t.Error(text)
	}
	if got := strings.Fields(codes(t, path, "2")); !slices.Contains(got, string(code)) {
		t.Errorf("codes %q lack %q", got, code)
	}
}

func TestRender_WhatAChildBrings(t *testing.T) {
	o := newOffice(t)
	f := card.Facts{DeliveryID: 1, NoticeNo: "A1B-000009", Name: "山田 花", NameKey: "山田花", Address: tokyo, Birth: "2012-02-26", ExpiresOn: "2031-04-01", DeliveryMethod: "1"}
	o.cards++
	o.make(f) // 14 on the last day of collecting, 2027-02-24
	f.NoticeNo, f.Birth = "A1B-000010", "2012-02-25"
	o.cards++
	o.make(f) // attains 15 on that day
	_, text := o.pdf(o.render(o.plan()), press.LettersPart)
	if got := strings.Count(text, "法定代理人の本人確認書類"); got != 1 {
		t.Errorf("%d letters ask for the papers of the legal representative, want 1", got)
	}
}

func TestFile_MadeAgain(t *testing.T) {
	o := newOffice(t)
	o.eudc("juki", false)
	o.due("山"+gaiji+" 太郎", tokyo)
	o.due("鈴木 一郎", tokyo)
	run := o.plan()
	file := func(part string, volume int) func() error {
		return func() error {
			_, err := o.File(t.Context(), run.ID, part, volume, o.Spool)
			return err
		}
	}
	o.refused(fault.Conflict, "notice.wrong_state", file(press.LabelsPart, 1))
	run = o.render(run)
	o.refused(fault.NotFound, "press.no_volume", file(press.LabelsPart, 2))
	o.refused(fault.NotFound, "press.no_volume", file(press.LettersPart, 0))
	_, labels := o.pdf(run, press.LabelsPart)
	_, letters := o.pdf(run, press.LettersPart)
	o.emptySpool()
	_, labelsAgain := o.pdf(run, press.LabelsPart)
	_, lettersAgain := o.pdf(run, press.LettersPart)
	if diff := cmp.Diff([]string{labels, letters}, []string{labelsAgain, lettersAgain}); diff != "" {
		t.Errorf("a reprint differs (-first +again):\n%s", diff)
	}
	if _, err := notice.Post(t.Context(), o.DB, testkit.Clerk, run.ID, "2026-11-24", false); err != nil {
		t.Fatal(err)
	}
	o.emptySpool()
	o.eudc("kosei", false) // 外字 that no piece is written in
	if err := file(press.LettersPart, 1)(); err != nil {
		t.Error(err)
	}
	o.eudc("juki", true) // while the file is there it is what was printed
	if err := file(press.LettersPart, 1)(); err != nil {
		t.Error(err)
	}
	o.emptySpool()
	e := o.refused(fault.Conflict, "press.fonts_changed", file(press.LettersPart, 1))
	if e.Args["fonts"] != "juki" || e.Args["run"] != run.No {
		t.Errorf("args %v", e.Args)
	}
	if files, err := os.ReadDir(o.Spool); err != nil || len(files) != 0 {
		t.Errorf("%d files, %v", len(files), err)
	}
	path, err := o.Reprint(t.Context(), testkit.Clerk, run.ID, press.LettersPart, 1, o.Spool)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	if !strings.Contains(testkit.Dump(t, o.DB), "notice.reprinted") {
		t.Error("the log does not know that other fonts were used")
	}
}

func (o *office) emptySpool() {
	o.t.Helper()
	files, err := os.ReadDir(o.Spool)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, f := range files {
		if err := os.Remove(filepath.Join(o.Spool, f.Name())); err != nil {
			o.t.Fatal(err)
		}
	}
}

func TestAddEUDC(t *testing.T) {
	o := newOffice(t)
	before := o.Fonts.List()
	if _, err := o.Fonts.AddEUDC(strings.NewReader("no font"), "juki"); err == nil {
		t.Error("a text was taken for a font")
	}
	_, bad := o.Fonts.AddEUDC(strings.NewReader("no font"), "juki")
	if e, ok := fault.As(bad); !ok || e.Args["name"] != "juki" {
		t.Errorf("damaged font: %v, want it named as the sender knows it", bad)
	}
	for _, set := range []string{"123456789018", "a\u202eb", strings.Repeat("住", 41)} {
		_, err := o.Fonts.AddEUDC(strings.NewReader("no font"), set)
		testkit.WantFault(t, err, fault.Invalid, "press.bad_gaiji_set")
	}
	_, err := o.Fonts.AddEUDC(strings.NewReader(""), " ")
	testkit.WantFault(t, err, fault.Invalid, "press.no_gaiji_set")
	if diff := cmp.Diff(before, o.Fonts.List()); diff != "" {
		t.Errorf("fonts (-want +got):\n%s", diff)
	}
	o.eudc("住基/..\\", false)
	o.eudc("住基/..\\", true)
	list := o.Fonts.List()
	if len(list) != len(before)+1 || list[len(list)-1].GaijiSet != "住基/..\\" || list[len(list)-1].Role != string(glyph.EUDC) {
		t.Errorf("fonts %+v", list)
	}
}
