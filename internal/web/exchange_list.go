package web

import (
	"net/http"
	"strconv"

	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/jpdate"
	"kofu/internal/listing"
	"kofu/internal/message"
	"kofu/internal/officelog"
	"kofu/internal/paper"
	"kofu/internal/relay"
	"kofu/internal/seal"
	"kofu/internal/sheet"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// CarryRow is one line of the register of bundles.
type CarryRow struct {
	ID             int64         `json:"id"`
	BundleID       string        `json:"bundleId"`
	Direction      string        `json:"direction" ts:"'out' | 'in'"`
	DirectionLabel string        `json:"directionLabel"`
	Way            string        `json:"way" ts:"'medium' | 'file' | 'https'"`
	WayLabel       string        `json:"wayLabel"`
	Kind           string        `json:"kind"`
	KindLabel      string        `json:"kindLabel"`
	File           string        `json:"file"`
	Size           int64         `json:"size"`
	SHA            string        `json:"sha"` // first 16 hex digits
	N              int           `json:"n"`
	No             string        `json:"no"` // of the medium
	Approval       string        `json:"approval"`
	Approver       string        `json:"approver"`
	Verified       bool          `json:"verified"`
	Ejected        bool          `json:"ejected"`
	At             string        `json:"at"`
	By             string        `json:"by"`
	State          string        `json:"state" ts:"'made' | 'arrived' | 'lost' | 'handed' | 'applied' | 'nothing_new'"`
	StateLabel     string        `json:"stateLabel"`
	Tone           staffweb.Tone `json:"tone"`
}

// CarryList is a part of the register.
type CarryList struct {
	Condition string     `json:"condition"`
	Rows      []CarryRow `json:"rows"`
}

// carryFilter are the parameters of the register.
var carryFilter = []staffweb.Query{
	{Name: "direction", Kind: "string", Description: "out or in"},
	{Name: "way", Kind: "string", Description: "medium, file or https"},
	{Name: "from", Kind: "string", Description: "first day"},
	{Name: "until", Kind: "string", Description: "last day"},
}

func (s *server) exchangeListRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/exchange/carries", Permission: staff.ExchangeCarry, Handle: s.getCarries, Out: CarryList{}},
		{Pattern: "GET /api/exchange/carries/export", Permission: staff.ListExport, Handle: s.getCarriesExport},
		{Pattern: "GET /api/exchange/carries/{id}/slip.pdf", Permission: staff.ExchangeCarry, Handle: s.getSlip},
	}
}

var carryTones = map[string]staffweb.Tone{
	"made": staffweb.ToneWarn, "arrived": staffweb.ToneOK, "lost": staffweb.ToneError, "handed": staffweb.ToneOther,
	"applied": staffweb.ToneOK, "nothing_new": staffweb.ToneSame,
}

// bundleStates are what became of bundles, by direction and id.
func bundleStates(rx *store.Rx) (map[string]string, error) {
	list, err := relay.Bundles(rx, bundlesKnown)
	states := map[string]string{}
	for _, b := range list {
		states[b.Direction+b.ID] = b.State
	}
	return states, err
}

// carryRow is a line with what became of its bundle. Keys of codes are no part of
// the log and are not acknowledged; the reservations that need them are.
func carryRow(c exchange.Carry, states map[string]string) CarryRow {
	row := CarryRow{
		ID: c.ID, BundleID: c.BundleID, Direction: c.Direction, DirectionLabel: staffweb.Word("exchange.direction.", c.Direction), Way: string(c.Way),
		WayLabel: staffweb.Word("exchange.way.", string(c.Way)), Kind: c.Kind, KindLabel: staffweb.Word("exchange.kind.", c.Kind), File: c.File, Size: c.Size,
		SHA: c.SHA256[:min(16, len(c.SHA256))], N: c.N, No: c.No, Approval: c.Approval, Approver: c.Approver, Verified: c.Verified, Ejected: c.Ejected,
		At: c.At, By: c.By,
	}
	row.State = states[c.Direction+c.BundleID]
	switch {
	case c.LostAt != "":
		row.State = "lost"
	case row.State == "" && c.Direction == "in":
		row.State = "applied"
	case c.Kind == string(seal.Masters):
		row.State = "handed"
	case row.State == "":
		row.State = "made"
	}
	row.StateLabel, row.Tone = staffweb.Word("exchange.state.", row.State), carryTones[row.State]
	return row
}

// waiting is the number of own events that have not arrived.
func waiting(rx *store.Rx) (int64, error) {
	state, err := relay.Load(rx)
	if err != nil {
		return 0, err
	}
	head, err := officelog.Log{}.Head(rx)
	return max(0, head-state.Acked), err
}

// carries is the part of the register that a request asks for, with the condition
// in words.
func carries(rx *store.Rx, r *http.Request) (out CarryList, err error) {
	q := r.URL.Query()
	f := exchange.CarryFilter{Direction: q.Get("direction"), Way: exchange.Way(q.Get("way"))}
	words := map[string]string{"direction": message.Text("exchange.any", nil), "way": message.Text("exchange.any", nil), "from": "", "until": ""}
	if f.Direction != "" {
		words["direction"] = staffweb.Word("exchange.direction.", f.Direction)
	}
	if f.Way != "" {
		words["way"] = staffweb.Word("exchange.way.", string(f.Way))
	}
	for name, later := range map[string]int{"from": 0, "until": 1} {
		start, err := staffweb.DayStart(q.Get(name), later)
		if err != nil {
			return out, err
		}
		if start != "" {
			words[name] = jpdate.Day(q.Get(name)).Japanese()
		}
		if name == "from" {
			f.From = start
		} else {
			f.Until = start
		}
	}
	list, err := exchange.Carries(rx, f)
	if err != nil {
		return out, err
	}
	states, err := bundleStates(rx)
	out = CarryList{Condition: message.Text("exchange.condition", words), Rows: []CarryRow{}}
	for _, c := range list {
		out.Rows = append(out.Rows, carryRow(c, states))
	}
	return out, err
}

