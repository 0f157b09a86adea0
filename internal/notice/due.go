package notice

import (
	"kofu/internal/card"
	"kofu/internal/resident"
	"kofu/internal/store"
)

// Candidate is a card with whom its letter would go to.
type Candidate struct {
	Card     card.Card
	Resident resident.Resident // zero while the card is not linked
	Linked   bool
}

// Name is the name on the letter: the registry's by 氏名優先区分, else the one of
// the delivery list.
func (c Candidate) Name() string {
	if c.Linked {
		return resident.NameForMail(c.Resident, resident.AsRegistered)
	}
	return c.Card.Name
}

// Address is where the letter goes; the registry is newer than the list.
func (c Candidate) Address() (postal, address, building, gaijiSet string) {
	if c.Linked && c.Resident.Address != "" {
		return c.Resident.PostalCode, c.Resident.Address, c.Resident.Building, c.Resident.GaijiSet
	}
	return "", c.Card.Address, "", c.Card.GaijiSet
}

// differs reports whether the letter would not be written as the piece says.
func (c Candidate) differs(p Piece) bool {
	postal, address, building, gaijiSet := c.Address()
	return c.Name() != p.Name || address != p.Address || building != p.Building || gaijiSet != p.GaijiSet ||
		postal != "" && postal != p.PostalCode
}

// gone are the 住民状態 of people to whom no letter is sent.
var gone = map[string]string{"2": "notice.moved_out", "3": "notice.dead", "9": "notice.deleted"}

// obstacle says why the card gets no letter now, or "".
func (c Candidate) obstacle(rx *store.Rx, actor store.Actor) (string, map[string]string) {
	if code, ok := gone[c.Resident.State]; ok && c.Linked {
		return code, nil
	}
	if code, args := refusal(card.Check(rx, actor, c.Card, card.ActPrint, card.Input{})); code != "" {
		return code, args
	}
	_, address, _, _ := c.Address()
	switch {
	case c.Name() == "":
		return "notice.no_name", nil
	case address == "":
		return "notice.no_address", nil
	}
	return "", nil
}

// Due returns the cards whose first letter is due: 交付可能, not printed in a
// run that is still open; and those that would be due but for an obstacle.
func Due(rx *store.Rx, actor store.Actor) (due []Candidate, excluded []Exclusion, err error) {
	cards, err := readyCards(rx)
	if err != nil {
		return nil, nil, err
	}
	return sift(rx, actor, cards)
}

// sift separates the cards that can get a letter from those that cannot.
func sift(rx *store.Rx, actor store.Actor, cards []int64) (due []Candidate, excluded []Exclusion, err error) {
	for _, id := range cards {
		c, err := candidate(rx, id)
		if err != nil {
			return nil, nil, err
		}
		open, err := inOpenRun(rx, id)
		if err != nil {
			return nil, nil, err
		}
		code, args := c.obstacle(rx, actor)
		if code == "" && open != "" {
			code, args = "notice.in_open_run", map[string]string{"run": open}
		}
		if code != "" {
			excluded = append(excluded, Exclusion{CardID: id, Code: code, Args: args})
			continue
		}
		due = append(due, c)
	}
	return due, excluded, nil
}

func candidate(rx *store.Rx, id int64) (Candidate, error) {
	c, err := card.ByID(rx, id)
	if err != nil || c.ResidentID == 0 {
		return Candidate{Card: c}, err
	}
	r, ok, err := resident.ByID(rx, c.ResidentID)
	return Candidate{Card: c, Resident: r, Linked: ok}, err
}
