//go:build faultlab

package faultlab_test

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kofu/internal/testkit"
)

// What the exchange is about, as each side keeps it, without identifiers that are
// drawn by lot, without instants, and without what a booking would be had nobody
// come: who has come has come. The statements are read by another program
// than ours.
var (
	officeState = []string{
		"SELECT 'card', notice_no, procedure, custody, stops FROM card",
		"SELECT 'link', link, gen, state, key_id, svc, windows, CASE grp WHEN '' THEN 0 ELSE 1 END, mem, CASE first_used_at WHEN '' THEN 0 ELSE 1 END FROM link",
		"SELECT 'window', window_id, name, seats, late_minutes, closed FROM counter_window",
		"SELECT 'slot', window_id, starts_at, web_cap, office_cap, office_taken FROM counter_slot",
		"SELECT 'booking', b.source, b.no, b.window_id, CASE b.source WHEN 'visit' THEN b.day ELSE p.starts_at END, b.seat, b.via, p.link, p.gen, p.procs, p.units, p.refused, p.visit_here, p.visit_cloud, p.state, p.held, CASE p.given WHEN 0 THEN 0 ELSE 1 END FROM counter_person p JOIN counter_booking b ON b.bk = p.bk",
		"SELECT 'day', window_id, day FROM counter_day",
		"SELECT 'case', c.kind, coalesce(b.no, ''), c.link, c.window_id, c.starts, c.refused, c.ask, c.decision FROM exchange_case c LEFT JOIN counter_booking b ON b.bk = c.bk",
	}
	cloudState = []string{
		"SELECT 'link', link, gen, state, key_id, procs, CASE grp WHEN '' THEN 0 ELSE 1 END, mem, office_only FROM member",
		"SELECT 'slot', slot_id, is_open, web_cap, web_taken, office_cap, office_taken FROM slot",
		"SELECT 'booking', b.owner, b.no, b.slot_id, b.seat, b.via, b.state, p.link, p.gen, p.procs, p.units, p.slot_id, p.state, p.visit_here, p.visit_there FROM booking_person p JOIN booking b ON b.tenant = p.tenant AND b.booking_id = p.booking_id",
		"SELECT 'day', window_id, day FROM closed_day",
		"SELECT 'aside', type, subject, reason, state FROM set_aside",
	}
	// What the office's register says has come: a line for each bundle, together
	// with what it brought.
	registerState = []string{"SELECT 'carry', direction, way, kind, lo, hi, n FROM exchange_carry WHERE direction = 'in'"}
	// How far the exchange has come, for comparing databases that saw the same
	// bundles.
	progressState = []string{
		"SELECT 'relay', acked, sent, peer_need, applied, need, new_epoch FROM relay WHERE sent + applied > 0",
		"SELECT 'bundle', direction, kind, lo, hi, n, state FROM relay_bundle",
	}
)

// stateOf answers statements in a fixed order, one row a line.
func stateOf(ask func(string) string, statements ...[]string) string {
	var rows []string
	for _, statement := range slices.Concat(statements...) {
		answer := strings.TrimSpace(ask(statement))
		if answer != "" {
			rows = append(rows, strings.Split(answer, "\n")...)
		}
	}
	slices.Sort(rows)
	return strings.Join(rows, "\n")
}

// ofFile asks a database file with another SQLite program.
func ofFile(t *testing.T, file string) func(string) string {
	t.Helper()
	return func(statement string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), "sqlite3", "-readonly", file, statement).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v %s", statement, err, out)
		}
		return string(out)
	}
}

func ofOffice(t *testing.T, dir string) func(string) string {
	return ofFile(t, filepath.Join(dir, "kofu.db"))
}

// ofCloud asks the database of the booking service, a file or on a server.
func ofCloud(t *testing.T, dir string) func(string) string {
	dsn := dsnOf(t, dir)
	if dsn == "" {
		return ofFile(t, filepath.Join(dir, "kofu-booking.db"))
	}
	return func(statement string) string { return testkit.Psql(t, dsn, statement) }
}
