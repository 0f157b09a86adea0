package report

import (
	"testing"

	"kofu/internal/sheet"
)

// 2026年11月22日 takes about 15 columns of the spreadsheet's font; in a
// narrower one it shows as ###.
func TestCardColumns_DatesFit(t *testing.T) {
	for _, c := range cardColumns {
		if c.kind == sheet.Date && c.width < 16 {
			t.Errorf("column %s is %v wide", c.key, c.width)
		}
	}
}
