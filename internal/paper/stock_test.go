package paper_test

import (
	"strconv"
	"strings"
	"testing"

	"kofu/internal/fault"
	"kofu/internal/paper"
)

func TestStocks_AllOfTheCatalogue(t *testing.T) {
	list := paper.Stocks()
	if len(list) != 35 {
		t.Fatalf("%d stocks, want 35", len(list))
	}
	seen := map[string]bool{}
	for _, s := range list {
		if err := s.Check(); err != nil || seen[s.Name] {
			t.Errorf("%s: %v", s.Name, err)
		}
		seen[s.Name] = true
		if cells, _, _ := strings.Cut(s.Name, "up-"); cells != strconv.Itoa(s.Cells()) {
			t.Errorf("%s has %d × %d cells", s.Name, s.Columns, s.Rows)
		}
	}
}

// One piece on every stock: short enough for all of them.
func TestStocks_EachPrints(t *testing.T) {
	for _, s := range paper.Stocks() {
		l := labels(t, s.Name)
		l.Start = s.Cells()
		a := samples()[0]
		a.Serial = "7-1"
		_, report := render(t, l, []paper.Addressee{a, a})
		if report.Sheets != 2 {
			t.Errorf("%s: %d sheets, want 2", s.Name, report.Sheets)
		}
		if hasCode := len(report.NoBarcode) == 0; hasCode != (s.LabelW > 60) {
			t.Errorf("%s: barcode %v on %v mm: %v", s.Name, hasCode, s.LabelW, report.NoBarcode)
		}
	}
}

// The known bad entries of public template sets, and the rounding that is none.
func TestReadStocks_RejectsEntryByEntry(t *testing.T) {
	const list = `name,maker_parts,paper,paper_w_mm,paper_h_mm,columns,rows,label_w_mm,label_h_mm,pitch_x_mm,pitch_y_mm,left_mm,top_mm
OP3010,Hisago,A4,210,297,4,10,83.8,25.4,87.6,25.4,20,21.5
29233,A-one,A4,210,297,2,12,84,42,86,42,20,20
ELM011,Hisago,A4,210,297,3,7,70,42.43,70,42.43,0,0
overlap,,A4,210,297,2,6,84,42,80,42,20,20
text,,A4,210,297,2,six,84,42,86,42,20,20
endless,,A4,210,297,2,6,NaN,42,86,42,20,20
huge,,A4,210,297,1000000000,6,0.1,42,86,42,20,20
`
	got, refused, err := paper.ReadStocks(strings.NewReader(list))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Name != "ELM011" {
		t.Errorf("accepted %v", got)
	}
	want := []struct {
		row      int
		code, mm string
	}{
		{2, "paper.stock_overrun_x", "156.60"},
		{3, "paper.stock_overrun_y", "227.00"},
		{5, "paper.stock_overlap_x", "4.00"},
		{6, "paper.stock_number", ""},
		{7, "paper.stock_number", ""},
		{8, "paper.stock_number", ""},
	}
	if len(refused) != len(want) {
		t.Fatalf("refused %v", refused)
	}
	for i, w := range want {
		if r := refused[i]; r.Row != w.row || r.Code != w.code || r.Args["mm"] != w.mm {
			t.Errorf("refused %v, want %v", r, w)
		}
	}
	if _, _, err := paper.ReadStocks(strings.NewReader("a\n\"b")); !fault.Is(err, fault.Invalid, "paper.stock_file") {
		t.Errorf("broken file: %v", err)
	}
}

func FuzzReadStocks(f *testing.F) {
	f.Add("h\n12up,,A4,210,297,2,6,84,42,86,42,20,22.5\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, _, _ := paper.ReadStocks(strings.NewReader(text))
		for _, s := range list {
			if s.Cells() < 1 || s.Cells() > 1000 {
				t.Errorf("accepted %v", s)
			}
		}
	})
}

func TestLabels_StartCell(t *testing.T) {
	for _, start := range []int{0, -1, 13} {
		l := labels(t, standard)
		l.Start = start
		if _, err := l.Preflight(t.Context(), samples(), nil); !fault.Is(err, fault.Invalid, "paper.start_cell") {
			t.Errorf("start %d: %v", start, err)
		}
	}
}
