package console

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kofu/internal/booking/slot"
	"kofu/internal/gate"
	"kofu/internal/staff"
	"kofu/internal/store"
	"kofu/internal/testkit"
	"kofu/internal/webtest"
)

// open are the permissions that every session has.
var open = []staff.Permission{staff.Public, staff.SignedIn, staff.Own}

// TB-18: every route of the staff screens, asked by every role of one municipality
// there and at another one. At home the role alone decides; at the other one the
// session is none, whatever the role, and nothing changes.
func TestTB18_EveryRouteRoleAndTenant(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		here := newFixtureOf(t, db, clock, 1, "yoyaku.kofu.example")
		there := newFixtureOf(t, db, clock, 2, "yoyaku.hokuto.example")
		routes := here.Server.routes()
		there.As("admin") // so that the other one has accounts and sessions, too
		asked := 0
		for _, role := range staff.BookingRoles {
			here.As(role.ID)
			before := content(t, there)
			for _, route := range routes {
				if route.Pattern == "DELETE /api/session" {
					continue // it would end the session of the others
				}
				method, path := webtest.Concrete(route)
				asked++
				body := "{}"
				if method == http.MethodGet {
					body = ""
				}
				may := slices.Contains(open, route.Permission) || slices.Contains(role.Permissions, route.Permission)
				w := here.Do(method, path, role.ID, body)
				if forbidden := w.Code == http.StatusForbidden && strings.Contains(w.Body.String(), `"gate.forbidden"`); forbidden == may || w.Code >= 500 {
					t.Errorf("%s as %s: %d %.200s; may is %v", route.Pattern, role.ID, w.Code, w.Body, may)
				}
				if route.Permission == staff.Public {
					continue
				}
				r := here.Request(method, path, role.ID, strings.NewReader(body)) // with the cookie of this municipality
				r.Header.Set("Content-Type", "application/json")
				webtest.WantProblem(t, there.Send(r), http.StatusUnauthorized, "gate.sign_in_first")
			}
			if content(t, there) != before {
				t.Errorf("requests as %s changed the other municipality", role.ID)
			}
		}
		if asked != len(staff.BookingRoles)*(len(routes)-1) {
			t.Errorf("%d requests", asked)
		}
	})
}

// TB-18: what another municipality has is not found under its names, by whoever
// may do everything here; nothing of it is told and nothing of it changes.
func TestTB18_ObjectsOfAnotherTenant(t *testing.T) {
	testkit.BookingOnBothEngines(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		here := newFixtureOf(t, db, clock, 1, "yoyaku.kofu.example")
		there := newFixtureOf(t, db, clock, 2, "yoyaku.hokuto.example")
		const secret = "北杜市だけの窓口"
		if _, err := slot.SaveWindow(t.Context(), there.DB, testkit.Supervisor, 2, windowTerms("Z9", secret)); err != nil {
			t.Fatal(err)
		}
		there.As("admin")
		names := map[string][]string{"window": {"Z9"}, "id": thereIDs(t, there)}
		const all = "everything"
		testkit.Write(t, here.DB, testkit.Supervisor, func(tx *store.Tx) error {
			return staff.SaveRole(tx, staff.Role{ID: all, Name: all, Permissions: staff.BookingPermissions()})
		})
		here.As(all)
		before := content(t, there)
		for _, route := range here.Server.routes() {
			method, pattern, _ := strings.Cut(route.Pattern, " ")
			if !strings.Contains(pattern, "{") {
				continue
			}
			for place, values := range names {
				for _, value := range values {
					path := strings.ReplaceAll(pattern, "{"+place+"}", value)
					_, path = webtest.Concrete(gate.Route{Pattern: method + " " + path})
					w := here.Do(method, path, all, map[bool]string{true: "", false: "{}"}[method == http.MethodGet])
					if strings.Contains(w.Body.String(), secret) || w.Code >= 500 {
						t.Errorf("%s %s: %d %.200s", method, path, w.Code, w.Body)
					}
				}
			}
		}
		if content(t, there) != before {
			t.Error("the other municipality has changed")
		}
	})
}

// content is everything that a municipality has but its log, which records refusals.
func content(t *testing.T, f *fixture) string {
	t.Helper()
	var dump bytes.Buffer
	if err := f.DB.DumpTenant(t.Context(), &dump); err != nil {
		t.Fatal(err)
	}
	var kept strings.Builder
	log := false
	for line := range strings.Lines(dump.String()) {
		if table, begins := strings.CutPrefix(line, `{"table":"`); begins {
			log = strings.HasPrefix(table, "audit")
		}
		if !log && !strings.HasPrefix(line, `{"rows"`) {
			kept.WriteString(line)
		}
	}
	if kept.Len() == 0 {
		t.Fatal("it has nothing")
	}
	return kept.String()
}

// thereIDs are names of things that only the other municipality has.
func thereIDs(t *testing.T, f *fixture) (ids []string) {
	t.Helper()
	testkit.Read(t, f.DB, func(rx *store.Rx) error {
		list, err := staff.List(rx, f.Server.common.Hasher)
		for _, one := range list {
			ids = append(ids, one.ID)
		}
		return err
	})
	if len(ids) == 0 {
		t.Fatal("nobody is there")
	}
	return append(ids, "Z9")
}
