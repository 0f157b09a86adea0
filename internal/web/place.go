package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/message"
	"kofu/internal/paper"
	"kofu/internal/press"
	"kofu/internal/scancode"
	"kofu/internal/settings"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
	"kofu/internal/vault"
)

// Place is one place of the vault.
type Place struct {
	ID           int64  `json:"id"`
	ParentID     *int64 `json:"parentId"`
	Kind         string `json:"kind" ts:"'office' | 'vault' | 'shelf' | 'box'"`
	Code         string `json:"code"`
	Name         string `json:"name"`
	Path         string `json:"path"`
	Capacity     int    `json:"capacity"`
	Used         int    `json:"used"`
	NextPosition *int   `json:"nextPosition"`
}

// NewPlaces are places to be made below another.
type NewPlaces struct {
	ParentID *int64 `json:"parentId"`
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Capacity int    `json:"capacity"`
	Count    int    `json:"count"`
}

func (s *server) placeRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/places", Permission: staff.CardView, Handle: s.getPlaces, Out: []Place{}},
		{Pattern: "POST /api/places", Permission: staff.PlaceManage, Handle: s.postPlaces, In: NewPlaces{}, Out: []Place{}},
		{Pattern: "GET /api/places/labels.pdf", Permission: staff.PlaceManage, Handle: s.getPlaceLabels},
		{Pattern: "POST /api/shelving/scans", Permission: staff.CardWork, Handle: s.postShelvingScan, In: Scan{}, Out: ScanResult{}},
	}
}

func wirePlace(rx *store.Rx, p vault.Place) (Place, error) {
	out := Place{ID: p.ID, Kind: string(p.Kind), Code: p.Code, Name: p.Name, Path: p.Path, Capacity: p.Capacity, Used: p.Used}
	if p.ParentID != 0 {
		out.ParentID = &p.ParentID
	}
	next, err := vault.NextFree(rx, p)
	if next > 0 {
		out.NextPosition = &next
	}
	return out, err
}

func wirePlaces(rx *store.Rx, places []vault.Place) ([]Place, error) {
	out := make([]Place, 0, len(places))
	for _, p := range places {
		place, err := wirePlace(rx, p)
		if err != nil {
			return nil, err
		}
		out = append(out, place)
	}
	return out, nil
}

func (s *server) getPlaces(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	var out []Place
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		all, err := vault.All(rx)
		if err != nil {
			return err
		}
		out, err = wirePlaces(rx, all)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

func (s *server) postPlaces(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[NewPlaces](r)
	if err != nil {
		return err
	}
	n := vault.New{Kind: vault.Kind(in.Kind), Name: strings.TrimSpace(in.Name), Capacity: in.Capacity, Count: in.Count}
	if in.ParentID != nil {
		n.ParentID = *in.ParentID
	}
	made, err := vault.Add(r.Context(), s.DB, actor, n)
	if err != nil {
		return err
	}
	var out []Place
	err = s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		out, err = wirePlaces(rx, made)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.Reply(w, http.StatusCreated, out)
}

// getPlaceLabels prints labels for the places named, or for all.
func (s *server) getPlaceLabels(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	office, err := s.press()
	if err != nil {
		return err
	}
	var ids []int64
	if text := r.URL.Query().Get("ids"); text != "" {
		if err := json.Unmarshal([]byte("["+text+"]"), &ids); err != nil {
			return fault.New(fault.BadRequest, "web.number", "name", "ids")
		}
	}
	var list []paper.PlaceLabel
	var words settings.Settings
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		all, err := vault.All(rx)
		if err != nil {
			return err
		}
		for _, p := range all {
			if len(ids) == 0 || slices.Contains(ids, p.ID) {
				list = append(list, paper.PlaceLabel{Key: p.Code, Code: p.Code, Name: p.Name, Path: p.Path})
			}
		}
		words, err = settings.Load(rx)
		return err
	})
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return fault.New(fault.NotFound, "vault.no_places")
	}
	return staffweb.ServePDF(w, r, s.Spool, message.Text("ui.place.labels", nil)+".pdf", func(out *staffweb.SpoolFile) error {
		return office.PlaceLabels(r.Context(), out, words, stockOr(r, words), list)
	})
}

