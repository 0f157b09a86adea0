package main

import (
	"bufio"
	"errors"
	"flag"
	"io"
	"strconv"

	"kofu/internal/card"
	"kofu/internal/delivery"
	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/office"
	"kofu/internal/program"
	"kofu/internal/scancode"
	"kofu/internal/store"
	"kofu/internal/vault"
)

// scans is what a file of a scanner did, code by code.
type scans struct {
	Done    int              `json:"done"`
	Refused []program.Detail `json:"refused"`
}

// scan performs one act for each code of a file, one code a line, as if it were
// read at the desk: each in a transaction of its own. Refusals are listed and
// the command fails if there was one.
func (c *call) scan(define func(*flag.FlagSet), begin func(*office.Office) (func(code string) error, error)) error {
	args, err := c.Parse(define, "FILE")
	if err != nil {
		return err
	}
	return c.with(false, func(o *office.Office) (err error) {
		file, err := openInput(args[0])
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		each, err := begin(o)
		if err != nil {
			return err
		}
		result, err := eachLine(file, each)
		if err != nil {
			return err
		}
		if err := c.answer(result, func() error { return c.say("kofuctl.scanned", "done", strconv.Itoa(result.Done)) }); err != nil {
			return err
		}
		if len(result.Refused) == 0 {
			return nil
		}
		refused := fault.New(fault.Conflict, "kofuctl.scans_refused", "count", strconv.Itoa(len(result.Refused)))
		for _, d := range result.Refused {
			refused = refused.With(fault.Detail{Code: "kofuctl.scan_refused", Row: d.Row, Value: d.Value, Args: fault.Args("why", d.Message)})
		}
		return refused
	})
}

func eachLine(r io.Reader, do func(code string) error) (result scans, err error) {
	result.Refused = []program.Detail{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		code := lines.Text()
		if code == "" {
			continue
		}
		err := do(code)
		known, ok := fault.As(err)
		switch {
		case err == nil:
			result.Done++
		case ok:
			value := scancode.Fold(code)
			if scancode.Read(code).Kind == scancode.IndividualNumber {
				value = "" // never shown
			}
			result.Refused = append(result.Refused, program.Detail{Code: known.Code, Message: message.Of(err), Row: n, Value: value})
		default:
			return result, err
		}
	}
	return result, lines.Err()
}

// scanReceive receives the cards of a delivery.
func (c *call) scanReceive() error {
	var lot string
	return c.scan(func(f *flag.FlagSet) { f.StringVar(&lot, "lot", "", "") }, func(o *office.Office) (func(string) error, error) {
		d, err := c.delivery(o, lot)
		return func(code string) error {
			outcome, err := delivery.Scan(c.ctx, o.DB, c.actor(), d.ID, code)
			if err != nil {
				return err
			}
			switch outcome.Result {
			case delivery.Received, delivery.Held, delivery.Withdrawn:
				return nil
			}
			return fault.New(fault.Conflict, "scan."+string(outcome.Result),
				"no", outcome.Card.NoticeNo, "lot", outcome.OtherLot, "code", outcome.Code)
		}, err
	})
}

func (c *call) delivery(o *office.Office, lot string) (d delivery.Delivery, err error) {
	err = o.DB.Read(c.ctx, func(rx *store.Rx) error {
		var found bool
		if d, found, err = delivery.ByLot(rx, lot); err == nil && !found {
			err = fault.New(fault.NotFound, "kofuctl.no_lot", "lot", lot)
		}
		return err
	})
	return d, err
}

func (c *call) scanInspect() error { return c.scanAct(card.ActInspect) }

func (c *call) scanPreset() error { return c.scanAct(card.ActPreset) }

// scanAct performs an act of the desk on the cards.
func (c *call) scanAct(act card.Act) error {
	return c.scan(nil, func(o *office.Office) (func(string) error, error) {
		return func(code string) error {
			return o.DB.Write(c.ctx, c.actor(), func(tx *store.Tx) error { return actOn(tx, act, code) })
		}, nil
	})
}

// actOn performs an act on the one card with the code.
func actOn(tx *store.Tx, act card.Act, code string) error {
	found, err := card.Find(tx.Rx, scancode.Read(code))
	if err != nil {
		return err
	}
	if len(found) != 1 {
		return fault.New(fault.NotFound, "card.not_found")
	}
	_, err = card.Perform(tx, found[0].ID, act, card.Input{})
	return err
}

// scanShelve puts the cards into a place.
func (c *call) scanShelve() error {
	var place string
	return c.scan(func(f *flag.FlagSet) { f.StringVar(&place, "place", "", "") }, func(o *office.Office) (func(string) error, error) {
		return func(code string) error {
			_, err := vault.Shelve(c.ctx, o.DB, c.actor(), place, code)
			return err
		}, nil
	})
}

// placesAdd makes places below another one.
func (c *call) placesAdd() error {
	var n vault.New
	var kind, parent string
	_, err := c.Parse(func(f *flag.FlagSet) {
		f.StringVar(&kind, "kind", "", "")
		f.StringVar(&n.Name, "name", "", "")
		f.StringVar(&parent, "parent", "", "")
		f.IntVar(&n.Capacity, "capacity", 0, "")
		f.IntVar(&n.Count, "count", 1, "")
	})
	if err != nil {
		return err
	}
	n.Kind = vault.Kind(kind)
	return c.with(false, func(o *office.Office) error {
		if parent != "" {
			err := o.DB.Read(c.ctx, func(rx *store.Rx) error {
				p, err := vault.ByLabel(rx, parent)
				if fault.Is(err, fault.NotFound, "vault.not_a_place") {
					return fault.New(fault.NotFound, "kofuctl.no_parent", "parent", parent)
				}
				n.ParentID = p.ID
				return err
			})
			if err != nil {
				return err
			}
		}
		made, err := vault.Add(c.ctx, o.DB, c.actor(), n)
		if err != nil {
			return err
		}
		return c.printPlaces(made)
	})
}

// placesList prints the places in walking order.
func (c *call) placesList() error {
	if _, err := c.Parse(nil); err != nil {
		return err
	}
	return c.with(true, func(o *office.Office) error {
		var all []vault.Place
		err := o.DB.Read(c.ctx, func(rx *store.Rx) (err error) {
			all, err = vault.All(rx)
			return err
		})
		if err != nil {
			return err
		}
		return c.printPlaces(all)
	})
}

func (c *call) printPlaces(all []vault.Place) error {
	type line struct {
		Code     string `json:"code"`
		Kind     string `json:"kind"`
		Path     string `json:"path"`
		Capacity int    `json:"capacity"`
		Used     int    `json:"used"`
	}
	lines := []line{}
	for _, p := range all {
		lines = append(lines, line{p.Code, string(p.Kind), p.Path, p.Capacity, p.Used})
	}
	return c.answer(lines, func() (err error) {
		for _, l := range lines {
			err = errors.Join(err, c.row(l.Code, message.Text("place_kind."+l.Kind, nil), l.Path, strconv.Itoa(l.Used)+"/"+strconv.Itoa(l.Capacity)))
		}
		return err
	})
}
