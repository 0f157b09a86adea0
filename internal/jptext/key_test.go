package jptext

import (
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func TestSearchKey(t *testing.T) {
	for _, group := range [][]string{
		{"髙﨑 花子", "高崎　花子", "髙碕花子"},
		{"ﾀｶｻｷ ﾊﾅｺ", "タカサキ　ハナコ", "たかさきはなこ"},
		{"ｻﾞﾌﾟﾝｸﾞﾙ", "ザプングル", "サ\u3099フ\u309Aンク\u3099ル"},
		{"渡邉", "渡邊", "渡辺", "渡邉\U000E0100"},
		{"𠮷田", "吉田"},
		{"\uFA19谷", "\u795E谷"},
		{"Nguyen Van A", "ＮＧＵＹＥＮ　ＶＡＮ　Ａ", "NGUYENVANA"},
		{"1〜2", "1～2"},
		{"1−2", "1－2", "1-2", "1‐2"},
	} {
		want := SearchKey(group[0])
		for _, name := range group[1:] {
			if got := SearchKey(name); got != want {
				t.Errorf("SearchKey(%q) = %q, SearchKey(%q) = %q, want the same", name, got, group[0], want)
			}
		}
	}
	if SearchKey("\uE123田") == SearchKey("田") {
		t.Error("a private use character vanished from the key")
	}
	if SearchKey("渡部") == SearchKey("渡辺") {
		t.Error("渡部 and 渡辺 are different names")
	}
}

func TestSame(t *testing.T) {
	for _, pair := range [][2]string{{"〜", "～"}, {"1−2", "1－2"}, {"‖", "∥"}, {"髙", "髙"}} {
		if !Same(pair[0], pair[1]) {
			t.Errorf("Same(%q, %q) = false", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]string{{"髙", "高"}, {"\uFA19", "\u795E"}, {"ｱ", "ア"}, {"-", "－"}} {
		if Same(pair[0], pair[1]) {
			t.Errorf("Same(%q, %q) = true", pair[0], pair[1])
		}
	}
}

func TestWidenKana(t *testing.T) {
	for in, want := range map[string]string{
		"ﾀｶｻｷ ﾊﾅｺ": "タカサキ ハナコ", "ｶﾞｷﾞ": "ガギ", "ﾊﾟｰﾏ": "パーマ", "神ｱ": "神ア", "A1": "A1", "": "",
	} {
		if got := WidenKana(in); got != want {
			t.Errorf("WidenKana(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNarrow(t *testing.T) {
	if got, want := Narrow("Ａ１Ｂ－０００１２３　ア"), "A1B-000123 ア"; got != want {
		t.Errorf("Narrow = %q, want %q", got, want)
	}
}

func TestWidth(t *testing.T) {
	for in, want := range map[string]int{
		"": 0, "abc": 3, "髙﨑": 4, "ﾊﾅｺ": 3, "①": 2, "\uE000": 2, "𠮷": 2, "辻\U000E0100": 2, "か\u3099": 2, "é": 1,
	} {
		if got := Width(in); got != want {
			t.Errorf("Width(%q) = %d, want %d", in, got, want)
		}
	}
}

func TestDetect(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     Guess
	}{
		{"UTF-8 mark", "\xEF\xBB\xBFabc", Guess{Encoding: UTF8, BOM: true}},
		{"UTF-16LE mark", "\xFF\xFE1\x00", Guess{Encoding: UTF16LE, BOM: true}},
		{"UTF-16BE mark", "\xFE\xFF\x001", Guess{Encoding: UTF16BE, BOM: true}},
		{"UTF-8", "宛名番号,氏名\n", Guess{Encoding: UTF8}},
		{"ASCII", "123,456\n", Guess{Encoding: CP932, ASCII: true}},
		{"CP932", "\x88\xB6\x96\xBC,1\n", Guess{Encoding: CP932}},
		{"UTF-16LE without mark", "1\x002\x00,\x00\x2E\x6C\n\x00", Guess{Encoding: UTF16LE}},
		{"UTF-16BE without mark", "\x001\x002\x00,\x6C\x2E\x00\n", Guess{Encoding: UTF16BE}},
		{"neither", "\x81\x20\xFF\xFD", Guess{Encoding: CP932, Bad: true}},
		{"cut short UTF-8", "宛\xE5\x90", Guess{Encoding: CP932, Bad: true}},
		{"UTF-8 with one bad byte far down", strings.Repeat("宛名", 5000) + "\xFF", Guess{Encoding: CP932, Bad: true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Detect(strings.NewReader(tc.in))
			if err != nil || got != tc.want {
				t.Errorf("%+v, %v; want %+v", got, err, tc.want)
			}
			slow, err := Detect(iotest.OneByteReader(strings.NewReader(tc.in)))
			if err != nil || slow != tc.want {
				t.Errorf("byte by byte: %+v, %v; want %+v", slow, err, tc.want)
			}
		})
	}
}

func TestDetect_AnyCutGivesTheSameGuess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b []byte
		for _, s := range rapid.SliceOf(rapid.SampledFrom([]string{"a", ",", "宛", "𠮷", "\x88\xB6", "\xFF", "é"})).Draw(t, "parts") {
			b = append(b, s...)
		}
		var whole, cut Detector
		_, _ = whole.Write(b)
		at := rapid.IntRange(0, len(b)).Draw(t, "cut")
		_, _ = cut.Write(b[:at])
		_, _ = cut.Write(b[at:])
		if whole.Guess() != cut.Guess() {
			t.Fatalf("% X cut at %d: %+v, whole: %+v", b, at, cut.Guess(), whole.Guess())
		}
	})
}

func TestDetector_GuessSoFarForgivesACutCharacter(t *testing.T) {
	var utf8, cp932 Detector
	_, _ = utf8.Write([]byte("宛\xE5\x90"))
	_, _ = cp932.Write([]byte("\x88\xB6\x96"))
	if got := utf8.GuessSoFar(); got != (Guess{Encoding: UTF8}) {
		t.Errorf("UTF-8 so far: %+v", got)
	}
	if got := cp932.GuessSoFar(); got != (Guess{Encoding: CP932}) {
		t.Errorf("CP932 so far: %+v", got)
	}
}
