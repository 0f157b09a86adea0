package main

import (
	"errors"
	"flag"
	"strconv"

	"kofu/internal/fault"
	"kofu/internal/intake"
	"kofu/internal/message"
	"kofu/internal/office"
	"kofu/internal/program"
)

// importFile brings a file in: it shows what the file would change and, unless
// told otherwise, applies it.
func (c *call) importFile() error {
	var up intake.Upload
	var dry bool
	args, err := c.Parse(func(f *flag.FlagSet) {
		f.StringVar(&up.Profile, "profile", "", "")
		f.StringVar(&up.LotNo, "lot", "", "")
		f.BoolVar(&dry, "dry-run", false, "")
	}, "FILE")
	if err != nil {
		return err
	}
	return c.with(false, func(o *office.Office) (err error) {
		file, err := openInput(args[0])
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		up.FileName, up.Reader = args[0], file
		run, err := intake.Preview(c.ctx, o.DB, c.actor(), up)
		if err != nil {
			return err
		}
		if dry {
			return errors.Join(c.printRun("kofuctl.import_previewed", run), intake.Cancel(c.ctx, o.DB, c.actor(), run.ID))
		}
		preview := run
		if run, err = intake.Apply(c.ctx, o.DB, c.actor(), run.ID, nil); err != nil {
			return err
		}
		run.LotNo, run.Findings, run.FindingsTotal = preview.LotNo, preview.Findings, preview.FindingsTotal
		return c.printRun("kofuctl.import_applied", run)
	})
}

// runResult is an import as JSON.
type runResult struct {
	ID         int64            `json:"id"`
	Profile    string           `json:"profile"`
	File       string           `json:"fileName"`
	SHA256     string           `json:"sha256"`
	Encoding   string           `json:"encoding"`
	State      intake.State     `json:"state"`
	Rows       int              `json:"rows"`
	Counts     intake.Counts    `json:"counts"`
	LotNo      string           `json:"lotNo,omitempty"`
	DeliveryID int64            `json:"deliveryId,omitempty"`
	Warnings   []string         `json:"warnings"`
	Findings   []program.Detail `json:"findings"`
	Total      int              `json:"findingsTotal"`
}

// printRun prints what an import found and did.
func (c *call) printRun(code string, r intake.Run) error {
	result := runResult{
		ID: r.ID, Profile: r.Profile, File: r.FileName, SHA256: r.SHA256, Encoding: r.Encoding, State: r.State, Rows: r.Rows,
		Counts: r.Counts, LotNo: r.LotNo, DeliveryID: r.DeliveryID, Warnings: []string{}, Findings: []program.Detail{}, Total: r.FindingsTotal,
	}
	for _, w := range r.Warnings {
		result.Warnings = append(result.Warnings, message.Text(w.Code, w.Args))
	}
	for _, f := range r.Findings {
		d := f.Detail()
		result.Findings = append(result.Findings, program.Detail{Code: d.Code, Message: message.OfDetail(d), Row: d.Row, Column: d.Column, Value: d.Value})
	}
	return c.answer(result, func() (err error) {
		n := strconv.Itoa
		err = c.say(code, "no", strconv.FormatInt(r.ID, 10), "file", r.FileName, "profile", intake.ProfileName(r.Profile), "rows", n(r.Rows))
		if r.LotNo != "" {
			err = errors.Join(err, c.say("kofuctl.import_lot", "lot", r.LotNo))
		}
		err = errors.Join(err,
			c.say("kofuctl.import_rows", "new", n(r.Counts.New), "changed", n(r.Counts.Changed), "unchanged", n(r.Counts.Unchanged), "rejected", n(r.Counts.Rejected)),
			c.say("kofuctl.import_cards", "linked", n(r.Counts.Linked), "unlinked", n(r.Counts.Unlinked), "opened", n(r.Counts.HoldsOpened), "closed", n(r.Counts.HoldsClosed)))
		for _, w := range result.Warnings {
			err = errors.Join(err, c.row(w))
		}
		for _, d := range result.Findings[:min(program.Shown, len(result.Findings))] {
			err = errors.Join(err, c.row("  "+d.Line()))
		}
		if more := result.Total - program.Shown; more > 0 {
			err = errors.Join(err, c.row("  "+message.Text("app.more", fault.Args("count", n(more)))))
		}
		return err
	})
}
