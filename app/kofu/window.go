package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"kofu/internal/desk"
	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/office"
)

// window is what a window shows: the loopback door, entered with a ticket.
type window struct {
	Title string
	URL   func() string // address with a fresh ticket
	Desk  *desk.Desk    // takes the window's dialogs; nil on another process's server
	Name  string        // tells apart the windows of different data folders
}

// window opens the appliance in a window, or joins the server that already
// runs on the data folder. Where no window can be shown it says so and serves.
func (m *Main) window(ctx context.Context, args []string) error {
	switch {
	case m.Window == nil:
		m.say("app.no_window")
		return m.serve(ctx, args)
	case !m.HasScreen():
		m.say("app.no_screen")
		return m.serve(ctx, args)
	}
	config, err := m.config(args)
	if err != nil {
		return err
	}
	s, err := m.start(ctx, config)
	if fault.Is(err, fault.Conflict, "office.in_use") {
		return m.join(ctx, config, err)
	}
	if err != nil {
		return err
	}
	m.banner(s)
	err = m.Window(window{
		Title: title(config, s.appliance.InstallationCode), Name: s.base, Desk: s.desk,
		URL: func() string { return desk.EnterURL(s.base, s.desk.Ticket()) },
	})
	return errors.Join(err, s.stop())
}

// title is the window's title. While the first account waits for its code, the
// title tells it: a program with a window has no other place that only who sits
// at this machine can see.
func title(config Config, code string) string {
	name := message.Text("app.title", nil)
	if config.Practice {
		name = message.Text("app.title_practice", nil)
	}
	if code == "" {
		return name
	}
	return message.Text("app.title_setup", fault.Args("title", name, "code", code))
}

// join opens a window on the server that holds the data folder. inUse is the
// failure to hold it ourselves.
func (m *Main) join(ctx context.Context, config Config, inUse error) error {
	state, key, err := readState(office.Dir(config.Data))
	if err != nil {
		return inUse // the other one is just starting or belongs to somebody else
	}
	m.say("app.joined", "url", state.Base+"/")
	ticket, err := askTicket(ctx, state.Base, key)
	if err != nil {
		return errors.Join(inUse, err)
	}
	return m.Window(window{
		Title: title(config, ""), Name: state.Base,
		URL: func() string {
			if fresh, err := askTicket(ctx, state.Base, key); err == nil {
				ticket = fresh
			}
			return desk.EnterURL(state.Base, ticket)
		},
	})
}

// askTicket asks the server at base for a ticket.
func askTicket(ctx context.Context, base, key string) (_ string, err error) {
	defer fault.Add(&err, "askTicket")
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/desk/ticket", nil)
	if err != nil {
		return "", err
	}
	r.Header.Set(desk.KeyHeader, key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("status %d", answer.StatusCode)
	}
	var got struct{ Ticket string }
	err = json.NewDecoder(answer.Body).Decode(&got)
	return got.Ticket, err
}
