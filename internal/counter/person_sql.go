package counter

import (
	"kofu/internal/agree"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// The card of a person with a code is the one that the link leads to now.
const (
	personColumns = `
p.bk, p.ord, p.link, p.gen, p.nocode, COALESCE(l.card_id, p.card_id, 0), p.svc, p.procs, p.units, p.starts_at,
p.booked, p.refused, p.visit_here, p.visit_cloud, p.held, p.given, p.arrived_at, p.done_at`
	personTables = ` FROM counter_person p LEFT JOIN link l ON l.link = p.link `
)

func scanPerson(scan func(...any) error) (bk string, p Person, err error) {
	var starts string
	if err := scan(&bk, &p.Ord, &p.Link, &p.Gen, &p.NoCode, &p.CardID, &p.Svc, &p.Procs, &p.Units, &starts,
		&p.Booked, &p.Refused, &p.Visits[agree.Office], &p.Visits[agree.Cloud], &p.Held, &p.Given, &p.ArrivedAt, &p.DoneAt); err != nil {
		return bk, p, err
	}
	p.Starts, err = store.ParseStamp(starts)
	return bk, p, err
}

func insertPersons(tx *store.Tx, b Booking) error {
	for _, p := range b.Persons {
		var cardID any
		if p.Link == "" && p.CardID != 0 {
			cardID = p.CardID
		}
		_, err := tx.Exec(`
INSERT INTO counter_person (bk, ord, link, gen, nocode, card_id, svc, procs, units, starts_at, booked, refused, visit_here, visit_cloud, state, held, given, arrived_at, done_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
			b.ID, p.Ord, p.Link, p.Gen, p.NoCode, cardID, string(p.Svc), string(p.Procs), p.Units, store.Stamp(p.Starts),
			string(p.Booked), p.Refused, string(p.Visits[agree.Office]), string(p.Visits[agree.Cloud]), string(p.State()), p.Held, p.Given, p.ArrivedAt, p.DoneAt)
		if err != nil {
			return err
		}
	}
	return nil
}

// save writes a person who was seen as was. Whoever was faster wins:
// fault.Conflict "counter.changed_meanwhile".
func save(tx *store.Tx, bk string, p, was Person) error {
	n, err := tx.Exec(`
UPDATE counter_person SET gen = $1, svc = $2, procs = $3, units = $4, starts_at = $5, booked = $6, refused = $7, visit_here = $8, visit_cloud = $9,
       state = $10, held = $11, given = $12, arrived_at = $13, done_at = $14
WHERE bk = $15 AND ord = $16 AND booked = $17 AND refused = $18 AND visit_here = $19 AND visit_cloud = $20`,
		p.Gen, string(p.Svc), string(p.Procs), p.Units, store.Stamp(p.Starts), string(p.Booked), p.Refused,
		string(p.Visits[agree.Office]), string(p.Visits[agree.Cloud]), string(p.State()), p.Held, p.Given, p.ArrivedAt, p.DoneAt,
		bk, p.Ord, string(was.Booked), was.Refused, string(was.Visits[agree.Office]), string(was.Visits[agree.Cloud]))
	if err == nil && n != 1 {
		return fault.New(fault.Conflict, "counter.changed_meanwhile")
	}
	return err
}

// setGiven notes the hand-over that finished a visit, 0 for none.
func setGiven(tx *store.Tx, bk string, ord int, eventID int64) error {
	_, err := tx.Exec("UPDATE counter_person SET given = $1 WHERE bk = $2 AND ord = $3", eventID, bk, ord)
	return err
}

// detach makes a person of a booking one without a code.
func detach(tx *store.Tx, bk string, ord int, cardID int64) error {
	_, err := tx.Exec("UPDATE counter_person SET link = '', card_id = $1 WHERE bk = $2 AND ord = $3", cardID, bk, ord)
	return err
}
