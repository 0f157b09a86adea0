package paper_test

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"kofu/internal/jpaddr"
	"kofu/internal/paper"
)

// bitmap is a page in black and white, one bit a dot.
type bitmap struct {
	w, h int
	rows []byte
}

// raster renders the first page without smoothing, as a printer would.
func raster(t testing.TB, path string, dpi int) bitmap {
	t.Helper()
	base := strings.TrimSuffix(path, ".pdf") + "-" + strconv.Itoa(dpi)
	tool(t, "pdftoppm", "-r", strconv.Itoa(dpi), "-mono", "-singlefile", path, base)
	b, err := os.ReadFile(base + ".pbm")
	if err != nil {
		t.Fatal(err)
	}
	var m bitmap
	head := bytes.SplitN(b, []byte("\n"), 3)
	if _, err := fmt.Sscan(string(head[1]), &m.w, &m.h); err != nil || string(head[0]) != "P4" {
		t.Fatal(err, string(head[0]))
	}
	m.rows = head[2]
	return m
}

func (m bitmap) dark(x, y int) bool { return m.rows[y*((m.w+7)/8)+x/8]>>(7-x%8)&1 == 1 }

// The customer barcode is measured on the raster that a printer of 400 or 600
// dpi gets, against the tolerances of Japan Post, and read back.
func TestCustomerBarcode_OnThePrintersRaster(t *testing.T) {
	for _, c := range []struct {
		stock  string
		points float64
		dpi    int
	}{
		{standard, 10, 600}, {standard, 10, 400}, {"24up-74.2x35-hisago-gb863", 9, 600}, {"18up-70x42.3-aone-28364", 8, 600},
	} {
		l := labels(t, c.stock)
		l.Start = 2
		a := samples()[0]
		a.Serial = ""
		pdf, _ := render(t, l, []paper.Addressee{a})
		img := raster(t, save(t, "bars", pdf), c.dpi)
		symbol, _ := jpaddr.LoadNational().Customer(a.Postal, a.Address)
		measure(t, img, c.points/10, float64(c.dpi)/25.4, symbol.Bars, c.stock)
	}
}

// measure finds the row with 67 bars and checks every bar around it. dots are
// pixels per mm; the raster may be off by one pixel at each edge.
func measure(t *testing.T, img bitmap, k, dots float64, bars, name string) {
	t.Helper()
	for y := range img.h {
		var starts, ends []int
		for x := 1; x < img.w; x++ {
			switch now, before := img.dark(x, y), img.dark(x-1, y); {
			case now && !before:
				starts = append(starts, x)
			case !now && before:
				ends = append(ends, x)
			}
		}
		if len(starts) != jpaddr.Bars || len(ends) != jpaddr.Bars {
			continue
		}
		check := func(what string, i, pixels int, low, high float64) {
			size := float64(pixels) / dots
			if slack := 1 / dots; size < low*k-slack || size > high*k+slack {
				t.Errorf("%s, %s of bar %d: %.3f mm, allowed %.3f to %.3f", name, what, i, size, low*k, high*k)
			}
		}
		read := make([]byte, 0, jpaddr.Bars)
		top, bottom := y, y
		for i := range starts {
			x := (starts[i] + ends[i]) / 2
			up, down := y, y
			for img.dark(x, up-1) {
				up--
			}
			for img.dark(x, down+1) {
				down++
			}
			check("width", i, ends[i]-starts[i], 0.50, 0.70)
			if i > 0 {
				check("space", i, starts[i]-ends[i-1], 0.45, 0.60)
				check("pitch", i, starts[i]-starts[i-1], 0.95, 1.30)
			}
			if i == 0 {
				top, bottom = up, down // the first bar is a long one
				check("long bar", i, down-up+1, 3.40, 3.60)
			}
			if up-top > 2 && bottom-down > 2 {
				check("timing bar", i, down-up+1, 1.05, 1.35)
			}
			read = append(read, map[[2]bool]byte{{true, true}: '1', {true, false}: '2', {false, true}: '3', {false, false}: '4'}[[2]bool{up-top <= 2, bottom-down <= 2}])
		}
		if string(read) != bars {
			t.Errorf("%s reads\n%s, want\n%s", name, read, bars)
		}
		return
	}
	t.Errorf("%s: no row with 67 bars", name)
}

func TestPlaceLabels(t *testing.T) {
	for _, name := range []string{standard, "30up-53.3x25.4-aone-29191", "44up-48.3x25.4-aone-28368", "65up-38.1x21.2-hisago-elm023"} {
		l := paper.PlaceLabels{Press: press(t), Title: "場所ラベル", Stock: stock(t, name), Start: 2}
		places := []paper.PlaceLabel{
			{Key: "1", Code: "310000000123", Name: "箱 A-3-12", Path: "本庁舎 › 保管庫1 › 棚A-3"},
			{Key: "2", Code: "310000000130", Name: "棚 A-3", Path: "本庁舎 › 保管庫1"},
		}
		var out bytes.Buffer
		report, err := l.Render(t.Context(), &out, places)
		if err != nil {
			t.Fatal(name, err)
		}
		if report.Sheets != 1 || report.Pieces != 2 {
			t.Errorf("%+v", report)
		}
		path := save(t, "places-"+name, out.Bytes())
		text := squeezed(tool(t, "pdftotext", "-raw", path, "-"))
		for _, p := range places {
			if !strings.Contains(text, squeezed(p.Name)) || !strings.Contains(text, squeezed(p.Path)) || !strings.Contains(text, p.Code) {
				t.Errorf("%s: %q", name, text)
			}
		}
		base := strings.TrimSuffix(path, ".pdf")
		tool(t, "pdftoppm", "-r", "300", "-gray", "-png", "-singlefile", path, base)
		if got := tool(t, "zbarimg", "-q", "--raw", base+".png"); !strings.Contains(got, places[0].Code) || !strings.Contains(got, places[1].Code) {
			t.Errorf("%s: zbarimg reads %q", name, got)
		}
	}
	l := paper.PlaceLabels{Press: press(t), Stock: stock(t, standard), Start: 1}
	if _, err := l.Render(t.Context(), &bytes.Buffer{}, []paper.PlaceLabel{{Code: "1", Name: strings.Repeat("棚", 200)}}); err == nil {
		t.Error("a name of 200 characters was printed")
	}
}
