package site_test

import (
	"net/http"
	"testing"
)

// With one procedure and one window a resident types the code (and the birth
// date) and books with four submits. No page has a script.
func TestBK202_FourSteps(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		s := w.someone()
		s.get("/").want(http.StatusOK, "窓口の予約")
		s.get("/ja/code")
		s.submits = 0
		s.submit("/code", "code", string(codes[0]), "year", "1985", "month", "4", "day", "1").want(http.StatusOK, "日にちを選んでください")
		s.click("あいています").want(http.StatusOK, "時間を選んでください")
		s.click("9時30分").want(http.StatusOK, "予約の内容を確かめてください", "まだ予約できていません")
		s.submit("/book").want(http.StatusOK, "予約しました")
		if s.submits != 4 {
			t.Errorf("it took %d submits", s.submits)
		}
		if b, found := w.bookingOf(0); !found || len(b.Persons) != 1 {
			t.Errorf("booking %+v, %v", b, found)
		}
	})
}
