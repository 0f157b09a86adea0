package main

import (
	"errors"
	"flag"
	"io"
	"strconv"

	"kofu/internal/audit"
	"kofu/internal/card"
	"kofu/internal/delivery"
	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/office"
	"kofu/internal/program"
	"kofu/internal/progress"
	"kofu/internal/report"
	"kofu/internal/scancode"
	"kofu/internal/settings"
	"kofu/internal/sheet"
	"kofu/internal/store"
)

// filter is what the command line says about which cards.
type filter struct {
	progress.Filter
	lot string
}

// define adds the flags of a filter; they are those of the list on screen.
func (f *filter) define(set *flag.FlagSet) {
	set.StringVar((*string)(&f.Status), "status", "", "")
	set.StringVar((*string)(&f.Procedure), "procedure", "", "")
	set.StringVar((*string)(&f.Custody), "custody", "", "")
	set.StringVar((*string)(&f.Hold), "hold", "", "")
	set.StringVar(&f.lot, "lot", "", "")
	set.Int64Var(&f.Place, "place", 0, "")
	set.StringVar(&f.Due, "due", "", "")
	set.StringVar(&f.Query, "q", "", "")
	set.StringVar(&f.Sort, "sort", "", "")
}

// resolve finds the delivery of a lot number.
func (f *filter) resolve(rx *store.Rx) (progress.Filter, error) {
	if f.lot == "" {
		return f.Filter, nil
	}
	d, found, err := delivery.ByLot(rx, f.lot)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "kofuctl.no_lot", "lot", f.lot)
	}
	f.Lot = d.ID
	return f.Filter, err
}

// looked notes in the audit log that personal data was shown or given out.
func (c *call) looked(o *office.Office, action, object string, rows int) error {
	return o.DB.Write(c.ctx, c.actor(), func(tx *store.Tx) error {
		return audit.Append(tx, action, object, map[string]any{"rows": rows})
	})
}

// cardLine is a card in a list as JSON, with the names of the HTTP interface.
type cardLine struct {
	ID        int64  `json:"id"`
	NoticeNo  string `json:"noticeNo"`
	LotNo     string `json:"lotNo"`
	BoxNo     string `json:"boxNo"`
	Name      string `json:"name"`
	Kana      string `json:"kana"`
	Birth     string `json:"birth"`
	Address   string `json:"address"`
	Status    string `json:"status"`
	Label     string `json:"statusLabel"`
	Procedure string `json:"procedure"`
	Custody   string `json:"custody"`
	Place     string `json:"place"`
	Received  string `json:"receivedOn"`
	NoticeOn  string `json:"noticeOn"`
	Deadline  string `json:"deadline"`
	Stops     int    `json:"stops"`
	Warns     int    `json:"warns"`
}

func lineOf(r progress.Row, s settings.Settings) cardLine {
	return cardLine{
		r.ID, r.NoticeNo, r.LotNo, r.BoxNo, r.Name, r.Kana, r.Birth, r.Address, string(r.Status), s.StatusLabel(string(r.Status)),
		string(r.Procedure), string(r.Custody), r.Place, r.ReceivedOn, r.NoticeOn, r.Deadline, r.Stops, r.Warns,
	}
}

// cardsList prints the cards that match.
func (c *call) cardsList() error {
	var f filter
	_, err := c.Parse(func(set *flag.FlagSet) {
		f.define(set)
		set.IntVar(&f.Offset, "offset", 0, "")
		set.IntVar(&f.Limit, "limit", 100, "")
	})
	if err != nil {
		return err
	}
	return c.with(true, func(o *office.Office) error {
		result := struct {
			Total int        `json:"total"`
			Rows  []cardLine `json:"rows"`
		}{Rows: []cardLine{}}
		err := o.DB.Read(c.ctx, func(rx *store.Rx) error {
			chosen, err := f.resolve(rx)
			if err != nil {
				return err
			}
			s, err := settings.Load(rx)
			if err != nil {
				return err
			}
			list, err := progress.Cards(rx, chosen)
			for _, r := range list.Rows {
				result.Rows = append(result.Rows, lineOf(r, s))
			}
			result.Total = list.Total
			return err
		})
		if err != nil {
			return err
		}
		if err := c.looked(o, "card.listed", "cards", len(result.Rows)); err != nil {
			return err
		}
		return c.answer(result, func() (err error) {
			for _, l := range result.Rows {
				err = errors.Join(err, c.row(l.NoticeNo, l.Label, l.Name, l.Birth, l.LotNo, l.Place))
			}
			return errors.Join(err, c.say("kofuctl.cards_total", "total", strconv.Itoa(result.Total), "shown", strconv.Itoa(len(result.Rows))))
		})
	})
}

