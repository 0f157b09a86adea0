package main

import (
	"flag"
	"iter"
	"strconv"

	"kofu/internal/audit"
	"kofu/internal/message"
	"kofu/internal/office"
	"kofu/internal/sheet"
	"kofu/internal/store"
)

// auditVerify says whether anything was changed by other means than Kofu, in
// the log or in any table.
func (c *call) auditVerify() error {
	if _, err := c.Parse(nil); err != nil {
		return err
	}
	return c.with(true, func(o *office.Office) error {
		proof, err := audit.VerifyAll(c.ctx, o.DB, o.Ring.Verifier())
		if err != nil {
			return err
		}
		return c.answer(proof, func() error {
			return c.say("kofuctl.verified", "records", strconv.FormatInt(proof.Records, 10),
				"checkpoints", strconv.Itoa(proof.Checkpoints), "root", proof.Root)
		})
	})
}

// auditPage is how many records are read at a time.
const auditPage = 1000

// auditExport writes the log, oldest first.
func (c *call) auditExport() error {
	var out, format, from, to string
	var filter audit.Filter
	_, err := c.Parse(func(f *flag.FlagSet) {
		f.StringVar(&out, "out", "", "")
		f.StringVar(&format, "format", "csv", "")
		f.StringVar(&from, "from", "", "")
		f.StringVar(&to, "to", "", "")
		f.StringVar(&filter.Actor, "actor", "", "")
		f.StringVar(&filter.Action, "action", "", "")
		f.StringVar(&filter.Object, "object", "", "")
	})
	if err != nil {
		return err
	}
	if filter.From, err = c.dayStart(from, 0); err != nil {
		return err
	}
	if filter.To, err = c.dayStart(to, 1); err != nil {
		return err
	}
	return c.with(true, func(o *office.Office) error {
		total := 0
		err := o.DB.Read(c.ctx, func(rx *store.Rx) (err error) {
			if _, total, err = audit.List(rx, filter); err != nil {
				return err
			}
			return c.saveTable(out, format, c.auditTable(rx, filter, total))
		})
		if err != nil {
			return err
		}
		return c.exported(o, "audit.exported", "audit", out, total)
	})
}

// auditTable is the log as a list.
func (c *call) auditTable(rx *store.Rx, filter audit.Filter, total int) sheet.Table {
	heading := func(code string, kind sheet.Kind) sheet.Column {
		return sheet.Column{Heading: message.Text(code, nil), Kind: kind}
	}
	return sheet.Table{
		Title: message.Text("kofuctl.audit_title", nil), Made: rx.Now, By: c.actor().Name,
		Columns: []sheet.Column{
			heading("kofuctl.audit_seq", sheet.Int), heading("kofuctl.audit_at", sheet.DateTime), heading("kofuctl.audit_actor", sheet.Text), heading("kofuctl.audit_name", sheet.Text),
			heading("kofuctl.audit_terminal", sheet.Text), heading("kofuctl.audit_action", sheet.Text), heading("kofuctl.audit_object", sheet.Text),
			heading("kofuctl.audit_result", sheet.Text), heading("kofuctl.audit_detail", sheet.Text),
		},
		Rows: auditRows(rx, filter, total),
	}
}

// auditRows reads the log backwards page by page, since List has the newest
// first.
func auditRows(rx *store.Rx, filter audit.Filter, total int) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for start := total; start > 0; start -= auditPage {
			filter.Offset = max(0, start-auditPage)
			filter.Limit = start - filter.Offset
			records, _, err := audit.List(rx, filter)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range records {
				r := records[len(records)-1-i]
				row := []string{strconv.FormatInt(r.Seq, 10), r.At, r.Actor, r.Name, r.Terminal, r.Action, r.Object, string(r.Result), string(r.Detail)}
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}
