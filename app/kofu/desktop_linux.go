//go:build desktop || dev || bindings

package main

import "os"

func hasScreen() bool { return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "" }

// hasBrowser: on Linux the browser part is linked into the program.
func hasBrowser() bool { return true }

func openOtherBrowser(string) error { return nil }

func browserFiles() string { return "" }
