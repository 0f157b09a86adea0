//go:build !windows

package main

import (
	"context"

	"kofu/internal/fault"
	"kofu/internal/program"
)

// service is for Windows; elsewhere the system's own service manager runs
// `kofu serve`.
func (m *Main) service(context.Context, []string) error {
	return program.Misused(fault.New(fault.BadRequest, "app.no_service"))
}