// cardsExport writes the cards that match as a spreadsheet.
func (c *call) cardsExport() error {
	var f filter
	var out, format string
	_, err := c.Parse(func(set *flag.FlagSet) {
		f.define(set)
		set.StringVar(&out, "out", "", "")
		set.StringVar(&format, "format", string(sheet.XLSX), "")
	})
	if err != nil {
		return err
	}
	return c.with(true, func(o *office.Office) error {
		var chosen progress.Filter
		err := o.DB.Read(c.ctx, func(rx *store.Rx) (err error) {
			chosen, err = f.resolve(rx)
			return err
		})
		if err != nil {
			return err
		}
		var done report.Written
		err = program.Save(out, func(w io.Writer) (err error) {
			done, err = report.Cards(c.ctx, o.DB, w, sheet.Format(format), chosen, c.actor().Name, o.Dir.Spool())
			return err
		})
		if err != nil {
			return err
		}
		return c.exported(o, "card.exported", "cards", out, done.Rows)
	})
}

// cardsShow prints a card with its history. A number that occurs in several
// deliveries shows each card.
func (c *call) cardsShow() error {
	args, err := c.Parse(nil, "CODE")
	if err != nil {
		return err
	}
	return c.with(true, func(o *office.Office) error {
		var pages []cardPage
		err := o.DB.Read(c.ctx, func(rx *store.Rx) (err error) {
			pages, err = cardPages(rx, args[0])
			return err
		})
		if err != nil {
			return err
		}
		for _, p := range pages {
			if err := c.looked(o, "card.shown", "card/"+strconv.FormatInt(p.ID, 10), 1); err != nil {
				return err
			}
		}
		return c.answer(pages, func() (err error) {
			for _, p := range pages {
				err = errors.Join(err, c.printCard(p))
			}
			return err
		})
	})
}

// cardPage is a card with what happened to it.
type cardPage struct {
	cardLine
	Events []eventLine `json:"events"`
	Holds  []holdLine  `json:"holds"`
}

type eventLine struct {
	ID     int64  `json:"id"`
	At     string `json:"at"`
	Act    string `json:"act"`
	Label  string `json:"label"`
	By     string `json:"by"`
	Reason string `json:"reason,omitempty"`
}

type holdLine struct {
	Flag     string `json:"flag"`
	Label    string `json:"label"`
	Severity string `json:"severity"`
	OpenedAt string `json:"openedAt"`
	ClosedAt string `json:"closedAt,omitempty"`
}

func cardPages(rx *store.Rx, entry string) (pages []cardPage, err error) {
	found, err := card.Find(rx, scancode.Read(entry))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "card.not_found")
	}
	s, err := settings.Load(rx)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, k := range found {
		ids = append(ids, k.ID)
	}
	list, err := progress.Cards(rx, progress.Filter{IDs: ids})
	for _, r := range list.Rows {
		p := cardPage{cardLine: lineOf(r, s)}
		err = errors.Join(err, p.history(rx))
		pages = append(pages, p)
	}
	return pages, err
}

func (p *cardPage) history(rx *store.Rx) error {
	events, err := card.EventsOf(rx, p.ID)
	if err != nil {
		return err
	}
	for _, e := range events {
		p.Events = append(p.Events, eventLine{e.ID, e.At, string(e.Act), message.Text("act."+string(e.Act), nil), e.Name, e.Reason})
	}
	holds, err := card.HoldsOf(rx, p.ID)
	for _, h := range holds {
		p.Holds = append(p.Holds, holdLine{string(h.Flag), message.Text("flag."+string(h.Flag), nil), string(h.Severity), h.OpenedAt, h.ClosedAt})
	}
	return err
}

func (c *call) printCard(p cardPage) error {
	err := errors.Join(c.row(p.NoticeNo, p.Label, p.LotNo, p.Place), c.row(p.Name, p.Kana, p.Birth, p.Address))
	for _, h := range p.Holds {
		err = errors.Join(err, c.row("  "+message.Text("severity."+h.Severity, nil), h.Label, h.OpenedAt, h.ClosedAt))
	}
	for _, e := range p.Events {
		err = errors.Join(err, c.row("  "+e.At, e.Label, e.By, e.Reason))
	}
	return err
}
