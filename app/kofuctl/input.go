package main

import (
	"errors"
	"os"

	"kofu/internal/fault"
)

// openInput opens a file that the operator named. Errors: fault.NotFound
// "kofuctl.no_file", fault.Invalid "kofuctl.is_folder".
func openInput(name string) (*os.File, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fault.New(fault.NotFound, "kofuctl.no_file", "file", name)
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fault.New(fault.Invalid, "kofuctl.is_folder", "file", name)
	}
	return os.Open(name)
}
