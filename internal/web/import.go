package web

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"

	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/intake"
	"kofu/internal/message"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// ImportProfile is a file format that can be imported.
type ImportProfile struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Kind        string `json:"kind" ts:"'delivery' | 'registry'"`
	Encoding    string `json:"encoding"`
	FileHint    string `json:"fileHint"`
	Description string `json:"description"`
}

// Finding is one thing that is wrong at one place of a file.
type Finding struct {
	Row      int    `json:"row"`
	Column   string `json:"column"`
	Value    string `json:"value"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Severity string `json:"severity" ts:"'reject' | 'warn'"`
}

// Warning concerns a file as a whole.
type Warning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Progress says how much of something is done.
type Progress struct {
	Done  int `json:"done"`
	Total int `json:"total"`
}

// ImportCounts are the figures of an import.
type ImportCounts intake.Counts

// ImportRun is one import.
type ImportRun struct {
	ID            int64        `json:"id"`
	Profile       string       `json:"profile"`
	ProfileName   string       `json:"profileName"`
	Kind          string       `json:"kind"`
	FileName      string       `json:"fileName"`
	Size          int64        `json:"size"`
	SHA256        string       `json:"sha256"`
	Encoding      string       `json:"encoding"`
	State         string       `json:"state" ts:"'previewed' | 'applying' | 'applied' | 'cancelled' | 'failed' | 'undone'"`
	Rows          int          `json:"rows"`
	Counts        ImportCounts `json:"counts"`
	Columns       []string     `json:"columns"`
	Sample        [][]string   `json:"sample"`
	Findings      []Finding    `json:"findings"`
	FindingsTotal int          `json:"findingsTotal"`
	Warnings      []Warning    `json:"warnings"`
	Candidates    []Candidate  `json:"candidates"`
	Progress      Progress     `json:"progress"`
	By            string       `json:"by"`
	At            string       `json:"at"`
	AppliedAt     string       `json:"appliedAt"`
	DeliveryID    int64        `json:"deliveryId,omitempty"`
	Undoable      bool         `json:"undoable"`
}

// Candidate is a format that a file might have.
type Candidate struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Reason says why something is taken back.
type Reason struct {
	Reason string `json:"reason"`
}

func (s *server) importRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/import-profiles", Permission: staff.ImportRun, Handle: s.getImportProfiles, Out: []ImportProfile{}},
		{Pattern: "POST /api/imports", Permission: staff.ImportRun, Handle: s.postImport, Out: ImportRun{}, Limit: gate.UploadLimit + gate.JSONLimit},
		{Pattern: "GET /api/imports", Permission: staff.ImportRun, Handle: s.getImports, Out: []ImportRun{}},
		{Pattern: "GET /api/imports/{id}", Permission: staff.ImportRun, Handle: s.getImport, Out: ImportRun{}},
		{Pattern: "POST /api/imports/{id}/apply", Permission: staff.ImportRun, Handle: s.postImportApply, Out: ImportRun{}},
		{Pattern: "POST /api/imports/{id}/cancel", Permission: staff.ImportRun, Handle: s.postImportCancel, Out: ImportRun{}},
		{Pattern: "POST /api/imports/{id}/undo", Permission: staff.ImportRun, Handle: s.postImportUndo, In: Reason{}, Out: ImportRun{}},
		{Pattern: "GET /api/imports/{id}/rejected.csv", Permission: staff.ImportRun, Handle: s.getImportRejected},
	}
}

func (s *server) getImportProfiles(w http.ResponseWriter, _ *http.Request, _ store.Actor) error {
	var list []ImportProfile
	for _, p := range intake.Profiles() {
		list = append(list, ImportProfile{p.ID, p.Name, string(p.Kind), string(p.Encoding), p.FileHint, p.Description})
	}
	return staffweb.OK(w, list)
}

func (s *server) postImport(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return fault.New(fault.BadRequest, "import.bad_form").Because(err)
	}
	up, err := uploadFrom(parts)
	if err != nil {
		return err
	}
	run, err := intake.Preview(r.Context(), s.DB, actor, up)
	if err != nil {
		return err
	}
	return staffweb.Reply(w, http.StatusCreated, importRun(run, nil))
}

// uploadFrom reads the fields before the file and hands the file on as it
// comes: profile and lotNo therefore stand first in the form.
func uploadFrom(parts *multipart.Reader) (up intake.Upload, err error) {
	const field = 1 << 10
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return up, fault.New(fault.Invalid, "import.no_file")
		}
		if err != nil {
			return up, fault.New(fault.BadRequest, "import.bad_form").Because(err)
		}
		if part.FormName() == "file" {
			up.FileName, up.Reader = part.FileName(), arriving{part}
			return up, nil
		}
		text, err := io.ReadAll(io.LimitReader(part, field))
		if err != nil {
			return up, fault.New(fault.BadRequest, "import.bad_form").Because(err)
		}
		switch part.FormName() {
		case "profile":
			up.Profile = string(text)
		case "lotNo":
			up.LotNo = string(text)
		}
	}
}

// arriving is a file on its way in. Where it ends before its end, its sender is
// told; nothing of ours has failed.
type arriving struct{ io.Reader }

func (a arriving) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = fault.New(fault.BadRequest, "import.cut_off").Because(err)
	}
	return n, err
}

func (s *server) getImports(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	_, limit, err := staffweb.Window(r, 50)
	if err != nil {
		return err
	}
	list, running := []ImportRun{}, s.imports.Running()
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		runs, err := intake.List(rx, limit)
		for _, run := range runs {
			list = append(list, importRun(run, running))
		}
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, list)
}

func (s *server) getImport(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	return s.replyImport(w, r, id)
}

// replyImport answers with the import as it is now.
func (s *server) replyImport(w http.ResponseWriter, r *http.Request, id int64) error {
	var run intake.Run
	running := s.imports.Running()
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		run, err = intake.ByID(rx, id)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, importRun(run, running))
}

func (s *server) postImportApply(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	if err := s.imports.Start(r.Context(), actor, id); err != nil {
		return err
	}
	return s.replyImport(w, r, id)
}

func (s *server) postImportCancel(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	if !s.imports.Cancel(id) {
		if err := intake.Cancel(r.Context(), s.DB, actor, id); err != nil {
			return err
		}
	}
	return s.replyImport(w, r, id)
}

func (s *server) postImportUndo(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	in, err := staffweb.Decode[Reason](r)
	if err != nil {
		return err
	}
	if _, err := intake.Undo(r.Context(), s.DB, actor, id, in.Reason); err != nil {
		return err
	}
	return s.replyImport(w, r, id)
}

func (s *server) getImportRejected(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	var file bytes.Buffer // whole before it is sent, so that a failure is still answered as one
	if err := intake.WriteRejected(r.Context(), s.DB, id, &file); err != nil {
		return err
	}
	return staffweb.Attach(w, "text/csv; charset=utf-8", "rejected-"+strconv.FormatInt(id, 10)+".csv", file.Bytes())
}

// importRun is an import as the screens see it. One that is being applied is
// still previewed in the database.
func importRun(run intake.Run, running map[int64]intake.Progress) ImportRun {
	out := ImportRun{
		ID: run.ID, Profile: run.Profile, ProfileName: intake.ProfileName(run.Profile), Kind: string(run.Kind), FileName: run.FileName,
		Size: run.Size, SHA256: run.SHA256, Encoding: run.Encoding, State: string(run.State), Rows: run.Rows, Counts: ImportCounts(run.Counts),
		Columns: staffweb.OrEmpty(run.Columns), Sample: staffweb.OrEmpty(run.Sample), Findings: []Finding{}, FindingsTotal: run.FindingsTotal,
		Warnings: []Warning{}, Candidates: []Candidate{}, Progress: Progress{Total: run.Rows},
		By: run.CreatedBy, At: run.CreatedAt, AppliedAt: run.AppliedAt, DeliveryID: run.DeliveryID, Undoable: run.State == intake.Applied,
	}
	if p, under := running[run.ID]; under && run.State == intake.Previewed {
		out.State, out.Progress = "applying", Progress(p)
	} else if run.State == intake.Applied {
		out.Progress.Done = run.Rows
	}
	for _, f := range run.Findings {
		out.Findings = append(out.Findings, Finding{f.Row, f.Column, f.Value, f.Code, message.OfDetail(f.Detail()), string(f.Severity)})
	}
	for _, warning := range run.Warnings {
		out.Warnings = append(out.Warnings, Warning{warning.Code, message.Text(warning.Code, warning.Args)})
	}
	if run.Reason != "" && (run.State == intake.Failed || run.State == intake.Cancelled) {
		out.Warnings = append(out.Warnings, Warning{run.Reason, message.Text(run.Reason, nil)})
	}
	return out
}
