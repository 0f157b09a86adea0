package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/internal/card"
	"kofu/internal/delivery"
	"kofu/internal/notice"
	"kofu/internal/settings"
	"kofu/internal/staff"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/webtest"
)

// letters is an office with three cards whose letters are due; the name of the
// third has a 外字 that no font knows.
func letters(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	a := delivery.Announcement{LotNo: "20261118-01", ShippedOn: "2026-11-18"}
	for i, name := range []string{"髙﨑 花子", "𠮷田 太郎", "\uE8FF木 次郎"} {
		a.Cards = append(a.Cards, card.Facts{
			NoticeNo: fmt.Sprintf("A1B-00012%d", i+3), Name: name, NameKey: name, Birth: "1965-04-01", Address: "○○市△△町一丁目2番3号", ExpiresOn: "2036-04-01", GaijiSet: "city",
		})
	}
	if _, err := delivery.Register(t.Context(), f.DB, testkit.Clerk, a); err != nil {
		t.Fatal(err)
	}
	for id := range int64(3) {
		f.act(card.Input{}, id+1, card.ActReceive)
	}
	f.shelve(1, 2, 3)
	return f
}

func printRun(t testing.TB, w *httptest.ResponseRecorder, status int) (run PrintRun) {
	t.Helper()
	if w.Code != status {
		t.Fatalf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &run); err != nil {
		t.Fatal(err)
	}
	return run
}

// untilPrinted asks for the run until printing has ended.
func (f *fixture) untilPrinted(path string) (run PrintRun) {
	f.T.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		run = printRun(f.T, f.Do(http.MethodGet, path, "notice", ""), http.StatusOK)
		if run.State != "rendering" {
			return run
		}
		select {
		case <-tick.C:
		case <-f.T.Context().Done():
			f.T.Fatal("still printing")
		}
	}
}

func (f *fixture) wantState(id int64, want card.Procedure, notice card.Notice) {
	f.T.Helper()
	testkit.Read(f.T, f.DB, func(rx *store.Rx) error {
		c, err := card.ByID(rx, id)
		if c.Procedure != want || c.Notice != notice {
			f.T.Errorf("card %d is %s %q, want %s %q", id, c.Procedure, c.Notice, want, notice)
		}
		return err
	})
}

