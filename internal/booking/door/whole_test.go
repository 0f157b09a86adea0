package door

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// stuck is a client that does not read its answer.
type stuck struct {
	*httptest.ResponseRecorder
	reads chan struct{}
}

func (s stuck) Write(b []byte) (int, error) {
	<-s.reads
	return s.ResponseRecorder.Write(b)
}

// TB-11: whoever does not send the form or read the answer holds no place of
// those that a municipality has.
func TestTB11_SlowClientsHoldNoPlace(t *testing.T) {
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if NoticeOf(r.Context()).Kind == Busy {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		b, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
		_, _ = w.Write(append([]byte("got "), b...))
	})
	h := http.MaxBytesHandler(Whole(NewPlaces(1, 1, time.Now).Wrap(1, &Meter{}, echo)), 10)
	served := func(body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
		return w
	}
	var ended []chan struct{}
	begin := func(w http.ResponseWriter, body io.Reader) {
		done := make(chan struct{})
		ended = append(ended, done)
		go func() {
			defer close(done)
			h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", body))
		}()
	}
	form, sends := io.Pipe()
	sender, reader := httptest.NewRecorder(), stuck{httptest.NewRecorder(), make(chan struct{})}
	begin(sender, form)
	begin(reader, strings.NewReader("x"))
	if _, err := io.WriteString(sends, "ab"); err != nil { // the request is under way
		t.Fatal(err)
	}
	for range 20 {
		if w := served("c"); w.Code != http.StatusOK || w.Body.String() != "got c" {
			t.Fatalf("%d %s while others are slow", w.Code, w.Body)
		}
		time.Sleep(time.Millisecond)
	}
	if err := sends.CloseWithError(errors.New("timeout")); err != nil {
		t.Fatal(err)
	}
	close(reader.reads)
	for _, done := range ended {
		<-done
	}
	if sender.Code != http.StatusRequestEntityTooLarge || reader.Body.String() != "got x" {
		t.Errorf("the slow ones: %d, %q", sender.Code, reader.Body)
	}
	if w := served("12345678901"); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a large form: %d", w.Code)
	}
}