func (s *server) getCarries(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	var out CarryList
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		out, err = carries(rx, r)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

// getCarriesExport gives the register as a file or a print and records who took
// how many lines.
func (s *server) getCarriesExport(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	if err := staffweb.Needs(r, staff.ExchangeCarry); err != nil {
		return err
	}
	return s.sendList(w, r, actor, listFile{"carries", s.lists.Press, func(tx *store.Tx, _ map[string]any) (listing.Document, error) {
		list, err := carries(tx.Rx, r)
		return registerOf(list), err
	}})
}

func registerOf(list CarryList) listing.Document {
	column := func(code string, kind sheet.Kind) listing.Column {
		return listing.Column{Heading: message.Text("exchange.column."+code, nil), Kind: kind}
	}
	section := listing.Section{Columns: []listing.Column{
		column("at", sheet.DateTime), column("direction", sheet.Text), column("kind", sheet.Text), column("way", sheet.Text), column("n", sheet.Int),
		column("state", sheet.Text), column("medium", sheet.Text), column("approval", sheet.Text), column("approver", sheet.Text),
		column("by", sheet.Text), column("sha", sheet.Text), column("bundle", sheet.Text),
	}}
	for _, c := range list.Rows {
		section.Rows = append(section.Rows, []string{
			c.At, c.DirectionLabel, c.KindLabel, c.WayLabel, strconv.Itoa(c.N), c.StateLabel, c.No, c.Approval, c.Approver, c.By, c.SHA, c.BundleID,
		})
	}
	return listing.Document{Title: message.Text("ui.screen.exchange_carries", nil), Condition: list.Condition, Sections: []listing.Section{section}}
}

func (s *server) carryOf(r *http.Request) (c exchange.Carry, err error) {
	id, err := staffweb.PathID(r)
	if err != nil {
		return c, err
	}
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		c, err = exchange.CarryByID(rx, id)
		return err
	})
	return c, err
}

// getSlip prints the 搬送記録票 that goes with what is carried out. Error:
// fault.NotFound "exchange.no_slip" for what came, or went by HTTPS.
func (s *server) getSlip(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	c, err := s.carryOf(r)
	if err != nil {
		return err
	}
	if c.Direction != "out" || c.Way == exchange.ByHTTPS {
		return fault.New(fault.NotFound, "exchange.no_slip")
	}
	form, err := s.form(r, actor, slipWord("slip_title"), slipWord("slip_intro"))
	if err != nil {
		return err
	}
	form.Parts, form.Notes = slipParts(c), []string{slipWord("slip_note")}
	return staffweb.ServePDF(w, r, s.Spool, form.Title+"_"+strconv.FormatInt(c.ID, 10)+".pdf", func(out *staffweb.SpoolFile) error { return form.Render(r.Context(), out) })
}

func slipWord(code string) string { return message.Text("exchange.form."+code, nil) }

// slipParts are what is carried, on which medium, and the blanks that people fill
// in on the way.
func slipParts(c exchange.Carry) []paper.FormPart {
	word, row := slipWord, carryRow(c, nil)
	verified := word("unverified")
	if c.Verified {
		verified = word("verified")
	}
	return []paper.FormPart{
		{Heading: word("slip_bundle"), Facts: []paper.Fact{
			{Label: word("direction"), Text: row.DirectionLabel, Strong: true},
			{Label: word("kind"), Text: row.KindLabel},
			{Label: word("count"), Text: message.Text("exchange.form.count_text", fault.Args("n", strconv.Itoa(c.N), "size", strconv.FormatInt(c.Size, 10)))},
			{Label: word("file"), Text: c.File},
			{Label: word("bundle"), Text: c.BundleID},
			{Label: word("sha"), Text: row.SHA, Strong: true},
			{Label: word("check"), Text: verified},
		}},
		{Heading: word("slip_medium"), Facts: []paper.Fact{
			{Label: word("medium"), Text: c.No},
			{Label: word("approval"), Text: c.Approval},
			{Label: word("approver"), Text: c.Approver},
			{Label: word("operator"), Text: c.By},
			{Label: word("made"), Text: listing.Say(sheet.DateTime, c.At)},
		}},
		{Heading: word("slip_way"), Lines: [][]paper.Blank{
			{{Label: word("out_at"), Share: 1.2}, {Label: word("carrier"), Share: 1.2}, {Label: word("out_sign"), Share: 1}},
			{{Label: word("in_at"), Share: 1.2}, {Label: word("receiver"), Share: 1.2}, {Label: word("in_sign"), Share: 1}},
			{{Label: word("back_at"), Share: 1.2}, {Label: word("erased"), Share: 1.2}, {Label: word("back_sign"), Share: 1}},
		}},
	}
}
