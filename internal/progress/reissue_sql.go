package progress

import (
	"kofu/internal/card"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// Made is one of the cards that were made for a person.
type Made struct {
	Generation   int // 1 for the first one that this office has had; 0 where unknown
	NoticeNo     string
	Kind         string // 申請区分
	Status       card.Status
	ReceivedOn   string
	HandedOverOn string
}

// Reissue is a card that was made again, with the one before it.
type Reissue struct {
	CardID int64
	Name   string
	Card   Made
	Before Made // its Generation is 0 where the office has never had it
}

// kindReissue is 再交付 among the 申請区分.
const kindReissue = "2"

// Reissues are the cards received from one day until another that were made
// again (再交付): for a person for whom the office has had a card already, or
// applied for as a reissue.
func Reissues(rx *store.Rx, from, until jpdate.Day) (list []Reissue, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var r Reissue
		c, b := &r.Card, &r.Before
		err := scan(&r.CardID, &r.Name, &c.Generation, &c.NoticeNo, &c.Kind, &c.Status, &c.ReceivedOn, &c.HandedOverOn,
			&b.NoticeNo, &b.Kind, &b.Status, &b.ReceivedOn, &b.HandedOverOn)
		if b.NoticeNo == "" {
			c.Generation = 0
		} else {
			b.Generation = c.Generation - 1
		}
		list = append(list, r)
		return err
	}, `
SELECT c.id, COALESCE(NULLIF(r.name, ''), c.name),
       (SELECT count(*) FROM card e WHERE e.resident_id = c.resident_id AND e.id <= c.id),
       c.notice_no, c.application_kind, c.status, c.received_on, c.handed_over_on,
       COALESCE(b.notice_no, ''), COALESCE(b.application_kind, ''), COALESCE(b.status, ''), COALESCE(b.received_on, ''), COALESCE(b.handed_over_on, '')
FROM card c
LEFT JOIN card b ON b.id = (SELECT max(e.id) FROM card e WHERE e.resident_id = c.resident_id AND e.id < c.id)
LEFT JOIN resident r ON r.id = c.resident_id
WHERE c.received_on BETWEEN $1 AND $2 AND (b.id IS NOT NULL OR c.application_kind = $3)
ORDER BY c.received_on, c.notice_no, c.id`, string(from), string(until), kindReissue)
	return list, err
}
