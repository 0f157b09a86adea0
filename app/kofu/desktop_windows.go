//go:build desktop || dev || bindings

package main

import (
	"os"
	"os/signal"
	"path/filepath"

	"github.com/wailsapp/go-webview2/webviewloader"
	"golang.org/x/sys/windows"
)

func hasScreen() bool { return true }

// hasBrowser reports whether WebView2 is installed. Networks without internet
// may lack it, and it must not be fetched.
func hasBrowser() bool {
	version, err := webviewloader.GetAvailableCoreWebView2BrowserVersionString("")
	return err == nil && version != ""
}

// openOtherBrowser opens the default browser instead of the window and keeps
// the server running until the program is told to end.
func openOtherBrowser(url string) error {
	verb, err := windows.UTF16PtrFromString("open")
	if err != nil {
		return err
	}
	target, err := windows.UTF16PtrFromString(url)
	if err != nil {
		return err
	}
	if err := windows.ShellExecute(0, verb, target, nil, nil, windows.SW_SHOWNORMAL); err != nil {
		return err
	}
	told := make(chan os.Signal, 1)
	signal.Notify(told, os.Interrupt)
	<-told
	return nil
}

// browserFiles is where WebView2 keeps its own files: never beside the program.
func browserFiles() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "Kofu", "WebView2")
}
