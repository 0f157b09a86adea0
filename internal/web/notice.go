package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"

	"kofu/internal/gate"
	"kofu/internal/message"
	"kofu/internal/notice"
	"kofu/internal/paper"
	"kofu/internal/press"
	"kofu/internal/progress"
	"kofu/internal/settings"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// DueExclusion is why cards that would be due get no letter.
type DueExclusion struct {
	Code    string    `json:"code"`
	Message string    `json:"message"`
	Count   int       `json:"count"`
	Cards   []CardRef `json:"cards"`
}

// DueList is a page of the cards whose letter is due.
type DueList struct {
	Total    int            `json:"total"`
	Rows     []CardRow      `json:"rows"`
	Excluded []DueExclusion `json:"excluded"`
}

// RunExclusion is a card that gets no letter from a run.
type RunExclusion struct {
	CardID   int64  `json:"cardId"`
	NoticeNo string `json:"noticeNo"`
	Name     string `json:"name"`
	Code     string `json:"code"`
	Message  string `json:"message"`
}

// RunGlyph is a character that a person must decide about.
type RunGlyph struct {
	Key        string   `json:"key"`
	CardID     int64    `json:"cardId"`
	NoticeNo   string   `json:"noticeNo"`
	Name       string   `json:"name"`
	Field      string   `json:"field"`
	Cluster    string   `json:"cluster"`
	Codepoint  string   `json:"codepoint"`
	CP932      string   `json:"cp932"`
	State      string   `json:"state" ts:"'OK_BITMAP' | 'VARIANT_BASE_ONLY' | 'MISSING'"`
	Candidates []string `json:"candidates"`
	Decision   string   `json:"decision,omitempty"`
}

// RunOverflow is a piece that does not fit.
type RunOverflow struct {
	CardID   int64  `json:"cardId"`
	NoticeNo string `json:"noticeNo"`
	Name     string `json:"name"`
	Field    string `json:"field"`
	Message  string `json:"message"`
}

// RunNoBarcode is a piece without the customer barcode.
type RunNoBarcode struct {
	CardID   int64  `json:"cardId"`
	NoticeNo string `json:"noticeNo"`
	Address  string `json:"address"`
	Message  string `json:"message"`
}

// RunFont is a font that a run used.
type RunFont struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Role   string `json:"role"`
}

// PrintRun is one print of letters and labels.
type PrintRun struct {
	ID        int64          `json:"id"`
	No        string         `json:"no"`
	State     string         `json:"state" ts:"'needs_decision' | 'checked' | 'rendering' | 'ready' | 'posted' | 'cancelled'"`
	Stock     string         `json:"stock"`
	Order     string         `json:"order"`
	StartCell int            `json:"startCell"`
	Pieces    int            `json:"pieces"`
	Sheets    int            `json:"sheets"`
	Volumes   int            `json:"volumes"`
	Guides    bool           `json:"guides"` // sheets about booking go with the letters
	NoPage    bool           `json:"noPage"` // the booking service is in use, but no letter says where it is
	Deadline  string         `json:"deadline"`
	PostedOn  string         `json:"postedOn"`
	By        string         `json:"by"`
	At        string         `json:"at"`
	Problem   string         `json:"problem,omitempty"` // of the last attempt to print
	Excluded  []RunExclusion `json:"excluded"`
	Glyphs    []RunGlyph     `json:"glyphs"`
	Overflow  []RunOverflow  `json:"overflow"`
	NoBarcode []RunNoBarcode `json:"noBarcode"`
	Fonts     []RunFont      `json:"fonts"`
	Progress  Progress       `json:"progress"`
}

