package intake

import (
	"strconv"
	"strings"

	"kofu/internal/card"
	"kofu/internal/delivery"
	"kofu/internal/jptext"
	"kofu/internal/message"
	"kofu/internal/store"
	"kofu/internal/tabfile"
)

// deliveryRows gathers the rows of a delivery list by 発送番号 and announces
// each lot.
type deliveryRows struct {
	*worker
	lots  []*lot
	byNo  map[string]*lot
	lines map[string]int // lot and notice number → line where it stands first
}

type lot struct {
	no, shippedOn string
	cards         []card.Facts
}

func (g *deliveryRows) row(r tabfile.Row) error {
	l, err := g.lotOf(r)
	if err != nil {
		return err
	}
	no := r.Text("notice_no")
	key := l.no + "\x00" + no
	if first, twice := g.lines[key]; twice {
		g.found.reject(r.Line, "", no, "import.notice_twice", "first", strconv.Itoa(first))
		return nil
	}
	if g.lines == nil {
		g.lines = map[string]int{}
	}
	g.lines[key] = r.Line
	l.cards = append(l.cards, g.factsOf(r))
	return nil
}

// lotOf finds the lot of a row. A list of numbers names none and makes one.
func (g *deliveryRows) lotOf(r tabfile.Row) (*lot, error) {
	no := r.Text("lot_no")
	if no == "" {
		if g.run.LotNo == "" {
			var err error
			if g.run.LotNo, err = lotByHand(g.tx.Rx); err != nil {
				return nil, err
			}
		}
		no = g.run.LotNo
	}
	l := g.byNo[no]
	if l == nil {
		if g.byNo == nil {
			g.byNo = map[string]*lot{}
		}
		l = &lot{no: no}
		g.byNo[no] = l
		g.lots = append(g.lots, l)
	}
	if day := r.Text("shipped_on"); day > l.shippedOn {
		l.shippedOn = day
		g.dated(day)
	}
	return l, nil
}

func (g *deliveryRows) factsOf(r tabfile.Row) card.Facts {
	return card.Facts{
		BoxNo: r.Text("box_no"), BoxSeq: r.Text("box_seq"), NoticeNo: r.Text("notice_no"),
		ApplicationID: r.Text("application_id"), ApplicationKind: r.Text("application_kind"), AppliedOn: r.Text("applied_on"),
		DeliveryMethod: r.Text("delivery_method"), ExpiresOn: r.Text("card_expires_on"),
		// A list that does not say has cards with 電子証明書, as most have.
		HasCertificate: r.Bool("has_certificate") || !r.Has("has_certificate"),
		Remark:         r.Text("remark"), Name: r.Text("name"), Address: r.Text("address"), Birth: r.Text("birth"),
		NameKey: jptext.SearchKey(r.Text("name")), GaijiSet: g.gaiji,
	}
}

// finish announces the lots, then joins cards to people.
func (g *deliveryRows) finish() error {
	for _, l := range g.lots {
		id, cards, err := delivery.Announce(g.tx, delivery.Announcement{
			LotNo: l.no, ShippedOn: l.shippedOn, ImportID: g.run.ID, Group: group(g.run.ID), Cards: l.cards,
		})
		if err != nil {
			return err
		}
		if err := saveDelivery(g.tx, g.run.ID, id); err != nil {
			return err
		}
		if g.deliveryID == 0 {
			g.deliveryID = id
		}
		g.counts.New += len(cards)
	}
	if g.run.LotNo == "" {
		g.run.LotNo = g.names()
	}
	return g.link()
}

// names are the lots of the file, for people.
func (g *deliveryRows) names() string {
	var names []string
	for _, l := range g.lots {
		names = append(names, l.no)
	}
	return strings.Join(names, ", ")
}

// lotByHand makes the 発送番号 of a list that names none, from the day and a
// number that no list of the day has.
func lotByHand(rx *store.Rx) (string, error) {
	first := message.Text("import.lot_by_hand", map[string]string{"day": strings.ReplaceAll(rx.Today(), "-", "")})
	n, err := lotsNamed(rx, first)
	return first + "-" + strconv.Itoa(n+1), err
}

func undoDelivery(tx *store.Tx, run Run, reason string) error {
	ids, err := Deliveries(tx.Rx, run.ID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := delivery.Revoke(tx, id, reason, group(run.ID)); err != nil {
			return err
		}
	}
	return nil
}
