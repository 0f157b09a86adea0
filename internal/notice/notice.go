// Package notice is the letters (交付通知書): which cards are due, print runs
// with their pieces exactly as printed, the link codes on them, and the
// posting that makes a card 通知済. It decides and records; package press turns
// a run into PDFs. Writes tables notice_run, notice_piece, notice_decision and
// link_code.
package notice

import (
	"kofu/internal/fault"
)

// State of a print run.
type State string

// The states of a print run.
const (
	Draft     State = "draft"     // pieces are fixed, nothing is printed
	Ready     State = "ready"     // the PDFs are made
	Posted    State = "posted"    // handed to the post office
	Cancelled State = "cancelled" // given up before posting
)

// Sort is the order of the pieces.
type Sort string

// The orders in which clerks work.
const (
	ByShelf  Sort = "shelf"  // as the cards lie in the vault
	ByPost   Sort = "post"   // by postal code and address
	ByKana   Sort = "kana"   // by reading
	ByNumber Sort = "number" // by notice number
)

// Run is one print run of letters and labels.
type Run struct {
	ID        int64
	No        string // 2026-1124-01, printed on every piece
	State     State
	Stock     string
	StartCell int // 1 = first label of the sheet
	Sort      Sort
	Deadline  string // 受取期限 printed on the letters
	Fonts     string // JSON: name, sha256 and role of every font used
	Excluded  []Exclusion
	CreatedAt string
	CreatedBy string
	ReadyAt   string
	PostedOn  string
	Reason    string
	Pieces    int // those not held out
}

// Exclusion is a card that gets no letter, and why (a key of the catalogue).
type Exclusion struct {
	CardID int64             `json:"cardId"`
	Code   string            `json:"code"`
	Args   map[string]string `json:"args,omitempty"`
}

// Piece is one letter with its label, exactly as printed.
type Piece struct {
	ID         int64
	Seq        int // 1 … n, never renumbered
	CardID     int64
	NoticeNo   string
	Name       string
	PostalCode string
	Address    string
	Building   string
	GaijiSet   string
	LinkID     int64
	HeldOut    bool
}

// Decision is what a person decided about a character that no font has.
type Decision struct {
	Key        string // gaiji set and code points, see DecisionKey
	Kind       string // box, hold_out, substitute
	Substitute string
}

// The kinds of decision.
const (
	BoxCode    = "box"        // print a ruled box that holds the code
	HoldOut    = "hold_out"   // leave out every piece with the character
	Substitute = "substitute" // print another text in its place
)

// check refuses decisions that decide nothing.
func (d Decision) check() error {
	switch {
	case d.Kind != BoxCode && d.Kind != HoldOut && d.Kind != Substitute:
		return fault.New(fault.Invalid, "notice.bad_decision")
	case d.Kind == Substitute && d.Substitute == "":
		return fault.New(fault.Invalid, "notice.no_substitute")
	}
	return nil
}
