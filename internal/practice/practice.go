// Package practice fills the database of practice mode with a synthetic city in
// the middle of its work: residents, deliveries at every stage, cards in the
// vault, letters that were posted, accounts for every role. It does all of it
// with the acts of the domains, as clerks would; so practice starts from states
// that can really occur. Files for practising the imports lie in a folder of
// the data folder, as on a medium. Writes no tables of its own.
package practice

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kofu/internal/audit"
	"kofu/internal/card"
	"kofu/internal/city"
	"kofu/internal/delivery"
	"kofu/internal/fault"
	"kofu/internal/intake"
	"kofu/internal/keyring"
	"kofu/internal/message"
	"kofu/internal/press"
	"kofu/internal/settings"
	"kofu/internal/staff"
	"kofu/internal/store"
	"kofu/internal/vault"
)

// Office is what practice mode stands on.
type Office struct {
	DB     *store.DB
	Ring   *keyring.Ring
	Hasher *staff.Hasher
	Dir    string // data folder
	Fonts  string // folder of the fonts for paper
	Keys   string // key folder
	Spool  string // folder for files under way
}

// Account is an account to practise with.
type Account struct {
	Login    string `json:"login"`
	Name     string `json:"name"`
	Role     string `json:"role"`
	Password string `json:"password"`
}

const (
	accountsFile = "practice.json"
	samples      = "samples"
	population   = 6000
	seed         = 20261121
	left         = 20 // cards that are missing from the second parcel
	boxes        = 24
	boxCapacity  = 60
)

// itself is on whose behalf practice data is made. Time lines show its name.
func itself() store.Actor {
	name := message.Text("practice.actor", nil)
	return store.Actor{ID: "practice", Name: name, Role: "practice", Terminal: name, Employee: true}
}

// logins are the accounts, one per role. Their names are in the catalogue.
var logins = []struct{ login, role string }{
	{"kanri", "supervisor"}, {"ukeire", "receiver"}, {"baitai", "media"}, {"tsuchi", "notice"}, {"mado", "counter"}, {"kansa", "auditor"}, {"system", "admin"},
}

// Samples is the folder with files for practising imports.
func Samples(dir string) string { return filepath.Join(dir, samples) }

// Medium is the folder that stands for a medium.
func Medium(dir string) string { return filepath.Join(dir, "medium") }

