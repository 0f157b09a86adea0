package main

import (
	"net"
	"net/netip"
	"path/filepath"
	"time"

	"kofu/internal/booking/queue"
	"kofu/internal/booking/town"
	"kofu/internal/paper"
	"kofu/internal/program"
)

// Config is where the service keeps its data and where it is reached. Everything
// else is a setting in the database. Each key has a working default; the file is
// kofu-booking.toml of the data folder.
type Config struct {
	Data     string `toml:"-"` // the data folder, absolute
	Practice bool   `toml:"-"` // made-up data in a folder of their own

	// Database is the DSN of a PostgreSQL database, "" for a file in the data
	// folder. The variable KOFU_BOOKING_DB goes before it.
	Database string `toml:"database"`
	// Owner is the DSN of the role that owns the tables and migrates, "" for that of
	// Database. The variable KOFU_BOOKING_OWNER goes before it.
	Owner       string `toml:"owner"`
	Connections int    `toml:"connections"` // to the database; 0 takes the default

	Residents string `toml:"residents"` // listener of the residents' pages, "off" for none
	Staff     string `toml:"staff"`     // of the staff screens
	Operator  string `toml:"operator"`  // of health and metrics; in the clear, so for this machine or an inner network

	// Exchange is the listener for offices, by TLS with the keys of the exchange
	// alone; nothing that ends TLS may stand in front of it.
	Exchange string `toml:"exchange"`

	Certificate string `toml:"certificate"` // files of TLS for residents and staff; empty behind a proxy that ends it
	Key         string `toml:"key"`

	Scheme         string         `toml:"scheme"`          // by which browsers come, https or http; http only for practice
	TrustedProxies []netip.Prefix `toml:"trusted_proxies"` // whose X-Forwarded-For counts
	StaffNetworks  []netip.Prefix `toml:"staff_networks"`  // from which the staff screens can be reached; none: all

	Workers       int `toml:"workers"`        // requests of residents that are answered at a time
	TenantPercent int `toml:"tenant_percent"` // of them for one municipality at most

	// The waiting room of a municipality opens when one server has so many of its
	// requests at a time, or takes so long for 95 % of them.
	RoomRate     int `toml:"room_rate"`      // people a second that it lets in
	RoomInFlight int `toml:"room_in_flight"` // 0: twice the share of one municipality, so that as many stand in line as are answered
	RoomP95      int `toml:"room_p95_ms"`

	// Dumps is the folder for a dump of each municipality every night, on another
	// disk where there is one; "off" for none. Without it they lie in the data folder.
	Dumps string `toml:"dumps"`

	DrainSeconds int `toml:"drain_seconds"` // between saying «not ready» and stopping
}

// off switches a listener off.
const off = "off"

// config reads the file of the data folder over the defaults, after the flags.
func (c *call) config() (Config, error) {
	dir, err := filepath.Abs(c.Data)
	if err != nil {
		return Config{}, err
	}
	if c.Practice {
		dir = filepath.Join(dir, "practice")
	}
	config := Config{
		Residents: "127.0.0.1:18480", Staff: "127.0.0.1:18481", Operator: "127.0.0.1:18482", Exchange: off,
		Workers: 64, TenantPercent: 40, RoomRate: 50, RoomP95: 1000, DrainSeconds: 5, Scheme: "https",
	}
	if err := program.ReadConfig(filepath.Join(dir, "kofu-booking.toml"), &config); err != nil {
		return Config{}, err
	}
	config.Data, config.Practice = dir, c.Practice
	if c.Practice {
		config.DrainSeconds, config.Scheme = 0, "http"
	}
	if dsn := c.Env("KOFU_BOOKING_DB"); dsn != "" {
		config.Database = dsn
	}
	if dsn := c.Env("KOFU_BOOKING_OWNER"); dsn != "" {
		config.Owner = dsn
	}
	return config, config.check()
}

func (c Config) check() error {
	if c.Workers < 2 || c.TenantPercent < 1 || c.TenantPercent > 100 || c.DrainSeconds < 0 || c.DrainSeconds > 300 {
		return badConfig("workers, tenant_percent, drain_seconds")
	}
	if c.RoomRate < 1 || c.RoomRate > 10_000 || c.RoomInFlight < 0 || c.RoomP95 < 1 {
		return badConfig("room_rate, room_in_flight, room_p95_ms")
	}
	if c.Scheme != "https" && c.Scheme != "http" {
		return badConfig("scheme")
	}
	if (c.Certificate == "") != (c.Key == "") {
		return badConfig("certificate, key")
	}
	return nil
}

// share is how many requests of one municipality are answered at a time.
func (c Config) share() int { return max(1, c.Workers*c.TenantPercent/100) }

// room is when the waiting room opens and how many it lets in.
func (c Config) room() queue.Limits {
	inFlight := c.RoomInFlight
	if inFlight == 0 {
		inFlight = 2 * c.share()
	}
	return queue.Limits{Rate: c.RoomRate, InFlight: inFlight, P95: time.Duration(c.RoomP95) * time.Millisecond}
}

// shelf is where the fonts of papers lie: in the data folder, beside the program,
// or where the system has them.
func (c Config) shelf() *paper.Shelf { return &paper.Shelf{Dir: filepath.Join(c.Data, "fonts")} }

// dumps is the folder of the nightly dumps, "" for none.
func (c Config) dumps() string {
	switch {
	case c.Dumps == off:
		return ""
	case c.Dumps == "":
		return filepath.Join(c.Data, "dumps")
	case filepath.IsAbs(c.Dumps):
		return c.Dumps
	}
	return filepath.Join(c.Data, c.Dumps)
}

// secure reports whether browsers come by TLS.
func (c Config) secure() bool { return c.Scheme == "https" }

// residentsURL is where residents find the pages of a municipality. In practice
// the port of the listener belongs to it.
func (c Config) residentsURL(t town.Town) string {
	if c.Practice {
		if _, port, err := net.SplitHostPort(c.Residents); err == nil {
			return c.Scheme + "://" + net.JoinHostPort(t.Host, port)
		}
	}
	return c.Scheme + "://" + t.Host
}

// defaultData is the data folder without a flag.
func defaultData() string {
	return program.DataFolder(version, filepath.Join("var", "booking"), "KofuBooking", "/var/lib/kofu-booking")
}
