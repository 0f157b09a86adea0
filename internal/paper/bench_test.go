package paper_test

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"kofu/internal/paper"
)

// many makes n different addressees of the kinds of samples that fit.
func many(n int) []paper.Addressee {
	base := samples()[:5]
	const kanji = "山川田中村上下左右東西南北春夏秋冬花鳥風月松竹梅桜藤橋森林木本石井原野沢島崎"
	names := []rune(kanji)
	out := make([]paper.Addressee, n)
	for i := range out {
		a := base[i%len(base)]
		a.Key, a.Serial = strconv.Itoa(i), "0007-"+strconv.Itoa(100000 + i)[1:]+"/10000"
		if i%len(base) == 0 {
			a.Name = string([]rune{names[i%len(names)], names[i/7%len(names)], '　', names[i/3%len(names)], names[i/11%len(names)]})
		}
		a.Address += strconv.Itoa(i % 97)
		out[i] = a
	}
	return out
}

// The budget of a small PC: 10,000 labels in 10 s. peak is what the operating
// system says the process took at most.
func TestLabels_TenThousand(t *testing.T) {
	l := labels(t, standard)
	start := time.Now()
	var out bytes.Buffer
	report, err := l.Render(t.Context(), &out, many(10_000), nil)
	took := time.Since(start)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s, %d sheets, %d KB, peak %s", took, report.Sheets, out.Len()>>10, peak())
	if took > 10*time.Second || report.Sheets != 834 {
		t.Errorf("10,000 labels: %s, %d sheets", took, report.Sheets)
	}
}

func peak() string {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if v, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func BenchmarkLetters_OneVolume(b *testing.B) {
	l := letters(b)
	var list []paper.Letter
	for _, a := range many(paper.VolumePieces) {
		list = append(list, letter(a))
	}
	for b.Loop() {
		if _, err := l.Render(b.Context(), io.Discard, list, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.Log("peak", peak())
}
