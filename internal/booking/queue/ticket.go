package queue

import (
	"crypto/hmac"
	"strconv"
	"strings"
	"time"
)

// What a person holds are two texts: a ticket t.round.number.mac and, once
// admitted, a pass p.round.number.unix.mac. The mac is under the key of the
// municipality, so that neither counts elsewhere.

// passTime is how long somebody may stay who was inside before the room opened.
const passTime = 2 * time.Hour

func (q *Queue) ticket(round, number int) string {
	return q.signed("t." + strconv.Itoa(round) + "." + strconv.Itoa(number))
}

func (q *Queue) pass(round, number int, now time.Time) string {
	return q.signed("p." + strconv.Itoa(round) + "." + strconv.Itoa(number) + "." + strconv.FormatInt(now.Unix(), 10))
}

func (q *Queue) signed(text string) string { return text + "." + q.Ring.MAC("waiting room", text) }

// verified takes a signed text apart.
func (q *Queue) verified(signed, kind string, parts int) ([]int64, bool) {
	if len(signed) > 200 {
		return nil, false
	}
	at := strings.LastIndexByte(signed, '.')
	if at < 0 || !hmac.Equal([]byte(q.Ring.MAC("waiting room", signed[:at])), []byte(signed[at+1:])) {
		return nil, false
	}
	fields := strings.Split(signed[:at], ".")
	if len(fields) != parts+1 || fields[0] != kind {
		return nil, false
	}
	numbers := make([]int64, parts)
	for i, f := range fields[1:] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return nil, false
		}
		numbers[i] = n
	}
	return numbers, true
}

// ticketNumber is the number of a ticket of the round.
func (q *Queue) ticketNumber(round int, ticket string) (int, bool) {
	n, ok := q.verified(ticket, "t", 2)
	if !ok || n[0] != int64(round) {
		return 0, false
	}
	return int(n[1]), true
}

// inside reports whether a pass counts: one of this round does until it ends, an
// earlier one for a while, unless the opening was announced.
func (q *Queue) inside(room Room, pass string, now time.Time) bool {
	n, ok := q.verified(pass, "p", 3)
	if !ok {
		return false
	}
	at := time.Unix(n[2], 0)
	if int(n[0]) == room.Round && n[1] >= 0 {
		return true
	}
	announced := room.Planned && room.Serving(now)
	return !announced && now.Sub(at) < passTime
}

// orderKey is the key of the shuffle.
func (q *Queue) orderKey() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.order == nil {
		q.order = []byte(q.Ring.MAC("waiting room order", strconv.Itoa(q.Tenant)))
	}
	return q.order
}
