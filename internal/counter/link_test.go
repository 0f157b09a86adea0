package counter_test

import (
	"kofu/internal/agree"
	"kofu/internal/event"
	"kofu/internal/officelog"
	"kofu/internal/store"
)

// linked gives every card a code that the booking service knows.
func (o *office) linked() *office {
	o.t.Helper()
	for i := range o.ids {
		o.link(i)
	}
	return o
}

func (o *office) link(i int) {
	o.t.Helper()
	o.write(func(tx *store.Tx) error {
		_, err := tx.Exec(`
INSERT INTO link (link, card_id, gen, state, code_id, key_id, svc, windows, book_from, until, run_id, released_at, released_by, seen_version, seen_stops)
VALUES ($1, $2, 1, 'ready', 0, 'o001', 'receive', '', '', '', 1, '', '', 0, 0)`, pseudonym(i), o.ids[i])
		return err
	})
}

// setLink is what the link of a card has become.
func (o *office) setLink(i int, gen int, state agree.LinkState) {
	o.t.Helper()
	o.write(func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE link SET gen = $1, state = $2 WHERE link = $3", gen, string(state), pseudonym(i))
		return err
	})
}

// told are the events in the log that goes to the booking service.
func (o *office) told() (lines []string) {
	o.t.Helper()
	o.read(func(rx *store.Rx) error {
		return officelog.Log{}.Each(rx, 1, func(line []byte) error {
			_, _, b, err := event.Decode(line)
			if err != nil {
				return err
			}
			body, err := event.Marshal(b)
			lines = append(lines, string(b.Type())+" "+string(body))
			return err
		})
	})
	return lines
}
