package web

import (
	"context"
	"maps"
	"net/http"
	"strconv"
	"sync"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/jpaddr"
	"kofu/internal/message"
	"kofu/internal/notice"
	"kofu/internal/press"
	"kofu/internal/settings"
	"kofu/internal/sheet"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// NewRun orders letters and labels: for the cards named, or for all that are
// due when the list is left out. An empty list is a mistake, not everything.
type NewRun struct {
	Cards     []int64 `json:"cards,omitempty"`
	Stock     string  `json:"stock"`
	StartCell int     `json:"startCell"`
	Order     string  `json:"order"`
}

// Decisions are the answers to the characters of a run.
type Decisions struct {
	Decisions []GlyphDecision `json:"decisions"`
}

// GlyphDecision is the answer to one character.
type GlyphDecision struct {
	Key        string `json:"key"`
	Decision   string `json:"decision" ts:"'box' | 'hold_out' | 'substitute'"`
	Substitute string `json:"substitute,omitempty"`
}

// Posting records that the letters went to the post office.
type Posting struct {
	PostedOn string `json:"postedOn"`
	Pulled   bool   `json:"pulled,omitempty"` // the pieces named by the refusal were taken out of the pile
}

func (s *server) postRun(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[NewRun](r)
	if err != nil {
		return err
	}
	if in.Cards != nil && len(in.Cards) == 0 {
		return fault.New(fault.Invalid, "card.none_chosen")
	}
	towns, err := s.checkStock(r.Context(), in.Stock, in.StartCell)
	if err != nil {
		return err
	}
	run, err := notice.Plan(r.Context(), notice.Office{DB: s.DB, Ring: s.Ring, Towns: towns}, actor, notice.Order{
		Cards: in.Cards, Stock: in.Stock, StartCell: in.StartCell, Sort: notice.Sort(in.Order),
	})
	if err != nil {
		return err
	}
	return s.replyRun(w, r, http.StatusCreated, run.ID)
}

// checkStock refuses a stock that is not known and a cell that it has not.
func (s *server) checkStock(ctx context.Context, name string, cell int) (towns *jpaddr.Table, err error) {
	err = s.DB.Read(ctx, func(rx *store.Rx) error {
		words, err := settings.Load(rx)
		if err != nil {
			return err
		}
		stock, err := press.Stock(words, name)
		if err != nil {
			return err
		}
		if cell < 1 || cell > stock.Cells() {
			return fault.New(fault.Invalid, "notice.bad_cell", "cells", strconv.Itoa(stock.Cells()))
		}
		towns = press.Towns(words)
		return nil
	})
	return towns, err
}

func (s *server) postDecisions(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	in, err := staffweb.Decode[Decisions](r)
	if err != nil {
		return err
	}
	var decisions []notice.Decision
	for _, d := range in.Decisions {
		decisions = append(decisions, notice.Decision{Key: d.Key, Kind: d.Decision, Substitute: d.Substitute})
	}
	office, err := s.press()
	if err != nil {
		return err
	}
	if err := office.Decide(r.Context(), actor, id, decisions); err != nil {
		return err
	}
	return s.replyRun(w, r, http.StatusOK, id)
}

// postRender starts printing in the background. What is undecided is refused
// at once.
func (s *server) postRender(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	office, err := s.press()
	if err != nil {
		return err
	}
	if err := office.MayRender(r.Context(), id); err != nil {
		return err
	}
	if s.renders.begin(id) {
		go func() {
			_, err := office.Render(s.Background, actor, id, s.Spool, progressOf(&s.renders, id))
			if _, expected := fault.As(err); err != nil && !expected {
				s.Log.Error("printing failed", "run", id, "error", err)
			}
			s.renders.end(id, err)
		}()
	}
	return s.replyRun(w, r, http.StatusAccepted, id)
}

// renders are the print jobs under way.
type renders struct {
	mu   sync.Mutex
	jobs map[int64]renderStatus
}

type renderStatus struct {
	running  bool
	progress Progress
	problem  string
}

func (r *renders) begin(id int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.jobs[id].running {
		return false
	}
	if r.jobs == nil {
		r.jobs = map[int64]renderStatus{}
	}
	r.jobs[id] = renderStatus{running: true}
	return true
}

func (r *renders) advance(id int64, p Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.jobs[id] = renderStatus{running: true, progress: p}
}

func (r *renders) end(id int64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		delete(r.jobs, id)
		return
	}
	r.jobs[id] = renderStatus{problem: message.Of(err)}
}

// all are the jobs as they stand, by run.
func (r *renders) all() map[int64]renderStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.jobs)
}

func (s *server) postPosted(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	in, err := staffweb.Decode[Posting](r)
	if err != nil {
		return err
	}
	if _, err := notice.Post(r.Context(), s.DB, actor, id, in.PostedOn, in.Pulled); err != nil {
		return err
	}
	return s.replyRun(w, r, http.StatusOK, id)
}

func (s *server) postUnposted(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	return s.withReason(w, r, actor, notice.Unpost)
}

func (s *server) postRunCancel(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	return s.withReason(w, r, actor, notice.Cancel)
}

// withReason takes a step of a run back.
func (s *server) withReason(w http.ResponseWriter, r *http.Request, actor store.Actor,
	act func(context.Context, *store.DB, store.Actor, int64, string) (notice.Run, error),
) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	in, err := staffweb.Decode[Reason](r)
	if err != nil {
		return err
	}
	if _, err := act(r.Context(), s.DB, actor, id, in.Reason); err != nil {
		return err
	}
	return s.replyRun(w, r, http.StatusOK, id)
}

// getRunGlyphs writes the characters of a run that need a decision as CSV.
func (s *server) getRunGlyphs(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	report, err := s.preflight(r, id)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, g := range report.Glyphs {
		rows = append(rows, []string{
			g.NoticeNo, g.Name, staffweb.Word("field.", g.Field), g.Cluster, g.Codepoint, g.CP932, staffweb.Word("glyph_state.", string(g.State)), staffweb.Word("decision.", g.Decision),
		})
	}
	table := sheet.Table{Title: message.Text("report.glyphs", nil), By: actor.Name, Rows: sheet.Rows(rows)}
	for _, key := range []string{"no", "name", "field", "cluster", "codepoint", "cp932", "state", "decision"} {
		table.Columns = append(table.Columns, sheet.Column{Heading: message.Text("column."+key, nil), Kind: sheet.Code})
	}
	return staffweb.ServeSpooled(w, r, s.Spool, "text/csv; charset=utf-8", "glyphs-"+strconv.Itoa(int(id))+".csv", true, func(out *staffweb.SpoolFile) error {
		_, err := sheet.WriteCSV(out, table, sheet.CSVOptions{})
		return err
	})
}

// postFont takes an EUDC file over: the field gaijiSet, then the file.
func (s *server) postFont(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	office, err := s.press()
	if err != nil {
		return err
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return fault.New(fault.BadRequest, "import.bad_form").Because(err)
	}
	gaijiSet, file, err := fontFrom(parts)
	if err != nil {
		return err
	}
	font, err := office.Fonts.AddEUDC(file, gaijiSet)
	if err != nil {
		return asUploaded(err, file.FileName())
	}
	err = s.DB.Write(r.Context(), actor, func(tx *store.Tx) error {
		return audit.Append(tx, "font.added", "font/"+font.SHA256[:16], font)
	})
	if err != nil {
		return err
	}
	return staffweb.Reply(w, http.StatusCreated, font)
}
