package paper

import (
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"kofu/internal/glyph"
	"kofu/internal/jpaddr"
)

var testPress = sync.OnceValues(func() (Press, error) {
	text, err := glyph.OpenFile("/usr/share/fonts/truetype/ipamj/ipamjm.ttf", glyph.Text, "")
	if err != nil {
		return Press{}, err
	}
	return Press{Fonts: glyph.NewSet(text), Towns: jpaddr.LoadNational(), Now: time.Date(2026, 11, 24, 0, 30, 0, 0, time.UTC)}, nil
})

func testSetter(t interface{ Fatal(...any) }) *setter {
	p, err := testPress()
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.setter()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// standardRoom is that of the most usual label, 84 × 42 mm.
func standardRoom() room {
	stock, _ := FindStock("12up-84x42-aone-28187")
	r, _ := labelRoom(stock, stock.safe(0))
	r.wantCode = true
	return r
}

func textOf(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.text)
	}
	return b.String()
}

func TestMeasure(t *testing.T) {
	// 27 full-width characters of 10 pt are 95.25 mm.
	if got := testSetter(t).width(strings.Repeat("国", 27), style{size: 10}); got < 95.2 || got > 95.3 {
		t.Errorf("27 characters of 10 pt: %.2f mm, want 95.25", got)
	}
}

func TestFit_Cases(t *testing.T) {
	s := testSetter(t)
	r := standardRoom()
	long := strings.Repeat("特別養護老人ホームひかり", 7)[:80*3]
	for _, c := range []struct {
		name         string
		a            Addressee
		address, who int // lines
	}{
		{"on one line", Addressee{Address: "東京都千代田区三番町６番地３", Name: "山田　太郎"}, 1, 1},
		{"broken behind the city", Addressee{Address: "北海道札幌市東区北六条東４丁目１番地１２３－４５", Name: "山田　太郎"}, 2, 1},
		{"annex on its own line", Addressee{Address: "東京都千代田区三番町６番地３", Annex: "三番町ビル５０１", Name: "山田　太郎"}, 2, 1},
		{"annex of 80 characters", Addressee{Address: "東京都千代田区三番町６番地３", Annex: long, Name: "山田　太郎"}, 4, 1},
		{"40 letters", Addressee{Address: "東京都千代田区三番町６番地３", Name: "MARIA GRACIELA SANTOS NGUYEN THI PHUONG A"}, 1, 2},
		{"30 kanji", Addressee{Address: "東京都千代田区三番町６番地３", Name: strings.Repeat("寿限無", 10)}, 1, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.a.Postal, c.a.Honorific = "1020075", "様"
			b, overflow := s.layOut(c.a, r)
			if overflow != nil {
				t.Fatal(*overflow)
			}
			if len(b.address) != c.address || len(b.name) != c.who {
				t.Errorf("%d lines of address, %d of name; want %d and %d: %v", len(b.address), len(b.name), c.address, c.who, b)
			}
			keeps(t, c.a, r, b)
		})
	}
}

func TestFit_BreaksRomanNamesAtBlanks(t *testing.T) {
	s := testSetter(t)
	a := Addressee{Postal: "1020075", Address: "東京都千代田区三番町６番地３", Name: "MARIA GRACIELA SANTOS NGUYEN THI PHUONG A", Honorific: "様"}
	b, _ := s.layOut(a, standardRoom())
	if !strings.HasSuffix(b.name[0].text, " ") {
		t.Errorf("first line %q", b.name[0].text)
	}
	a.Name = strings.Repeat("A", 70)
	_, overflow := s.layOut(a, standardRoom())
	if overflow == nil || overflow.Field != "name" || overflow.Code != "paper.overflow_name" {
		t.Errorf("a word of 70 letters: %v", overflow)
	}
	a.Name, a.Annex = "山田　太郎", strings.Repeat("長い方書", 80)
	_, overflow = s.layOut(a, standardRoom())
	if overflow == nil || overflow.Field != "annex" {
		t.Errorf("an annex of 320 characters: %v", overflow)
	}
}

// keeps checks what must hold for every piece that is printed: nothing lost,
// nothing outside, no type below its floor, no name smaller than the address.
func keeps(t interface{ Errorf(string, ...any) }, a Addressee, r room, b block) {
	const eps = 1e-6
	if got, want := bare(textOf(b.address)), bare(a.Address+a.Annex); got != want {
		t.Errorf("address %q, want %q", got, want)
	}
	h, _ := a.honorific()
	if got, want := bare(textOf(b.name)), bare(a.Name+h); got != want {
		t.Errorf("name %q, want %q", got, want)
	}
	largest := 0.0
	for _, l := range b.address {
		largest = max(largest, l.size)
		if l.size < addressFloor || l.run.Width*l.size*mm > r.w+blankAtEnd(l)+eps {
			t.Errorf("address line %q: %v pt, %.2f mm of %.2f", l.text, l.size, l.width, r.w)
		}
	}
	for _, l := range b.name {
		if l.size < nameFloor || l.size < largest || l.run.Width*l.size*mm > r.w+blankAtEnd(l)+eps {
			t.Errorf("name line %q: %v pt beside %v, %.2f mm of %.2f", l.text, l.size, largest, l.width, r.w)
		}
	}
	if b.height() > r.h+eps {
		t.Errorf("%.2f mm high in %.2f", b.height(), r.h)
	}
	if b.code.points > 0 && b.code.width()+2*quiet > r.w+8+eps {
		t.Errorf("barcode %.2f mm wide", b.code.width())
	}
}

func blankAtEnd(l line) float64 {
	n := len([]rune(l.text)) - len([]rune(strings.TrimRight(l.text, " 　")))
	return float64(n) * l.size * mm
}

func bare(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

func TestFit_NeverLosesOrShrinks(t *testing.T) {
	s := testSetter(t)
	stocks, printed := Stocks(), 0
	kanji := rapid.SampledFrom([]rune("山田太郎花子国籍住所東西南北一二三丁目番地号ビルコーポー・１２３123-－　 ABCdef（）葛𠮷々"))
	rapid.Check(t, func(rt *rapid.T) {
		text := func(label string, most int) string {
			return string(rapid.SliceOfN(kanji, 1, most).Draw(rt, label))
		}
		a := Addressee{
			Key: "k", Postal: rapid.SampledFrom([]string{"", "1020075", "1000000"}).Draw(rt, "postal"),
			Address: rapid.SampledFrom([]string{"", "東京都千代田区三番町"}).Draw(rt, "city") + text("address", 40),
			Annex:   text("annex", 90), Name: text("name", 45), Honorific: rapid.SampledFrom(append(honorifics, "")).Draw(rt, "honorific"),
		}
		stock := rapid.SampledFrom(stocks).Draw(rt, "stock")
		r, _ := labelRoom(stock, stock.safe(rapid.IntRange(0, stock.Cells()-1).Draw(rt, "cell")))
		r.wantCode = true
		b, overflow := s.layOut(a, r)
		if overflow == nil {
			printed++
			keeps(rt, a, r, b)
		}
	})
	if printed == 0 {
		t.Error("nothing fitted, so nothing was checked")
	}
}
