package press_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/card"
	"kofu/internal/city"
	"kofu/internal/fault"
	"kofu/internal/glyph"
	"kofu/internal/jpaddr"
	"kofu/internal/keyring"
	"kofu/internal/notice"
	"kofu/internal/press"
	"kofu/internal/settings"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// office is an office with real fonts and an empty spool folder.
type office struct {
	press.Office
	t     *testing.T
	Spool string
	cards int
}

func newOffice(t *testing.T) *office {
	t.Helper()
	fonts, err := press.OpenFonts(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeAll(t, fonts) })
	o := &office{t: t, Spool: t.TempDir(), Office: press.Office{DB: testkit.DB(t), Ring: keyring.ForTest(1), Fonts: fonts}}
	o.set(func(s *settings.Settings) {
		s.Organization = settings.Organization{
			Name: "霧ヶ原市長", Section: "市民部 市民課", Postal: "999-0101", Address: "霧ヶ原市霧ヶ丘1-1", Phone: "099-000-0101",
		}
		s.Pickup = settings.Pickup{Place: "霧ヶ原市役所", Floor: "1階", Address: "霧ヶ原市霧ヶ丘1-1", Hours: "平日 8:30〜17:15", Phone: "099-000-0102"}
	})
	return o
}

func closeAll(t *testing.T, fonts *press.Fonts) {
	t.Helper()
	set, _ := fonts.Set()
	for _, s := range set.Sources() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func (o *office) set(change func(*settings.Settings)) {
	o.t.Helper()
	testkit.Write(o.t, o.DB, testkit.Supervisor, func(tx *store.Tx) error {
		s, err := settings.Load(tx.Rx)
		if err != nil {
			return err
		}
		change(&s)
		_, err = settings.Save(tx, s, s.Version)
		return err
	})
}

// eudc registers the 外字 of the sample city for the set.
func (o *office) eudc(set string, old bool) {
	o.t.Helper()
	font, err := city.Font(old)
	if err != nil {
		o.t.Fatal(err)
	}
	if _, err := o.Fonts.AddEUDC(bytes.NewReader(font), set); err != nil {
		o.t.Fatal(err)
	}
}

// due makes a card whose letter is due.
func (o *office) due(name, address string) int64 {
	o.t.Helper()
	o.cards++
	f := card.Facts{
		DeliveryID: 1, NoticeNo: noticeNo(o.cards), Name: name, NameKey: name, Address: address, Birth: "1965-04-01", ExpiresOn: "2036-04-01",
		DeliveryMethod: "1", GaijiSet: "juki",
	}
	return o.make(f)
}

func noticeNo(n int) string { return fmt.Sprintf("A1B-%06d", n) }

func (o *office) make(f card.Facts) (id int64) {
	o.t.Helper()
	testkit.Write(o.t, o.DB, testkit.Clerk, func(tx *store.Tx) (err error) {
		if id, err = card.List(tx, f, ""); err != nil {
			return err
		}
		for _, act := range []card.Act{card.ActReceive, card.ActInspect, card.ActPreset, card.ActShelve} {
			if _, err := card.Do(tx, id, act, card.Input{PlaceID: 7, Position: o.cards}); err != nil {
				return err
			}
		}
		return nil
	})
	return id
}

func (o *office) plan() notice.Run {
	o.t.Helper()
	run, err := notice.Plan(o.t.Context(), notice.Office{DB: o.DB, Ring: o.Ring, Towns: jpaddr.LoadNational()}, testkit.Clerk,
		notice.Order{Stock: "12up-84x42-aone-28187", StartCell: 1, Sort: notice.ByNumber})
	if err != nil {
		o.t.Fatal(err)
	}
	return run
}

func (o *office) preflight(run notice.Run) press.Report {
	o.t.Helper()
	r, err := o.Preflight(o.t.Context(), run.ID, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

func (o *office) decide(run notice.Run, key, kind, substitute string) {
	o.t.Helper()
	err := o.Decide(o.t.Context(), testkit.Clerk, run.ID, []notice.Decision{{Key: key, Kind: kind, Substitute: substitute}})
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) render(run notice.Run) notice.Run {
	o.t.Helper()
	run, err := o.Render(o.t.Context(), testkit.Clerk, run.ID, o.Spool, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	return run
}

// refused expects the fault, and that nothing has changed.
func (o *office) refused(kind fault.Kind, code string, act func() error) fault.Error {
	o.t.Helper()
	before := testkit.Dump(o.t, o.DB)
	err := act()
	testkit.WantFault(o.t, err, kind, code)
	if diff := cmp.Diff(before, testkit.Dump(o.t, o.DB)); diff != "" {
		o.t.Errorf("a refused act changed the database (-want +got):\n%s", diff)
	}
	e, _ := fault.As(err)
	return *e
}

// pdf is the text of a part as pdftotext finds it, without blanks.
func (o *office) pdf(run notice.Run, part string) (path, text string) {
	o.t.Helper()
	path, err := o.File(o.t.Context(), run.ID, part, 1, o.Spool)
	if err != nil {
		o.t.Fatal(err)
	}
	if dir := os.Getenv("KOFU_PAPER_OUT"); dir != "" { // to be looked at
		b, err := os.ReadFile(path) //nolint:gosec // the test's own file
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, strings.ReplaceAll(o.t.Name(), "/", "-")+"-"+part+".pdf"), b, 0o600)
		}
		if err != nil {
			o.t.Fatal(err)
		}
	}
	tool(o.t, "qpdf", "--check", path)
	return path, squeezed(tool(o.t, "pdftotext", "-raw", path, "-"))
}

func squeezed(text string) string {
	return strings.NewReplacer(" ", "", "　", "", "\n", "", "\f", "").Replace(text)
}

func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...) //nolint:gosec // tools of the tests
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out)
}

// codes are what a reader of bar and matrix codes finds on a page.
func codes(t *testing.T, path string, page string) string {
	t.Helper()
	base := strings.TrimSuffix(path, ".pdf") + "-" + page
	tool(t, "pdftoppm", "-r", "203", "-gray", "-png", "-f", page, "-l", page, "-singlefile", path, base)
	return tool(t, "zbarimg", "-q", "--raw", base+".png")
}

func states(r press.Report) map[string]glyph.State {
	out := map[string]glyph.State{}
	for _, g := range r.Glyphs {
		out[g.NoticeNo+" "+g.Field+" "+g.Codepoint] = g.State
	}
	return out
}
