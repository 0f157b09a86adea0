package lan

import (
	"fmt"
	"net"
	"strings"

	"github.com/skip2/go-qrcode"
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
	svg, err := QRSVG(byAddress)
	c.QRSVG = svg
	return c, err
}

// QRSVG draws text as a QR code: one rectangle for each run of dark modules, on
// white with the quiet zone of four modules, 1 unit a module.
func QRSVG(text string) (string, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return "", fmt.Errorf("qr: %w", err)
	}
	rows := code.Bitmap()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %[1]d" shape-rendering="crispEdges"><rect width="%[1]d" height="%[1]d" fill="#fff"/>`, len(rows))
	for y, row := range rows {
		for x := 0; x < len(row); {
			if !row[x] {
				x++
				continue
			}
			start := x
			for x < len(row) && row[x] {
				x++
			}
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="1"/>`, start, y, x-start)
		}
	}
	b.WriteString("</svg>")
	return b.String(), nil
}
