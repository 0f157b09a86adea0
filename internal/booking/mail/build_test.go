package mail

import (
	"encoding/base64"
	"io"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/internal/booking/terms"
	"kofu/internal/jptext"
)

// TB08: whatever the parts are, a message has exactly these headers, one
// receiver and the text, or it is refused.
func FuzzTB08_Build(f *testing.F) {
	f.Add("甲府市", "yoyaku@city.example", "a@example.jp", "予約 11-0001", "本文\n次の行")
	f.Add("x\r\nBcc: b@example.jp", "yoyaku@city.example", "a@example.jp", "s", "b")
	f.Add("x", "yoyaku@city.example", "a@example.jp\r\nBcc: c@example.jp", "s\nX: y", ".\r\n.\r\nQUIT")
	f.Add("x", "a@b.example", `"a,b"@example.jp,c@example.jp`, strings.Repeat("長", 30), "b\x00")
	f.Add("=?utf-8?B?QQ==?=", "a..b.@c.example", "-x@example.jp", "? =?", "\u2028")
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, fromName, from, to, subject, body string) {
		text, err := parcel{"01J0000000000000000000000A", fromName, from, to, subject, body, at}.build()
		if err != nil {
			return
		}
		m, err := netmail.ReadMessage(strings.NewReader(string(text)))
		if err != nil {
			t.Fatalf("%v in %q", err, text)
		}
		var names []string
		for name, values := range m.Header {
			names = append(names, name)
			if len(values) != 1 {
				t.Errorf("%s %d times", name, len(values))
			}
		}
		slices.Sort(names)
		want := []string{
			"Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To",
		}
		if !slices.Equal(names, want) {
			t.Errorf("headers %q", names)
		}
		list, err := m.Header.AddressList("To")
		if err != nil || len(list) != 1 || list[0].Address != to {
			t.Errorf("%v: receivers %v of %q", err, list, to)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(string(text), "\r\n"), "\r\n") {
			if strings.ContainsAny(line, "\r\n") || strings.HasPrefix(line, ".") {
				t.Errorf("line %q", line)
			}
		}
		plain, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body))
		if err != nil || strings.ReplaceAll(string(plain), "\r", "") != strings.ReplaceAll(strings.TrimRight(body, "\n")+"\n", "\r", "") {
			t.Errorf("%v: text %q of %q", err, plain, body)
		}
	})
}

// No variable, whatever it holds, makes a line of its own or a second link.
func FuzzTB08_Compose(f *testing.F) {
	f.Add("甲府市", "11-0001\r\nBcc: x@example.jp", "市民課 ")
	f.Add(strings.Repeat("長い名前の市", 20), "1", strings.Repeat("a", 200))
	f.Fuzz(func(t *testing.T, city, receipt, window string) {
		p := terms.DefaultPolicy()
		all := &terms.Terms{Policy: p}
		plain, _ := Compose(all, Letter{Kind: terms.MailCancelled, Lang: "ja", Values: map[string]string{terms.VarReceipt: "1", terms.VarPhone: "1", terms.VarHours: "1"}})
		s, _ := Compose(all, Letter{Kind: terms.MailCancelled, Lang: "ja", Values: map[string]string{
			terms.VarCity: city, terms.VarReceipt: receipt, terms.VarWindow: window, terms.VarPhone: "1", terms.VarHours: "1",
		}})
		if strings.ContainsAny(s.Subject, "\r\n\x00") || len([]rune(s.Subject)) > terms.LongestSubject {
			t.Errorf("subject %q", s.Subject)
		}
		for line := range strings.SplitSeq(s.Body, "\n") {
			if jptext.Width(line) > LineWidth && !strings.Contains(line, "://") {
				t.Errorf("line of width %d", jptext.Width(line))
			}
		}
		if want, got := strings.Count(plain.Body, "\n"), strings.Count(s.Body, "\n"); got > want+1+jptext.Width(receipt)/30 {
			t.Errorf("%d lines instead of %d", got, want)
		}
	})
}

func TestWrap(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{strings.Repeat("あ", 38), strings.Repeat("あ", 38)},
		{strings.Repeat("あ", 39), strings.Repeat("あ", 38) + "\nあ"},
		{strings.Repeat("あ", 38) + "。い", strings.Repeat("あ", 37) + "\nあ。い"},
		{strings.Repeat("word ", 20), strings.Repeat("word ", 14) + "word\n" + strings.TrimSpace(strings.Repeat("word ", 5))},
		{"https://" + strings.Repeat("x", 100), "https://" + strings.Repeat("x", 100)},
	} {
		if got := wrap(c.in); got != c.want {
			t.Errorf("%q:\n%q, want\n%q", c.in, got, c.want)
		}
	}
}
