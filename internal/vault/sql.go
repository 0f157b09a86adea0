package vault

import (
	"errors"
	"fmt"

	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/scancode"
	"kofu/internal/store"
)

const columns = `
p.id, COALESCE(p.parent_id, 0), p.kind, p.code, p.name, p.path, p.sort, p.capacity,
(SELECT count(*) FROM card c WHERE c.place_id = p.id)`

func scanPlace(scan func(...any) error) (p Place, err error) {
	err = scan(&p.ID, &p.ParentID, &p.Kind, &p.Code, &p.Name, &p.Path, &p.Sort, &p.Capacity, &p.Used)
	return p, err
}

// All returns every place in walking order.
func All(rx *store.Rx) (places []Place, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		p, err := scanPlace(scan)
		places = append(places, p)
		return err
	}, "SELECT "+columns+" FROM place p ORDER BY p.sort")
	return places, err
}

// ByID returns a place. Error: fault.NotFound "vault.not_found".
func ByID(rx *store.Rx, id int64) (Place, error) {
	p, err := scanPlace(rx.Row("SELECT "+columns+" FROM place p WHERE p.id = $1", id).Scan)
	if errors.Is(err, store.ErrNoRows) {
		return Place{}, fault.New(fault.NotFound, "vault.not_found")
	}
	return p, err
}

// ByLabel returns the place whose label was read. Error: fault.NotFound
// "vault.not_a_place".
func ByLabel(rx *store.Rx, label string) (Place, error) {
	code := scancode.Read(label)
	if code.Kind != scancode.Place {
		return Place{}, fault.New(fault.NotFound, "vault.not_a_place")
	}
	return ByID(rx, code.ID)
}

// insert numbers the place, so that its label can hold the number.
func insert(tx *store.Tx, p Place, parentSort string) (Place, error) {
	var parent any
	if p.ParentID != 0 {
		parent = p.ParentID
	}
	if p.ParentID == 0 { // NULL is not equal to NULL in the unique index
		var taken bool
		if err := tx.Row("SELECT EXISTS (SELECT 1 FROM place WHERE parent_id IS NULL AND name = $1)", p.Name).Scan(&taken); err != nil {
			return p, err
		}
		if taken {
			return p, fault.New(fault.Conflict, "vault.name_taken", "name", p.Name)
		}
	}
	if err := tx.Row("SELECT COALESCE(MAX(id), 0) + 1 FROM place").Scan(&p.ID); err != nil {
		return p, err
	}
	p.Code, p.Sort = scancode.PlaceLabel(p.ID), fmt.Sprintf("%s/%06d", parentSort, p.ID)
	_, err := tx.Exec(`
INSERT INTO place (id, parent_id, kind, code, name, path, sort, capacity, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		p.ID, parent, string(p.Kind), p.Code, p.Name, p.Path, p.Sort, p.Capacity, store.Stamp(tx.Now))
	if store.IsUnique(err) {
		return p, fault.New(fault.Conflict, "vault.name_taken", "name", p.Name)
	}
	return p, err
}

// NextFree returns the lowest free position of a box, 0 when it is full or no
// box.
func NextFree(rx *store.Rx, p Place) (int, error) {
	if p.Kind != Box {
		return 0, nil
	}
	taken, err := card.Occupied(rx, p.ID)
	if err != nil {
		return 0, err
	}
	if n, free := p.next(taken); free {
		return n, nil
	}
	return 0, nil
}
