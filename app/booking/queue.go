package main

import (
	"flag"
	"strconv"
	"time"

	"kofu/internal/booking/queue"
	"kofu/internal/booking/town"
	"kofu/internal/program"
	"kofu/internal/store"
)

// withRoom is with for the waiting room of one municipality.
func (c *call) withRoom(which string, use func(*queue.Queue) error) error {
	return c.withTown(which, func(s *town.Service, t town.Town) error {
		keys, err := s.Keys(t.ID)
		if err != nil {
			return err
		}
		return use(&queue.Queue{DB: s.DB.For(t.ID), Tenant: t.ID, Ring: keys.Ring, Clock: c.Clock})
	})
}

// queuePlan announces an opening.
func (c *call) queuePlan() error {
	var from, at string
	var rate int
	args, err := c.Parse(func(f *flag.FlagSet) {
		f.StringVar(&from, "from", "", "")
		f.StringVar(&at, "at", "", "")
		f.IntVar(&rate, "rate", 50, "")
	}, "TENANT")
	if err != nil {
		return err
	}
	start, err := instant(at)
	if err != nil {
		return err
	}
	gather := start.Add(-30 * time.Minute)
	if from != "" {
		if gather, err = instant(from); err != nil {
			return err
		}
	}
	return c.withRoom(args[0], func(q *queue.Queue) error { return q.Plan(c.ctx, c.actor(), gather, start, rate) })
}

// instant reads a time in Japan, such as 2026-12-01T09:00.
func instant(text string) (time.Time, error) {
	t, err := time.ParseInLocation("2006-01-02T15:04", text, store.Tokyo)
	if err != nil {
		return time.Time{}, program.Usage("service.bad_time", "value", text)
	}
	return t, nil
}

// queueShow prints how a waiting room is.
func (c *call) queueShow() error {
	args, err := c.Parse(nil, "TENANT")
	if err != nil {
		return err
	}
	return c.withRoom(args[0], func(q *queue.Queue) error {
		room, found, err := q.Look(c.ctx)
		if err != nil {
			return err
		}
		now := c.Clock()
		result := struct {
			Open     bool   `json:"open"`
			Starts   string `json:"startsAt"`
			Rate     int    `json:"rate"`
			Issued   int    `json:"issued"`
			Admitted int    `json:"admitted"`
			Waiting  int    `json:"waiting"`
		}{Open: found && room.Open}
		if result.Open {
			in := min(room.Admitted(now), room.Issued)
			result.Starts, result.Rate = store.Stamp(room.StartsAt), room.Rate
			result.Issued, result.Admitted, result.Waiting = room.Issued, in, room.Issued-in
		}
		return program.Answer(c.Out, c.JSON, result, func() error {
			if !result.Open {
				return c.say("service.queue_closed")
			}
			return c.say("service.queue_open", "starts", room.StartsAt.In(store.Tokyo).Format("2006-01-02 15:04"),
				"rate", strconv.Itoa(room.Rate), "issued", strconv.Itoa(result.Issued), "waiting", strconv.Itoa(result.Waiting))
		})
	})
}

// queueRate changes how many people a second are admitted.
func (c *call) queueRate() error {
	args, err := c.Parse(nil, "TENANT", "RATE")
	if err != nil {
		return err
	}
	rate, err := strconv.Atoi(args[1])
	if err != nil {
		return program.Usage("app.unknown_argument", "program", name, "argument", args[1])
	}
	return c.withRoom(args[0], func(q *queue.Queue) error { return q.SetRate(c.ctx, c.actor(), rate) })
}

// queueEnd closes a waiting room.
func (c *call) queueEnd() error {
	args, err := c.Parse(nil, "TENANT")
	if err != nil {
		return err
	}
	return c.withRoom(args[0], func(q *queue.Queue) error { return q.End(c.ctx, c.actor()) })
}
