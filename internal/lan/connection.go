package lan

import (
	"net"
	"strings"

	"kofu/internal/qr"
)

// Connection is what another PC of the office needs to join.
type Connection struct {
	URLs        []string `json:"urls"`        // best first: by name, then by address
	QRSVG       string   `json:"qrSvg"`       // of the first URL that works without name service
	Fingerprint string   `json:"fingerprint"` // SHA-256 of the authority, to compare
	CAURL       string   `json:"caUrl"`
}

// Connection describes how to reach the server that listens on port.
func (a *Authority) Connection(port string) (Connection, error) {
	c := Connection{Fingerprint: a.Fingerprint(), CAURL: "/ca.crt"}
	var byAddress string
	for _, name := range a.Names() {
		if name == "localhost" || name == "127.0.0.1" || strings.HasSuffix(name, ".local") {
			continue // of this machine only; names in .local need multicast, which city networks often block
		}
		url := "https://" + net.JoinHostPort(name, port) + "/"
		c.URLs = append(c.URLs, url)
		if net.ParseIP(name) != nil && byAddress == "" {
			byAddress = url
		}
	}
	if byAddress == "" && len(c.URLs) > 0 {
		byAddress = c.URLs[0]
	}
	if byAddress == "" {
		return c, nil
	}
	svg, err := qr.SVG(byAddress)
	c.QRSVG = svg
	return c, err
}
