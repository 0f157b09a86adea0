package visitor

import (
	"errors"
	"slices"
	"strings"

	"kofu/internal/store"
)

func insert(tx *store.Tx, tenant int, s Session) error {
	_, err := tx.Exec("INSERT INTO visitor_session (tenant, digest, link, gen, party, seen_at) VALUES ($1, $2, $3, $4, $5, $6)",
		tenant, digest(s.Token), s.Link, s.Gen, strings.Join(s.Party, " "), store.Stamp(tx.Now))
	return err
}

func selectSession(rx *store.Rx, tenant int, digest, after string) (s Session, found bool, err error) {
	var party, seen string
	err = rx.Row("SELECT link, gen, party, seen_at FROM visitor_session WHERE tenant = $1 AND digest = $2 AND seen_at > $3",
		tenant, digest, after).Scan(&s.Link, &s.Gen, &party, &seen)
	if errors.Is(err, store.ErrNoRows) {
		return Session{}, false, nil
	}
	if err != nil {
		return Session{}, false, err
	}
	s.Party = strings.Fields(party)
	s.Seen, err = store.ParseStamp(seen)
	return s, err == nil, err
}

func touch(tx *store.Tx, tenant int, digest string) error {
	_, err := tx.Exec("UPDATE visitor_session SET seen_at = $3 WHERE tenant = $1 AND digest = $2", tenant, digest, store.Stamp(tx.Now))
	return err
}

func setParty(tx *store.Tx, tenant int, digest string, party []string) error {
	_, err := tx.Exec("UPDATE visitor_session SET party = $3, seen_at = $4 WHERE tenant = $1 AND digest = $2",
		tenant, digest, strings.Join(party, " "), store.Stamp(tx.Now))
	return err
}

func remove(tx *store.Tx, tenant int, digest string) error {
	_, err := tx.Exec("DELETE FROM visitor_session WHERE tenant = $1 AND digest = $2", tenant, digest)
	return err
}

func removeOf(tx *store.Tx, tenant int, link string) error {
	_, err := tx.Exec("DELETE FROM visitor_session WHERE tenant = $1 AND link = $2", tenant, link)
	return err
}

// withCompanion are the parties with a code in them, by the digest of the session.
func withCompanion(rx *store.Rx, tenant int, link string) (map[string][]string, error) {
	sessions := map[string][]string{}
	err := rx.Query(func(scan func(...any) error) error {
		var digest, party string
		err := scan(&digest, &party)
		if list := strings.Fields(party); slices.Contains(list, link) {
			sessions[digest] = list
		}
		return err
	}, "SELECT digest, party FROM visitor_session WHERE tenant = $1 AND party <> ''", tenant)
	return sessions, err
}

// replaceParty is setParty without a use of the session.
func replaceParty(tx *store.Tx, tenant int, digest string, party []string) error {
	_, err := tx.Exec("UPDATE visitor_session SET party = $3 WHERE tenant = $1 AND digest = $2", tenant, digest, strings.Join(party, " "))
	return err
}

func forget(tx *store.Tx, tenant int, before string) error {
	_, err := tx.Exec("DELETE FROM visitor_session WHERE tenant = $1 AND seen_at < $2", tenant, before)
	return err
}
