package gate

import (
	"net/http"
	"strings"
)

const (
	contentPolicy = "Content-Security-Policy"
	frameOptions  = "X-Frame-Options"
)

// setHeaders sets what every answer carries. Handlers may tighten it.
func setHeaders(h http.Header, api, encrypted bool) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), usb=()")
	h.Set(frameOptions, "DENY")
	h.Set(contentPolicy, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	if api {
		h.Set("Cache-Control", "no-store")
	}
	if encrypted {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// PageHeaders lets the answer be a page of the staff screens: scripts and
// styles of our own, PDFs of our own in a frame, nothing from elsewhere. An
// inline script needs the nonce; with an empty one there are none.
func PageHeaders(h http.Header, nonce string) {
	script := "script-src 'self'"
	if nonce != "" {
		script += " 'nonce-" + nonce + "'"
	}
	h.Set(contentPolicy, strings.Join([]string{
		"default-src 'none'", script,
		"style-src 'self'", "style-src-attr 'unsafe-inline'", // positions of the virtual list
		"img-src 'self' data: blob:", "font-src 'self'", "connect-src 'self'", "media-src 'self'",
		"frame-src 'self' blob:", "manifest-src 'self'",
		"base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'", "object-src 'none'",
		"require-trusted-types-for 'script'", "trusted-types svelte-trusted-html kofu-chart", // the second is for markup of the server: charts, previews
	}, "; "))
}

// ownFrame lets our own pages show a PDF in a frame. The browser's viewer is a
// page of its own, which a policy about scripts and styles would break.
func ownFrame(h http.Header) {
	if strings.HasPrefix(h.Get("Content-Type"), "application/pdf") {
		h.Set(contentPolicy, "frame-ancestors 'self'")
		h.Set(frameOptions, "SAMEORIGIN")
	}
}
