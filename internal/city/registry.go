package city

import (
	"fmt"
	"io"
	"time"

	"kofu/internal/jpdate"
)

// WriteRA writes the registry in the sample layout R-A: UTF-8 with the item
// names of the standard, plane 2 and IVS as they are. The first night holds
// everybody, the next one only those who changed.
func (c *City) WriteRA(w io.Writer, night Night) error {
	o := newOutput(w, "utf8")
	o.plain("\n", "宛名番号", "世帯番号", "住民種別", "住民状態", "異動年月日", "異動年月日_不詳フラグ", "異動年月日_不詳表記", "異動事由",
		"氏名", "氏名_フリガナ", "氏名_外国人ローマ字", "氏名_外国人漢字", "旧氏", "通称", "通称_フリガナ", "氏名優先区分", "性別",
		"生年月日", "生年月日_不詳フラグ", "生年月日_不詳表記", "住所_郵便番号", "住所_都道府県", "住所_市区郡町村名", "住所_町字",
		"住所_番地号表記", "住所_方書", "在留期間の満了の日")
	for p := range c.residents(night, night == NextNight) {
		known, date, note := p.birth.standard()
		kind, name := "1", p.name.text
		if p.foreign {
			kind, name = "2", p.roman
		}
		prefecture, city := Prefecture, Name
		if p.home.nowhere {
			prefecture, city = "", ""
		}
		o.plain("\n", p.no, p.household, kind, p.state, p.on.Format(time.DateOnly), "0", "", p.event,
			name, p.name.kana, p.roman, p.kanji, p.former.text, p.alias.text, p.alias.kana, p.priority, p.sex,
			date, known, note, p.home.postal(p.number%2 == 0), prefecture, city, p.home.townText(),
			p.home.numbers(), broken(p.home.building), dashed(p.stay))
	}
	return o.close()
}

func dashed(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// standard is a date of birth as the standard layout has it: an unknown one is
// a flag and words, such as 昭和20年頃.
func (b birth) standard() (unknown, date, note string) {
	if b.known() {
		return "0", fmt.Sprintf("%04d-%02d-%02d", b.year, b.month, b.day), ""
	}
	era, n, _ := jpdate.EraOf(jpdate.DayOf(b.year, 12, 31))
	if b.month == 0 {
		return "1", "", fmt.Sprintf("%s%d年頃", era.Name, n)
	}
	return "1", "", fmt.Sprintf("%s%d年%d月頃", era.Name, n, b.month)
}

// vendor turns 異動事由 into those of an old system; the others are sent as
// they are.
var vendor = map[string]string{
	movedIn: "T1", born: "B1", movedOut: "T3", wentAbroad: "T4", died: "S1", deleted: "S2",
	movedWithin: "K1", minorChange: "K2", corrected: "K3", householdLeft: "H1", headChanged: "H4",
	formerAdded: "U1", aliasAdded: "U4", entryUndone: "C1", removalUndone: "C2", changeUndone: "C3",
}

func vendorCode(event string) string {
	if code, ok := vendor[event]; ok {
		return code
	}
	return event
}

// kana is the reading that belongs to the envelope's name.
func (p *person) kana() string {
	if p.priority == "09" {
		return p.alias.kana
	}
	return p.name.kana
}

// WriteRB writes the registry in the sample layout R-B: CP932 without headings,
// half-width kana, the vendor's own 異動事由, a trailer with the number of rows,
// and the city's 外字 for what CP932 lacks. Every night holds everybody.
func (c *City) WriteRB(w io.Writer, night Night) error {
	o := newOutput(w, "cp932")
	n := 0
	for p := range c.residents(night, false) {
		address := Name + p.home.short()
		if p.home.nowhere {
			address = p.home.short()
		}
		o.plain("\r\n", p.no, halfKana(p.kana()), p.envelope().old, p.sex, p.birth.compact(), compact(p.on),
			vendorCode(p.event), address, p.home.postal(false))
		n++
	}
	o.add(`"END",`, fmt.Sprintf("%06d", n))
	o.end("\r\n")
	return o.close()
}

// WriteRD writes the registry in the sample layout R-D: records of 400 bytes in
// CP932 with header and trailer. Residents whose name, kana or address is longer
// than its field are not in it, as in the system it stands for.
func (c *City) WriteRD(w io.Writer, night Night) error {
	const size = 400
	total := 0
	for p := range c.residents(night, false) {
		if p.fitsRD() {
			total++
		}
	}
	o := newOutput(w, "cp932")
	o.record(size, field{text: "1" + Code + compact(c.today.AddDate(0, 0, -1)), size: 15}, count(total))
	for p := range c.residents(night, false) {
		if !p.fitsRD() {
			continue
		}
		kind := "1"
		if p.foreign {
			kind = "2"
		}
		o.record(size, field{text: "2", size: 1}, field{text: p.no, size: 10},
			field{text: wide(p.envelope().old), size: 60, pad: "　"}, field{text: p.sex, size: 1},
			field{text: p.birth.compact(), size: 8}, field{text: halfKana(p.kana()), size: 60},
			field{text: p.household, size: 10}, field{text: kind, size: 1}, field{text: p.state, size: 1},
			field{text: compact(p.on), size: 8}, field{text: vendorCode(p.event), size: 2},
			field{text: p.home.postal(false), size: 7}, field{text: p.home.place(), size: 120, pad: "　"},
			field{text: p.home.building, size: 80, pad: "　"})
	}
	o.record(size, field{text: "9", size: 1}, count(total))
	return o.close()
}

func (p *person) fitsRD() bool {
	return fits(wide(p.envelope().old), 60) && fits(halfKana(p.kana()), 60) && fits(p.home.building, 80)
}

// place is the address with the city, without 方書.
func (h home) place() string {
	if h.nowhere {
		return h.townText()
	}
	return Name + h.townText() + h.numbers()
}
