package main

import (
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/notice"
	"kofu/internal/office"
	"kofu/internal/press"
	"kofu/internal/program"
	"kofu/internal/progress"
	"kofu/internal/settings"
	"kofu/internal/store"
)

// printOrder is what the command line says about a print run.
type printOrder struct {
	filter
	out, stock, order, run, missing string
	start                           int
}

func (p *printOrder) define(set *flag.FlagSet) {
	p.filter.define(set)
	set.StringVar(&p.out, "out", "", "")
	set.StringVar(&p.stock, "stock", "", "")
	set.StringVar(&p.order, "order", "", "")
	set.IntVar(&p.start, "start", 1, "")
	set.StringVar(&p.run, "run", "", "")
	set.StringVar(&p.missing, "missing-glyph", "", "")
}

func (c *call) printLabels() error { return c.print(press.LabelsPart) }

func (c *call) printNotices() error { return c.print(press.LettersPart) }

// print makes a print run for the cards that are due, or takes an earlier one
// with --run, and writes one part of it. Labels and letters of one run belong
// together: the other part is fetched with --run.
func (c *call) print(part string) error {
	var p printOrder
	if _, err := c.Parse(p.define); err != nil {
		return err
	}
	if p.out == "" {
		return program.Usage("app.no_out")
	}
	return c.with(false, func(o *office.Office) error {
		fonts, err := press.OpenFonts(o.Dir.Fonts())
		if err != nil {
			return err
		}
		desk := press.Office{DB: o.DB, Ring: o.Ring, Fonts: fonts}
		run, err := c.printRunOf(desk, o.Dir, p)
		if err != nil {
			return err
		}
		files, err := c.fetch(desk, run, part, p.out, o.Dir)
		if err != nil {
			return err
		}
		return c.printed(run, part, files)
	})
}

// printRunOf finds the run that --run names, or plans and renders a new one.
func (c *call) printRunOf(desk press.Office, dir office.Dir, p printOrder) (run notice.Run, err error) {
	if p.run != "" {
		return c.earlierRun(desk, p.run)
	}
	order, planner, err := c.orderOf(desk, p)
	if err != nil {
		return run, err
	}
	run, err = notice.Plan(c.ctx, planner, c.actor(), order)
	if err != nil {
		return run, err
	}
	if err := c.decide(desk, run, p.missing); err != nil {
		return run, c.giveUp(desk, run, err)
	}
	ready, err := desk.Render(c.ctx, c.actor(), run.ID, dir.Spool(), nil)
	if err != nil {
		return run, c.giveUp(desk, run, err)
	}
	return ready, nil
}

// giveUp cancels a run that could not be printed, so that its cards are due
// again, and returns why.
func (c *call) giveUp(desk press.Office, run notice.Run, why error) error {
	_, err := notice.Cancel(c.ctx, desk.DB, c.actor(), run.ID, message.Of(why))
	return errors.Join(why, err)
}

// orderOf reads what is to be printed: the cards of the filter in the order and
// on the stock of the settings, unless the command line says otherwise.
func (c *call) orderOf(desk press.Office, p printOrder) (order notice.Order, planner notice.Office, err error) {
	err = desk.DB.Read(c.ctx, func(rx *store.Rx) error {
		s, err := settings.Load(rx)
		if err != nil {
			return err
		}
		order = notice.Order{Stock: p.stock, StartCell: p.start, Sort: notice.Sort(p.order)}
		if order.Stock == "" {
			order.Stock = s.Notice.Stock
		}
		if order.Sort == "" {
			order.Sort = notice.Sort(s.Notice.Order)
		}
		if _, err := press.Stock(s, order.Stock); err != nil {
			return err
		}
		planner = notice.Office{DB: desk.DB, Ring: desk.Ring, Towns: press.Towns(s)}
		chosen, err := p.resolve(rx)
		if err != nil {
			return err
		}
		if chosen.Due == "" {
			chosen.Due = progress.DueNotice
		}
		order.Cards, err = progress.IDs(rx, chosen)
		if err == nil && len(order.Cards) == 0 {
			err = fault.New(fault.Conflict, "kofuctl.nothing_due")
		}
		return err
	})
	return order, planner, err
}

