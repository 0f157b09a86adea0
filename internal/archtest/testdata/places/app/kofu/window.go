package main

import _ "github.com/wailsapp/wails/v2"
