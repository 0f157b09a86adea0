package glyph

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"unicode/utf16"

	"kofu/internal/fault"
)

// Repair returns the PDF with the original text behind every glyph of the
// job's fonts, so that search, copy and screen readers see the name as it was
// received: surrogate pairs, selectors and private use characters included.
// It also asks viewers to print without scaling, which would move labels off
// their stock, and names the language. All of it is one incremental update; the
// PDF must be an unencrypted one of gopdf with a classic cross-reference table.
func (j *Job) Repair(pdf []byte) (_ []byte, err error) {
	defer fault.Add(&err, "glyph.Repair")
	doc, err := openPDF(pdf)
	if err != nil {
		return nil, err
	}
	byName := make(map[string]*derived, len(j.fonts))
	for _, d := range j.fonts {
		byName[d.name] = d
	}
	for n := range doc.offsets {
		dict := doc.object(n)
		if !isFont.Match(dict) {
			continue
		}
		name, number := baseFont.FindSubmatch(dict), toUnicode.FindSubmatch(dict)
		if name == nil || number == nil || byName[string(name[1])] == nil {
			return nil, fmt.Errorf("object %d: font %q is not of this job", n, name)
		}
		at, err := strconv.Atoi(string(number[1]))
		if err != nil || at <= 0 || at >= len(doc.offsets) {
			return nil, fmt.Errorf("object %d: /ToUnicode %s", n, number[1])
		}
		doc.update(at, stream(byName[string(name[1])].toUnicode()))
	}
	if err := doc.updateCatalog(); err != nil {
		return nil, err
	}
	return doc.finish(), nil
}

var (
	isFont    = regexp.MustCompile(`/Subtype\s*/Type0\b`)
	baseFont  = regexp.MustCompile(`/BaseFont\s*/([^\s/<>\[\]()]+)`)
	toUnicode = regexp.MustCompile(`/ToUnicode\s+(\d{1,9})\s+0\s+R`)
	root      = regexp.MustCompile(`/Root\s+(\d{1,9})\s+0\s+R`)
	startXref = regexp.MustCompile(`startxref\s+(\d{1,12})\s+%%EOF\s*$`)
	xrefHead  = regexp.MustCompile(`^xref\s+0 (\d{1,9})\s`)
	sizeEntry = regexp.MustCompile(`/Size\s+\d+`)
)

// pdfFile is a PDF with one cross-reference table, and the objects to be
// replaced in an incremental update.
type pdfFile struct {
	b       []byte
	xref    int
	offsets []int  // by object number
	trailer []byte // between its << and >>
	updates []pdfObject
}

type pdfObject struct {
	number int
	body   []byte
}

func openPDF(b []byte) (*pdfFile, error) {
	m := startXref.FindSubmatch(b[max(0, len(b)-64):])
	if m == nil {
		return nil, fmt.Errorf("no startxref at the end of %d bytes", len(b))
	}
	d := &pdfFile{b: b}
	at, err := strconv.Atoi(string(m[1]))
	if err != nil || at >= len(b) {
		return nil, fmt.Errorf("cross-reference table at %s of %d", m[1], len(b))
	}
	d.xref = at
	head := xrefHead.FindSubmatch(b[at:])
	if head == nil {
		return nil, fmt.Errorf("no cross-reference table at %d", at)
	}
	n, _ := strconv.Atoi(string(head[1]))
	rest := b[at+len(head[0]):]
	if n > len(rest)/20 {
		return nil, fmt.Errorf("cross-reference table of %d objects is cut off", n)
	}
	d.offsets = make([]int, n)
	for i := range d.offsets {
		entry := rest[20*i : 20*i+20]
		if entry[17] != 'n' {
			continue
		}
		if d.offsets[i], err = strconv.Atoi(string(entry[:10])); err != nil || d.offsets[i] >= len(b) {
			return nil, fmt.Errorf("cross-reference of object %d: %q", i, entry)
		}
	}
	return d, d.readTrailer(rest[20*n:])
}