// decide answers every character without a glyph in the way that the operator
// named; without one, rendering refuses and lists them.
func (c *call) decide(desk press.Office, run notice.Run, kind string) error {
	if kind == "" {
		return nil
	}
	report, err := desk.Preflight(c.ctx, run.ID, nil)
	if err != nil {
		return err
	}
	decided := map[string]bool{}
	var decisions []notice.Decision
	for _, g := range report.Glyphs {
		if g.Decision == "" && !decided[g.Key] {
			decided[g.Key] = true
			decisions = append(decisions, notice.Decision{Key: g.Key, Kind: strings.ReplaceAll(kind, "-", "_")})
		}
	}
	if len(decisions) == 0 {
		return nil
	}
	return desk.Decide(c.ctx, c.actor(), run.ID, decisions)
}

// recentRuns is how far back --run looks.
const recentRuns = 1000

func (c *call) earlierRun(desk press.Office, no string) (run notice.Run, err error) {
	err = desk.DB.Read(c.ctx, func(rx *store.Rx) error {
		runs, err := notice.Runs(rx, recentRuns)
		for _, r := range runs {
			if r.No == no {
				run = r
			}
		}
		return err
	})
	if err == nil && run.ID == 0 {
		err = fault.New(fault.NotFound, "kofuctl.no_run", "run", no)
	}
	return run, err
}

// fetch copies the PDFs of one part out; several volumes get -2, -3 … before
// the extension.
func (c *call) fetch(desk press.Office, run notice.Run, part, out string, dir office.Dir) (files []string, err error) {
	volumes := 1
	if part == press.LettersPart {
		volumes = press.Volumes(run)
	}
	for volume := 1; volume <= volumes; volume++ {
		path, err := desk.File(c.ctx, run.ID, part, volume, dir.Spool())
		if err != nil {
			return nil, err
		}
		name := out
		if volume > 1 {
			extension := filepath.Ext(out)
			name = strings.TrimSuffix(out, extension) + "-" + strconv.Itoa(volume) + extension
		}
		if err := program.Save(name, func(w io.Writer) error { return copyFile(w, path) }); err != nil {
			return nil, err
		}
		files = append(files, name)
	}
	return files, nil
}

func copyFile(w io.Writer, path string) (err error) {
	f, err := os.Open(path) //nolint:gosec // below the spool folder
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.Copy(w, f)
	return err
}

// printed says what was printed and what was left out.
func (c *call) printed(run notice.Run, part string, files []string) error {
	result := struct {
		Run      string             `json:"run"`
		Part     string             `json:"part"`
		Pieces   int                `json:"pieces"`
		Files    []string           `json:"files"`
		Excluded []notice.Exclusion `json:"excluded"`
	}{run.No, part, run.Pieces, files, run.Excluded}
	return c.answer(result, func() error {
		code := "kofuctl.printed_labels"
		if part == press.LettersPart {
			code = "kofuctl.printed_letters"
		}
		err := c.say(code, "run", run.No, "pieces", strconv.Itoa(run.Pieces), "files", strings.Join(files, " "))
		for _, e := range run.Excluded {
			err = errors.Join(err, c.say("kofuctl.left_out", "card", strconv.FormatInt(e.CardID, 10), "why", message.Text(e.Code, e.Args)))
		}
		return err
	})
}

// fontsAdd registers the 外字 font of a system.
func (c *call) fontsAdd() error {
	var set string
	args, err := c.Parse(func(f *flag.FlagSet) { f.StringVar(&set, "set", "", "") }, "FILE")
	if err != nil {
		return err
	}
	return c.with(false, func(o *office.Office) (err error) {
		file, err := openInput(args[0])
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		fonts, err := press.OpenFonts(o.Dir.Fonts())
		if err != nil {
			return err
		}
		if set == "" {
			err = o.DB.Read(c.ctx, func(rx *store.Rx) error {
				s, err := settings.Load(rx)
				set = s.RegistryGaiji
				return err
			})
			if err != nil {
				return err
			}
		}
		font, err := fonts.AddEUDC(file, set)
		if err != nil {
			return err
		}
		if err := c.looked(o, "font.added", "font/"+font.SHA256, font.Glyphs); err != nil {
			return err
		}
		return c.answer(font, func() error {
			return c.say("kofuctl.font_added", "set", font.GaijiSet, "glyphs", strconv.Itoa(font.Glyphs), "sha256", font.SHA256)
		})
	})
}
