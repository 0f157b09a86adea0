package web

import (
	"net/http"
	"strconv"
	"strings"

	"kofu/internal/card"
	"kofu/internal/delivery"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/jpdate"
	"kofu/internal/message"
	"kofu/internal/mynumber"
	"kofu/internal/progress"
	"kofu/internal/scancode"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// Delivery is one consignment with its counts.
type Delivery struct {
	ID         int64  `json:"id"`
	LotNo      string `json:"lotNo"`
	ShippedOn  string `json:"shippedOn"`
	ImportedAt string `json:"importedAt"`
	State      string `json:"state" ts:"'open' | 'closed'"`
	Expected   int    `json:"expected"`
	Received   int    `json:"received"`
	Missing    int    `json:"missing"`
}

// DeliveryBox is one box of a consignment.
type DeliveryBox struct {
	No       string `json:"no"`
	Expected int    `json:"expected"`
	Received int    `json:"received"`
}

// DeliveryPage is a consignment with its boxes.
type DeliveryPage struct {
	Delivery
	Boxes []DeliveryBox `json:"boxes"`
}

// NewDelivery is a consignment typed or scanned by hand.
type NewDelivery struct {
	LotNo     string   `json:"lotNo"`
	ShippedOn string   `json:"shippedOn"`
	Numbers   []string `json:"numbers"`
}

// Scan is one code as the scanner or the hand gave it.
type Scan struct {
	Code      string `json:"code"`
	Box       string `json:"box,omitempty"`
	PlaceCode string `json:"placeCode,omitempty"`
}

// ScannedCard is the card of a scan, before and after.
type ScannedCard struct {
	ID       int64  `json:"id"`
	NoticeNo string `json:"noticeNo"`
	Name     string `json:"name"`
	GaijiSet string `json:"gaijiSet"` // whose private-use characters the name holds
	Before   string `json:"before"`
	After    string `json:"after"`
	Place    string `json:"place,omitempty"`
}

// ScanCounts count a consignment down.
type ScanCounts struct {
	Expected int `json:"expected"`
	Received int `json:"received"`
	Missing  int `json:"missing"`
}

// ScanResult is the answer to a scan.
type ScanResult struct {
	Result  string        `json:"result" ts:"'received' | 'twice' | 'not_in_lot' | 'unknown' | 'withdrawn' | 'held' | 'shelved' | 'moved' | 'refused' | 'place'"`
	Tone    staffweb.Tone `json:"tone"`
	Word    string        `json:"word"`
	Message string        `json:"message"`
	Code    string        `json:"code"`
	Card    *ScannedCard  `json:"card,omitempty"`
	Counts  *ScanCounts   `json:"counts,omitempty"`
	Box     *DeliveryBox  `json:"box,omitempty"`
	Place   *Place        `json:"place,omitempty"`
	EventID int64         `json:"eventId,omitempty"`
	At      string        `json:"at"`
}

func (s *server) deliveryRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/deliveries", Permission: staff.CardView, Handle: s.getDeliveries, Out: []Delivery{}},
		{Pattern: "POST /api/deliveries", Permission: staff.ImportRun, Handle: s.postDelivery, In: NewDelivery{}, Out: Delivery{}},
		{Pattern: "GET /api/deliveries/{id}", Permission: staff.CardView, Handle: s.getDelivery, Out: DeliveryPage{}},
		{Pattern: "GET /api/deliveries/{id}/cards", Permission: staff.CardView, Handle: s.getDeliveryCards, Out: CardList{}},
		{Pattern: "POST /api/deliveries/{id}/scans", Permission: staff.DeliveryReceive, Handle: s.postDeliveryScan, In: Scan{}, Out: ScanResult{}},
		{Pattern: "POST /api/deliveries/{id}/close", Permission: staff.DeliveryReceive, Handle: s.postDeliveryClose, Out: Delivery{}},
	}
}

func wireDelivery(d delivery.Delivery) Delivery {
	return Delivery{d.ID, d.LotNo, d.ShippedOn, d.CreatedAt, string(d.State), d.Expected, d.Received, d.Missing}
}

