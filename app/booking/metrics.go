package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"kofu/internal/booking/jobs"
	"kofu/internal/booking/mail"
	"kofu/internal/booking/queue"
	"kofu/internal/booking/town"
	"kofu/internal/store"
)

// metrics writes how the service is, in the text form of Prometheus. No resident
// and no member of staff appears in it. What the database does not tell in time is
// left out.
func (s *server) metrics(ctx context.Context, w io.Writer) error {
	_, err := fmt.Fprintf(w, `# HELP kofu_info The program.
# TYPE kofu_info gauge
kofu_info{version=%q} 1
# HELP kofu_clock_offset_seconds How far this server's clock is ahead of the database's.
# TYPE kofu_clock_offset_seconds gauge
kofu_clock_offset_seconds %g
# HELP kofu_database_state 0 takes writes, 1 is full, 2 is broken.
# TYPE kofu_database_state gauge
kofu_database_state %d
`, version, time.Duration(s.offset.Load()).Seconds(), s.parts.Service.DB.State())
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	backlog, problem := s.backlog(ctx)
	if problem != nil {
		s.parts.Log.Warn("metrics", "error", problem)
	}
	return errors.Join(err, backlog.write(w), s.parts.Meters.Write(w, s.parts.Clock()))
}

// gauge is one kind of number with its help, in the order in which they stand.
type gauge struct{ name, help string }

var gauges = []gauge{
	{"kofu_job_ended_seconds", "When the last run of a job ended."},
	{"kofu_job_due_seconds", "When a job is due next; long past: it does not run."},
	{"kofu_job_failures", "Runs of a job that failed in a row."},
	{"kofu_mails", "Mails by state; rejected and unknown ones are for staff to ring up."},
	{"kofu_mail_oldest_waiting_seconds", "How long the oldest mail has waited to be sent."},
	{"kofu_waiting_room_open", "Whether the waiting room gives numbers."},
	{"kofu_waiting_room_people", "People who have a number and are not in yet."},
}

// values are the lines of each gauge.
type values map[string][]string

func (v values) add(name string, tenant int, labels string, value float64) {
	if labels != "" {
		labels = "," + labels
	}
	v[name] = append(v[name], fmt.Sprintf("%s{tenant=\"%d\"%s} %g\n", name, tenant, labels, value))
}

func (v values) write(w io.Writer) error {
	for _, g := range gauges {
		if _, err := fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s gauge\n%s", g.name, g.help, g.name, strings.Join(v[g.name], "")); err != nil {
			return err
		}
	}
	return nil
}

// backlog is what waits or has failed in each municipality.
func (s *server) backlog(ctx context.Context) (values, error) {
	v := values{}
	towns, err := s.parts.Service.All(ctx)
	if err != nil {
		return v, err
	}
	for _, t := range towns {
		if err := s.backlogOf(ctx, t, v); err != nil {
			return v, fmt.Errorf("tenant %d: %w", t.ID, err)
		}
	}
	return v, nil
}

func (s *server) backlogOf(ctx context.Context, t town.Town, v values) error {
	db := s.parts.Service.DB.For(t.ID)
	room, _, err := (&queue.Queue{DB: db, Tenant: t.ID}).Look(ctx)
	if err != nil {
		return err
	}
	return db.Read(ctx, func(rx *store.Rx) error {
		list, err := jobs.List(rx, t.ID)
		if err != nil {
			return err
		}
		for _, job := range list {
			label := fmt.Sprintf("job=%q", job.ID)
			v.instant("kofu_job_ended_seconds", t.ID, label, job.EndedAt)
			if !strings.HasPrefix(job.ID, clockJob) { // every server's own, never due
				v.instant("kofu_job_due_seconds", t.ID, label, job.DueAt)
			}
			v.add("kofu_job_failures", t.ID, label, float64(job.Failures))
		}
		mails, err := mail.Counts(rx, t.ID, nil)
		if err != nil {
			return err
		}
		for _, state := range slices.Sorted(maps.Keys(mails)) {
			v.add("kofu_mails", t.ID, fmt.Sprintf("state=%q", state), float64(mails[state]))
		}
		oldest, err := mail.OldestWaiting(rx, t.ID)
		if err != nil {
			return err
		}
		waited := 0.0
		if !oldest.IsZero() {
			waited = rx.Now.Sub(oldest).Seconds()
		}
		v.add("kofu_mail_oldest_waiting_seconds", t.ID, "", waited)
		v.room(t.ID, room, rx.Now)
		return nil
	})
}

// instant adds an instant as seconds since 1970; before the first run there is
// none.
func (v values) instant(name string, tenant int, label, at string) {
	if t, err := store.ParseStamp(at); err == nil {
		v.add(name, tenant, label, float64(t.UnixMilli())/1000)
	}
}

func (v values) room(tenant int, room queue.Room, now time.Time) {
	open, people := 0, 0
	if room.Serving(now) {
		open, people = 1, max(0, room.Issued-room.Admitted(now))
	}
	v.add("kofu_waiting_room_open", tenant, "", float64(open))
	v.add("kofu_waiting_room_people", tenant, "", float64(people))
}