// A run from the order to the post office and all the way back.
func TestPrintRun_FromOrderToPostingAndBack(t *testing.T) {
	f := letters(t)
	run := printRun(t, f.Do(http.MethodPost, "/api/print-runs", "notice", `{"stock": "12up-84x42-aone-28187", "startCell": 3, "order": "number"}`), http.StatusCreated)
	path := fmt.Sprintf("/api/print-runs/%d", run.ID)
	if run.State != "needs_decision" || run.Pieces != 3 || len(run.Glyphs) != 1 || run.Glyphs[0].CardID != 3 || run.Glyphs[0].State != "MISSING" || run.Glyphs[0].Codepoint != "U+E8FF" {
		t.Fatalf("after the order: %+v", run)
	}
	webtest.WantProblem(t, f.Do(http.MethodPost, path+"/render", "notice", "{}"), http.StatusConflict, "press.undecided")
	webtest.WantProblem(t, f.Do(http.MethodPost, path+"/decisions", "notice", `{"decisions": [{"key": "`+run.Glyphs[0].Key+`", "decision": "guess"}]}`), http.StatusUnprocessableEntity, "notice.bad_decision")
	webtest.WantProblem(t, f.Do(http.MethodGet, path+"/labels.pdf", "notice", ""), http.StatusConflict, "notice.wrong_state")

	run = printRun(t, f.Do(http.MethodPost, path+"/decisions", "notice", `{"decisions": [{"key": "`+run.Glyphs[0].Key+`", "decision": "hold_out"}]}`), http.StatusOK)
	if run.State != "checked" || run.Glyphs[0].Decision != "hold_out" {
		t.Fatalf("after the decision: %+v", run)
	}
	glyphs := f.Do(http.MethodGet, path+"/glyphs.csv", "notice", "").Body.String()
	if !strings.Contains(glyphs, "A1B-000125") || !strings.Contains(glyphs, "U+E8FF") {
		t.Errorf("glyphs.csv: %q", glyphs)
	}

	started := printRun(t, f.Do(http.MethodPost, path+"/render", "notice", "{}"), http.StatusAccepted)
	if started.State != "rendering" && started.State != "ready" {
		t.Errorf("state %q after the start", started.State)
	}
	if run = f.untilPrinted(path); run.State != "ready" || run.Pieces != 2 || run.Sheets < 1 || len(run.Fonts) == 0 || run.Problem != "" {
		t.Fatalf("after printing: %+v", run)
	}
	for _, part := range []string{"labels", "letters"} {
		w := f.Do(http.MethodGet, path+"/"+part+".pdf", "notice", "")
		if w.Code != http.StatusOK || !bytes.HasPrefix(w.Body.Bytes(), []byte("%PDF-")) || w.Header().Get("Content-Type") != "application/pdf" {
			t.Errorf("%s.pdf: %d %q", part, w.Code, w.Header())
		}
	}
	f.wantState(1, card.Ready, card.Printed)
	f.wantState(3, card.Ready, card.NoNotice)

	webtest.WantProblem(t, f.Do(http.MethodPost, path+"/posted", "notice", `{"postedOn": "2026-13-01"}`), http.StatusUnprocessableEntity, "notice.bad_day")
	run = printRun(t, f.Do(http.MethodPost, path+"/posted", "notice", `{"postedOn": "2026-11-24"}`), http.StatusOK)
	if run.State != "posted" || run.PostedOn != "2026-11-24" {
		t.Errorf("after posting: %+v", run)
	}
	f.wantState(1, card.Notified, card.Posted)
	webtest.WantProblem(t, f.Do(http.MethodPost, path+"/cancel", "notice", `{"reason": "誤り"}`), http.StatusConflict, "notice.wrong_state")

	run = printRun(t, f.Do(http.MethodPost, path+"/undo-posted", "notice", `{"reason": "まだ出していない"}`), http.StatusOK)
	if run.State != "ready" || run.PostedOn != "" {
		t.Errorf("after taking the posting back: %+v", run)
	}
	f.wantState(1, card.Ready, card.Printed)
	webtest.WantProblem(t, f.Do(http.MethodPost, path+"/cancel", "notice", `{"reason": ""}`), http.StatusUnprocessableEntity, "card.reason_missing")
	if run = printRun(t, f.Do(http.MethodPost, path+"/cancel", "notice", `{"reason": "用紙の誤り"}`), http.StatusOK); run.State != "cancelled" {
		t.Errorf("after cancelling: %+v", run)
	}
	f.wantState(1, card.Ready, card.NoNotice)
	var due DueList
	if err := json.Unmarshal(f.Do(http.MethodGet, "/api/notices/due", "notice", "").Body.Bytes(), &due); err != nil || due.Total != 3 {
		t.Errorf("%d due after cancelling, %v", due.Total, err)
	}
}

// Every number of the first screen is the length of the list that it leads to,
// for every filter that a list can have.
func TestHome_NumbersAreThoseOfTheLists(t *testing.T) {
	f := letters(t)
	testkit.Write(t, f.DB, testkit.Clerk, func(tx *store.Tx) error {
		_, err := card.OpenHold(tx, 2, card.Stop, "確認中")
		return err
	})
	f.act(card.Input{}, 1, card.ActPick, card.ActToCounter)
	var home Home
	if err := json.Unmarshal(f.Do(http.MethodGet, "/api/home", "supervisor", "").Body.Bytes(), &home); err != nil {
		t.Fatal(err)
	}
	screens, err := os.ReadFile("../../frontend/staff/src/program.ts")
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]int{}
	for _, task := range home.Tasks {
		counted[task.Key] = task.Count
		if path, _, _ := strings.Cut(task.Href, "?"); !bytes.Contains(screens, []byte("pattern: '"+path+"'")) {
			t.Errorf("%s leads to %s, which is no screen", task.Key, path)
		}
		if !strings.HasPrefix(task.Href, "/cards?") {
			continue
		}
		var list CardList
		if err := json.Unmarshal(f.Do(http.MethodGet, "/api"+task.Href, "supervisor", "").Body.Bytes(), &list); err != nil || list.Total != task.Count {
			t.Errorf("%s counts %d, its list %s has %d, %v", task.Key, task.Count, task.Href, list.Total, err)
		}
	}
	if counted["notify"] != 2 || counted["held"] != 1 || counted["counter"] != 1 || counted["receive"] != 1 {
		t.Errorf("tasks %v", counted) // card 3 and card 1 at the counter are due, card 2 is held
	}
	if !home.Balance.OK || home.Balance.Received != 3 || home.Balance.Held != 3 {
		t.Errorf("balance %+v", home.Balance)
	}
}

