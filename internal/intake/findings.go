package intake

import (
	"slices"

	"kofu/internal/fault"
	"kofu/internal/tabfile"
)

// finder collects what is wrong with a file: what reading it found, then what
// taking it over found.
type finder struct {
	list     []tabfile.Finding
	total    int
	rejected map[int]bool // rows left out
}

func (f *finder) add(finding tabfile.Finding) error {
	if finding.Severity == tabfile.Reject {
		if f.rejected == nil {
			f.rejected = map[int]bool{}
		}
		f.rejected[finding.Row] = true
	}
	f.total++
	if len(f.list) < keptFindings {
		f.list = append(f.list, finding)
	}
	return nil
}

func (f *finder) warn(row int, column, value, code string, args ...string) {
	_ = f.add(tabfile.Finding{Row: row, Column: column, Value: value, Code: code, Args: fault.Args(args...), Severity: tabfile.Warn}) // never fails
}

func (f *finder) reject(row int, column, value, code string, args ...string) {
	_ = f.add(tabfile.Finding{Row: row, Column: column, Value: value, Code: code, Args: fault.Args(args...), Severity: tabfile.Reject}) // never fails
}

// refusal lists the rejected rows of a file that may not have any.
func (f *finder) refusal(e *fault.Error) *fault.Error {
	var details []fault.Detail
	for _, finding := range f.list {
		if finding.Severity == tabfile.Reject && len(details) < shownFindings {
			details = append(details, finding.Detail())
		}
	}
	return e.With(details...)
}

// first returns the findings in the order of the rows, those of the file as a
// whole first.
func (f *finder) sorted() []tabfile.Finding {
	slices.SortStableFunc(f.list, func(a, b tabfile.Finding) int { return a.Row - b.Row })
	return f.list
}
