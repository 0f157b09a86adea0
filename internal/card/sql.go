package card

import (
	"errors"

	"kofu/internal/fault"
	"kofu/internal/scancode"
	"kofu/internal/store"
)

const columns = `
id, version, delivery_id, box_no, box_seq, notice_no, application_id, application_kind, applied_on, delivery_method,
expires_on, has_certificate, remark, name, address, birth, name_key, gaiji_set, kana, COALESCE(resident_id, 0),
procedure, custody, notice, COALESCE(place_id, 0), COALESCE(position, 0), received_on, ready_on, notice_on, deadline,
handed_over_on, stops, warns, status`

func scanCard(scan func(...any) error) (c Card, err error) {
	err = scan(&c.ID, &c.Version, &c.DeliveryID, &c.BoxNo, &c.BoxSeq, &c.NoticeNo, &c.ApplicationID, &c.ApplicationKind,
		&c.AppliedOn, &c.DeliveryMethod, &c.ExpiresOn, &c.HasCertificate, &c.Remark, &c.Name, &c.Address, &c.Birth,
		&c.NameKey, &c.GaijiSet, &c.Kana, &c.ResidentID, &c.Procedure, &c.Custody, &c.Notice, &c.PlaceID, &c.Position,
		&c.ReceivedOn, &c.ReadyOn, &c.NoticeOn, &c.Deadline, &c.HandedOverOn, &c.Stops, &c.Warns, &c.Status)
	return c, err
}

func list(rx *store.Rx, query string, args ...any) (cards []Card, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		c, err := scanCard(scan)
		cards = append(cards, c)
		return err
	}, query, args...)
	return cards, err
}

// ByID returns a card. Error: fault.NotFound "card.not_found".
func ByID(rx *store.Rx, id int64) (Card, error) {
	c, err := scanCard(rx.Row("SELECT "+columns+" FROM card WHERE id = $1", id).Scan)
	if errors.Is(err, store.ErrNoRows) {
		return Card{}, errNotFound
	}
	return c, err
}

// InDelivery finds a card of a delivery by its notice number.
func InDelivery(rx *store.Rx, deliveryID int64, noticeNo string) (Card, bool, error) {
	c, err := scanCard(rx.Row("SELECT "+columns+" FROM card WHERE delivery_id = $1 AND notice_no = $2", deliveryID, noticeNo).Scan)
	if errors.Is(err, store.ErrNoRows) {
		return Card{}, false, nil
	}
	return c, err == nil, err
}

// OfDelivery returns the cards of a delivery in the order of the list.
func OfDelivery(rx *store.Rx, deliveryID int64) ([]Card, error) {
	return list(rx, "SELECT "+columns+" FROM card WHERE delivery_id = $1 ORDER BY box_no, box_seq, notice_no", deliveryID)
}

// ByNoticeNo returns the cards with the number; it may repeat over the years,
// so there can be several, newest delivery first.
func ByNoticeNo(rx *store.Rx, noticeNo string) ([]Card, error) {
	return list(rx, "SELECT "+columns+" FROM card WHERE notice_no = $1 AND procedure <> 'VOIDED' ORDER BY delivery_id DESC", noticeNo)
}

// ByApplicationID returns the cards with the 申請書ID.
func ByApplicationID(rx *store.Rx, applicationID string) ([]Card, error) {
	return list(rx, "SELECT "+columns+" FROM card WHERE application_id = $1 AND application_id <> '' AND procedure <> 'VOIDED'", applicationID)
}

// Unlinked calls fn for every card without a resident whose life goes on.
func Unlinked(rx *store.Rx, fn func(Card) error) error {
	return rx.Query(func(scan func(...any) error) error {
		c, err := scanCard(scan)
		if err != nil {
			return err
		}
		return fn(c)
	}, "SELECT "+columns+" FROM card WHERE resident_id IS NULL AND procedure NOT IN ('VOIDED', 'HANDED_OVER') ORDER BY id")
}

// Find returns the cards that a code can mean: one for our own tag, possibly
// several for a number that J-LIS may use again in another year, newest first.
func Find(rx *store.Rx, code scancode.Code) ([]Card, error) {
	switch code.Kind {
	case scancode.Notice:
		return ByNoticeNo(rx, code.Text)
	case scancode.Application:
		return ByApplicationID(rx, code.Text)
	case scancode.Card:
		c, err := ByID(rx, code.ID)
		if fault.Is(err, fault.NotFound, "card.not_found") {
			return nil, nil
		}
		return []Card{c}, err
	}
	return nil, nil
}

func cardsOfResident(rx *store.Rx, residentID int64) ([]Card, error) {
	return list(rx, "SELECT "+columns+" FROM card WHERE resident_id = $1 ORDER BY id", residentID)
}

// OfResident returns the cards of a resident.
func OfResident(rx *store.Rx, residentID int64) ([]Card, error) {
	return cardsOfResident(rx, residentID)
}

// Occupied returns the taken positions of a place in ascending order.
func Occupied(rx *store.Rx, placeID int64) (positions []int, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var n int
		err := scan(&n)
		positions = append(positions, n)
		return err
	}, "SELECT position FROM card WHERE place_id = $1 ORDER BY position", placeID)
	return positions, err
}

func insertCard(tx *store.Tx, f Facts, s State) (id int64, err error) {
	err = tx.Row(`
INSERT INTO card (version, delivery_id, box_no, box_seq, notice_no, application_id, application_kind, applied_on, delivery_method,
                  expires_on, has_certificate, remark, name, address, birth, name_key, gaiji_set, procedure, custody, status)
VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) RETURNING id`,
		f.DeliveryID, f.BoxNo, f.BoxSeq, f.NoticeNo, f.ApplicationID, f.ApplicationKind, f.AppliedOn, f.DeliveryMethod,
		f.ExpiresOn, f.HasCertificate, f.Remark, f.Name, f.Address, f.Birth, f.NameKey, f.GaijiSet,
		string(s.Procedure), string(s.Custody), string(statusOf(s, 0))).Scan(&id)
	return id, err
}

// saveState writes what the axes add up to. It does nothing, and says so, when
// the card is no longer at the version that was read, or when another card
// lies at the position already.
func saveState(tx *store.Tx, c Card, s State) error {
	stops, err := stopsOf(tx.Rx, c.ID)
	if err != nil {
		return err
	}
	var place, position any
	if s.PlaceID != 0 {
		place, position = s.PlaceID, s.Position
	}
	n, err := tx.Exec(`
UPDATE card SET version = version + 1, procedure = $1, custody = $2, notice = $3, place_id = $4, position = $5,
       received_on = $6, ready_on = $7, notice_on = $8, deadline = $9, handed_over_on = $10, status = $11
WHERE id = $12 AND version = $13`,
		string(s.Procedure), string(s.Custody), string(s.Notice), place, position,
		s.ReceivedOn, s.ReadyOn, s.NoticeOn, s.Deadline, s.HandedOverOn, string(statusOf(s, stops)), c.ID, c.Version)
	if store.IsUnique(err) {
		return errPositionTaken
	}
	if err == nil && n == 0 {
		return errChanged
	}
	return err
}

func setResident(tx *store.Tx, cardID int64, p Person) error {
	var resident any
	if p.ResidentID != 0 {
		resident = p.ResidentID
	}
	_, err := tx.Exec("UPDATE card SET resident_id = $1, kana = $2 WHERE id = $3", resident, p.Kana, cardID)
	return err
}