// Discard removes a practice database whose making was interrupted, so that
// Fill begins anew. It is called before the database is opened.
func Discard(dir string) (err error) {
	defer fault.Add(&err, "practice.Discard")
	if _, err := os.Stat(filepath.Join(dir, accountsFile)); err == nil || !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, name := range []string{"kofu.db", "kofu.db-wal", "kofu.db-shm"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Fill makes the city at the first start and returns the accounts to practise
// with; later starts return the same ones.
func Fill(ctx context.Context, o Office) (_ []Account, err error) {
	defer fault.Add(&err, "practice.Fill")
	if !o.DB.Practice() {
		return nil, errors.New("not a practice database")
	}
	if accounts, err := o.accounts(); err == nil || !errors.Is(err, os.ErrNotExist) {
		return accounts, err
	}
	now, err := o.now(ctx)
	if err != nil {
		return nil, err
	}
	c, err := city.New(city.Config{Population: population, Seed: seed, Today: now})
	if err != nil {
		return nil, err
	}
	if _, err := c.WriteAll(Samples(o.Dir)); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(Medium(o.Dir), 0o700); err != nil {
		return nil, err
	}
	if err := o.office(ctx); err != nil {
		return nil, err
	}
	if err := o.people(ctx, c); err != nil {
		return nil, err
	}
	if err := o.parcels(ctx, c); err != nil {
		return nil, err
	}
	if err := o.atCounter(ctx); err != nil {
		return nil, err
	}
	if err := o.leaveCases(ctx); err != nil {
		return nil, err
	}
	return o.makeAccounts(ctx)
}

func (o Office) now(ctx context.Context) (now time.Time, err error) {
	err = o.DB.Read(ctx, func(rx *store.Rx) error {
		now = rx.Now
		return nil
	})
	return now, err
}

// office sets the office up: its settings, its 外字, its vault.
func (o Office) office(ctx context.Context) error {
	err := o.DB.Write(ctx, itself(), func(tx *store.Tx) error {
		_, err := settings.Save(tx, city.Settings(), 0)
		return err
	})
	if err != nil {
		return err
	}
	if err := o.addFont(); err != nil {
		return err
	}
	parent := int64(0)
	for _, n := range []vault.New{
		{Kind: vault.Office, Name: message.Text("practice.office", nil)},
		{Kind: vault.Room, Name: message.Text("practice.vault", nil)},
		{Kind: vault.Shelf, Name: message.Text("practice.shelf", nil)},
		{Kind: vault.Box, Name: message.Text("practice.box", nil), Capacity: boxCapacity, Count: boxes},
	} {
		n.ParentID = parent
		made, err := vault.Add(ctx, o.DB, itself(), n)
		if err != nil {
			return err
		}
		parent = made[0].ID
	}
	return nil
}

// addFont registers the 外字 of the city. Without any text font on the machine
// practice goes on; printing then says what is missing.
func (o Office) addFont() error {
	fonts, err := press.OpenFonts(o.Fonts)
	if fault.Is(err, fault.Unavailable, "press.no_font") {
		return nil
	}
	if err != nil {
		return err
	}
	font, err := city.Font(false)
	if err != nil {
		return err
	}
	_, err = fonts.AddEUDC(bytes.NewReader(font), city.GaijiSet)
	return err
}

// people imports the registry of the first night.
func (o Office) people(ctx context.Context, c *city.City) error {
	var file bytes.Buffer
	if err := c.WriteRB(&file, city.FirstNight); err != nil {
		return err
	}
	_, err := o.take(ctx, message.Text("practice.registry_file", nil), "registry_legacy_cp932", &file)
	return err
}

func (o Office) take(ctx context.Context, name, profile string, file *bytes.Buffer) (intake.Run, error) {
	run, err := intake.Preview(ctx, o.DB, itself(), intake.Upload{FileName: name, Profile: profile, Reader: file})
	if err != nil {
		return run, err
	}
	return intake.Apply(ctx, o.DB, itself(), run.ID, nil)
}

// parcels leads all parcels but the newest along the trunk; the newest waits
// as a file for the one who practises. The oldest is complete, notified and
// partly handed over; the next one is in the vault, but 20 of its cards have
// not come and its reception is still open.
func (o Office) parcels(ctx context.Context, c *city.City) error {
	lots := c.Deliveries()
	for i, lot := range lots[:len(lots)-1] {
		var file bytes.Buffer
		if err := c.WriteJ1(&file, lot); err != nil {
			return err
		}
		run, err := o.take(ctx, lot.LotNo+".csv", "jlis_delivery_csv_v1", &file)
		if err != nil {
			return err
		}
		missing := 0
		if i > 0 {
			missing = left
		}
		if err := o.receive(ctx, run.DeliveryID, missing); err != nil {
			return err
		}
		if missing == 0 {
			if _, err := delivery.Close(ctx, o.DB, itself(), run.DeliveryID); err != nil {
				return err
			}
		}
		if i == 0 {
			if err := o.notify(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// receive takes the cards of a parcel in and brings them to the vault.
func (o Office) receive(ctx context.Context, deliveryID int64, missing int) error {
	return o.DB.Write(ctx, itself(), func(tx *store.Tx) error {
		cards, err := card.OfDelivery(tx.Rx, deliveryID)
		if err != nil {
			return err
		}
		places, err := vault.All(tx.Rx)
		if err != nil {
			return err
		}
		for _, c := range cards[:len(cards)-missing] {
			for _, act := range []card.Act{card.ActReceive, card.ActInspect, card.ActPreset} {
				if _, err := card.Do(tx, c.ID, act, card.Input{}); err != nil {
					return err
				}
			}
			if err := shelve(tx, places, c.ID); err != nil {
				return err
			}
		}
		return audit.Append(tx, "practice.received", fmt.Sprintf("delivery/%d", deliveryID), map[string]int{"cards": len(cards) - missing})
	})
}

// shelve puts a card into the first box that has room.
func shelve(tx *store.Tx, places []vault.Place, id int64) error {
	for i := range places {
		if places[i].Kind != vault.Box || places[i].Used == places[i].Capacity {
			continue
		}
		shelved, err := vault.PutAway(tx, id, places[i])
		places[i].Used = shelved.Place.Used
		return err
	}
	return errors.New("the practice vault is full")
}

// accounts reads the accounts of an earlier start.
func (o Office) accounts() (accounts []Account, err error) {
	b, err := os.ReadFile(filepath.Join(o.Dir, accountsFile))
	if err != nil {
		return nil, err
	}
	return accounts, json.Unmarshal(b, &accounts)
}

// makeAccounts makes one account per role, with passwords of their own that
// are kept beside the practice data and shown at every start.
func (o Office) makeAccounts(ctx context.Context) ([]Account, error) {
	if err := o.DB.Write(ctx, itself(), func(tx *store.Tx) error { return staff.Seed(tx, staff.ApplianceRoles) }); err != nil {
		return nil, err
	}
	var accounts []Account
	for _, l := range logins {
		a := Account{Login: l.login, Name: message.Text("practice.name_"+l.role, nil), Role: l.role}
		made, initial, err := staff.Create(ctx, o.DB, o.Hasher, itself(), staff.New{Login: a.Login, Name: a.Name, Roles: []string{l.role}, Employee: true})
		if err != nil {
			return nil, err
		}
		if err := o.DB.Write(ctx, itself(), func(tx *store.Tx) error { return staff.PasswordChosen(tx, made.ID) }); err != nil {
			return nil, err
		}
		a.Password = initial
		accounts = append(accounts, a)
	}
	b, err := json.MarshalIndent(accounts, "", "  ")
	if err != nil {
		return nil, err
	}
	return accounts, os.WriteFile(filepath.Join(o.Dir, accountsFile), b, 0o600)
}