func (s *server) getDeliveries(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	out := []Delivery{}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		all, err := delivery.All(rx)
		for _, d := range all {
			out = append(out, wireDelivery(d))
		}
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

// postDelivery registers numbers that were typed or scanned. Every bad one is
// named with its place in the list; nothing is stored then.
func (s *server) postDelivery(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[NewDelivery](r)
	if err != nil {
		return err
	}
	if in.ShippedOn != "" && !jpdate.Day(in.ShippedOn).Valid() {
		return fault.New(fault.Invalid, "delivery.bad_shipped_on")
	}
	a := delivery.Announcement{LotNo: strings.TrimSpace(in.LotNo), ShippedOn: in.ShippedOn}
	if a.Cards, err = factsOf(in.Numbers); err != nil {
		return err
	}
	d, err := delivery.Register(r.Context(), s.DB, actor, a)
	if err != nil {
		return err
	}
	return staffweb.Reply(w, http.StatusCreated, wireDelivery(d))
}

// factsOf reads the numbers of a parcel. What might be a 個人番号 is named by
// its place alone.
func factsOf(numbers []string) (cards []card.Facts, err error) {
	bad := fault.New(fault.Invalid, "delivery.bad_numbers")
	seen := map[string]int{}
	for i, entry := range numbers {
		code := scancode.Read(entry)
		first, twice := seen[code.Text]
		switch {
		case code.Kind == scancode.IndividualNumber || mynumber.Mask(entry) != entry:
			bad = bad.With(fault.Detail{Code: "delivery.individual_number", Row: i + 1})
		case code.Kind != scancode.Notice:
			bad = bad.With(fault.Detail{Code: "delivery.bad_number", Row: i + 1, Value: entry})
		case twice:
			bad = bad.With(fault.Detail{Code: "delivery.number_twice", Row: i + 1, Value: code.Text, Args: fault.Args("first", strconv.Itoa(first))})
		default:
			seen[code.Text] = i + 1
			cards = append(cards, card.Facts{NoticeNo: code.Text})
		}
	}
	if len(bad.Details) > 0 {
		return nil, bad
	}
	return cards, nil
}

func (s *server) getDelivery(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	out := DeliveryPage{Boxes: []DeliveryBox{}}
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		d, err := delivery.ByID(rx, id)
		if err != nil {
			return err
		}
		out.Delivery = wireDelivery(d)
		boxes, err := delivery.Boxes(rx, id)
		for _, b := range boxes {
			out.Boxes = append(out.Boxes, DeliveryBox(b))
		}
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

func (s *server) getDeliveryCards(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	f := progress.Filter{Lot: id, Sort: "lot"}
	if f.Offset, f.Limit, err = staffweb.Window(r, 200); err != nil {
		return err
	}
	switch r.URL.Query().Get("only") {
	case "missing":
		f.Arrived = progress.NotArrived
	case "received":
		f.Arrived = progress.Arrived
	}
	var out CardList
	err = s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		out, err = cardList(rx, f)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

// scanTones are the tones of the answers at the reception.
var scanTones = map[delivery.Result]staffweb.Tone{
	delivery.Received: staffweb.ToneOK, delivery.Held: staffweb.ToneWarn, delivery.Withdrawn: staffweb.ToneWarn, delivery.Twice: staffweb.ToneSame,
	delivery.NotInLot: staffweb.ToneError, delivery.Strange: staffweb.ToneError,
}

func (s *server) postDeliveryScan(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	in, err := staffweb.Decode[Scan](r)
	if err != nil {
		return err
	}
	o, err := delivery.Scan(r.Context(), s.DB, actor, id, in.Code)
	if err != nil {
		return err
	}
	return staffweb.OK(w, wireScan(o))
}

func wireScan(o delivery.Outcome) ScanResult {
	args := map[string]string{"no": o.Card.NoticeNo, "lot": o.OtherLot, "code": o.Code}
	out := ScanResult{
		Result: string(o.Result), Tone: scanTones[o.Result], Word: message.Text("scan."+string(o.Result)+".word", nil),
		Message: message.Text("scan."+string(o.Result), args), Code: o.Code, EventID: o.EventID, At: o.At,
		Counts: &ScanCounts{o.Delivery.Expected, o.Delivery.Received, o.Delivery.Missing},
	}
	if o.Card.ID != 0 {
		out.Card = &ScannedCard{ID: o.Card.ID, NoticeNo: o.Card.NoticeNo, Name: o.Card.Name, GaijiSet: o.Card.GaijiSet, Before: stateWords(o.Before), After: stateWords(o.Card.State)}
	}
	if o.Box.No != "" {
		out.Box = &DeliveryBox{o.Box.No, o.Box.Expected, o.Box.Received}
		if o.Box.Received == o.Box.Expected && o.Result != delivery.Twice {
			out.Message += message.Text("scan.box_complete", map[string]string{"box": o.Box.No, "count": strconv.Itoa(o.Box.Expected)})
		}
	}
	return out
}

func (s *server) postDeliveryClose(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	id, err := staffweb.PathID(r)
	if err != nil {
		return err
	}
	var d delivery.Delivery
	if d, err = delivery.Close(r.Context(), s.DB, actor, id); err != nil {
		return err
	}
	return staffweb.OK(w, wireDelivery(d))
}
