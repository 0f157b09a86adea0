//go:build linux

package paper_test

import (
	"bytes"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
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

// The budget of a small PC: 10,000 labels take at most 10 s of processor time
// and 200 MB in all, when the runtime is told to stay below that.
func TestLabels_TenThousand(t *testing.T) {
	pieces, sheets := 10_000, 834
	if raceEnabled { // the detector's own cost is not the program's
		pieces, sheets = 600, 50
	}
	before := debug.SetMemoryLimit(170 << 20)
	defer debug.SetMemoryLimit(before)
	l := labels(t, standard)
	list := many(pieces)
	debug.FreeOSMemory()
	forgetPeak(t)
	start := processorTime(t)
	var out bytes.Buffer
	report, err := l.Render(t.Context(), &out, list, nil)
	took := processorTime(t) - start
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s, %d sheets, %d KB, peak %d MB", took, report.Sheets, out.Len()>>10, peakMB(t))
	if report.Sheets != sheets {
		t.Errorf("%d sheets, want %d", report.Sheets, sheets)
	}
	if !raceEnabled && (took > 10*time.Second || peakMB(t) > 200) {
		t.Errorf("10,000 labels: %s, %d MB", took, peakMB(t))
	}
}

// forgetPeak makes the system count the peak of the process anew.
func forgetPeak(t testing.TB) {
	t.Helper()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
}

func peakMB(t testing.TB) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kb >> 10
}

func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
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
	b.Logf("peak %d MB", peakMB(b))
}
