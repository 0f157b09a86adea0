//go:build !(desktop || dev || bindings)

package main

// This program was built without a window.
var showWindow func(window) error

func hasScreen() bool { return false }
