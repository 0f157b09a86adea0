//go:build desktop || dev || bindings

package main

import (
	"context"
	_ "embed"

	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
	"github.com/wailsapp/wails/v2/pkg/options/linux"
	"github.com/wailsapp/wails/v2/pkg/options/windows"
	"github.com/wailsapp/wails/v2/pkg/runtime"

	"kofu/internal/desk"
)

//go:embed icon.png
var icon []byte

// showWindow shows the window until it is closed. The window is only a
// browser: its own scheme serves one page that leads to the loopback door.
func showWindow(w window) error {
	if !hasBrowser() {
		return openOtherBrowser(w.URL())
	}
	var shown context.Context
	return wails.Run(&options.App{
		Title: w.Title, Width: 1280, Height: 720, WindowStartState: options.Maximised, MinWidth: 960, MinHeight: 640,
		AssetServer:              &assetserver.Options{Handler: desk.Bootstrap(w.URL)},
		EnableDefaultContextMenu: true,
		OnStartup: func(ctx context.Context) {
			shown = ctx
			if w.Desk != nil {
				w.Desk.UseDialogs(dialogs{ctx})
			}
		},
		OnBeforeClose: func(context.Context) bool { return false },
		SingleInstanceLock: &options.SingleInstanceLock{
			UniqueId: "kofu-" + w.Name,
			OnSecondInstanceLaunch: func(options.SecondInstanceData) {
				if shown != nil {
					runtime.WindowUnminimise(shown)
					runtime.WindowShow(shown)
				}
			},
		},
		Linux:   &linux.Options{Icon: icon, ProgramName: "kofu", WebviewGpuPolicy: linux.WebviewGpuPolicyNever},
		Windows: &windows.Options{IsZoomControlEnabled: true, WebviewUserDataPath: browserFiles()},
	})
}

// dialogs are the native dialogs of the window.
type dialogs struct{ ctx context.Context }

// SaveAs implements desk.Dialogs.
func (d dialogs) SaveAs(title, name string) (string, error) {
	return runtime.SaveFileDialog(d.ctx, runtime.SaveDialogOptions{Title: title, DefaultFilename: name, CanCreateDirectories: true})
}
