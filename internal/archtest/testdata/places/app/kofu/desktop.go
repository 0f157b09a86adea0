//go:build desktop || dev || bindings

package main

import _ "github.com/wailsapp/wails/v2"
