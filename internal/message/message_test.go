package message_test

import (
	"errors"
	"strings"
	"testing"

	"kofu/internal/fault"
	"kofu/internal/message"
)

func TestCatalogue_ParsesAndHasNoEmptyText(t *testing.T) {
	for code, text := range message.All() {
		if strings.TrimSpace(text) == "" {
			t.Errorf("%s has no text", code)
		}
	}
}

func TestOf_InternalErrorsStayInTheLog(t *testing.T) {
	text := message.Of(errors.New("disk I/O error at /var/lib"))
	if strings.Contains(text, "disk") || text != message.Text("internal", nil) {
		t.Errorf("Of(internal) = %q", text)
	}
}

func TestFill_PutsArgumentsIntoPlaces(t *testing.T) {
	got := message.Fill("{row} 行目の{column}", map[string]string{"row": "12", "column": "生年月日"})
	if got != "12 行目の生年月日" {
		t.Errorf("Fill = %q", got)
	}
}

func TestFill_ArgumentsMayNameAText(t *testing.T) {
	got := message.Fill("現在の手続: {state}", map[string]string{"state": "@procedure.READY"})
	if got != "現在の手続: 交付可能" {
		t.Errorf("Fill = %q", got)
	}
	if got := message.Fill("{name}", map[string]string{"name": "@home"}); got != "@home" {
		t.Errorf("Fill = %q, want a value that only looks like a code untouched", got)
	}
}

func TestOf_UsesTheCodeOfTheFault(t *testing.T) {
	if got := message.Of(fault.New(fault.Invalid, "no.such.code")); got != "no.such.code" {
		t.Errorf("Of = %q", got)
	}
}
