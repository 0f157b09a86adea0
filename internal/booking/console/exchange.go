package console

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"

	"kofu/internal/booking/intake"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/sync"
	"kofu/internal/gate"
	"kofu/internal/jpdate"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// ExchangePage is how far the exchange with the office has come.
type ExchangePage struct {
	Ready   bool        `json:"ready"`   // the keys of both sides count
	Codes   []string    `json:"codes"`   // ids of the keys of codes that have come
	Heard   Heard       `json:"heard"`   // from the office
	Waiting int         `json:"waiting"` // events that have left in no bundle
	Under   int         `json:"under"`   // that have left, and nobody knows whether they arrived
	Applied int         `json:"applied"` // events of the office, in all
	Missing int         `json:"missing"` // event of the office from which the next bundle asks again, 0 for none
	PutBack bool        `json:"putBack"` // the office shows that its database was put back
	Aside   int         `json:"aside"`   // events of the office that could not be carried out
	LastOut *BundleRow  `json:"lastOut"`
	LastIn  *BundleRow  `json:"lastIn"`
	Bundles []BundleRow `json:"bundles"` // the newest first
	MayLead bool        `json:"mayLead"` // the person may accept that the office was put back
}

// Heard is how old what is known of the office is.
type Heard struct {
	At    string        `json:"at"` // when its newest bundle was made, empty for never
	Tone  staffweb.Tone `json:"tone"`
	Words string        `json:"words"`
}

// BundleRow is a bundle in the register.
type BundleRow struct {
	ID        string        `json:"id"`
	Direction string        `json:"direction" ts:"'out' | 'in'"`
	Kind      string        `json:"kind"` // in words
	Lo        int           `json:"lo"`
	Hi        int           `json:"hi"`
	Events    int           `json:"events"`
	Sum       string        `json:"sum"` // first 16 hex digits of the SHA-256
	File      string        `json:"file"`
	At        string        `json:"at"` // when it was made here, or taken in
	By        string        `json:"by"`
	State     string        `json:"state"`
	Label     string        `json:"label"`
	Tone      staffweb.Tone `json:"tone"`
}

// BundleTaken is what taking in a bundle did.
type BundleTaken struct {
	Kind    string       `json:"kind"` // in words
	Created string       `json:"created"`
	Applied int          `json:"applied"`
	Skipped int          `json:"skipped"`
	Aside   int          `json:"aside"`
	Keys    []string     `json:"keys"` // of codes, that came
	Events  []EventCount `json:"events"`
}

// EventCount is how many events of a kind were new.
type EventCount struct {
	Label string `json:"label"`
	Count int    `json:"count"`
}

func (s *server) exchangeRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/exchange", Permission: staff.ExchangeWork, Handle: s.getExchange, Out: ExchangePage{}},
		{Pattern: "POST /api/exchange/in", Permission: staff.ExchangeWork, Handle: s.postBundleIn, Out: BundleTaken{}, Limit: seal.SizeLimit + 1<<20},
		{Pattern: "POST /api/exchange/out", Permission: staff.ExchangeWork, Handle: s.postBundleOut},
		{Pattern: "GET /api/exchange/bundles/{id}/form", Permission: staff.ExchangeWork, Handle: s.getBundleForm},
		{Pattern: "POST /api/exchange/bundles/{id}/lost", Permission: staff.ExchangeWork, Handle: s.postBundleLost},
		{Pattern: "POST /api/exchange/accept", Permission: staff.ExchangeKeys, Handle: s.postAccept},
	}
}

// register is how many bundles the screen lists.
const register = 100

func (s *server) getExchange(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	end, err := s.End()
	if err != nil {
		return err
	}
	keys, err := end.Book.State()
	if err != nil {
		return err
	}
	return answer(s, w, r, func(rx *store.Rx) (out ExchangePage, err error) {
		out.Ready, out.Codes = keys.Own != nil && keys.Peer != nil, officeKeys(end)
		out.MayLead = staffweb.May(r, staff.ExchangeKeys)
		state, err := relay.Load(rx)
		if err != nil {
			return out, err
		}
		head, err := sync.Length(rx, s.Tenant)
		if err != nil {
			return out, err
		}
		out.Waiting, out.Under = head-int(max(state.Sent, state.Acked)), int(max(0, state.Sent-state.Acked))
		out.Applied, out.Missing, out.PutBack = int(state.Applied), int(state.Need), state.NewEpoch != ""
		if out.Heard, err = s.heard(rx, state); err != nil {
			return out, err
		}
		if out.Aside, err = intake.CountAsides(rx, s.Tenant); err != nil {
			return out, err
		}
		out.Bundles, err = s.bundles(rx)
		out.LastOut, out.LastIn = newestOf(out.Bundles, "out"), newestOf(out.Bundles, "in")
		return out, err
	})
}

