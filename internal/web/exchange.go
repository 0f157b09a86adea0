package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/keybook"
	"kofu/internal/message"
	"kofu/internal/officelog"
	"kofu/internal/press"
	"kofu/internal/qr"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/settings"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// ExchangeKey is the public half of a key as people compare it.
type ExchangeKey struct {
	Fingerprint string   `json:"fingerprint"`
	QRSVG       string   `json:"qrSvg"`
	Since       string   `json:"since"`
	People      []string `json:"people"` // who has compared it
}

// ExchangeStep is one step of the way to the first exchange.
type ExchangeStep struct {
	Key  string `json:"key" ts:"'make' | 'read' | 'compare' | 'codes' | 'send' | 'receive'"`
	Done bool   `json:"done"`
}

// ExchangeRestore is what is under way after a database was put back.
type ExchangeRestore struct {
	Side     string         `json:"side" ts:"'office' | 'cloud'"`
	AskedAt  string         `json:"askedAt"`
	Answered string         `json:"answered"` // '' while the answer is awaited
	Counts   []RestoreCount `json:"counts"`
	Unknown  int            `json:"unknown"` // codes of the answer that no letter carries
}

// RestoreCount compares what the answer counts with what is here.
type RestoreCount struct {
	Label  string `json:"label"`
	Theirs int    `json:"theirs"`
	Ours   int    `json:"ours"`
}

// ExchangeState is what the screens of the exchange begin with.
type ExchangeState struct {
	Tenant     string           `json:"tenant"` // '' before the keys are made
	Own        *ExchangeKey     `json:"own,omitempty"`
	Offered    *ExchangeKey     `json:"offered,omitempty"`
	Peer       *ExchangeKey     `json:"peer,omitempty"`
	OldUntil   string           `json:"oldUntil"`  // until when the replaced own key opens, '' for none
	Confirmed  bool             `json:"confirmed"` // whoever asks has compared the offered key
	CodeKeys   int64            `json:"codeKeys"`  // number of the bundle of code keys sent last
	Address    string           `json:"address"`
	Steps      []ExchangeStep   `json:"steps"`
	Waiting    int64            `json:"waiting"` // own events that have not arrived
	HeardAt    string           `json:"heardAt"`
	LastOut    *CarryRow        `json:"lastOut,omitempty"`
	LastIn     *CarryRow        `json:"lastIn,omitempty"`
	Recent     []CarryRow       `json:"recent"`
	Warnings   []Warning        `json:"warnings"`
	Restore    *ExchangeRestore `json:"restore,omitempty"`
	RestoreMay bool             `json:"restoreMay"` // something was ever exchanged
	Cases      int              `json:"cases"`      // that wait for somebody
	MayKeys    bool             `json:"mayKeys"`
	MayExport  bool             `json:"mayExport"` // lists as files
}

// trades is what the screens of the exchange share: one act at a time, and how far
// the one has come that writes to a medium.
type trades struct {
	act  sync.Mutex
	mu   sync.Mutex
	step exchange.Step
}

func (t *trades) watch(step exchange.Step) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.step = step
}

func (t *trades) now() exchange.Step {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.step
}

// one runs an act on keys or bundles, if no other one is under way. Error:
// fault.Conflict "exchange.busy".
func (t *trades) one(act func() error) error {
	if !t.act.TryLock() {
		return fault.New(fault.Conflict, "exchange.busy")
	}
	defer t.act.Unlock()
	return act()
}

func (s *server) exchangeRoutes() []gate.Route {
	return slices.Concat(
		[]gate.Route{{Pattern: "GET /api/exchange", Permission: staff.ExchangeCarry, Handle: s.getExchange, Out: ExchangeState{}}},
		s.exchangeKeyRoutes(),
		s.exchangeOutRoutes(),
		s.exchangeInRoutes(),
		s.exchangeListRoutes(),
	)
}

// office is the exchange of this appliance.
func (s *server) office() exchange.Office {
	return exchange.Office{DB: s.DB, Ring: s.Ring, Keys: s.Keys, Spool: s.Spool, Watch: s.trades.watch}
}

func (s *server) getExchange(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	out, err := s.exchangeState(r, actor)
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

// replyExchange answers with the exchange as it is after an act.
func (s *server) replyExchange(w http.ResponseWriter, r *http.Request, actor store.Actor, err error) error {
	if err != nil {
		return err
	}
	return s.getExchange(w, r, actor)
}

func (s *server) exchangeState(r *http.Request, actor store.Actor) (out ExchangeState, err error) {
	book, err := s.office().Book()
	if err != nil {
		return out, err
	}
	keys, err := book.State()
	if err != nil {
		return out, err
	}
	out = ExchangeState{
		CodeKeys: keys.Masters, Address: keys.Address, Recent: []CarryRow{}, Warnings: []Warning{}, OldUntil: strings.Join(keys.OwnOld[:min(1, len(keys.OwnOld))], ""),
		MayKeys: staffweb.May(r, staff.ExchangeKeys), MayExport: staffweb.May(r, staff.ListExport),
	}
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		who, err := staff.Names(rx)
		if err != nil {
			return err
		}
		if err := out.keys(keys, actor, who); err != nil {
			return err
		}
		state, err := relay.Load(rx)
		if err != nil {
			return err
		}
		if err := out.carried(rx, state); err != nil {
			return err
		}
		out.steps(keys, state)
		return out.restoring(rx)
	})
	return out, err
}

