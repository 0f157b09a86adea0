package city

import (
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"kofu/internal/jptext"
)

// output encodes text piece by piece, so that a file of any size takes the
// memory of one piece.
type output struct {
	w    io.Writer
	enc  jptext.Encoding
	text []byte // UTF-8, not yet encoded
	err  error
}

const piece = 64 << 10

func newOutput(w io.Writer, enc jptext.Encoding) *output {
	return &output{w: w, enc: enc, text: make([]byte, 0, piece+4<<10)}
}

func (o *output) add(texts ...string) {
	for _, s := range texts {
		o.text = append(o.text, s...)
	}
}

// end finishes a line and writes what has gathered.
func (o *output) end(line string) {
	o.text = append(o.text, line...)
	if len(o.text) >= piece {
		o.flush()
	}
}

func (o *output) flush() {
	if o.err != nil {
		return
	}
	b, missing := jptext.Encode(o.enc, string(o.text))
	if len(missing) > 0 {
		o.err = fmt.Errorf("U+%04X is not in %s", missing[0].Rune, o.enc)
		return
	}
	_, o.err = o.w.Write(b)
	o.text = o.text[:0]
}

func (o *output) close() error {
	o.flush()
	return o.err
}

// quoted writes every field in quotes.
func (o *output) quoted(fields ...string) {
	for i, f := range fields {
		if i > 0 {
			o.add(",")
		}
		o.add(`"`, strings.ReplaceAll(f, `"`, `""`), `"`)
	}
	o.end("\r\n")
}

// plain writes fields in quotes only where they need them.
func (o *output) plain(line string, fields ...string) {
	for i, f := range fields {
		if i > 0 {
			o.add(",")
		}
		if strings.ContainsAny(f, ",\"\r\n") {
			f = `"` + strings.ReplaceAll(f, `"`, `""`) + `"`
		}
		o.add(f)
	}
	o.end(line)
}

// field is a part of a fixed-width record.
type field struct {
	text string
	size int    // bytes in CP932
	pad  string // " " or a full-width space
}

// fits reports whether a text has room in n bytes of CP932.
func fits(text string, n int) bool { return bytes932(text) <= n }

// bytes932 is the length of a text in CP932.
func bytes932(text string) int {
	n := 0
	for _, r := range text {
		n++
		if r >= 0x80 && (r < 0xFF61 || r > 0xFF9F) {
			n++
		}
	}
	return n
}

// record writes fields one behind the other and fills the record up.
func (o *output) record(size int, fields ...field) {
	for _, f := range fields {
		free := f.size - bytes932(f.text)
		if free < 0 && o.err == nil {
			o.err = fmt.Errorf("%q does not fit %d bytes", f.text, f.size)
		}
		o.add(f.text)
		if f.pad == "　" {
			o.add(strings.Repeat(f.pad, max(0, free/2)))
			free %= 2
		}
		o.add(strings.Repeat(" ", max(0, free)))
		size -= f.size
	}
	o.add(strings.Repeat(" ", max(0, size)))
	o.end("\r\n")
}

var voiceMarks = strings.NewReplacer("\u3099", "ﾞ", "\u309A", "ﾟ")

// halfKana writes katakana as old systems do: ﾀｶｻｷ, with ﾞ as a letter of its own.
func halfKana(s string) string {
	return width.Narrow.String(voiceMarks.Replace(norm.NFD.String(s)))
}

// wide writes the space of a Japanese name full-width, as fixed-width files do.
func wide(name string) string {
	if len(name) > 0 && name[0] < 0x80 {
		return name
	}
	return strings.ReplaceAll(name, " ", "　")
}
