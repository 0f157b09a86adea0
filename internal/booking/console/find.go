package console

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/linkcode"
	"kofu/internal/store"
)

var (
	receiptForm = regexp.MustCompile(`^(\d{2})-?(\d{4,5})$`)
	// A letter's QR code is an address that ends in the code; a scanner types all
	// of it.
	codeAtEnd = regexp.MustCompile(`[A-Za-z/](\d{16})$`)
)

// found is what an entry at the counter or on the phone leads to: somebody with
// a code, or a booking.
type found struct {
	member *member.Member
	list   []reserve.Booking // of the person, or the one with the number
}

// find looks up what was scanned or typed: a code, the address in a letter's QR
// code, or a receipt number. Errors: fault.NotFound "console.code_unknown",
// "console.number_unknown"; those of [linkcode.Parse].
func (s *server) find(rx *store.Rx, entry string) (f found, err error) {
	text := strings.TrimSpace(norm.NFKC.String(entry))
	if m := receiptForm.FindStringSubmatch(strings.NewReplacer("ー", "-", "−", "-", "‐", "-").Replace(text)); m != nil {
		return s.byNumber(rx, m[1]+"-"+m[2])
	}
	if m := codeAtEnd.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	code, err := linkcode.Parse(text)
	if err != nil {
		return found{}, err
	}
	one, known, err := member.ByCode(rx, s.Tenant, s.codes(), code)
	if err != nil {
		return found{}, err
	}
	if !known {
		return found{}, fault.New(fault.NotFound, "console.code_unknown")
	}
	f.member = &one
	f.list, err = reserve.Of(rx, s.Tenant, one.Link)
	return f, err
}

// codes are the keys under which the codes of letters are hashed.
func (s *server) codes() member.Keys {
	if s.Codes == nil {
		return nil
	}
	return s.Codes.Keys()
}

// byNumber finds a receipt number of this year, or else of the last.
func (s *server) byNumber(rx *store.Rx, no string) (found, error) {
	year, _, _ := jpdate.Day(rx.Today()).Parts()
	for _, y := range []int{year, year - 1} {
		b, is, err := reserve.ByNumber(rx, s.Tenant, y, no)
		if err != nil || is {
			return found{list: []reserve.Booking{b}}, err
		}
	}
	return found{}, fault.New(fault.NotFound, "console.number_unknown", "no", no)
}

// coming is the booking with which somebody stands at the counter: one of today,
// else the next one, else the last that was missed.
func (f found) coming(now time.Time) (reserve.Booking, bool) {
	far := func(b reserve.Booking) time.Duration {
		switch d := b.Starts.Sub(now); {
		case store.Day(b.Starts) == store.Day(now):
			return d.Abs()
		case d > 0:
			return d + 1_000*24*time.Hour // after all of today
		default:
			return -d + 10_000*24*time.Hour // after all that are still to come
		}
	}
	list := slices.DeleteFunc(slices.Clone(f.list), func(b reserve.Booking) bool {
		return b.State.Ended() || b.State == reserve.Pending || b.State == reserve.Offered ||
			store.Day(b.Starts) != store.Day(now) && (b.State == reserve.Visited || b.State == reserve.Again)
	})
	if len(list) == 0 {
		return reserve.Booking{}, false
	}
	return slices.MinFunc(list, func(a, b reserve.Booking) int { return int(far(a)/time.Second) - int(far(b)/time.Second) }), true
}