func (s *server) noticeRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/notices/due", Permission: staff.NoticePrint, Handle: s.getDue, Out: DueList{}},
		{Pattern: "GET /api/print-runs", Permission: staff.NoticePrint, Handle: s.getRuns, Out: []PrintRun{}},
		{Pattern: "POST /api/print-runs", Permission: staff.NoticePrint, Handle: s.postRun, In: NewRun{}, Out: PrintRun{}},
		{Pattern: "GET /api/print-runs/{id}", Permission: staff.NoticePrint, Handle: s.getRun, Out: PrintRun{}},
		{Pattern: "POST /api/print-runs/{id}/decisions", Permission: staff.NoticePrint, Handle: s.postDecisions, In: Decisions{}, Out: PrintRun{}},
		{Pattern: "POST /api/print-runs/{id}/render", Permission: staff.NoticePrint, Handle: s.postRender, Out: PrintRun{}},
		{Pattern: "GET /api/print-runs/{id}/labels.pdf", Permission: staff.NoticePrint, Handle: s.getRunPDF(press.LabelsPart)},
		{Pattern: "GET /api/print-runs/{id}/letters.pdf", Permission: staff.NoticePrint, Handle: s.getRunPDF(press.LettersPart)},
		{Pattern: "GET /api/print-runs/{id}/guides.pdf", Permission: staff.NoticePrint, Handle: s.getRunPDF(press.GuidesPart)},
		{Pattern: "GET /api/print-runs/{id}/glyphs.csv", Permission: staff.NoticePrint, Handle: s.getRunGlyphs},
		{Pattern: "POST /api/print-runs/{id}/posted", Permission: staff.NoticePrint, Handle: s.postPosted, In: Posting{}, Out: PrintRun{}},
		{Pattern: "POST /api/print-runs/{id}/undo-posted", Permission: staff.NoticePrint, Handle: s.postUnposted, In: Reason{}, Out: PrintRun{}},
		{Pattern: "POST /api/print-runs/{id}/cancel", Permission: staff.NoticePrint, Handle: s.postRunCancel, In: Reason{}, Out: PrintRun{}},
		{Pattern: "GET /api/print-runs/{id}/release", Permission: staff.NoticePrint, Handle: s.getRelease, Out: Release{}},
		{Pattern: "POST /api/print-runs/{id}/release", Permission: staff.NoticePrint, Handle: s.postRelease, In: ReleaseRequest{}, Out: Release{}},
		{Pattern: "GET /api/fonts", Permission: staff.SettingsManage, Handle: s.getFonts, Out: []press.Font{}},
		{Pattern: "GET /api/fonts/screen.ttf", Permission: staff.SignedIn, Handle: s.getScreenFont},
		{Pattern: "POST /api/fonts", Permission: staff.SettingsManage, Handle: s.postFont, Out: press.Font{}, Limit: 65 << 20},
	}
}

func (s *server) getDue(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	offset, limit, err := staffweb.Window(r, 100)
	if err != nil {
		return err
	}
	out := DueList{Rows: []CardRow{}, Excluded: []DueExclusion{}}
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		due, excluded, err := notice.Due(rx, actor)
		if err != nil {
			return err
		}
		out.Total = len(due)
		if err := out.exclude(rx, excluded); err != nil {
			return err
		}
		var ids []int64
		for _, c := range due[min(offset, len(due)):min(offset+limit, len(due))] {
			ids = append(ids, c.Card.ID)
		}
		if len(ids) == 0 {
			return nil
		}
		page, err := cardList(rx, progress.Filter{IDs: ids, Limit: limit})
		out.Rows = page.Rows
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

// exclude counts the cards that are left out under each reason.
func (d *DueList) exclude(rx *store.Rx, excluded []notice.Exclusion) error {
	named, err := nameExclusions(rx, excluded)
	if err != nil {
		return err
	}
	at := map[string]int{}
	for _, e := range named {
		i, known := at[e.Message]
		if !known {
			i, at[e.Message] = len(d.Excluded), len(d.Excluded)
			d.Excluded = append(d.Excluded, DueExclusion{Code: e.Code, Message: e.Message})
		}
		d.Excluded[i].Count++
		if len(d.Excluded[i].Cards) < maxNamed {
			d.Excluded[i].Cards = append(d.Excluded[i].Cards, CardRef{ID: e.CardID, NoticeNo: e.NoticeNo})
		}
	}
	return nil
}

func nameExclusions(rx *store.Rx, excluded []notice.Exclusion) ([]RunExclusion, error) {
	out := []RunExclusion{}
	for _, e := range excluded {
		l, err := progress.Cards(rx, progress.Filter{IDs: []int64{e.CardID}, Limit: 1})
		if err != nil {
			return nil, err
		}
		x := RunExclusion{CardID: e.CardID, Code: e.Code, Message: message.Text(e.Code, e.Args)}
		if len(l.Rows) > 0 {
			x.NoticeNo, x.Name = l.Rows[0].NoticeNo, l.Rows[0].Name
		}
		out = append(out, x)
	}
	return out, nil
}

func (s *server) getRuns(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	out := []PrintRun{}
	jobs := s.renders.all()
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		words, err := settings.Load(rx)
		if err != nil {
			return err
		}
		runs, err := notice.Runs(rx, 100)
		for _, run := range runs {
			out = append(out, wireRun(run, words, jobs[run.ID]))
		}
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

// wireRun is a run without its findings. job is its print job as it was before
// the run was read: a job that ends in between has stored its result by then,
// so that no printed run ever looks unprinted.
func wireRun(run notice.Run, words settings.Settings, job renderStatus) PrintRun {
	out := PrintRun{
		ID: run.ID, No: run.No, State: string(run.State), Stock: run.Stock, Order: string(run.Sort), StartCell: run.StartCell, Pieces: run.Pieces,
		Volumes: press.Volumes(run), Guides: press.Guides(words), Deadline: run.Deadline, PostedOn: run.PostedOn, By: run.CreatedBy, At: run.CreatedAt,
		Excluded: []RunExclusion{}, Glyphs: []RunGlyph{}, Overflow: []RunOverflow{}, NoBarcode: []RunNoBarcode{}, Fonts: []RunFont{},
		Progress: Progress{Total: run.Pieces},
	}
	if stock, err := press.Stock(words, run.Stock); err == nil {
		out.Sheets = stock.Sheets(run.Pieces, run.StartCell)
	}
	if err := json.Unmarshal([]byte(run.Fonts), &out.Fonts); err != nil || out.Fonts == nil {
		out.Fonts = []RunFont{}
	}
	switch {
	case run.State == notice.Draft && job.running:
		out.State, out.Progress = "rendering", job.progress
	case run.State == notice.Draft:
		out.State, out.Problem = "checked", job.problem
	default:
		out.Progress.Done = run.Pieces
	}
	return out
}

// replyRun answers with the run as it is now, findings included.
func (s *server) replyRun(w http.ResponseWriter, r *http.Request, status int, id int64) error {
	var out PrintRun
	var run notice.Run
	jobs := s.renders.all()
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		words, err := settings.Load(rx)
		if err != nil {
			return err
		}
		if run, err = notice.ByID(rx, id); err != nil {
			return err
		}
		out = wireRun(run, words, jobs[id])
		out.Excluded, err = nameExclusions(rx, run.Excluded)
		return err
	})
	if err != nil {
		return err
	}
	keys, err := s.exchange().Links()
	if err != nil {
		return err
	}
	_, _, exchanges := keys.Codes.Newest()
	out.NoPage = exchanges && !out.Guides
	if out.State == "checked" {
		if err := s.addFindings(r, &out); err != nil {
			return err
		}
	}
	return staffweb.Reply(w, status, out)
}

