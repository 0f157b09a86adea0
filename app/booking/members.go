package main

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"kofu/internal/booking/member"
	"kofu/internal/booking/town"
	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/program"
	"kofu/internal/store"
)

// membersImport registers the codes of a file that the office has made: hashes
// only.
func (c *call) membersImport() error {
	args, err := c.Parse(nil, "TENANT", "FILE")
	if err != nil {
		return err
	}
	return c.withTown(args[0], func(s *town.Service, t town.Town) error {
		keys, err := s.Keys(t.ID)
		if err != nil {
			return err
		}
		f, err := os.Open(args[1])
		if err != nil {
			return fault.New(fault.NotFound, "service.no_file", "file", args[1]).Because(err)
		}
		list, err := member.ParseFile(f, keys.Codes.Keys())
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		if err := member.Import(c.ctx, s.DB.For(t.ID), c.actor(), t.ID, list); err != nil {
			return err
		}
		result := struct {
			Members int `json:"members"`
		}{len(list)}
		return program.Answer(c.Out, c.JSON, result, func() error {
			return c.say("service.members_imported", "town", t.Name, "count", strconv.Itoa(len(list)))
		})
	})
}

// membersCheck rehearses the opening with letters taken at random, and prints the
// sheet that says whether it can go ahead. It fails when it cannot.
func (c *call) membersCheck() error {
	var at string
	args, err := c.Parse(func(f *flag.FlagSet) { f.StringVar(&at, "at", "", "") }, "TENANT", "FILE")
	if err != nil {
		return err
	}
	when := c.Clock()
	if at != "" {
		if when, err = instant(at); err != nil {
			return err
		}
	}
	f, err := os.Open(args[1])
	if err != nil {
		return fault.New(fault.NotFound, "service.no_file", "file", args[1]).Because(err)
	}
	letters, err := member.ParseLetters(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return c.withTown(args[0], func(s *town.Service, t town.Town) error {
		keys, err := s.Keys(t.ID)
		if err != nil {
			return err
		}
		var trial member.Trial
		err = s.DB.For(t.ID).Read(c.ctx, func(rx *store.Rx) (err error) {
			trial, err = member.Rehearse(rx, t.ID, keys.Codes.Keys(), letters, when)
			return err
		})
		if err != nil {
			return err
		}
		if err := program.Answer(c.Out, c.JSON, trial, func() error { return c.sheet(t, trial, when) }); err != nil {
			return err
		}
		if !trial.Go() {
			return fault.New(fault.Conflict, "service.no_go")
		}
		return nil
	})
}

// sheet prints what a rehearsal has found, for signing.
func (c *call) sheet(t town.Town, trial member.Trial, when time.Time) error {
	errs := []error{c.say("service.sheet", "town", t.Name, "at", when.In(store.Tokyo).Format("2006-01-02 15:04"))}
	for _, state := range slices.Sorted(maps.Keys(trial.Codes)) {
		errs = append(errs, c.say("service.sheet_codes", "state", message.Text("member.state."+string(state), nil), "count", strconv.Itoa(trial.Codes[state])))
	}
	errs = append(errs, c.say("service.sheet_tried", "tried", strconv.Itoa(trial.Tried), "passed", strconv.Itoa(trial.Passed)))
	for _, code := range slices.Sorted(maps.Keys(trial.Refused)) {
		errs = append(errs, c.say("service.sheet_refused", "reason", message.Text("service.refused."+code, nil), "count", strconv.Itoa(trial.Refused[code])))
	}
	if len(trial.Rows) > 0 {
		errs = append(errs, c.say("service.sheet_rows", "rows", strings.Trim(fmt.Sprint(trial.Rows), "[]")))
	}
	verdict := "service.sheet_no_go"
	if trial.Go() {
		verdict = "service.sheet_go"
	}
	return errors.Join(append(errs, c.say(verdict))...)
}