func (d *pdfFile) readTrailer(b []byte) error {
	from, to := bytes.Index(b, []byte("<<")), bytes.LastIndex(b, []byte(">>"))
	if !bytes.HasPrefix(b, []byte("trailer")) || from < 0 || to < from {
		return fmt.Errorf("no trailer after the cross-reference table")
	}
	d.trailer = bytes.TrimSpace(b[from+2 : to])
	if bytes.Contains(d.trailer, []byte("/Encrypt")) || bytes.Contains(d.trailer, []byte("/Prev")) {
		return fmt.Errorf("the document is encrypted or has been updated already")
	}
	return nil
}

// object returns the dictionary of an object, without its stream.
func (d *pdfFile) object(n int) []byte {
	b := d.b[d.offsets[n]:]
	if d.offsets[n] == 0 {
		return nil
	}
	if end := bytes.Index(b, []byte("endobj")); end >= 0 {
		b = b[:end]
	}
	if from := bytes.Index(b, []byte("stream")); from >= 0 {
		b = b[:from]
	}
	return b
}

func (d *pdfFile) update(number int, body []byte) {
	d.updates = append(d.updates, pdfObject{number, body})
}

// updateCatalog adds the viewer preferences and the language to the catalogue.
func (d *pdfFile) updateCatalog() error {
	m := root.FindSubmatch(d.trailer)
	if m == nil {
		return fmt.Errorf("no /Root in the trailer")
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil || n >= len(d.offsets) {
		return fmt.Errorf("catalogue is object %s of %d", m[1], len(d.offsets))
	}
	dict := d.object(n)
	from, to := bytes.Index(dict, []byte("<<")), bytes.LastIndex(dict, []byte(">>"))
	if from < 0 || to < from || bytes.Contains(dict, []byte("/ViewerPreferences")) {
		return fmt.Errorf("catalogue %q", dict)
	}
	body := append([]byte("<<"), bytes.TrimRight(dict[from+2:to], "\r\n ")...)
	body = append(body, "\n  /ViewerPreferences << /PrintScaling /None >>\n  /Lang (ja-JP)\n>>\n"...)
	d.update(n, body)
	return nil
}

// finish appends the replaced objects, their cross-references and a trailer
// that points back to the first table.
func (d *pdfFile) finish() []byte {
	out := bytes.NewBuffer(bytes.Clone(d.b))
	places := make([]int, len(d.updates))
	for i, o := range d.updates {
		places[i] = out.Len()
		fmt.Fprintf(out, "%d 0 obj\n%sendobj\n", o.number, o.body)
	}
	start := out.Len()
	out.WriteString("xref\n")
	for i, o := range d.updates {
		fmt.Fprintf(out, "%d 1\n%010d 00000 n \n", o.number, places[i])
	}
	trailer := sizeEntry.ReplaceAll(d.trailer, fmt.Appendf(nil, "/Size %d", len(d.offsets)))
	fmt.Fprintf(out, "trailer\n<<\n%s\n/Prev %d\n>>\nstartxref\n%d\n%%%%EOF\n", trailer, d.xref, start)
	return out.Bytes()
}

// stream wraps content as the body of a stream object.
func stream(content []byte) []byte {
	return fmt.Appendf(nil, "<< /Length %d >>\nstream\n%s\nendstream\n", len(content), content)
}

// maxBlock is how many entries one bfchar block may have.
const maxBlock = 100

// toUnicode writes the map from glyph ids to the text they stand for.
func (d *derived) toUnicode() []byte {
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	codes := d.codes()
	for from := 0; from < len(codes); from += maxBlock {
		block := codes[from:min(from+maxBlock, len(codes))]
		fmt.Fprintf(&b, "%d beginbfchar\n", len(block))
		for i, code := range block {
			fmt.Fprintf(&b, "<%04X> <", from+i+1)
			for _, unit := range utf16.Encode([]rune(d.glyphs[code].text)) {
				fmt.Fprintf(&b, "%04X", unit)
			}
			b.WriteString(">\n")
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend")
	return b.Bytes()
}
