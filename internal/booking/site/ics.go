package site

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// getCalendar is the booking as a calendar file (RFC 5545).
func (v *visit) getCalendar() error {
	o, err := v.open()
	if err != nil {
		return err
	}
	if !o.live(v.now) {
		return v.redirect("/b/" + o.Ref)
	}
	f := v.bookingData(o).Facts
	host := v.r.Host
	if u, err := url.Parse(v.Base); err == nil && u.Host != "" {
		host = u.Host
	}
	utc := func(t time.Time) string { return t.UTC().Format("20060102T150405Z") }
	lines := []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Kofu//Booking//JA", "BEGIN:VEVENT",
		"UID:" + o.ID + "@" + host, "DTSTAMP:" + utc(o.MadeAt), "DTSTART:" + utc(o.Starts),
		"DTEND:" + utc(o.Starts.Add(time.Duration(o.slot.Minutes)*time.Minute)),
		"SUMMARY:" + plainText(v.words.Plain("site.name", "city", v.city.Name)+" "+v.words.Plain("booking.number")+" "+o.No),
		"LOCATION:" + plainText(strings.TrimSpace(f.Place.name+" "+f.Place.address)),
		"DESCRIPTION:" + plainText(v.words.Plain("foot.phone")+" "+f.Place.Phone),
		"END:VEVENT", "END:VCALENDAR",
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "kofu-"+o.No+".ics"))
	v.w.WriteHeader(http.StatusOK)
	for _, line := range lines {
		_, _ = v.w.Write([]byte(folded(line))) // a browser that has gone reads no answer
	}
	return nil
}

var plainText = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r", "", "\n", `\n`).Replace

// mostOctets of a line in a calendar file; the rest goes into further lines.
const mostOctets = 74

// folded ends a line, after as many breaks as its length needs.
func folded(line string) string {
	var b strings.Builder
	n := 0
	for _, r := range line {
		if size := utf8.RuneLen(r); n+size > mostOctets {
			b.WriteString("\r\n ")
			n = 1
		}
		n += utf8.RuneLen(r)
		b.WriteRune(r)
	}
	b.WriteString("\r\n")
	return b.String()
}