func newestOf(list []BundleRow, direction string) *BundleRow {
	i := slices.IndexFunc(list, func(b BundleRow) bool { return b.Direction == direction })
	if i < 0 {
		return nil
	}
	return &list[i]
}

// The business days after which what is known of the office is old, and too old.
const (
	heardOld    = 1
	heardTooOld = 2
)

// heard is how old the newest bundle of the office is, in business days of the
// first window.
func (s *server) heard(rx *store.Rx, state relay.State) (Heard, error) {
	h := Heard{At: state.HeardAt, Tone: staffweb.ToneOther}
	at, err := store.ParseStamp(state.HeardAt)
	if err != nil {
		h.Words = staffweb.Word("bexchange.heard.", "never")
		return h, nil //nolint:nilerr // no bundle has come
	}
	calendar := jpdate.Calendar{}
	windows, err := slot.Windows(rx, s.Tenant)
	if err == nil && len(windows) > 0 {
		calendar, err = slot.CalendarOf(rx, s.Tenant, windows[0].ID)
	}
	if err != nil {
		return h, err
	}
	day, today, word := jpdate.Day(store.Day(at)), jpdate.Day(rx.Today()), "fresh"
	h.Tone = staffweb.ToneOK
	switch {
	case calendar.AddBusiness(day, heardTooOld) < today:
		h.Tone, word = staffweb.ToneError, "too_old"
	case calendar.AddBusiness(day, heardOld) < today:
		h.Tone, word = staffweb.ToneWarn, "old"
	}
	h.Words = staffweb.Word("bexchange.heard.", word)
	return h, nil
}

// bundleTones are the states of the register; made is «not known to have
// arrived».
var bundleTones = map[string]staffweb.Tone{
	"made": staffweb.ToneOther, "arrived": staffweb.ToneOK, "lost": staffweb.ToneWarn, "applied": staffweb.ToneOK, "nothing_new": staffweb.ToneSame,
}

func (s *server) bundles(rx *store.Rx) ([]BundleRow, error) {
	rows := []BundleRow{}
	list, err := relay.Bundles(rx, register)
	if err != nil {
		return nil, err
	}
	who, _, err := s.operators(rx)
	for _, b := range list {
		rows = append(rows, BundleRow{
			ID: b.ID, Direction: b.Direction, Kind: staffweb.Word("bexchange.kind.", string(b.Kind)), Lo: int(b.Lo), Hi: int(b.Hi), Events: b.N,
			Sum: shortSum(b.SHA256), File: b.File, At: b.At, By: operator(who, b.Actor),
			State: b.State, Label: staffweb.Word("bexchange.state.", b.State), Tone: bundleTones[b.State],
		})
	}
	return rows, err
}

// shortSum is what papers show of a digest: its first 16 hex digits.
func shortSum(base64url string) string {
	sum, err := base64.RawURLEncoding.DecodeString(base64url)
	if err != nil || len(sum) < 8 {
		return ""
	}
	return hex.EncodeToString(sum[:8])
}

// postBundleIn takes in a bundle of the office. Errors: those of
// [intake.End.Take].
func (s *server) postBundleIn(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	_, file, err := fileOf(r)
	if err != nil {
		return err
	}
	end, err := s.End()
	if err != nil {
		return err
	}
	got, err := end.Take(r.Context(), actor, file, -1)
	if err != nil {
		return err
	}
	out := BundleTaken{
		Kind: staffweb.Word("bexchange.kind.", string(got.Kind)), Created: got.Created, Applied: got.Taken.Applied, Skipped: got.Taken.Skipped,
		Aside: got.Aside, Keys: staffweb.OrEmpty(got.Keys), Events: []EventCount{},
	}
	for _, e := range got.Events {
		out.Events = append(out.Events, EventCount{eventLabel(e.Type), e.Count})
	}
	return staffweb.OK(w, out)
}

// eventLabel is what an event of the office is about.
func eventLabel(kind string) string { return staffweb.Word("bexchange.event.", kind) }

// postBundleOut gives out a bundle with everything that the office has not
// acknowledged: the bytes that it would get by line.
func (s *server) postBundleOut(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	end, err := s.End()
	if err != nil {
		return err
	}
	var file bytes.Buffer
	made, err := end.Give(r.Context(), actor, &file)
	if err != nil {
		return err
	}
	return staffweb.Attach(w, "application/octet-stream", made.FileName(), file.Bytes())
}

func (s *server) postBundleLost(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	end, err := s.End()
	if err == nil {
		err = end.Lost(r.Context(), actor, r.PathValue("id"))
	}
	if err != nil {
		return err
	}
	return staffweb.Done(w)
}

// postAccept accepts that the office's database was put back to an older state.
func (s *server) postAccept(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	end, err := s.End()
	if err == nil {
		err = end.Accept(r.Context(), actor)
	}
	if err != nil {
		return err
	}
	return staffweb.Done(w)
}
