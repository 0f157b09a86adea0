package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"kofu/internal/booking/chores"
	"kofu/internal/booking/jobs"
	"kofu/internal/fault"
)

// background is what runs beside the requests.
type background struct {
	work sync.WaitGroup
}

// The pauses between two looks.
const (
	jobsEvery  = time.Second
	clockEvery = time.Minute
)

// maxOffset is how far a server's clock may be off: at the stroke of nine every
// server must open.
const maxOffset = time.Second

// clockJob begins the id under which each server reports on its own clock.
const clockJob = "clock/"

// run starts the jobs and the watch over the clock; both end with ctx.
func (b *background) run(ctx context.Context, s *server) {
	host, err := os.Hostname()
	if err != nil {
		host = "?"
	}
	runner := &jobs.Runner{
		DB: s.parts.Service.DB, Towns: s.parts.Service.All, Clock: s.parts.Clock, Log: s.parts.Log,
		Owner: fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()[:8]),
		Jobs: chores.All(chores.Deps{
			Keys: s.parts.Service.Keys,
			Base: s.parts.Config.residentsURL, Press: s.parts.Config.shelf().Press, Dumps: s.parts.Config.dumps(),
		}),
	}
	b.work.Go(func() {
		tick := time.NewTicker(jobsEvery)
		defer tick.Stop()
		runner.Run(ctx, tick.C)
	})
	b.work.Go(func() {
		tick := time.NewTicker(clockEvery)
		defer tick.Stop()
		for {
			if err := s.watchClock(ctx, host); err != nil && ctx.Err() == nil {
				s.parts.Log.Error("clock", "error", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}

// watchClock compares this server's clock with the database's, which all servers
// share, and raises an alarm for every municipality when it is off.
func (s *server) watchClock(ctx context.Context, host string) error {
	offset, err := s.parts.Service.DB.ClockOffset(ctx)
	if err != nil {
		return err
	}
	s.offset.Store(int64(offset))
	var alarm error
	if offset.Abs() > maxOffset {
		alarm = fault.New(fault.Unavailable, "chores.clock", "milliseconds", strconv.FormatInt(offset.Milliseconds(), 10))
		s.parts.Log.Error("the clock is off", "ms", offset.Milliseconds())
	}
	towns, err := s.parts.Service.All(ctx)
	if err != nil {
		return err
	}
	for _, t := range towns {
		counts := jobs.Counts{"milliseconds": int(offset.Milliseconds())}
		if err := jobs.Report(ctx, s.parts.Service.DB, t.ID, clockJob+host, counts, alarm); err != nil {
			return err
		}
	}
	return nil
}