// stockOr is the stock that the request names, else the office's usual one.
func stockOr(r *http.Request, words settings.Settings) string {
	if stock := r.URL.Query().Get("stock"); stock != "" {
		return stock
	}
	return words.Notice.Stock
}

// postShelvingScan takes one scan at the shelf: the label of a box chooses it,
// a card goes to its next free position.
func (s *server) postShelvingScan(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[Scan](r)
	if err != nil {
		return err
	}
	if scancode.Read(in.Code).Kind == scancode.Place {
		return s.choosePlace(w, r, in.Code)
	}
	if in.PlaceCode == "" {
		return fault.New(fault.Conflict, "card.no_place")
	}
	shelved, err := vault.Shelve(r.Context(), s.DB, actor, in.PlaceCode, in.Code)
	if err != nil {
		return err
	}
	c := shelved.Change.Card
	where := shelved.Place.Path + " › " + strconv.Itoa(shelved.Position)
	args := map[string]string{"no": c.NoticeNo, "place": shelved.Place.Path, "position": strconv.Itoa(shelved.Position)}
	out := ScanResult{
		Result: "shelved", Tone: staffweb.ToneOK, Code: c.NoticeNo, EventID: shelved.Change.EventID,
		Word:    message.Text("scan.shelved.word", nil),
		Message: message.Text("scan.shelved", args),
		Card:    &ScannedCard{ID: c.ID, NoticeNo: c.NoticeNo, Name: c.Name, GaijiSet: c.GaijiSet, Before: stateWords(shelved.Change.Before), After: stateWords(c.State), Place: where},
	}
	switch {
	case shelved.Again:
		out.Result, out.Tone, out.Word = "twice", staffweb.ToneSame, message.Text("scan.twice.word", nil)
		out.Message = message.Text("scan.shelved_twice", args)
	case shelved.Change.Before.Custody == card.Vault:
		out.Result, out.Word = "moved", message.Text("scan.moved.word", nil)
		out.Message = message.Text("scan.moved", args)
	}
	if c.Stops > 0 {
		out.Tone = staffweb.ToneWarn
		out.Message += message.Text("scan.shelved_held", nil)
	}
	return s.replyAtPlace(w, r, out, shelved.Place.ID)
}

func (s *server) choosePlace(w http.ResponseWriter, r *http.Request, label string) error {
	var p vault.Place
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		if p, err = vault.ByLabel(rx, label); err == nil && p.Kind != vault.Box {
			return fault.New(fault.Conflict, "vault.no_box", "place", p.Path)
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.replyAtPlace(w, r, ScanResult{
		Result: "place", Tone: staffweb.ToneOK, Word: message.Text("scan.place.word", nil),
		Message: message.Text("scan.place", map[string]string{"place": p.Path}), Code: p.Code,
	}, p.ID)
}

// replyAtPlace answers with the place as it is now.
func (s *server) replyAtPlace(w http.ResponseWriter, r *http.Request, out ScanResult, placeID int64) error {
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		p, err := vault.ByID(rx, placeID)
		if err != nil {
			return err
		}
		place, err := wirePlace(rx, p)
		out.Place, out.At = &place, store.Stamp(rx.Now)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

// press is what printing needs. The fonts are opened at first use, so that an
// office without them can do everything else.
func (s *server) press() (press.Office, error) {
	s.fontsMu.Lock()
	defer s.fontsMu.Unlock()
	if s.fonts == nil {
		fonts, err := press.OpenFonts(s.Fonts)
		if err != nil {
			return press.Office{}, err
		}
		s.fonts = fonts
	}
	return press.Office{DB: s.DB, Ring: s.Ring, Fonts: s.fonts}, nil
}
