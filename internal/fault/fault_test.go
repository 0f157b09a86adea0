package fault_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"kofu/internal/fault"
)

func TestAs_FindsTheFaultBehindWrapping(t *testing.T) {
	attempt := func() (err error) {
		defer fault.Add(&err, "delivery.Register(%q)", "J-1")
		return fault.New(fault.Conflict, "delivery.batch_exists", "lot", "J-1")
	}
	err := attempt()
	if !fault.Is(err, fault.Conflict, "delivery.batch_exists") {
		t.Fatalf("fault.Is(%v) = false", err)
	}
	if fault.Is(err, fault.Invalid, "delivery.batch_exists") || fault.Is(io.EOF, fault.Conflict, "delivery.batch_exists") {
		t.Error("fault.Is accepts another kind or a foreign error")
	}
	e, _ := fault.As(err)
	if e.Args["lot"] != "J-1" || !strings.HasPrefix(err.Error(), `delivery.Register("J-1"): `) {
		t.Errorf("got %q with args %v", err, e.Args)
	}
}

func TestError_KeepsValuesOutOfTheText(t *testing.T) {
	e := fault.New(fault.Invalid, "import.rows").With(fault.Detail{Code: "field.date", Row: 7, Column: "生年月日", Value: "19659999"})
	e = e.Because(io.ErrUnexpectedEOF)
	if text := e.Error(); strings.Contains(text, "19659999") || !strings.Contains(text, "row 7") {
		t.Errorf("Error() = %q: want the row, not the value", text)
	}
	if !errors.Is(e, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
}

func TestAdd_LeavesSuccessAlone(t *testing.T) {
	var err error
	fault.Add(&err, "x")
	if err != nil {
		t.Errorf("Add made an error out of nothing: %v", err)
	}
}
