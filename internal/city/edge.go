package city

import (
	"strings"
	"time"
)

// edges are the first residents of every city: one for each kind of row that
// has broken an import somewhere.
var edges = []func(c *City, p *person){
	oldest, meiji, firstYear, leapDay, monthUnknown, dayUnknown,
	twinA, twinB,
	aliasOnly, longRoman, noKana, homeless, longBuilding,
	futureMove, everyTrap, goneCharacters,
}

// simple makes a plain resident with the name given, so that an edge case has
// one peculiarity only.
func (p *person) simple(c *City, surname, given, kana string) {
	*p = person{
		number: p.number, no: p.no, household: p.household, state: living, priority: "01", sex: "2",
		name: word{surname + " " + given, surname + " " + given, kana}, birth: birth{1971, 6, 10}, home: p.home,
		event: movedIn, on: c.today.AddDate(-9, 0, 0),
	}
	p.home.nowhere = false
}

// oldest: a record that nobody deleted; 太陽暦 began in 1873.
func oldest(c *City, p *person) {
	p.simple(c, "表", "トメ", "オモテ トメ")
	p.birth = birth{1873, 1, 1}
}

func meiji(c *City, p *person) {
	p.simple(c, "能登", "キヨ", "ノト キヨ")
	p.birth = birth{1911, 11, 3}
}

// firstYear: born on the first day of 令和元年.
func firstYear(c *City, p *person) {
	p.simple(c, "曽我", "律", "ソガ リツ")
	p.birth, p.event, p.on = birth{2019, 5, 1}, born, time.Date(2019, 5, 1, 0, 0, 0, 0, time.UTC)
}

func leapDay(c *City, p *person) {
	p.simple(c, "構", "澪", "カマエ ミオ")
	p.birth = birth{1996, 2, 29}
}

func monthUnknown(c *City, p *person) {
	p.simple(c, "黑木", "ハル", "クロキ ハル")
	p.birth = birth{1945, 0, 0}
}

func dayUnknown(c *City, p *person) {
	p.simple(c, "髙橋", "節子", "タカハシ セツコ")
	p.birth = birth{1965, 4, 0}
}

// twinA and twinB agree in name and date of birth.
func twinA(c *City, p *person) {
	p.simple(c, "佐藤", "花子", "サトウ ハナコ")
	p.birth = birth{1980, 7, 7}
}

func twinB(c *City, p *person) {
	twinA(c, p)
	p.home = home{town: towns[1], block: 3, lot: 9, sub: 9}
}

// aliasOnly: mail bears the 通称 alone.
func aliasOnly(c *City, p *person) {
	p.simple(c, "", "", "")
	p.foreign, p.name, p.roman, p.priority = true, word{}, "LI NA", "09"
	p.kanji, p.alias = "李 娜", word{"青木 愛", "青木 愛", "アオキ アイ"}
	p.stay = c.today.AddDate(2, 0, 0)
}

// longRoman: a hundred letters, the most that the registry takes.
func longRoman(c *City, p *person) {
	p.simple(c, "", "", "")
	p.foreign, p.name, p.priority = true, word{}, "02"
	p.roman = "DE LA SANTISIMA TRINIDAD MARIA DE LOS DOLORES FRANCISCA ISABEL CRISTINA JOSEFINA PAULA ANTONIA ELENA"
	p.stay = c.today.AddDate(1, 3, 0)
}

func noKana(c *City, p *person) {
	p.simple(c, "四月一日", "楓", "")
}

func homeless(c *City, p *person) {
	p.simple(c, "山田", "勇", "ヤマダ イサム")
	p.sex, p.home = "1", home{nowhere: true}
}

// longBuilding: 200 characters of 方書.
func longBuilding(c *City, p *person) {
	p.simple(c, "辻", "莉子", "ツジ リコ")
	const begin, end = "特別養護老人ホーム噂の里", "二階東側二〇五号室"
	fill := []rune(strings.Repeat("内グループホームひまわり能満別館南棟", 12))
	p.home.building = begin + string(fill[:200-len([]rune(begin+end))]) + end
}

// futureMove: announced, not yet happened.
func futureMove(c *City, p *person) {
	p.simple(c, "石橋", "航", "イシバシ ワタル")
	p.sex, p.event, p.on = "1", movedOut, c.today.AddDate(0, 0, 9)
}

// everyTrap: characters whose second byte in CP932 is a backslash, and those
// that plain Shift_JIS lacks.
func everyTrap(c *City, p *person) {
	p.simple(c, "表能構曽噂", "髙﨑黑", "オモテ タカサキ")
}

// goneCharacters: a name that CP932 cannot write at all without 外字.
func goneCharacters(c *City, p *person) {
	p.simple(c, "", "", "")
	old := string(gaiji[0].code) + "田 " + string(gaiji[5].code) + "太"
	p.name = word{gaiji[0].text + "田 " + gaiji[5].text + "太", old, "ヨシダ ジョウタ"}
	p.sex = "1"
}
