package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/keyring"
	"kofu/internal/linkcode"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// people are members with codes that the tests know.
type people struct {
	codes []linkcode.Code
}

func link(n int) string { return fmt.Sprintf("%016x", n+1) }

// issue registers n members who may book everything.
func issue(t testing.TB, f *fixture, n int) people {
	t.Helper()
	codes := codesOf(t)
	id, key, _ := codes.Newest()
	var p people
	var list []member.Member
	for i := range n {
		code, err := linkcode.New(bytes.NewReader(bytes.Repeat([]byte{byte(i + 1), byte(i / 7), 3, 99, byte(i), 200, byte(3 * i), 17}, 16)))
		if err != nil {
			t.Fatal(err)
		}
		p.codes = append(p.codes, code)
		list = append(list, member.Member{
			Link: link(i), Gen: 1, KeyID: id, CodeMAC: code.Hash(key), Procs: "pin receive", State: member.Ready,
			From: testkit.Now.Add(-time.Hour), Until: testkit.Now.AddDate(0, 3, 0),
		})
	}
	if err := member.Import(t.Context(), f.DB, testkit.Supervisor, tenant, list); err != nil {
		t.Fatal(err)
	}
	return p
}

// codesOf are the keys of the letters' codes, the same in every test.
func codesOf(t testing.TB) *keyring.Codes {
	t.Helper()
	codes, err := keyring.OpenCodes(filepath.Join(t.TempDir(), "codes"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := codes.Make(bytes.NewReader(make([]byte, 64))); err != nil {
		t.Fatal(err)
	}
	return codes
}

// both runs a test on both engines with the console over n members.
func both(t *testing.T, n int, fn func(t *testing.T, f *fixture, p people)) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		f := newFixture(t, db, clock)
		fn(t, f, issue(t, f, n))
	})
}

// ask sends a request and reads its answer into v.
func ask[T any](t testing.TB, f *fixture, method, path, as, body string, status int) (v T) {
	t.Helper()
	w := f.Do(method, path, as, body)
	read(t, w, status, &v)
	return v
}

func read(t testing.TB, w *httptest.ResponseRecorder, status int, v any) {
	t.Helper()
	if w.Code != status {
		t.Fatalf("got %d %s, want %d", w.Code, w.Body, status)
	}
	if status < 300 && w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), v); err != nil {
			t.Fatal(err)
		}
	}
}

// upload sends a file.
func upload(t testing.TB, f *fixture, path, as, name, content string) *httptest.ResponseRecorder {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte(content)) // into memory
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r := f.Request(http.MethodPost, path, as, &b)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return f.Send(r)
}

// booked makes a booking of members without the console.
func booked(t testing.TB, f *fixture, slotID string, members ...int) reserve.Booking {
	t.Helper()
	r := reserve.Request{
		Tenant: tenant, Token: fmt.Sprintf("token-%s-%020d", slotID, members[0]),
		By: reserve.By{Via: reserve.ByPhone, Override: "試験"}, SlotID: slotID, Side: slot.Web,
	}
	for _, n := range members {
		r.Guests = append(r.Guests, reserve.Guest{Link: link(n), Gen: 1, Procs: "receive"})
	}
	b, err := reserve.Book(t.Context(), f.DB, testkit.Supervisor, r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// receptionAt says where arrivals are recorded; version is the one of the policy
// that it replaces.
func receptionAt(t testing.TB, f *fixture, where string, version int) {
	t.Helper()
	testkit.Write(t, f.DB, testkit.Supervisor, func(tx *store.Tx) error {
		p := terms.DefaultPolicy()
		p.Reception = where
		_, err := terms.SavePolicy(tx, tenant, p, version)
		return err
	})
}

const (
	clerk  = "booking.view+booking.edit+reception.work+opening.edit"
	today9 = "W1@2026-11-24T10:00"
	later  = "W1@2026-12-08T09:00"
)
