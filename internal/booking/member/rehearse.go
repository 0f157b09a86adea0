package member

import (
	"bytes"
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/linkcode"
	"kofu/internal/store"
)

// Trial is what a rehearsal before the opening day has found: whether the codes
// on letters that were taken at random will sign in.
type Trial struct {
	Codes   map[State]int  `json:"codes"`   // that the service knows, by state
	Tried   int            `json:"tried"`   // letters
	Passed  int            `json:"passed"`  // of them
	Refused map[string]int `json:"refused"` // the others, by the code of the refusal
	Rows    []int          `json:"rows"`    // of the file that were refused, 100 at most
}

// Go reports whether the opening can go ahead: there were letters, and every one
// of them signs in.
func (t Trial) Go() bool { return t.Tried > 0 && t.Passed == t.Tried }

// Letter is what stands on one letter and what its reader knows.
type Letter struct {
	Code  linkcode.Code
	Birth string // YYYYMMDD, '' where the tenant does not ask
}

// ParseLetters reads a list of letters, one a line: code, and birth date as
// 1985-04-01 where one is asked. It is read as a whole or not at all. Errors:
// fault.Invalid "member.bad_file" with a detail for each mistake, which shows no
// code.
func ParseLetters(r io.Reader) (list []Letter, err error) {
	body, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	rows := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff"))))
	rows.FieldsPerRecord = -1
	all, err := rows.ReadAll()
	if err != nil {
		return nil, fault.New(fault.Invalid, "member.bad_file", "count", "1").Because(err)
	}
	var details []fault.Detail
	for i, fields := range all {
		l := Letter{}
		if l.Code, err = linkcode.Parse(fields[0]); err != nil {
			details = append(details, fault.Detail{Code: "member.letter_code", Row: i + 1})
		}
		if len(fields) > 1 && fields[1] != "" {
			day := jpdate.Day(fields[1])
			if !day.Valid() {
				details = append(details, fault.Detail{Code: "member.letter_birth", Row: i + 1})
			} else {
				l.Birth = day.Digits()
			}
		}
		list = append(list, l)
	}
	if len(details) > 0 {
		return nil, fault.New(fault.Invalid, "member.bad_file", "count", strconv.Itoa(len(details))).With(details[:min(len(details), mostDetails)]...)
	}
	return list, nil
}

// Rehearse signs in with every letter as it would be at an instant, such as the
// opening, and changes nothing: no attempt is counted and no letter is noted as
// arrived.
func Rehearse(rx *store.Rx, tenant int, keys Keys, letters []Letter, at time.Time) (t Trial, err error) {
	t = Trial{Refused: map[string]int{}, Tried: len(letters)}
	if t.Codes, err = countStates(rx, tenant); err != nil {
		return Trial{}, err
	}
	for i, l := range letters {
		a := Attempt{Tenant: tenant, Code: l.Code, Birth: l.Birth}
		found, known, err := look(rx, keys, a)
		if err != nil {
			return Trial{}, err
		}
		refused := found.admits(at, keys, a, known)
		if refused == nil {
			t.Passed++
			continue
		}
		e, ok := fault.As(refused)
		if !ok {
			return Trial{}, refused
		}
		t.Refused[e.Code]++
		if len(t.Rows) < mostDetails {
			t.Rows = append(t.Rows, i+1)
		}
	}
	return t, nil
}