// The first screen counts nothing whose list the person may not open, and to
// who may see no cards it says nothing about cards, not even that there are none.
func TestHome_CountsOnlyWhatThePersonMayOpen(t *testing.T) {
	f := letters(t)
	source, err := os.ReadFile("../../frontend/staff/src/program.ts")
	if err != nil {
		t.Fatal(err)
	}
	needed := map[string]staff.Permission{}
	for _, m := range regexp.MustCompile(`pattern: '([^']+)', page: \w+, permission: '([^']+)'`).FindAllSubmatch(source, -1) {
		needed[string(m[1])] = staff.Permission(m[2])
	}
	for _, role := range staff.ApplianceRoles {
		var home Home
		if err := json.Unmarshal(f.Do(http.MethodGet, "/api/home", role.ID, "").Body.Bytes(), &home); err != nil {
			t.Fatal(err)
		}
		for _, task := range home.Tasks {
			path, _, _ := strings.Cut(task.Href, "?")
			if needed[path] == "" || !slices.Contains(role.Permissions, needed[path]) {
				t.Errorf("%s sees the count %s, but may not open %s", role.ID, task.Key, path)
			}
		}
		if cards := slices.Contains(role.Permissions, staff.CardView); cards != (home.Balance != nil) || cards != (len(home.Tasks) > 0) || cards != (len(home.Statuses) > 0) {
			t.Errorf("%s, who may see cards: %t, sees %d tasks, %d states and the balance %v", role.ID, cards, len(home.Tasks), len(home.Statuses), home.Balance)
		}
	}
}

// A card that is viewed leaves a line in the log with who looked.
func TestCard_ViewIsLogged(t *testing.T) {
	f := letters(t)
	f.Do(http.MethodGet, "/api/cards/2", "counter", "")
	w := f.Do(http.MethodGet, "/api/audit?action=card.viewed", "auditor", "")
	if !strings.Contains(w.Body.String(), `"object":"card/2"`) || !strings.Contains(w.Body.String(), `"actor":"counter"`) {
		t.Errorf("log: %s", w.Body)
	}
}

// An export says in the log who took how many rows.
func TestExport_IsLogged(t *testing.T) {
	f := letters(t)
	w := f.Do(http.MethodGet, "/api/cards/export?format=csv&limit=1", "supervisor", "")
	if rows := strings.Count(w.Body.String(), "\r\n"); rows != 4 {
		t.Errorf("%d lines, want headings and all three cards", rows)
	}
	log := f.Do(http.MethodGet, "/api/audit?action=list.exported", "auditor", "").Body.String()
	if !strings.Contains(log, `\"rows\":3`) && !strings.Contains(log, `"rows":3`) {
		t.Errorf("log: %s", log)
	}
}

// A run that was read just before its job stored the result shows as printing,
// never as unprinted: the screen asks again and sees the result.
func TestWireRun_JobThatEndsMeanwhile(t *testing.T) {
	words := settings.Default()
	for _, tt := range []struct {
		read notice.State
		job  renderStatus
		want string
	}{
		{notice.Draft, renderStatus{running: true}, "rendering"},
		{notice.Ready, renderStatus{running: true}, "ready"},
		{notice.Draft, renderStatus{problem: "?"}, "checked"},
		{notice.Draft, renderStatus{}, "checked"},
	} {
		if got := wireRun(notice.Run{State: tt.read}, words, tt.job).State; got != tt.want {
			t.Errorf("%s with job %+v: %s, want %s", tt.read, tt.job, got, tt.want)
		}
	}
}
