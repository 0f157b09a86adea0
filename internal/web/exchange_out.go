package web

import (
	"net/http"
	"os"
	"path/filepath"

	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/seal"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// ExchangeMedium is a medium at this machine.
type ExchangeMedium struct {
	ID       string       `json:"id"`
	Kind     string       `json:"kind" ts:"'removable' | 'folder'"`
	Label    string       `json:"label"`
	Size     int64        `json:"size"`
	Free     int64        `json:"free"`
	ReadOnly bool         `json:"readOnly"`
	Files    []MediumFile `json:"files"` // bundles, the newest first
}

// MediumFile is a bundle on a medium.
type MediumFile struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	At   string `json:"at"`
}

// ExportRequest makes a bundle.
type ExportRequest struct {
	Content  string `json:"content" ts:"'log' | 'codeKeys'"`
	MediumID string `json:"mediumId,omitempty"` // '' gives it to the browser
	No       string `json:"no,omitempty"`       // on the label of the medium
	Approval string `json:"approval,omitempty"`
	Approver string `json:"approver,omitempty"`
}

// ExportStep is how far a bundle has come on its way to a medium.
type ExportStep struct {
	Doing string `json:"doing" ts:"'' | 'making' | 'writing' | 'syncing' | 'checking'"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
}

// EjectRequest lets go of a medium after a bundle was written to it.
type EjectRequest struct {
	CarryID int64 `json:"carryId,omitempty"`
}

func (s *server) exchangeOutRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/exchange/media", Permission: staff.ExchangeCarry, Handle: s.getMedia, Out: []ExchangeMedium{}},
		{Pattern: "POST /api/exchange/media/{medium}/ejection", Permission: staff.ExchangeCarry, Handle: s.postEjection, In: EjectRequest{}},
		{Pattern: "POST /api/exchange/exports", Permission: staff.ExchangeCarry, Handle: s.postExport, In: ExportRequest{}, Out: CarryRow{}},
		{Pattern: "GET /api/exchange/exports/step", Permission: staff.ExchangeCarry, Handle: s.getExportStep, Out: ExportStep{}},
		{Pattern: "GET /api/exchange/carries/{id}/file", Permission: staff.ExchangeCarry, Handle: s.getCarryFile},
	}
}

func (s *server) getMedia(w http.ResponseWriter, _ *http.Request, _ store.Actor) error {
	list, err := s.Media.List()
	if err != nil {
		return err
	}
	out := []ExchangeMedium{}
	for _, m := range list {
		row := ExchangeMedium{ID: m.ID, Kind: string(m.Kind), Label: m.Label, Size: m.Size, Free: m.Free, ReadOnly: m.ReadOnly, Files: []MediumFile{}}
		files, err := m.Bundles()
		if err != nil {
			continue // it was pulled out a moment ago
		}
		for _, f := range files {
			if seal.Office.Looks(f.Name) { // ours, on its way out
				continue
			}
			row.Files = append(row.Files, MediumFile{f.Name, f.Size, store.Stamp(f.At)})
		}
		out = append(out, row)
	}
	return staffweb.OK(w, out)
}

// postExport makes a bundle and writes it to a medium, or into the spool where a
// browser fetches it.
func (s *server) postExport(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[ExportRequest](r)
	if err != nil {
		return err
	}
	office := s.office()
	export, err := makerOf(office, in.Content)
	if err != nil {
		return err
	}
	dir, way, err := s.destination(in.MediumID)
	if err != nil {
		return err
	}
	var made exchange.Carry
	err = s.trades.one(func() (err error) {
		defer s.trades.watch(exchange.Step{})
		if way == exchange.ByFile {
			if err := office.Prune(); err != nil {
				return err
			}
		}
		made, _, err = office.ExportTo(r.Context(), actor, export, dir, way, exchange.Medium{No: in.No, Approval: in.Approval, Approver: in.Approver})
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.Reply(w, http.StatusCreated, carryRow(made, nil))
}

// makerOf is what makes a bundle with a content.
func makerOf(office exchange.Office, content string) (exchange.Maker, error) {
	switch content {
	case "log":
		return office.Export, nil
	case "codeKeys":
		return office.ExportCodeKeys, nil
	}
	return nil, fault.New(fault.Invalid, "exchange.bad_content")
}

// destination is the folder of a medium, or the spool for a browser.
func (s *server) destination(mediumID string) (dir string, way exchange.Way, err error) {
	if mediumID == "" {
		return s.Spool, exchange.ByFile, nil
	}
	medium, err := s.Media.ByID(mediumID)
	return medium.Path, exchange.ByMedium, err
}

func (s *server) getExportStep(w http.ResponseWriter, _ *http.Request, _ store.Actor) error {
	step := s.trades.now()
	return staffweb.OK(w, ExportStep{string(step.Doing), step.Done, step.Total})
}

// getCarryFile answers with a bundle that was made for a browser.
func (s *server) getCarryFile(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	c, err := s.carryOf(r)
	if err != nil {
		return err
	}
	gone := fault.New(fault.NotFound, "exchange.file_gone")
	if c.Direction != "out" || c.Way != exchange.ByFile {
		return gone
	}
	file, err := os.Open(filepath.Join(s.Spool, filepath.Base(c.File)))
	if err != nil {
		return gone.Because(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return err
	}
	staffweb.SetFileHeaders(w, "application/octet-stream", c.File, true)
	http.ServeContent(w, r, "", info.ModTime(), file)
	return nil
}

// postEjection lets go of a medium, which the register notes.
func (s *server) postEjection(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[EjectRequest](r)
	if err != nil {
		return err
	}
	medium, err := s.Media.ByID(r.PathValue("medium"))
	if err != nil {
		return err
	}
	err = s.trades.one(func() error {
		if err := s.Media.Eject(r.Context(), medium); err != nil {
			return err
		}
		if in.CarryID == 0 {
			return nil
		}
		return s.office().Ejected(r.Context(), actor, in.CarryID)
	})
	if err != nil {
		return err
	}
	return staffweb.Done(w)
}
