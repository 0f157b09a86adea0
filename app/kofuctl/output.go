package main

import (
	"fmt"

	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/program"
)

// say prints a text of the catalogue.
func (c *call) say(code string, args ...string) error {
	_, err := fmt.Fprintln(c.Out, message.Text(code, fault.Args(args...)))
	return err
}

// answer prints the result: as JSON for machines, else as text says.
func (c *call) answer(result any, text func() error) error {
	return program.Answer(c.Out, c.JSON, result, text)
}

// row prints the cells of a line of a list, apart by tabs.
func (c *call) row(cells ...string) error { return program.Row(c.Out, cells...) }
