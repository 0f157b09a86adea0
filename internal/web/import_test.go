package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// upload sends a file to the import and returns the answer.
func (f *fixture) upload(as, fileName, content string) *httptest.ResponseRecorder {
	f.T.Helper()
	return f.sendFile("/api/imports", as, fileName, []byte(content))
}

func runOf(t *testing.T, w *httptest.ResponseRecorder, status int) (run ImportRun) {
	t.Helper()
	if w.Code != status {
		t.Fatalf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &run); err != nil {
		t.Fatal(err)
	}
	return run
}

// waitWhile asks for the import until it has left the state.
func (f *fixture) waitWhile(as string, id int64, state string) ImportRun {
	f.T.Helper()
	for {
		w := f.Do(http.MethodGet, "/api/imports/"+strconv.FormatInt(id, 10), as, "")
		var run ImportRun
		if err := json.Unmarshal(w.Body.Bytes(), &run); err != nil {
			f.T.Fatal(err)
		}
		if run.State != state || f.T.Context().Err() != nil {
			return run
		}
		runtime.Gosched()
	}
}

func TestImport_AppliedThenUndone(t *testing.T) {
	f := newFixture(t)
	run := runOf(t, f.upload("import.run", "番号.txt", "A1B-000123\r\nA1B-000124\r\n"), http.StatusCreated)
	path := "/api/imports/" + strconv.FormatInt(run.ID, 10)
	started := runOf(t, f.Do(http.MethodPost, path+"/apply", "import.run", "{}"), http.StatusOK)
	if started.State != "applying" && started.State != "applied" {
		t.Errorf("state %q after the start", started.State)
	}
	run = f.waitWhile("import.run", run.ID, "applying")
	if run.State != "applied" || run.DeliveryID == 0 || !run.Undoable || run.Progress != (Progress{2, 2}) {
		t.Errorf("after applying: %+v", run)
	}
	if w := f.Do(http.MethodPost, path+"/undo", "import.run", `{"reason": ""}`); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("undo without a reason: %d", w.Code)
	}
	run = runOf(t, f.Do(http.MethodPost, path+"/undo", "import.run", `{"reason": "別の市の納品"}`), http.StatusOK)
	if run.State != "undone" || run.Undoable {
		t.Errorf("after undoing: %+v", run)
	}
}

// A browser or a medium that goes away in the middle is no failure of ours.
func TestImport_CutOff(t *testing.T) {
	f := newFixture(t)
	body := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nA1B-000123\r\nA1B-"
	r := f.Request(http.MethodPost, "/api/imports", "import.run", strings.NewReader(body))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	w := f.Send(r)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"import.cut_off"`) {
		t.Errorf("answer %d %s", w.Code, w.Body)
	}
}
