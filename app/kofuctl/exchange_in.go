package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"

	"kofu/internal/courier"
	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// exchangeImport takes a bundle in; --accept takes the booking service's new log
// as its own after a restore.
func (c *call) exchangeImport() error {
	accept := false
	args, err := c.Parse(func(f *flag.FlagSet) { f.BoolVar(&accept, "accept", false, "") }, "FILE")
	if err != nil {
		return err
	}
	return c.exchanging(func(o exchange.Office) (err error) {
		f, err := os.Open(args[0])
		if err != nil {
			return fault.New(fault.NotFound, "kofuctl.no_file", "file", args[0]).Because(err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		take := o.Import
		if accept {
			take = o.Accept
		}
		taken, err := take(c.ctx, c.actor(), f, o.WayOf(args[0]), exchange.Medium{})
		if err != nil {
			return err
		}
		return c.showTaken(takenResult(taken))
	})
}

// exchangeSync sends and fetches by HTTPS. What a booking service answers that was
// put back is kept for exchangeImport, where somebody accepts it.
func (c *call) exchangeSync() error {
	if _, err := c.Parse(nil); err != nil {
		return err
	}
	return c.exchanging(func(o exchange.Office) error {
		trip, err := courier.Carry(c.ctx, o, c.actor())
		if trip.Answer != nil {
			return errors.Join(err, c.keep(o, trip.Answer))
		}
		if err != nil {
			return err
		}
		result := takenResult(trip.Taken)
		result["silent"] = trip.Silent
		return errors.Join(c.showTaken(result), untold(trip))
	})
}

// keep stages an answer that nobody has accepted, and says what it is.
func (c *call) keep(o exchange.Office, answer []byte) error {
	look, err := o.Look(c.ctx, bytes.NewReader(answer))
	if err != nil {
		return err
	}
	made, err := store.ParseStamp(look.Created)
	if err != nil {
		return err
	}
	kept, err := o.Stage(bytes.NewReader(answer), exchange.ByHTTPS)
	if err != nil {
		return err
	}
	result := map[string]any{"answer": kept.Path, "created": look.Created, "n": look.N}
	return c.answer(result, func() error {
		return c.say("kofuctl.answer_kept", "file", kept.Path, "created", made.In(store.Tokyo).Format("2006-01-02 15:04"), "n", strconv.Itoa(look.N))
	})
}

// untold is why a call has not told both sides everything: the booking service has
// not taken our bundle in, or says nothing itself.
func untold(t courier.Trip) error {
	switch {
	case t.Refused != "" && t.Silent:
		return fault.New(fault.Conflict, t.Refused).With(fault.Detail{Code: "kofuctl.silent"})
	case t.Refused != "":
		return fault.New(fault.Conflict, t.Refused)
	case t.Silent:
		return fault.New(fault.Conflict, "kofuctl.silent")
	}
	return nil
}

func takenResult(t exchange.Taken) map[string]any {
	return map[string]any{"applied": t.Applied, "skipped": t.Skipped, "acked": t.Acked, "cases": t.Cases, "counts": t.Counts}
}

func (c *call) showTaken(t map[string]any) error {
	return c.answer(t, func() error { return c.row(fmt.Sprint(t["applied"]), fmt.Sprint(t["skipped"]), fmt.Sprint(t["cases"])) })
}
