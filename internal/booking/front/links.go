package front

import (
	"crypto/subtle"
	"strings"
)

const refMAC = 12 // characters of base64url: 72 bits

// Ref names a booking in the address of its page: the id and a keyed hash, so
// that nobody finds the page of another booking by counting.
func (d *Desk) Ref(bookingID string) string {
	return bookingID + "-" + d.Ring.MAC("booking-page", bookingID)[:refMAC]
}

// BookingOf returns the booking that a ref names, and false for one that this
// service did not make.
func (d *Desk) BookingOf(ref string) (bookingID string, ok bool) {
	id, mac, found := strings.Cut(ref, "-")
	want := d.Ring.MAC("booking-page", id)[:refMAC]
	return id, found && subtle.ConstantTimeCompare([]byte(mac), []byte(want)) == 1
}

// BookingURL is the address of the page of a booking, as mails name it.
func (d *Desk) BookingURL(lang, bookingID string) string {
	return d.page(lang, "b", d.Ref(bookingID))
}

func (d *Desk) page(lang string, parts ...string) string {
	return strings.Join(append([]string{strings.TrimSuffix(d.Base, "/"), lang}, parts...), "/")
}
