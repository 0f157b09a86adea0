package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"kofu/internal/fault"
	"kofu/internal/message"
)

// say prints a text of the catalogue.
func (c *call) say(code string, args ...string) error {
	_, err := fmt.Fprintln(c.Out, message.Text(code, fault.Args(args...)))
	return err
}

// answer prints the result: as JSON for machines, else as text says.
func (c *call) answer(result any, text func() error) error {
	if !c.json {
		return text()
	}
	e := json.NewEncoder(c.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(result)
}

// row prints the cells of a line of a list, apart by tabs.
func (c *call) row(cells ...string) error {
	_, err := fmt.Fprintln(c.Out, strings.Join(cells, "\t"))
	return err
}