func (out *ExchangeState) keys(keys keybook.State, actor store.Actor, who map[string]string) (err error) {
	show := func(p *seal.Public, since string, people []string) *ExchangeKey {
		if p == nil || err != nil {
			return nil
		}
		k := ExchangeKey{Fingerprint: p.Fingerprint(), Since: since, People: []string{}}
		for _, id := range people {
			k.People = append(k.People, cmp.Or(who[id], id)) // an account, or the name of whoever it was
		}
		k.QRSVG, err = qr.SVG(k.Fingerprint)
		return &k
	}
	if keys.Own != nil {
		out.Tenant = keys.Own.Tenant
	}
	out.Own, out.Peer = show(keys.Own, keys.OwnSince, nil), show(keys.Peer, keys.PeerSince, keys.PeerPeople)
	if keys.Offered != nil {
		out.Offered = show(&keys.Offered.Public, keys.Offered.At, keys.Offered.Confirmed)
		out.Confirmed = slices.Contains(keys.Offered.Confirmed, actor.ID)
	}
	return err
}

// steps is the way to the first exchange, in the only order that leads there: the
// booking service refuses reservations under a key of codes that it does not have.
func (out *ExchangeState) steps(keys keybook.State, state relay.State) {
	out.Steps = []ExchangeStep{
		{"make", keys.Own != nil},
		{"read", keys.Peer != nil || keys.Offered != nil},
		{"compare", keys.Peer != nil && keys.Offered == nil},
		{"codes", keys.Masters > 0},
		{"send", state.Sent > 0 || out.LastOut != nil && out.LastOut.Kind == string(seal.Reservations)},
		{"receive", state.HeardAt != ""},
	}
}

const (
	recentCarries = 8
	bundlesKnown  = 1000
)

// carried adds what left and what came, and what is amiss.
func (out *ExchangeState) carried(rx *store.Rx, state relay.State) error {
	head, err := officelog.Log{}.Head(rx)
	if err != nil {
		return err
	}
	out.Waiting, out.HeardAt, out.RestoreMay = max(0, head-state.Acked), state.HeardAt, state.Epoch != ""
	if out.Cases, err = exchange.CountOpen(rx); err != nil {
		return err
	}
	states, err := bundleStates(rx)
	if err != nil {
		return err
	}
	list, err := exchange.Carries(rx, exchange.CarryFilter{Limit: recentCarries})
	if err != nil {
		return err
	}
	for _, c := range list {
		out.Recent = append(out.Recent, carryRow(c, states))
	}
	for _, direction := range []string{"out", "in"} {
		newest, err := exchange.Carries(rx, exchange.CarryFilter{Direction: direction, Limit: 1})
		if err != nil {
			return err
		}
		for _, c := range newest {
			row := carryRow(c, states)
			if direction == "out" {
				out.LastOut = &row
			} else {
				out.LastIn = &row
			}
		}
	}
	words, err := settings.Load(rx)
	if err != nil {
		return err
	}
	out.warn(rx, state, words)
	return nil
}

// warn says what is amiss, and what to do about it.
func (out *ExchangeState) warn(rx *store.Rx, state relay.State, words settings.Settings) {
	add := func(code string, args ...string) {
		out.Warnings = append(out.Warnings, Warning{code, message.Text(code, fault.Args(args...))})
	}
	if out.Peer != nil && !press.Guides(words) {
		add("exchange.warn.no_page")
	}
	if state.Need > 0 {
		add("exchange.warn.need", "from", strconv.FormatInt(state.Need, 10))
	}
	if state.PeerNeed > 0 {
		add("exchange.warn.peer_need")
	}
	if state.NewEpoch != "" {
		add("exchange.warn.new_epoch")
	}
	if last := out.LastOut; last != nil && last.State == "made" {
		if at, err := store.ParseStamp(last.At); err == nil && rx.Now.Sub(at) > exchange.Lives {
			add("exchange.warn.unanswered")
		}
	}
}

func (out *ExchangeState) restoring(rx *store.Rx) error {
	r, under, err := exchange.Restoring(rx)
	if err != nil || !under {
		return err
	}
	links, bookings, days, err := exchange.Holds(rx)
	if err != nil {
		return err
	}
	out.Restore = &ExchangeRestore{Side: r.Side, AskedAt: r.AskedAt, Answered: r.Answered, Unknown: r.Unknown, Counts: []RestoreCount{
		{message.Text("exchange.count.links", nil), r.Links, links},
		{message.Text("exchange.count.bookings", nil), r.Bookings, bookings},
		{message.Text("exchange.count.days", nil), r.Days, days},
	}}
	return nil
}
