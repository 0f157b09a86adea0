// Package intake brings files of other systems in. An import is: copy the file
// into the spool folder, read all of it, show what it would change, then apply
// it in one transaction, or leave everything as it was. An import can be taken
// back as long as nothing later depends on it.
//
// A preview carries the whole import out in a transaction that is rolled back,
// so its figures are those of the real one, not an estimate. Domain tables are
// written by their packages; this one writes import_run, import_finding,
// import_delivery and import_link.
package intake

import (
	"io"
	"strconv"

	"kofu/internal/store"
	"kofu/internal/tabfile"
)

// State says how far an import has come.
type State string

// The states of an import. While it is being applied it is still previewed in
// the database; [Jobs] knows more.
const (
	Previewed State = "previewed"
	Applied   State = "applied"
	Cancelled State = "cancelled"
	Failed    State = "failed"
	Undone    State = "undone"
)

// Upload is a file as it arrives.
type Upload struct {
	FileName string
	Reader   io.Reader
	Profile  string // id; "" = find out
	LotNo    string // 発送番号 for a list that names none; "" = made from the day
}

// Counts are the figures of an import.
type Counts struct {
	New         int `json:"new"`       // cards or persons not known before
	Changed     int `json:"changed"`   // rows that change a person
	Unchanged   int `json:"unchanged"` // rows that say what is known
	Rejected    int `json:"rejected"`  // rows left out
	Events      int `json:"events"`    // 異動 not known before
	Linked      int `json:"linked"`    // cards joined to a person
	Unlinked    int `json:"unlinked"`  // cards that still have none
	HoldsOpened int `json:"holdsOpened"`
	HoldsClosed int `json:"holdsClosed"`
}

// effect leaves out what is no doing of the import: cards without a person
// come and go with the day's work.
func (c Counts) effect() Counts {
	c.Unlinked = 0
	return c
}

// Warning concerns the file as a whole.
type Warning struct {
	Code string            `json:"code"`
	Args map[string]string `json:"args,omitempty"`
}

// sample is what the preview shows of the file.
type sample struct {
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
}

// Run is one import.
type Run struct {
	ID            int64
	Profile       string
	Kind          tabfile.Kind
	FileName      string
	FileDate      string // the day the file speaks of, "" when unknown
	Size          int64
	SHA256        string
	Encoding      string
	State         State
	Rows          int // data rows of the file
	Counts        Counts
	Columns       []string   // headings of the sample
	Sample        [][]string // first rows; gone once applied or cancelled
	Warnings      []Warning
	FindingsTotal int
	Findings      []tabfile.Finding // the first 1,000
	LotNo         string            // 発送番号 of a delivery, several with commas
	DeliveryID    int64
	CreatedAt     string
	CreatedBy     string
	AppliedAt     string
	AppliedBy     string
	Reason        string

	spool string
}

// Object names the import in the audit log.
func (r Run) Object() string { return "import/" + strconv.FormatInt(r.ID, 10) }

// group joins the events of cards that one import causes.
func group(runID int64) string { return "import/" + strconv.FormatInt(runID, 10) }

// shownFindings is how many findings a Run carries, keptFindings how many the
// database keeps.
const (
	shownFindings = 1000
	keptFindings  = 100_000
)

// figures is what the audit log records of an import: numbers, no names.
type figures struct {
	Profile string `json:"profile"`
	SHA256  string `json:"sha256"`
	Rows    int    `json:"rows"`
	Counts  Counts `json:"counts"`
	Reason  string `json:"reason,omitempty"`
}

func (r Run) figures() figures {
	return figures{Profile: r.Profile, SHA256: r.SHA256, Rows: r.Rows, Counts: r.Counts, Reason: r.Reason}
}

// ByID returns an import with its first findings. Errors: fault.NotFound
// "import.not_found".
func ByID(rx *store.Rx, id int64) (Run, error) {
	r, err := runByID(rx, id)
	if err != nil {
		return Run{}, err
	}
	r.Findings, err = findingsOf(rx, id, shownFindings)
	return r, err
}
