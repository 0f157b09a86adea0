package office

import (
	"io/fs"
	"strconv"
	"syscall"
)

// changeTime is the time of the last change of any kind, which no program can
// set back.
func changeTime(info fs.FileInfo) string {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return strconv.FormatInt(s.Ctim.Nano(), 10)
	}
	return ""
}
