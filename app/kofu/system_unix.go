//go:build unix

package main

import "os"

func ownerOnly(dir string) error { return os.Chmod(dir, 0o700) }

func programData() string { return "" }

func attachConsole() {}
