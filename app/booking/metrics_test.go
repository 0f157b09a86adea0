package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"kofu/internal/booking/mail"
	"kofu/internal/booking/terms"
	"kofu/internal/booking/town"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// gaugeOf is the value of a line of the metrics, 0 where there is none.
func gaugeOf(t *testing.T, text, name string) float64 {
	t.Helper()
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			value, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			if err != nil {
				t.Fatal(err)
			}
			return value
		}
	}
	return 0
}

// inJapan is the minute in so long, as commands take it.
func inJapan(in time.Duration) string {
	return time.Now().Add(in).In(store.Tokyo).Format("2006-01-02T15:04")
}

// The operator sees when jobs ran and failed, which mails are stuck and how many
// people wait; and nobody's address.
func TestServe_Metrics(t *testing.T) {
	dir := prepared(t, "scheme = \"http\"\n", []string{"tenant", "add", "--id", "1", "--host", "localhost", "--name", "青葉市"})
	run(t, dir, "queue", "plan", "1", "--from", inJapan(0), "--at", inJapan(20*time.Minute))
	r := begin(t, dir, doors)
	metrics := func() string {
		_, text := r.get(operator, "localhost", "/metrics")
		return text
	}
	value := func(name string) float64 { return gaugeOf(t, metrics(), name) }
	for _, job := range []string{"slots", "forget", "check", "dump", "audit", "mail"} {
		label := fmt.Sprintf("{tenant=\"1\",job=%q}", job)
		eventually(t, func() bool {
			return value("kofu_job_ended_seconds"+label) > float64(time.Now().Add(-time.Minute).Unix())
		})
		if n := value("kofu_job_failures" + label); n != 0 {
			t.Errorf("%s has failed %g times", job, n)
		}
		if due := value("kofu_job_due_seconds" + label); due < float64(time.Now().Add(-time.Minute).Unix()) {
			t.Errorf("%s is due at %g", job, due)
		}
	}
	if files, err := os.ReadDir(dir + "/dumps"); err != nil || len(files) != 1 {
		t.Errorf("dumps %v, %v", files, err)
	}

	for range 3 {
		newBrowser(t).open(r, "/ja/")
	}
	eventually(t, func() bool {
		return value(`kofu_waiting_room_open{tenant="1"}`) == 1 && value(`kofu_waiting_room_people{tenant="1"}`) == 3
	})

	s, err := town.Open(t.Context(), dir, town.Options{Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	keys, err := s.Keys(1)
	if err != nil {
		t.Fatal(err)
	}
	testkit.Write(t, s.DB.For(1), testkit.Supervisor, func(tx *store.Tx) error {
		all, err := terms.Load(tx.Rx, 1)
		if err != nil {
			return err
		}
		all.Policy.SenderAddress = "yoyaku@city.example"
		_, err = mail.Queue(tx, keys.Ring, 1, all, mail.Letter{Kind: terms.MailBooked, To: "someone@example.jp", Lang: "ja"})
		return err
	})
	eventually(t, func() bool {
		return value(`kofu_mails{tenant="1",state="waiting"}`) == 1 && value(`kofu_mail_oldest_waiting_seconds{tenant="1"}`) > 0
	})
	if text := metrics(); strings.Contains(text, "someone@") || strings.Contains(text, "青葉市") {
		t.Error("the metrics name somebody")
	}
}

// BK-213: a server whose clock is more than a second off raises an alarm for every
// municipality, as a metric and in the log; one that is right does not.
func TestBK213_ClockAlarm(t *testing.T) {
	owner := testkit.EmptyPostgres(t)
	dir := prepared(t, fmt.Sprintf("database = %q\n", owner), []string{"tenant", "add", "--id", "1", "--host", "a.example.jp", "--name", "青葉市"})
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	label := fmt.Sprintf("{tenant=\"1\",job=%q}", clockJob+host)
	failures := func(ahead time.Duration) (n float64, log string) {
		r := beginAs(t, &Main{Clock: func() time.Time { return time.Now().Add(ahead) }, Env: os.Getenv, Doors: greeting}, "--data", dir)
		var offset float64
		eventually(t, func() bool {
			_, text := r.get(operator, "localhost", "/metrics")
			offset = gaugeOf(t, text, "kofu_clock_offset_seconds")
			n = gaugeOf(t, text, "kofu_job_failures"+label)
			return offset != 0 && (ahead == 0 || n > 0)
		})
		if d := offset - ahead.Seconds(); d < -0.9 || d > 0.9 {
			t.Errorf("the offset is %g s, want %s", offset, ahead)
		}
		r.stop()
		return n, r.err.String()
	}
	if n, log := failures(0); n != 0 || strings.Contains(log, "the clock is off") {
		t.Errorf("a right clock: %g alarms, %s", n, log)
	}
	if n, log := failures(2 * time.Second); n != 1 || !strings.Contains(log, "the clock is off") {
		t.Errorf("a wrong clock: %g alarms, %s", n, log)
	}
	if n, _ := failures(0); n != 0 {
		t.Errorf("the alarm stays with a right clock: %g", n)
	}
}
