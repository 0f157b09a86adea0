// Package settings holds everything that staff change without a programmer:
// the office and its terms, the texts of letters, calibration of printers,
// label stocks, the city's own towns with postal codes. All of it is one
// document with a version; a change is a new version and the old ones stay as
// history. Other packages keep documents of their own beside it in the same way
// (see [LoadDocument]); every municipality has its own. Writes table setting.
package settings

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"kofu/internal/message"
)

// Settings is the whole document. A field that the stored document leaves out
// has its default.
type Settings struct {
	Version       int               `json:"version"` // 0 as long as nobody has saved
	Organization  Organization      `json:"organization"`
	Pickup        Pickup            `json:"pickup"`
	Notice        Notice            `json:"notice"`
	Printers      []Printer         `json:"printers"`
	StatusLabels  map[string]string `json:"statusLabels"` // own words by status code; the others are called as in the catalogue
	IdleMinutes   int               `json:"idleMinutes"`  // 1–15: a session without a request ends
	RegistryGaiji string            `json:"registryGaiji"`
	DeliveryGaiji string            `json:"deliveryGaiji"`
	LAN           LAN               `json:"lan"`
	Stocks        []Stock           `json:"stocks"`
	Towns         []Town            `json:"towns"`
}

// Organization is the office as it signs its letters.
type Organization struct {
	Name     string `json:"name"`
	Section  string `json:"section"`
	Postal   string `json:"postal"` // 123-4567
	Address  string `json:"address"`
	Phone    string `json:"phone"`
	ReturnTo string `json:"returnTo"` // where the post returns what it cannot deliver; empty: the address
}

// Pickup is the counter at which cards are handed over.
type Pickup struct {
	Place   string `json:"place"`
	Floor   string `json:"floor"`
	Address string `json:"address"`
	Hours   string `json:"hours"`
	Phone   string `json:"phone"`
}

// Notice is how letters and labels are written.
type Notice struct {
	DeadlineMonths int         `json:"deadlineMonths"` // 1–12 months from the day of printing to the 受取期限
	BookingURL     string      `json:"bookingUrl"`     // https://…, empty without a booking service
	Title          string      `json:"title"`
	Paragraphs     []string    `json:"paragraphs"` // with the places of [Variables] in braces
	BringItems     []BringList `json:"bringItems"`
	Order          string      `json:"order"` // shelf, post, kana or number
	Stock          string      `json:"stock"` // id of the label stock offered first
	Honorific      string      `json:"honorific"`
}

// BringList is what a receiver brings along.
type BringList struct {
	Route string   `json:"route"` // self, legal (legal representative) or proxy
	Age   string   `json:"age"`   // any or under15, of the holder of the card
	Title string   `json:"title"`
	Items []string `json:"items"`
}

// Printer is how far one printer is off. Lengths are millimetres to the right
// and downwards; a scale of 1 leaves the size as it is.
type Printer struct {
	Name    string  `json:"name"`
	OffsetX float64 `json:"offsetX"`
	OffsetY float64 `json:"offsetY"`
	ScaleX  float64 `json:"scaleX"`
	ScaleY  float64 `json:"scaleY"`
}

// LAN is how other PCs of the office reach the appliance, beside what the
// machine knows by itself.
type LAN struct {
	Names     []string `json:"names"`
	Addresses []string `json:"addresses"`
}

// Stock is a sheet of labels that the built-in list does not have. Lengths are
// millimetres; left and top are the upper left corner of the first label.
type Stock struct {
	ID      string  `json:"id"`
	Name    string  `json:"name"`
	Maker   string  `json:"maker"`
	Paper   string  `json:"paper"`
	PaperW  float64 `json:"paperW"`
	PaperH  float64 `json:"paperH"`
	Columns int     `json:"columns"`
	Rows    int     `json:"rows"`
	LabelW  float64 `json:"labelW"`
	LabelH  float64 `json:"labelH"`
	PitchX  float64 `json:"pitchX"`
	PitchY  float64 `json:"pitchY"`
	Left    float64 `json:"left"`
	Top     float64 `json:"top"`
}

// Town is a town with its postal code that the national table does not have.
type Town struct {
	Pref string `json:"pref"`
	City string `json:"city"`
	Town string `json:"town"`
	Zip7 string `json:"zip7"` // seven digits
}

// Variables are the places that a letter's paragraph may name in braces.
var Variables = []string{
	"name", "noticeNo", "deadline", "code", "bookingUrl", "date",
	"organization", "section", "phone", "place", "floor", "placeAddress", "hours", "placePhone",
}

//go:embed defaults.json
var defaults []byte

// Default returns the settings of an appliance that nobody has changed yet.
func Default() Settings {
	var s Settings
	if err := json.Unmarshal(defaults, &s); err != nil {
		panic(fmt.Errorf("defaults.json: %w", err)) // embedded; the test of this package fails first
	}
	return s
}

// StatusLabel is how a status of a card is called: in the city's own word, or
// as the catalogue has it under «status.» and the code.
func (s Settings) StatusLabel(code string) string {
	if own := s.StatusLabels[code]; own != "" {
		return own
	}
	return message.Text("status."+code, nil)
}
