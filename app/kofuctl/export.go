package main

import (
	"fmt"
	"io"
	"time"

	"kofu/internal/fault"
	"kofu/internal/jptext"
	"kofu/internal/office"
	"kofu/internal/program"
	"kofu/internal/sheet"
	"kofu/internal/store"
)

// saveTable writes a list in the format that was asked for.
func (c *call) saveTable(out, format string, table sheet.Table) error {
	switch sheet.Format(format) {
	case sheet.XLSX:
		return program.Save(out, func(w io.Writer) error { return sheet.WriteXLSX(w, table, sheet.XLSXOptions{}) })
	case sheet.CSV:
		return program.Save(out, writeCSV(table, jptext.UTF8))
	case sheet.CSVCP932:
		return program.Save(out, writeCSV(table, jptext.CP932))
	}
	return program.Usage("kofuctl.bad_format", "format", format)
}

func writeCSV(table sheet.Table, enc jptext.Encoding) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := sheet.WriteCSV(w, table, sheet.CSVOptions{Encoding: enc})
		return err
	}
}

// exported notes in the audit log that a list left the program, and says so.
func (c *call) exported(o *office.Office, action, object, out string, rows int) error {
	if err := c.looked(o, action, object, rows); err != nil {
		return err
	}
	result := struct {
		File string `json:"file"`
		Rows int    `json:"rows"`
	}{out, rows}
	return c.answer(result, func() error { return c.say("kofuctl.exported", "file", out, "rows", fmt.Sprint(rows)) })
}

// day reads a day such as 2026-11-24; empty is today.
func (c *call) day(text string) (time.Time, error) {
	if text == "" {
		return c.Clock(), nil
	}
	t, err := time.ParseInLocation(time.DateOnly, text, store.Tokyo)
	if err != nil {
		return time.Time{}, program.Misused(fault.New(fault.BadRequest, "kofuctl.bad_day", "value", text).Because(err))
	}
	return t, nil
}

// dayStart is the instant at which a day begins in Japan, some days later; ""
// for no day.
func (c *call) dayStart(text string, later int) (string, error) {
	if text == "" {
		return "", nil
	}
	t, err := c.day(text)
	return store.Stamp(t.AddDate(0, 0, later)), err
}
