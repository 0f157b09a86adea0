package faultlab_test

import (
	"slices"
	"strings"
	"testing"

	"kofu/internal/faultlab"
)

func lot() faultlab.Lot {
	return faultlab.Lot{
		No: "L1", Numbers: []string{"a", "b", "c"}, Applied: true,
		Received: map[string]bool{"a": true}, Tried: map[string]bool{"a": true, "b": true},
	}
}

func seen() faultlab.Seen {
	return faultlab.Seen{Deliveries: 1, Expected: 3, Received: 1, Cards: map[string]bool{"a": true, "b": false, "c": false}}
}

func TestBreaches(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*faultlab.Lot, *faultlab.Seen)
		want   string // part of the only breach, "" for none
	}{
		{"as acknowledged", func(*faultlab.Lot, *faultlab.Seen) {}, ""},
		{"an unanswered scan arrived", func(_ *faultlab.Lot, s *faultlab.Seen) { s.Cards["b"], s.Received = true, 2 }, ""},
		{"an unanswered import is gone", func(l *faultlab.Lot, s *faultlab.Seen) {
			*l = faultlab.Lot{No: "L1", Numbers: l.Numbers}
			*s = faultlab.Seen{}
		}, ""},
		{"an unanswered import arrived", func(l *faultlab.Lot, s *faultlab.Seen) {
			*l = faultlab.Lot{No: "L1", Numbers: l.Numbers}
			s.Received, s.Cards["a"] = 0, false
		}, ""},
		{"import lost", func(_ *faultlab.Lot, s *faultlab.Seen) { *s = faultlab.Seen{} }, "acknowledged import is lost"},
		{"import twice", func(_ *faultlab.Lot, s *faultlab.Seen) { s.Deliveries = 2 }, "2 times"},
		{"half an import", func(_ *faultlab.Lot, s *faultlab.Seen) { delete(s.Cards, "c") }, "half an import"},
		{"cards without delivery", func(l *faultlab.Lot, s *faultlab.Seen) { l.Applied, s.Deliveries = false, 0 }, "without their delivery"},
		{"scan lost", func(_ *faultlab.Lot, s *faultlab.Seen) { s.Cards["a"], s.Received = false, 0 }, "reception of a is lost"},
		{"scan from nowhere", func(_ *faultlab.Lot, s *faultlab.Seen) { s.Cards["c"], s.Received = true, 2 }, "nobody scanned"},
		{"wrong count", func(_ *faultlab.Lot, s *faultlab.Seen) { s.Received = 0 }, "counts 0 receptions and shows 1"},
		{"other card", func(_ *faultlab.Lot, s *faultlab.Seen) { delete(s.Cards, "c"); s.Cards["x"] = false }, "became another"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, s := lot(), seen()
			tt.change(&l, &s)
			got := faultlab.Breaches(l, s)
			if tt.want == "" && len(got) > 0 || tt.want != "" && (len(got) != 1 || !strings.Contains(got[0], tt.want)) {
				t.Errorf("breaches %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRegisterBreaches(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*faultlab.Register, *faultlab.SeenRegister)
		want   string // part of the only breach, "" for none
	}{
		{"as acknowledged", func(*faultlab.Register, *faultlab.SeenRegister) {}, ""},
		{"before the first night", func(r *faultlab.Register, s *faultlab.SeenRegister) {
			*r, *s = faultlab.Register{Residents: 600}, faultlab.SeenRegister{}
		}, ""},
		{"an unanswered night arrived", func(_ *faultlab.Register, s *faultlab.SeenRegister) {
			s.Residents, s.Moves[4] = map[int]int{4: 600}, 600
		}, ""},
		{"half a night", func(_ *faultlab.Register, s *faultlab.SeenRegister) {
			s.Residents, s.Moves[4] = map[int]int{3: 100, 4: 500}, 600
		}, "100 residents of night 3|500 residents of night 4"},
		{"half of the moves", func(_ *faultlab.Register, s *faultlab.SeenRegister) { s.Moves[3] = 599 }, "599 of the 600 moves"},
		{"a night lost", func(_ *faultlab.Register, s *faultlab.SeenRegister) {
			s.Residents, s.Moves[3] = map[int]int{1: 600}, 0
		}, "shows night 1|the moves of night 3 are lost"},
		{"everything lost", func(_ *faultlab.Register, s *faultlab.SeenRegister) { s.Residents = nil }, "shows night 0|moves of night 1 without|moves of night 3 without"},
		{"moves without addresses", func(_ *faultlab.Register, s *faultlab.SeenRegister) { s.Moves[4] = 600 }, "night 4 without"},
		{"from nowhere", func(_ *faultlab.Register, s *faultlab.SeenRegister) { s.Residents = map[int]int{9: 600} }, "shows night 9"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := faultlab.Register{Residents: 600, Last: 4, Applied: map[int]bool{1: true, 3: true}}
			s := faultlab.SeenRegister{Residents: map[int]int{3: 600}, Moves: map[int]int{1: 600, 3: 600}}
			tt.change(&r, &s)
			got := faultlab.RegisterBreaches(r, s)
			want := strings.Split(tt.want, "|")
			if tt.want == "" {
				want = nil
			}
			same := len(got) == len(want)
			for _, part := range want {
				same = same && slices.ContainsFunc(got, func(breach string) bool { return strings.Contains(breach, part) })
			}
			if !same {
				t.Errorf("breaches %q, want %q", got, want)
			}
		})
	}
}