func (s *server) addFindings(r *http.Request, out *PrintRun) error {
	report, err := s.preflight(r, out.ID)
	if err != nil {
		return err
	}
	for _, g := range report.Glyphs {
		out.Glyphs = append(out.Glyphs, RunGlyph{
			g.Key, g.CardID, g.NoticeNo, g.Name, staffweb.Word("field.", g.Field), g.Cluster, g.Codepoint, g.CP932, string(g.State), staffweb.OrEmpty(g.Candidates), g.Decision,
		})
	}
	for _, f := range report.Overflow {
		out.Overflow = append(out.Overflow, RunOverflow{f.CardID, f.NoticeNo, f.Name, staffweb.Word("field.", f.Field), f.Message})
	}
	for _, n := range report.NoBarcode {
		out.NoBarcode = append(out.NoBarcode, RunNoBarcode(n))
	}
	if report.Undecided() > 0 {
		out.State = "needs_decision"
	}
	return nil
}

func (s *server) preflight(r *http.Request, id int64) (press.Report, error) {
	office, err := s.press()
	if err != nil {
		return press.Report{}, err
	}
	return office.Preflight(r.Context(), id, nil)
}

func (s *server) getRun(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	return s.replyRun(w, r, http.StatusOK, id)
}

// getRunPDF answers with one PDF of a printed run. When it has to be made anew
// and the fonts have changed since, confirm=fonts says that this is known.
func (s *server) getRunPDF(part string) gate.Handler {
	return func(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
		id, err := staffweb.PathID(r)
		if err != nil {
			return err
		}
		volume, err := staffweb.Number(r, "volume", 1)
		if err != nil {
			return err
		}
		office, err := s.press()
		if err != nil {
			return err
		}
		var path string
		if r.URL.Query().Get("confirm") == "fonts" {
			path, err = office.Reprint(r.Context(), actor, id, part, volume, s.Spool)
		} else {
			path, err = office.File(r.Context(), id, part, volume, s.Spool)
		}
		if err != nil {
			return err
		}
		f, err := os.Open(path) //nolint:gosec // a name of ours in the spool folder
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // it was only read
		info, err := f.Stat()
		if err != nil {
			return err
		}
		staffweb.SetFileHeaders(w, "application/pdf", fmt.Sprintf("%s_%d-%d.pdf", message.Text("ui.print."+part, nil), id, volume), r.URL.Query().Has("download"))
		http.ServeContent(w, r, "", info.ModTime(), f)
		return nil
	}
}

func (s *server) getFonts(w http.ResponseWriter, _ *http.Request, _ store.Actor) error {
	office, err := s.press()
	if err != nil {
		return err
	}
	return staffweb.OK(w, office.Fonts.List())
}

// getScreenFont answers with the 外字 of the gaiji set ?set as a font for the
// screens, kept by the browser as long as it is the same.
func (s *server) getScreenFont(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	office, err := s.press()
	if err != nil {
		return err
	}
	font, tag, err := office.Fonts.Screen(r.URL.Query().Get("set"))
	if err != nil {
		return err
	}
	staffweb.SetFileHeaders(w, "font/ttf", "screen.ttf", false)
	w.Header().Set("ETag", `"`+tag+`"`)
	w.Header().Set("Cache-Control", "private, no-cache")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(font))
	return nil
}

// progressOf reports the progress of a print job to whoever asks.
func progressOf(r *renders, id int64) paper.Progress {
	return func(done, total int) { r.advance(id, Progress{done, total}) }
}
