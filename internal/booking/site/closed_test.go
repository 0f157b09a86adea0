package site_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/booking/front"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/keyring"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// sameDay lets residents book and change until the time itself.
func (w *town) sameDay() {
	w.t.Helper()
	var window slot.Window
	testkit.Read(w.t, w.db, func(rx *store.Rx) (err error) { window, _, err = slot.WindowByID(rx, tenant, "W1"); return err })
	window.Book, window.Change = slot.Deadline{Minute: 1020}, slot.Deadline{Minute: 1020}
	_, err := slot.SaveWindow(w.t.Context(), w.db, testkit.Supervisor, tenant, window)
	w.must(err)
	w.clock.Advance(time.Minute) // in which the pages hear of it
}

// Case 5: of a day that the office has closed no page offers a time any more, and
// who had chosen one before is refused and sees other times.
func TestCase05_DayClosedMeanwhile(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		w.policy(func(p *terms.Policy) { p.WaitingList = true })
		mover := w.someone().book(1, "9時30分")
		w.sameDay()
		s := w.someone().signIn(0).click("あいています").click("10時")
		mover.click("日時を変える").click("11月24日").click("10時")
		coming := w.someone().book(3, "10時").want(http.StatusOK, "カレンダーに入れる")
		desk := &front.Desk{DB: w.db, Tenant: tenant, Ring: keyring.ForTest(7)}
		waits := w.someone().signIn(2)
		var offer reserve.Booking
		testkit.Write(t, w.db, testkit.Clerk, func(tx *store.Tx) (err error) {
			offer, err = reserve.OfferIn(tx, reserve.Offer{
				Tenant: tenant, By: reserve.By{Via: reserve.ByWeb, Link: link(2)}, SlotID: "W1@2026-11-24T10:00", Until: w.clock.Now().Add(time.Hour),
				Guests: []reserve.Guest{{Link: link(2), Gen: 1, Procs: "receive"}},
			})
			return err
		})
		waits.get("/ja/wish").want(http.StatusOK, "まで取ってあります")
		testkit.Write(t, w.db, testkit.Clerk, func(tx *store.Tx) error {
			_, err := reserve.DayClosed(tx, tenant, "W1", "2026-11-24", 9)
			return err
		})
		w.clock.Advance(3 * time.Second)
		before := w.dump()
		w.someone().get("/ja/free?d=2026-11-24").want(http.StatusOK, "11月24日(火) － 受付を終わりました", "11月25日(水) ○ あいています")
		w.someone().get("/ja/free?view=month").want(http.StatusOK, "11月24日(火) 受付を終わりました", "11月25日(水) あいています")
		w.someone().get("/ja/free/times?w=W1&d=2026-11-24").want(http.StatusOK, "10時 － 受付を終わりました", "11月25日(水) 9時")
		if s.get("/ja/days?p=receive&w=W1"); strings.Contains(s.body, "/times?p=receive&amp;w=W1&amp;d=2026-11-24") {
			t.Errorf("the day can be chosen:\n%s", s.body)
		}
		waits.submit("/accept").want(http.StatusConflict, "この時間は予約できなくなりました")
		waits.get("/ja/b/"+desk.Ref(offer.ID)).want(http.StatusOK, "この時間は予約できなくなりました")
		waits.get("/ja/wish").want(http.StatusOK, "空き待ちに登録する")
		page, _, _ := strings.Cut(coming.at, "?")
		coming.get(page+"/kofu.ics").want(http.StatusOK, "日時は過ぎました")
		s.get("/ja/confirm?p=receive&w=W1&s=W1@2026-11-24T10:00").submit("/book").want(http.StatusConflict, "10時の受付は終わりました。", "予約はまだできていません。", "11月25日(水) 9時")
		if mover.submit("/change").want(http.StatusConflict, "10時の受付は終わりました。", "今の予約は、そのままです。"); strings.Contains(mover.body, "できていません") {
			t.Error("whoever has a booking reads that there is none")
		}
		if diff := cmp.Diff(before, w.dump()); diff != "" {
			t.Errorf("looking and refused bookings changed the database:\n%s", diff)
		}
	})
}
