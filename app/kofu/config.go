package main

import (
	"errors"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"kofu/internal/program"
)

// Config is where the appliance keeps its data and where it is reached.
// Everything else is a setting in the database. Each key has a working
// default; the command line goes before the file kofu.toml of the data folder.
type Config struct {
	Data       string         `toml:"-"`           // the data folder, absolute
	Practice   bool           `toml:"-"`           // practice data in a folder of its own
	Addr       string         `toml:"addr"`        // loopback door of the window
	LAN        string         `toml:"lan"`         // door of the office network, "off" for none
	Hostname   string         `toml:"hostname"`    // instead of the machine's own name
	Domain     string         `toml:"domain"`      // domain of the office network
	Ranges     []netip.Prefix `toml:"ranges"`      // networks that the authority vouches for
	Media      string         `toml:"media"`       // folder that counts as one more medium
	AllowTLS12 bool           `toml:"allow_tls12"` // for PCs that cannot speak TLS 1.3
}

// off switches the door of the office network off.
const off = "off"

// config reads the command line and then the file of the data folder.
func (m *Main) config(args []string) (Config, error) {
	var data, addr, lan string
	var practice bool
	_, err := program.Line{Program: "kofu", Args: args}.Parse(func(f *flag.FlagSet) {
		f.StringVar(&data, "data", defaultData(), "")
		f.BoolVar(&practice, "practice", false, "")
		f.StringVar(&addr, "addr", "", "")
		f.StringVar(&lan, "lan", "", "")
	})
	if errors.Is(err, flag.ErrHelp) {
		m.say("app.help", "version", version)
	}
	if err != nil {
		return Config{}, err
	}
	dir, err := filepath.Abs(data)
	if err != nil {
		return Config{}, err
	}
	if practice {
		dir = filepath.Join(dir, "practice")
	}
	c, err := readConfig(filepath.Join(dir, "kofu.toml"))
	if err != nil {
		return Config{}, err
	}
	c.Data, c.Practice = dir, practice
	if addr != "" {
		c.Addr = addr
	}
	if lan != "" {
		c.LAN = lan
	}
	return c, nil
}

// readConfig reads the file, which may be absent, over the defaults. A key it
// does not know is an error: a misspelt one would be without effect.
func readConfig(file string) (Config, error) {
	c := Config{Addr: "127.0.0.1:18443", LAN: ":8443"}
	if name, err := os.Hostname(); err == nil {
		c.Hostname, _, _ = strings.Cut(name, ".")
	}
	return c, program.ReadConfig(file, &c)
}

// defaultData is where a released program keeps its data; a development build
// uses the folder it is started in.
func defaultData() string {
	switch {
	case version == "dev":
		return "var"
	case runtime.GOOS == "windows":
		return programData()
	}
	return "/var/lib/kofu"
}
